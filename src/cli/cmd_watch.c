#include "cli/command.h"
#include "cli/interruption.h"
#include "cli/merging.h"

#include "base/clock.h"
#include "report/progress.h"
#include "report/terminal.h"

#include <stdio.h>
#include <time.h>

#define EVERY_SECONDS 10
#define EVERY_SECONDS_MAX 86400

struct arguments {
    struct merging_request request;
    long every; /* seconds */
};

static const struct option options[] = {
    MERGING_OPTIONS(struct arguments, request),
    {.name = "every",
     .letter = 'e',
     .argument = "N",
     .help = "Merge again N seconds after the last time (default: 10)",
     .kind = OPTION_NUMBER,
     .target = offsetof(struct arguments, every),
     .minimum = 1,
     .maximum = EVERY_SECONDS_MAX},
    {0},
};

/* How it has come along since the first look. */
struct watching {
    bool begun, busy;
    double begin;
    size_t at_begin; /* trials */
    size_t shown;
};

static void show(struct watching *watching, const struct merging_outcome *outcome) {
    const double now = clock_seconds();
    const size_t done = outcome->trained, left = outcome->trials - done;
    char duration[32], clock[16];
    const time_t date = time(NULL);
    struct tm local;
    if (!watching->begun)
        *watching = (struct watching){.begun = true, .begin = now, .at_begin = done};
    else if (watching->shown == done)
        return;
    watching->shown = done;
    strftime(clock, sizeof clock, "%H:%M:%S", localtime_r(&date, &local));
    printf("%s  %zu of %zu trials", clock, done, outcome->trials);
    if (done > watching->at_begin && left > 0)
        printf(", about %s left", progress_duration((now - watching->begin) * (double)left /
                                                        (double)(done - watching->at_begin),
                                                    duration, sizeof duration));
    putchar('\n');
    command_flush();
}

/* False once somebody asks to stop. */
static bool wait_seconds(double seconds) {
    const struct timespec pause = {0, 100000000};
    const double end = clock_seconds() + seconds;
    while (clock_seconds() < end && atomic_load(interruption_requested()) == 0)
        nanosleep(&pause, NULL);
    return atomic_load(interruption_requested()) == 0;
}

/* One merge; true when there is nothing more to wait for. A database that is in use is free again
 * some time. */
static bool look(const struct arguments *arguments, struct watching *watching,
                 struct merging_outcome *outcome, enum status *status, struct error *error) {
    *status = merging_run(&arguments->request, outcome, error);
    if (*status == STATUS_BUSY) {
        if (!watching->busy)
            command_fail(error);
        watching->busy = true;
        return false;
    }
    if (*status == STATUS_OK) {
        watching->busy = false;
        show(watching, outcome);
    }
    return *status != STATUS_OK || outcome->trained == outcome->trials;
}

static int run(int argc, char **argv) {
    struct arguments arguments = {.request = {.database = DATABASE_PATH, .brief = true},
                                  .every = EVERY_SECONDS};
    struct watching watching = {0};
    struct merging_outcome outcome = {0};
    struct error error;
    enum status status;
    command_parse(&command_watch, argc, argv, &arguments);
    interruption_shield();
    interruption_catch();
    while (!look(&arguments, &watching, &outcome, &status, &error) &&
           wait_seconds((double)arguments.every))
        ;
    /* At the end all that there is to say. */
    arguments.request.brief = false;
    for (bool told = false; status == STATUS_OK; told = true) {
        status = merging_run(&arguments.request, &outcome, &error);
        if (status != STATUS_BUSY)
            break;
        if (!told)
            command_fail(&error);
        status = wait_seconds((double)arguments.every) ? STATUS_OK : STATUS_BUSY;
    }
    if (status != STATUS_OK && status != STATUS_BUSY)
        return command_fail(&error);
    if (atomic_load(interruption_requested()) != 0)
        return interruption_exit_code();
    return outcome.refused > 0 ? STATUS_INPUT : 0;
}

const struct command command_watch = {
    .name = "watch",
    .help = "merge shards again and again, to the end",
    .description = "Do as `sweep merge` again and again, and show how many trials there are, until "
                   "none is missing.",
    .notes = "Ctrl-C ends it; the tasks are not touched.\n\n"
             "Exit status: 0 all trials are there, 2 wrong usage, 65 results were refused, or the "
             "database or a folder is none, 74 input/output error, 130 interrupted by Ctrl-C, 143 "
             "by SIGTERM.",
    .options = options,
    .run = run,
};
