/* Slurm's commands, and the scripts they are given. */
#ifndef SWEEP_CLI_BATCH_H
#define SWEEP_CLI_BATCH_H

#include "base/status.h"
#include "base/text.h"

#include <stddef.h>

/* Run a command (words end with NULL) and take what it prints. What it says on standard error is
 * its own. STATUS_USAGE where there is no such command, STATUS_IO where it fails. */
enum status batch_run(char *const *words, struct text *printed, struct error *error);

/* The largest number of an array's task; Slurm's default where it doesn't say. */
size_t batch_largest_index(void);

/* Append a word as a shell reads it. */
void batch_append_quoted(struct text *text, const char *word);

#endif
