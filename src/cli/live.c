#include "cli/live.h"

#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LEAST_PAUSE 2.0
#define SHARE 0.02 /* of a processor, for writing pages */

extern char **environ;

/* 'T' is stopped, 'Z' has ended; 0: there is no such process. */
static char process_state(int64_t pid) {
    char path[64], line[1024] = "";
    snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return '\0';
    const size_t count = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[count] = '\0';
    const char *name = strrchr(line, ')'); /* a program's name may have anything in it */
    return name && name[1] == ' ' ? name[2] : '\0';
}

static const char *state_of(const struct command_record *command) {
    struct utsname here;
    if (strcmp(command->outcome, "running") != 0)
        return command->outcome;
    if (uname(&here) != 0 || strcmp(command->host, here.nodename) != 0)
        return "running";
    const char state = process_state(command->pid);
    return state == 'T' || state == 't'    ? "paused"
           : state == '\0' || state == 'Z' ? "lost"
                                           : "running";
}

const char *live_state(const struct provenance *provenance) {
    return provenance->count > 0 ? state_of(&provenance->commands[provenance->count - 1])
                                 : "finished";
}

void live_settle(struct provenance *provenance) {
    for (size_t i = 0; i < provenance->count; i++)
        provenance->commands[i].outcome = state_of(&provenance->commands[i]);
}

bool live_goes_on(const char *state) {
    return strcmp(state, "running") == 0 || strcmp(state, "paused") == 0;
}

static sigset_t waking_signal(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    return signals;
}

static void wake(int number) {
    (void)number; /* it ends a pause */
}

void live_begin(void) {
    const struct sigaction action = {.sa_handler = wake};
    setpriority(PRIO_PROCESS, 0, 19);
    sigaction(SIGUSR1, &action, NULL);
    const sigset_t waking = waking_signal();
    sigprocmask(SIG_UNBLOCK, &waking, NULL);
}

double live_pause(double cpu_seconds) {
    return fmax(LEAST_PAUSE, cpu_seconds / SHARE);
}

void live_wait(double seconds) {
    struct timespec pause = {(time_t)seconds, (long)(fmod(seconds, 1) * 1e9)};
    nanosleep(&pause, NULL);
}

enum status live_start(const char *database, int64_t sweep, const char *page, pid_t *process,
                       struct error *error) {
    char number[32];
    snprintf(number, sizeof number, "%" PRId64, sweep);
    const char *const arguments[] = {"sweep",   "report", "--live",   "--db", database,
                                     "--sweep", number,   "--output", page,   NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_init(&attributes);
    /* A group of its own: keys that stop or end the sweep are not meant for it. */
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    /* It would end a process that is not ready for it yet. */
    const sigset_t blocked = waking_signal();
    posix_spawnattr_setsigmask(&attributes, &blocked);
    const int fault = posix_spawn(process, "/proc/self/exe", &files, &attributes,
                                  (char *const *)(uintptr_t)arguments, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    if (fault == 0)
        return STATUS_OK;
    *process = 0;
    error_set(error, STATUS_IO, "can't be renewed: %s", strerror(fault));
    return error_place(error, page, 0, 0);
}

void live_end(pid_t process) {
    const struct timespec moment = {0, 100000000};
    if (process <= 0)
        return;
    /* A signal may come before it waits; another one follows. */
    while (waitpid(process, NULL, WNOHANG) == 0) {
        kill(process, SIGUSR1);
        nanosleep(&moment, NULL);
    }
}
