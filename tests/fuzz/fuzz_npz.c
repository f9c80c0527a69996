/* .npz archives, and the arrays in them: the input is an array where it begins as one, else an
 * archive. What is read is then made a data set, of which all that a reader of it looks at is
 * there.
 */
#include "fuzz.h"

#include "data/npy.h"
#include "data/npz.h"

#include <stdlib.h>
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

static unsigned sum_of(const void *values, size_t bytes) {
    unsigned sum = 0;
    for (size_t i = 0; values && i < bytes; i++)
        sum += ((const uint8_t *)values)[i];
    return sum;
}

static unsigned look_at(const struct dataset *data, const struct images *images) {
    const size_t inputs = dataset_inputs(data), count = images->count;
    EXPECT(count > 0 && inputs > 0);
    EXPECT(!images->pixels != !images->values);
    EXPECT(!images->labels != !images->targets);
    EXPECT((data->classes > 0) == (images->labels != NULL));
    for (size_t i = 0; images->labels && i < count; i++)
        EXPECT(images->labels[i] < data->classes);
    return sum_of(images->pixels, count * inputs) +
           sum_of(images->values, count * inputs * sizeof(float)) +
           sum_of(images->targets, count * data->target_width * sizeof(float));
}

static void expect_dataset(struct arrays *arrays) {
    static const struct dataset_options ways[] = {
        {.test_split = 0.5}, {.data_format = CHANNELS_FIRST, .targets = TARGETS_VALUES}};
    const struct dataset_options *options = &ways[arrays->count % 2];
    struct dataset *data = calloc(1, sizeof *data);
    struct error error = {0};
    const enum status status = data ? arrays_make(arrays, options, data, &error) : STATUS_MEMORY;
    volatile unsigned sum = 0;
    expect_told(status, &error);
    if (status == STATUS_OK)
        sum = look_at(data, &data->train) + look_at(data, &data->test);
    (void)sum;
    if (data)
        dataset_release(data);
    free(data);
}

/* The array as inputs and labels at once. */
static void expect_npy(const uint8_t *data, size_t size) {
    static const char *const names[] = {"x", "y"};
    struct arrays *arrays = calloc(1, sizeof *arrays);
    enum status status = arrays ? STATUS_OK : STATUS_MEMORY;
    for (size_t i = 0; i < 2 && status == STATUS_OK; i++) {
        struct memory memory = {data, size};
        struct error error = {0};
        struct array *array = &arrays->items[arrays->count++];
        strcpy(array->name, names[i]);
        status = npy_read((struct input){read_memory, &memory}, size, array, &error);
        expect_told(status, &error);
    }
    if (status == STATUS_OK)
        expect_dataset(arrays);
    if (arrays)
        arrays_release(arrays);
    free(arrays);
}

static void expect_npz(const uint8_t *data, size_t size) {
    struct arrays *arrays = calloc(1, sizeof *arrays);
    struct error error = {0};
    if (!arrays)
        return;
    const enum status status = npz_read(file_with(data, size), arrays, &error);
    expect_told(status, &error);
    if (status == STATUS_OK)
        expect_dataset(arrays);
    arrays_release(arrays);
    free(arrays);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 0 && data[0] == 0x93)
        expect_npy(data, size);
    else
        expect_npz(data, size);
    return 0;
}
