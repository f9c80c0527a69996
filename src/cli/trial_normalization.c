#include "cli/trial_normalization.h"

#include "nn/named_input.h"
#include "search/layers.h"

#include <string.h>

static bool reads_input(const struct hidden_layers *layers, const char *name) {
    bool reads = !layers_have_inputs(layers) && strcmp(name, INPUT_IMAGE) == 0;
    for (size_t i = 0; i < layers->count; i++)
        reads |= layers->items[i].kind == &layer_input_layer &&
                 strcmp(layers->items[i].input->name, name) == 0;
    return reads;
}

/* The next one, from *at on, of the inputs that the network reads and the config has normalised:
 * NULL after the last. The first input is at 0, those with names follow. */
static const char *next_normalized(const struct trial_selection *chosen, size_t *at) {
    const struct dataset_options *read = &chosen->options;
    const struct hidden_layers *layers = chosen->record.setting.values[HP_LAYERS].layers;
    while (layers && *at <= read->normalized_count) {
        const size_t i = (*at)++;
        const char *name = i > 0 ? read->normalized[i - 1] : INPUT_IMAGE;
        if ((i > 0 || read->normalization) && reads_input(layers, name))
            return name;
    }
    return NULL;
}

void trial_normalization_append(const struct trial_selection *chosen, struct text *text) {
    size_t at = 0;
    const char *name = next_normalized(chosen, &at);
    if (!name)
        return;
    text_printf(text, "  %-26s %s", "normalization", name);
    while ((name = next_normalized(chosen, &at)))
        text_printf(text, ", %s", name);
    text_append(text, "\n");
}

static void normalization_json(struct json *json, const char *input,
                               const struct normalization *by) {
    json_begin_object(json, input);
    json_floats(json, "mean", by->mean, by->features);
    json_floats(json, "deviation", by->deviation, by->features);
    json_end(json);
}

void trial_normalization_json(struct json *json, const struct trial_selection *chosen) {
    const struct model *model = &chosen->model;
    const char *name;
    json_begin_array(json, "normalization");
    for (size_t at = 0; (name = next_normalized(chosen, &at));)
        json_text(json, NULL, name);
    json_end(json);
    if (!chosen->has_model || !model->dataset)
        return;
    json_begin_object(json, "normalized_by");
    for (size_t at = 0; (name = next_normalized(chosen, &at));)
        normalization_json(
            json, name,
            at == 1 ? &model->normalization
                    : &model->array_normalizations[dataset_array_find(model->dataset, name)]);
    json_end(json);
}
