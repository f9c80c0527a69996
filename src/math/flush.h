/* Flushing subnormal numbers to zero, as operands and as results: a processor takes many times as
 * long for them, and moments of rarely lit pixels decay into them. TensorFlow's and XLA's threads
 * do the same. Of the calling thread, between a begin and its end; on processors for which there is
 * no code here nothing changes. */
#ifndef SWEEP_MATH_FLUSH_H
#define SWEEP_MATH_FLUSH_H

#if defined(__SSE__)
#include <xmmintrin.h>

#define FLUSH_BITS 0x8040u /* flush to zero, denormals are zero */

/* Returns what flush_end restores. */
static inline unsigned flush_begin(void) {
    const unsigned before = _mm_getcsr();
    _mm_setcsr(before | FLUSH_BITS);
    return before;
}

static inline void flush_end(unsigned before) {
    _mm_setcsr((_mm_getcsr() & ~FLUSH_BITS) | (before & FLUSH_BITS));
}
#elif defined(__aarch64__)
static inline unsigned flush_begin(void) {
    unsigned long before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" : : "r"(before | 1ul << 24) : "memory");
    return (unsigned)before;
}

static inline void flush_end(unsigned before) {
    __asm__ volatile("msr fpcr, %0" : : "r"((unsigned long)before) : "memory");
}
#else
static inline unsigned flush_begin(void) {
    return 0;
}

static inline void flush_end(unsigned before) {
    (void)before;
}
#endif

#endif
