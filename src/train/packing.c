#include "train/packing.h"

#include "train/loads.h"

static void give(const struct cohort *slice, uint32_t task, uint32_t *tasks) {
    for (size_t i = 0; i < slice->run_count; i++)
        for (size_t j = 0; j < slice->runs[i]->milestone_count; j++)
            tasks[slice->runs[i]->milestones[j].trial] = task;
}

double *packing_make(const struct plan *plan, size_t count, size_t trial_count, uint32_t *tasks,
                     struct arena *arena) {
    struct loads loads;
    if (!loads_init(&loads, count, arena))
        return NULL;
    for (size_t i = 0; i < trial_count; i++)
        tasks[i] = (uint32_t)(i % count) + 1;
    for (size_t i = 0; i < plan->slice_count; i++)
        give(&plan->slices[i], (uint32_t)loads_add(&loads, plan->slice_seconds[i]) + 1, tasks);
    return loads.seconds;
}
