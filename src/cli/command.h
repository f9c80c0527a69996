/* The table of commands, and what they share. */
#ifndef SWEEP_CLI_COMMAND_H
#define SWEEP_CLI_COMMAND_H

#include "base/status.h"

#include <argp.h>
#include <stddef.h>

/* One command: a row of the table in main.c, defined in cmd_NAME.c. Its options make the command's
 * --help and the shells' completions, and the man page is checked against them. */
struct command {
    const char *name;
    const char *arguments; /* for the usage line; completions follow from its words */
    const char *help;      /* one line */
    const struct argp *argp;
    /* argv[0] is "sweep NAME"; returns the exit status */
    int (*run)(int argc, char **argv);
};

extern const struct command command_run, command_plan, command_top, command_show, command_predict,
    command_compare, command_report, command_export, command_keys, command_data, command_bench,
    command_doctor, command_completions;

extern const struct command *const commands[];
extern const size_t command_count;

/* Print "sweep: FILE:LINE:COLUMN: message" and return the exit status that goes with it. */
int command_fail(const struct error *error);

/* Send on what was printed so far, before something is printed elsewhere that belongs after it. */
void command_flush(void);

/* argp_parse, which exits 2 where the arguments are wrong; this also ends the program where memory
 * is out. */
void command_parse(const struct argp *argp, int argc, char **argv, void *input);

/* Exit 2 with a message and a pointer to --help, from an argp parser: an int option's value. */
long command_number(struct argp_state *state, const char *argument, const char *option,
                    long minimum, long maximum);

/* The same: the config, of which there is one; `before` is what came first, or NULL. */
const char *command_config(struct argp_state *state, const char *before, const char *argument);

/* What `sweep run` can be told from here: a config that is there, or words for one. */
const char *command_example(void);

#endif
