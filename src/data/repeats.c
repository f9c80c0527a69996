#include "data/repeats.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* An open-addressed table of the different training images. Equal images take one slot
 * however many there are, so that a set of blank images does not make long chains. */
struct slot {
    uint64_t hash;
    size_t image; /* number + 1; 0: empty */
};

struct table {
    struct slot *slots;
    size_t mask; /* slots - 1; a power of two less one */
    const uint8_t *pixels;
    size_t bytes; /* of an image */
};

static uint64_t mix(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

static uint64_t hash_pixels(const uint8_t *pixels, size_t bytes) {
    uint64_t hash = bytes, word;
    for (; bytes >= sizeof word; pixels += sizeof word, bytes -= sizeof word) {
        memcpy(&word, pixels, sizeof word);
        hash = mix(hash, word);
    }
    word = 0;
    memcpy(&word, pixels, bytes);
    hash = mix(hash, word);
    return hash ^ hash >> 32;
}

/* The examples' bytes, be they pixels or floats. */
static const uint8_t *bytes_of(const struct images *images) {
    return images->values ? (const uint8_t *)images->values : images->pixels;
}

static enum status table_init(struct table *table, const struct data_view *view,
                              struct error *error) {
    size_t slots = 16;
    *table = (struct table){.pixels = bytes_of(&view->data->train),
                            .bytes = dataset_inputs(view->data) *
                                     (view->data->train.values ? sizeof(float) : 1)};
    while (slots / 2 < view->train_count)
        if (__builtin_mul_overflow(slots, (size_t)2, &slots))
            return error_memory(error);
    table->slots = calloc(slots, sizeof *table->slots);
    table->mask = slots - 1;
    return table->slots ? STATUS_OK : error_memory(error);
}

/* The slot of the image equal to `pixels`, or the empty one where it belongs. */
static struct slot *table_find(const struct table *table, const uint8_t *pixels, uint64_t hash) {
    size_t at = hash & table->mask;
    for (;; at = (at + 1) & table->mask) {
        struct slot *slot = &table->slots[at];
        if (slot->image == 0)
            return slot;
        const uint8_t *other = table->pixels + (slot->image - 1) * table->bytes;
        if (slot->hash == hash && memcmp(other, pixels, table->bytes) == 0)
            return slot;
    }
}

static void add_training(const struct table *table, const struct data_view *view,
                         struct repeats *repeats) {
    const uint8_t *labels = view->data->train.labels;
    for (size_t i = 0; i < view->train_count; i++) {
        const uint8_t *pixels = table->pixels + i * table->bytes;
        uint64_t hash = hash_pixels(pixels, table->bytes);
        struct slot *slot = table_find(table, pixels, hash);
        if (slot->image == 0) {
            *slot = (struct slot){hash, i + 1};
            continue;
        }
        size_t first = slot->image - 1;
        repeats->equal++;
        /* Numbers that were measured twice may differ. */
        bool contradicts =
            labels && view->train_label_map[labels[first]] != view->train_label_map[labels[i]];
        if (contradicts && repeats->contradictions++ == 0) {
            repeats->contradicting[0] = first;
            repeats->contradicting[1] = i;
        }
    }
}

/* How many of images[begin .. begin+count-1] are in the table, and the first such pair. */
static size_t count_known(const struct table *table, const uint8_t *pixels, size_t begin,
                          size_t count, size_t example[2]) {
    size_t known = 0;
    for (size_t i = begin; i < begin + count; i++) {
        const uint8_t *image = pixels + i * table->bytes;
        size_t found = table_find(table, image, hash_pixels(image, table->bytes))->image;
        if (found > 0 && known++ == 0) {
            example[0] = i;
            example[1] = found - 1;
        }
    }
    return known;
}

enum status repeats_find(const struct data_view *view, struct repeats *repeats,
                         struct error *error) {
    *repeats = (struct repeats){0};
    struct table table;
    enum status status = table_init(&table, view, error);
    if (status != STATUS_OK)
        return status;
    add_training(&table, view, repeats);
    repeats->test = count_known(&table, bytes_of(&view->data->test), 0, view->data->test.count,
                                repeats->test_example);
    repeats->validation = count_known(&table, table.pixels, view->validation_begin,
                                      view->validation_count, repeats->validation_example);
    free(table.slots);
    return STATUS_OK;
}
