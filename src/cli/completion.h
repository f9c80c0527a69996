/* What a shell can complete, told from the tables that --help is made of: a command's options and
 * the words for their arguments. completion.c knows what; completion_shells.c how each shell says
 * it. */
#ifndef SWEEP_CLI_COMPLETION_H
#define SWEEP_CLI_COMPLETION_H

#include "base/text.h"
#include "cli/command.h"

#include <stddef.h>

/* What can stand for an argument: any of these together. */
enum completion_files { COMPLETE_NO_FILES, COMPLETE_FILES, COMPLETE_FOLDERS, COMPLETE_CONFIGS };

struct completion_argument {
    const char *name; /* as --help has it: FILE, CONDITION, info|show */
    enum completion_files files;
    /* append words, each followed by a newline; NULL: there are none. One that ends in '=' is
     * followed by a value; those with a value are words of their own */
    void (*words)(const char *name, struct text *text);
};

/* What is known of the argument of that option, or of that argument without a name: nothing, for a
 * number. */
struct completion_argument completion_argument(const struct command *command,
                                               const struct option *option);

/* The shells there are, by number; NULL after the last. */
const char *completion_shell(size_t i);

/* The script for that shell. */
void completion_append(size_t shell, struct text *script);

#endif
