#include "search/space.h"

#include "base/intern.h"
#include "base/random.h"
#include "search/reading.h"
#include "search/space_private.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* --- settings that are known --- */

/* Whether two settings are trained alike, on the same data. */
static bool are_equal(const struct setting *a, const struct setting *b) {
    return strcmp(a->digest.hex, b->digest.hex) == 0 &&
           strcmp(a->values[HP_DATASET].name, b->values[HP_DATASET].name) == 0;
}

/* The slot of a setting: its own, or the free one where it belongs. */
static size_t *find_slot(const struct space *space, const struct setting *setting) {
    const struct seen *seen = &space->expansion->seen;
    size_t at = 0;
    for (int i = 0; i < 15; i++) {
        const char digit = setting->digest.hex[i];
        at = at << 4 | (size_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    for (at &= seen->size - 1; seen->slots[at]; at = (at + 1) & (seen->size - 1))
        if (are_equal(&space->settings[seen->slots[at] - 1], setting))
            break;
    return &seen->slots[at];
}

/* A table for so many settings, with those that are there. */
static bool seen_make(struct space *space, size_t count) {
    struct seen *seen = &space->expansion->seen;
    seen->size = 2;
    while (seen->size < 2 * count)
        seen->size *= 2;
    seen->slots = ARENA_NEW(space->expansion->arena, size_t, seen->size);
    for (size_t i = 0; seen->slots && i < space->setting_count; i++)
        *find_slot(space, &space->settings[i]) = i + 1;
    return seen->slots != NULL;
}

/* --- growth --- */

/* Room for `settings` in all, with their trials. Pieces of the arena stay where they are, so that
 * it is asked for twice as much each time. */
static bool reserve(struct space *space, size_t settings) {
    struct expansion *expansion = space->expansion;
    const size_t repeats = expansion->config->repeats;
    if (settings <= expansion->setting_capacity)
        return true;
    struct setting *grown = ARENA_NEW(expansion->arena, struct setting, settings);
    struct trial *trials = ARENA_NEW(expansion->arena, struct trial, settings * repeats);
    if (!grown || !trials)
        return false;
    if (space->setting_count > 0)
        memcpy(grown, space->settings, space->setting_count * sizeof *grown);
    if (space->trial_count > 0)
        memcpy(trials, space->trials, space->trial_count * sizeof *trials);
    for (size_t i = 0; i < space->trial_count; i++)
        trials[i].setting = &grown[trials[i].setting - space->settings];
    space->settings = grown;
    space->trials = trials;
    expansion->setting_capacity = settings;
    return seen_make(space, settings);
}

/* The trials of a setting, seeds ascending. */
static void add_trials(struct space *space, size_t setting, struct text *scratch) {
    const struct expansion *expansion = space->expansion;
    for (size_t repeat = 0; repeat < expansion->config->repeats; repeat++) {
        struct trial *trial = &space->trials[space->trial_count++];
        trial->setting = &space->settings[setting];
        trial->seed = expansion->config->seed + repeat;
        const struct dataset *dataset = setting_dataset(trial->setting, expansion->dataset);
        trial->digest = trial_digest(trial->setting->digest.hex, trial->seed, dataset->digest.hex,
                                     setting_arithmetic(trial->setting, dataset), scratch);
    }
}

/* --- the grid --- */

static enum status expand_settings(struct space *space, size_t points, struct text *scratch,
                                   struct error *error) {
    struct expansion *expansion = space->expansion;
    const struct walk walk = {.config = expansion->config, .at = expansion->coordinates};
    if (!reserve(space, points))
        return error_memory(error);
    walk_first(&walk);
    do {
        struct setting *setting = &space->settings[space->setting_count];
        expansion_complete(expansion, walk.at, setting, NULL);
        if (config_excludes(expansion->config, setting->values)) {
            space->excluded_count++;
            continue;
        }
        if (!expansion_fits(expansion, setting))
            return expansion_refuse(expansion, setting, error);
        if (!setting_identify(setting, scratch) || !expansion_keep(expansion, setting))
            return error_memory(error);
        size_t *slot = find_slot(space, setting);
        if (*slot)
            space->equal_count++;
        else
            *slot = ++space->setting_count;
    } while (walk_next(&walk));
    return STATUS_OK;
}

/* Other places for the same settings. */
static enum status shuffle(struct space *space, struct error *error) {
    struct expansion *expansion = space->expansion;
    const size_t count = space->setting_count;
    uint32_t *order = ARENA_NEW(expansion->arena, uint32_t, count);
    struct setting *shuffled =
        ARENA_NEW(expansion->arena, struct setting, expansion->setting_capacity);
    if (!order || !shuffled)
        return error_memory(error);
    random_permutation((struct random_source){expansion->config->seed, RANDOM_GRID, 0}, order,
                       count);
    for (size_t i = 0; i < count; i++)
        shuffled[i] = space->settings[order[i]];
    space->settings = shuffled;
    return seen_make(space, expansion->setting_capacity) ? STATUS_OK : error_memory(error);
}

/* A budget of trials takes the first settings. */
static void cut(struct space *space) {
    const struct config *config = space->expansion->config;
    const size_t most = config->budget.trials / config->repeats;
    if (config->budget.trials == 0 || space->setting_count <= most)
        return;
    space->cut_count = space->setting_count - most;
    space->setting_count = most;
}

static enum status fail_excluded(const struct space *space, const char *what, size_t count,
                                 struct error *error) {
    const struct config *config = space->expansion->config;
    const struct exclusion *first = &config->exclusions[0];
    reading_fail(first->reading, first->node,
                 "exclude leaves nothing to train: all of %zu %s meet a condition", count, what);
    return problems_end(config->problems, space->expansion->arena, error);
}

static enum status expand(struct space *space, struct text *scratch, struct error *error) {
    const struct config *config = space->expansion->config;
    const struct walk walk = {.config = config};
    enum status status = expand_settings(space, walk_count(&walk, GRID_TRIALS_MAX), scratch, error);
    if (status == STATUS_OK && space->setting_count == 0)
        return fail_excluded(space, "points of the grid", space->excluded_count, error);
    if (status == STATUS_OK && config->shuffle)
        status = shuffle(space, error);
    if (status != STATUS_OK)
        return status;
    cut(space);
    for (size_t i = 0; i < space->setting_count; i++)
        add_trials(space, i, scratch);
    return scratch->failed ? error_memory(error) : STATUS_OK;
}

enum status space_expand(const struct config *config, const struct dataset *dataset,
                         struct arena *arena, struct space *space, struct error *error) {
    struct text scratch;
    enum status status = space_begin(config, dataset, arena, space, error);
    if (status != STATUS_OK)
        return status;
    text_init(&scratch);
    status = expand(space, &scratch, error);
    text_release(&scratch);
    return status;
}

/* --- one point after the other --- */

/* The setting of a point, in the expansion's scratch. False: out of memory. */
static bool make_setting(struct expansion *expansion, const double *point) {
    struct text text;
    expansion_place(expansion, point, expansion->coordinates);
    expansion_complete(expansion, expansion->coordinates, &expansion->scratch, NULL);
    text_init(&text);
    const bool made = setting_identify(&expansion->scratch, &text);
    text_release(&text);
    return made;
}

/* Whether a search takes a point whose setting was just made. Between values that fit, drawn ones
 * may be that don't, as numbers of groups: these are passed over. */
static bool is_taken(const struct expansion *expansion) {
    return !config_excludes(expansion->config, expansion->scratch.values) &&
           expansion_fits(expansion, &expansion->scratch);
}

/* Out of memory a point is allowed: who adds it is told. */
static bool allows(void *context, const double *point) {
    const struct space *space = context;
    struct expansion *expansion = space->expansion;
    if (!make_setting(expansion, point))
        return true;
    return is_taken(expansion) && *find_slot(space, &expansion->scratch) == 0;
}

const struct domain *space_domain_of(const struct space *space) {
    return &space->expansion->domain;
}

const struct domain *space_domain(struct space *space) {
    struct domain *domain = &space->expansion->domain;
    domain->allows = allows;
    domain->context = space;
    return domain;
}

enum status space_add(struct space *space, const double *point, enum space_answer *answer,
                      size_t *setting, struct error *error) {
    struct expansion *expansion = space->expansion;
    struct text scratch;
    if (!make_setting(expansion, point))
        return error_memory(error);
    *setting = *find_slot(space, &expansion->scratch);
    *answer = !is_taken(expansion) ? SPACE_EXCLUDED : *setting > 0 ? SPACE_EQUAL : SPACE_ADDED;
    if (*setting > 0)
        --*setting;
    if (*answer != SPACE_ADDED)
        return STATUS_OK;
    if (space->setting_count == expansion->setting_capacity &&
        !reserve(space, 2 * expansion->setting_capacity))
        return error_memory(error);
    if (!expansion_keep(expansion, &expansion->scratch))
        return error_memory(error);
    *setting = space->setting_count;
    space->settings[space->setting_count] = expansion->scratch;
    *find_slot(space, &expansion->scratch) = ++space->setting_count;
    text_init(&scratch);
    add_trials(space, *setting, &scratch);
    const bool failed = scratch.failed;
    text_release(&scratch);
    return failed ? error_memory(error) : STATUS_OK;
}

static void count_point(struct expansion *expansion, const double *point,
                        struct space_excluded *excluded) {
    struct setting setting;
    expansion_place(expansion, point, expansion->coordinates);
    expansion_complete(expansion, expansion->coordinates, &setting, NULL);
    excluded->points++;
    excluded->count += config_excludes(expansion->config, setting.values);
}

enum status space_count_excluded(const struct space *space, struct arena *arena,
                                 struct space_excluded *excluded, struct error *error) {
    struct expansion *expansion = space->expansion;
    const struct domain *domain = &expansion->domain;
    double *point = ARENA_NEW(arena, double, domain->count + 1);
    double *units = ARENA_NEW(arena, double, domain->count + 1);
    *excluded = (struct space_excluded){0};
    if (!point || !units)
        return error_memory(error);
    excluded->all = domain_size(domain, point, SPACE_EXCLUDED_MAX + 1) <= SPACE_EXCLUDED_MAX;
    if (excluded->all) {
        domain_first(domain, point);
        do
            count_point(expansion, point, excluded);
        while (domain_next(domain, point));
        return STATUS_OK;
    }
    for (uint32_t i = 0; i < SPACE_EXCLUDED_MAX; i++) {
        for (size_t d = 0; d < domain->count; d++)
            units[d] =
                random_unit((struct random_source){expansion->config->seed, RANDOM_SEARCH, i}, d);
        domain_point(domain, units, point);
        count_point(expansion, point, excluded);
    }
    return STATUS_OK;
}

#define CAPACITY_AT_FIRST 64

enum status space_begin(const struct config *config, const struct dataset *dataset,
                        struct arena *arena, struct space *space, struct error *error) {
    struct expansion *expansion = ARENA_NEW(arena, struct expansion, 1);
    *space = (struct space){.expansion = expansion};
    if (!expansion)
        return error_memory(error);
    enum status status = expansion_begin(expansion, config, dataset, arena, error);
    if (status == STATUS_OK)
        status = expansion_check(expansion, error);
    if (status == STATUS_OK && config->method != METHOD_GRID)
        status = expansion_make_domain(expansion, error);
    if (status == STATUS_OK && config->method != METHOD_GRID && !reserve(space, CAPACITY_AT_FIRST))
        status = error_memory(error);
    return status;
}

/* --- looks at all settings --- */

bool space_differs_in(const struct space *space, enum hyperparameter_id id) {
    struct text first, other;
    bool differs = false;
    text_init(&first);
    text_init(&other);
    for (size_t i = 0; i < space->setting_count && !differs; i++) {
        struct text *text = i == 0 ? &first : &other;
        text_clear(text);
        value_append(&space->settings[i].values[id], text);
        differs = i > 0 && strcmp(first.data, other.data) != 0;
    }
    text_release(&first);
    text_release(&other);
    return differs;
}

enum status space_quantities(const struct space *space, const struct score *score,
                             size_t *quantities, size_t *count, struct error *error) {
    struct intern known;
    struct text key;
    intern_init(&known);
    text_init(&key);
    for (size_t i = 0; i < space->setting_count; i++) {
        text_clear(&key);
        for (size_t j = 0; j < HP_COUNT; j++)
            if (score_is_defined_by(score, (enum hyperparameter_id)j)) {
                value_append(&space->settings[i].values[j], &key);
                text_append(&key, " ");
            }
        quantities[i] = intern_number(&known, key.data, key.length, NULL);
    }
    *count = known.count;
    const bool failed = known.failed || key.failed;
    intern_release(&known);
    text_release(&key);
    return failed ? error_memory(error) : STATUS_OK;
}
