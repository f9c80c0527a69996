/* Checkpoints: the input is the file. Its digests would turn all that a fuzzer makes away, so that
 * each input goes in three times: as it is; with its digests made right; and with these after it
 * was cut or filled up to the size that its head announces. */
#include "../specs.h"
#include "fuzz.h"

#include "train/checkpoint.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

/* What the file is to be of; make-seeds knows this, too. */
static const struct checkpoint_identity identity = {
    "arithmetic: 1\nprocessor: an abacus\ninstruction set: beads\nBLAS core: beads\nBLAS: none\n"
    "C library: none\nversion: 1\nbuild: 0123456789abcdef\n"};
#define METRICS 2
#define SEED_ARRAYS 3
#define SEED_FLOATS 48
static_assert(CHECKPOINT_VERSION == 1, "the seeds are of this version");
#define EPOCHS_MAX 9

/* Runs that differ in the epochs at which they are read off. */
static const struct milestone milestones[][3] = {
    {{2, 0}, {4, 1}, {EPOCHS_MAX, 2}}, {{4, 0}, {EPOCHS_MAX, 1}}, {{1, 0}, {3, 1}, {6, 2}}};
static const size_t milestone_counts[] = {3, 2, 3};
#define RUNS (sizeof milestones / sizeof *milestones)

/* The head and the places in it that tell how large the rest is. */
#define HEAD 152
enum {
    IDENTITY_BYTES = 16,
    EPOCHS = 88,
    REACHED = 96,
    METRIC_COUNT = 104,
    ARRAYS = 112,
    FLOATS = 120
};
#define FITTED_MAX 65536

static struct checkpoint_key key;
static struct network_spec network;
static int folder; /* for files, in memory where possible */
static char folder_path[32];

static void remove_folder(void) {
    unlinkat(folder, "input", 0);
    unlinkat(folder, "again", 0);
    rmdir(folder_path);
}

static void ready(void) {
    static const char *const places[] = {"/dev/shm/fuzz-XXXXXX", "/tmp/fuzz-XXXXXX"};
    for (size_t i = 0; i < 2 && !folder_path[0]; i++) {
        strcpy(folder_path, places[i]);
        if (!mkdtemp(folder_path))
            folder_path[0] = '\0';
    }
    folder = open(folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    EXPECT(folder >= 0);
    atexit(remove_folder);
    key = (struct checkpoint_key){&identity, digest_of_string("a run"), METRICS};
    network = (struct network_spec){
        .input = {1, {2}},
        .layer_count = 1,
        .layers = {dense(2, activation_find("softmax"))},
        .loss = loss_find("categorical_crossentropy"),
        .initializer = initializer_find("glorot_uniform"),
        .optimizer = optimizer_find("adam"),
        .seed = 3,
    };
    optimizer_defaults(network.optimizer, &network.optimizer_settings);
    const struct network_state shape = network_state_shape(&network);
    EXPECT(shape.array_count == SEED_ARRAYS &&
           shape.floats == SEED_FLOATS); /* else make-seeds makes others */
}

/* --- a run and its state, in memory of the exact size --- */

struct small_run {
    struct run run;
    struct run_state state;
};

static size_t last_epoch(const struct small_run *run) {
    return run->run.milestones[run->run.milestone_count - 1].epochs;
}

static void *filled(size_t bytes) {
    void *memory = malloc(bytes);
    EXPECT(memory);
    return memset(memory, 0x5a, bytes);
}

static void run_init(struct small_run *run, size_t which) {
    struct run_state *state = &run->state;
    *run = (struct small_run){.run = {.network = &network,
                                      .milestone_count = milestone_counts[which],
                                      .milestones = milestones[which]}};
    state->run = &run->run;
    state->history = filled(last_epoch(run) * sizeof *state->history);
    state->tests = filled(run->run.milestone_count * sizeof *state->tests);
    state->network = network_state_shape(&network);
    for (size_t i = 0; i < state->network.array_count; i++)
        state->network.arrays[i] = filled(state->network.floats * sizeof(float));
}

static void run_release(struct small_run *run) {
    free(run->state.history);
    free(run->state.tests);
    for (size_t i = 0; i < run->state.network.array_count; i++)
        free(run->state.network.arrays[i]);
}

static bool untouched(const void *memory, size_t bytes) {
    const unsigned char *at = memory;
    for (size_t i = 0; i < bytes; i++)
        if (at[i] != 0x5a)
            return false;
    return true;
}

static void expect_untouched(const struct small_run *run) {
    const struct run_state *state = &run->state;
    EXPECT(state->epochs == 0 && state->reached == 0 && state->started_at == 0);
    EXPECT(state->network.iterations == 0 && state->network.momentum_product == 0);
    EXPECT(untouched(state->history, last_epoch(run) * sizeof *state->history));
    EXPECT(untouched(state->tests, run->run.milestone_count * sizeof *state->tests));
    for (size_t i = 0; i < state->network.array_count; i++)
        EXPECT(untouched(state->network.arrays[i], state->network.floats * sizeof(float)));
}

/* --- files --- */

static void write_input(const uint8_t *data, size_t size) {
    const int file = openat(folder, "input", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    EXPECT(file >= 0 && write(file, data, size) == (ssize_t)size);
    close(file);
}

/* A file says the same as its bytes, and a look at its head no less than that. */
static void expect_same_as_file(size_t which, enum status status, const struct error *error) {
    struct small_run run;
    struct error of_peek = {0}, of_read = {0};
    size_t epochs;
    run_init(&run, which);
    const enum status peeked = checkpoint_peek(folder, "input", &key, &run.run, &epochs, &of_peek);
    EXPECT(checkpoint_read(folder, "input", &key, &run.state, &of_read) == status);
    expect_told(peeked, &of_peek);
    if (status != STATUS_OK) {
        EXPECT(strcmp(of_read.message, error->message) == 0);
        expect_untouched(&run);
    }
    if (peeked == STATUS_OK)
        EXPECT(epochs > 0 && epochs < last_epoch(&run));
    else
        EXPECT(status == peeked && strcmp(of_peek.message, error->message) == 0 && epochs == 0);
    run_release(&run);
}

/* --- the layout, once more --- */

static uint64_t number_at(const uint8_t *data, size_t at) {
    uint64_t number;
    memcpy(&number, data + at, sizeof number);
    return number;
}

/* The size that a head announces; 0 when that is too large to try. */
static size_t announced(const uint8_t *data) {
    uint64_t sizes[] = {number_at(data, EPOCHS),       number_at(data, REACHED),
                        number_at(data, METRIC_COUNT), number_at(data, ARRAYS),
                        number_at(data, FLOATS),       number_at(data, IDENTITY_BYTES)};
    uint64_t total = HEAD + 2 * DIGEST_LENGTH;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (sizes[i] > FITTED_MAX)
            return 0;
    const uint64_t scores = (2 + sizes[2]) * sizeof(double);
    total += sizes[0] * (sizeof(double) + 2 * scores) + sizes[1] * (sizeof(uint64_t) + scores) +
             sizes[3] * sizes[4] * sizeof(float) + sizes[5];
    return total <= FITTED_MAX ? total : 0;
}

/* Make the digests right where there is room for them. */
static void sign(uint8_t *data, size_t size) {
    if (size < HEAD + DIGEST_LENGTH)
        return;
    const uint64_t named = number_at(data, IDENTITY_BYTES);
    if (named <= size - HEAD - DIGEST_LENGTH)
        memcpy(data + HEAD + named, digest_of_bytes(data, HEAD + named).hex, DIGEST_LENGTH);
    memcpy(data + size - DIGEST_LENGTH, digest_of_bytes(data, size - DIGEST_LENGTH).hex,
           DIGEST_LENGTH);
}

/* --- what must hold --- */

/* What was taken and is written again is the same file, unless that had more milestones. */
static void expect_taken(const struct small_run *run, const uint8_t *data, size_t size) {
    const struct run_state *state = &run->state;
    size_t reached = 0;
    while (run->run.milestones[reached].epochs <= state->epochs)
        reached++;
    EXPECT(state->epochs > 0 && state->epochs < last_epoch(run));
    EXPECT(state->epochs == number_at(data, EPOCHS) && state->reached == reached);
    EXPECT(reached <= number_at(data, REACHED) && number_at(data, REACHED) <= state->epochs);
    if (reached < number_at(data, REACHED))
        return;
    EXPECT(checkpoint_write(folder, "again", &key, state, true, NULL) == STATUS_OK);
    uint8_t *again = malloc(size + 1);
    const int file = openat(folder, "again", O_RDONLY | O_CLOEXEC);
    EXPECT(again && file >= 0);
    EXPECT(read(file, again, size + 1) == (ssize_t)size && memcmp(again, data, size) == 0);
    close(file);
    free(again);
}

static void expect_file(const uint8_t *data, size_t size) {
    write_input(data, size);
    for (size_t which = 0; which < RUNS; which++) {
        struct small_run run;
        struct error error = {0};
        run_init(&run, which);
        const enum status status = checkpoint_decode(data, size, &key, &run.state, &error);
        expect_told(status, &error);
        if (status == STATUS_OK)
            expect_taken(&run, data, size);
        else
            expect_untouched(&run);
        expect_same_as_file(which, status, &error);
        run_release(&run);
    }
}

/* The same with digests that are right, in memory of its size. */
static void expect_signed(const uint8_t *data, size_t size, size_t wanted) {
    uint8_t *copy = calloc(1, wanted);
    EXPECT(copy);
    memcpy(copy, data, size < wanted ? size : wanted);
    sign(copy, wanted);
    expect_file(copy, wanted);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!key.identity)
        ready();
    expect_file(data, size);
    if (size >= HEAD + DIGEST_LENGTH)
        expect_signed(data, size, size);
    const size_t fitting = size >= HEAD ? announced(data) : 0;
    if (fitting > 0 && fitting != size)
        expect_signed(data, size, fitting);
    return 0;
}
