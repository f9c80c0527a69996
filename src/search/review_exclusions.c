/* Conditions of exclude that leave nothing out, which a wrong value or a slip of the pen makes
 * them.
 */
#include "search/review.h"

#include "base/intern.h"
#include "search/reading.h"
#include "search/space_private.h"

#include <string.h>

/* Conditions that are joined by `and`: what stands between two `or`, with what settings have. */
struct alternative {
    struct filter_condition *conditions;
    size_t count;
    bool met;               /* by some setting, as far as is known */
    bool *own;              /* of the conditions: some setting meets it */
    bool *others, *lacking; /* some setting meets all others, and its hyperparameter applies to
                             * that one; does not */
};

static enum hyperparameter_id id_of(const struct filter_condition *condition) {
    return hyperparameter_id_of(condition->hyperparameter);
}

/* --- which points tell --- */

/* Have an axis take all of its choices, and what it goes along with or exists under. */
static void move(const struct config *config, size_t axis, bool *moves) {
    moves[axis_leader(config, axis)] = true;
    for (size_t at = config->axes[axis].parent; at != AXIS_NONE; at = config->axes[at].parent)
        moves[axis_leader(config, at)] = true;
}

/* The axes of what the conditions are on, and those on which it depends which values these have. */
static void move_all(const struct config *config, const struct alternative *alternative,
                     bool *moves) {
    memset(moves, 0, config->axis_count * sizeof *moves);
    for (size_t i = 0; i < config->axis_count; i++) {
        const enum hyperparameter_id id = config->axes[i].id;
        bool decides = id == HP_DATASET || id == HP_VALIDATION_SPLIT;
        for (size_t d = 0; d < DECIDING; d++)
            decides |= id == deciding_ids[d];
        for (size_t c = 0; c < alternative->count; c++)
            decides |= id == id_of(&alternative->conditions[c]);
        if (decides)
            move(config, i, moves);
    }
}

/* --- ranges --- */

/* Whether some number of a range may meet a condition. */
static bool range_may_meet(const struct axis *axis, const struct filter_condition *condition) {
    double least, largest;
    bool among = false;
    if (axis->role != AXIS_VALUE)
        return true;
    axis_range(axis, &least, &largest);
    for (size_t i = 0; i < condition->count; i++) {
        const double number = value_number(&condition->values[i]);
        among |= number >= least && number <= largest;
    }
    switch (condition->relation) {
    case FILTER_EQUAL:
        return among;
    case FILTER_NOT_EQUAL:
        return true;
    case FILTER_LESS:
        return least < value_number(condition->values);
    case FILTER_LESS_OR_EQUAL:
        return least <= value_number(condition->values);
    case FILTER_MORE:
        return largest > value_number(condition->values);
    case FILTER_MORE_OR_EQUAL:
        return largest >= value_number(condition->values);
    }
    return true;
}

/* An axis of a hyperparameter that is a range, with numbers that may meet a condition if that is
 * not NULL; or NULL. */
static const struct axis *range_of(const struct config *config, enum hyperparameter_id id,
                                   const struct filter_condition *condition) {
    for (size_t i = 0; i < config->axis_count; i++)
        if (config->axes[i].id == id && config->axes[i].count == 0 &&
            (!condition || range_may_meet(&config->axes[i], condition)))
            return &config->axes[i];
    return NULL;
}

/* Whether a setting meets a condition, whatever number it has of a range. */
static bool may_meet(const struct config *config, const struct filter_condition *condition,
                     const struct value *values) {
    const enum hyperparameter_id id = id_of(condition);
    if (filter_condition_holds(condition, values))
        return true;
    return values[id].type != VALUE_NONE &&
           (range_of(config, id, condition) ||
            (id == HP_TRAIN_IMAGES && range_of(config, HP_VALIDATION_SPLIT, NULL)));
}

/* --- a walk --- */

static void take_setting(const struct config *config, struct alternative *alternative,
                         const struct value *values) {
    size_t unmet = 0, last = 0;
    for (size_t i = 0; i < alternative->count; i++) {
        if (may_meet(config, &alternative->conditions[i], values)) {
            alternative->own[i] = true;
        } else {
            unmet++;
            last = i;
        }
    }
    alternative->met |= unmet == 0;
    if (unmet == 1) {
        const bool applies = values[id_of(&alternative->conditions[last])].type != VALUE_NONE;
        (applies ? alternative->others : alternative->lacking)[last] = true;
    }
}

/* Find out what settings meet, up to the first that meets all; of more points than a grid may have
 * nothing is known, and the alternative is taken for met. List the values that a condition's
 * hyperparameter has, if it is not NULL. */
static void walk_points(struct expansion *expansion, const bool *moves,
                        struct alternative *alternative, const struct filter_condition *condition,
                        struct text *list) {
    const struct config *config = expansion->config;
    const struct walk walk = {config, moves, expansion->coordinates};
    struct intern known;
    struct text text;
    size_t count = 0;
    intern_init(&known);
    text_init(&text);
    alternative->met = walk_count(&walk, GRID_TRIALS_MAX) > GRID_TRIALS_MAX;
    if (!alternative->met)
        walk_first(&walk);
    while (!alternative->met) {
        struct setting setting;
        bool is_new = false;
        expansion_complete(expansion, walk.at, &setting, NULL);
        take_setting(config, alternative, setting.values);
        const struct value *value = condition ? &setting.values[id_of(condition)] : NULL;
        if (value && value->type != VALUE_NONE) {
            text_clear(&text);
            value_append(value, &text);
            intern_number(&known, text.data, text.length, &is_new);
            if (is_new)
                value_list_append(value, &count, list);
        }
        if (!walk_next(&walk))
            break;
    }
    value_list_end(count, list);
    text_release(&text);
    intern_release(&known);
}

/* --- words --- */

/* A condition that no setting meets, and what settings have instead. */
static void append_unmet(struct expansion *expansion, const bool *moves,
                         struct alternative *alternative, struct filter_condition *condition,
                         struct text *warnings) {
    const char *name = condition->hyperparameter->name;
    const struct axis *range = range_of(expansion->config, id_of(condition), NULL);
    const struct filter one = {1, condition};
    struct text list;
    text_init(&list);
    walk_points(expansion, moves, alternative, condition, &list);
    text_append(warnings, "no setting has ");
    filter_append(&one, warnings);
    if (list.length == 0) {
        text_printf(warnings, ", as %s applies to none here", name);
    } else {
        text_printf(warnings, "; %s is ", name);
        if (range)
            axis_append(range, 100, warnings);
        else
            text_append(warnings, list.data);
        text_append(warnings, " here");
    }
    warnings->failed |= list.failed;
    text_release(&list);
}

/* Why no setting meets all conditions, though some setting meets each. */
static void append_never_together(const struct alternative *alternative, struct text *warnings) {
    size_t i = 0;
    while (i < alternative->count && (alternative->others[i] || !alternative->lacking[i]))
        i++;
    if (i < alternative->count)
        text_printf(warnings, "%s does not apply to the settings that meet the other conditions",
                    alternative->conditions[i].hyperparameter->name);
    else
        text_append(warnings, "no setting meets these conditions together");
}

static bool look_at_alternative(struct expansion *expansion, const struct exclusion *exclusion,
                                size_t begin, size_t end, struct text *warnings) {
    const struct filter part = {end - begin, exclusion->filter.conditions + begin};
    struct arena *arena = expansion->arena;
    bool *moves = ARENA_NEW(arena, bool, expansion->config->axis_count + 1);
    struct alternative alternative = {.conditions = part.conditions,
                                      .count = part.count,
                                      .own = ARENA_NEW(arena, bool, part.count),
                                      .others = ARENA_NEW(arena, bool, part.count),
                                      .lacking = ARENA_NEW(arena, bool, part.count)};
    size_t i = 0;
    if (!moves || !alternative.own || !alternative.others || !alternative.lacking)
        return false;
    move_all(expansion->config, &alternative, moves);
    walk_points(expansion, moves, &alternative, NULL, NULL);
    if (alternative.met)
        return true;
    text_printf(warnings, "%s:%d:%d: exclude '", exclusion->reading->file, exclusion->node->line,
                exclusion->node->column);
    filter_append(&part, warnings);
    text_append(warnings, "' leaves nothing out: ");
    while (i < part.count && alternative.own[i])
        i++;
    if (i < part.count)
        append_unmet(expansion, moves, &alternative, &part.conditions[i], warnings);
    else
        append_never_together(&alternative, warnings);
    text_append(warnings, "\n");
    return !warnings->failed;
}

enum status review_exclusions(const struct space *space, struct text *warnings,
                              struct error *error) {
    struct expansion *expansion = space->expansion;
    const struct config *config = expansion->config;
    bool done = true;
    for (size_t i = 0; i < config->exclusion_count; i++) {
        const struct filter *filter = &config->exclusions[i].filter;
        for (size_t begin = 0, end; begin < filter->count && done; begin = end) {
            end = begin + 1;
            while (end < filter->count && filter->conditions[end].joint == FILTER_AND)
                end++;
            done = look_at_alternative(expansion, &config->exclusions[i], begin, end, warnings);
        }
    }
    return done ? STATUS_OK : error_memory(error);
}
