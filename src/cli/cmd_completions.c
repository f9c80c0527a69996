#include "cli/command.h"
#include "cli/completion.h"

#include "search/config_places.h"

#include <stdio.h>
#include <string.h>

struct arguments {
    const char *asked;
};

#define CONFIGS "configs"

static const struct option options[] = {
    {.argument = "bash|zsh|fish|" CONFIGS,
     .kind = OPTION_TEXT,
     .target = offsetof(struct arguments, asked),
     .required = true},
    {0},
};

/* Files of the current folder are completed by the shell itself. */
static enum status append_configs(struct text *lines, struct error *error) {
    struct arena arena;
    const char *const *names;
    size_t count;
    arena_init(&arena);
    enum status status = config_places_list(&arena, &names, &count, error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        const char *path = config_places_find(names[i], &arena);
        if (path && strchr(path, '/'))
            text_printf(lines, "%s\n", names[i]);
    }
    arena_release(&arena);
    return status;
}

static enum status append_asked(const char *asked, struct text *text, struct error *error) {
    if (strcmp(asked, CONFIGS) == 0)
        return append_configs(text, error);
    size_t shell = 0;
    while (strcmp(asked, completion_shell(shell)) != 0)
        shell++;
    completion_append(shell, text);
    return STATUS_OK;
}

static int run(int argc, char **argv) {
    struct arguments arguments = {0};
    struct text text;
    struct error error;
    command_parse(&command_completions, argc, argv, &arguments);
    text_init(&text);
    enum status status = append_asked(arguments.asked, &text, &error);
    if (status == STATUS_OK && text.failed)
        status = error_memory(&error);
    if (status == STATUS_OK)
        fputs(text.data, stdout);
    text_release(&text);
    return status == STATUS_OK ? 0 : command_fail(&error);
}

const struct command command_completions = {
    .name = "completions",
    .help = "print what a shell needs to complete",
    .description =
        "Print a script that makes the shell complete sweep's commands, options and their values. "
        "The installed program has its completions; elsewhere: source <(sweep completions bash), "
        "or sweep completions fish | source. With "
        "configs, the names of the configs in other places than the current folder, which these "
        "scripts ask for.",
    .options = options,
    .run = run,
};
