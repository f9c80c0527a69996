#include "train/packing.h"

static size_t least(const double *seconds, size_t count) {
    size_t first = 0;
    for (size_t i = 1; i < count; i++)
        if (seconds[i] < seconds[first])
            first = i;
    return first;
}

static void give(const struct cohort *slice, uint32_t task, uint32_t *tasks) {
    for (size_t i = 0; i < slice->run_count; i++)
        for (size_t j = 0; j < slice->runs[i]->milestone_count; j++)
            tasks[slice->runs[i]->milestones[j].trial] = task;
}

void packing_make(const struct plan *plan, size_t count, size_t trial_count, uint32_t *tasks,
                  double *seconds) {
    for (size_t i = 0; i < count; i++)
        seconds[i] = 0;
    for (size_t i = 0; i < trial_count; i++)
        tasks[i] = (uint32_t)(i % count) + 1;
    for (size_t i = 0; i < plan->slice_count; i++) {
        const size_t task = least(seconds, count);
        seconds[task] += plan->slice_seconds[i];
        give(&plan->slices[i], (uint32_t)task + 1, tasks);
    }
}
