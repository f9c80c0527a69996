#include "sweep/schedule.h"

#include "base/clock.h"
#include "math/gemm.h"

#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define TICK_SECONDS 0.2

/* A result on its way from a worker to the sink, with its history. */
struct message {
    struct message *next;
    struct trial_result result;
    struct epoch_scores history[];
};

struct schedule {
    const struct plan *plan;
    const atomic_int *stop;
    atomic_int halted;     /* the sink failed */
    atomic_size_t images;
    atomic_size_t next;    /* slice to take */
    pthread_mutex_t lock;  /* of what follows */
    pthread_cond_t arrived;
    struct message *first, **last;
    size_t working;        /* workers that have not ended */
    size_t delivered;      /* results the sink took; the attending thread's own */
    bool lost;             /* a message could not be allocated */
};

size_t schedule_default_jobs(void) {
    cpu_set_t cores;
    if (sched_getaffinity(0, sizeof cores, &cores) == 0 && CPU_COUNT(&cores) > 0)
        return (size_t)CPU_COUNT(&cores);
    return (size_t)omp_get_num_procs();
}

static bool stopped(void *context) {
    struct schedule *schedule = context;
    return atomic_load(schedule->stop) != 0 || atomic_load(&schedule->halted) != 0;
}

static void add_images(void *context, size_t count) {
    struct schedule *schedule = context;
    atomic_fetch_add_explicit(&schedule->images, count, memory_order_relaxed);
}

static void post(void *context, const struct trial_result *result) {
    struct schedule *schedule = context;
    const size_t bytes = result->epochs * sizeof *result->history;
    struct message *message = malloc(sizeof *message + bytes);
    if (message) {
        message->next = NULL;
        message->result = *result;
        message->result.history = message->history;
        if (bytes > 0)
            memcpy(message->history, result->history, bytes);
    }
    pthread_mutex_lock(&schedule->lock);
    if (message) {
        *schedule->last = message;
        schedule->last = &message->next;
    } else {
        schedule->lost = true;
        atomic_store(&schedule->halted, 1);
    }
    pthread_cond_signal(&schedule->arrived);
    pthread_mutex_unlock(&schedule->lock);
}

static void work(struct schedule *schedule) {
    const struct observer observer = {
        .context = schedule, .trial = post, .images = add_images, .stopped = stopped};
    struct arena arena;
    arena_init(&arena);
    while (!stopped(schedule)) {
        size_t slice = atomic_fetch_add(&schedule->next, 1);
        if (slice >= schedule->plan->slice_count)
            break;
        /* What went wrong is in the failed trials' results; an interruption shows in *stop. */
        cohort_train(&schedule->plan->slices[slice], &arena, &observer, NULL);
    }
    arena_release(&arena);
    pthread_mutex_lock(&schedule->lock);
    schedule->working--;
    pthread_cond_signal(&schedule->arrived);
    pthread_mutex_unlock(&schedule->lock);
}

/* Wait for messages, the end of the workers or the next tick, whichever comes first. */
static struct message *take(struct schedule *schedule, double until, bool *ended) {
    struct timespec deadline = {(time_t)until,
                                (long)((until - (double)(time_t)until) * 1e9)};
    pthread_mutex_lock(&schedule->lock);
    int timed_out = 0;
    while (!schedule->first && schedule->working > 0 && !timed_out)
        timed_out = pthread_cond_timedwait(&schedule->arrived, &schedule->lock, &deadline) != 0;
    struct message *messages = schedule->first;
    schedule->first = NULL;
    schedule->last = &schedule->first;
    *ended = schedule->working == 0;
    pthread_mutex_unlock(&schedule->lock);
    return messages;
}

/* Hand the messages to the sink; after a failure the rest is only freed. */
static enum status deliver(struct schedule *schedule, struct message *messages,
                           const struct sink *sink, enum status status, struct error *error) {
    for (struct message *message = messages, *next; message; message = next) {
        next = message->next;
        if (status == STATUS_OK) {
            status = sink->trial(sink->context, &message->result, error);
            schedule->delivered += status == STATUS_OK;
        }
        free(message);
    }
    return status;
}

/* The calling thread's part: results and ticks to the sink until the workers have ended. */
static enum status attend(struct schedule *schedule, const struct sink *sink, struct error *error) {
    const struct plan *plan = schedule->plan;
    const double begin = clock_seconds();
    double ticked = begin;
    enum status status = STATUS_OK;
    struct progress progress = {.trial_count = plan->trial_count, .image_count = plan->images};
    for (bool ended = false; !ended;) {
        struct message *messages = take(schedule, ticked + TICK_SECONDS, &ended);
        status = deliver(schedule, messages, sink, status, error);
        double time = clock_seconds();
        if ((ended || time - ticked >= TICK_SECONDS) && sink->tick && status == STATUS_OK) {
            progress.trials = schedule->delivered;
            progress.images = atomic_load(&schedule->images);
            progress.seconds = time - begin;
            status = sink->tick(sink->context, &progress, error);
        }
        ticked = time - ticked >= TICK_SECONDS ? time : ticked;
        if (status != STATUS_OK)
            atomic_store(&schedule->halted, 1);
    }
    return status;
}

static enum status run(struct schedule *schedule, const struct sink *sink, struct error *error) {
    enum status status = STATUS_OK;
    const int workers = (int)schedule->plan->jobs;
    gemm_single_thread();
    omp_set_dynamic(0);
#pragma omp parallel num_threads(workers + 1)
    {
#pragma omp single
        schedule->working = omp_get_num_threads() > 1 ? (size_t)omp_get_num_threads() - 1 : 1;
        /* Where no second thread is to be had, training and attending take turns. */
        if (omp_get_thread_num() != 0 || omp_get_num_threads() == 1)
            work(schedule);
        if (omp_get_thread_num() == 0)
            status = attend(schedule, sink, error);
    }
    return status;
}

static enum status init(struct schedule *schedule, struct error *error) {
    pthread_condattr_t attributes;
    schedule->last = &schedule->first;
    if (pthread_condattr_init(&attributes) != 0)
        return error_memory(error);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int failed = pthread_mutex_init(&schedule->lock, NULL);
    if (!failed && (failed = pthread_cond_init(&schedule->arrived, &attributes)) != 0)
        pthread_mutex_destroy(&schedule->lock);
    pthread_condattr_destroy(&attributes);
    return failed ? error_memory(error) : STATUS_OK;
}

enum status schedule_run(const struct plan *plan, const atomic_int *stop, const struct sink *sink,
                         struct error *error) {
    struct schedule schedule = {.plan = plan, .stop = stop};
    enum status status = init(&schedule, error);
    if (status != STATUS_OK)
        return status;
    status = run(&schedule, sink, error);
    pthread_cond_destroy(&schedule.arrived);
    pthread_mutex_destroy(&schedule.lock);
    if (status == STATUS_OK && schedule.lost)
        return error_memory(error);
    if (status == STATUS_OK && schedule.delivered < plan->trial_count)
        return error_set(error, STATUS_INTERRUPTED, "interrupted");
    return status;
}
