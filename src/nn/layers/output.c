/* Output: its input is one of the network's outputs, which has a loss of its own. What Keras says
 * of that in compile(loss={...}, loss_weights={...}). */
#include "nn/layer.h"
#include "nn/named_output.h"

#include <string.h>

static const struct argument arguments[] = {
    {.name = "loss_weight",
     .type = ARGUMENT_REAL,
     .offset = offsetof(struct layer_spec, loss_weight),
     .standard = 1,
     .maximum = 1e30,
     .help = "what its loss counts in the network's"},
    {.name = "label_smoothing",
     .type = ARGUMENT_REAL,
     .offset = offsetof(struct layer_spec, label_smoothing),
     .standard = 0,
     .maximum = 1,
     .help = "of its loss"},
    {.name = "delta",
     .type = ARGUMENT_REAL,
     .offset = offsetof(struct layer_spec, delta),
     .standard = 1,
     .minimum_open = true,
     .maximum = 1e30,
     .help = "of huber, if that is its loss"},
};

static const char *refuses(const struct layer_spec *spec, struct shape input) {
    (void)spec;
    return input.rank == 1 ? NULL : "an output is a row of numbers; flatten comes before it";
}

/* A copy, which stays when the numbers of the layers before it are not needed any more. */
static void forward(struct layer *layer, const struct layer_pass *pass) {
    memcpy(layer->z, layer->x, pass->rows * layer->stride * sizeof *layer->z);
}

/* The gradient at z is that at x, which has the same place. */
static void backward(struct layer *layer, const struct layer_pass *pass) {
    (void)layer;
    (void)pass;
}

const struct layer_kind layer_output = {
    .name = "Output",
    .help = "one of several, by name under outputs: its layer, and beside that loss, and if wanted "
            "inputs, metrics and target: an array of the data set, or for each class the one to "
            "predict (default itself)",
    .arguments = arguments,
    .argument_count = sizeof arguments / sizeof *arguments,
    .refuses = refuses,
    .forward = forward,
    .backward = backward,
    .in_place = true,
};

bool named_output_equal(const struct named_output *a, const struct named_output *b) {
    if (a == b || !a || !b)
        return a == b;
    return strcmp(a->name, b->name) == 0 && a->loss == b->loss &&
           a->metric_count == b->metric_count &&
           memcmp(a->metrics, b->metrics, a->metric_count * sizeof *a->metrics) == 0 &&
           !a->target == !b->target && (!a->target || strcmp(a->target, b->target) == 0) &&
           a->mapped == b->mapped && memcmp(a->map, b->map, a->mapped) == 0;
}

size_t named_output_classes(const struct named_output *output, size_t classes) {
    size_t most = output->mapped ? 0 : classes;
    for (size_t i = 0; i < output->mapped; i++)
        most = output->map[i] >= most ? output->map[i] + 1u : most;
    return most;
}
