#include "exchange/onnx_activation.h"

#include "nn/activation.h"

#include <string.h>

/* What a step of an activation works on. */
enum operand { NONE, Z, LAST, SLOPE, ZERO, HALF, ONE, SIX, SQRT_HALF, OPERANDS };
_Static_assert(OPERANDS <= ONNX_CONSTANTS_MAX, "a constant is an operand");

static const struct {
    const char *name;
    float value;
} constants[OPERANDS] = {
    [ZERO] = {"constant/zero", 0},
    [HALF] = {"constant/half", 0.5f},
    [ONE] = {"constant/one", 1},
    [SIX] = {"constant/six", 6},
    [SQRT_HALF] = {"constant/sqrt_half", 0.70710678118654752f},
};

struct attribute {
    const char *name;
    enum { FIXED, PARAMETER, TYPE } kind; /* PARAMETER: the activation's hyperparameter */
    double value;
};

struct step {
    const char *operator;
    enum operand inputs[3];
    struct attribute attributes[2];
};

/* The activations of nn/activation.c. Z is what comes in, LAST what the step before gave. */
static const struct recipe {
    const char *activation;
    struct step steps[ONNX_STEPS_MAX];
} recipes[] = {
    {"linear", {{"Identity", {Z}, {{0}}}}},
    {"binary_step", {{"GreaterOrEqual", {Z, ZERO}, {{0}}}, {"Cast", {LAST}, {{"to", TYPE, 1}}}}},
    {"sigmoid", {{"Sigmoid", {Z}, {{0}}}}},
    {"tanh", {{"Tanh", {Z}, {{0}}}}},
    {"relu", {{"Relu", {Z}, {{0}}}}},
    {"softmax", {{"Softmax", {Z}, {{0}}}}},
    {"leaky_relu", {{"LeakyRelu", {Z}, {{"alpha", PARAMETER, 0}}}}},
    {"prelu", {{"PRelu", {Z, SLOPE}, {{0}}}}},
    {"elu", {{"Elu", {Z}, {{"alpha", PARAMETER, 0}}}}},
    {"thresholded_relu", {{"ThresholdedRelu", {Z}, {{"alpha", PARAMETER, 0}}}}},
    {"selu",
     {{"Selu", {Z}, {{"alpha", FIXED, 1.6732632423543772}, {"gamma", FIXED, 1.0507009873554805}}}}},
    {"gelu",
     {{"Mul", {Z, SQRT_HALF}, {{0}}},
      {"Erf", {LAST}, {{0}}},
      {"Add", {LAST, ONE}, {{0}}},
      {"Mul", {LAST, Z}, {{0}}},
      {"Mul", {LAST, HALF}, {{0}}}}},
    {"silu", {{"Sigmoid", {Z}, {{0}}}, {"Mul", {LAST, Z}, {{0}}}}},
    {"mish", {{"Softplus", {Z}, {{0}}}, {"Tanh", {LAST}, {{0}}}, {"Mul", {LAST, Z}, {{0}}}}},
    {"relu6", {{"Clip", {Z, ZERO, SIX}, {{0}}}}},
    {"softplus", {{"Softplus", {Z}, {{0}}}}},
    {"softsign", {{"Softsign", {Z}, {{0}}}}},
    {"hard_sigmoid", {{"HardSigmoid", {Z}, {{"alpha", FIXED, 1.0 / 6}, {"beta", FIXED, 0.5}}}}},
    {"exponential", {{"Exp", {Z}, {{0}}}}},
};
#define RECIPE_COUNT (sizeof recipes / sizeof *recipes)

static const char *constant(struct onnx_graph *graph, struct onnx_constants *used,
                            enum operand operand) {
    if (!used->added[operand])
        onnx_add_tensor(graph, constants[operand].name, &constants[operand].value,
                        (struct shape){0});
    used->added[operand] = true;
    return constants[operand].name;
}

static const struct recipe *find_recipe(const struct activation *activation) {
    for (size_t i = 0; i < RECIPE_COUNT; i++)
        if (strcmp(recipes[i].activation, activation->name) == 0)
            return &recipes[i];
    return NULL;
}

bool onnx_has_activation(const struct activation *activation) {
    return find_recipe(activation) != NULL;
}

void onnx_add_activation(struct onnx_graph *graph, struct onnx_constants *used,
                         const struct layer_spec *layer, size_t number, size_t owner, const char *z,
                         const char *output) {
    const struct recipe *recipe = find_recipe(layer->activation);
    const char *last = z;
    for (size_t i = 0; i < ONNX_STEPS_MAX && recipe->steps[i].operator; i++) {
        const struct step *step = &recipe->steps[i];
        const bool ends = i + 1 == ONNX_STEPS_MAX || !recipe->steps[i + 1].operator;
        struct onnx_node node = {.operator= step->operator};
        for (size_t j = 0; j < 3 && step->inputs[j] != NONE; j++)
            node.inputs[j] = step->inputs[j] == Z      ? z
                             : step->inputs[j] == LAST ? last
                             : step->inputs[j] == SLOPE
                                 ? onnx_name(graph, "layer_%zu/alpha", owner + 1)
                                 : constant(graph, used, step->inputs[j]);
        for (size_t j = 0; j < 2 && step->attributes[j].name; j++) {
            const struct attribute *from = &step->attributes[j];
            node.attributes[j] = (struct onnx_attribute){
                .name = from->name,
                .type = from->kind == TYPE ? ONNX_INT : ONNX_FLOAT,
                .value = from->kind == PARAMETER ? layer->activation_parameter : from->value};
        }
        last = onnx_add_node(graph, &node,
                             ends ? output
                                  : onnx_name(graph, "layer_%zu/step_%zu", number + 1, i + 1));
    }
}
