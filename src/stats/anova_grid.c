#include "stats/anova_private.h"

#include <math.h>
#include <string.h>

/* The means at each point of a grid: a table with a dimension for each factor, the last of which
 * varies fastest. Means are less that of all. */
struct grid {
    const struct anova_data *data;
    size_t cell_count;
    size_t strides[ANOVA_FACTORS_MAX];
    double *means;
    double *own[ANOVA_FACTORS_MAX]; /* the mean at each value of a factor */
};

/* The number of points, or 0 when that is more than there are observations. */
static size_t lay_out(const struct anova_data *data, size_t strides[ANOVA_FACTORS_MAX]) {
    size_t cells = 1;
    for (size_t i = data->factor_count; i-- > 0;) {
        strides[i] = cells;
        if (__builtin_mul_overflow(cells, data->level_counts[i], &cells) || cells > data->count)
            return 0;
    }
    return cells;
}

static size_t cell_of(const struct anova_data *data, const size_t *strides, size_t observation) {
    const uint32_t *levels = data->levels + observation * data->factor_count;
    size_t cell = 0;
    for (size_t i = 0; i < data->factor_count; i++)
        cell += levels[i] * strides[i];
    return cell;
}

enum status anova_is_grid(const struct anova_data *data, struct arena *arena, bool *grid,
                          struct error *error) {
    size_t strides[ANOVA_FACTORS_MAX];
    const size_t cells = lay_out(data, strides);
    *grid = false;
    if (cells == 0 || data->count % cells != 0)
        return STATUS_OK;
    size_t *counts = ARENA_NEW(arena, size_t, cells);
    if (!counts)
        return error_memory(error);
    for (size_t i = 0; i < data->count; i++)
        counts[cell_of(data, strides, i)]++;
    *grid = true;
    for (size_t i = 0; i < cells; i++)
        *grid &= counts[i] == data->count / cells;
    return STATUS_OK;
}

static size_t level_at(const struct grid *grid, size_t factor, size_t cell) {
    return cell / grid->strides[factor] % grid->data->level_counts[factor];
}

/* V_A, which leaves the means at the factor's values behind. */
static double own_variance(const struct grid *grid, size_t factor) {
    const size_t levels = grid->data->level_counts[factor];
    const size_t cells = grid->cell_count / levels; /* at each value */
    double *means = grid->own[factor], sum = 0;
    for (size_t i = 0; i < grid->cell_count; i++)
        means[level_at(grid, factor, i)] += grid->means[i] / (double)cells;
    for (size_t i = 0; i < levels; i++)
        sum += means[i] * means[i];
    return sum / (double)levels;
}

/* V_AB; `scratch` has room for all pairs of values. */
static double pair_variance(const struct grid *grid, size_t a, size_t b, double *scratch) {
    const size_t rows = grid->data->level_counts[a], columns = grid->data->level_counts[b];
    const size_t cells = grid->cell_count / (rows * columns); /* at each pair of values */
    double sum = 0;
    memset(scratch, 0, rows * columns * sizeof *scratch);
    for (size_t i = 0; i < grid->cell_count; i++)
        scratch[level_at(grid, a, i) * columns + level_at(grid, b, i)] +=
            grid->means[i] / (double)cells;
    for (size_t i = 0; i < rows * columns; i++) {
        const double left = scratch[i] - grid->own[a][i / columns] - grid->own[b][i % columns];
        sum += left * left;
    }
    return sum / (double)(rows * columns);
}

static enum status make_grid(const struct anova_data *data, double mean, struct arena *arena,
                             struct grid *grid, struct error *error) {
    *grid = (struct grid){.data = data};
    grid->cell_count = lay_out(data, grid->strides);
    grid->means = ARENA_NEW(arena, double, grid->cell_count);
    bool whole = grid->means != NULL;
    for (size_t i = 0; i < data->factor_count; i++) {
        grid->own[i] = ARENA_NEW(arena, double, data->level_counts[i]);
        whole &= grid->own[i] != NULL;
    }
    if (!whole)
        return error_memory(error);
    const size_t repeats = data->count / grid->cell_count;
    for (size_t i = 0; i < data->count; i++)
        grid->means[cell_of(data, grid->strides, i)] += (data->values[i] - mean) / (double)repeats;
    return STATUS_OK;
}

enum status anova_of_grid(const struct anova_data *data, struct arena *arena, struct anova *anova,
                          struct error *error) {
    struct grid grid;
    enum status status = make_grid(data, anova->mean, arena, &grid, error);
    double *scratch = ARENA_NEW(arena, double, data->count);
    if (status != STATUS_OK || !scratch)
        return status != STATUS_OK ? status : error_memory(error);
    double within = 0, explained = 0;
    for (size_t i = 0; i < data->count; i++) {
        const double left =
            data->values[i] - anova->mean - grid.means[cell_of(data, grid.strides, i)];
        within += left * left;
    }
    for (size_t i = 0; i < anova->part_count; i++) {
        struct anova_part *part = &anova->parts[i];
        const double variance =
            part->order == 1 ? own_variance(&grid, part->factors[0])
                             : pair_variance(&grid, part->factors[0], part->factors[1], scratch);
        part->share = variance / anova->variance;
        explained += part->share;
    }
    anova->rest = within / (double)data->count / anova->variance;
    /* Rounding may leave less than nothing. */
    anova->higher = fmax(0, 1 - explained - anova->rest);
    return STATUS_OK;
}
