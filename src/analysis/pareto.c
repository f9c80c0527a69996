#include "analysis/pareto.h"

#include "stats/ranking.h"

#include <math.h>
#include <stdlib.h>

/* A setting as it is compared. */
struct point {
    size_t setting, n, count;
    const size_t *quantities; /* that its metrics measure; NULL: it lacks one of them */
    const double *keys;       /* less is better */
};

struct builder {
    size_t objectives, settings;
    struct summary *scores;
    double *keys;
    size_t *quantities;
    struct point *points;
    bool *has;
};

static bool make_room(struct builder *builder, struct arena *arena) {
    size_t cells = 0;
    if (__builtin_mul_overflow(builder->settings, builder->objectives, &cells))
        return false;
    builder->scores = ARENA_NEW(arena, struct summary, cells);
    builder->keys = ARENA_NEW(arena, double, cells);
    builder->quantities = ARENA_NEW(arena, size_t, cells);
    builder->points = ARENA_NEW(arena, struct point, builder->settings);
    builder->has = ARENA_NEW(arena, bool, builder->settings);
    if (!builder->scores || !builder->keys || !builder->quantities || !builder->points ||
        !builder->has)
        return false;
    for (size_t i = 0; i < cells; i++)
        builder->scores[i] = summary_of(NULL, 0);
    return true;
}

/* What a metric says of the settings. */
static enum status read_objective(struct builder *builder, struct store *store,
                                  const struct selection *selection, size_t objective,
                                  struct arena *arena, struct error *error) {
    struct observations observations;
    struct leaderboard board;
    enum status status = store_observations(store, selection, arena, &observations, error);
    if (status == STATUS_OK)
        status = leaderboard_of(&observations, false, 0, arena, &board, error);
    for (size_t i = 0; status == STATUS_OK && i < board.count; i++) {
        const struct standing *standing = &board.standings[i];
        const size_t at = standing->setting * builder->objectives + objective;
        const double key = ranking_key(standing->score.mean);
        builder->scores[at] = standing->score;
        builder->keys[at] = observations.maximize ? -key : key;
        builder->quantities[at] = standing->quantity;
    }
    return status;
}

/* The settings with a mean in each metric. */
static size_t make_points(struct builder *builder) {
    size_t count = 0;
    for (size_t i = 0; i < builder->settings; i++) {
        const size_t first = i * builder->objectives;
        size_t n = SIZE_MAX;
        for (size_t j = 0; j < builder->objectives; j++)
            n = builder->scores[first + j].n < n ? builder->scores[first + j].n : n;
        if (n > 0)
            builder->points[count++] = (struct point){
                i, n, builder->objectives, &builder->quantities[first], &builder->keys[first]};
    }
    return count;
}

static int compare_quantities(const struct point *a, const struct point *b) {
    for (size_t i = 0; i < a->count; i++)
        if (a->quantities[i] != b->quantities[i])
            return a->quantities[i] < b->quantities[i] ? -1 : 1;
    return 0;
}

/* Whoever dominates another one comes before it. */
static int dominating_first(const void *a, const void *b) {
    const struct point *x = a, *y = b;
    const int order = compare_quantities(x, y);
    if (order != 0)
        return order;
    if (x->n != y->n)
        return x->n > y->n ? -1 : 1;
    for (size_t i = 0; i < x->count; i++)
        if (x->keys[i] != y->keys[i])
            return x->keys[i] < y->keys[i] ? -1 : 1;
    return (x->setting > y->setting) - (x->setting < y->setting);
}

/* Whoever is dominated is so by one of the set, those of which stand at the beginning of the points
 * that were looked at. */
static void choose(struct builder *builder, size_t point_count, struct pareto *pareto) {
    struct point *points = builder->points;
    size_t count = 0, first = 0;
    qsort(points, point_count, sizeof *points, dominating_first);
    for (size_t i = 0; i < point_count; i++) {
        const struct point point = points[i];
        bool dominated = false;
        if (count > first && compare_quantities(&points[count - 1], &point) != 0)
            first = count;
        for (size_t j = first; j < count && !dominated; j++)
            dominated = ranking_dominates((double)points[j].n, points[j].keys, (double)point.n,
                                          point.keys, point.count);
        pareto->fewer += dominated && point.n < points[first].n;
        if (dominated)
            continue;
        builder->has[point.setting] = true;
        points[count++] = point;
    }
    pareto->count = count;
}

enum status pareto_read(struct store *store, const struct observations *observations,
                        const struct filter *filter, struct arena *arena, struct pareto *pareto,
                        struct error *error) {
    struct builder builder = {.objectives = observations->objective_count,
                              .settings = observations->setting_count};
    enum status status = STATUS_OK;
    *pareto = (struct pareto){0};
    if (builder.objectives < 2)
        return STATUS_OK;
    if (!make_room(&builder, arena))
        return error_memory(error);
    for (size_t i = 0; i < builder.objectives && status == STATUS_OK; i++) {
        const struct selection selection = {.sweep = observations->sweep_id,
                                            .filter = filter,
                                            .score = &observations->objectives[i].score};
        status = read_objective(&builder, store, &selection, i, arena, error);
    }
    *pareto = (struct pareto){.objective_count = builder.objectives,
                              .objectives = observations->objectives,
                              .setting_count = builder.settings,
                              .scores = builder.scores,
                              .has = builder.has};
    if (status == STATUS_OK)
        choose(&builder, make_points(&builder), pareto);
    return status;
}

const struct summary *pareto_score(const struct pareto *pareto, size_t setting, size_t objective) {
    return &pareto->scores[setting * pareto->objective_count + objective];
}

void pareto_attach(const struct pareto *pareto, bool only, size_t limit,
                   struct leaderboard *leaderboard) {
    size_t count = 0;
    if (pareto->objective_count == 0)
        return;
    leaderboard->pareto = pareto;
    leaderboard->only_pareto = only;
    for (size_t i = 0; only && i < leaderboard->count && (limit == 0 || count < limit); i++)
        if (pareto->has[leaderboard->standings[i].setting])
            leaderboard->standings[count++] = leaderboard->standings[i];
    if (only)
        leaderboard->count = count;
}
