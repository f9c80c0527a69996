/* What machine this is, for the record. */
#ifndef SWEEP_BASE_MACHINE_H
#define SWEEP_BASE_MACHINE_H

#include <stddef.h>

/* The processor's name as the kernel knows it, or "unknown". */
const char *machine_cpu(char *buffer, size_t size);

/* The program's version. */
const char *machine_program_version(void);

#endif
