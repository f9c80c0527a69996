/* Sweeps of made-up results and their databases, for the tests of the store. */
#ifndef SWEEP_TESTS_STORE_FILES_H
#define SWEEP_TESTS_STORE_FILES_H

#include "data_files.h"

#include "analysis/leaderboard.h"
#include "base/arena.h"
#include "base/text.h"
#include "store/store.h"

#include <math.h>
#include <sqlite3.h>

/* A sweep of made-up results: nothing is trained, so a data set needs no pixels. */
struct made {
    struct arena arena;
    struct config config;
    struct dataset dataset;
    struct space space;
    bool missing[64];
};

static const char plain_config[] = "name: plain\n"
                                   "method: grid\n"
                                   "repeats: 2\n"
                                   "seed: 5\n"
                                   "metric: {name: val_accuracy, goal: maximize}\n"
                                   "parameters:\n"
                                   "  validation_split: {value: 0.25}\n"
                                   "  optimizer: {values: [sgd, adam]}\n"
                                   "  epochs: {values: [1, 2]}\n";

static inline void make(struct made *made, const char *text, const char *setting) {
    struct error error = {0};
    memset(made, 0, sizeof *made);
    arena_init(&made->arena);
    made->dataset = (struct dataset){.name = "made up",
                                     .source = "here",
                                     .rows = 2,
                                     .columns = 2,
                                     .classes = 10,
                                     .train = {.count = 100},
                                     .test = {.count = 50}};
    strcpy(made->dataset.digest.hex, "0123");
    enum status status = config_parse("made.yaml", text, strlen(text), &setting, setting != NULL,
                                      &made->arena, &made->config, &error);
    if (status == STATUS_OK)
        status = space_expand(&made->config, &made->dataset, &made->arena, &made->space, &error);
    if (status != STATUS_OK)
        print_message("%s: %s\n", error.file, error.message);
    assert_int_equal(status, STATUS_OK);
    assert_true(made->space.trial_count <= sizeof made->missing / sizeof *made->missing);
}

static inline void release(struct made *made) {
    arena_release(&made->arena);
}

static inline struct store *open_store(const char *name) {
    struct store *store;
    struct error error = {0};
    if (store_open(in_folder(name), &store, &error) != STATUS_OK)
        print_message("%s: %s\n", error.file, error.message);
    assert_true(error.code == STATUS_OK);
    return store;
}

static inline void begin_as(struct store *store, struct made *made, enum retrain retrain,
                            struct resume_summary *summary) {
    const struct sweep_request request = {
        &made->config, &made->dataset,        &made->space, "a warning\n", 3,
        retrain,       "sweep run made.yaml", false};
    struct error error = {0};
    memset(made->missing, 7, sizeof made->missing);
    if (store_begin_sweep(store, &request, made->missing, summary, &error) != STATUS_OK)
        fail_msg("%s: %s", error.file, error.message);
}

static inline void begin(struct store *store, struct made *made) {
    struct resume_summary summary;
    begin_as(store, made, RETRAIN_SOME, &summary);
}

static inline size_t count_missing(const struct made *made) {
    size_t count = 0;
    for (size_t i = 0; i < made->space.trial_count; i++)
        count += made->missing[i];
    return count;
}

/* A completed trial whose scores are told apart by `base`: loss base + .1 in the last epoch, and so
 * on. The history is the trial's own length. */
#define EPOCHS_MAX 8
static struct epoch_scores history[EPOCHS_MAX];

static inline struct trial_result completed(const struct made *made, size_t trial, double base) {
    const size_t epochs = (size_t)made->space.trials[trial].setting->values[HP_EPOCHS].integer;
    assert_true(epochs <= EPOCHS_MAX);
    for (size_t i = 0; i < epochs; i++) {
        double at = base + (double)(epochs - 1 - i) * 100;
        history[i] = (struct epoch_scores){.train = {at + .1, at + .2, {at + .3, at + .35}},
                                           .validation = {at + .4, at + .5, {at + .6, at + .65}},
                                           .seconds = .25};
    }
    return (struct trial_result){.trial = trial,
                                 .outcome = TRIAL_COMPLETED,
                                 .epochs = epochs,
                                 .history = history,
                                 .validated = true,
                                 .test = {base + .7, base + .8, {base + .9, base + .95}},
                                 .parameters = 7960,
                                 .seconds = base + 1,
                                 .started_at = 1.5,
                                 .finished_at = 1700000000.25};
}

static inline struct trial_result failed_trial(size_t trial, const char *why) {
    struct trial_result result = {.trial = trial,
                                  .outcome = TRIAL_FAILED,
                                  .test = {.loss = (double)NAN, .accuracy = (double)NAN},
                                  .started_at = 3,
                                  .finished_at = 4};
    strcpy(result.error.message, why);
    return result;
}

static inline void put(struct store *store, const struct made *made, struct trial_result result) {
    struct error error = {0};
    assert_int_equal(store_put(store, &made->config, &made->space, &result, &error), STATUS_OK);
}

static inline void put_all(struct store *store, const struct made *made) {
    for (size_t i = 0; i < made->space.trial_count; i++)
        put(store, made, completed(made, i, (double)i));
    assert_int_equal(store_finish_sweep(store, NULL), STATUS_OK);
}

/* The leaderboard of a sweep's settings, by a column. */
static inline enum status read_board(struct store *store, int64_t sweep, const char *column,
                                     size_t limit, struct arena *arena, struct leaderboard *board,
                                     struct error *error) {
    const struct selection selection = {.sweep = sweep, .column = column};
    struct observations *observations = ARENA_NEW(arena, struct observations, 1);
    if (!observations)
        return error_memory(error);
    enum status status = store_observations(store, &selection, arena, observations, error);
    return status == STATUS_OK ? leaderboard_of(observations, false, limit, arena, board, error)
                               : status;
}

/* A file's bytes, to be freed. */
static inline char *whole_file(const char *name, size_t *count) {
    FILE *stream = fopen(in_folder(name), "rb");
    struct stat about;
    assert_non_null(stream);
    assert_int_equal(fstat(fileno(stream), &about), 0);
    char *bytes = malloc((size_t)about.st_size + 1);
    assert_non_null(bytes);
    *count = fread(bytes, 1, (size_t)about.st_size + 1, stream);
    assert_int_equal(*count, about.st_size);
    fclose(stream);
    return bytes;
}

/* Nothing of SQLite's, the lock's or the spool's lies beside the database. */
static inline void assert_only(const char *name) {
    static const char *const endings[] = {"-wal", "-shm", "-journal", ".lock", ".spool"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char beside[200];
        snprintf(beside, sizeof beside, "%s%s", in_folder(name), endings[i]);
        if (access(beside, F_OK) == 0)
            fail_msg("%s is there", beside);
    }
}

/* The second look at the database: SQLite itself, on a connection of its own. */
static inline sqlite3 *direct(const char *name) {
    sqlite3 *database;
    assert_int_equal(sqlite3_open(in_folder(name), &database), SQLITE_OK);
    return database;
}

static inline const char *ask(const char *name, const char *sql) {
    static char answer[4096];
    sqlite3 *database = direct(name);
    sqlite3_stmt *statement;
    answer[0] = '\0';
    int code = sqlite3_prepare_v2(database, sql, -1, &statement, NULL);
    if (code != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(database));
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const char *text = (const char *)sqlite3_column_text(statement, i);
            size_t used = strlen(answer);
            snprintf(answer + used, sizeof answer - used, "%s%s", used ? " " : "",
                     text ? text : "NULL");
        }
    if (code != SQLITE_DONE)
        fail_msg("%s: %s", sql, sqlite3_errmsg(database));
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return answer;
}

static inline void tell(const char *name, const char *sql) {
    sqlite3 *database = direct(name);
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(database));
    sqlite3_close(database);
}

static inline double ask_number(const char *name, const char *sql) {
    return strtod(ask(name, sql), NULL);
}

static inline void assert_close(double actual, double expected) {
    if (!(fabs(actual - expected) <= 1e-12 * fmax(1, fabs(expected))))
        fail_msg("%.17g is not %.17g", actual, expected);
}

#endif
