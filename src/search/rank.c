#include "search/rank.h"

#include "stats/ranking.h"

#include <math.h>
#include <string.h>

/* What the history said when it was looked at last. */
struct rank {
    size_t objectives, count, capacity;
    double *means, *completeness; /* completeness NaN: no result */
    uint32_t *dominated;          /* by how many */
    double *crowding;             /* of those that none dominates, else 0 */
    uint32_t *order;              /* room to sort these */
};

struct rank *rank_new(struct arena *arena) {
    return ARENA_NEW(arena, struct rank, 1);
}

static bool grow(struct rank *rank, const struct history *history, struct arena *arena) {
    struct rank old = *rank;
    rank->capacity = history->capacity;
    rank->means = ARENA_NEW(arena, double, rank->capacity * rank->objectives);
    rank->completeness = ARENA_NEW(arena, double, rank->capacity);
    rank->dominated = ARENA_NEW(arena, uint32_t, rank->capacity);
    rank->crowding = ARENA_NEW(arena, double, rank->capacity);
    rank->order = ARENA_NEW(arena, uint32_t, rank->capacity);
    if (!rank->means || !rank->completeness || !rank->dominated || !rank->crowding || !rank->order)
        return false;
    if (old.count > 0) {
        memcpy(rank->means, old.means, old.count * rank->objectives * sizeof *rank->means);
        memcpy(rank->completeness, old.completeness, old.count * sizeof *rank->completeness);
        memcpy(rank->dominated, old.dominated, old.count * sizeof *rank->dominated);
    }
    return true;
}

static bool dominates(const struct rank *rank, size_t a, size_t b) {
    return ranking_dominates(rank->completeness[a], &rank->means[a * rank->objectives],
                             rank->completeness[b], &rank->means[b * rank->objectives],
                             rank->objectives);
}

/* Count the point's result (`by` 1) or take it out (-1). */
static void count_in(struct rank *rank, size_t number, int by) {
    if (isnan(rank->completeness[number]))
        return;
    for (size_t i = 0; i < rank->count; i++) {
        if (i == number || isnan(rank->completeness[i]))
            continue;
        rank->dominated[i] += (uint32_t)(dominates(rank, number, i) ? by : 0);
        rank->dominated[number] += (uint32_t)(dominates(rank, i, number) ? by : 0);
    }
}

/* How far a point came, by which it is ranked: one that diverged is behind all others. */
static double completeness_of(const struct history *history, size_t objectives, size_t number) {
    double completeness = history->completeness[number];
    for (size_t i = 0; i < objectives && !isnan(completeness); i++)
        completeness = isinf(history->means[number * objectives + i]) ? 0 : completeness;
    return completeness;
}

static bool has_changed(const struct rank *rank, const struct history *history, size_t number) {
    const double was = rank->completeness[number],
                 is = completeness_of(history, rank->objectives, number);
    if (isnan(is))
        return false;
    for (size_t i = number * rank->objectives; i < (number + 1) * rank->objectives; i++)
        if (rank->means[i] != history->means[i])
            return true;
    return was != is;
}

/* Neighbours are those in the order of one objective. */
static void sort_front(struct rank *rank, size_t count, size_t objective) {
    for (size_t i = 1; i < count; i++) {
        const uint32_t own = rank->order[i];
        const double value = rank->means[own * rank->objectives + objective];
        size_t j = i;
        for (; j > 0 && rank->means[rank->order[j - 1] * rank->objectives + objective] > value; j--)
            rank->order[j] = rank->order[j - 1];
        rank->order[j] = own;
    }
}

static void add_crowding(struct rank *rank, size_t count, size_t objective) {
    const size_t m = rank->objectives;
    const double first = rank->means[rank->order[0] * m + objective],
                 last = rank->means[rank->order[count - 1] * m + objective];
    rank->crowding[rank->order[0]] = rank->crowding[rank->order[count - 1]] = (double)INFINITY;
    for (size_t i = 1; i + 1 < count && last > first && !isinf(last); i++)
        rank->crowding[rank->order[i]] += (rank->means[rank->order[i + 1] * m + objective] -
                                           rank->means[rank->order[i - 1] * m + objective]) /
                                          (last - first);
}

static void measure_crowding(struct rank *rank) {
    size_t count = 0;
    memset(rank->crowding, 0, rank->count * sizeof *rank->crowding);
    for (size_t i = 0; i < rank->count && rank->objectives > 1; i++)
        if (rank_is_front(rank, i))
            rank->order[count++] = (uint32_t)i;
    for (size_t i = 0; i < rank->objectives && count > 0; i++) {
        sort_front(rank, count, i);
        add_crowding(rank, count, i);
    }
}

bool rank_update(struct rank *rank, const struct history *history, size_t objectives,
                 struct arena *arena) {
    const size_t m = rank->objectives = objectives;
    if (rank->capacity < history->capacity && !grow(rank, history, arena))
        return false;
    for (; rank->count < history->count; rank->count++) {
        rank->completeness[rank->count] = (double)NAN;
        rank->dominated[rank->count] = 0;
    }
    for (size_t i = 0; i < rank->count; i++) {
        if (!has_changed(rank, history, i))
            continue;
        count_in(rank, i, -1);
        memcpy(&rank->means[i * m], &history->means[i * m], m * sizeof *rank->means);
        rank->completeness[i] = completeness_of(history, m, i);
        count_in(rank, i, 1);
    }
    measure_crowding(rank);
    return true;
}

bool rank_is_front(const struct rank *rank, size_t number) {
    return !isnan(rank->completeness[number]) && rank->dominated[number] == 0;
}

static bool comes_before(const struct rank *rank, size_t a, size_t b) {
    if (rank->dominated[a] != rank->dominated[b])
        return rank->dominated[a] < rank->dominated[b];
    return rank->crowding[a] > rank->crowding[b];
}

size_t rank_best(const struct rank *rank, size_t wanted, uint32_t *best) {
    size_t count = 0;
    for (size_t i = 0; i < rank->count; i++) {
        if (isnan(rank->completeness[i]) ||
            (count == wanted && !comes_before(rank, i, best[count - 1])))
            continue;
        size_t j = count < wanted ? count++ : count - 1;
        for (; j > 0 && comes_before(rank, i, best[j - 1]); j--)
            best[j] = best[j - 1];
        best[j] = (uint32_t)i;
    }
    return count;
}
