#include "search/strategy.h"

#include "base/names.h"
#include "search/strategy_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A domain with fewer points is looked through for the last ones that are left. */
#define LISTABLE_MAX ((size_t)1 << 20)

#define TRIES_LISTABLE 1000
#define TRIES 100000

static const struct strategy_method *const methods[] = {
    &strategy_grid, &strategy_random, &strategy_sobol, &strategy_tpe, &strategy_gp};

#define METHOD_COUNT (sizeof methods / sizeof *methods)

const struct strategy_method *strategy_find(const char *name) {
    for (size_t i = 0; i < METHOD_COUNT; i++)
        if (name_resembles(name, methods[i]->name))
            return methods[i];
    return name_resembles(name, "bayes") ? &strategy_gp : NULL;
}

const char *strategy_name(size_t i) {
    return i < METHOD_COUNT ? methods[i]->name : NULL;
}

bool strategy_learns(const struct strategy_method *method) {
    return method->learns;
}

const char *strategy_chose_by(const struct strategy *strategy) {
    return strategy->chose_by;
}

/* Points in a hash table. */

static bool is_same(double a, double b) {
    return a == b || (isnan(a) && isnan(b));
}

static uint64_t hash_of(const double *point, size_t count) {
    uint64_t hash = count;
    for (size_t d = 0; d < count; d++) {
        const double value = isnan(point[d]) ? -1.0 : point[d] + 0.0; /* one zero, one NaN */
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        hash = (hash ^ bits) * 0x9e3779b97f4a7c15U;
        hash ^= hash >> 29;
    }
    return hash;
}

/* The table's entry for the point: its number + 1, or a free one. */
static uint32_t *entry_of(const struct strategy *strategy, const double *point) {
    const size_t count = strategy->domain->count, mask = strategy->table_size - 1;
    for (size_t i = (size_t)hash_of(point, count) & mask;; i = (i + 1) & mask) {
        uint32_t *entry = &strategy->table[i];
        size_t d = 0;
        if (*entry == 0)
            return entry;
        const double *other = strategy->history.points + (*entry - 1) * count;
        while (d < count && is_same(point[d], other[d]))
            d++;
        if (d == count)
            return entry;
    }
}

bool strategy_may(const struct strategy *strategy, const double *point) {
    const struct domain *domain = strategy->domain;
    return domain_is_possible(domain, point) && *entry_of(strategy, point) == 0 &&
           (!domain->allows || domain->allows(domain->context, point));
}

size_t strategy_rounded(size_t count) {
    size_t digits = count, zeros = 0;
    for (; digits >= 16; zeros++)
        digits /= 2;
    return digits << zeros;
}

/* The history. */

/* `count` doubles in new room for `capacity`. */
static bool move(struct arena *arena, double **values, size_t count, size_t capacity) {
    double *moved = ARENA_NEW(arena, double, capacity);
    if (moved && count > 0)
        memcpy(moved, *values, count * sizeof *moved);
    *values = moved ? moved : *values;
    return moved;
}

static bool grow(struct strategy *strategy) {
    struct history *history = &strategy->history;
    struct arena *arena = &strategy->arena;
    const size_t capacity = history->capacity ? 2 * history->capacity : 64, used = history->count,
                 d = strategy->domain->count, m = strategy->options.objectives;
    uint32_t *table = ARENA_NEW(arena, uint32_t, 2 * capacity);
    if (!table || !move(arena, &history->points, used * d, capacity * d) ||
        !move(arena, &history->means, used * m, capacity * m) ||
        !move(arena, &history->variances, used * m, capacity * m) ||
        !move(arena, &history->seeds, used, capacity) ||
        !move(arena, &history->completeness, used, capacity))
        return false;
    history->capacity = capacity;
    strategy->table = table;
    strategy->table_size = 2 * capacity;
    for (size_t i = 0; i < used; i++)
        *entry_of(strategy, &history->points[i * d]) = (uint32_t)i + 1;
    return true;
}

static enum status append(struct strategy *strategy, const double *point, struct error *error) {
    struct history *history = &strategy->history;
    const size_t d = strategy->domain->count;
    if (history->count == history->capacity && !grow(strategy))
        return error_memory(error);
    uint32_t *entry = entry_of(strategy, point);
    memcpy(&history->points[history->count * d], point, d * sizeof *point);
    history->completeness[history->count] = (double)NAN;
    *entry = (uint32_t)++history->count;
    return STATUS_OK;
}

static void note(struct strategy *strategy, const struct strategy_result *result) {
    struct history *history = &strategy->history;
    const size_t count = strategy->options.objectives;
    if (result->number >= history->count)
        return;
    history->told += isnan(history->completeness[result->number]);
    history->completeness[result->number] = result->completeness;
    history->seeds[result->number] = (double)result->seeds;
    for (size_t i = 0; i < count; i++) {
        const double mean = result->means[i];
        history->means[result->number * count + i] = isnan(mean) ? (double)INFINITY : mean;
        history->variances[result->number * count + i] =
            result->variances ? result->variances[i] : (double)NAN;
    }
}

/* Random points. */

struct draws strategy_draws(const struct strategy *strategy) {
    return (struct draws){.source = {.seed = strategy->options.seed,
                                     .purpose = RANDOM_SEARCH,
                                     .stream = (uint32_t)strategy->history.count}};
}

void strategy_draw_any(struct strategy *strategy, struct draws *draws, double *point) {
    for (size_t d = 0; d < strategy->domain->count; d++)
        strategy->units[d] = draw(draws);
    domain_point(strategy->domain, strategy->units, point);
}

/* From `point` on, and from the domain's first one to it. */
static enum strategy_answer look_through(struct strategy *strategy, double *point) {
    const struct domain *domain = strategy->domain;
    const size_t bytes = domain->count * sizeof *point;
    memcpy(strategy->other, point, bytes);
    do {
        if (strategy_may(strategy, point))
            return STRATEGY_POINT;
        if (!domain_next(domain, point))
            domain_first(domain, point);
    } while (memcmp(strategy->other, point, bytes) != 0);
    return STRATEGY_EXHAUSTED;
}

enum strategy_answer strategy_draw_point(struct strategy *strategy, struct draws *draws,
                                         double *point) {
    const size_t tries = strategy->listable ? TRIES_LISTABLE : TRIES;
    for (size_t i = 0; i < tries; i++) {
        strategy_draw_any(strategy, draws, point);
        if (strategy_may(strategy, point))
            return STRATEGY_POINT;
    }
    return strategy->listable ? look_through(strategy, point) : STRATEGY_NOT_FOUND;
}

/* A search. */

static enum status begin(struct strategy *strategy, struct error *error) {
    const size_t room = strategy->domain->count + 1;
    strategy->units = ARENA_NEW(&strategy->arena, double, room);
    strategy->other = ARENA_NEW(&strategy->arena, double, room);
    strategy->replayed = ARENA_NEW(&strategy->arena, double, room);
    if (!strategy->units || !strategy->other || !strategy->replayed || !grow(strategy))
        return error_memory(error);
    strategy->listable =
        domain_size(strategy->domain, strategy->other, LISTABLE_MAX) < LISTABLE_MAX;
    return strategy->method->init ? strategy->method->init(strategy, error) : STATUS_OK;
}

enum status strategy_begin(const struct strategy_method *method, const struct domain *domain,
                           const struct strategy_options *options, struct strategy **strategy,
                           struct error *error) {
    struct strategy *own = calloc(1, sizeof *own);
    *strategy = NULL;
    if (!own)
        return error_memory(error);
    *own = (struct strategy){
        .method = method, .chose_by = method->name, .domain = domain, .options = *options};
    arena_init(&own->arena);
    const enum status status = begin(own, error);
    if (status == STATUS_OK)
        *strategy = own;
    else
        strategy_end(own);
    return status;
}

void strategy_end(struct strategy *strategy) {
    if (strategy)
        arena_release(&strategy->arena);
    free(strategy);
}

enum status strategy_ask(struct strategy *strategy, double *point, enum strategy_answer *answer,
                         struct error *error) {
    enum status status = STATUS_OK;
    strategy->chose_by = strategy->method->name;
    if (strategy->answer == STRATEGY_POINT)
        status = strategy->method->ask(strategy, point, &strategy->answer, error);
    if (status == STATUS_OK && strategy->answer == STRATEGY_POINT)
        status = append(strategy, point, error);
    *answer = strategy->answer;
    return status;
}

/* The methods that do not learn choose at once, and some remember how far they have come. */
enum status strategy_replay(struct strategy *strategy, const double *point, struct error *error) {
    enum strategy_answer answer = STRATEGY_POINT;
    enum status status = STATUS_OK;
    if (!strategy->method->learns)
        status = strategy->method->ask(strategy, strategy->replayed, &answer, error);
    return status == STATUS_OK ? append(strategy, point, error) : status;
}

enum status strategy_tell(struct strategy *strategy, const struct strategy_result *results,
                          size_t count, struct error *error) {
    for (size_t i = 0; i < count; i++)
        note(strategy, &results[i]);
    return count > 0 && strategy->method->tell ? strategy->method->tell(strategy, error)
                                               : STATUS_OK;
}
