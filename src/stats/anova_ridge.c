#include "stats/anova_private.h"

#include "stats/numerics.h"

#include <math.h>

#define PENALTY 1.0

/* The columns of all factors, one factor's after the other's. */
struct design {
    const struct anova_data *data;
    size_t size;
    size_t *first;        /* of each factor */
    double *rows;         /* data->count x size */
    double *coefficients; /* size */
};

static enum status make_room(const struct anova_data *data, struct arena *arena,
                             struct design *design, struct error *error) {
    size_t cells = 0;
    *design = (struct design){.data = data};
    design->first = ARENA_NEW(arena, size_t, data->factor_count);
    if (!design->first)
        return error_memory(error);
    for (size_t i = 0; i < data->factor_count; i++) {
        design->first[i] = design->size;
        design->size += data->level_counts[i];
    }
    const bool fits = !__builtin_mul_overflow(data->count, design->size, &cells);
    design->rows = fits ? ARENA_NEW(arena, double, cells) : NULL;
    design->coefficients = ARENA_NEW(arena, double, design->size);
    return design->rows && design->coefficients ? STATUS_OK : error_memory(error);
}

static uint32_t level_of(const struct design *design, size_t row, size_t factor) {
    return design->data->levels[row * design->data->factor_count + factor];
}

/* A factor's columns: 1 at a value's level, less the column's mean, over the values where the
 * factor exists; 0 elsewhere. */
static void fill_columns(struct design *design, size_t factor) {
    const size_t levels = design->data->level_counts[factor], first = design->first[factor];
    double *means = design->coefficients + first; /* not in use yet */
    size_t count = 0;
    for (size_t i = 0; i < design->data->count; i++)
        if (level_of(design, i, factor) < levels) {
            means[level_of(design, i, factor)]++;
            count++;
        }
    for (size_t i = 0; i < design->data->count; i++) {
        const uint32_t own = level_of(design, i, factor);
        double *row = design->rows + i * design->size + first;
        for (size_t j = 0; j < levels && own < levels; j++)
            row[j] = (j == own) - means[j] / (double)count;
    }
}

/* What a factor adds to the fitted value of a row. Its sum over all rows is 0. */
static double contribution(const struct design *design, size_t row, size_t factor) {
    const size_t first = design->first[factor];
    const double *columns = design->rows + row * design->size + first;
    double sum = 0;
    for (size_t i = 0; i < design->data->level_counts[factor]; i++)
        sum += columns[i] * design->coefficients[first + i];
    return sum;
}

static void share_out(const struct design *design, struct anova *anova) {
    const struct anova_data *data = design->data;
    const double total = anova->variance * (double)data->count;
    anova->rest = 0;
    for (size_t i = 0; i < data->count; i++) {
        double left = data->values[i] - anova->mean;
        for (size_t j = 0; j < data->factor_count; j++) {
            const double part = contribution(design, i, j);
            anova->parts[j].share += part * part / total;
            left -= part;
        }
        anova->rest += left * left / total;
    }
}

enum status anova_ridge(const struct anova_data *data, struct arena *arena, struct anova *anova,
                        struct error *error) {
    struct design design;
    if (!anova_begin(data, anova))
        return STATUS_OK;
    enum status status = anova_list_parts(data, false, arena, anova, error);
    if (status == STATUS_OK)
        status = make_room(data, arena, &design, error);
    double *values = ARENA_NEW(arena, double, data->count);
    if (status == STATUS_OK && !values)
        status = error_memory(error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < data->factor_count; i++)
        fill_columns(&design, i);
    for (size_t i = 0; i < data->count; i++)
        values[i] = data->values[i] - anova->mean;
    anova->method = ANOVA_RIDGE;
    status = numerics_ridge(design.rows, values, data->count, design.size, PENALTY,
                            design.coefficients, error);
    if (status == STATUS_OK)
        share_out(&design, anova);
    return status;
}
