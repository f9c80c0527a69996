#include "nn/initializer.h"

#include "base/names.h"

#include <math.h>

static double zero(size_t inputs, size_t units) {
    (void)inputs;
    (void)units;
    return 0;
}

static double one(size_t inputs, size_t units) {
    return zero(inputs, units) + 1;
}

static double twentieth(size_t inputs, size_t units) {
    return zero(inputs, units) + 0.05;
}

/* A uniform variable in [-limit, limit] has the variance limit^2 / 3. */
static double glorot_limit(size_t inputs, size_t units) {
    return sqrt(6.0 / (double)(inputs + units));
}

static double he_limit(size_t inputs, size_t units) {
    (void)units;
    return sqrt(6.0 / (double)inputs);
}

static double lecun_limit(size_t inputs, size_t units) {
    (void)units;
    return sqrt(3.0 / (double)inputs);
}

/* The standard deviation of a standard normal cut off at 2; Keras divides by it so that the cut
 * values have the variance asked for. */
#define TRUNCATED_DEVIATION 0.87962566103423978

static double glorot_deviation(size_t inputs, size_t units) {
    return sqrt(2.0 / (double)(inputs + units)) / TRUNCATED_DEVIATION;
}

static double he_deviation(size_t inputs, size_t units) {
    (void)units;
    return sqrt(2.0 / (double)inputs) / TRUNCATED_DEVIATION;
}

static double lecun_deviation(size_t inputs, size_t units) {
    (void)units;
    return sqrt(1.0 / (double)inputs) / TRUNCATED_DEVIATION;
}

const struct initializer initializers[] = {
    {.name = "glorot_uniform",
     .aliases = {"xavier_uniform"},
     .distribution = INITIALIZER_UNIFORM,
     .size = glorot_limit,
     .help = "uniform, limit sqrt(6 / (inputs + units))"},
    {.name = "glorot_normal",
     .aliases = {"xavier_normal"},
     .distribution = INITIALIZER_TRUNCATED,
     .size = glorot_deviation,
     .help = "normal cut at 2 deviations, variance 2 / (inputs + units)"},
    {.name = "he_uniform",
     .distribution = INITIALIZER_UNIFORM,
     .size = he_limit,
     .help = "uniform, limit sqrt(6 / inputs)"},
    {.name = "he_normal",
     .distribution = INITIALIZER_TRUNCATED,
     .size = he_deviation,
     .help = "normal cut at 2 deviations, variance 2 / inputs"},
    {.name = "lecun_uniform",
     .distribution = INITIALIZER_UNIFORM,
     .size = lecun_limit,
     .help = "uniform, limit sqrt(3 / inputs)"},
    {.name = "lecun_normal",
     .distribution = INITIALIZER_TRUNCATED,
     .size = lecun_deviation,
     .help = "normal cut at 2 deviations, variance 1 / inputs"},
    {.name = "random_uniform",
     .aliases = {"uniform"},
     .distribution = INITIALIZER_UNIFORM,
     .size = twentieth,
     .help = "uniform in -0.05 .. 0.05"},
    {.name = "random_normal",
     .aliases = {"normal"},
     .distribution = INITIALIZER_NORMAL,
     .size = twentieth,
     .help = "normal, deviation 0.05"},
    {.name = "truncated_normal",
     .distribution = INITIALIZER_TRUNCATED,
     .size = twentieth,
     .help = "normal, deviation 0.05, cut at 2 deviations"},
    [INITIALIZER_ZEROS] = {.name = "zeros",
                           .aliases = {"zero"},
                           .distribution = INITIALIZER_CONSTANT,
                           .size = zero,
                           .help = "0"},
    [INITIALIZER_ONES] = {.name = "ones",
                          .aliases = {"one"},
                          .distribution = INITIALIZER_CONSTANT,
                          .size = one,
                          .help = "1"},
};
const size_t initializer_count = sizeof initializers / sizeof *initializers;

const struct initializer *initializer_find(const char *name) {
    return NAMES_FIND_LIKE(initializers, initializer_count, name);
}

const char *initializer_name(size_t i) {
    return i < initializer_count ? initializers[i].name : NULL;
}

/* Draws beyond the cut are drawn again, from a part of the index space of their own. */
static double truncated_normal(struct random_source source, uint64_t index) {
    for (uint64_t attempt = 0;; attempt++) {
        double value = random_normal(source, index + (attempt << 40));
        if (value >= -2 && value <= 2)
            return value;
    }
}

/* How many numbers each output is made of, and each input goes into. */
static void fans_of(struct shape shape, size_t *inputs, size_t *units) {
    size_t places = 1;
    for (size_t i = 0; i + 2 < shape.rank; i++)
        places *= shape.dims[i];
    *units = places * shape_columns(shape);
    *inputs = shape.rank < 2 ? *units : places * shape.dims[shape.rank - 2];
}

void initializer_fill(const struct initializer *initializer, float *values, struct shape shape,
                      struct random_source source) {
    size_t inputs, units;
    fans_of(shape, &inputs, &units);
    const double size = initializer->size(inputs, units);
    for (size_t i = 0; i < shape_size(shape); i++) {
        double value = 1;
        switch (initializer->distribution) {
        case INITIALIZER_CONSTANT:
            break;
        case INITIALIZER_UNIFORM:
            value = 2 * random_unit(source, i) - 1;
            break;
        case INITIALIZER_NORMAL:
            value = random_normal(source, i);
            break;
        case INITIALIZER_TRUNCATED:
            value = truncated_normal(source, i);
            break;
        }
        values[i] = (float)(size * value);
    }
}
