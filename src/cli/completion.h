/* What a shell can complete, told from the tables that --help is made of: a command's options and
 * the words for their arguments. completion.c knows what; completion_shells.c how each shell says
 * it. */
#ifndef SWEEP_CLI_COMPLETION_H
#define SWEEP_CLI_COMPLETION_H

#include "base/text.h"
#include "cli/command.h"

#include <stdbool.h>
#include <stddef.h>

#define COMPLETION_OPTIONS_MAX 64
#define COMPLETION_ARGUMENTS_MAX 4

struct completion_option {
    const char *name;     /* long, without dashes */
    char letter;          /* 0: none */
    const char *argument; /* what --help calls it; NULL: takes none */
    const char *help;
};

/* The options of a command, those of its child parsers and argp's own; each once. */
size_t completion_options(const struct command *command,
                          struct completion_option options[COMPLETION_OPTIONS_MAX]);

/* What can stand for an argument: any of these together. */
enum completion_files { COMPLETE_NO_FILES, COMPLETE_FILES, COMPLETE_FOLDERS, COMPLETE_CONFIGS };

struct completion_argument {
    const char *name; /* as --help has it: FILE, CONDITION, info|show */
    enum completion_files files;
    /* append words, each followed by a newline; NULL: there are none. One that ends in '=' is
     * followed by a value; those with a value are words of their own */
    void (*words)(const char *name, struct text *text);
    bool repeats; /* it, or more like it, to the end of the line */
};

/* What is known of an argument of a command's options, or of its own: nothing, for a number. */
struct completion_argument completion_argument(const struct command *command, const char *name);

/* The command's own arguments; those that are alternatives are one. Names are in `text`. */
size_t completion_arguments(const struct command *command, struct text *text,
                            struct completion_argument arguments[COMPLETION_ARGUMENTS_MAX]);

/* The shells there are, by number; NULL after the last. */
const char *completion_shell(size_t i);

/* The script for that shell. */
void completion_append(size_t shell, struct text *script);

#endif
