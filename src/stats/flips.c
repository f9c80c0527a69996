#include "stats/flips.h"

#include "base/random.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SEED 20260401
/* Additions that drawing may take: a few seconds. */
#define WORK_MAX 2e9

/* Sums whose squares differ by less than this share of the largest possible are equal. */
#define TIE 1e-10

/* The patterns of signs below a node of the tree: at depth i, the first i signs are decided. */
struct walk {
    const double *vectors;
    size_t n, width;
    double limit;    /* what counts as large */
    double *partial; /* (n + 1) x width: the sums of the vectors decided, by depth */
    uint64_t larger; /* patterns met that are */
};

static double square_of(const double *vector, size_t width) {
    double sum = 0;
    for (size_t i = 0; i < width; i++)
        sum += vector[i] * vector[i];
    return sum;
}

static void visit(struct walk *walk, size_t depth) {
    const size_t width = walk->width;
    const double *sums = walk->partial + depth * width;
    double *next = walk->partial + (depth + 1) * width;
    if (depth == walk->n) {
        walk->larger += square_of(sums, width) >= walk->limit;
        return;
    }
    const double *vector = walk->vectors + depth * width;
    for (size_t i = 0; i < width; i++)
        next[i] = sums[i] + vector[i];
    visit(walk, depth + 1);
    /* A pattern and its opposite give the same: the first sign is always +. */
    if (depth == 0)
        return;
    for (size_t i = 0; i < width; i++)
        next[i] = sums[i] - vector[i];
    visit(walk, depth + 1);
}

/* The observed statistic, less what rounding may make of it. */
static double limit_of(const double *vectors, size_t n, size_t width) {
    double observed = 0, largest = 0;
    for (size_t i = 0; i < width; i++) {
        double sum = 0, all = 0;
        for (size_t j = 0; j < n; j++) {
            sum += vectors[j * width + i];
            all += fabs(vectors[j * width + i]);
        }
        observed += sum * sum;
        largest += all * all;
    }
    return observed - TIE * largest;
}

static double exact(const double *vectors, size_t n, size_t width, double *partial) {
    struct walk walk = {vectors, n, width, limit_of(vectors, n, width), partial, 0};
    assert(n >= 1 && n <= FLIPS_EXACT_MAX);
    visit(&walk, 0);
    return (double)walk.larger / (double)((uint64_t)1 << (n - 1));
}

double flips_exact_mean(const double *differences, size_t n) {
    double partial[FLIPS_EXACT_MAX + 1] = {0};
    return exact(differences, n, 1, partial);
}

enum status flips_exact(const double *vectors, size_t n, size_t width, double *p,
                        struct error *error) {
    double *partial = calloc((n + 1) * width, sizeof *partial);
    if (!partial)
        return error_memory(error);
    *p = exact(vectors, n, width, partial);
    free(partial);
    return STATUS_OK;
}

static bool larger_at(const double *vectors, size_t n, size_t width, uint64_t draw, double limit,
                      double *sums) {
    const struct random_source source = {SEED, RANDOM_SIGNS, 0};
    const uint64_t blocks = (n + 127) / 128;
    struct random_block bits = {{0}};
    memset(sums, 0, width * sizeof *sums);
    for (size_t i = 0; i < n; i++) {
        if (i % 128 == 0)
            bits = random_block(source, draw * blocks + i / 128);
        const bool negative = bits.word[i % 128 / 32] >> (i % 32) & 1;
        for (size_t j = 0; j < width; j++)
            sums[j] += negative ? -vectors[i * width + j] : vectors[i * width + j];
    }
    return square_of(sums, width) >= limit;
}

enum status flips_random(const double *vectors, size_t n, size_t width, double *p,
                         struct error *error) {
    const double limit = limit_of(vectors, n, width);
    const double affordable = WORK_MAX / ((double)n * (double)width);
    const uint64_t draws = affordable < FLIPS_DRAWS ? (uint64_t)fmax(affordable, 999) : FLIPS_DRAWS;
    double *sums = calloc(width, sizeof *sums);
    uint64_t larger = 0;
    if (!sums)
        return error_memory(error);
    for (uint64_t draw = 0; draw < draws; draw++)
        larger += larger_at(vectors, n, width, draw, limit, sums);
    free(sums);
    *p = (double)(larger + 1) / (double)(draws + 1);
    return STATUS_OK;
}
