/* The progress of a run on standard error: on a terminal one line, drawn over and over; elsewhere a
 * line a minute and one at the end. */
#ifndef SWEEP_REPORT_PROGRESS_H
#define SWEEP_REPORT_PROGRESS_H

#include "train/schedule.h"

#include <stdbool.h>
#include <stddef.h>

struct progress_line {
    bool wanted;
    bool redraws;       /* the terminal can draw over a line */
    const char *metric; /* the metric's name, for "best" */
    bool maximize;
    double best;          /* NaN before the first result */
    struct progress last; /* what was shown last */
    double told;          /* its seconds when a line was printed that is not drawn over */
    struct {
        const char *name; /* NULL: none, or over */
        double fraction, begun, shown;
    } stage;
};

void progress_init(struct progress_line *line, bool wanted);
void progress_goal(struct progress_line *line, const char *metric, bool maximize);

/* Show what is done before training, in a few words: "loading data"; from then on also how far that
 * is, as stage_tell says (base/stage.h). For terminals. */
void progress_stage(struct progress_line *line, const char *stage);

/* Note a result's value of the metric; NaN is ignored. */
void progress_note(struct progress_line *line, double value);

/* What can't be shown at once, since nobody reads, is left out. */
void progress_show(struct progress_line *line, const struct progress *progress);

/* Remove the line from a terminal; elsewhere print what was shown last. */
void progress_end(struct progress_line *line);

/* The line as text of at most `width` characters: a bar, percent, the time left, and of the rest as
 * much as fits, piece by piece. Width 0: all of it, without a bar and with the time that has
 * passed. */
void progress_format(const struct progress_line *line, const struct progress *progress,
                     size_t width, char *buffer, size_t size);

/* The same of what is done before training, which has taken so many seconds. */
void progress_format_stage(const char *stage, double fraction, double seconds, size_t width,
                           char *buffer, size_t size);

/* The seconds that are left. At first from what was predicted, then more and more from what the
 * work done so far has taken. */
double progress_left(const struct progress *progress);

/* Seconds as "0.3 s" (the least is 0.1), "12 s", "3 min 20 s", "2 h 05 min". */
const char *progress_duration(double seconds, char *buffer, size_t size);

#endif
