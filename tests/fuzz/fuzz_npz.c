/* .npz archives, and the arrays in them: the input is an array where it begins as one, else an
 * archive. */
#include "fuzz_arrays.h"

#include "data/npy.h"
#include "data/npz.h"

#include <string.h>

struct memory {
    const uint8_t *data;
    size_t size;
};

static enum status read_memory(void *context, uint8_t *to, size_t wanted, size_t *got,
                               struct error *error) {
    struct memory *memory = context;
    (void)error;
    *got = wanted < memory->size ? wanted : memory->size;
    memcpy(to, memory->data, *got);
    memory->data += *got;
    memory->size -= *got;
    return STATUS_OK;
}

static void expect_npy(const uint8_t *data, size_t size, enum idx_kind kind) {
    struct memory memory = {data, size};
    struct idx_array array;
    struct error error = {0};
    const enum status status =
        npy_read((struct input){read_memory, &memory}, kind, size, &array, &error);
    expect_array(status, kind, &array, &error);
}

static void expect_npz(const uint8_t *data, size_t size) {
    static const struct member {
        const char *name;
        enum idx_kind kind;
    } members[] = {{"x_train.npy", IDX_IMAGES}, {"y_train.npy", IDX_LABELS}};
    struct npz *npz;
    struct error error = {0};
    const enum status opened = npz_open(file_with(data, size), &npz, &error);
    expect_told(opened, &error);
    for (size_t i = 0; i < 2 && opened == STATUS_OK; i++) {
        struct idx_array array;
        const enum status status = npz_read(npz, members[i].name, members[i].kind, &array, &error);
        expect_array(status, members[i].kind, &array, &error);
    }
    npz_free(npz);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 0 && data[0] == 0x93) {
        expect_npy(data, size, IDX_IMAGES);
        expect_npy(data, size, IDX_LABELS);
    } else {
        expect_npz(data, size);
    }
    return 0;
}
