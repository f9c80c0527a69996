/* Who trained what, where and with what, in words and as JSON. */
#ifndef SWEEP_REPORT_PROVENANCE_H
#define SWEEP_REPORT_PROVENANCE_H

#include "base/json.h"
#include "store/provenance.h"

#include <stdio.h>

/* The command that gave a trial its result, of those that store_provenance found; NULL if it is not
 * among them. */
const struct command_record *provenance_find(const struct provenance *provenance, int64_t command);

/* One command, a line for each thing that is known of it. */
void provenance_print_command(FILE *stream, const struct command_record *command);

/* All of them: the command line, then when, who and how many trials. */
void provenance_print(FILE *stream, const struct provenance *provenance);

/* An object, or null; and an array of such objects. */
void provenance_command_json(struct json *json, const char *key,
                             const struct command_record *command);
void provenance_json(struct json *json, const struct provenance *provenance);

#endif
