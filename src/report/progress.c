#include "report/progress.h"

#include "report/terminal.h"

#include <math.h>
#include <string.h>

void progress_init(struct progress_line *line, FILE *stream, bool wanted, const char *metric,
                   bool maximize) {
    const bool shown = wanted && terminal_redraws(stream);
    *line = (struct progress_line){stream, shown, metric, maximize, (double)NAN};
}

void progress_note(struct progress_line *line, double value) {
    if (isnan(value))
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

void progress_show(struct progress_line *line, const struct progress *progress) {
    char text[256], duration[32], left[64] = "", best[96] = "";
    if (!line->shown)
        return;
    const double rate = progress->seconds > 0 ? (double)progress->images / progress->seconds : 0;
    if (rate > 0 && progress->seconds > 0.5)
        snprintf(left, sizeof left, "  %s left",
                 progress_duration((double)(progress->image_count - progress->images) / rate,
                                   duration, sizeof duration));
    if (!isnan(line->best))
        snprintf(best, sizeof best, "  best %s %.4g", line->metric, line->best);
    snprintf(text, sizeof text, "%zu/%zu trials  %.3g M images/s%s%s", progress->trials,
             progress->trial_count, rate / 1e6, left, best);
    const int width = terminal_width(line->stream);
    if (width > 1 && strlen(text) >= (size_t)width)
        text[width - 1] = '\0';
    fprintf(line->stream, "\r%s\033[K", text);
    fflush(line->stream);
}

void progress_clear(struct progress_line *line) {
    if (!line->shown)
        return;
    fputs("\r\033[K", line->stream);
    fflush(line->stream);
}
