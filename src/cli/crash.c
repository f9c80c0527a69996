#include "cli/crash.h"

#include "data/mapping.h"
#include "search/plugins.h"
#include "store/store.h"

#include <execinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FRAMES_MAX 64

static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
#define SIGNAL_COUNT (sizeof signals / sizeof *signals)
static struct sigaction before[SIGNAL_COUNT];
static int note = -1; /* a file */

static void say_in(int file, const char *text) {
    if (write(file, text, strlen(text)) < 0)
        return;
}

static void say(const char *text) {
    say_in(STDERR_FILENO, text);
}

/* The plug-in that is being loaded, which may have left no stack to look at, or else the one that
 * one of the calls which led here is in, the latest first; NULL: none. */
static const struct plugin_file *culprit(void) {
    void *frames[FRAMES_MAX];
    const struct plugin_file *owner = plugins_loading();
    const int count = owner ? 0 : backtrace(frames, FRAMES_MAX);
    for (int i = 0; i < count && !owner; i++)
        owner = plugins_owner(frames[i]);
    return owner;
}

static void write_culprit(int file, const struct plugin_file *plugin, const char *did,
                          const char *what) {
    say_in(file, "the plug-in ");
    say_in(file, plugin->path);
    say_in(file, did);
    say_in(file, what);
}

static void say_culprit(const struct plugin_file *plugin, const char *did, const char *what) {
    if (note >= 0 && lseek(note, 0, SEEK_END) >= 0) {
        say_in(note, STORE_CRASH_BEGIN);
        say_in(note, plugin->tag);
        say_in(note, ": ");
        write_culprit(note, plugin, did, what);
        say_in(note, "\n");
    }
    say("\nsweep: ");
    write_culprit(STDERR_FILENO, plugin, did, what);
    say("\n       Results up to here are kept; mend it and run the same command again.\n");
}

/* A data file that was cut short. */
static void end_cut(const char *path) {
    say("\nsweep: ");
    say(path);
    say(": was cut short while it was being read. Results up to here are kept; write it anew and "
        "run the same\n       command again.\n");
    _exit(STATUS_INPUT);
}

/* What it was is done again when this returns, and then ends the program. */
static void on_crash(int number, siginfo_t *about, void *context) {
    const char *cut = number == SIGBUS ? mapping_owner(about->si_addr) : NULL;
    (void)context;
    if (cut)
        end_cut(cut);
    const struct plugin_file *owner = culprit();
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        sigaction(signals[i], &before[i], NULL);
    if (owner)
        say_culprit(owner, " crashed: ", sigdescr_np(number));
    if (number == SIGABRT)
        raise(number);
}

/* What this program calls exit for is no plug-in's doing. */
static void on_exit_of_plugin(void) {
    const struct plugin_file *owner = culprit();
    if (!owner)
        return;
    say_culprit(owner, " ended the program: ", "it called exit");
    _exit(STATUS_INPUT);
}

void crash_note_in(int file) {
    note = file;
}

void crash_watch(void) {
    void *first[1];
    struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_ONSTACK | SA_SIGINFO};
    backtrace(first, 1); /* loads what it needs now, not in a handler */
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        sigaction(signals[i], &action, &before[i]);
    atexit(on_exit_of_plugin);
}
