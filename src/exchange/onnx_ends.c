#include "exchange/onnx_ends.h"

#include "nn/named_input.h"
#include "search/layers.h"

#include <string.h>

size_t onnx_list_outputs(const struct model *model, struct onnx_value *outputs) {
    const size_t count = network_output_count(&model->spec);
    for (size_t k = 0; k < count; k++) {
        const struct model_output output = model_output(model, k);
        const bool binary = output.units < output.classes;
        const char *words = output.numbers         ? "the numbers that are predicted"
                            : output.probabilities ? binary ? "the probability of class 1"
                                                            : "the probability of each class"
                            : binary               ? "the score of class 1"
                                                   : "the score of each class";
        outputs[k] = (struct onnx_value){output.name ? output.name : "output", words, output.units};
    }
    return count;
}

size_t onnx_list_inputs(const struct model *model, struct onnx_value *inputs) {
    const char *numbers = model->shape.table ? "the numbers of a row of the table"
                                             : "pixels as the data set has them, row by row: 0 to "
                                               "255 where they are bytes";
    const struct network_spec *spec = &model->spec;
    size_t count = 0;
    for (size_t i = 0; i < spec->layer_count; i++) {
        const struct layer_spec *layer = &spec->layers[i];
        if (layer->kind == &layer_input_layer)
            inputs[count++] = (struct onnx_value){
                layer->input->name,
                layer_reads_array(layer) ? "the numbers of the data set's array of that name"
                                         : numbers,
                shape_size(layer->input->shape)};
    }
    if (count == 0)
        inputs[count++] = (struct onnx_value){INPUT_IMAGE, numbers, network_inputs(spec)};
    return count;
}

enum status onnx_check_names(const struct onnx_file *file, struct error *error) {
    for (size_t i = 0; i < file->input_count; i++) {
        const char *name = file->inputs[i].name;
        bool is_taken = false;
        for (size_t k = 0; k < file->output_count; k++)
            is_taken |= strcmp(name, file->outputs[k].name) == 0;
        if (is_taken)
            return error_set(error, STATUS_INPUT,
                             "the ONNX graph has something else called '%.60s'; give the array "
                             "another name in the data set",
                             name);
    }
    return STATUS_OK;
}
