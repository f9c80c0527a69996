/* The file of a checkpoint: what is written is read again, and nothing else is believed. */
#include "data_files.h"
#include "made_up.h"
#include "specs.h"

#include "nn/ensemble.h"
#include "train/checkpoint.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>

#define EPOCHS_MAX 9

/* A run, its network and its state, of a network small enough that every byte can be tried. */
struct small_run {
    struct arena arena;
    struct network_spec spec;
    struct ensemble *ensemble;
    struct milestone milestones[3];
    struct run run;
    struct epoch_scores history[EPOCHS_MAX];
    struct scores tests[3];
    struct run_state state;
    struct checkpoint_key key;
};

static struct checkpoint_identity identity;
static int place; /* the folder */

static void run_init(struct small_run *run, const char *optimizer) {
    *run = (struct small_run){.milestones = {{2, 0}, {4, 1}, {EPOCHS_MAX, 2}}};
    arena_init(&run->arena);
    run->spec = (struct network_spec){
        .input = {1, {4}},
        .layer_count = 2,
        .layers = {dense(3, activation_find("prelu")), dense(2, activation_find("softmax"))},
        .loss = loss_find("categorical_crossentropy"),
        .initializer = initializer_find("glorot_uniform"),
        .optimizer = optimizer_find(optimizer),
        .seed = 3,
    };
    optimizer_defaults(run->spec.optimizer, &run->spec.optimizer_settings);
    const struct network_spec *spec = &run->spec;
    assert_int_equal(ensemble_init(&run->ensemble, &spec, 1, 2, &run->arena, NULL), STATUS_OK);
    run->run =
        (struct run){.network = &run->spec, .milestone_count = 3, .milestones = run->milestones};
    run->state = (struct run_state){.run = &run->run,
                                    .network = ensemble_state(run->ensemble, 0),
                                    .history = run->history,
                                    .tests = run->tests};
    run->key = (struct checkpoint_key){&identity, digest_of_string("a run"), 2};
}

static void run_release(struct small_run *run) {
    arena_release(&run->arena);
}

static struct scores made_scores(double first) {
    return (struct scores){
        .loss = first, .accuracy = first + 0.25, .metrics = {first + 0.5, first + 0.75}};
}

/* Fill everything with numbers that occur once. */
static void train(struct small_run *run, size_t epochs) {
    struct run_state *state = &run->state;
    float number = 0.5f;
    for (size_t i = 0; i < state->network.array_count; i++)
        for (size_t j = 0; j < state->network.floats; j++)
            state->network.arrays[i][j] = number++;
    state->network.iterations = 123456789;
    state->network.momentum_product = 0.125f;
    for (size_t i = 0; i < epochs; i++)
        state->history[i] = (struct epoch_scores){made_scores(1000 + (double)i),
                                                  made_scores(2000 + (double)i), 3000 + (double)i};
    state->epochs = epochs;
    state->started_at = 1.5e9;
    for (state->reached = 0; state->reached < 3 && run->milestones[state->reached].epochs <= epochs;
         state->reached++)
        run->tests[state->reached] = made_scores(4000 + (double)state->reached);
    if (state->reached > 0)
        run->tests[0].loss = (double)NAN; /* a test may give one */
}

static enum status write_run(const struct small_run *run, const char *name, struct error *error) {
    return checkpoint_write(place, name, &run->key, &run->state, true, error);
}

static size_t read_bytes(const char *name, unsigned char **bytes) {
    struct stat about;
    const int file = openat(place, name, O_RDONLY);
    assert_true(file >= 0);
    assert_int_equal(fstat(file, &about), 0);
    *bytes = malloc((size_t)about.st_size + 1);
    assert_non_null(*bytes);
    assert_int_equal(read(file, *bytes, (size_t)about.st_size), about.st_size);
    close(file);
    return (size_t)about.st_size;
}

static void write_bytes(const char *name, const void *bytes, size_t count) {
    const int file = openat(place, name, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes, count), count);
    close(file);
}

static void expect_same_arrays(const struct small_run *a, const struct small_run *b) {
    for (size_t i = 0; i < a->state.network.array_count; i++)
        assert_memory_equal(a->state.network.arrays[i], b->state.network.arrays[i],
                            a->state.network.floats * sizeof(float));
}

static void expect_same_state(const struct small_run *a, const struct small_run *b) {
    expect_same_arrays(a, b);
    assert_int_equal(a->state.epochs, b->state.epochs);
    assert_int_equal(a->state.reached, b->state.reached);
    assert_int_equal(a->state.network.iterations, b->state.network.iterations);
    assert_true(a->state.network.momentum_product == b->state.network.momentum_product);
    assert_true(a->state.started_at == b->state.started_at);
    assert_memory_equal(a->history, b->history, sizeof a->history);
    assert_memory_equal(a->tests, b->tests, sizeof a->tests);
}

static void what_is_written_is_read(void **state) {
    (void)state;
    static const char *const names[] = {"sgd", "adam", "rmsprop", "ftrl"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (size_t epochs = 1; epochs < EPOCHS_MAX; epochs++) {
            struct small_run run, again;
            size_t peeked = 0;
            run_init(&run, names[i]);
            run_init(&again, names[i]);
            train(&run, epochs);
            assert_int_equal(write_run(&run, "a", NULL), STATUS_OK);
            assert_int_equal(checkpoint_peek(place, "a", &again.key, &again.run, &peeked, NULL),
                             STATUS_OK);
            assert_int_equal(peeked, epochs);
            assert_int_equal(checkpoint_read(place, "a", &again.key, &again.state, NULL),
                             STATUS_OK);
            /* Only metrics of the config are kept. */
            expect_same_state(&run, &again);
            run_release(&run);
            run_release(&again);
        }
}

static void none_is_no_error(void **state) {
    (void)state;
    struct small_run run;
    size_t epochs = 7;
    run_init(&run, "sgd");
    assert_int_equal(checkpoint_peek(place, "none", &run.key, &run.run, &epochs, NULL), STATUS_OK);
    assert_int_equal(epochs, 0);
    run_release(&run);
}

/* Decode what has to be refused: in words, with the state left alone. */
static struct error refused(const void *bytes, size_t count, struct small_run *into) {
    static struct small_run before;
    struct error error = {.code = STATUS_OK};
    before = *into;
    /* In memory of its own size, so that a sanitizer sees a look beyond the end. */
    void *copy = malloc(count ? count : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, count);
    if (checkpoint_decode(copy, count, &into->key, &into->state, &error) != STATUS_INPUT)
        fail_msg("not refused");
    free(copy);
    assert_int_equal(error.code, STATUS_INPUT);
    assert_true(error.message[0] != '\0');
    assert_memory_equal(&before, into, sizeof before);
    for (size_t i = 0; i < into->state.network.floats; i++)
        assert_true(into->state.network.arrays[1][i] == 0);
    return error;
}

static void expect_refused(const void *bytes, size_t count, struct small_run *into,
                           const char *words) {
    const struct error error = refused(bytes, count, into);
    if (!strstr(error.message, words))
        fail_msg("'%s' does not say '%s'", error.message, words);
}

/* Where the head and the identity end, and where their digest does. */
static size_t signed_bytes(void) {
    return 152 + strlen(identity.text);
}

static size_t front_bytes(void) {
    return signed_bytes() + DIGEST_LENGTH;
}

/* Make both digests right again: whoever wants to deceive us can, too. */
static void sign(unsigned char *bytes, size_t count) {
    memcpy(bytes + signed_bytes(), digest_of_bytes(bytes, signed_bytes()).hex, DIGEST_LENGTH);
    memcpy(bytes + count - DIGEST_LENGTH, digest_of_bytes(bytes, count - DIGEST_LENGTH).hex,
           DIGEST_LENGTH);
}

/* A run that was trained and written, the file's bytes, and a run to read them into. */
static size_t written_bytes(struct small_run *run, struct small_run *into, unsigned char **bytes) {
    run_init(run, "adam");
    run_init(into, "adam");
    train(run, 5);
    assert_int_equal(write_run(run, "a", NULL), STATUS_OK);
    return read_bytes("a", bytes);
}

static void damage_anywhere_is_seen(void **state) {
    (void)state;
    struct small_run run, into;
    unsigned char *bytes;
    const size_t count = written_bytes(&run, &into, &bytes);
    for (size_t i = 0; i < count; i++) {
        const unsigned char kept = bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            bytes[i] = (unsigned char)(kept ^ 1 << bit);
            refused(bytes, count, &into);
        }
        /* A look at the head alone sees what is wrong with the head. */
        size_t epochs;
        write_bytes("b", bytes, count);
        assert_int_equal(checkpoint_peek(place, "b", &into.key, &into.run, &epochs, NULL),
                         i < front_bytes() ? STATUS_INPUT : STATUS_OK);
        bytes[i] = kept;
    }
    assert_int_equal(checkpoint_decode(bytes, count, &into.key, &into.state, NULL), STATUS_OK);
    expect_same_state(&run, &into);
    free(bytes);
    run_release(&run);
    run_release(&into);
}

static void every_other_length_is_seen(void **state) {
    (void)state;
    struct small_run run, into;
    unsigned char *bytes;
    const size_t count = written_bytes(&run, &into, &bytes);
    for (size_t length = 0; length < count; length++) {
        expect_refused(bytes, length, &into, length < 8 ? "is no checkpoint" : "is cut off");
        size_t epochs;
        write_bytes("b", bytes, length);
        assert_int_equal(checkpoint_peek(place, "b", &into.key, &into.run, &epochs, NULL),
                         STATUS_INPUT);
        assert_int_equal(epochs, 0);
    }
    unsigned char *longer = calloc(1, count + 1);
    assert_non_null(longer);
    memcpy(longer, bytes, count);
    expect_refused(longer, count + 1, &into, "is damaged");
    free(longer);
    free(bytes);
    run_release(&run);
    run_release(&into);
}

/* What the lines of an identity are about. */
static const char *const identity_names[] = {"arithmetic", "processor", "instruction set",
                                             "BLAS core",  "BLAS",      "C library",
                                             "version",    "build"};
#define IDENTITY_NAMES (sizeof identity_names / sizeof *identity_names)

/* Where the value of that line begins. */
static const char *value_at(const char *name) {
    char wanted[64];
    snprintf(wanted, sizeof wanted, "\n%s: ", name);
    if (strncmp(identity.text, wanted + 1, strlen(wanted + 1)) == 0)
        return identity.text + strlen(wanted + 1);
    const char *line = strstr(identity.text, wanted);
    assert_non_null(line);
    return line + strlen(wanted);
}

static void another_machine_is_named(void **state) {
    (void)state;
    for (size_t i = 0; i < IDENTITY_NAMES; i++) {
        const char *value = value_at(identity_names[i]);
        struct checkpoint_identity other;
        struct small_run run, into;
        unsigned char *bytes;
        char words[64];
        run_init(&run, "adam");
        run_init(&into, "adam");
        train(&run, 1);
        snprintf(other.text, sizeof other.text, "%.*san abacus%s", (int)(value - identity.text),
                 identity.text, value + strcspn(value, "\n"));
        run.key.identity = &other;
        assert_int_equal(write_run(&run, "a", NULL), STATUS_OK);
        const size_t count = read_bytes("a", &bytes);
        snprintf(words, sizeof words, "another %s ('an abacus', and here '%.*s", identity_names[i],
                 (int)strcspn(value, "\n") % 16, value);
        expect_refused(bytes, count, &into, words);
        free(bytes);
        run_release(&run);
        run_release(&into);
    }
}

static void another_program_is_refused(void **state) {
    (void)state;
    char cut[32];
    snprintf(cut, sizeof cut, "arithmetic: %d\n", ARITHMETIC_VERSION);
    const char *const texts[] = {"", "processor", "speed: 12\n", cut, ":\n:\n"};
    struct small_run run, into;
    unsigned char *bytes;
    run_init(&into, "adam");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct checkpoint_identity other;
        strcpy(other.text, texts[i]);
        run_init(&run, "adam");
        train(&run, 1);
        run.key.identity = &other;
        assert_int_equal(write_run(&run, "a", NULL), STATUS_OK);
        const size_t count = read_bytes("a", &bytes);
        expect_refused(bytes, count, &into, "was made by another version of sweep");
        free(bytes);
        run_release(&run);
    }
    run_release(&into);
}

static void what_is_not_of_the_run_is_refused(void **state) {
    (void)state;
    struct small_run run, into;
    unsigned char *bytes;
    const size_t count = written_bytes(&run, &into, &bytes);

    into.key.run = digest_of_string("another run");
    expect_refused(bytes, count, &into, "is another run's");
    into.key = run.key;
    into.key.metric_count = 1;
    expect_refused(bytes, count, &into, "does not fit its run");
    into.key = run.key;
    into.spec.layers[0].units = 30;
    expect_refused(bytes, count, &into, "does not fit its run");
    into.spec = run.spec;

    /* The config was changed since: another length, and other milestones. */
    into.milestones[2].epochs = 6;
    into.run.milestone_count = 2;
    expect_refused(bytes, count, &into, "is of epoch 5, and 4 are wanted");
    into.run.milestone_count = 3;
    into.milestones[2].epochs = 5;
    expect_refused(bytes, count, &into, "is of epoch 5, and 5 are wanted");
    into.milestones[1].epochs = 3;
    into.milestones[2].epochs = 6;
    expect_refused(bytes, count, &into, "lacks the scores of epoch 3");
    into.milestones[0].epochs = 1;
    into.milestones[1].epochs = 4;
    expect_refused(bytes, count, &into, "lacks the scores of epoch 1");

    bytes[8]++;
    expect_refused(bytes, count, &into, "has format 2, and this program reads 1");
    free(bytes);
    run_release(&run);
    run_release(&into);
}

static void fewer_milestones_are_picked_out(void **state) {
    (void)state;
    struct small_run run, into;
    run_init(&run, "adam");
    run_init(&into, "adam");
    train(&run, 5);
    assert_int_equal(write_run(&run, "a", NULL), STATUS_OK);
    into.milestones[0] = into.milestones[1];
    into.milestones[1] = (struct milestone){6, 2};
    into.run.milestone_count = 2;
    assert_int_equal(checkpoint_read(place, "a", &into.key, &into.state, NULL), STATUS_OK);
    assert_int_equal(into.state.reached, 1);
    assert_memory_equal(&into.tests[0], &run.tests[1], sizeof *run.tests);
    expect_same_arrays(&run, &into);
    run_release(&run);
    run_release(&into);
}

/* A file that claims to be large is found out before anything of that size is asked for. */
static void sizes_are_bounded(void **state) {
    (void)state;
    static const size_t places[] = {8, 16, 88, 96, 104, 112, 120}; /* version to floats */
    static const uint64_t values[] = {
        0, 1u << 20, UINT64_C(1) << 32, UINT64_MAX / 8, UINT64_MAX,
        /* the same size as 2 entries of 40 bytes, once it has overflowed */
        (UINT64_C(1) << 61) + 2};
    struct small_run run, into;
    unsigned char *bytes;
    const size_t count = written_bytes(&run, &into, &bytes);
    assert_true(count < 10000);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        for (size_t j = 0; j < sizeof values / sizeof *values; j++) {
            unsigned char kept[8];
            memcpy(kept, bytes + places[i], sizeof kept);
            memcpy(bytes + places[i], &values[j], sizeof kept);
            sign(bytes, count);
            refused(bytes, count, &into);
            memcpy(bytes + places[i], kept, sizeof kept);
        }
    sign(bytes, count);
    assert_int_equal(checkpoint_decode(bytes, count, &into.key, &into.state, NULL), STATUS_OK);
    free(bytes);
    run_release(&run);
    run_release(&into);
}

static void an_identity_without_end(void **state) {
    (void)state;
    struct small_run run, into;
    unsigned char *bytes, *longer = malloc(9000);
    run_init(&run, "adam");
    run_init(&into, "adam");
    train(&run, 5);
    assert_non_null(longer);
    assert_int_equal(write_run(&run, "a", NULL), STATUS_OK);
    read_bytes("a", &bytes);
    for (uint64_t identity_bytes = 1020; identity_bytes < 8000; identity_bytes += 100) {
        const size_t front = 152 + (size_t)identity_bytes;
        memset(longer, 'x', 9000);
        memcpy(longer, bytes, 152);
        memcpy(longer + 16, &identity_bytes, sizeof identity_bytes);
        memcpy(longer + front, digest_of_bytes(longer, front).hex, DIGEST_LENGTH);
        expect_refused(longer, 9000, &into,
                       identity_bytes < 1024 ? "another version of sweep" : "is damaged");
    }
    free(longer);
    free(bytes);
    run_release(&run);
    run_release(&into);
}

/* What no program of this version writes, though the digests are right. */
static void what_is_hidden_is_seen(void **state) {
    (void)state;
    struct small_run run, into;
    unsigned char *bytes;
    const size_t count = written_bytes(&run, &into, &bytes), own = strlen(identity.text);
    bytes[148] = 1; /* layers' state, which the network has none of */
    sign(bytes, count);
    expect_refused(bytes, count, &into, "does not fit its run");
    bytes[148] = 0;

    /* An identity that goes on behind a NUL. */
    const uint64_t identity_bytes = own + 2;
    unsigned char *longer = calloc(1, count + 2);
    assert_non_null(longer);
    memcpy(longer, bytes, 152 + own);
    memcpy(longer + 16, &identity_bytes, sizeof identity_bytes);
    longer[152 + own + 1] = 'x';
    memcpy(longer + 152 + own + 2, digest_of_bytes(longer, 152 + own + 2).hex, DIGEST_LENGTH);
    memcpy(longer + front_bytes() + 2, bytes + front_bytes(), count - front_bytes());
    memcpy(longer + count + 2 - DIGEST_LENGTH,
           digest_of_bytes(longer, count + 2 - DIGEST_LENGTH).hex, DIGEST_LENGTH);
    expect_refused(longer, count + 2, &into, "is damaged");
    free(longer);
    free(bytes);
    run_release(&run);
    run_release(&into);
}

static void only_files_are_read(void **state) {
    (void)state;
    struct small_run run;
    struct error error;
    size_t epochs;
    run_init(&run, "sgd");
    train(&run, 1);
    assert_int_equal(write_run(&run, "a", NULL), STATUS_OK);
    assert_int_equal(mkdirat(place, "folder", 0777), 0);
    assert_int_equal(mkfifoat(place, "pipe", 0666), 0);
    assert_int_equal(symlinkat("a", place, "link"), 0);
    assert_int_equal(symlinkat("/dev/zero", place, "endless"), 0);
    static const char *const names[] = {"folder", "pipe", "link", "endless"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_not_equal(checkpoint_peek(place, names[i], &run.key, &run.run, &epochs, &error),
                             STATUS_OK);
        assert_string_equal(error.message,
                            i < 2 ? "is no checkpoint"
                                  : "can't be read: Too many levels of symbolic links");
        assert_int_not_equal(checkpoint_read(place, names[i], &run.key, &run.state, &error),
                             STATUS_OK);
    }
    /* Nor are they written to: a new file takes the place of what is none. */
    unsigned char *before, *after;
    const size_t count = read_bytes("a", &before);
    assert_int_equal(write_run(&run, "folder", &error), STATUS_IO);
    for (size_t i = 1; i < sizeof names / sizeof *names; i++) {
        struct stat about;
        assert_int_equal(write_run(&run, names[i], &error), STATUS_OK);
        assert_int_equal(fstatat(place, names[i], &about, AT_SYMLINK_NOFOLLOW), 0);
        assert_true(S_ISREG(about.st_mode));
    }
    assert_int_equal(read_bytes("a", &after), count);
    assert_memory_equal(before, after, count);
    free(before);
    free(after);
    /* What others may have put there is not read. */
    if (geteuid() == 0 && fchownat(place, "link", 65534, 65534, 0) == 0) {
        assert_int_equal(checkpoint_peek(place, "link", &run.key, &run.run, &epochs, &error),
                         STATUS_INPUT);
        assert_string_equal(error.message, "is another user's");
    }
    assert_int_not_equal(checkpoint_read(place, "none", &run.key, &run.state, &error), STATUS_OK);
    assert_string_equal(error.message, "is gone");
    run_release(&run);
}

static void a_full_disk_leaves_nothing(void **state) {
    (void)state;
    struct small_run run;
    struct error error;
    struct rlimit before;
    unsigned char *bytes;
    run_init(&run, "adam");
    train(&run, 3);
    assert_int_equal(write_run(&run, "whole", NULL), STATUS_OK);
    const size_t count = read_bytes("whole", &bytes);
    free(bytes);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (size_t limit = 0; limit < count; limit += 97) {
        struct rlimit small = before;
        small.rlim_cur = limit;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        const enum status status = write_run(&run, "full", &error);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(status, STATUS_IO);
        assert_string_equal(error.message, "File too large");
        assert_int_not_equal(faccessat(place, "full", F_OK, 0), 0);
    }
    assert_int_equal(write_run(&run, "full", &error), STATUS_OK);
    run_release(&run);
}

static void the_identity_says_who_we_are(void **state) {
    (void)state;
    struct checkpoint_identity again;
    for (size_t i = 0; i < IDENTITY_NAMES; i++)
        assert_true(strcspn(value_at(identity_names[i]), "\n") > 0);
    assert_true(strlen(identity.text) < CHECKPOINT_IDENTITY_MAX / 2);
    checkpoint_identify(&again);
    assert_string_equal(identity.text, again.text);
}

static int set_up(void **state) {
    if (make_folder(state) != 0)
        return -1;
    place = open(folder, O_RDONLY | O_DIRECTORY);
    return place < 0;
}

static int tear_down(void **state) {
    close(place);
    return remove_folder(state);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    checkpoint_identify(&identity);
    const struct CMUnitTest tests[] = {
        CASE(the_identity_says_who_we_are),
        CASE(what_is_written_is_read),
        CASE(none_is_no_error),
        CASE(damage_anywhere_is_seen),
        CASE(every_other_length_is_seen),
        CASE(another_machine_is_named),
        CASE(another_program_is_refused),
        CASE(what_is_not_of_the_run_is_refused),
        CASE(fewer_milestones_are_picked_out),
        CASE(sizes_are_bounded),
        CASE(an_identity_without_end),
        CASE(what_is_hidden_is_seen),
        CASE(only_files_are_read),
        CASE(a_full_disk_leaves_nothing),
    };
    alarm(300); /* one that waits for a pipe has failed as well */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
