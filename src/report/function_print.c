#include "report/function_print.h"

#include "base/text.h"
#include "nn/shape.h"
#include "report/plot.h"
#include "report/terminal.h"

#include <math.h>
#include <string.h>

#define PLACES 289  /* odd, so that 0 is one of them: dots of a terminal's width, and more */
#define REACH 4     /* from -REACH to REACH, */
#define REACH_FAR 8 /* or so far, where a function bends beyond */
#define UNITS 10    /* of a row, and classes */
#define ALPHA 0.25F /* of what is learned, to be drawn */

static double place_at(double first, double last, size_t i) {
    return first + (last - first) * (double)i / (PLACES - 1);
}

/* Signs as they are printed, where the terminal has them. */
static void append_formula(const char *formula, struct text *text) {
    static const char *const signs[][2] = {{" >= ", " ≥ "}, {" <= ", " ≤ "}, {" * ", " · "},
                                           {"^2", "²"},     {" - ", " − "},  {"(-", "(−"},
                                           {"1/2", "½"}};
    const bool unicode = terminal_unicode();
    while (*formula) {
        size_t i = 0, count = unicode ? sizeof signs / sizeof *signs : 0;
        while (i < count && strncmp(formula, signs[i][0], strlen(signs[i][0])) != 0)
            i++;
        if (i < count)
            text_append(text, signs[i][1]);
        else
            text_append_bytes(text, formula, 1);
        formula += i < count ? strlen(signs[i][0]) : 1;
    }
}

static void print_formula(FILE *stream, const char *what, const char *formula) {
    struct text text;
    text_init(&text);
    text_append(&text, what);
    append_formula(formula, &text);
    terminal_print(stream, 8, "%s", text.data);
    text_release(&text);
}

static const char *first_derivative(void) {
    return terminal_unicode() ? "  f′(x) = " : "  f'(x) = ";
}

/* "activation silu, swish" */
static void print_names(FILE *stream, const char *kind, const char *name,
                        const char *const *aliases, size_t most) {
    struct text text;
    text_init(&text);
    text_printf(&text, "%s %s", kind, name);
    for (size_t i = 0; i < most && aliases[i]; i++)
        text_printf(&text, ", %s", aliases[i]);
    terminal_print(stream, 2, "%s", text.data);
    text_release(&text);
}

#define PRINT_NAMES(STREAM, KIND, ROW)                                                             \
    print_names(STREAM, KIND, (ROW)->name, (ROW)->aliases,                                         \
                sizeof(ROW)->aliases / sizeof *(ROW)->aliases)

/* --- activations --- */

/* An activation and its slope along x, the row's other units being `others`. */
struct curve {
    double first, last;
    double values[PLACES], slopes[PLACES];
};

static enum status follow(const struct activation *activation, double reach, float others,
                          struct arena *arena, struct curve *curve, struct error *error) {
    const size_t stride = PAD_TO_LANES(UNITS), count = PLACES * stride;
    float *z = ARENA_NEW(arena, float, count), *a = ARENA_NEW(arena, float, count);
    float *delta = ARENA_NEW(arena, float, count), *alpha = ARENA_NEW(arena, float, 2 * stride);
    if (!z || !a || !delta || !alpha)
        return error_memory(error);
    *curve = (struct curve){.first = -reach, .last = reach};
    for (size_t i = 0; i < PLACES; i++) {
        z[i * stride] = (float)place_at(-reach, reach, i);
        delta[i * stride] = 1;
        for (size_t unit = 1; unit < UNITS; unit++)
            z[i * stride + unit] = others;
    }
    for (size_t unit = 0; unit < UNITS; unit++)
        alpha[unit] = ALPHA;
    const struct activation_arguments arguments = {.of = activation,
                                                   .rows = PLACES,
                                                   .units = UNITS,
                                                   .stride = stride,
                                                   .parameter =
                                                       (float)activation->parameter_default,
                                                   .alpha = alpha,
                                                   .alpha_gradient = alpha + stride,
                                                   .alpha_floats = stride,
                                                   .axes = {{1, 0}, {1, 0}, {UNITS, 1}}};
    activation->forward(z, a, &arguments);
    activation->backward(z, a, delta, &arguments);
    for (size_t i = 0; i < PLACES; i++) {
        curve->values[i] = (double)a[i * stride];
        curve->slopes[i] = (double)delta[i * stride];
    }
    return STATUS_OK;
}

#define BEND 0.1      /* a change of slope that is worth a wider look, */
#define VALUE_FAR 100 /* of what does not grow beyond this */

/* Near, or far if it bends there. */
static enum status follow_activation(const struct activation *activation, struct arena *arena,
                                     struct curve *curve, struct error *error) {
    const size_t last = PLACES - 1;
    struct curve far = {0};
    enum status status = follow(activation, REACH, 0, arena, curve, error);
    if (status == STATUS_OK)
        status = follow(activation, REACH_FAR, 0, arena, &far, error);
    if (status == STATUS_OK && fabs(far.values[last]) < VALUE_FAR &&
        (fabs(far.slopes[last] - curve->slopes[last]) > BEND ||
         fabs(far.slopes[0] - curve->slopes[0]) > BEND))
        *curve = far;
    return status;
}

static void print_what_is_drawn(FILE *stream, const struct activation *activation, bool whole) {
    static const char *const names[] = {[ACTIVATION_NEGATIVE_SLOPE] = "negative_slope",
                                        [ACTIVATION_ALPHA] = "alpha",
                                        [ACTIVATION_THETA] = "theta"};
    if (activation->parameter != ACTIVATION_NO_PARAMETER)
        terminal_print(stream, 2, "  drawn with %s %g, the default", names[activation->parameter],
                       activation->parameter_default);
    if (activation->learned)
        terminal_print(stream, 2, "  drawn with alpha %g", (double)ALPHA);
    if (whole)
        terminal_print(stream, 2, "  drawn of one of %d units, x of the others being 0", UNITS);
}

enum status function_print_activation(FILE *stream, const struct activation *activation,
                                      struct arena *arena, struct error *error) {
    struct curve curve, other;
    enum status status = follow_activation(activation, arena, &curve, error);
    if (status == STATUS_OK)
        status = follow(activation, curve.last, 1, arena, &other, error);
    if (status != STATUS_OK)
        return status;
    PRINT_NAMES(stream, "activation", activation);
    print_formula(stream, "  f(x) = ", activation->help);
    if (activation->slope)
        print_formula(stream, first_derivative(), activation->slope);
    print_what_is_drawn(
        stream, activation,
        memcmp((const char *)curve.values, (const char *)other.values, sizeof curve.values) != 0);
    fputc('\n', stream);
    const struct plot plot = {.across = "x",
                              .first = curve.first,
                              .last = curve.last,
                              .count = PLACES,
                              .curve_count = 2,
                              .curves = {{"f", curve.values}, {"its derivative", curve.slopes}}};
    return plot_print(stream, &plot, arena, error);
}

/* --- losses --- */

#define PREDICTION_LEAST 0.01

enum status function_print_loss(FILE *stream, const struct loss *loss, struct arena *arena,
                                struct error *error) {
    double values[PLACES];
    for (size_t i = 0; i < PLACES; i++) {
        const float own = (float)place_at(PREDICTION_LEAST, 1, i);
        float y[UNITS] = {own};
        for (size_t c = 1; c < UNITS; c++)
            y[c] = (1 - own) / (UNITS - 1);
        values[i] = loss->row(y, 0, UNITS, NULL);
    }
    PRINT_NAMES(stream, "loss", loss);
    print_formula(stream, "  ", loss->help);
    terminal_print(stream, 2,
                   "  drawn of an image of %d classes, against the prediction for its own; the "
                   "others share what is left of 1",
                   UNITS);
    fputc('\n', stream);
    const struct plot plot = {.across = "y",
                              .first = PREDICTION_LEAST,
                              .last = 1,
                              .count = PLACES,
                              .curve_count = 1,
                              .curves = {{"loss", values}}};
    return plot_print(stream, &plot, arena, error);
}

/* --- initializers --- */

#define INPUTS 784
#define LAYER_UNITS 128

/* The density of a weight in units of the initializer's size, which is the limit of a uniform one
 * and else the standard deviation. */
static double density(const struct initializer *initializer, double value) {
    const double normal = exp(-value * value / 2) / sqrt(2 * M_PI);
    switch (initializer->distribution) {
    case INITIALIZER_UNIFORM:
        return fabs(value) <= 1 ? 0.5 : 0;
    case INITIALIZER_NORMAL:
        return normal;
    case INITIALIZER_TRUNCATED:
        return fabs(value) <= 2 ? normal / erf(2 / sqrt(2)) : 0;
    case INITIALIZER_CONSTANT:
        break;
    }
    return 0;
}

enum status function_print_initializer(FILE *stream, const struct initializer *initializer,
                                       struct arena *arena, struct error *error) {
    const double size = initializer->size(INPUTS, LAYER_UNITS);
    const double reach = size * (initializer->distribution == INITIALIZER_UNIFORM     ? 1.25
                                 : initializer->distribution == INITIALIZER_TRUNCATED ? 2.5
                                                                                      : 4);
    double densities[PLACES];
    PRINT_NAMES(stream, "initializer", initializer);
    print_formula(stream, "  ", initializer->help);
    if (initializer->distribution == INITIALIZER_CONSTANT)
        return STATUS_OK;
    for (size_t i = 0; i < PLACES; i++)
        densities[i] = density(initializer, place_at(-reach, reach, i) / size) / size;
    terminal_print(stream, 2, "  drawn for the weights of %d units on %d inputs", LAYER_UNITS,
                   INPUTS);
    fputc('\n', stream);
    const struct plot plot = {.across = "weight",
                              .first = -reach,
                              .last = reach,
                              .count = PLACES,
                              .curve_count = 1,
                              .curves = {{"density", densities}}};
    return plot_print(stream, &plot, arena, error);
}
