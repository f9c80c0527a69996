/* Whether lists of layers take the images: each list, with each value of an argument that varies,
 * and with all of these together. */
#include "search/input_shape.h"
#include "search/layers.h"
#include "search/output_target.h"
#include "search/space_private.h"

#include <math.h>

/* A problem at the place of a layer; an argument that varies has its own. */
static void add_problem_of_layer(const struct config *config, const struct axis *axis,
                                 const struct hidden_layers *layers, size_t layer,
                                 struct text *text) {
    struct axis at = *axis;
    if (axis->role == AXIS_VALUE && layers->places[layer].line > 0) {
        at.line = layers->places[layer].line;
        at.column = layers->places[layer].column;
    }
    add_problem(config, &at, text);
}

/* Of several data sets, which one it is. */
static void append_which(const struct config *config, const struct dataset *dataset,
                         struct text *text) {
    if (config->datasets_vary)
        text_printf(text,
                    " (on %s; exclude: [\"dataset=%s and ...\"] leaves that out, and zip: "
                    "[dataset, layers] gives each data set its own)",
                    dataset->name, dataset->name);
}

static bool check_outputs(const struct config *config, const struct axis *axis,
                          const struct hidden_layers *layers, const struct dataset *dataset,
                          struct text *text) {
    bool fit = true;
    for (size_t i = 0; i < layers->count; i++) {
        if (layers->items[i].kind != &layer_output)
            continue;
        if (!output_fits(layers, i, dataset, text)) {
            fit = false;
            add_problem_of_layer(config, axis, layers, i, text);
        }
    }
    return fit;
}

static bool check_inputs(const struct config *config, const struct axis *axis,
                         const struct hidden_layers *layers, const struct dataset *dataset,
                         struct text *text) {
    bool fit = true;
    for (size_t i = 0; i < layers->count; i++)
        if (layers->items[i].kind == &layer_input_layer &&
            !input_fits(layers, layers->items[i].input, dataset, text)) {
            append_which(config, dataset, text);
            add_problem_of_layer(config, axis, layers, i, text);
            fit = false;
        }
    return fit;
}

/* Whether a list of layers takes the images. */
static bool check_list(const struct config *config, const struct axis *axis,
                       const struct hidden_layers *layers, const struct dataset *dataset,
                       struct text *text) {
    const struct shape image = setting_input(dataset);
    struct shape given[LAYER_INPUTS_MAX];
    char word[LAYER_WORD_MAX];
    size_t at;
    if (!check_inputs(config, axis, layers, dataset, text))
        return false;
    const char *reason = layers_refuse(layers, image, &at, given);
    if (!reason)
        return check_outputs(config, axis, layers, dataset, text);
    text_append(text, "layers ");
    layers_append(layers, text);
    text_printf(text, ": %s, layer %zu, is given ", layer_kind_word(layers->items[at].kind, word),
                at + 1);
    for (size_t k = 0; k < LAYER_INPUTS_MAX && given[k].rank > 0; k++) {
        text_append(text, k > 0 ? " and " : "");
        shape_append(given[k], text);
    }
    text_printf(text, "; %s", reason);
    append_which(config, dataset, text);
    add_problem_of_layer(config, axis, layers, at, text);
    return false;
}

/* The list with each value of one of its arguments, of a range with its ends. */
static void check_argument(const struct config *config, const struct axis *axis,
                           const struct hidden_layers *layers, const struct dataset *dataset,
                           struct text *text) {
    const size_t count = axis->count > 0 ? axis->count : 2;
    bool fits = true;
    for (size_t i = 0; fits && i < count; i++) {
        struct hidden_layers changed = *layers;
        const double at = axis->count > 0 ? (double)i : i == 0 ? 0x1p-40 : 1 - 0x1p-40;
        axis_set_argument(axis, at, &changed.items[axis->item]);
        fits = check_list(config, axis, &changed, dataset, text);
    }
}

void expansion_check_layers(const struct config *config, const struct dataset *dataset,
                            struct text *text) {
    const struct axis *axis = config_axis(config, HP_LAYERS);
    for (size_t i = 0; axis && axis->role == AXIS_VALUE && i < axis->count; i++) {
        const struct hidden_layers *layers = axis->choices[i].value.layers;
        if (!choice_meets(config, axis, i, dataset) ||
            !check_list(config, axis, layers, dataset, text))
            continue;
        for (size_t j = 0; j < config->axis_count; j++) {
            const struct axis *other = &config->axes[j];
            if (other->id == HP_LAYERS && other->role == AXIS_ARGUMENT && other->parent_choices[i])
                check_argument(config, other, layers, dataset, text);
        }
    }
}

bool expansion_fits(const struct expansion *expansion, const struct setting *setting) {
    const struct hidden_layers *layers = setting->values[HP_LAYERS].layers;
    const struct dataset *dataset = setting_dataset(setting, expansion->dataset);
    struct shape given[LAYER_INPUTS_MAX];
    size_t at;
    return layers != &expansion->layers ||
           !layers_refuse(layers, setting_input(dataset), &at, given);
}

enum status expansion_refuse(const struct expansion *expansion, const struct setting *setting,
                             struct error *error) {
    const struct config *config = expansion->config;
    struct text text;
    text_init(&text);
    text_append(&text, "of what varies within layers not all goes together; list what does, as in "
                       "layers: {values: [[...], [...]]}: ");
    check_list(config, config_axis(config, HP_LAYERS), setting->values[HP_LAYERS].layers,
               setting_dataset(setting, expansion->dataset), &text);
    const bool failed = text.failed;
    text_release(&text);
    return failed ? error_memory(error) : problems_end(config->problems, expansion->arena, error);
}

#define COMBINATIONS_MAX 100000

enum status expansion_check_combinations(struct expansion *expansion, struct error *error) {
    static const double ends[] = {0x1p-40, 1 - 0x1p-40};
    const struct config *config = expansion->config;
    bool *moves = ARENA_NEW(expansion->arena, bool, config->axis_count), varies = false;
    const struct walk walk = {config, moves, expansion->coordinates};
    if (!moves)
        return error_memory(error);
    for (size_t i = 0; i < config->axis_count; i++)
        if (config->axes[i].id == HP_LAYERS || config->axes[i].id == HP_DATASET) {
            varies |= config->axes[i].role == AXIS_ARGUMENT;
            moves[axis_leader(config, i)] = true;
        }
    if (!varies || walk_count(&walk, COMBINATIONS_MAX) > COMBINATIONS_MAX)
        return STATUS_OK;
    walk_first(&walk);
    do
        for (size_t end = 0; end < 2; end++) {
            struct setting setting = {0};
            for (size_t i = 0; i < config->axis_count; i++)
                if (config->axes[i].id == HP_LAYERS && config->axes[i].count == 0 &&
                    !isnan(walk.at[i]))
                    walk.at[i] = ends[end];
            expansion_complete(expansion, walk.at, &setting, NULL);
            if (!config_excludes(config, setting.values) && !expansion_fits(expansion, &setting))
                return expansion_refuse(expansion, &setting, error);
        }
    while (walk_next(&walk));
    return STATUS_OK;
}
