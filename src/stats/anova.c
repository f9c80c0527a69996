#include "stats/anova.h"

#include "stats/anova_private.h"

#include <float.h>
#include <math.h>

static bool is_parent(const struct anova_data *data, size_t of, size_t factor) {
    return data->parents && (data->parents[of] >> factor & 1);
}

enum status anova_list_parts(const struct anova_data *data, bool interactions, struct arena *arena,
                             struct anova *anova, struct error *error) {
    const size_t k = data->factor_count;
    anova->parts = ARENA_NEW(arena, struct anova_part, k + k * (k - 1) / 2);
    if (!anova->parts)
        return error_memory(error);
    anova->part_count = 0;
    for (size_t i = 0; i < k; i++)
        anova->parts[anova->part_count++] = (struct anova_part){
            .order = 1, .factors = {i, 0}, .freedom = data->level_counts[i] - 1};
    for (size_t i = 0; i < k && interactions; i++)
        for (size_t j = i + 1; j < k; j++) {
            /* A factor's own effect is one with that on the factor it is nested in. */
            if (is_parent(data, i, j) || is_parent(data, j, i))
                continue;
            anova->parts[anova->part_count++] = (struct anova_part){
                .order = 2,
                .factors = {i, j},
                .freedom = (data->level_counts[i] - 1) * (data->level_counts[j] - 1)};
        }
    return STATUS_OK;
}

static size_t column_count(const struct anova_data *data, bool interactions) {
    size_t own = 0, squares = 0;
    for (size_t i = 0; i < data->factor_count; i++) {
        const size_t columns = data->level_counts[i] - 1;
        if (columns > ANOVA_COLUMNS_MAX)
            return ANOVA_COLUMNS_MAX + 1;
        own += columns;
        squares += columns * columns;
    }
    return interactions ? own + (own * own - squares) / 2 : own;
}

static enum status choose_method(const struct anova_data *data, struct arena *arena,
                                 struct anova *anova, struct error *error) {
    bool grid = false;
    enum status status = anova_is_grid(data, arena, &grid, error);
    if (grid)
        anova->method = ANOVA_EXACT;
    else if (data->sampled)
        anova->method = ANOVA_NONE;
    else if (column_count(data, true) <= ANOVA_COLUMNS_MAX)
        anova->method = ANOVA_TYPE_2;
    else if (column_count(data, false) <= ANOVA_COLUMNS_MAX)
        anova->method = ANOVA_TYPE_2_MAIN;
    return status;
}

/* Whether the values differ by more than what rounding leaves of equal ones. */
static bool differ(const struct anova_data *data) {
    double least = (double)INFINITY, most = -(double)INFINITY;
    for (size_t i = 0; i < data->count; i++) {
        least = fmin(least, data->values[i]);
        most = fmax(most, data->values[i]);
    }
    return most - least > 8 * DBL_EPSILON * fmax(fabs(least), fabs(most));
}

bool anova_begin(const struct anova_data *data, struct anova *anova) {
    double sum = 0, squares = 0;
    *anova = (struct anova){.higher = (double)NAN, .rest = (double)NAN};
    for (size_t i = 0; i < data->count; i++)
        sum += data->values[i];
    anova->mean = sum / (double)data->count;
    for (size_t i = 0; i < data->count; i++)
        squares += (data->values[i] - anova->mean) * (data->values[i] - anova->mean);
    anova->variance = squares / (double)data->count;
    return data->factor_count > 0 && data->factor_count <= ANOVA_FACTORS_MAX && differ(data);
}

enum status anova_decompose(const struct anova_data *data, struct arena *arena, struct anova *anova,
                            struct error *error) {
    if (!anova_begin(data, anova))
        return STATUS_OK;
    enum status status = choose_method(data, arena, anova, error);
    if (status != STATUS_OK || anova->method == ANOVA_NONE)
        return status;
    status = anova_list_parts(data, anova->method != ANOVA_TYPE_2_MAIN, arena, anova, error);
    if (status != STATUS_OK)
        return status;
    return anova->method == ANOVA_EXACT ? anova_of_grid(data, arena, anova, error)
                                        : anova_of_fit(data, arena, anova, error);
}
