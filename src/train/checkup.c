#include "train/checkup.h"

#include "base/arena.h"
#include "base/machine.h"
#include "math/gemm.h"
#include "math/gemm_check.h"
#include "train/schedule.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Each thread multiplies this often, so that the calls meet. */
#define REPEATS 10

static void report_machine(const struct findings *findings) {
    char cpu[256];
    const long first = sysconf(_SC_LEVEL1_DCACHE_SIZE), second = sysconf(_SC_LEVEL2_CACHE_SIZE),
               third = sysconf(_SC_LEVEL3_CACHE_SIZE), cores = sysconf(_SC_NPROCESSORS_ONLN);
    findings_add(findings, FINDING_OK, "machine", "%s; %zu of %ld cores may be used",
                 machine_cpu(cpu, sizeof cpu), schedule_default_jobs(), cores);
    if (second > 0)
        findings_add(findings, FINDING_OK, "machine",
                     "caches: %ld kB first level, %ld kB second level, %ld kB third level",
                     first / 1024, second / 1024, third / 1024);
    else
        findings_add(findings, FINDING_WARNING, "machine",
                     "the size of the second-level cache can't be found out; cohorts are cut for "
                     "1 MB, which may not be the fastest way");
}

/* --- settings --- */

static bool allows_fewer(const char *value, size_t jobs) {
    const long number = strtol(value, NULL, 10);
    return number > 0 && (size_t)number < jobs + 1;
}

static bool binds_to_one(const char *value, size_t jobs) {
    return jobs > 1 && (strcasecmp(value, "master") == 0 || strcasecmp(value, "primary") == 0);
}

static bool differs(const char *value, size_t jobs) {
    const long number = strtol(value, NULL, 10);
    return number > 0 && (size_t)number != jobs;
}

static bool is_set(const char *value, size_t jobs) {
    (void)jobs;
    return value[0] != '\0';
}

static bool is_many(const char *value, size_t jobs) {
    (void)jobs;
    return strtol(value, NULL, 10) > 1;
}

/* Environment variables that do harm, or not what one may think. */
static const struct {
    const char *name;
    bool (*hurts)(const char *value, size_t jobs);
    const char *text;
} settings[] = {
    {"OMP_THREAD_LIMIT", allows_fewer,
     "allows fewer threads than a sweep uses, one of which only keeps the results; unset it"},
    {"OMP_PROC_BIND", binds_to_one, "puts all threads on one core; unset it"},
    {"OMP_NUM_THREADS", differs,
     "does not say how many threads sweep trains on; `sweep run --jobs` does"},
    {"OPENBLAS_NUM_THREADS", is_many,
     "makes BLAS start threads that a sweep never uses; unset it or set it to 1"},
    {"OPENBLAS_CORETYPE", is_set,
     "makes BLAS use another core's kernels: slower ones, or other last digits than without; "
     "unset it unless that is what you want"},
};

static void report_settings(size_t jobs, const struct findings *findings) {
    size_t found = 0;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        const char *value = getenv(settings[i].name);
        if (!value || !settings[i].hurts(value, jobs))
            continue;
        findings_add(findings, FINDING_WARNING, "settings", "%s=%.64s %s", settings[i].name, value,
                     settings[i].text);
        found++;
    }
    if (gemm_core_mended())
        findings_add(findings, FINDING_OK, "settings",
                     "OpenBLAS does not know this processor and takes it for %s; sweep has it take "
                     "better kernels",
                     gemm_core_mended());
    if (found == 0)
        findings_add(findings, FINDING_OK, "settings",
                     "no setting of the environment is in the way");
}

/* --- all threads at once --- */

struct rounds {
    struct digest expected; /* of the products on one thread alone */
    size_t threads;         /* that there were */
    double fault;           /* the worst */
    size_t different;       /* rounds that gave other bits */
    size_t failed;          /* rounds that found no memory */
};

static void multiply(struct rounds *rounds) {
    struct arena arena;
    arena_init(&arena);
    for (int i = 0; i < REPEATS; i++) {
        struct digest digest = {""};
        double fault = 0;
        arena_reset(&arena);
        enum status status = gemm_check(&arena, &fault, &digest, NULL);
#pragma omp critical(checkup)
        {
            rounds->failed += status != STATUS_OK;
            rounds->different +=
                status == STATUS_OK && strcmp(digest.hex, rounds->expected.hex) != 0;
            if (!isnan(rounds->fault) && !(fault <= rounds->fault))
                rounds->fault = fault; /* NaN is the worst */
        }
    }
    arena_release(&arena);
}

static void multiply_at_once(size_t jobs, struct rounds *rounds) {
#pragma omp parallel num_threads((int)jobs)
    {
#pragma omp atomic
        rounds->threads++;
#pragma omp barrier
        multiply(rounds);
    }
}

static void report_threads(size_t jobs, const struct rounds *rounds,
                           const struct findings *findings) {
    if (rounds->threads == jobs)
        findings_add(findings, FINDING_OK, "threads", "%zu work at once", jobs);
    else
        findings_add(findings, FINDING_WARNING, "threads",
                     "%zu were asked for, and there were %zu: see the limits of threads and "
                     "processes (ulimit -u, a container's pids limit)",
                     jobs, rounds->threads);
}

static void report_products(const struct rounds *rounds, const struct findings *findings) {
    static const char remedy[] = "don't trust numbers trained with it; install another build of "
                                 "libopenblas";
    if (rounds->failed > 0)
        findings_add(findings, FINDING_ERROR, "blas", "out of memory while it was tried");
    else if (!(rounds->fault <= 1))
        findings_add(findings, FINDING_ERROR, "blas",
                     "its products are wrong, by up to %.3g times what rounding explains; %s",
                     rounds->fault, remedy);
    else if (rounds->different > 0)
        findings_add(findings, FINDING_ERROR, "blas",
                     "its products differ when %zu threads call it at once; %s", rounds->threads,
                     remedy);
    else
        findings_add(findings, FINDING_OK, "blas",
                     "its products are right, and the same on %zu thread%s at once",
                     rounds->threads, rounds->threads == 1 ? "" : "s");
}

/* OpenBLAS has buffers for as many callers as it was built for, and ends the program at one more.
 */
static void report_limit(size_t jobs, const struct findings *findings) {
    const char *limit = strstr(gemm_library(), "MAX_THREADS=");
    const long most = limit ? strtol(limit + strlen("MAX_THREADS="), NULL, 10) : 0;
    if (most > 0 && (size_t)most < jobs)
        findings_add(findings, FINDING_WARNING, "blas",
                     "it was built for at most %ld threads; train on no more, as with --jobs %ld",
                     most, most);
}

void machine_checkup(size_t jobs, const struct findings *findings) {
    struct rounds rounds = {.threads = 0};
    struct arena arena;
    report_machine(findings);
    report_settings(jobs, findings);
    gemm_single_thread();
    findings_add(findings, FINDING_OK, "blas", "%s, kernels for %s", gemm_library(), gemm_core());
    report_limit(jobs, findings);
    arena_init(&arena);
    if (gemm_check(&arena, &rounds.fault, &rounds.expected, NULL) != STATUS_OK)
        rounds.failed++;
    arena_release(&arena);
    multiply_at_once(jobs, &rounds);
    report_threads(jobs, &rounds, findings);
    report_products(&rounds, findings);
}
