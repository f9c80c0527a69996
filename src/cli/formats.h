/* The formats that `export` writes, for whoever lists them. */
#ifndef SWEEP_CLI_FORMATS_H
#define SWEEP_CLI_FORMATS_H

#include <stddef.h>

/* The i-th format's name, or NULL after the last. */
const char *formats_name(size_t i);

#endif
