/* Time for measuring: seconds that only go forward. */
#ifndef SWEEP_BASE_CLOCK_H
#define SWEEP_BASE_CLOCK_H

#include <time.h>

static inline double clock_seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

#endif
