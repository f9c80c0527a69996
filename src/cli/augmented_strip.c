#include "cli/augmented_strip.h"

#include "data/augmentation.h"
#include "data/example.h"
#include "search/parameters.h"

#include <string.h>

static enum status read_augmentation(const char *text, struct arena *arena, struct value *value,
                                     struct error *error) {
    const bool list = text[strspn(text, " ")] == '[';
    const char *whole = list ? text : arena_printf(arena, "[%s]", text);
    return whole ? parameters_read_value(HP_AUGMENTATION, whole, arena, value, error)
                 : error_memory(error);
}

static enum status check(const struct components *list, const struct dataset *dataset,
                         struct error *error) {
    enum status status = STATUS_OK;
    struct text refusal;
    text_init(&refusal);
    augmentation_append_refusal(list, dataset, &refusal);
    if (refusal.failed)
        status = error_memory(error);
    else if (refusal.length > 0)
        status = error_set(error, STATUS_USAGE, "--augment: %s", refusal.data);
    text_release(&refusal);
    return status;
}

/* Put an image, the part's of that number, into its place of the strip. */
static void add_picture(const struct dataset *dataset, const struct images *part, size_t index,
                        const struct augmented_strip *strip, size_t place) {
    example_draw(dataset, part, index, strip->picture);
    for (size_t row = 0; row < dataset->rows; row++)
        memcpy(strip->pixels + row * strip->columns + place * (dataset->columns + 1),
               strip->picture + row * dataset->columns, dataset->columns);
}

/* The epochs' pictures behind the image. */
static void add_pictures(const struct dataset *dataset, struct augmenter *augmenter, void *room,
                         const struct augmented_strip *strip) {
    const struct images *train = &dataset->train;
    const struct images changed = {
        .count = 1, .pixels = train->values ? NULL : room, .values = train->values ? room : NULL};
    const void *image = images_at(train, strip->image, dataset_inputs(dataset));
    add_picture(dataset, train, strip->image, strip, 0);
    for (size_t i = 0; i < strip->epochs; i++) {
        augmenter_begin_epoch(augmenter, strip->first_epoch + i, 1);
        if (augmenter_changes(augmenter))
            augment(augmenter, strip->image, image, room);
        else
            memcpy(room, image, augmenter_picture_bytes(augmenter));
        add_picture(dataset, &changed, 0, strip, i + 1);
    }
}

enum status augmented_strip_fill(struct augmented_strip *strip, const struct dataset *dataset,
                                 struct error *error) {
    struct augmenter augmenter;
    struct value value;
    enum status status = read_augmentation(strip->augmentation, &strip->arena, &value, error);
    if (status == STATUS_OK)
        status = check(value.components, dataset, error);
    if (status != STATUS_OK)
        return status;
    strip->columns = (strip->epochs + 1) * (dataset->columns + 1) - 1;
    strip->pixels = ARENA_NEW(&strip->arena, uint8_t, dataset->rows * strip->columns);
    strip->picture = ARENA_NEW(&strip->arena, uint8_t, dataset->rows * dataset->columns);
    augmenter_init(&augmenter, value.components, dataset, strip->seed, &strip->arena);
    void *room = arena_alloc(&strip->arena, 1, augmenter_picture_bytes(&augmenter));
    if (strip->arena.failed)
        return error_memory(error);
    add_pictures(dataset, &augmenter, room, strip);
    return STATUS_OK;
}
