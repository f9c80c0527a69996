#include "math/window.h"

struct window_axis window_axis(size_t in, size_t size, size_t stride, size_t dilation, bool same) {
    struct window_axis axis = {in, 0, size, stride, dilation, 0};
    const size_t reach = (size - 1) * dilation + 1;
    if (same) {
        axis.out = (in + stride - 1) / stride;
        const size_t wanted = (axis.out - 1) * stride + reach;
        axis.before = wanted > in ? (wanted - in) / 2 : 0;
    } else if (reach <= in) {
        axis.out = (in - reach) / stride + 1;
    }
    return axis;
}

size_t window_axis_after(const struct window_axis *axis) {
    const size_t end = (axis->out - 1) * axis->stride + (axis->size - 1) * axis->dilation + 1;
    return end > axis->before + axis->in ? end - axis->before - axis->in : 0;
}

struct window_span window_span(const struct window_axis *axis, size_t out) {
    const size_t start = out * axis->stride,
                 missing = axis->before > start ? axis->before - start : 0;
    struct window_span span = {.first = (missing + axis->dilation - 1) / axis->dilation};
    span.at = start + span.first * axis->dilation - axis->before;
    const size_t left = span.at < axis->in ? axis->in - span.at : 0;
    span.end = span.first + (left + axis->dilation - 1) / axis->dilation;
    span.end = span.end < axis->size ? span.end : axis->size;
    span.first = span.first < span.end ? span.first : span.end;
    return span;
}
