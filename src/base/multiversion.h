/* One binary for many processors: a function marked MULTIVERSION is compiled for several
 * instruction sets, and the best one that the machine has is bound when the program starts. */
#ifndef SWEEP_BASE_MULTIVERSION_H
#define SWEEP_BASE_MULTIVERSION_H

/* The sanitizers' run-time does not survive the resolvers, which run before it is ready. (Clang
 * takes the levels' names and then never chooses them.) */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(SWEEP_SANITIZED)
#define MULTIVERSION_CLONES
#define MULTIVERSION __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
/* Which one that is. */
#define MULTIVERSION_CHOICE                                                                        \
    (__builtin_cpu_supports("x86-64-v4")   ? "x86-64-v4"                                           \
     : __builtin_cpu_supports("x86-64-v3") ? "x86-64-v3"                                           \
                                           : "default")
#else
#define MULTIVERSION
#define MULTIVERSION_CHOICE "default"
#endif

/* Before a loop whose turns do not touch each other's data: restrict alone does not tell GCC so. */
#if defined(__GNUC__) && !defined(__clang__)
#define INDEPENDENT _Pragma("GCC ivdep")
#else
#define INDEPENDENT
#endif

/* Floats handled together; arrays of columns are padded to a multiple of it. One AVX-512 register,
 * two of AVX2, four of SSE. */
#define LANES 16

typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), may_alias));
typedef int lane_bits __attribute__((vector_size(LANES * sizeof(int)), may_alias));

/* The same float in all lanes. */
#define BROADCAST(x) ((lanes){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x})

/* The lanes' numbers from `first` on. */
#define LANE_NUMBERS(first)                                                                        \
    ((lane_bits){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} + (int)(first))

#define PAD_TO_LANES(count) (((count) + LANES - 1) / LANES * LANES)

#endif
