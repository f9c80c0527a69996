#include "store/factor_parts.h"

#include "base/intern.h"
#include "search/axis_part.h"
#include "search/parameters.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A part on its way: its level by the level of what it is a part of. */
struct part {
    struct factor factor;
    struct hyperparameter *hyperparameter; /* the factor's */
    uint32_t *levels;
    struct intern known; /* its levels */
};

/* A factor whose values have parts. */
struct split {
    const struct config *config;
    const struct axis *whole;
    struct factor *factor;
    size_t count;
    struct part *parts;
    size_t *part_of; /* by axis of the config */
    size_t *choices; /* that the values so far are of */
    size_t choice_count;
    struct arena *arena;
    struct text text; /* scratch */
};

/* --- which parts there are --- */

/* Its name tells a part from others: "conv2d.filters 1". */
static bool add_part(struct split *split, const struct axis *axis, const char *name) {
    struct part *part = &split->parts[split->count++];
    const size_t levels = split->factor->level_count;
    *part = (struct part){.hyperparameter = ARENA_NEW(split->arena, struct hyperparameter, 1),
                          .levels = ARENA_NEW(split->arena, uint32_t, levels)};
    intern_init(&part->known);
    part->factor = (struct factor){.hyperparameter = part->hyperparameter,
                                   .name = arena_copy(split->arena, name),
                                   .part = axis,
                                   .levels = ARENA_NEW(split->arena, struct level, levels)};
    if (!part->hyperparameter || !part->levels || !part->factor.name || !part->factor.levels)
        return false;
    *part->hyperparameter = *axis_hyperparameter(axis);
    part->hyperparameter->name = part->factor.name;
    return true;
}

/* Axes of one name, under several choices, are one part. False: out of memory. */
static bool find_parts(struct split *split) {
    const struct config *config = split->config;
    split->parts = ARENA_NEW(split->arena, struct part, config->axis_count);
    split->part_of = ARENA_NEW(split->arena, size_t, config->axis_count);
    split->choices = ARENA_NEW(split->arena, size_t, split->whole->count);
    bool found = split->parts && split->part_of && split->choices;
    for (size_t i = 0; found && i < config->axis_count; i++) {
        const struct axis *axis = &config->axes[i];
        size_t at = 0;
        if (axis->id != split->whole->id || !axis_is_part(axis))
            continue;
        text_clear(&split->text);
        axis_append_name(config->axes, i, &split->text);
        while (at < split->count && strcmp(split->parts[at].factor.name, split->text.data) != 0)
            at++;
        found =
            !split->text.failed && (at < split->count || add_part(split, axis, split->text.data));
        split->part_of[i] = at;
        if (found && split->parts[at].hyperparameter->type != axis_hyperparameter(axis)->type)
            split->parts[at].hyperparameter->type = VALUE_NAME; /* 3 here, 3x5 there */
    }
    return found;
}

/* --- their values --- */

static double number_of(enum value_type type, const char *text) {
    if (type == VALUE_BOOLEAN)
        return strcmp(text, "true") == 0;
    return type == VALUE_INTEGER || type == VALUE_REAL ? strtod(text, NULL) : (double)NAN;
}

/* NULL: the part is not there. False: out of memory. */
static bool take_level(struct part *part, size_t at, const char *text, struct arena *arena) {
    struct factor *factor = &part->factor;
    const char *told = text ? text : "-";
    bool is_new = false;
    part->levels[at] = (uint32_t)intern_number(&part->known, told, strlen(told) + !text, &is_new);
    if (!is_new)
        return !part->known.failed;
    struct level *level = &factor->levels[factor->level_count++];
    *level = (struct level){.text = arena_copy(arena, told), .number = (double)NAN, .none = !text};
    if (text)
        level->number = number_of(part->hyperparameter->type, text);
    return level->text && !part->known.failed;
}

/* A level's parts; of none there are none. */
static bool take_parts(struct split *split, size_t at, size_t choice, const struct value *value) {
    const struct config *config = split->config;
    bool taken = true;
    for (size_t p = 0; p < split->count && taken; p++) {
        bool found = false;
        text_clear(&split->text);
        for (size_t i = 0; i < config->axis_count && value && !found; i++)
            found = config->axes[i].id == split->whole->id && axis_is_part(&config->axes[i]) &&
                    split->part_of[i] == p &&
                    axis_append_part(config, &config->axes[i], choice, value, &split->text);
        taken = !split->text.failed &&
                take_level(&split->parts[p], at, found ? split->text.data : NULL, split->arena);
    }
    return taken;
}

/* A choice's number; numbers of layers are no choices, but a part. */
static uint32_t take_choice(struct split *split, size_t choice) {
    size_t at = 0;
    if (split->whole->role == AXIS_LAYER_COUNT)
        choice = 0;
    while (at < split->choice_count && split->choices[at] != choice)
        at++;
    if (at == split->choice_count)
        split->choices[split->choice_count++] = choice;
    return (uint32_t)at;
}

/* STATUS_INPUT: the config does not make it. */
static enum status read_level(struct split *split, size_t at, struct error *error) {
    const struct level *level = &split->factor->levels[at];
    struct arena scratch;
    struct value value;
    if (level->none)
        return take_parts(split, at, 0, NULL) ? STATUS_OK : error_memory(error);
    arena_init(&scratch);
    enum status status =
        parameters_read_value(split->whole->id, level->text, &scratch, &value, error);
    const size_t choice =
        status == STATUS_OK ? axis_choice_of(split->config, split->whole, &value) : AXIS_NONE;
    if (status == STATUS_OK && choice == AXIS_NONE)
        status = STATUS_INPUT;
    if (status == STATUS_OK && !take_parts(split, at, choice, &value))
        status = error_memory(error);
    arena_release(&scratch);
    if (status == STATUS_OK)
        split->factor->levels[at].choice = take_choice(split, choice);
    return status;
}

/* A factor without parts has none in the end. */
static enum status split_factor(struct split *split, struct error *error) {
    enum status status = find_parts(split) ? STATUS_OK : error_memory(error);
    for (size_t i = 0; i < split->factor->level_count && split->count > 0 && status == STATUS_OK;
         i++)
        status = read_level(split, i, error);
    if (status == STATUS_INPUT)
        split->count = 0;
    return status == STATUS_MEMORY ? status : STATUS_OK;
}

/* --- into the observations --- */

static enum status widen(struct observations *observations, const struct split *split,
                         struct error *error) {
    const size_t width = observations->factor_count, wide = width + split->count;
    const size_t at = (size_t)(split->factor - observations->factors);
    struct factor *factors = ARENA_NEW(split->arena, struct factor, wide);
    uint32_t *levels = ARENA_NEW(split->arena, uint32_t, wide * observations->count);
    if (!factors || !levels)
        return error_memory(error);
    memcpy(factors, observations->factors, width * sizeof *factors);
    factors[at].choice_count = split->choice_count;
    for (size_t i = 0; i < observations->count; i++)
        memcpy(levels + i * wide, observations->levels + i * width, width * sizeof *levels);
    for (size_t p = 0; p < split->count; p++) {
        factors[width + p] = split->parts[p].factor;
        for (size_t i = 0; i < observations->count; i++)
            levels[i * wide + width + p] = split->parts[p].levels[levels[i * wide + at]];
    }
    observations->factors = factors;
    observations->levels = levels;
    observations->factor_count = wide;
    return STATUS_OK;
}

enum status factors_add_parts(struct observations *observations, const struct config *config,
                              struct arena *arena, struct error *error) {
    const size_t count = observations->factor_count;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct factor *factor = &observations->factors[i];
        const struct axis *whole =
            config_axis(config, hyperparameter_id_of(factor->hyperparameter));
        struct split split = {.config = config, .whole = whole, .factor = factor, .arena = arena};
        if (!whole)
            continue;
        text_init(&split.text);
        status = split_factor(&split, error);
        if (status == STATUS_OK && split.count > 0 &&
            observations->factor_count + split.count <= FACTORS_MAX)
            status = widen(observations, &split, error);
        for (size_t p = 0; p < split.count; p++)
            intern_release(&split.parts[p].known);
        text_release(&split.text);
    }
    return status;
}
