/* How fast the engine is on this machine, against what dense arithmetic could reach at most. */
#ifndef SWEEP_TRAIN_BENCH_H
#define SWEEP_TRAIN_BENCH_H

#include "base/status.h"
#include "data/dataset.h"
#include "math/gemm.h"

#include <stdbool.h>
#include <stddef.h>

/* A cohort of equal networks. */
struct bench_case {
    const char *name;
    const char *optimizer, *activation;
    size_t layers[4]; /* hidden widths, first to last; 0 after the last */
    size_t batch_size, runs;
    double dropout;
    bool dense;    /* on random images without a single 0 */
    bool residual; /* what each hidden layer but the first makes is added to its input */
};

extern const struct bench_case bench_cases[];
extern const size_t bench_case_count;

/* Seconds, each for one step of one run. */
struct bench_result {
    double flops; /* of the dense products: 4 rows x inputs x units for the first layer, whose input
                     needs no gradient, and 6 for each later one */
    double roofline; /* flops at the peak of sgemm */
    double gather;   /* the batch: shuffled images, their non-zero pixels, by rows and by inputs */
    double forward;  /* first layer */
    double later;    /* later layers, loss, metrics, and the step of all but the first kernel */
    double update;   /* first kernel's gradient and step */
    double evaluate; /* of an image, forward only, beside the step */
    size_t steps;
};

double bench_total(const struct bench_result *result);

/* The most that sgemm does on one core, in floating-point operations a second: the best of many
 * products of 1024 x 1024 matrices, by the thread's own time. */
double bench_peak(void);

/* The same with the kernels of a core type. */
struct bench_core {
    const char *name;
    double flops;
};

/* Try the core types that can be had, the present one first, and take the best one from now on.
 * Returns how many there are, at most GEMM_CORES_MAX + 1. */
size_t bench_choose_core(struct bench_core cores[GEMM_CORES_MAX + 1]);

/* Augmentations that are timed, as a config has them. */
extern const char *const bench_augmentations[];
extern const size_t bench_augmentation_count;

/* Seconds that such a list takes for one of the data set's images, the best of several rounds. */
enum status bench_augment(const char *list, const struct dataset *dataset, double *seconds,
                          struct error *error);

/* Train the case for about `seconds` on one thread. The data set's targets are classes. */
enum status bench_run(const struct bench_case *bench, const struct dataset *dataset, double peak,
                      double seconds, struct bench_result *result, struct error *error);

#endif
