#include "train/loads.h"

bool loads_init(struct loads *loads, size_t count, struct arena *arena) {
    *loads = (struct loads){.count = count,
                            .seconds = ARENA_NEW(arena, double, count),
                            .heap = ARENA_NEW(arena, size_t, count)};
    if (!loads->seconds || !loads->heap)
        return false;
    loads_clear(loads);
    return true;
}

void loads_clear(struct loads *loads) {
    for (size_t i = 0; i < loads->count; i++) {
        loads->seconds[i] = 0;
        loads->heap[i] = i;
    }
}

static bool is_before(const struct loads *loads, size_t one, size_t other) {
    const double *seconds = loads->seconds;
    return seconds[one] != seconds[other] ? seconds[one] < seconds[other] : one < other;
}

size_t loads_add(struct loads *loads, double seconds) {
    size_t *heap = loads->heap;
    const size_t given = heap[0];
    size_t at = 0;
    loads->seconds[given] += seconds;
    for (size_t child; (child = 2 * at + 1) < loads->count; at = child) {
        if (child + 1 < loads->count && is_before(loads, heap[child + 1], heap[child]))
            child++;
        if (is_before(loads, given, heap[child]))
            break;
        heap[at] = heap[child];
    }
    heap[at] = given;
    return given;
}
