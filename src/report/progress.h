/* The live display while a sweep runs: one line on a terminal, nothing elsewhere. */
#ifndef SWEEP_REPORT_PROGRESS_H
#define SWEEP_REPORT_PROGRESS_H

#include "train/schedule.h"

#include <stdio.h>

struct progress_line {
    FILE *stream;
    bool shown;         /* the stream is a terminal that can, and the user wants it */
    const char *metric; /* the metric's name, for "best" */
    bool maximize;
    double best; /* NaN before the first result */
};

void progress_init(struct progress_line *line, FILE *stream, bool wanted, const char *metric,
                   bool maximize);
/* Note a result's value of the metric; NaN is ignored. */
void progress_note(struct progress_line *line, double value);
void progress_show(struct progress_line *line, const struct progress *progress);
/* Remove the line, so that other messages can be printed. */
void progress_clear(struct progress_line *line);

/* Seconds as "0.3 s" (the least is 0.1), "12 s", "3 min 20 s", "2 h 05 min". */
const char *progress_duration(double seconds, char *buffer, size_t size);

#endif
