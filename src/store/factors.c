#include "store/factors.h"

#include "base/intern.h"

#include <math.h>
#include <stdlib.h>

/* A level with the number it was met under. */
struct placed {
    struct level level;
    size_t met;
};

static int compare_levels(const void *a, const void *b) {
    const struct placed *x = a, *y = b;
    if (x->level.none != y->level.none)
        return x->level.none - y->level.none;
    if (x->level.number != y->level.number && !isnan(x->level.number))
        return x->level.number < y->level.number ? -1 : 1;
    return (x->met > y->met) - (x->met < y->met);
}

static enum status sort_levels(struct observations *observations, size_t at, struct arena *arena,
                               struct error *error) {
    struct factor *factor = &observations->factors[at];
    struct placed *placed = ARENA_NEW(arena, struct placed, factor->level_count);
    uint32_t *now = ARENA_NEW(arena, uint32_t, factor->level_count);
    if (!placed || !now)
        return error_memory(error);
    for (size_t i = 0; i < factor->level_count; i++)
        placed[i] = (struct placed){factor->levels[i], i};
    qsort(placed, factor->level_count, sizeof *placed, compare_levels);
    for (size_t i = 0; i < factor->level_count; i++) {
        factor->levels[i] = placed[i].level;
        now[placed[i].met] = (uint32_t)i;
    }
    for (size_t i = 0; i < observations->count; i++) {
        uint32_t *level = &observations->levels[i * observations->factor_count + at];
        *level = now[*level];
    }
    return STATUS_OK;
}

bool factor_is_within(const struct hyperparameter *hyperparameter, enum hyperparameter_id other) {
    if (hyperparameter->part == PART_OPTIMIZER)
        return other == HP_OPTIMIZER || (hyperparameter == &hyperparameters[HP_LEARNING_RATE] &&
                                         other == HP_LEARNING_RATE_SCHEDULE);
    if (hyperparameter->part == PART_STREAM)
        return hyperparameter == &hyperparameters[HP_AUGMENTATION_SCHEDULE] &&
               other == HP_AUGMENTATION;
    if (hyperparameter->part == PART_LOSS)
        return other == HP_LOSS;
    if (hyperparameter->part == PART_ACTIVATION)
        return other == HP_ACTIVATION || other == HP_OUTPUT_ACTIVATION || other == HP_LAYERS;
    return false;
}

static enum status find_varied(struct observations *observations, size_t at, struct arena *arena,
                               struct error *error) {
    struct factor *factor = &observations->factors[at];
    uint32_t *first = ARENA_NEW(arena, uint32_t, observations->count);
    struct intern groups;
    if (!first)
        return error_memory(error);
    intern_init(&groups);
    for (size_t i = 0; i < observations->count && !factor->varied && factor->choice_count != 1;
         i++) {
        const uint32_t *levels = observations->levels + i * observations->factor_count;
        uint32_t key[FACTORS_MAX];
        size_t count = 0;
        bool is_new = false;
        if (factor->levels[levels[at]].none)
            continue;
        for (size_t j = 0; j < observations->factor_count; j++)
            if (!observations->factors[j].part &&
                factor_is_within(factor->hyperparameter,
                                 hyperparameter_id_of(observations->factors[j].hyperparameter)))
                key[count++] = levels[j];
        const size_t group = intern_number(&groups, key, count * sizeof *key, &is_new);
        if (is_new)
            first[group] = levels[at];
        factor->varied = first[group] != levels[at];
    }
    const bool failed = groups.failed;
    intern_release(&groups);
    return failed ? error_memory(error) : STATUS_OK;
}

enum status factors_settle(struct observations *observations, struct arena *arena,
                           struct error *error) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < observations->factor_count && status == STATUS_OK; i++)
        status = sort_levels(observations, i, arena, error);
    for (size_t i = 0; i < observations->factor_count && status == STATUS_OK; i++)
        status = find_varied(observations, i, arena, error);
    return status;
}
