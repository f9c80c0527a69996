/* From points to settings. */
#include "search/space_private.h"

#include "data/stream.h"
#include "search/layers.h"
#include "search/parameters.h"

#include <math.h>
#include <string.h>

/* The table's defaults, read once as a config's values are. */
static enum status read_standards(struct arena *arena, struct value *values, struct error *error) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < HP_COUNT && status == STATUS_OK; i++) {
        values[i] = (struct value){.type = VALUE_NONE};
        if (hyperparameters[i].standard)
            status = parameters_read_value((enum hyperparameter_id)i, hyperparameters[i].standard,
                                           arena, &values[i], error);
    }
    return status;
}

static void set_name(struct value *value, const char *name) {
    *value = (struct value){.type = VALUE_NAME, .name = name};
}

/* The defaults that depend on the data set. */
static void fit_standards(const struct dataset *dataset, struct value *values) {
    set_name(&values[HP_DATASET], dataset->name);
    values[HP_TRAIN_IMAGE_DIVISOR].real = dataset_divisor(dataset);
    values[HP_TEST_IMAGE_DIVISOR].real = dataset_divisor(dataset);
    if (dataset_has_values(dataset)) {
        set_name(&values[HP_OUTPUT_ACTIVATION], activation_find("linear")->name);
        set_name(&values[HP_LOSS], loss_find("mean_squared_error")->name);
    }
}

enum status expansion_begin(struct expansion *expansion, const struct config *config,
                            const struct dataset *dataset, struct arena *arena,
                            struct error *error) {
    *expansion = (struct expansion){.config = config, .dataset = dataset, .arena = arena};
    expansion->effects = ARENA_NEW(arena, struct effect, config->axis_count);
    expansion->coordinates = ARENA_NEW(arena, double, config->axis_count);
    bool allocated = expansion->effects && expansion->coordinates;
    for (size_t i = 0; i < HP_COUNT && allocated; i++)
        if (hyperparameters[i].family) {
            expansion->components[i] = ARENA_NEW(arena, struct components, 1);
            allocated = expansion->components[i] != NULL;
        }
    if (!allocated)
        return error_memory(error);
    return read_standards(arena, expansion->standards, error);
}

static double coordinate_of(const struct config *config, const double *coordinates, size_t axis) {
    return coordinates[axis_leader(config, axis)];
}

bool axis_exists(const struct config *config, const double *coordinates, size_t axis) {
    const struct axis *own = &config->axes[axis];
    if (own->parent == AXIS_NONE)
        return true;
    const double parent = coordinate_of(config, coordinates, own->parent);
    return !isnan(parent) && own->parent_choices[(size_t)parent];
}

/* The data set of a point, on which defaults depend. */
static const struct dataset *dataset_at(const struct expansion *expansion,
                                        const double *coordinates) {
    const struct config *config = expansion->config;
    const struct axis *axis = config_axis(config, HP_DATASET);
    if (!axis)
        return expansion->dataset;
    const double at = coordinate_of(config, coordinates, (size_t)(axis - config->axes));
    return dataset_named(expansion->dataset, axis_value(axis, at).name);
}

static void apply_argument(struct expansion *expansion, const struct axis *axis, double coordinate,
                           struct value *into) {
    struct hidden_layers *layers = &expansion->layers;
    struct components *components = expansion->components[axis->id];
    if (components) {
        if (into->components != components)
            *components = *into->components;
        into->components = components;
        axis_set_argument(axis, coordinate, components->items[axis->item].arguments);
        return;
    }
    if (into->layers != layers)
        *layers = *into->layers;
    into->layers = layers;
    for (size_t i = 0; i < layers->count; i++)
        if (axis->item == AXIS_NONE || axis->item == i)
            axis_set_argument(axis, coordinate, &layers->items[i]);
}

/* What one axis says. */
static void apply(struct expansion *expansion, const struct axis *axis, double coordinate,
                  struct value *values) {
    struct hidden_layers *layers = &expansion->layers;
    const struct value value = axis_value(axis, coordinate);
    switch (axis->role) {
    case AXIS_VALUE:
        values[axis->id] = value;
        break;
    case AXIS_LAYER_COUNT:
        layers->count = (size_t)value.integer;
        for (size_t i = 0; i < layers->count; i++)
            layers->items[i] = layer_standard(&layer_dense);
        values[axis->id] = (struct value){.type = VALUE_LAYERS, .layers = layers};
        break;
    case AXIS_ARGUMENT:
        apply_argument(expansion, axis, coordinate, &values[axis->id]);
        break;
    }
}

/* What comes with a choice, or exists under it alone, is closer to it than an axis of its own. */
static void apply_all(struct expansion *expansion, const double *coordinates, struct value *values,
                      size_t *sources) {
    const struct config *config = expansion->config;
    for (size_t nested = 0; nested < 2; nested++)
        for (size_t i = 0; i < config->axis_count; i++) {
            const struct axis *axis = &config->axes[i];
            const double coordinate = coordinate_of(config, coordinates, i);
            if (isnan(coordinate) || !axis_exists(config, coordinates, i))
                continue;
            if ((axis->parent != AXIS_NONE) == (nested == 1)) {
                apply(expansion, axis, coordinate, values);
                sources[axis->id] = axis->role == AXIS_ARGUMENT ? sources[axis->id] : i;
            }
            const struct choice *choice =
                axis->count > 0 ? &axis->choices[(size_t)coordinate] : NULL;
            for (size_t j = 0; nested == 1 && choice && j < choice->detail_count; j++) {
                values[choice->details[j].id] = choice->details[j].value;
                sources[choice->details[j].id] = AXIS_NONE;
            }
        }
    if (values[HP_LAYERS].layers == &expansion->layers)
        layers_settle(&expansion->layers);
}

void expansion_complete(struct expansion *expansion, const double *coordinates,
                        struct setting *setting, size_t *sources) {
    struct value *values = setting->values;
    size_t unasked[HP_COUNT];
    size_t *from = sources ? sources : unasked;
    memcpy(values, expansion->standards, sizeof setting->values);
    const struct dataset *dataset = dataset_at(expansion, coordinates);
    fit_standards(dataset, values);
    for (size_t i = 0; i < HP_COUNT; i++)
        from[i] = AXIS_NONE;
    apply_all(expansion, coordinates, values, from);
    setting_settle(values);
    if (values[HP_TRAIN_IMAGES].type == VALUE_NONE)
        values[HP_TRAIN_IMAGES] =
            (struct value){.type = VALUE_INTEGER,
                           .integer = (int64_t)stream_train_limit(
                               dataset->train.count, values[HP_VALIDATION_SPLIT].real)};
}

#define KEPT_MAX 256

struct kept {
    enum hyperparameter_id id;
    union {
        const struct hidden_layers *layers;
        const struct components *components;
    };
};

static bool are_equal(const struct hidden_layers *a, const struct hidden_layers *b) {
    bool equal = a->count == b->count;
    for (size_t i = 0; i < a->count && equal; i++)
        equal = layer_equal(&a->items[i], &b->items[i]);
    return equal;
}

static bool is_kept(const struct kept *kept, enum hyperparameter_id id, const struct value *value) {
    return kept->id == id &&
           (value->type == VALUE_LAYERS ? are_equal(kept->layers, value->layers)
                                        : components_equal(kept->components, value->components));
}

/* A copy that lasts. False: out of memory. */
static bool copy(struct expansion *expansion, const struct value *value, struct kept *made) {
    if (value->type == VALUE_LAYERS) {
        struct hidden_layers *layers = ARENA_NEW(expansion->arena, struct hidden_layers, 1);
        made->layers = layers;
        if (layers)
            *layers = *value->layers;
        return layers != NULL;
    }
    struct components *components = ARENA_NEW(expansion->arena, struct components, 1);
    made->components = components;
    if (components)
        *components = *value->components;
    return components != NULL;
}

/* Have a value last that is the expansion's. */
static bool keep(struct expansion *expansion, enum hyperparameter_id id, struct value *value) {
    struct kept made = {.id = id};
    size_t at = 0;
    while (at < expansion->kept_count && !is_kept(&expansion->kept[at], id, value))
        at++;
    if (at < expansion->kept_count)
        made = expansion->kept[at];
    else if (!copy(expansion, value, &made))
        return false;
    else if (at < KEPT_MAX)
        expansion->kept[expansion->kept_count++] = made;
    if (value->type == VALUE_LAYERS)
        value->layers = made.layers;
    else
        value->components = made.components;
    return true;
}

bool expansion_keep(struct expansion *expansion, struct setting *setting) {
    bool kept = true;
    if (!expansion->kept)
        expansion->kept = ARENA_NEW(expansion->arena, struct kept, KEPT_MAX);
    for (size_t i = 0; i < HP_COUNT && expansion->kept && kept; i++) {
        struct value *value = &setting->values[i];
        const bool layers = value->type == VALUE_LAYERS && value->layers == &expansion->layers;
        if (layers ||
            (value->type == VALUE_COMPONENTS && value->components == expansion->components[i]))
            kept = keep(expansion, (enum hyperparameter_id)i, value);
    }
    return kept && expansion->kept;
}

/* --- walks --- */

static size_t levels_of(const struct walk *walk, size_t axis) {
    const size_t count = walk->config->axes[axis].count;
    return count == 0 || (walk->moves && !walk->moves[axis]) ? 1 : count;
}

static void set_first(const struct walk *walk, size_t from) {
    const struct config *config = walk->config;
    for (size_t i = from; i < config->axis_count; i++)
        walk->at[i] = !axis_exists(config, walk->at, i) ? (double)NAN
                      : config->axes[i].count == 0      ? 0.5
                                                        : 0;
}

void walk_first(const struct walk *walk) {
    set_first(walk, 0);
}

bool walk_next(const struct walk *walk) {
    for (size_t i = walk->config->axis_count; i-- > 0;) {
        if (axis_leader(walk->config, i) != i || isnan(walk->at[i]) ||
            walk->at[i] + 1 >= (double)levels_of(walk, i))
            continue;
        walk->at[i]++;
        set_first(walk, i + 1);
        return true;
    }
    return false;
}

static size_t parent_of(const struct config *config, size_t axis) {
    const size_t parent = config->axes[axis].parent;
    return parent == AXIS_NONE ? AXIS_NONE : axis_leader(config, parent);
}

static bool has_children(const struct config *config, size_t axis) {
    bool found = false;
    for (size_t i = axis + 1; i < config->axis_count && !found; i++)
        found = parent_of(config, i) == axis;
    return found;
}

static size_t limited_product(size_t a, size_t b, size_t limit) {
    size_t product;
    return __builtin_mul_overflow(a, b, &product) || product > limit ? limit + 1 : product;
}

/* The points of the axes that exist at a choice of their parent. */
static size_t count_below(const struct walk *walk, size_t parent, size_t choice, size_t limit) {
    const struct config *config = walk->config;
    size_t points = 1;
    for (size_t i = 0; i < config->axis_count && points <= limit; i++) {
        if (axis_leader(config, i) != i || parent_of(config, i) != parent ||
            (parent != AXIS_NONE && !config->axes[i].parent_choices[choice]))
            continue;
        const size_t levels = levels_of(walk, i);
        const bool children = has_children(config, i);
        size_t own = children ? 0 : levels;
        for (size_t j = 0; children && j < levels && own <= limit; j++)
            own += count_below(walk, i, j, limit);
        points = limited_product(points, own, limit);
    }
    return points;
}

size_t walk_count(const struct walk *walk, size_t limit) {
    return count_below(walk, AXIS_NONE, 0, limit);
}
