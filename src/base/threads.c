#include "base/threads.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A thread that lasts until it is let go. */
static void *wait_for_end(void *context) {
    pthread_mutex_t *lock = context;
    pthread_mutex_lock(lock);
    pthread_mutex_unlock(lock);
    return NULL;
}

enum status threads_check(size_t count, struct error *error) {
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_t *threads = calloc(count, sizeof *threads);
    size_t started = 0;
    int reason = 0;
    if (!threads)
        return error_memory(error);
    pthread_mutex_lock(&lock);
    while (started < count && reason == 0) {
        reason = pthread_create(&threads[started], NULL, wait_for_end, &lock);
        started += reason == 0;
    }
    pthread_mutex_unlock(&lock);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    if (reason == 0)
        return STATUS_OK;
    return error_set(error, STATUS_MEMORY,
                     "only %zu of %zu threads can be started (%s); take fewer with --jobs", started,
                     count, strerror(reason));
}
