/* The names that a config may have, for whoever lists them. */
#ifndef SWEEP_CLI_KEYS_H
#define SWEEP_CLI_KEYS_H

#include <stddef.h>

/* The i-th name that `keys` knows: hyperparameters, keys, optimizers, ...; NULL after the last. */
const char *keys_name(size_t i);

#endif
