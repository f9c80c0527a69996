#include "train/packing.h"

#include <stdlib.h>

static size_t least(const double *busy, size_t count) {
    size_t first = 0;
    for (size_t i = 1; i < count; i++)
        if (busy[i] < busy[first])
            first = i;
    return first;
}

static void give(const struct cohort *slice, uint32_t task, uint32_t *tasks) {
    for (size_t i = 0; i < slice->run_count; i++)
        for (size_t j = 0; j < slice->runs[i]->milestone_count; j++)
            tasks[slice->runs[i]->milestones[j].trial] = task;
}

enum status packing_make(const struct plan *plan, size_t count, size_t trial_count, uint32_t *tasks,
                         double *seconds, struct error *error) {
    double *busy = calloc(count, sizeof *busy);
    if (!busy)
        return error_memory(error);
    for (size_t i = 0; i < trial_count; i++)
        tasks[i] = (uint32_t)(i % count) + 1;
    *seconds = 0;
    for (size_t i = 0; i < plan->slice_count; i++) {
        const size_t task = least(busy, count);
        busy[task] += plan->slice_seconds[i];
        *seconds = busy[task] > *seconds ? busy[task] : *seconds;
        give(&plan->slices[i], (uint32_t)task + 1, tasks);
    }
    free(busy);
    return STATUS_OK;
}
