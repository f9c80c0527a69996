#include "analysis/leaderboard.h"

#include "stats/ranking.h"

#include <stdlib.h>

struct board {
    const struct observations *observations;
    struct arena *arena;
    size_t *order; /* trials that ran, setting by setting */
    size_t ran;
    double *values; /* scratch for one row */
    size_t row_count;
    struct row {
        size_t first; /* of its observations, which are next to each other in `order` */
        size_t count;
        bool maximize;
        struct standing standing;
    } * rows;
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
    return ranking_summary(board->values, row->count);
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

static void summarize(struct board *board, const struct quantities *quantities, struct row *row) {
    const size_t at = board->order[row->first];
    const size_t setting = board->observations->items[at].setting;
    row->maximize = board->observations->maximize;
    row->standing = (struct standing){
        .quantity = quantities->of[setting],
        .setting = setting,
        .observation = at,
        .score = summary_at(board, row, score_of),
        .test_accuracy = summary_at(board, row, test_accuracy_of).mean,
        .seconds = summary_at(board, row, seconds_of).mean,
    };
    for (size_t i = 0; i < row->count; i++) {
        const size_t trial = board->order[row->first + i];
        const bool completed = board->observations->items[trial].status == OBSERVATION_COMPLETED;
        row->standing.n += completed;
        row->standing.diverged += !completed;
    }
}

static void make_rows(struct board *board, const struct quantities *quantities, bool single) {
    const struct observation *items = board->observations->items;
    for (size_t i = 0; i < board->ran;) {
        struct row *row = &board->rows[board->row_count++];
        row->first = i;
        row->count = 1;
        while (!single && i + row->count < board->ran &&
               items[board->order[i + row->count]].setting == items[board->order[i]].setting)
            row->count++;
        i += row->count;
        summarize(board, quantities, row);
    }
}

static int compare_scores(const struct row *a, const struct row *b) {
    const struct summary *x = &a->standing.score, *y = &b->standing.score;
    return ranking_compare(x->n, x->mean, y->n, y->mean, a->maximize);
}

/* Observations stand in the order of the config. */
static int best_first(const void *a, const void *b) {
    const struct row *x = a, *y = b;
    if (x->standing.quantity != y->standing.quantity)
        return x->standing.quantity < y->standing.quantity ? -1 : 1;
    const int order = compare_scores(x, y);
    if (order != 0)
        return order;
    return (x->standing.observation > y->standing.observation) -
           (x->standing.observation < y->standing.observation);
}

static void number_rows(struct board *board) {
    for (size_t i = 0, begin = 0; i < board->row_count;) {
        const size_t quantity = board->rows[i].standing.quantity;
        size_t end = i + 1;
        begin = board->rows[begin].standing.quantity == quantity ? begin : i;
        while (end < board->row_count && board->rows[end].standing.quantity == quantity &&
               compare_scores(&board->rows[i], &board->rows[end]) == 0)
            end++;
        for (size_t j = i; j < end; j++) {
            board->rows[j].standing.rank = j - begin + 1;
            board->rows[j].standing.shared_by = end - i;
            board->rows[j].standing.shared_from = i - begin + 1;
        }
        i = end;
    }
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

static enum status name_values(const struct board *board, struct standing *standing,
                               struct error *error) {
    const struct observations *observations = board->observations;
    const uint32_t *levels =
        observations->levels + standing->observation * observations->factor_count;
    const char **values = ARENA_NEW(board->arena, const char *, observations->factor_count);
    size_t count = 0;
    if (!values)
        return error_memory(error);
    for (size_t i = 0; i < observations->factor_count; i++)
        if (observations->factors[i].varied)
            values[count++] = observations->factors[i].levels[levels[i]].text;
    standing->values = values;
    return STATUS_OK;
}

static enum status take_rows(const struct board *board, size_t limit,
                             struct leaderboard *leaderboard, struct error *error) {
    enum status status = STATUS_OK;
    leaderboard->total = board->row_count;
    leaderboard->standings = ARENA_NEW(board->arena, struct standing, board->row_count);
    if (!leaderboard->standings)
        return error_memory(error);
    for (size_t i = 0; i < board->row_count && status == STATUS_OK; i++) {
        if (limit > 0 && board->rows[i].standing.rank > limit)
            continue;
        struct standing *standing = &leaderboard->standings[leaderboard->count++];
        *standing = board->rows[i].standing;
        status = name_values(board, standing, error);
    }
    return status;
}

enum status leaderboard_of(const struct observations *observations, bool single, size_t limit,
                           struct arena *arena, struct leaderboard *leaderboard,
                           struct error *error) {
    struct board board = {.observations = observations, .arena = arena};
    *leaderboard = (struct leaderboard){.observations = observations, .single = single};
    enum status status = name_hyperparameters(observations, arena, leaderboard, error);
    if (status == STATUS_OK)
        status = quantities_of(observations, arena, &leaderboard->quantities, error);
    if (status == STATUS_OK)
        status = sort_by_setting(&board, error);
    if (status != STATUS_OK)
        return status;
    make_rows(&board, &leaderboard->quantities, single);
    if (board.row_count > 1)
        qsort(board.rows, board.row_count, sizeof *board.rows, best_first);
    number_rows(&board);
    return take_rows(&board, limit, leaderboard, error);
}
