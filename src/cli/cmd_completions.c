#include "cli/command.h"
#include "cli/completion.h"

#include "report/terminal.h"

#include <stdio.h>
#include <string.h>

static error_t parse(int key, char *argument, struct argp_state *state) {
    size_t *shell = state->input;
    char safe[80];
    switch (key) {
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            argp_error(state, "one shell at a time");
        for (*shell = 0; completion_shell(*shell); ++*shell)
            if (strcmp(argument, completion_shell(*shell)) == 0)
                return 0;
        argp_error(state, "unknown shell '%s'; known: bash, zsh, fish",
                   terminal_safe(argument, safe, sizeof safe));
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "a shell is missing: bash, zsh or fish");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .parser = parse,
    .args_doc = "bash|zsh|fish",
    .doc = "Print a script that makes the shell complete sweep's commands, options and their "
           "values. The installed program has its completions; elsewhere: "
           "source <(sweep completions bash), or sweep completions fish | source.",
};

static int run(int argc, char **argv) {
    size_t shell = 0;
    struct text script;
    struct error error;
    command_parse(&argp, argc, argv, &shell);
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

const struct command command_completions = {"completions", "bash|zsh|fish",
                                            "print what a shell needs to complete", &argp, run};
