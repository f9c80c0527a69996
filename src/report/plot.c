#include "report/plot.h"

#include "report/digits.h"
#include "report/terminal.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define ROWS 9
#define WIDTH_MAX 72
#define WIDTH_LEAST 10
#define TICKS 4

static const char *const colours[PLOT_CURVES_MAX] = {"\033[36m", "\033[33m"};

/* What a cell with the first curve, the second or both is drawn as. */
struct marks {
    const char *of[1 << PLOT_CURVES_MAX];
    const char *axis, *tick, *corner, *floor;
};
static const struct marks ascii = {{" ", "*", "o", "@"}, "|", "+", "+", "-"};
static const struct marks unicode = {{" ", "●", "○", "◉"}, "│", "┤", "└", "─"};

struct canvas {
    const struct marks *marks;
    bool fine; /* cells of 2 x 4 dots */
    bool colour;
    size_t columns;      /* cells */
    size_t across, down; /* dots of a cell */
    uint8_t *dots;       /* of each cell: braille's bits */
    uint8_t *curve;      /* of each cell: bits of the curves in it; the last wins the colour */
    double low, high, step;
};

static void find_range(const struct plot *plot, struct canvas *canvas) {
    canvas->low = (double)INFINITY;
    canvas->high = -(double)INFINITY;
    for (size_t i = 0; i < plot->curve_count; i++)
        for (size_t j = 0; j < plot->count; j++) {
            const double value = plot->curves[i].values[j];
            if (!isfinite(value))
                continue;
            canvas->low = fmin(canvas->low, value);
            canvas->high = fmax(canvas->high, value);
        }
    if (canvas->high > canvas->low)
        return;
    /* A line in the middle, or nothing. */
    const double value = isfinite(canvas->low) ? canvas->low : 0;
    canvas->low = value - fmax(fabs(value) * 0.1, 1e-6);
    canvas->high = value + fmax(fabs(value) * 0.1, 1e-6);
}

/* The least of 1, 2 and 5 times a power of ten with which no more than TICKS steps are needed. */
static void choose_step(struct canvas *canvas) {
    const double raw = (canvas->high - canvas->low) / TICKS, power = pow(10, floor(log10(raw)));
    const double share = raw / power;
    canvas->step = power * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
}

static const char *tick_text(const struct canvas *canvas, size_t row, struct arena *arena) {
    const double cell = (canvas->high - canvas->low) / (ROWS - 1);
    const double value = canvas->high - cell * (double)row;
    const double tick = round(value / canvas->step) * canvas->step;
    return fabs(tick - value) <= cell / 2 + 1e-12 ? digits_text(arena, tick, 10 * canvas->step)
                                                  : "";
}

static void set_dot(struct canvas *canvas, size_t curve, size_t x, size_t y) {
    static const uint8_t bits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    const size_t at = y / canvas->down * canvas->columns + x / canvas->across;
    canvas->dots[at] |= bits[y % canvas->down][x % canvas->across];
    canvas->curve[at] |= (uint8_t)(1U << curve);
}

/* A curve's value between the points it has. */
static double value_at(const struct plot *plot, size_t curve, double place) {
    const double *values = plot->curves[curve].values;
    const size_t before = (size_t)place, after = before + 1 < plot->count ? before + 1 : before;
    const double share = place - (double)before;
    return share == 0 ? values[before] : values[before] + share * (values[after] - values[before]);
}

static void draw(const struct plot *plot, size_t curve, struct canvas *canvas) {
    const size_t width = canvas->columns * canvas->across, height = (ROWS - 1) * canvas->down + 1;
    size_t before = SIZE_MAX;
    for (size_t x = 0; x < width; x++) {
        const double value =
            value_at(plot, curve, (double)x * (double)(plot->count - 1) / (double)(width - 1));
        if (!isfinite(value)) {
            before = SIZE_MAX;
            continue;
        }
        const double share = (canvas->high - value) / (canvas->high - canvas->low);
        const size_t y = (size_t)lround(share * (double)(height - 1)) + (canvas->down - 1) / 2;
        set_dot(canvas, curve, x, y);
        /* A steep line hangs together. */
        for (; canvas->fine && before != SIZE_MAX && before != y; before += before < y ? 1 : -1UL)
            set_dot(canvas, curve, x, before);
        before = y;
    }
}

static void print_cell(FILE *stream, const struct canvas *canvas, size_t at) {
    const unsigned dots = canvas->dots[at], curves = canvas->curve[at];
    if (dots == 0) {
        fputc(' ', stream);
        return;
    }
    if (canvas->colour)
        fputs(colours[curves > 1 ? 1 : 0], stream);
    if (canvas->fine) /* U+2800 and eight bits, in UTF-8 */
        fprintf(stream, "\xe2%c%c", (char)(0xa0 | dots >> 6), (char)(0x80 | (dots & 0x3f)));
    else
        fputs(canvas->marks->of[curves], stream);
    if (canvas->colour)
        fputs("\033[0m", stream);
}

static void print_rows(FILE *stream, const struct canvas *canvas, const char *const *labels,
                       int gutter) {
    for (size_t row = 0; row < ROWS; row++) {
        size_t end = canvas->columns;
        while (end > 0 && canvas->dots[row * canvas->columns + end - 1] == 0)
            end--;
        fprintf(stream, "%*s %s", gutter, labels[row],
                *labels[row] ? canvas->marks->tick : canvas->marks->axis);
        for (size_t column = 0; column < end; column++)
            print_cell(stream, canvas, row * canvas->columns + column);
        fputc('\n', stream);
    }
}

static void print_floor(FILE *stream, const struct plot *plot, const struct canvas *canvas,
                        int gutter) {
    const bool counted = plot->first == 0 && plot->last == 0;
    const double left = counted ? 1 : plot->first,
                 right = counted ? (double)plot->count : plot->last;
    char first[32], middle[32] = "", last[64];
    fprintf(stream, "%*s %s", gutter, "", canvas->marks->corner);
    for (size_t column = 0; column < canvas->columns; column++)
        fputs(canvas->marks->floor, stream);
    snprintf(first, sizeof first, "%.3g", left);
    snprintf(last, sizeof last, counted ? "%s %.0f" : "%s %.3g", plot->across, right);
    if (!counted)
        snprintf(middle, sizeof middle, "%.3g", (left + right) / 2);
    const int half = (int)(canvas->columns + strlen(middle)) / 2;
    const int before = half - (int)strlen(first);
    fprintf(stream, "\n%*s  %s%*s%*s\n", gutter, "", first, before, middle,
            (int)canvas->columns - half, last);
}

static enum status print_legend(FILE *stream, const struct plot *plot, const struct canvas *canvas,
                                struct error *error) {
    struct text text;
    text_init(&text);
    for (size_t i = 0; i < plot->curve_count; i++) {
        const char *mark = canvas->fine ? "\xe2\xa0\xa4\xe2\xa0\xa4" : canvas->marks->of[1 << i];
        text_printf(&text, "%s%s%s%s %s", i > 0 ? "   " : "", canvas->colour ? colours[i] : "",
                    mark, canvas->colour ? "\033[0m" : "", plot->curves[i].name);
    }
    const bool failed = text.failed;
    terminal_fill(stream, (size_t)terminal_width(stream), 0, 0, text.data);
    text_release(&text);
    return failed ? error_memory(error) : STATUS_OK;
}

static void choose_manner(FILE *stream, struct canvas *canvas) {
    const bool can = terminal_unicode();
    canvas->colour = terminal_colour(stream);
    canvas->marks = can ? &unicode : &ascii;
    canvas->fine = can && canvas->colour;
    canvas->across = canvas->fine ? 2 : 1;
    canvas->down = canvas->fine ? 4 : 1;
}

enum status plot_print(FILE *stream, const struct plot *plot, struct arena *arena,
                       struct error *error) {
    struct canvas canvas = {.marks = NULL};
    const char *labels[ROWS];
    size_t gutter = 0;
    choose_manner(stream, &canvas);
    find_range(plot, &canvas);
    choose_step(&canvas);
    for (size_t row = 0; row < ROWS; row++) {
        labels[row] = tick_text(&canvas, row, arena);
        if (!labels[row])
            return error_memory(error);
        gutter = strlen(labels[row]) > gutter ? strlen(labels[row]) : gutter;
    }
    const size_t width = (size_t)terminal_width(stream);
    canvas.columns = width == 0 || width > WIDTH_MAX ? WIDTH_MAX : width;
    canvas.columns =
        canvas.columns > gutter + 3 + WIDTH_LEAST ? canvas.columns - gutter - 3 : WIDTH_LEAST;
    canvas.dots = ARENA_NEW(arena, uint8_t, ROWS * canvas.columns);
    canvas.curve = ARENA_NEW(arena, uint8_t, ROWS * canvas.columns);
    if (!canvas.dots || !canvas.curve)
        return error_memory(error);
    for (size_t i = 0; i < plot->curve_count; i++)
        draw(plot, i, &canvas);
    enum status status = print_legend(stream, plot, &canvas, error);
    print_rows(stream, &canvas, labels, (int)gutter);
    print_floor(stream, plot, &canvas, (int)gutter);
    return status;
}
