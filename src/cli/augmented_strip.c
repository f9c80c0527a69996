#include "cli/augmented_strip.h"

#include "data/augmentation.h"
#include "search/parameters.h"

#include <string.h>

static enum status read_augmentation(const char *text, struct arena *arena, struct value *value,
                                     struct error *error) {
    const bool list = text[strspn(text, " ")] == '[';
    const char *whole = list ? text : arena_printf(arena, "[%s]", text);
    return whole ? parameters_read_value(HP_AUGMENTATION, whole, arena, value, error)
                 : error_memory(error);
}

/* Put a picture into its place of the strip. */
static void add_picture(const struct dataset *dataset, const struct augmented_strip *strip,
                        size_t place, const uint8_t *picture) {
    for (size_t row = 0; row < dataset->rows; row++)
        memcpy(strip->pixels + row * strip->columns + place * (dataset->columns + 1),
               picture + row * dataset->columns, dataset->columns);
}

enum status augmented_strip_fill(struct augmented_strip *strip, const struct dataset *dataset,
                                 const uint8_t *pixels, struct error *error) {
    struct augmenter augmenter;
    struct value value;
    const enum status status = read_augmentation(strip->augmentation, &strip->arena, &value, error);
    if (status != STATUS_OK)
        return status;
    strip->columns = (strip->epochs + 1) * (dataset->columns + 1) - 1;
    strip->pixels = ARENA_NEW(&strip->arena, uint8_t, dataset->rows * strip->columns);
    strip->picture = ARENA_NEW(&strip->arena, uint8_t, dataset->rows * dataset->columns);
    if (!augmenter_init(&augmenter, value.components, dataset->rows, dataset->columns, strip->seed,
                        &strip->arena))
        return error_memory(error);
    add_picture(dataset, strip, 0, pixels);
    for (size_t i = 0; i < strip->epochs; i++) {
        augmenter_begin_epoch(&augmenter, strip->first_epoch + i, 1);
        memcpy(strip->picture, pixels, dataset->rows * dataset->columns);
        if (augmenter_changes(&augmenter))
            augment(&augmenter, strip->image, pixels, strip->picture);
        add_picture(dataset, strip, i + 1, strip->picture);
    }
    return STATUS_OK;
}
