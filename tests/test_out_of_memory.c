/* A whole sweep, from files to a leaderboard, in which one of the program's own allocations fails,
 * or all from one on; each of them in turn. The linker puts the functions below before malloc and
 * its kin in this program (see CMakeLists.txt); libraries' own allocations are tried from outside,
 * in cli/test_fault.py. */
#include "store_files.h"

#include "report/leaderboard_print.h"
#include "search/review.h"
#include "train/plan.h"
#include "train/schedule.h"

#include <errno.h>
#include <stdatomic.h>

static atomic_size_t allocations; /* since the last start */
static atomic_size_t failures;
static atomic_long alive;                  /* blocks allocated and not freed */
static size_t first_failing, last_failing; /* counted from 1; 0: none fails */

static bool fails(void) {
    const size_t count = atomic_fetch_add(&allocations, 1) + 1;
    const bool failing = count >= first_failing && count <= last_failing;
    failures += failing;
    if (failing)
        errno = ENOMEM;
    return failing;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
char *__real_strdup(const char *string);
char *__real_strndup(const char *string, size_t length);
char *__real_realpath(const char *path, char *buffer);
void *__real_arena_alloc(struct arena *arena, size_t count, size_t size);
char *__real_arena_copy(struct arena *arena, const char *string);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_reallocarray(void *block, size_t count, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
char *__wrap_strdup(const char *string);
char *__wrap_strndup(const char *string, size_t length);
int __wrap_asprintf(char **string, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *__wrap_realpath(const char *path, char *buffer);
void *__wrap_arena_alloc(struct arena *arena, size_t count, size_t size);
char *__wrap_arena_copy(struct arena *arena, const char *string);
void __wrap_free(void *block);

static void *counted(void *block) {
    alive += block != NULL;
    return block;
}

void *__wrap_malloc(size_t size) {
    return fails() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size) {
    return fails() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size) {
    if (fails())
        return NULL;
    void *moved = __real_realloc(block, size);
    alive += moved && !block;
    return moved;
}

void *__wrap_reallocarray(void *block, size_t count, size_t size) {
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) ? NULL : __wrap_realloc(block, bytes);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size) {
    return fails() ? NULL : counted(__real_aligned_alloc(alignment, size));
}

char *__wrap_strdup(const char *string) {
    return fails() ? NULL : counted(__real_strdup(string));
}

char *__wrap_strndup(const char *string, size_t length) {
    return fails() ? NULL : counted(__real_strndup(string, length));
}

int __wrap_asprintf(char **string, const char *format, ...) {
    va_list arguments;
    if (fails())
        return -1;
    va_start(arguments, format);
    const int length = vasprintf(string, format, arguments);
    va_end(arguments);
    alive += length >= 0;
    return length;
}

char *__wrap_realpath(const char *path, char *buffer) {
    return fails() ? NULL : counted(__real_realpath(path, buffer));
}

/* Most of what is asked of an arena comes out of the block it has: without these, few of its
 * callers would ever be refused. */
void *__wrap_arena_alloc(struct arena *arena, size_t count, size_t size) {
    if (!arena->counting && fails()) {
        arena->failed = true;
        return NULL;
    }
    return __real_arena_alloc(arena, count, size);
}

char *__wrap_arena_copy(struct arena *arena, const char *string) {
    return fails() ? NULL : __real_arena_copy(arena, string);
}

void __wrap_free(void *block) {
    alive -= block != NULL;
    __real_free(block);
}

static const char config_text[] = "name: scarce\n"
                                  "method: grid\n"
                                  "repeats: 2\n"
                                  "metrics: [f1_score, recall]\n"
                                  "parameters:\n"
                                  "  validation_split: {value: 0.2}\n"
                                  "  layers: {value: [6, {units: 5, activation: tanh}]}\n"
                                  "  optimizer: {values: [sgd, {name: adam, beta_1: 0.8}]}\n"
                                  "  dropout: {min: 0.2, max: 0.2, q: 0.2}\n"
                                  "  epochs: {values: [1, 2]}\n";

struct sweep {
    struct arena arena;
    struct config config;
    struct dataset data;
    struct space space;
    struct plan plan;
    struct store *store;
    struct error error;
    size_t failed; /* trials */
    FILE *out;
};

static enum status load(struct sweep *sweep) {
    struct error *error = &sweep->error;
    static const char *const settings[] = {"l2=1e-4"};
    bool found = false;
    enum status status =
        config_load(in_folder("scarce.yaml"), settings, 1, &sweep->arena, &sweep->config, error);
    if (status == STATUS_OK)
        status = dataset_load(in_folder("set"), NULL, &sweep->data, &found, error);
    if (status == STATUS_OK)
        status = dataset_index(&sweep->data, error);
    if (status == STATUS_OK)
        status = space_expand(&sweep->config, &sweep->data, &sweep->arena, &sweep->space, error);
    if (status != STATUS_OK)
        return status;
    struct text warnings;
    text_init(&warnings);
    status = review_data(&sweep->space, &sweep->data, &warnings, error);
    text_release(&warnings);
    return status;
}

static enum status take_trial(void *context, const struct trial_result *result,
                              struct error *error) {
    struct sweep *sweep = context;
    if (result->outcome == TRIAL_FAILED) {
        assert_int_equal(result->error.code, STATUS_MEMORY);
        sweep->failed++;
    }
    return store_put(sweep->store, &sweep->config, &sweep->space, result, error);
}

static enum status take_tick(void *context, const struct progress *progress, struct error *error) {
    struct sweep *sweep = context;
    (void)progress;
    return store_commit(sweep->store, error);
}

static enum status train(struct sweep *sweep) {
    static const atomic_int stop;
    struct error *error = &sweep->error;
    const struct sink sink = {sweep, take_trial, take_tick, NULL, NULL};
    bool *missing = ARENA_NEW(&sweep->arena, bool, sweep->space.trial_count);
    if (!missing)
        return error_memory(error);
    enum status status = store_open(in_folder("scarce.db"), &sweep->store, error);
    const struct sweep_request request = {&sweep->config, &sweep->data, &sweep->space, "", 1,
                                          RETRAIN_SOME,   "",           false};
    const struct plan_request to_train = {.config = &sweep->config,
                                          .space = &sweep->space,
                                          .dataset = &sweep->data,
                                          .wanted = missing,
                                          .jobs = 1};
    struct costs costs;
    struct resume_summary summary;
    if (status == STATUS_OK)
        status = store_begin_sweep(sweep->store, &request, missing, &summary, error);
    if (status == STATUS_OK) {
        status = cost_init(&costs, &sweep->data, sweep->config.metrics, sweep->config.metric_count,
                           NULL, error);
        if (status == STATUS_OK)
            status = plan_make(&to_train, &costs, &sweep->arena, &sweep->plan, error);
        cost_release(&costs);
    }
    sweep->plan.splits_always = true;
    if (status == STATUS_OK && sweep->plan.trial_count > 0)
        status = schedule_run(&sweep->plan, &stop, &sink, error);
    return status == STATUS_OK ? store_finish_sweep(sweep->store, error) : status;
}

static enum status show(struct sweep *sweep) {
    struct leaderboard board;
    enum status status =
        read_board(sweep->store, 0, "test_recall", 0, &sweep->arena, &board, &sweep->error);
    return status == STATUS_OK ? leaderboard_print(sweep->out, &board, &sweep->arena, &sweep->error)
                               : status;
}

/* The sweep once, with the given allocations failing. Nothing is left behind. */
static enum status run(size_t first, size_t last, size_t *failed) {
    struct sweep sweep = {.out = fopen("/dev/null", "w")};
    const long before = atomic_load(&alive);
    assert_non_null(sweep.out);
    arena_init(&sweep.arena);
    atomic_store(&allocations, 0);
    atomic_store(&failures, 0);
    first_failing = first;
    last_failing = last;
    enum status status = load(&sweep);
    if (status == STATUS_OK)
        status = train(&sweep);
    /* A leaderboard of failed trials alone can't be ordered by what none of them has. */
    if (status == STATUS_OK && sweep.failed == 0)
        status = show(&sweep);
    store_close(sweep.store);
    dataset_release(&sweep.data);
    arena_release(&sweep.arena);
    first_failing = last_failing = 0;
    fclose(sweep.out);
    if (status != STATUS_OK)
        assert_int_equal(sweep.error.code, status);
    assert_int_equal(atomic_load(&alive), before);
    *failed = sweep.failed;
    return status;
}

static void write_inputs(void) {
    static const uint32_t train[] = {30, 4, 4}, test[] = {10, 4, 4};
    struct bytes bytes = {0};
    make_folders("set");
    add_idx_header(&bytes, 3, train);
    add_ramp(&bytes, 480, 0, 251);
    write_gzip("set/train-images-idx3-ubyte.gz", &bytes);
    bytes.count = 0;
    add_idx_header(&bytes, 1, train);
    add_ramp(&bytes, 30, 0, 3);
    write_plain("set/train-labels-idx1-ubyte", &bytes);
    bytes.count = 0;
    add_idx_header(&bytes, 3, test);
    add_ramp(&bytes, 160, 7, 251);
    write_plain("set/t10k-images-idx3-ubyte", &bytes);
    bytes.count = 0;
    add_idx_header(&bytes, 1, test);
    add_ramp(&bytes, 10, 0, 3);
    write_plain("set/t10k-labels-idx1-ubyte", &bytes);
    bytes.count = 0;
    add(&bytes, config_text, sizeof config_text - 1);
    write_plain("scarce.yaml", &bytes);
}

/* All that the trials' numbers are, and what they are of. */
static const char numbers[] =
    "SELECT count(*), sum(loss), sum(test_loss), sum(val_accuracy), group_concat(DISTINCT layers),"
    " group_concat(DISTINCT activation), group_concat(DISTINCT optimizer),"
    " group_concat(DISTINCT initializer) FROM trials WHERE status = 'completed'";

static char whole[256];

static void remove_database(void) {
    static const char *const names[] = {"scarce.db", "scarce.db-wal", "scarce.db-shm",
                                        "scarce.db-journal"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        remove(in_folder(names[i]));
}

/* After a run that lacked memory: the database is sound, and the same run completes it. */
static void expect_whole_afterwards(size_t number) {
    struct stat about;
    size_t failed;
    if (stat(in_folder("scarce.db"), &about) == 0)
        assert_string_equal(ask("scarce.db", "PRAGMA integrity_check"), "ok");
    if (run(0, 0, &failed) != STATUS_OK)
        fail_msg("after allocation %zu", number);
    assert_int_equal(failed, 0);
    assert_string_equal(ask("scarce.db", numbers), whole);
}

static int set_up(void **state) {
    size_t failed;
    (void)state;
    /* Hundreds of databases are made: in memory, where there is a file system for it. */
    strcpy(folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/sweep-XXXXXX" : "/tmp/sweep-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    write_inputs();
    if (run(0, 0, &failed) != STATUS_OK || failed > 0)
        return -1;
    snprintf(whole, sizeof whole, "%s", ask("scarce.db", numbers));
    remove_database();
    return 0;
}

static void expect_scarcity_survived(size_t first, size_t last) {
    size_t failed;
    const enum status status = run(first, last, &failed);
    if (status != STATUS_OK && status != STATUS_MEMORY)
        fail_msg("allocations %zu to %zu: status %d", first, last, (int)status);
    expect_whole_afterwards(first);
    remove_database();
}

/* How many allocations an undisturbed run makes. */
static size_t count_allocations(void) {
    size_t failed;
    assert_int_equal(run(0, 0, &failed), STATUS_OK);
    remove_database();
    return atomic_load(&allocations);
}

static void one_allocation_fails(void **state) {
    (void)state;
    const size_t count = count_allocations(), step = getenv("SWEEP_LONG") ? 1 : 13;
    assert_true(count > 200);
    for (size_t i = 1; i <= count; i += step)
        expect_scarcity_survived(i, i);
    print_message("%zu allocations\n", count);
}

static void all_allocations_fail_from_one_on(void **state) {
    (void)state;
    const size_t count = count_allocations(), step = getenv("SWEEP_LONG") ? 1 : 47;
    for (size_t i = 1; i <= count; i += step)
        expect_scarcity_survived(i, SIZE_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_allocation_fails),
        cmocka_unit_test(all_allocations_fail_from_one_on),
    };
    return cmocka_run_group_tests(tests, set_up, remove_folder);
}
