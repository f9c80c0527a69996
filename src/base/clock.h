/* Time for measuring: seconds that only go forward, and those that the calling thread has run,
 * which leave out what the machine did for others. For the record: seconds since 1970. */
#ifndef SWEEP_BASE_CLOCK_H
#define SWEEP_BASE_CLOCK_H

#include <time.h>

static inline double clock_read(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static inline double clock_seconds(void) {
    return clock_read(CLOCK_MONOTONIC);
}

static inline double clock_thread_seconds(void) {
    return clock_read(CLOCK_THREAD_CPUTIME_ID);
}

static inline double clock_date(void) {
    return clock_read(CLOCK_REALTIME);
}

#endif
