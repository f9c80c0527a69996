/* The space as a domain: what a strategy searches. */
#include "search/space_private.h"

#include <math.h>
#include <string.h>

/* A domain on its way. */
struct builder {
    struct expansion *expansion;
    struct dimension *dimensions;
    size_t count;
    size_t *dimension_of_axis; /* DIMENSION_NONE: it has none */
    bool *placed;              /* of the axes */
};

/* Whether an axis never varies. */
static bool is_constant(const struct axis *axis) {
    return axis->count == 1;
}

/* Whether some axis goes along with this one. */
static bool is_zipped(const struct axis *axis) {
    return axis->zip != AXIS_NONE;
}

/* Whether it has an effect at some choices of a deciding axis alone. */
static bool depends_on(const struct expansion *expansion, size_t axis, size_t deciding) {
    const struct config *config = expansion->config;
    const struct axis *parent = config_axis(config, deciding_ids[deciding]);
    const bool *at = expansion->effects[axis].at[deciding];
    size_t with = 0;
    if (!parent || !at || is_constant(parent))
        return false;
    for (size_t i = 0; i < parent->count; i++)
        with += at[i];
    return with > 0 && with < parent->count;
}

/* The axis on whose choices it depends whether this one exists or has an effect; and these choices.
 * AXIS_NONE: it always has one. Of the deciding axes activation alone depends, and on layers. */
static size_t find_parent(const struct expansion *expansion, size_t axis, const bool **choices) {
    const struct config *config = expansion->config;
    const struct axis *own = &config->axes[axis];
    if (own->parent != AXIS_NONE) {
        *choices = own->parent_choices;
        return axis_leader(config, own->parent);
    }
    const bool decides = own->id == HP_OPTIMIZER || own->id == HP_LEARNING_RATE_SCHEDULE ||
                         own->id == HP_USE_EMA || own->id == HP_LOSS || own->id == HP_LAYERS ||
                         own->id == HP_OUTPUT_ACTIVATION || own->id == HP_AUGMENTATION;
    for (size_t d = 0; d < DECIDING && !decides && !is_zipped(own); d++) {
        if ((own->id == HP_ACTIVATION && d != DECIDING_LAYERS) || !depends_on(expansion, axis, d))
            continue;
        const struct axis *parent = config_axis(config, deciding_ids[d]);
        *choices = expansion->effects[axis].at[d];
        return axis_leader(config, (size_t)(parent - config->axes));
    }
    return AXIS_NONE;
}

static enum dimension_kind kind_of(const struct axis *axis) {
    if (axis->count == 0)
        return DIMENSION_CONTINUOUS;
    return !is_zipped(axis) && axis_is_ordered(axis) ? DIMENSION_ORDERED : DIMENSION_CATEGORICAL;
}

/* Give an axis its dimension, if its parent has one. False: later. */
static bool place(struct builder *builder, size_t axis) {
    const struct config *config = builder->expansion->config;
    const struct axis *own = &config->axes[axis];
    const bool *choices = NULL;
    const size_t parent = find_parent(builder->expansion, axis, &choices);
    struct dimension dimension = {.kind = kind_of(own),
                                  .levels = own->count,
                                  .probabilities = own->probabilities,
                                  .parent = DIMENSION_NONE};
    if (parent != AXIS_NONE && !builder->placed[parent])
        return false;
    builder->placed[axis] = true;
    if (is_constant(own) || axis_leader(config, axis) != axis)
        return true;
    if (parent != AXIS_NONE && is_constant(&config->axes[parent]) && !choices[0])
        return true;
    if (parent != AXIS_NONE && !is_constant(&config->axes[parent])) {
        dimension.parent = builder->dimension_of_axis[parent];
        dimension.parent_levels = choices;
    }
    builder->dimension_of_axis[axis] = builder->count;
    builder->expansion->axis_of_dimension[builder->count] = axis;
    builder->dimensions[builder->count++] = dimension;
    return true;
}

enum status expansion_make_domain(struct expansion *expansion, struct error *error) {
    const size_t axes = expansion->config->axis_count;
    struct builder builder = {.expansion = expansion,
                              .dimensions = ARENA_NEW(expansion->arena, struct dimension, axes),
                              .dimension_of_axis = ARENA_NEW(expansion->arena, size_t, axes),
                              .placed = ARENA_NEW(expansion->arena, bool, axes)};
    expansion->axis_of_dimension = ARENA_NEW(expansion->arena, size_t, axes);
    if (!builder.dimensions || !builder.dimension_of_axis || !builder.placed ||
        !expansion->axis_of_dimension)
        return error_memory(error);
    for (size_t i = 0; i < axes; i++)
        builder.dimension_of_axis[i] = DIMENSION_NONE;
    /* Parents before their children, otherwise in the config's order. */
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < axes; i++)
            if (!builder.placed[i])
                changed |= place(&builder, i);
    }
    expansion->domain.count = builder.count;
    expansion->domain.dimensions = builder.dimensions;
    return STATUS_OK;
}

void expansion_place(const struct expansion *expansion, const double *point, double *coordinates) {
    const struct config *config = expansion->config;
    for (size_t i = 0; i < config->axis_count; i++)
        coordinates[i] = is_constant(&config->axes[i]) ? 0 : (double)NAN;
    for (size_t d = 0; d < expansion->domain.count; d++)
        coordinates[expansion->axis_of_dimension[d]] = point[d];
}
