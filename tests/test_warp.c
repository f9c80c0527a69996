/* Resampling against double precision, smooth fields against their theory, and both for each
 * instruction set. */
#include "base/random.h"
#include "warp_variant.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static const struct {
    size_t rows, columns;
} sizes[] = {{28, 28}, {1, 1}, {3, 200}, {200, 3}, {1, 17}, {31, 33}, {256, 256}};

static const enum warp_fill fills[] = {WARP_CONSTANT, WARP_NEAREST, WARP_REFLECT, WARP_WRAP};

#define EACH(i, array) (size_t i = 0; i < sizeof(array) / sizeof *(array); i++)
#define PIXELS_MAX 65536

static uint8_t image[PIXELS_MAX], picture[PIXELS_MAX], other[PIXELS_MAX];

static double uniform(uint32_t number) {
    return random_unit((struct random_source){1, RANDOM_TEST, 0}, number);
}

static void draw_image(size_t pixels) {
    for (size_t i = 0; i < pixels; i++)
        image[i] = (uint8_t)(256 * uniform((uint32_t)i));
}

/* --- the reference --- */

static size_t periodic(long place, size_t period) {
    const long within = place % (long)period;
    return (size_t)(within < 0 ? within + (long)period : within);
}

/* The pixel that stands at a place along one dimension; false: none. */
static bool stand_in_for(long place, size_t count, enum warp_fill fill, size_t *at) {
    const size_t both = periodic(place, 2 * count);
    if (fill == WARP_WRAP)
        *at = periodic(place, count);
    else if (fill == WARP_REFLECT)
        *at = both < count ? both : 2 * count - 1 - both;
    else
        *at = place < 0 ? 0 : place >= (long)count ? count - 1 : (size_t)place;
    return fill != WARP_CONSTANT || (place >= 0 && place < (long)count);
}

static double pixel(size_t rows, size_t columns, long row, long column, enum warp_fill fill,
                    uint8_t constant) {
    size_t r, c;
    const bool inside = stand_in_for(row, rows, fill, &r) & stand_in_for(column, columns, fill, &c);
    return inside ? image[r * columns + c] : constant;
}

static double bilinear(size_t rows, size_t columns, double y, double x, enum warp_fill fill,
                       uint8_t constant) {
    const long row = (long)floor(y), column = (long)floor(x);
    const double down = y - (double)row, right = x - (double)column;
    double value = 0;
    for (long i = 0; i < 2; i++)
        for (long j = 0; j < 2; j++)
            value += (i ? down : 1 - down) * (j ? right : 1 - right) *
                     pixel(rows, columns, row + i, column + j, fill, constant);
    return value;
}

/* --- resampling --- */

static struct warp warp_of(size_t rows, size_t columns) {
    struct warp warp;
    arena_reset(&arena);
    assert_true(warp_init(&warp, rows, columns, 1, false, &arena));
    draw_image(rows * columns);
    return warp;
}

static void the_identity_changes_nothing(void **state) {
    (void)state;
    const float identity[6] = {1, 0, 0, 0, 1, 0};
    for
        EACH(i, sizes)
        for
            EACH(j, fills) {
                struct warp warp = warp_of(sizes[i].rows, sizes[i].columns);
                warp_image(&warp, image, identity, NULL, NULL, fills[j], 7, picture);
                assert_memory_equal(picture, image, sizes[i].rows * sizes[i].columns);
            }
}

static void whole_shifts_are_exact(void **state) {
    (void)state;
    const long shifts[][2] = {{1, 0}, {0, -3}, {-2, 5}, {300, 1}, {-1, -300}};
    for
        EACH(i, sizes)
        for
            EACH(j, fills)
            for
                EACH(k, shifts) {
                    const size_t rows = sizes[i].rows, columns = sizes[i].columns;
                    struct warp warp = warp_of(rows, columns);
                    const float map[6] = {1, 0, (float)shifts[k][1], 0, 1, (float)shifts[k][0]};
                    warp_image(&warp, image, map, NULL, NULL, fills[j], 7, picture);
                    for (size_t r = 0; r < rows; r++)
                        for (size_t c = 0; c < columns; c++)
                            assert_true(picture[r * columns + c] ==
                                        pixel(rows, columns, (long)r + shifts[k][0],
                                              (long)c + shifts[k][1], fills[j], 7));
                }
}

static void a_quarter_turn_is_exact(void **state) {
    (void)state;
    struct warp warp = warp_of(28, 28);
    const float map[6] = {0, -1, 27, 1, 0, 0};
    warp_image(&warp, image, map, NULL, NULL, WARP_CONSTANT, 0, picture);
    for (size_t r = 0; r < 28; r++)
        for (size_t c = 0; c < 28; c++)
            assert_int_equal(picture[r * 28 + c], image[c * 28 + 27 - r]);
}

/* A map that turns, stretches and shifts, and displacements of some pixels. */
static void draw_map(uint32_t seed, size_t rows, size_t columns, float map[6], float *dx,
                     float *dy) {
    for (uint32_t i = 0; i < 6; i++)
        map[i] = (float)((i % 4 == 0) + 2 * (uniform(1000000 + 6 * seed + i) - 0.5) *
                                            (i % 3 == 2 ? (double)columns / 2 : 0.4));
    for (size_t i = 0; i < rows * warp_stride(columns); i++) {
        dx[i] = (float)(WARP_PARTS * 6 * (uniform((uint32_t)(2000000 + 2 * i)) - 0.5));
        dy[i] = (float)(WARP_PARTS * 6 * (uniform((uint32_t)(2000001 + 2 * i)) - 0.5));
    }
}

/* Places are rounded to 1/512 pixel in two dimensions, and levels to 1/2. */
#define LEVEL_ERROR (255.0 / 512 * 2 + 0.5 + 0.1)

static void pictures_are_as_in_double_precision(void **state) {
    (void)state;
    for
        EACH(i, sizes)
        for
            EACH(j, fills) {
                const size_t rows = sizes[i].rows, columns = sizes[i].columns;
                const size_t stride = warp_stride(columns);
                struct warp warp = warp_of(rows, columns);
                float *dx = ARENA_NEW(&arena, float, rows *stride);
                float *dy = ARENA_NEW(&arena, float, rows *stride), map[6];
                double squares = 0;
                draw_map((uint32_t)(4 * i + j), rows, columns, map, dx, dy);
                warp_image(&warp, image, map, dx, dy, fills[j], 100, picture);
                for (size_t r = 0; r < rows; r++)
                    for (size_t c = 0; c < columns; c++) {
                        const size_t at = r * stride + c;
                        const double x = (double)map[0] * (double)c + (double)map[1] * (double)r +
                                         (double)map[2] + (double)dx[at] / WARP_PARTS;
                        const double y = (double)map[3] * (double)c + (double)map[4] * (double)r +
                                         (double)map[5] + (double)dy[at] / WARP_PARTS;
                        const double error =
                            picture[r * columns + c] - bilinear(rows, columns, y, x, fills[j], 100);
                        assert_true(fabs(error) < LEVEL_ERROR);
                        squares += error * error;
                    }
                assert_true(sqrt(squares / (double)(rows * columns)) < 0.5);
            }
}

/* --- channels and floats --- */

#define CHANNELS_MAX 4

static float numbers[CHANNELS_MAX * PIXELS_MAX], made[CHANNELS_MAX * PIXELS_MAX];
static uint8_t coloured[CHANNELS_MAX * PIXELS_MAX], turned[CHANNELS_MAX * PIXELS_MAX];

#define OFFSET 1.2f /* floats here are byte / 100 - OFFSET */

static void draw_channels(size_t count) {
    for (size_t i = 0; i < count; i++) {
        coloured[i] = (uint8_t)(256 * uniform((uint32_t)(7000000 + i)));
        numbers[i] = (float)coloured[i] / 100 - OFFSET;
    }
}

/* Each channel becomes what it becomes alone, and floats what the bytes do that they are made of.
 */
static void expect_alike(size_t rows, size_t columns, size_t channels, enum warp_fill fill,
                         uint32_t seed) {
    const size_t pixels = rows * columns, stride = warp_stride(columns);
    struct warp alone = warp_of(rows, columns), colour, floats, float_alone;
    float *dx = ARENA_NEW(&arena, float, rows *stride);
    float *dy = ARENA_NEW(&arena, float, rows *stride), map[6];
    float *channel = ARENA_NEW(&arena, float, pixels), *expected = ARENA_NEW(&arena, float, pixels);
    assert_true(warp_init(&colour, rows, columns, channels, false, &arena));
    assert_true(warp_init(&floats, rows, columns, channels, true, &arena));
    assert_true(warp_init(&float_alone, rows, columns, 1, true, &arena));
    draw_channels(pixels * channels);
    draw_map(seed, rows, columns, map, dx, dy);
    warp_image(&colour, coloured, map, dx, dy, fill, 100, turned);
    warp_image(&floats, numbers, map, dx, dy, fill, 1 - OFFSET, made);
    for (size_t k = 0; k < channels; k++) {
        for (size_t i = 0; i < pixels; i++) {
            image[i] = coloured[i * channels + k];
            channel[i] = numbers[i * channels + k];
        }
        warp_image(&alone, image, map, dx, dy, fill, 100, picture);
        warp_image(&float_alone, channel, map, dx, dy, fill, 1 - OFFSET, expected);
        for (size_t i = 0; i < pixels; i++) {
            const size_t at = i * channels + k;
            assert_int_equal(turned[at], picture[i]);
            assert_memory_equal(&made[at], &expected[i], sizeof *made);
            assert_true(fabs((double)(made[at] + OFFSET) * 100 - turned[at]) < 0.5 + 1e-4);
        }
    }
}

static void channels_and_floats_are_alike(void **state) {
    (void)state;
    for
        EACH(i, sizes)
        for
            EACH(j, fills)
        for (size_t channels = 1; channels <= CHANNELS_MAX; channels++)
            expect_alike(sizes[i].rows, sizes[i].columns, channels, fills[j],
                         (uint32_t)(100 + 4 * i + j));
}

/* Also of numbers that no sum of parts of them equals. */
static void floats_that_are_equal_stay_what_they_are(void **state) {
    (void)state;
    const size_t rows = 28, columns = 28, stride = warp_stride(columns);
    struct warp warp;
    float map[6];
    arena_reset(&arena);
    float *dx = ARENA_NEW(&arena, float, rows *stride),
          *dy = ARENA_NEW(&arena, float, rows *stride);
    assert_true(warp_init(&warp, rows, columns, 1, true, &arena));
    for (size_t i = 0; i < rows * columns; i++)
        numbers[i] = -0.42421296f;
    draw_map(3, rows, columns, map, dx, dy);
    warp_image(&warp, numbers, map, dx, dy, WARP_CONSTANT, -0.42421296f, made);
    assert_memory_equal(made, numbers, rows * columns * sizeof *made);
}

/* --- fields --- */

#define FIELDS 3000

static void make_fields(const struct smooth_field *field, uint32_t number, float *dx, float *dy) {
    static uint32_t words[1 << 18];
    const size_t count = smooth_field_words(field);
    assert_true(count <= sizeof words / sizeof *words);
    for (size_t i = 0; i < count; i += 4)
        memcpy(words + i, random_block((struct random_source){2, RANDOM_TEST, number}, i / 4).word,
               16);
    smooth_field_make(field, words, 1, dx, dy);
}

/* Of the fields at two places of an image, a lag of rows apart. */
struct moments {
    double mean, variance, covariance, across, fourth;
};

static struct moments measure(const struct smooth_field *field, size_t row, size_t column,
                              size_t lag) {
    static _Alignas(ARENA_ALIGNMENT) float dx[PIXELS_MAX], dy[PIXELS_MAX];
    struct moments sum = {0};
    for (uint32_t i = 0; i < FIELDS; i++) {
        make_fields(field, i, dx, dy);
        const double at = (double)dx[row * field->stride + column];
        sum.mean += at / FIELDS;
        sum.variance += at * at / FIELDS;
        sum.fourth += at * at * at * at / FIELDS;
        sum.covariance += at * (double)dx[(row + lag) * field->stride + column] / FIELDS;
        sum.across += at * (double)dy[row * field->stride + column] / FIELDS;
    }
    return sum;
}

/* A sum of three thousand: deviations within four of what chance makes of them. */
static void fields_have_the_deviation_and_correlation_of_smoothed_noise(void **state) {
    (void)state;
    const double by_chance = 4 / sqrt(FIELDS);
    const double sigmas[] = {1, 2.5, 4, 8};
    const size_t places[][2] = {{0, 0}, {13, 14}, {20, 27}, {5, 9}};
    for
        EACH(i, sigmas) {
            struct smooth_field field;
            const double sigma = sigmas[i], deviation = sqrt(1.0 / 3) / (2 * sqrt(M_PI) * sigma);
            arena_reset(&arena);
            assert_true(smooth_field_init(&field, 28, 28, sigma, &arena));
            assert_true(fabs(field.deviation / deviation - 1) < 1e-3);
        for
            EACH(j, places) {
                const size_t lag = 4;
                const struct moments of = measure(&field, places[j][0], places[j][1], lag);
                const double variance = deviation * deviation;
                const double correlation = exp(-16 / (4 * sigma * sigma));
                assert_true(fabs(of.mean) < by_chance * deviation);
                assert_true(fabs(of.variance / variance - 1) < by_chance * sqrt(2));
                assert_true(fabs(of.covariance / variance - correlation) < by_chance * sqrt(2));
                assert_true(fabs(of.across / variance) < by_chance);
                assert_true(fabs(of.fourth / (of.variance * of.variance) - 2.9) < 0.5);
            }
        }
}

/* What the root leaves out is the same at no place, but small at all. */
static void fields_have_their_variance_everywhere(void **state) {
    (void)state;
    const double sigmas[] = {0.1, 0.7, 4, 30, 1000};
    for
        EACH(i, sizes)
        for
            EACH(j, sigmas) {
                struct smooth_field field;
                const size_t rows = sizes[i].rows, columns = sizes[i].columns;
                arena_reset(&arena);
                assert_true(smooth_field_init(&field, rows, columns, sigmas[j], &arena));
                const size_t width = field.even + field.odd;
                for (size_t r = 0; r < (rows + 1) / 2; r++) {
                    double even = 0, odd = 0;
                    for (size_t k = 0; k < width; k++)
                        *(k < field.even ? &even : &odd) +=
                            pow((double)field.row_root[r * width + k], 2);
                    assert_true(fabs(even + odd - 1) < 2.1e-3);
                }
                for (size_t c = 0; c < columns; c++) {
                    double variance = 0;
                    for (size_t k = 0; k < field.rank; k++)
                        variance += pow((double)field.column_root[k * field.stride + c], 2);
                    assert_true(fabs(variance - 1) < 1.1e-3);
                }
            }
}

/* --- instruction sets --- */

#ifdef WARP_VARIANTS
extern const struct warp_functions warp_plain, warp_v3, warp_v4;
static const struct warp_functions *const variants[] = {&warp_plain, &warp_v3, &warp_v4};

static bool runs_here(const struct warp_functions *variant) {
    return strcmp(variant->level, "") == 0 ||
           (strcmp(variant->level, "v3") == 0 ? __builtin_cpu_supports("x86-64-v3")
                                              : __builtin_cpu_supports("x86-64-v4"));
}

static void compare(const struct warp_functions *variant, size_t rows, size_t columns,
                    enum warp_fill fill, uint32_t seed) {
    const size_t stride = warp_stride(columns), bytes = rows * stride * sizeof(float);
    struct warp warp = warp_of(rows, columns), own;
    struct smooth_field field, own_field;
    float *d[4], map[6];
    for (size_t i = 0; i < 4; i++)
        d[i] = ARENA_NEW(&arena, float, rows *stride);
    assert_true(variant->init(&own, rows, columns, 1, false, &arena));
    assert_true(smooth_field_init(&field, rows, columns, 3, &arena));
    assert_true(variant->field_init(&own_field, rows, columns, 3, &arena));
    static uint32_t words[1 << 16];
    assert_true(smooth_field_words(&field) <= sizeof words / sizeof *words);
    for (size_t i = 0; i < smooth_field_words(&field); i++)
        words[i] = random_block((struct random_source){3, RANDOM_TEST, seed}, i).word[0];
    smooth_field_make(&field, words, 900, d[0], d[1]);
    variant->field_make(&own_field, words, 900, d[2], d[3]);
    assert_memory_equal(d[0], d[2], bytes);
    assert_memory_equal(d[1], d[3], bytes);
    draw_map(seed, rows, columns, map, d[2], d[3]);
    warp_image(&warp, image, map, d[0], d[1], fill, 9, picture);
    variant->image(&own, image, map, d[0], d[1], fill, 9, other);
    assert_memory_equal(picture, other, rows * columns);
}

static void compare_channels(const struct warp_functions *variant, size_t rows, size_t columns,
                             enum warp_fill fill, uint32_t seed) {
    static float theirs[CHANNELS_MAX * PIXELS_MAX];
    const size_t stride = warp_stride(columns), count = 3 * rows * columns;
    struct warp warp, own;
    float map[6];
    arena_reset(&arena);
    float *dx = ARENA_NEW(&arena, float, rows *stride),
          *dy = ARENA_NEW(&arena, float, rows *stride);
    draw_map(seed, rows, columns, map, dx, dy);
    draw_channels(count);
    for (size_t i = 0; i < count; i++) /* not a sum among them is exact */
        numbers[i] = (float)(uniform((uint32_t)(9000000 + i)) * 3 - 1);
    for (size_t floats = 0; floats < 2; floats++) {
        const void *from = floats ? (void *)numbers : (void *)coloured;
        assert_true(warp_init(&warp, rows, columns, 3, floats, &arena));
        assert_true(variant->init(&own, rows, columns, 3, floats, &arena));
        warp_image(&warp, from, map, dx, dy, fill, 9, made);
        variant->image(&own, from, map, dx, dy, fill, 9, theirs);
        assert_memory_equal(made, theirs, count * (floats ? sizeof *made : 1));
    }
}

static void all_instruction_sets_give_the_same_bits(void **state) {
    (void)state;
    size_t compared = 0;
    for
        EACH(v, variants) {
            for (uint32_t seed = 0; seed < 20 && runs_here(variants[v]); seed++)
            for
                EACH(i, sizes) {
                    compare(variants[v], sizes[i].rows, sizes[i].columns, fills[seed % 4], seed);
                    if (seed < 4)
                        compare_channels(variants[v], sizes[i].rows, sizes[i].columns, fills[seed],
                                         seed);
                }
            compared += runs_here(variants[v]);
        }
    assert_true(compared > 0);
}
#endif

static int set_up(void **state) {
    (void)state;
    arena_init(&arena);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_identity_changes_nothing),
        cmocka_unit_test(whole_shifts_are_exact),
        cmocka_unit_test(a_quarter_turn_is_exact),
        cmocka_unit_test(pictures_are_as_in_double_precision),
        cmocka_unit_test(channels_and_floats_are_alike),
        cmocka_unit_test(floats_that_are_equal_stay_what_they_are),
        cmocka_unit_test(fields_have_the_deviation_and_correlation_of_smoothed_noise),
        cmocka_unit_test(fields_have_their_variance_everywhere),
#ifdef WARP_VARIANTS
        cmocka_unit_test(all_instruction_sets_give_the_same_bits),
#endif
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
