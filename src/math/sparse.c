#include "math/sparse.h"

#include "math/registers.h"

#include <string.h>

static size_t groups_of(size_t inputs) {
    return (inputs + SPARSE_GROUP - 1) / SPARSE_GROUP;
}

bool sparse_init(struct sparse *sparse, size_t rows_max, size_t inputs, struct arena *arena) {
    const size_t entries = rows_max * inputs;
    *sparse = (struct sparse){.rows_max = rows_max, .inputs = inputs, .groups = groups_of(inputs)};
    sparse->row_start = ARENA_NEW(arena, uint32_t, sparse->groups * rows_max + 1);
    sparse->input = ARENA_NEW(arena, uint32_t, entries);
    sparse->value = ARENA_NEW(arena, float, entries);
    sparse->active = ARENA_NEW(arena, uint32_t, inputs);
    sparse->active_start = ARENA_NEW(arena, uint32_t, inputs + 1);
    sparse->row = ARENA_NEW(arena, uint32_t, entries);
    sparse->row_value = ARENA_NEW(arena, float, entries);
    sparse->counts = ARENA_NEW(arena, uint32_t, inputs + 1);
    sparse->dense_room = ARENA_NEW(arena, float, entries);
    return !arena->failed;
}

static size_t count_entries(const uint8_t *pixels, size_t bytes) {
    size_t entries = 0;
    for (size_t i = 0; i < bytes; i++)
        entries += pixels[i] != 0;
    return entries;
}

#define AT_ONCE sizeof(uint64_t)

/* Where the next eight bytes begin that are not all background: i, or behind it. */
static inline size_t skip_background(const uint8_t *image, size_t i, size_t end) {
    uint64_t word = 0;
    for (; i + AT_ONCE <= end; i += AT_ONCE) {
        memcpy(&word, image + i, sizeof word);
        if (word != 0)
            break;
    }
    return i;
}

/* Append the non-zero bytes begin .. end-1 of an image. */
static size_t scan(const struct sparse_images *index, const uint8_t *image, size_t begin,
                   size_t end, size_t at) {
    for (size_t i = begin; (i = skip_background(image, i, end)) < end;) {
        const size_t stop = i + AT_ONCE < end ? i + AT_ONCE : end;
        for (; i < stop; i++) {
            /* Written always, kept if not zero: there is no branch to guess wrong. */
            index->input[at] = (uint16_t)i;
            index->level[at] = image[i];
            at += image[i] != 0;
        }
    }
    return at;
}

/* Whether so many entries of so many numbers are better taken with the zeros. */
static bool is_dense(size_t entries, size_t numbers) {
    return register_length() != QUARTER_LANES && (double)entries >= SPARSE_DENSE * (double)numbers;
}

static void find_entries(struct sparse_images *index) {
    const size_t inputs = index->inputs, groups = index->groups;
    size_t at = 0;
    for (size_t i = 0; i < index->count; i++)
        for (size_t group = 0; group < groups; group++) {
            const size_t begin = group * SPARSE_GROUP;
            const size_t end = begin + SPARSE_GROUP < inputs ? begin + SPARSE_GROUP : inputs;
            index->start[i * groups + group] = (uint32_t)at;
            at = scan(index, index->pixels + i * inputs, begin, end, at);
        }
    index->start[index->count * groups] = (uint32_t)at;
}

bool sparse_index(struct sparse_images *index, const uint8_t *pixels, size_t count, size_t inputs,
                  struct arena *arena) {
    const size_t entries = count_entries(pixels, count * inputs), groups = groups_of(inputs);
    *index = (struct sparse_images){
        .count = count, .inputs = inputs, .groups = groups, .entries = entries, .pixels = pixels};
    index->dense = is_dense(entries, count * inputs);
    if (index->dense)
        return true;
    index->start = ARENA_NEW(arena, uint32_t, count * groups + 1);
    index->input = ARENA_NEW(arena, uint16_t, entries + 1); /* one may be written and not kept */
    index->level = ARENA_NEW(arena, uint8_t, entries + 1);
    if (entries >= UINT32_MAX || arena->failed || arena->counting)
        return arena->counting;
    find_entries(index);
    return true;
}

void sparse_index_values(struct sparse_images *index, const float *values, size_t count,
                         size_t inputs) {
    size_t entries = 0;
    for (size_t i = 0; i < count * inputs; i++)
        entries += values[i] != 0;
    *index = (struct sparse_images){.count = count,
                                    .inputs = inputs,
                                    .groups = groups_of(inputs),
                                    .entries = entries,
                                    .values = values,
                                    .dense = is_dense(entries, count * inputs)};
}

#define CACHE_LINE 64
#define AHEAD 4 /* rows */

static void prefetch(const struct sparse_images *index, size_t image) {
    const uint32_t *start = &index->start[image * index->groups];
    for (uint32_t at = start[0]; at < start[index->groups]; at += CACHE_LINE / sizeof(uint16_t))
        __builtin_prefetch(&index->input[at]);
    for (uint32_t at = start[0]; at < start[index->groups]; at += CACHE_LINE)
        __builtin_prefetch(&index->level[at]);
}

/* What the index leaves out of the pixels' numbers in images of more than 2^16. */
static void complete_inputs(struct sparse *sparse) {
    const uint32_t *start = sparse->row_start;
    for (size_t i = 0; i < sparse->rows * sparse->groups; i++) {
        const uint32_t upper =
            (uint32_t)(i % sparse->groups * SPARSE_GROUP) & ~(uint32_t)UINT16_MAX;
        for (uint32_t at = start[i]; at < start[i + 1]; at++)
            sparse->input[at] += upper;
    }
}

MULTIVERSION static void copy_entries(const uint16_t *restrict inputs,
                                      const uint8_t *restrict levels, size_t count,
                                      const float *restrict scale, uint32_t *restrict input,
                                      float *restrict value) {
    for (size_t i = 0; i < count; i++)
        input[i] = inputs[i];
    for (size_t i = 0; i < count; i++)
        value[i] = scale[levels[i]];
}

static void copy_rows(struct sparse *sparse, const struct sparse_images *index,
                      const uint32_t *images, const float scale[256]) {
    const size_t groups = sparse->groups;
    uint32_t at = 0;
    for (size_t row = 0; row < sparse->rows; row++) {
        const uint32_t *start = &index->start[images[row] * groups];
        const uint32_t first = start[0], count = start[groups] - first;
        /* Shuffled images are all over the memory, and so are the places that tell where they are.
         */
        if (row + 2 * AHEAD < sparse->rows)
            __builtin_prefetch(&index->start[images[row + 2 * AHEAD] * groups]);
        if (row + AHEAD < sparse->rows)
            prefetch(index, images[row + AHEAD]);
        for (size_t group = 0; group < groups; group++)
            sparse->row_start[row * groups + group] = at + start[group] - first;
        copy_entries(index->input + first, index->level + first, count, scale, sparse->input + at,
                     sparse->value + at);
        at += count;
    }
    sparse->row_start[sparse->rows * groups] = at;
    if (sparse->inputs > (size_t)UINT16_MAX + 1)
        complete_inputs(sparse);
}

/* A counting sort by input; rows ascend already, so they do in each input. */
void sparse_sort(struct sparse *sparse) {
    if (sparse->sorted || sparse->few_zeros)
        return;
    sparse->sorted = true;
    const size_t groups = sparse->groups, entries = sparse->row_start[sparse->rows * groups];
    uint32_t *counts = sparse->counts;
    memset(counts, 0, (sparse->inputs + 1) * sizeof *counts);
    for (size_t i = 0; i < entries; i++)
        counts[sparse->input[i]]++;
    uint32_t at = 0;
    sparse->active_count = 0;
    for (size_t input = 0; input < sparse->inputs; input++) {
        const uint32_t count = counts[input];
        counts[input] = at;
        sparse->active[sparse->active_count] = (uint32_t)input;
        sparse->active_start[sparse->active_count] = at;
        sparse->active_count += count != 0;
        at += count;
    }
    sparse->active_start[sparse->active_count] = at;
    for (size_t row = 0; row < sparse->rows; row++)
        for (size_t i = sparse->row_start[row * groups]; i < sparse->row_start[(row + 1) * groups];
             i++) {
            const uint32_t to = counts[sparse->input[i]]++;
            sparse->row[to] = (uint32_t)row;
            sparse->row_value[to] = sparse->value[i];
        }
}

void sparse_lay_out(struct sparse *sparse) {
    float *dense = sparse->dense_room;
    if (sparse->with_zeros)
        return;
    memset(dense, 0, sparse->rows * sparse->inputs * sizeof *dense);
    for (size_t row = 0; row < sparse->rows; row++, dense += sparse->inputs)
        for (size_t i = sparse->row_start[row * sparse->groups];
             i < sparse->row_start[(row + 1) * sparse->groups]; i++)
            dense[sparse->input[i]] = sparse->value[i];
    sparse->with_zeros = sparse->dense_room;
}

MULTIVERSION static void decode_pixels(const uint8_t *restrict pixels, size_t count,
                                       const float *restrict scale, float *restrict value) {
    for (size_t i = 0; i < count; i++)
        value[i] = scale[pixels[i]];
}

static void decode_dense(struct sparse *sparse, const struct sparse_images *index,
                         const uint32_t *images, const float scale[256]) {
    const size_t inputs = sparse->inputs;
    for (size_t row = 0; row < sparse->rows; row++) {
        const size_t next = row + AHEAD < sparse->rows ? row + AHEAD : row;
        for (size_t at = 0; at < inputs; at += CACHE_LINE)
            __builtin_prefetch(index->pixels + images[next] * inputs + at);
        decode_pixels(index->pixels + images[row] * inputs, inputs, scale,
                      sparse->dense_room + row * inputs);
    }
    sparse->with_zeros = sparse->dense_room;
}

#ifdef MULTIVERSION_CLONES

#include <immintrin.h>

/* As decode_bytes for whole vectors of bytes, from begin on; *next is behind the last one. */
__attribute__((target("arch=x86-64-v4"))) static uint32_t
decode_vectors(struct sparse *sparse, const uint8_t *image, size_t begin, size_t end,
               const float scale[256], uint32_t at, size_t *next) {
    size_t i = begin;
    for (; i + LANES <= end; i += LANES) {
        const __m128i bytes = _mm_loadu_si128((const __m128i_u *)(image + i));
        const __mmask16 found = _mm_test_epi8_mask(bytes, bytes);
        if (found == 0)
            continue;
        const int count = __builtin_popcount(found);
        const __mmask16 stored = (__mmask16)((1U << count) - 1);
        const __m512 values =
            _mm512_i32gather_ps(_mm512_cvtepu8_epi32(bytes), scale, sizeof *scale);
        _mm512_mask_storeu_epi32(sparse->input + at, stored,
                                 _mm512_maskz_compress_epi32(found, (__m512i)LANE_NUMBERS(i)));
        _mm512_mask_storeu_ps(sparse->value + at, stored, _mm512_maskz_compress_ps(found, values));
        at += (uint32_t)count;
    }
    *next = i;
    return at;
}

static bool has_vectors(void) {
    return __builtin_cpu_supports("x86-64-v4");
}

#else

static uint32_t decode_vectors(struct sparse *sparse, const uint8_t *image, size_t begin,
                               size_t end, const float scale[256], uint32_t at, size_t *next) {
    (void)sparse, (void)image, (void)end, (void)scale;
    *next = begin;
    return at;
}

static bool has_vectors(void) {
    return false;
}

#endif

/* Append the entries of an image's bytes begin .. end-1, as scan does. */
static uint32_t decode_bytes(struct sparse *sparse, const uint8_t *image, size_t begin, size_t end,
                             const float scale[256], uint32_t at) {
    size_t i = begin;
    if (has_vectors())
        at = decode_vectors(sparse, image, begin, end, scale, at, &i);
    while ((i = skip_background(image, i, end)) < end) {
        const size_t stop = i + AT_ONCE < end ? i + AT_ONCE : end;
        for (; i < stop; i++) {
            sparse->input[at] = (uint32_t)i;
            sparse->value[at] = scale[image[i]];
            at += image[i] != 0;
        }
    }
    return at;
}

static void begin_batch(struct sparse *sparse, size_t rows, bool dense) {
    sparse->rows = rows;
    sparse->sorted = false;
    sparse->few_zeros = dense;
    sparse->with_zeros = NULL;
}

float *sparse_begin_dense(struct sparse *sparse, size_t rows) {
    begin_batch(sparse, rows, true);
    sparse->with_zeros = sparse->dense_room;
    return sparse->dense_room;
}

void sparse_decode_pixels(struct sparse *sparse, const uint8_t *pixels, size_t rows, bool dense,
                          const float scale[256]) {
    const size_t inputs = sparse->inputs, groups = sparse->groups;
    uint32_t at = 0;
    begin_batch(sparse, rows, dense);
    if (dense) {
        decode_pixels(pixels, rows * inputs, scale, sparse->dense_room);
        sparse->with_zeros = sparse->dense_room;
        return;
    }
    for (size_t i = 0; i < rows * groups; i++) {
        const size_t begin = i % groups * SPARSE_GROUP;
        const size_t end = begin + SPARSE_GROUP < inputs ? begin + SPARSE_GROUP : inputs;
        sparse->row_start[i] = at;
        at = decode_bytes(sparse, pixels + i / groups * inputs, begin, end, scale, at);
    }
    sparse->row_start[rows * groups] = at;
}

void sparse_decode(struct sparse *sparse, const struct sparse_images *index, const uint32_t *images,
                   size_t rows, const float scale[256]) {
    begin_batch(sparse, rows, index->dense);
    if (index->dense)
        decode_dense(sparse, index, images, scale);
    else
        copy_rows(sparse, index, images, scale);
}

/* Append the entries of a row; returns behind the last. */
static uint32_t gather(struct sparse *sparse, const float *x, size_t row, double divisor,
                       uint32_t at) {
    for (size_t input = 0; input < sparse->inputs; input++) {
        if (input % SPARSE_GROUP == 0)
            sparse->row_start[row * sparse->groups + input / SPARSE_GROUP] = at;
        sparse->input[at] = (uint32_t)input;
        sparse->value[at] = (float)((double)x[input] / divisor);
        at += x[input] != 0;
    }
    return at;
}

void sparse_gather(struct sparse *sparse, const float *x, size_t rows) {
    uint32_t at = 0;
    for (size_t row = 0; row < rows; row++)
        at = gather(sparse, x + row * sparse->inputs, row, 1, at);
    sparse->row_start[rows * sparse->groups] = at;
    begin_batch(sparse, rows, false);
}

void sparse_decode_values(struct sparse *sparse, const struct sparse_images *index,
                          const uint32_t *images, size_t rows, double divisor) {
    const size_t inputs = sparse->inputs;
    uint32_t at = 0;
    begin_batch(sparse, rows, index->dense);
    for (size_t row = 0; row < rows; row++) {
        const float *x = index->values + images[row] * inputs;
        for (size_t i = 0; i < inputs && index->dense; i++)
            sparse->dense_room[row * inputs + i] = (float)((double)x[i] / divisor);
        if (!index->dense)
            at = gather(sparse, x, row, divisor, at);
    }
    if (index->dense)
        sparse->with_zeros = sparse->dense_room;
    else
        sparse->row_start[rows * sparse->groups] = at;
}
