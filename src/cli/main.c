#include "cli/command.h"
#include "cli/interruption.h"

#include "base/machine.h"
#include "base/text.h"
#include "report/terminal.h"
#include "search/config_places.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct command *const commands[] = {
    &command_run,     &command_plan,   &command_top,        &command_show, &command_predict,
    &command_compare, &command_report, &command_export,     &command_keys, &command_data,
    &command_bench,   &command_doctor, &command_completions};
const size_t command_count = sizeof commands / sizeof *commands;

static void print_version(FILE *stream, struct argp_state *state) {
    (void)state;
    fprintf(stream, "sweep %s\n", machine_program_version());
}

int command_fail(const struct error *error) {
    char file[300], message[1100];
    fputs("sweep: ", stderr);
    if (error->file[0]) {
        fputs(terminal_safe(error->file, file, sizeof file), stderr);
        if (error->line > 0)
            fprintf(stderr, ":%d:%d", error->line, error->column);
        fputs(": ", stderr);
    }
    fprintf(stderr, "%s\n", terminal_safe(error->message, message, sizeof message));
    return status_exit_code(error->code);
}

void command_parse(const struct argp *argp, int argc, char **argv, void *input) {
    struct error error;
    if (argp_parse(argp, argc, argv, 0, NULL, input) != 0) {
        error_memory(&error);
        exit(command_fail(&error));
    }
}

long command_number(struct argp_state *state, const char *argument, const char *option,
                    long minimum, long maximum) {
    char *end;
    errno = 0;
    long number = strtol(argument, &end, 10);
    char safe[80];
    if (end == argument || *end || errno || number < minimum || number > maximum)
        argp_error(state, "%s takes a whole number from %ld to %ld, not '%s'", option, minimum,
                   maximum, terminal_safe(argument, safe, sizeof safe));
    return number;
}

const char *command_example(void) {
    struct arena arena;
    arena_init(&arena);
    const bool found = config_places_find("grid", &arena);
    arena_release(&arena);
    return found ? "grid" : "FILE.yaml (`sweep keys` lists what it may say)";
}

const char *command_config(struct argp_state *state, const char *before, const char *argument) {
    char first[256], second[256]; /* a shell's * may name anything */
    if (before)
        argp_error(state, "one config at a time: '%s' and '%s'",
                   terminal_safe(before, first, sizeof first),
                   terminal_safe(argument, second, sizeof second));
    return argument;
}

static void print_help(FILE *stream) {
    fputs("Usage: sweep COMMAND [OPTION...]\n"
          "Train every variant of a neural network at once and keep the results in SQLite.\n\n",
          stream);
    for (size_t i = 0; i < command_count; i++)
        fprintf(stream, "  sweep %-11s %-22s %s\n", commands[i]->name, commands[i]->arguments,
                commands[i]->help);
    fputs("\n  sweep COMMAND --help      what a command takes\n"
          "  sweep --version\n\n",
          stream);
    fprintf(stream, "Start with: sweep run %s\n", command_example());
}

static const struct command *find(const char *name) {
    for (size_t i = 0; i < command_count; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int fail_unknown(const char *name) {
    const char *names[16];
    char safe[80];
    for (size_t i = 0; i < command_count; i++)
        names[i] = commands[i]->name;
    const char *nearest = text_nearest(name, names, command_count);
    fprintf(stderr, "sweep: there is no command '%s'", terminal_safe(name, safe, sizeof safe));
    if (nearest)
        fprintf(stderr, "; did you mean '%s'?", nearest);
    fputs("\nTry 'sweep --help'.\n", stderr);
    return status_exit_code(STATUS_USAGE);
}

static bool is_short_help(const char *argument) {
    return strcmp(argument, "-h") == 0 || strcmp(argument, "-?") == 0;
}

static int run(int argc, char **argv) {
    if (argc < 2) {
        print_help(stderr);
        return status_exit_code(STATUS_USAGE);
    }
    char help[] = "--help";
    const char *name = argv[1];
    const bool helped = strcmp(name, "help") == 0;
    if (strcmp(name, "--help") == 0 || is_short_help(name) || (helped && argc == 2)) {
        print_help(stdout);
        return 0;
    }
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        print_version(stdout, NULL);
        return 0;
    }
    /* `sweep help run` and `sweep run -h` are `sweep run --help`. */
    const struct command *command = find(helped ? argv[2] : name);
    if (!command)
        return fail_unknown(helped ? argv[2] : name);
    if (helped || (argc > 2 && is_short_help(argv[2])))
        argv[2] = help;
    char called[64];
    snprintf(called, sizeof called, "sweep %s", command->name);
    argv[1] = called;
    return command->run(argc - 1, argv + 1);
}

static int output_fault; /* the first errno of standard output, or 0 */

void command_flush(void) {
    errno = 0;
    if ((fflush(stdout) != 0 || ferror(stdout)) && output_fault == 0)
        output_fault = errno ? errno : EIO;
}

static int code; /* what main returned; 0 where argp ended the program after --help */

/* A result that did not reach its file or pipe is no result. */
static void check_output(void) {
    command_flush();
    if (output_fault == 0)
        return;
    fprintf(stderr, "sweep: standard output: %s\n", strerror(output_fault));
    _exit(code == 0 ? status_exit_code(STATUS_IO) : code);
}

/* A standard stream that is closed would lend its number to the next file that is opened, and
 * messages would go into the database. /dev/null takes its place, the wrong way round, so that
 * reading or writing goes on failing as it should. */
static void fill_standard_streams(void) {
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++)
        if (fcntl(stream, F_GETFD) == -1 && errno == EBADF &&
            open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY) != stream)
            _exit(status_exit_code(STATUS_IO));
}

int main(int argc, char **argv) {
    fill_standard_streams();
    umask(umask(0) & ~(mode_t)S_IRWXU); /* what is made here has to be read and written again */
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an error to report, as a full disk is */
    interruption_tidy();
    argp_program_version_hook = print_version;
    argp_err_exit_status = status_exit_code(STATUS_USAGE);
    atexit(check_output);
    return code = run(argc, argv);
}
