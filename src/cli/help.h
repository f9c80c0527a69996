/* --help, made of the table of commands and their options. */
#ifndef SWEEP_CLI_HELP_H
#define SWEEP_CLI_HELP_H

#include "cli/command.h"

#include <stdio.h>

/* The program's: what the commands are. */
void help_print_commands(FILE *stream);

void help_print_version(const struct command *command);

#endif
