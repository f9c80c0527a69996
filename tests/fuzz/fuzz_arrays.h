/* What may be asked of any array that was read, for the targets that read one. */
#ifndef SWEEP_TESTS_FUZZ_ARRAYS_H
#define SWEEP_TESTS_FUZZ_ARRAYS_H

#include "fuzz.h"

#include "data/idx.h"

static inline void expect_array(enum status status, enum idx_kind kind, struct idx_array *array,
                                const struct error *error) {
    unsigned sum = 0;
    expect_told(status, error);
    if (status == STATUS_OK) {
        EXPECT(array->kind == kind);
        EXPECT(array->rows > 0 && array->columns > 0);
        EXPECT(array->bytes == array->count * array->rows * array->columns);
        for (size_t i = 0; i < array->bytes; i++)
            sum += array->data[i];
    } else {
        EXPECT(!array->data);
    }
    volatile unsigned read = sum;
    (void)read;
    idx_release(array);
}

/* Read a file with these contents as images and as labels. */
static inline void expect_idx(const uint8_t *data, size_t size) {
    static const enum idx_kind kinds[] = {IDX_IMAGES, IDX_LABELS};
    const char *path = file_with(data, size);
    for (size_t i = 0; i < 2; i++) {
        struct idx_array array;
        struct error error = {0};
        const enum status status = idx_read(path, kinds[i], &array, &error);
        expect_array(status, kinds[i], &array, &error);
    }
}

#endif
