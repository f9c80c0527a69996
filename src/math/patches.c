#include "math/patches.h"

#include "math/pooled_keep.h"

#include <stdint.h>
#include <string.h>

#define SIDE 4 /* of a patch */
#define TAPS 9
#define WINDOW_SIDE 3

bool patches_take(const struct pooled *of) {
#ifdef MULTIVERSION_CLONES
    const struct window *window = &of->window;
    return __builtin_cpu_supports("x86-64-v4") && window->channels == 1 &&
           window->rows.size == WINDOW_SIDE && window->columns.size == WINDOW_SIDE;
#else
    (void)of;
    return false;
#endif
}

size_t patches_floats(const struct pooled *of) {
    return of->rows * of->columns * SIDE * SIDE;
}

#ifdef MULTIVERSION_CLONES

#include <immintrin.h>

#define REGISTERS __attribute__((target("arch=x86-64-v4,prefer-vector-width=512")))
#define INLINE static inline __attribute__((always_inline))

/* Laid out one by one, so that each is read as it was written: a register at once. */
REGISTERS static void lay_out(const struct pooled *of, const float *seen, size_t line,
                              float *patches) {
    for (size_t row = 0; row < of->rows; row++)
        for (size_t column = 0; column < of->columns; column++, patches += SIDE * SIDE) {
            const float *from = seen + 2 * row * line + 2 * column;
            __m512 patch = _mm512_castps128_ps512(_mm_loadu_ps(from));
            patch = _mm512_insertf32x4(patch, _mm_loadu_ps(from + line), 1);
            patch = _mm512_insertf32x4(patch, _mm_loadu_ps(from + 2 * line), 2);
            patch = _mm512_insertf32x4(patch, _mm_loadu_ps(from + 3 * line), 3);
            _mm512_store_ps(patches, patch);
        }
}

REGISTERS INLINE bool is_zero(const float *patch) {
    const __m512i bits = _mm512_load_si512(patch);
    return _mm512_test_epi32_mask(bits, bits) == 0;
}

/* The four outputs of N registers of filters. */
#define OUTPUTS(N)                                                                                 \
    REGISTERS INLINE void outputs_##N(const float *patch, const float *kernel, size_t columns,     \
                                      lanes out[N][POOLED_PLACES]) {                               \
        for (int n = 0; n < N; n++)                                                                \
            for (int place = 0; place < POOLED_PLACES; place++)                                    \
                out[n][place] = BROADCAST(0);                                                      \
        _Pragma("GCC unroll 9") for (int tap = 0; tap < TAPS; tap++) {                             \
            const float *at = patch + tap / WINDOW_SIDE * SIDE + tap % WINDOW_SIDE;                \
            for (int n = 0; n < N; n++) {                                                          \
                const lanes weights = ((const lanes *)(kernel + (size_t)tap * columns))[n];        \
                for (int place = 0; place < POOLED_PLACES; place++) {                              \
                    const float scalar = at[place / 2 * SIDE + place % 2];                         \
                    out[n][place] += BROADCAST(scalar) * weights;                                  \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
    /* Of all windows. */                                                                          \
    REGISTERS static void forward_##N(const struct pooled *of, size_t first, const float *patches, \
                                      float *z, float *which) {                                    \
        const struct pooled_filters filters = {of->filters, of->bias, of->relu};                   \
        const size_t columns = PAD_TO_LANES(of->filters);                                          \
        _Alignas(LANES * sizeof(float)) float zero[N * LANES], none[N * LANES];                    \
        const lanes nothing[POOLED_PLACES] = {{0}};                                                \
        const struct pooled_filters own = {N * LANES, of->bias ? of->bias + first : NULL,          \
                                           of->relu};                                              \
        for (int n = 0; n < N; n++)                                                                \
            lanes_pooled_keep(nothing, &own, n *LANES, zero, none);                                \
        for (size_t window = 0; window < of->rows * of->columns; window++) {                       \
            const float *patch = patches + window * SIDE * SIDE;                                   \
            lanes out[N][POOLED_PLACES];                                                           \
            float *own_z = z + window * of->filters + first,                                       \
                  *own_which = which + window * of->filters + first;                               \
            if (is_zero(patch)) {                                                                  \
                for (int n = 0; n < N; n++) {                                                      \
                    lanes_write(((const lanes *)zero)[n], of->filters - first - (size_t)n * LANES, \
                                own_z + n * LANES);                                                \
                    lanes_write(((const lanes *)none)[n], of->filters - first - (size_t)n * LANES, \
                                own_which + n * LANES);                                            \
                }                                                                                  \
                continue;                                                                          \
            }                                                                                      \
            outputs_##N(patch, of->kernel + first, columns, out);                                  \
            for (int n = 0; n < N; n++)                                                            \
                lanes_pooled_keep(out[n], &filters, first + (size_t)n * LANES,                     \
                                  z + window * of->filters, which + window * of->filters);         \
        }                                                                                          \
    }
OUTPUTS(1)
OUTPUTS(2)

void patches_forward(const struct pooled *of, const float *seen, size_t line, float *z,
                     float *which, float *room) {
    lay_out(of, seen, line, room);
    for (size_t first = 0; first < of->filters; first += 2 * LANES) {
        if (of->filters - first > LANES)
            forward_2(of, first, room, z, which);
        else
            forward_1(of, first, room, z, which);
    }
}

/* Of LANES filters, those in the mask: at each window each filter takes its own 3 x 3 of the
 * patch. */
REGISTERS static void backward(const struct pooled *of, size_t first, const float *patches,
                               const struct patches_back *back) {
    const size_t columns = PAD_TO_LANES(of->filters), left = of->filters - first;
    const __mmask16 mask = left < LANES ? (__mmask16)((1u << left) - 1) : (__mmask16)-1;
    const __m512i one = _mm512_set1_epi32(1);
    __m512 sums[TAPS], bias = _mm512_setzero_ps();
    for (size_t tap = 0; tap < TAPS; tap++)
        sums[tap] = _mm512_load_ps(back->kernel + tap * columns + first);
    for (size_t window = 0; window < of->rows * of->columns; window++) {
        const size_t at = window * of->filters + first;
        const float *patch = patches + window * SIDE * SIDE;
        const __m512 z = _mm512_maskz_loadu_ps(mask, back->z + at);
        const __mmask16 dead =
            of->relu ? _mm512_cmp_ps_mask(z, _mm512_setzero_ps(), _CMP_LE_OQ) : 0;
        const __m512 delta = _mm512_maskz_loadu_ps((__mmask16)(mask & ~dead), back->delta + at);
        bias = _mm512_add_ps(bias, delta);
        if (is_zero(patch))
            continue;
        const __m512i place = _mm512_maskz_loadu_epi32(mask, back->which + at);
        /* place / 2 * SIDE + place % 2 */
        const __m512i from = _mm512_add_epi32(_mm512_slli_epi32(_mm512_srli_epi32(place, 1), 2),
                                              _mm512_and_si512(place, one));
        const __m512 seen = _mm512_load_ps(patch);
        _Pragma("GCC unroll 9") for (int tap = 0; tap < TAPS; tap++) {
            const __m512i step = _mm512_set1_epi32(tap / WINDOW_SIDE * SIDE + tap % WINDOW_SIDE);
            const __m512 x = _mm512_permutexvar_ps(_mm512_add_epi32(from, step), seen);
            sums[tap] = _mm512_fmadd_ps(delta, x, sums[tap]);
        }
    }
    for (size_t tap = 0; tap < TAPS; tap++)
        _mm512_store_ps(back->kernel + tap * columns + first, sums[tap]);
    _mm512_store_ps(back->bias + first, _mm512_add_ps(_mm512_load_ps(back->bias + first), bias));
}

void patches_backward(const struct pooled *of, const float *seen, size_t line,
                      const struct patches_back *back, float *room) {
    lay_out(of, seen, line, room);
    for (size_t first = 0; first < of->filters; first += LANES)
        backward(of, first, room, back);
}

#else

void patches_forward(const struct pooled *of, const float *seen, size_t line, float *z,
                     float *which, float *room) {
    (void)of, (void)seen, (void)line, (void)z, (void)which, (void)room;
}

void patches_backward(const struct pooled *of, const float *seen, size_t line,
                      const struct patches_back *back, float *room) {
    (void)of, (void)seen, (void)line, (void)back, (void)room;
}

#endif
