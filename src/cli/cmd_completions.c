#include "cli/command.h"
#include "cli/completion.h"

#include <stdio.h>
#include <string.h>

struct arguments {
    const char *shell;
};

static const struct option options[] = {
    {.argument = "bash|zsh|fish",
     .kind = OPTION_TEXT,
     .target = offsetof(struct arguments, shell),
     .required = true},
    {0},
};

static int run(int argc, char **argv) {
    struct arguments arguments = {0};
    size_t shell = 0;
    struct text script;
    struct error error;
    command_parse(&command_completions, argc, argv, &arguments);
    while (strcmp(arguments.shell, completion_shell(shell)) != 0)
        shell++;
    text_init(&script);
    completion_append(shell, &script);
    int code = 0;
    if (script.failed) {
        error_memory(&error);
        code = command_fail(&error);
    } else {
        fputs(script.data, stdout);
    }
    text_release(&script);
    return code;
}

const struct command command_completions = {
    .name = "completions",
    .help = "print what a shell needs to complete",
    .description =
        "Print a script that makes the shell complete sweep's commands, options and their values. "
        "The installed program has its completions; elsewhere: source <(sweep completions bash), "
        "or sweep completions fish | source.",
    .options = options,
    .run = run,
};
