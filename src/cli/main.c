#include "cli/command.h"
#include "cli/crash.h"
#include "cli/help.h"
#include "cli/interruption.h"

#include "base/names.h"
#include "base/text.h"
#include "math/gemm.h"
#include "report/console.h"
#include "report/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct command *const commands[] = {
    &command_run,    &command_plan,   &command_submit,     &command_merge,   &command_watch,
    &command_top,    &command_show,   &command_predict,    &command_compare, &command_report,
    &command_export, &command_list,   &command_delete,     &command_keys,    &command_data,
    &command_bench,  &command_doctor, &command_completions};
#define COMMAND_COUNT (sizeof commands / sizeof *commands)
const size_t command_count = COMMAND_COUNT;

/* Lines of another program, which are indented, stay lines. */
int command_fail(const struct error *error) {
    struct error first = *error;
    char text[ERROR_TEXT], *line = strstr(first.message, "\n  "), *next;
    if (line)
        *line++ = '\0';
    terminal_print(stderr, 2, "sweep: %s", error_text(&first, text));
    for (; line; line = next) {
        if ((next = strstr(line, "\n  ")))
            *next++ = '\0';
        terminal_print(stderr, 4, "%s", line);
    }
    return error->code;
}

static const struct command *find(const char *name) {
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int fail_unknown(const char *name) {
    const char *names[COMMAND_COUNT + 2] = {"help", "version"};
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[2 + i] = commands[i]->name;
    const char *nearest = text_nearest(name, names, COMMAND_COUNT + 2);
    if (name[0] == '-')
        terminal_print(stderr, 2,
                       "sweep: there is no option '%.80s' before the command; options come after "
                       "it, as in: sweep top --db FILE",
                       name);
    else
        terminal_print(stderr, 2, "sweep: there is no command '%.80s'%s%s%s", name,
                       nearest ? "; did you mean '" : "", nearest ? nearest : "",
                       nearest ? "'?" : "");
    fputs("Try 'sweep --help'.\n", stderr);
    return STATUS_USAGE;
}

static int run(int argc, char **argv) {
    static const char *const helps[] = {"help", "--help", "-h", "-?", NULL};
    static const char *const versions[] = {"version", "--version", "-V", NULL};
    static char help[] = "--help";
    if (argc < 2) {
        help_print_commands(stderr);
        return STATUS_USAGE;
    }
    const bool helped = name_is_among(argv[1], helps);
    if (helped && (argc == 2 || name_is_among(argv[2], helps))) {
        help_print_commands(stdout);
        return 0;
    }
    if (name_is_among(argv[1], versions)) {
        help_print_version(NULL);
        return 0;
    }
    const struct command *command = find(argv[helped ? 2 : 1]);
    if (!command)
        return fail_unknown(argv[helped ? 2 : 1]);
    if (helped) /* `sweep help run` is `sweep run --help` */
        argv[2] = help;
    return command->run(argc - 1, argv + 1);
}

static int output_fault; /* the first errno of standard output, or 0 */

void command_flush(void) {
    errno = 0;
    if ((fflush(stdout) != 0 || ferror(stdout)) && output_fault == 0)
        output_fault = errno ? errno : EIO;
}

static int code; /* what main returned; 0 where the program ended after --help */

/* A result that did not reach its file or pipe is no result. */
static void check_output(void) {
    command_flush();
    if (output_fault == 0)
        return;
    fprintf(stderr, "sweep: standard output: %s\n", strerror(output_fault));
    console_wait(true);
    _exit(code == 0 ? STATUS_IO : code);
}

/* Called before the libraries' own initialisers, in one of which OpenBLAS starts its threads and,
 * without room for them, never ends. A sanitizer takes terabytes of address space, and is not ready
 * so early. */
#ifndef SWEEP_SANITIZED
static void check_room(int argc, char **argv, char **environment) {
    struct error error;
    char line[sizeof error.message + 16];
    (void)argc, (void)argv;
    if (gemm_check_room(environment, &error) == STATUS_OK)
        return;
    const int length = snprintf(line, sizeof line, "sweep: %s\n", error.message);
    const bool told = write(STDERR_FILENO, line, (size_t)length) == length;
    _exit(told ? error.code : STATUS_IO);
}

__attribute__((section(".preinit_array"),
               used)) static void (*const before_libraries)(int, char **, char **) = check_room;
#endif

/* A standard stream that is closed would lend its number to the next file that is opened, and
 * messages would go into the database. /dev/null takes its place, the wrong way round, so that
 * reading or writing goes on failing as it should. */
static void fill_standard_streams(void) {
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++)
        if (fcntl(stream, F_GETFD) == -1 && errno == EBADF &&
            open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY) != stream)
            _exit(STATUS_IO);
}

int main(int argc, char **argv) {
    fill_standard_streams();
    umask(umask(0) & ~(mode_t)S_IRWXU); /* what is made here has to be read and written again */
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an error to report, as a full disk is */
    crash_watch();
    interruption_tidy();
    console_open();
    gemm_mend_core();
    atexit(check_output);
    return code = run(argc, argv);
}
