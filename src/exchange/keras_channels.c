/* Where the channels of images stand in the arrays that the printed code loads: Keras' layers, as
 * those of sweep, have them last. */
#include "exchange/keras_private.h"
#include "search/layers.h"

enum channels {
    LAST,
    FIRST,
    BY_SIZES /* the data set is not there: the code has to look, by the rule of data/arrays.h */
};

/* `name` is NULL of the image, else a further array's. */
static enum channels channels_of(const struct keras_request *request, const char *name,
                                 struct shape shape) {
    const struct dataset *data = request->data;
    const size_t at = data && name ? dataset_array_find(data, name) : 0;
    if (shape.rank < 3 || shape.dims[2] == 1 || (!name && keras_data_origin(request)))
        return LAST;
    if (data && name)
        return at < data->array_count && data->arrays[at].channels_first ? FIRST : LAST;
    if (data)
        return data->channels_first ? FIRST : LAST;
    if (!request->options || request->options->data_format == CHANNELS_BY_SHAPE)
        return BY_SIZES;
    return request->options->data_format == CHANNELS_FIRST ? FIRST : LAST;
}

const char *keras_channels_note(const struct keras_request *request, struct shape shape) {
    static const char *const words[] = {
        [LAST] = "last", [FIRST] = "first", [BY_SIZES] = "first or last"};
    return words[channels_of(request, NULL, shape)];
}

void keras_append_channels_function(struct keras_writer *writer, struct shape image) {
    const struct network_spec *spec = writer->request->spec;
    bool called = channels_of(writer->request, NULL, image) == BY_SIZES;
    for (size_t i = 0; i < spec->layer_count; i++) {
        const struct named_input *input =
            layer_reads_array(&spec->layers[i]) ? spec->layers[i].input : NULL;
        called |= input && channels_of(writer->request, input->name, input->shape) == BY_SIZES;
    }
    if (called)
        text_append(&writer->body, "\n\ndef channels_last(x):\n"
                                   "    first = x.ndim == 4 and x.shape[1] <= 4 < x.shape[3]\n"
                                   "    return np.moveaxis(x, 1, -1) if first else x\n\n\n");
}

void keras_append_image_channels(struct keras_writer *writer, struct shape shape) {
    const enum channels channels = channels_of(writer->request, NULL, shape);
    if (channels == FIRST)
        text_append(&writer->body,
                    "x, x_test = np.moveaxis(x, 1, -1), np.moveaxis(x_test, 1, -1)\n");
    if (channels == BY_SIZES)
        text_append(&writer->body, "x, x_test = channels_last(x), channels_last(x_test)\n");
}

void keras_append_array(struct keras_writer *writer, const struct named_input *input,
                        const char *part) {
    const enum channels channels = channels_of(writer->request, input->name, input->shape);
    text_printf(&writer->body, "%sdata[\"%s_%s\"]%s",
                channels == FIRST      ? "np.moveaxis("
                : channels == BY_SIZES ? "channels_last("
                                       : "",
                input->name, part,
                channels == FIRST      ? ", 1, -1)\n        "
                : channels == BY_SIZES ? ")\n        "
                                       : "");
}
