/* The table of commands, and what they share. */
#ifndef SWEEP_CLI_COMMAND_H
#define SWEEP_CLI_COMMAND_H

#include "base/status.h"
#include "base/text.h"
#include "cli/option.h"

/* One command: a row of the table in main.c, defined in cmd_NAME.c. */
struct command {
    const char *name;
    const char *help;             /* one line, for the list of commands */
    const char *description;      /* for --help, before the options */
    const char *notes;            /* after them; NULL: none. Paragraphs end with a newline */
    const struct option *options; /* those that all commands have are in standard_options */
    /* argv[0] is the command's name; returns the exit status */
    int (*run)(int argc, char **argv);
};

extern const struct command command_run, command_plan, command_top, command_show, command_predict,
    command_compare, command_report, command_export, command_list, command_delete, command_keys,
    command_data, command_bench, command_doctor, command_completions, command_merge, command_watch,
    command_submit;

extern const struct command *const commands[];
extern const size_t command_count;

/* --help, --usage and --version. */
extern const struct option standard_options[];

#define COMMAND_OPTIONS_MAX 32

/* The command's options and the standard ones. Returns how many there are. */
size_t command_options(const struct command *command,
                       const struct option *options[COMMAND_OPTIONS_MAX]);

/* Read a command line into the struct that the options' targets are in, which has the defaults.
 * Prints and ends the program where help is asked for (exit status 0) and where the command line is
 * wrong (2). */
void command_parse(const struct command *command, int argc, char **argv, void *arguments);

/* End the program because the command line is wrong: "sweep NAME: message", and where help is. */
void command_misused(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));

/* The command line as a shell reads it, quoted where it needs to be: sweep run 'my grid.yaml' */
void command_append_line(int argc, char **argv, struct text *text);

/* " CONFIG", " [TRIAL]", " [HYPERPARAMETER...]": the arguments without a name. */
void command_append_arguments(const struct command *command, struct text *text);

/* Print "sweep: FILE:LINE:COLUMN: message" and return the exit status that goes with it. */
int command_fail(const struct error *error);

/* Send on what was printed so far, before something is printed elsewhere that belongs after it. */
void command_flush(void);

/* What `sweep run` can be told from here: a config that is there, or words for one. */
const char *command_example(void);

#endif
