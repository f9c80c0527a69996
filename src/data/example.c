#include "data/example.h"

#include <math.h>

double example_number(const struct dataset *dataset, const struct images *part, size_t at) {
    const double unit = dataset_unit(dataset);
    return part->values ? (double)part->values[at] : part->pixels[at] / unit;
}

static double grey_of(const struct dataset *dataset, const struct images *part, size_t pixel) {
    static const double luminance[] = {0.299, 0.587, 0.114};
    const size_t channels = dataset_channels(dataset);
    double sum = 0;
    if (channels < 3)
        return example_number(dataset, part, pixel * channels);
    for (size_t i = 0; i < 3; i++)
        sum += luminance[i] * example_number(dataset, part, pixel * channels + i);
    return sum;
}

bool example_draw(const struct dataset *dataset, const struct images *part, size_t index,
                  uint8_t *grey) {
    const size_t pixels = dataset->rows * dataset->columns, first = index * pixels;
    const double unit = dataset_unit(dataset);
    double least = 0, most = UINT8_MAX / unit;
    if (dataset->table)
        return false;
    for (size_t i = 0; part->values && i < pixels; i++) {
        const double at = grey_of(dataset, part, first + i);
        least = i == 0 || at < least ? at : least;
        most = i == 0 || at > most ? at : most;
    }
    for (size_t i = 0; i < pixels; i++) {
        const double at = (grey_of(dataset, part, first + i) - least) / (most - least);
        grey[i] = at > 0 ? (uint8_t)lrint(fmin(at, 1) * UINT8_MAX) : 0;
    }
    return true;
}

void example_append_target(const struct dataset *dataset, const struct images *part, size_t index,
                           struct text *text) {
    const size_t width = dataset->target_width;
    if (part->labels) {
        text_printf(text, "label %u", part->labels[index]);
        return;
    }
    text_append(text, width == 1 ? "target" : "targets");
    for (size_t i = 0; i < width; i++)
        text_printf(text, "%s %.6g", i > 0 ? "," : "", (double)part->targets[index * width + i]);
}

void example_append_numbers(const struct dataset *dataset, const struct images *part, size_t index,
                            size_t most, struct text *text) {
    const size_t count = dataset_inputs(dataset);
    for (size_t i = 0; i < count && i < most; i++)
        text_printf(text, "%s%.6g", i > 0 ? ", " : "",
                    example_number(dataset, part, index * count + i));
    if (count > most)
        text_append(text, ", ...");
}
