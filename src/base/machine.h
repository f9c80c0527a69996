/* What machine this is and what program, for the record. */
#ifndef SWEEP_BASE_MACHINE_H
#define SWEEP_BASE_MACHINE_H

#include "base/digest.h"

#include <stdbool.h>
#include <stddef.h>

/* The processor's name as the kernel knows it, or "unknown". */
const char *machine_cpu(char *buffer, size_t size);

/* The machine's name in its network, and the user whose rights the program has: a name, or "uid
 * 1000" where that has none. */
const char *machine_host(char *buffer, size_t size);
const char *machine_user(char *buffer, size_t size);

/* The instruction set of the kernels that are compiled for several. */
const char *machine_instructions(void);

/* The C library, whose mathematical functions count among a network's arithmetic. */
const char *machine_c_library(void);

/* The program's version. */
const char *machine_program_version(void);

/* The file that this program is run from; false when that can't be found out or is longer. */
bool machine_program_path(char *buffer, size_t size);

/* Its folder, without a slash at its end; false likewise. */
bool machine_program_folder(char *buffer, size_t size);

/* The digest of the file that this program is run from; false when it can't be read. */
bool machine_program_digest(struct digest *digest);

#endif
