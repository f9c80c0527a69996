#include "report/progress.h"

#include "base/clock.h"
#include "base/stage.h"
#include "report/console.h"
#include "report/terminal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define BAR_LEAST 10
#define BAR_WIDTH 90      /* from this width of the line on, the bar gets longer, */
#define BAR_MORE 20       /* by this at most */
#define STAGE_SECONDS 0.2 /* from one drawing of a stage to the next */
#define LITTLE 0.03       /* of a stage; less says nothing of the time it takes */
#define LINE_SECONDS 60   /* from one line to the next, where they are not drawn over */

void progress_init(struct progress_line *line, bool wanted) {
    *line = (struct progress_line){
        .wanted = wanted, .redraws = terminal_redraws(stderr), .best = (double)NAN};
}

void progress_goal(struct progress_line *line, const char *metric, bool maximize) {
    line->metric = metric;
    line->maximize = maximize;
}

void progress_note(struct progress_line *line, double value) {
    if (!isfinite(value))
        return;
    if (isnan(line->best) || (line->maximize ? value > line->best : value < line->best))
        line->best = value;
}

const char *progress_duration(double seconds, char *buffer, size_t size) {
    long whole = lround(seconds);
    if (seconds < 9.95)
        snprintf(buffer, size, "%.1f s", fmax(seconds, 0.1));
    else if (whole < 60)
        snprintf(buffer, size, "%ld s", whole);
    else if (whole < 3600)
        snprintf(buffer, size, "%ld min %02ld s", whole / 60, whole % 60);
    else
        snprintf(buffer, size, "%ld h %02ld min", whole / 3600, whole / 60 % 60);
    return buffer;
}

/* The prediction counts as much as this share of the work, done in just the time predicted. */
#define PRIOR 0.05

double progress_left(const struct progress *progress) {
    const double all =
        (progress->predicted * PRIOR + progress->seconds) / (PRIOR + progress->fraction);
    return (1 - progress->fraction) * all;
}

/* --- the line, of pieces that are shown whole or not at all --- */

enum piece { BAR, PERCENT, STAGE, TIME, TRIALS, BEST, RATE, PIECES };
#define PIECE_SIZE 96

/* 100 % is said of what is done. */
static int percent_of(double fraction) {
    return fraction >= 1 ? 100 : (int)fmin(fraction * 100, 99);
}

static void format_time(const struct progress *progress, bool passed, char *piece) {
    char duration[32];
    size_t length = 0;
    if (passed)
        length = (size_t)snprintf(piece, PIECE_SIZE, "%s%s",
                                  progress_duration(progress->seconds, duration, sizeof duration),
                                  progress->fraction < 1 ? ", " : "");
    if (progress->fraction < 1)
        snprintf(piece + length, PIECE_SIZE - length, "%s left",
                 progress_duration(progress_left(progress), duration, sizeof duration));
}

static void format_pieces(const struct progress_line *line, const struct progress *progress,
                          bool passed, char pieces[PIECES][PIECE_SIZE]) {
    const double rate = progress->seconds > 0 ? (double)progress->images / progress->seconds : 0;
    memset(pieces, 0, PIECES * PIECE_SIZE);
    snprintf(pieces[PERCENT], PIECE_SIZE, "%3d %%", percent_of(progress->fraction));
    format_time(progress, passed, pieces[TIME]);
    snprintf(pieces[TRIALS], PIECE_SIZE, "%zu/%zu trials", progress->trials, progress->trial_count);
    if (!isnan(line->best))
        snprintf(pieces[BEST], PIECE_SIZE, "best %s %.4g", line->metric, line->best);
    if (rate > 0)
        snprintf(pieces[RATE], PIECE_SIZE, "%.3g M images/s", rate / 1e6);
}

/* A bar of that many characters between its ends. */
static void format_bar(double fraction, size_t length, char piece[PIECE_SIZE]) {
    const size_t full = (size_t)((double)length * fmin(fraction, 1));
    piece[0] = '[';
    for (size_t i = 0; i < length; i++)
        piece[1 + i] = i < full ? '=' : ' ';
    strcpy(piece + 1 + length, "]");
}

/* Leave out what does not fit into the width, the least important first. The bar's length depends
 * on the width alone, so that it does not jump. */
static void choose_pieces(double fraction, size_t width, char pieces[PIECES][PIECE_SIZE]) {
    static const enum piece order[] = {PERCENT, STAGE, TIME, BAR, TRIALS, BEST, RATE};
    const size_t more = width > BAR_WIDTH ? width - BAR_WIDTH : 0;
    size_t used = 0;
    format_bar(fraction, BAR_LEAST + (more < BAR_MORE ? more : BAR_MORE), pieces[BAR]);
    for (size_t i = 0; i < PIECES; i++) {
        char *piece = pieces[order[i]];
        const size_t length = strlen(piece) + (used > 0 ? 2 : 0);
        if (used + length > width)
            *piece = '\0';
        used += *piece ? length : 0;
    }
}

static void join_pieces(char pieces[PIECES][PIECE_SIZE], char *buffer, size_t size) {
    size_t length = 0;
    *buffer = '\0';
    for (size_t i = 0; i < PIECES; i++)
        if (*pieces[i] && length < size)
            length += (size_t)snprintf(buffer + length, size - length, "%s%s",
                                       length > 0 ? "  " : "", pieces[i]);
}

void progress_format(const struct progress_line *line, const struct progress *progress,
                     size_t width, char *buffer, size_t size) {
    char pieces[PIECES][PIECE_SIZE];
    format_pieces(line, progress, width == 0, pieces);
    if (width > 0)
        choose_pieces(progress->fraction, width, pieces);
    join_pieces(pieces, buffer, size);
}

/* --- where it is shown --- */

/* Columns for a line that the cursor, and the ^C that a terminal shows, still have room behind. */
static size_t room(void) {
    const size_t width = (size_t)terminal_width(stderr);
    return width > 40 ? width - 3 : width > 1 ? width - 1 : 1;
}

void progress_format_stage(const char *stage, double fraction, double seconds, size_t width,
                           char *buffer, size_t size) {
    char pieces[PIECES][PIECE_SIZE] = {0}, duration[32];
    snprintf(pieces[PERCENT], PIECE_SIZE, "%3d %%", percent_of(fraction));
    snprintf(pieces[STAGE], PIECE_SIZE, "%s", stage);
    if (fraction > LITTLE)
        snprintf(pieces[TIME], PIECE_SIZE, "%s left",
                 progress_duration(seconds * (1 - fraction) / fraction, duration, sizeof duration));
    choose_pieces(fraction, width, pieces);
    join_pieces(pieces, buffer, size);
}

static void draw_stage(struct progress_line *line) {
    char text[512];
    const double now = clock_seconds();
    line->stage.shown = now;
    progress_format_stage(line->stage.name, line->stage.fraction, now - line->stage.begun, room(),
                          text, sizeof text);
    console_status(text);
}

/* Its parts may each count from 0; what was shown does not go back. */
static void take_stage(void *context, double fraction) {
    struct progress_line *line = context;
    if (fraction > line->stage.fraction)
        line->stage.fraction = fmin(fraction, 0.99);
    if (clock_seconds() - line->stage.shown >= STAGE_SECONDS)
        draw_stage(line);
}

void progress_stage(struct progress_line *line, const char *stage) {
    if (!line->wanted || !line->redraws)
        return;
    line->stage.name = stage;
    line->stage.fraction = 0;
    line->stage.begun = clock_seconds();
    draw_stage(line);
    stage_listen(take_stage, line);
}

static void print(struct progress_line *line) {
    char text[512];
    progress_format(line, &line->last, 0, text, sizeof text);
    line->told = line->last.seconds;
    fprintf(stderr, "%s\n", text + strspn(text, " "));
}

void progress_show(struct progress_line *line, const struct progress *progress) {
    char text[512];
    stage_listen(NULL, NULL);
    line->last = *progress;
    if (!line->wanted || !console_ready())
        return;
    if (line->redraws) {
        progress_format(line, progress, room(), text, sizeof text);
        console_status(text);
    } else if (progress->seconds - line->told >= LINE_SECONDS) {
        print(line);
    }
}

void progress_end(struct progress_line *line) {
    stage_listen(NULL, NULL);
    console_status(NULL);
    if (line->wanted && !line->redraws && line->last.seconds > 0)
        print(line);
    line->last = (struct progress){0};
    line->told = 0;
}
