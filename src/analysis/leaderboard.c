#include "analysis/leaderboard.h"

#include "stats/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What will be a row: some trials of one setting. */
struct row {
    size_t first; /* of its observations, which are next to each other in `order` */
    size_t count;
    struct standing standing;
};

struct board {
    const struct observations *observations;
    struct arena *arena;
    size_t *order; /* trials that ran, setting by setting */
    size_t ran;
    double *values; /* scratch for one row */
    size_t row_count;
    struct row *rows;
};

static bool has_run(const struct observation *item) {
    return item->status == OBSERVATION_COMPLETED || item->status == OBSERVATION_DIVERGED;
}

/* A counting sort, which keeps the trials of a setting in their order. */
static enum status sort_by_setting(struct board *board, struct error *error) {
    const struct observations *observations = board->observations;
    size_t *next = ARENA_NEW(board->arena, size_t, observations->setting_count + 1);
    board->order = ARENA_NEW(board->arena, size_t, observations->count);
    board->values = ARENA_NEW(board->arena, double, observations->count);
    board->rows = ARENA_NEW(board->arena, struct row, observations->count);
    if (!next || !board->order || !board->values || !board->rows)
        return error_memory(error);
    for (size_t i = 0; i < observations->count; i++)
        if (has_run(&observations->items[i]))
            next[observations->items[i].setting + 1]++;
    for (size_t i = 0; i < observations->setting_count; i++)
        next[i + 1] += next[i];
    for (size_t i = 0; i < observations->count; i++)
        if (has_run(&observations->items[i]))
            board->order[next[observations->items[i].setting]++] = i;
    board->ran =
        observations->totals[OBSERVATION_COMPLETED] + observations->totals[OBSERVATION_DIVERGED];
    return STATUS_OK;
}

static struct summary summary_at(const struct board *board, const struct row *row,
                                 double (*value)(const struct observation *)) {
    for (size_t i = 0; i < row->count; i++)
        board->values[i] = value(&board->observations->items[board->order[row->first + i]]);
    return summary_of(board->values, row->count);
}

static double score_of(const struct observation *item) {
    return item->value;
}

static double test_accuracy_of(const struct observation *item) {
    return item->test_accuracy;
}

static double seconds_of(const struct observation *item) {
    return item->seconds;
}

static void summarize(struct board *board, struct row *row, bool single) {
    const struct observation *first = &board->observations->items[board->order[row->first]];
    const struct summary score = summary_at(board, row, score_of);
    row->standing = (struct standing){
        .setting = board->observations->settings[first->setting],
        .mean = score.mean,
        .deviation = score.deviation,
        .test_accuracy = summary_at(board, row, test_accuracy_of).mean,
        .seconds = summary_at(board, row, seconds_of).mean,
        .trial = single ? first->trial : 0,
        .seed = single ? first->seed : 0,
    };
    for (size_t i = 0; i < row->count; i++) {
        const size_t at = board->order[row->first + i];
        const bool completed = board->observations->items[at].status == OBSERVATION_COMPLETED;
        row->standing.n += completed;
        row->standing.diverged += !completed;
    }
}

static void make_rows(struct board *board, bool single) {
    const struct observation *items = board->observations->items;
    for (size_t i = 0; i < board->ran;) {
        struct row *row = &board->rows[board->row_count++];
        row->first = i;
        row->count = 1;
        while (!single && i + row->count < board->ran &&
               items[board->order[i + row->count]].setting == items[board->order[i]].setting)
            row->count++;
        i += row->count;
        summarize(board, row, single);
    }
}

/* Lowest first; rows without a value last. Between equals decides what does not depend on the order
 * in which trials were made, the setting's digest and the seed. */
static int lowest_first(const void *a, const void *b) {
    const struct row *x = a, *y = b;
    const double p = x->standing.mean, q = y->standing.mean;
    if (isnan(p) != isnan(q))
        return isnan(p) - isnan(q);
    if (p != q && !isnan(p))
        return p < q ? -1 : 1;
    const int settings = strcmp(x->standing.setting, y->standing.setting);
    if (settings != 0)
        return settings;
    return (x->standing.seed > y->standing.seed) - (x->standing.seed < y->standing.seed);
}

static int highest_first(const void *a, const void *b) {
    const struct row *x = a, *y = b;
    const double p = x->standing.mean, q = y->standing.mean;
    return p != q && !isnan(p) && !isnan(q) ? (p > q ? -1 : 1) : lowest_first(a, b);
}

static enum status name_hyperparameters(const struct observations *observations,
                                        struct arena *arena, struct leaderboard *leaderboard,
                                        struct error *error) {
    const char **names = ARENA_NEW(arena, const char *, observations->factor_count);
    if (!names)
        return error_memory(error);
    for (size_t i = 0; i < observations->factor_count; i++)
        if (observations->factors[i].varied)
            names[leaderboard->hyperparameter_count++] = observations->factors[i].name;
    leaderboard->hyperparameters = names;
    return STATUS_OK;
}

static enum status name_values(const struct board *board, struct row *row, struct error *error) {
    const struct observations *observations = board->observations;
    const uint32_t *levels =
        observations->levels + board->order[row->first] * observations->factor_count;
    const char **values = ARENA_NEW(board->arena, const char *, observations->factor_count);
    size_t count = 0;
    if (!values)
        return error_memory(error);
    for (size_t i = 0; i < observations->factor_count; i++)
        if (observations->factors[i].varied)
            values[count++] = observations->factors[i].levels[levels[i]].text;
    row->standing.values = values;
    return STATUS_OK;
}

enum status leaderboard_of(const struct observations *observations, bool single, size_t limit,
                           struct arena *arena, struct leaderboard *leaderboard,
                           struct error *error) {
    struct board board = {.observations = observations, .arena = arena};
    *leaderboard = (struct leaderboard){
        .id = observations->sweep_id,
        .sweep = observations->sweep,
        .column = observations->column,
        .where = observations->where,
        .maximize = observations->maximize,
        .single = single,
        .trials = observations->count,
        .completed = observations->totals[OBSERVATION_COMPLETED],
        .diverged = observations->totals[OBSERVATION_DIVERGED],
        .failed = observations->totals[OBSERVATION_FAILED],
    };
    enum status status = name_hyperparameters(observations, arena, leaderboard, error);
    if (status == STATUS_OK)
        status = sort_by_setting(&board, error);
    if (status != STATUS_OK)
        return status;
    make_rows(&board, single);
    qsort(board.rows, board.row_count, sizeof *board.rows,
          observations->maximize ? highest_first : lowest_first);
    leaderboard->count = limit > 0 && limit < board.row_count ? limit : board.row_count;
    leaderboard->standings = ARENA_NEW(arena, struct standing, leaderboard->count);
    if (!leaderboard->standings)
        return error_memory(error);
    for (size_t i = 0; i < leaderboard->count && status == STATUS_OK; i++) {
        status = name_values(&board, &board.rows[i], error);
        leaderboard->standings[i] = board.rows[i].standing;
    }
    return status;
}

enum status store_leaderboard(struct store *store, int64_t sweep, const char *column, size_t limit,
                              struct arena *arena, struct leaderboard *leaderboard,
                              struct error *error) {
    const struct selection selection = {.sweep = sweep, .column = column};
    struct observations observations;
    *leaderboard = (struct leaderboard){0};
    enum status status = store_observations(store, &selection, arena, &observations, error);
    return status == STATUS_OK
               ? leaderboard_of(&observations, false, limit, arena, leaderboard, error)
               : status;
}
