#include "math/pooling.h"

#include "base/multiversion.h"

#include <string.h>

/* Where a window stands: what it sees of rows and of columns. */
struct view {
    struct window_span rows, columns;
};

static struct view view_at(const struct window *window, size_t place) {
    return (struct view){window_span(&window->rows, place / window->columns.out),
                         window_span(&window->columns, place % window->columns.out)};
}

/* The image's place that is the window's place (row, column). */
static size_t place_in(const struct window *window, const struct view *view, size_t row,
                       size_t column) {
    return (view->rows.at + row - view->rows.first) * window->columns.in + view->columns.at +
           column - view->columns.first;
}

static inline void take_larger(const float *restrict x, size_t channels, float place,
                               float *restrict z, float *restrict largest) {
    for (size_t c = 0; c < channels; c++) {
        const float value = x[c], before = z[c];
        const int takes = value > before || (value != value && before == before);
        z[c] = takes ? value : before;
        largest[c] = takes ? place : largest[c];
    }
}

MULTIVERSION void pooling_largest(const struct window *window, const float *image, float *outputs,
                                  float *largest) {
    const size_t channels = window->channels, width = window->columns.size;
    for (size_t place = 0; place < window_places(window); place++) {
        const struct view view = view_at(window, place);
        float *z = outputs + place * channels, *which = largest + place * channels;
        const size_t first = place_in(window, &view, view.rows.first, view.columns.first);
        memcpy(z, image + first * channels, channels * sizeof *z);
        for (size_t c = 0; c < channels; c++)
            which[c] = (float)(view.rows.first * width + view.columns.first);
        for (size_t row = view.rows.first; row < view.rows.end; row++)
            for (size_t column = view.columns.first; column < view.columns.end; column++)
                take_larger(image + place_in(window, &view, row, column) * channels, channels,
                            (float)(row * width + column), z, which);
    }
}

static inline void give_largest(const float *restrict delta, const float *restrict largest,
                                size_t channels, float place, float *restrict input_delta) {
    for (size_t c = 0; c < channels; c++)
        input_delta[c] += largest[c] == place ? delta[c] : 0;
}

MULTIVERSION void pooling_largest_back(const struct window *window, const float *delta,
                                       const float *largest, float *input_delta) {
    const size_t channels = window->channels, width = window->columns.size;
    for (size_t place = 0; place < window_places(window); place++) {
        const struct view view = view_at(window, place);
        for (size_t row = view.rows.first; row < view.rows.end; row++)
            for (size_t column = view.columns.first; column < view.columns.end; column++)
                give_largest(delta + place * channels, largest + place * channels, channels,
                             (float)(row * width + column),
                             input_delta + place_in(window, &view, row, column) * channels);
    }
}

static float seen_by(const struct view *view) {
    return (float)((view->rows.end - view->rows.first) * (view->columns.end - view->columns.first));
}

static inline void add_scaled(float *restrict to, const float *restrict from, size_t channels,
                              float by) {
    for (size_t c = 0; c < channels; c++)
        to[c] += from[c] * by;
}

/* Each row's sum by itself, so that rounding errors stay small in large windows. */
MULTIVERSION void pooling_mean(const struct window *window, const float *image, float *outputs,
                               float *sums) {
    const size_t channels = window->channels;
    memset(outputs, 0, window_places(window) * channels * sizeof *outputs);
    for (size_t place = 0; place < window_places(window); place++) {
        const struct view view = view_at(window, place);
        float *z = outputs + place * channels;
        for (size_t row = view.rows.first; row < view.rows.end; row++) {
            memset(sums, 0, channels * sizeof *sums);
            for (size_t column = view.columns.first; column < view.columns.end; column++)
                add_scaled(sums, image + place_in(window, &view, row, column) * channels, channels,
                           1);
            add_scaled(z, sums, channels, 1 / seen_by(&view));
        }
    }
}

MULTIVERSION void pooling_mean_back(const struct window *window, const float *delta,
                                    float *input_delta) {
    const size_t channels = window->channels;
    for (size_t place = 0; place < window_places(window); place++) {
        const struct view view = view_at(window, place);
        for (size_t row = view.rows.first; row < view.rows.end; row++)
            for (size_t column = view.columns.first; column < view.columns.end; column++)
                add_scaled(input_delta + place_in(window, &view, row, column) * channels,
                           delta + place * channels, channels, 1 / seen_by(&view));
    }
}
