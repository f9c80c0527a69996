#include "cli/help.h"

#include "base/machine.h"
#include "report/terminal.h"
#include "search/config_places.h"

#define PIPE_WIDTH 80 /* of lines that do not go to a terminal */

static size_t width_of(FILE *stream) {
    const int columns = terminal_width(stream);
    return columns > 0 ? (size_t)columns : PIPE_WIDTH;
}

/* A label, and what it means from that column on. */
static void print_entry(FILE *stream, size_t column, const char *label, const char *help) {
    char line[1024];
    snprintf(line, sizeof line, "%-*s  %s", (int)column - 2, label, help);
    terminal_fill(stream, width_of(stream), 0, column, line);
}

static void print_usage(FILE *stream, const struct command *command) {
    struct text usage;
    text_init(&usage);
    text_printf(&usage, "Usage: sweep %s [OPTION...]", command->name);
    command_append_arguments(command, &usage);
    terminal_fill(stream, width_of(stream), 0, 4, usage.data);
    text_release(&usage);
}

static void print_option(const struct option *option) {
    char label[64], help[512], letter[8] = "    ";
    if (option->letter)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    snprintf(label, sizeof label, "  %s--%s%s%s", letter, option->name, option->argument ? "=" : "",
             option->argument ? option->argument : "");
    snprintf(help, sizeof help, "%s%s", option->help,
             option->kind == OPTION_LIST ? " (may be given several times)" : "");
    print_entry(stdout, 29, label, help);
}

static void print_help(const struct command *command) {
    const struct option *options[COMMAND_OPTIONS_MAX];
    const size_t count = command_options(command, options);
    print_usage(stdout, command);
    terminal_fill(stdout, width_of(stdout), 0, 0, command->description);
    fputc('\n', stdout);
    for (size_t i = 0; i < count; i++)
        if (options[i]->name)
            print_option(options[i]);
    if (command->notes) {
        fputc('\n', stdout);
        terminal_fill(stdout, width_of(stdout), 0, 0, command->notes);
    }
}

static void print_short(const struct command *command) {
    print_usage(stdout, command);
}

void help_print_version(const struct command *command) {
    (void)command;
    printf("sweep %s\n", machine_program_version());
}

const struct option standard_options[] = {
    {.name = "help",
     .letter = 'h',
     .help = "Print this",
     .kind = OPTION_PRINT,
     .print = print_help},
    {.name = "usage",
     .help = "Print the first line of this",
     .kind = OPTION_PRINT,
     .print = print_short},
    {.name = "version",
     .letter = 'V',
     .help = "Print the program's version",
     .kind = OPTION_PRINT,
     .print = help_print_version},
    {0},
};

const char *command_example(void) {
    struct arena arena;
    arena_init(&arena);
    const bool found = config_places_find("grid", &arena);
    arena_release(&arena);
    return found ? "grid" : "FILE.yaml (`sweep keys` lists what it may say)";
}

void help_print_commands(FILE *stream) {
    const size_t width = width_of(stream);
    char start[256];
    terminal_fill(stream, width, 0, 4, "Usage: sweep COMMAND [OPTION...]");
    terminal_fill(stream, width, 0, 0,
                  "Train every variant of a neural network at once and keep the results in "
                  "SQLite.\n");
    for (size_t i = 0; i < command_count; i++) {
        struct text label;
        text_init(&label);
        text_printf(&label, "  sweep %-11s", commands[i]->name);
        command_append_arguments(commands[i], &label);
        print_entry(stream, 43, label.data, commands[i]->help);
        text_release(&label);
    }
    terminal_fill(stream, width, 0, 4,
                  "\n  sweep COMMAND --help      what a command takes\n"
                  "  sweep --version\n");
    snprintf(start, sizeof start, "Start with: sweep run %s", command_example());
    terminal_fill(stream, width, 0, 4, start);
}
