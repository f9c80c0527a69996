#include "train/schedule.h"

#include "base/clock.h"
#include "base/memory.h"
#include "data/mapping.h"
#include "math/gemm.h"

#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define TICK_SECONDS 0.2

/* From one showing of what a slice's trials have given so far to the next; and the part of the time
 * that it may take. */
#define SHOW_SECONDS 1
#define SHOW_SHARE 0.01

/* What is left of a slice is worth splitting if it takes that long. */
#define SPLIT_SECONDS 0.02

/* A result on its way from a worker to the sink, with its history and, after that, weights. */
struct message {
    struct message *next;
    bool shown; /* it is what a trial has given so far, and no result */
    struct trial_result result;
    struct epoch_scores history[];
};

/* What a worker trains: a slice of the plan, or a part of another worker's. */
struct task {
    struct task *next; /* of those that wait */
    const struct cohort *slice;
    struct cohort_part *part; /* NULL: the slice from its begin */
    double rate;              /* predicted seconds of a run-image */
    size_t images;            /* run-images to train */
    size_t bytes;             /* of memory, at most */
    double kept, cost;        /* when its latest checkpoint was made, and how long that took */
    double shows;             /* when it is next shown how far it is */
};

struct schedule {
    const struct plan *plan;
    const struct sink *sink;
    const atomic_int *stop;
    size_t memory;     /* bytes for all tasks at once */
    atomic_int halted; /* the sink failed */
    atomic_size_t images;
    atomic_uint_fast64_t work;       /* done, in nanoseconds as predicted */
    pthread_mutex_t lock;            /* of what follows */
    pthread_cond_t arrived, changed; /* messages; tasks, or workers at work */
    struct message *first, **last;
    size_t next;            /* slice to take */
    struct task *parts;     /* that wait to be taken */
    struct worker *workers; /* at work */
    size_t waiting;         /* workers */
    size_t working;         /* workers that have not ended */
    double cpu_seconds;     /* theirs, for the tasks that have ended */
    bool lost;              /* a message could not be allocated */
    pthread_mutex_t asking; /* held while the sink is asked for its wishes */
    /* The attending thread's own: */
    size_t delivered;      /* results the sink took */
    struct message *ended; /* last results of runs, delivered since the last tick */
};

/* A thread that trains, and how its task gets on. */
struct worker {
    struct worker *next; /* of those at work */
    struct schedule *schedule;
    struct task task;
    struct task *part;       /* for the part that is being split off; NULL: none */
    double begun, cpu_begun; /* of the task; in the thread's own seconds */
    size_t trained;          /* of its run-images */
    uint_fast64_t work;      /* of it, done */
    double
        left; /* seconds that it takes from its latest epoch's end on, as far as it can be split */
};

size_t schedule_default_jobs(void) {
    cpu_set_t cores;
    if (sched_getaffinity(0, sizeof cores, &cores) == 0 && CPU_COUNT(&cores) > 0)
        return (size_t)CPU_COUNT(&cores);
    return (size_t)omp_get_num_procs();
}

static bool stopped(void *context) {
    const struct worker *worker = context;
    struct schedule *schedule = worker->schedule;
    return atomic_load(schedule->stop) != 0 || atomic_load(&schedule->halted) != 0;
}

/* The run-images that its task has left; more may come, where a checkpoint turns out to be of no
 * use. */
static size_t images_left(const struct worker *worker) {
    const size_t images = worker->task.images;
    return worker->trained < images ? images - worker->trained : 0;
}

static void note_work(struct worker *worker) {
    const size_t done = worker->task.images - images_left(worker);
    const uint_fast64_t now = (uint_fast64_t)(worker->task.rate * (double)done * 1e9);
    if (now <= worker->work)
        return;
    atomic_fetch_add_explicit(&worker->schedule->work, now - worker->work, memory_order_relaxed);
    worker->work = now;
}

static void add_images(void *context, size_t count) {
    struct worker *worker = context;
    worker->trained += count;
    note_work(worker);
    atomic_fetch_add_explicit(&worker->schedule->images, count, memory_order_relaxed);
}

static double weight(void *context, const struct run *run) {
    const struct worker *worker = context;
    return worker->schedule->plan->run_costs[run->index].seconds;
}

static struct task slice_task(const struct plan *plan, size_t index) {
    struct task task = {
        .slice = &plan->slices[index], .bytes = plan->slice_bytes[index], .kept = clock_seconds()};
    for (size_t i = 0; i < task.slice->run_count; i++)
        task.images += task.slice->stream.train_count * plan_left(plan, task.slice->runs[i]);
    task.rate = task.images > 0 ? plan->slice_seconds[index] / (double)task.images : 0;
    return task;
}

/* Whether there is memory for so many bytes beside the tasks at work and those that were, or may at
 * any time be, split off; a task by itself sees how far it gets. */
static bool has_room(const struct schedule *schedule, size_t bytes) {
    size_t taken = bytes;
    for (const struct worker *worker = schedule->workers; worker; worker = worker->next)
        taken += worker->task.bytes * (worker->part ? 2 : 1);
    for (const struct task *part = schedule->parts; part; part = part->next)
        taken += part->bytes;
    return taken <= schedule->memory || !schedule->workers;
}

/* The next task, waiting for one as long as others are at work; false when there is none. What was
 * split off is under way, and so it is begun although all is to stop. */
static bool take_task(struct worker *worker) {
    struct schedule *schedule = worker->schedule;
    struct task *part = NULL;
    bool found = false;
    pthread_mutex_lock(&schedule->lock);
    while (!found) {
        if ((part = schedule->parts)) {
            schedule->parts = part->next;
            worker->task = *part;
            found = true;
        } else if (schedule->next < schedule->plan->slice_count && !stopped(worker) &&
                   has_room(schedule, schedule->plan->slice_bytes[schedule->next])) {
            worker->task = slice_task(schedule->plan, schedule->next++);
            found = true;
        } else if (schedule->workers) {
            schedule->waiting++;
            pthread_cond_wait(&schedule->changed, &schedule->lock);
            schedule->waiting--;
        } else {
            break;
        }
    }
    if (found) {
        worker->left = 0;
        worker->next = schedule->workers;
        schedule->workers = worker;
    }
    pthread_mutex_unlock(&schedule->lock);
    free(part);
    return found;
}

static void leave_task(struct worker *worker) {
    struct schedule *schedule = worker->schedule;
    struct worker **at = &schedule->workers;
    pthread_mutex_lock(&schedule->lock);
    schedule->cpu_seconds += clock_thread_seconds() - worker->cpu_begun;
    while (*at != worker)
        at = &(*at)->next;
    *at = worker->next;
    pthread_cond_broadcast(&schedule->changed);
    pthread_mutex_unlock(&schedule->lock);
}

/* Of the workers whose tasks can be split, the one that will take longest splits it when another
 * one waits. */
static bool splits(void *context, size_t runs) {
    struct worker *worker = context;
    struct schedule *schedule = worker->schedule;
    const double each = (clock_seconds() - worker->begun) / (double)worker->trained;
    pthread_mutex_lock(&schedule->lock);
    worker->left = runs > 1 ? each * (double)images_left(worker) : 0;
    bool wanted = worker->left > SPLIT_SECONDS && schedule->waiting > 0 && !schedule->parts;
    for (const struct worker *other = schedule->workers; other; other = other->next)
        wanted &= other->left <= worker->left;
    wanted |= schedule->plan->splits_always;
    wanted = wanted && has_room(schedule, worker->task.bytes);
    if (wanted && !worker->part)
        worker->part = malloc(sizeof *worker->part);
    pthread_mutex_unlock(&schedule->lock);
    return wanted && worker->part;
}

static void take_part(void *context, struct cohort_part *part) {
    struct worker *worker = context;
    struct schedule *schedule = worker->schedule;
    struct task *task = worker->part;
    *task = worker->task;
    task->part = part;
    task->images = cohort_part_images(part);
    const size_t left = images_left(worker);
    worker->task.images -= task->images < left ? task->images : left;
    pthread_mutex_lock(&schedule->lock);
    worker->part = NULL;
    task->next = schedule->parts;
    schedule->parts = task;
    pthread_cond_signal(&schedule->changed);
    pthread_mutex_unlock(&schedule->lock);
}

static bool wants_weights(void *context, const struct trial_result *result) {
    const struct worker *worker = context;
    struct schedule *schedule = worker->schedule;
    pthread_mutex_lock(&schedule->asking);
    const bool wants = schedule->sink->wants_weights(schedule->sink->context, result);
    pthread_mutex_unlock(&schedule->asking);
    return wants;
}

/* The message with a copy of the result; NULL: out of memory. */
static struct message *make_message(const struct trial_result *result, bool shown) {
    const size_t bytes = result->epochs * sizeof *result->history;
    const size_t weights = result->weights ? result->parameters * sizeof *result->weights : 0;
    struct message *message = malloc(sizeof *message + bytes + weights);
    if (!message)
        return NULL;
    message->next = NULL;
    message->shown = shown;
    message->result = *result;
    message->result.history = message->history;
    if (bytes > 0)
        memcpy(message->history, result->history, bytes);
    if (result->weights)
        message->result.weights =
            memcpy((char *)message->history + bytes, result->weights, weights);
    return message;
}

static void send(struct schedule *schedule, struct message *message) {
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

static void post(void *context, const struct trial_result *result) {
    const struct worker *worker = context;
    send(worker->schedule, make_message(result, false));
}

/* Not before the last ones were taken: where no second thread is to be had they would pile up. */
static bool shows(void *context) {
    struct worker *worker = context;
    struct schedule *schedule = worker->schedule;
    const double time = clock_seconds();
    if (time < worker->task.shows)
        return false;
    pthread_mutex_lock(&schedule->lock);
    const bool taken = !schedule->first;
    pthread_mutex_unlock(&schedule->lock);
    if (taken)
        worker->task.shows = time + SHOW_SECONDS;
    return taken;
}

static void show(void *context, const struct trial_result *result) {
    struct worker *worker = context;
    const double begin = clock_seconds();
    struct message *message = make_message(result, true);
    if (message) /* nothing is lost without it */
        send(worker->schedule, message);
    worker->task.shows += (clock_seconds() - begin) / SHOW_SHARE;
}

static bool resume(void *context, struct run_state *state) {
    const struct worker *worker = context;
    const struct plan *plan = worker->schedule->plan;
    return checkpoints_resume(plan->checkpoints, plan->slots, state);
}

static bool checkpoint_due(void *context, bool stopping) {
    const struct worker *worker = context;
    const struct task *task = &worker->task;
    const double time = clock_seconds();
    const struct checkpoint_pace pace = {.predicted = task->rate * (double)task->images,
                                         .elapsed = time - worker->begun,
                                         .since = time - task->kept,
                                         .cost = task->cost};
    return checkpoints_due(worker->schedule->plan->checkpoints, &pace, stopping);
}

static void keep(void *context, const struct run_state *states, size_t count, bool paused) {
    struct worker *worker = context;
    const struct plan *plan = worker->schedule->plan;
    const double begin = clock_seconds();
    if (mappings_check(NULL) != STATUS_OK)
        return;
    checkpoints_keep(plan->checkpoints, plan->slots, states, count, !paused);
    if (paused)
        return;
    worker->task.kept = clock_seconds();
    worker->task.cost = worker->task.kept - begin;
}

/* What went wrong is in the failed trials' results; an interruption shows in *stop. */
static void train(struct worker *worker, const struct observer *observer) {
    const struct task *task = &worker->task;
    worker->trained = worker->work = 0;
    worker->begun = clock_seconds();
    worker->cpu_begun = clock_thread_seconds();
    if (task->part) {
        cohort_continue(task->part, observer, NULL);
    } else {
        struct arena arena;
        arena_init(&arena);
        cohort_train(task->slice, &arena, observer, NULL);
        arena_release(&arena); /* whoever comes next may need it */
    }
    if (stopped(worker))
        return;
    worker->trained = task->images; /* also where runs failed or diverged */
    note_work(worker);
}

static void work(struct schedule *schedule) {
    struct worker worker = {.schedule = schedule};
    struct observer observer = {.context = &worker,
                                .trial = post,
                                .images = add_images,
                                .weight = weight,
                                .stopped = stopped,
                                .splits = splits,
                                .take = take_part};
    if (schedule->sink->wants_weights)
        observer.wants_weights = wants_weights;
    if (schedule->plan->checkpoints) {
        observer.resume = resume;
        observer.due = checkpoint_due;
        observer.keep = keep;
    }
    if (schedule->sink->shown) {
        observer.shows = shows;
        observer.show = show;
    }
    while (take_task(&worker)) {
        train(&worker, &observer);
        leave_task(&worker);
    }
    free(worker.part);
    pthread_mutex_lock(&schedule->lock);
    schedule->working--;
    pthread_cond_signal(&schedule->arrived);
    pthread_mutex_unlock(&schedule->lock);
}

/* Wait for messages, the end of the workers or the next tick, whichever comes first. */
static struct message *take(struct schedule *schedule, double until, bool *ended) {
    struct timespec deadline = {(time_t)until, (long)((until - (double)(time_t)until) * 1e9)};
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
        if (message->shown) {
            sink->shown(sink->context, &message->result);
        } else if (status == STATUS_OK) {
            status = sink->trial(sink->context, &message->result, error);
            schedule->delivered += status == STATUS_OK;
        }
        if (message->result.last) {
            message->next = schedule->ended;
            schedule->ended = message;
        } else {
            free(message);
        }
    }
    return status;
}

static bool is_done(const struct trial_result *last) {
    return last->outcome != TRIAL_FAILED && last->outcome != TRIAL_PAUSED;
}

/* A run whose results are safe needs no checkpoints any more; one that failed will be tried again,
 * and one that is paused may go on. */
static void settle(struct schedule *schedule, bool safe) {
    struct checkpoints *checkpoints = schedule->plan->checkpoints;
    for (struct message *message = schedule->ended, *next; message; message = next) {
        next = message->next;
        if (safe && checkpoints && is_done(&message->result))
            checkpoints_remove(checkpoints, &schedule->plan->slots[message->result.run->index],
                               run_epochs(message->result.run));
        free(message);
    }
    schedule->ended = NULL;
}

static void take_stock(struct schedule *schedule, struct progress *progress) {
    const double done = (double)atomic_load(&schedule->work) / 1e9;
    const double all = schedule->plan->work;
    pthread_mutex_lock(&schedule->lock);
    progress->cpu_seconds = schedule->cpu_seconds;
    pthread_mutex_unlock(&schedule->lock);
    progress->trials = schedule->delivered;
    progress->images = atomic_load(&schedule->images);
    /* More than planned, where a checkpoint turned out to be of no use. */
    if (progress->image_count < progress->images)
        progress->image_count = progress->images;
    if (schedule->delivered == progress->trial_count)
        progress->fraction = 1;
    else
        progress->fraction = done < all ? done / all : 0.999;
}

/* The calling thread's part: results and ticks to the sink until the workers have ended. */
static enum status attend(struct schedule *schedule, const struct sink *sink, struct error *error) {
    const struct plan *plan = schedule->plan;
    const double begin = clock_seconds();
    double ticked = begin;
    enum status status = STATUS_OK;
    struct progress progress = {
        .trial_count = plan->trial_count, .image_count = plan->images, .predicted = plan->seconds};
    for (bool ended = false; !ended;) {
        struct message *messages = take(schedule, ticked + TICK_SECONDS, &ended);
        if (status == STATUS_OK)
            status = mappings_check(error); /* what came from data that have changed is no result */
        status = deliver(schedule, messages, sink, status, error);
        const double time = clock_seconds();
        const bool due = ended || time - ticked >= TICK_SECONDS;
        if (due && sink->tick && status == STATUS_OK) {
            take_stock(schedule, &progress);
            progress.seconds = time - begin;
            status = sink->tick(sink->context, &progress, error);
        }
        if (due || status != STATUS_OK || !sink->tick)
            settle(schedule, status == STATUS_OK);
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
    const bool failed = pthread_mutex_init(&schedule->lock, NULL) != 0 ||
                        pthread_mutex_init(&schedule->asking, NULL) != 0 ||
                        pthread_cond_init(&schedule->changed, NULL) != 0 ||
                        pthread_cond_init(&schedule->arrived, &attributes) != 0;
    pthread_condattr_destroy(&attributes);
    return failed ? error_memory(error) : STATUS_OK;
}

enum status schedule_run(const struct plan *plan, const atomic_int *stop, const struct sink *sink,
                         struct error *error) {
    struct schedule schedule = {
        .plan = plan, .sink = sink, .stop = stop, .memory = memory_available()};
    enum status status = init(&schedule, error);
    if (status != STATUS_OK)
        return status;
    status = run(&schedule, sink, error);
    pthread_cond_destroy(&schedule.arrived);
    pthread_cond_destroy(&schedule.changed);
    pthread_mutex_destroy(&schedule.asking);
    pthread_mutex_destroy(&schedule.lock);
    if (status == STATUS_OK && schedule.lost)
        return error_memory(error);
    if (status == STATUS_OK && schedule.delivered < plan->trial_count)
        return error_set(error, STATUS_INTERRUPTED, "interrupted");
    return status;
}
