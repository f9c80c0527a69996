#include "analysis/grouped.h"

enum status grouped_summaries(const double *values, const size_t *group, size_t count,
                              size_t groups, struct arena *arena, struct summary **summaries,
                              struct error *error) {
    /* A counting sort: next[g] is where the next number of group g goes. */
    size_t *next = ARENA_NEW(arena, size_t, groups + 2);
    double *sorted = ARENA_NEW(arena, double, count);
    *summaries = ARENA_NEW(arena, struct summary, groups);
    if (!next || !sorted || !*summaries)
        return error_memory(error);
    for (size_t i = 0; i < count; i++)
        next[group[i] + 1]++;
    for (size_t i = 0; i <= groups; i++)
        next[i + 1] += next[i];
    for (size_t i = 0; i < count; i++)
        sorted[next[group[i]]++] = values[i];
    for (size_t i = 0; i < groups; i++) {
        const size_t first = i > 0 ? next[i - 1] : 0;
        (*summaries)[i] = summary_of(sorted + first, next[i] - first);
    }
    return STATUS_OK;
}
