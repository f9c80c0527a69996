/* What surrounds a digit in a photograph must not change what is made of the digit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "data/digits.h"
#include "data/photo.h"
#include "data/plane.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 300
#define COLUMNS 340
#define SIDE 28
#define PAPER 230
#define INK 40

static uint8_t photo[ROWS * COLUMNS];

struct point {
    double x, y;
};

/* The strokes of a digit in a box of 1 x 1, each ended by NAN. */
static const struct point five[] = {{0.9, 0},    {0.2, 0}, {0.15, 0.45}, {0.7, 0.45},
                                    {0.85, 0.7}, {0.6, 1}, {0.1, 0.9},   {NAN, 0}};
static const struct point seven[] = {{0.1, 0}, {0.9, 0}, {0.4, 1}, {NAN, 0}};

static double from_segment(struct point a, struct point b, double x, double y) {
    const double dx = b.x - a.x, dy = b.y - a.y;
    const double along = ((x - a.x) * dx + (y - a.y) * dy) / (dx * dx + dy * dy);
    const double t = fmin(fmax(along, 0), 1);
    return hypot(x - a.x - t * dx, y - a.y - t * dy);
}

static void fill(uint8_t level) {
    memset(photo, level, sizeof photo);
}

/* Strokes `pen` wide in a box of `size` x `size` whose corner is at (left, top). */
static void draw(const struct point *points, double left, double top, double size, double pen,
                 uint8_t ink) {
    for (size_t i = 0; i < (size_t)ROWS * COLUMNS; i++) {
        const double x = ((double)(i % COLUMNS) + 0.5 - left) / size;
        const double y = ((double)(i / COLUMNS) + 0.5 - top) / size;
        double nearest = INFINITY;
        for (size_t p = 0; !isnan(points[p + 1].x); p++)
            nearest = fmin(nearest, from_segment(points[p], points[p + 1], x, y));
        const double covered = fmin(fmax(pen / 2 - nearest * size + 0.5, 0), 1);
        photo[i] = (uint8_t)lrint(photo[i] + (ink - photo[i]) * covered);
    }
}

/* All within the rectangle gets that share of the light. */
static void shade(size_t left, size_t top, size_t right, size_t bottom, double share) {
    for (size_t row = top; row < bottom; row++)
        for (size_t column = left; column < right; column++)
            photo[row * COLUMNS + column] = (uint8_t)(photo[row * COLUMNS + column] * share);
}

static void box(size_t left, size_t top, size_t right, size_t bottom, uint8_t level) {
    for (size_t row = top; row < bottom; row++)
        memset(photo + row * COLUMNS + left, level, right - left);
}

/* Returns whether there seem to be several. */
static bool normalise(const uint8_t *grey, size_t rows, size_t columns, uint8_t *pixels) {
    struct arena arena;
    struct error error;
    struct photo_checks checks;
    arena_init(&arena);
    assert_int_equal(photo_normalise(grey, rows, columns, SIDE, SIDE, PHOTO_MNIST_CENTRE, &arena,
                                     pixels, &checks, &error),
                     STATUS_OK);
    arena_release(&arena);
    return checks.several;
}

/* How different two images are: the share of ink that is not in both. */
static double distance(const uint8_t *a, const uint8_t *b) {
    double apart = 0, all = 0;
    for (size_t i = 0; i < (size_t)SIDE * SIDE; i++) {
        apart += abs(a[i] - b[i]);
        all += a[i] + b[i];
    }
    return apart / all;
}

static double mass(const uint8_t *image) {
    double sum = 0;
    for (size_t i = 0; i < (size_t)SIDE * SIDE; i++)
        sum += image[i];
    return sum;
}

static void plain(const struct point *points, double pen, uint8_t *pixels) {
    fill(PAPER);
    draw(points, 100, 80, 130, pen, INK);
    normalise(photo, ROWS, COLUMNS, pixels);
}

static void expect_photo_is(const uint8_t *expected, double most) {
    uint8_t pixels[SIDE * SIDE];
    normalise(photo, ROWS, COLUMNS, pixels);
    const double apart = distance(expected, pixels);
    if (apart > most)
        fail_msg("%.3f of the ink is elsewhere", apart);
}

static void mass_is_at_pixel_14(void **state) {
    (void)state;
    const struct point *digits[] = {five, seven};
    for (size_t d = 0; d < 2; d++) {
        uint8_t pixels[SIDE * SIDE];
        double all = 0, x = 0, y = 0;
        plain(digits[d], 14, pixels);
        for (size_t i = 0; i < (size_t)SIDE * SIDE; i++) {
            all += pixels[i];
            x += (double)pixels[i] * (double)(i % SIDE);
            y += (double)pixels[i] * (double)(i / SIDE);
        }
        assert_true(fabs(x / all - 14) <= 0.5);
        assert_true(fabs(y / all - 14) <= 0.5);
    }
}

/* In MNIST a good third of the pixels with ink are full; blurred strokes have hardly any. */
static void strokes_are_crisp(void **state) {
    (void)state;
    uint8_t pixels[SIDE * SIDE];
    size_t some = 0, full = 0;
    plain(five, 16, pixels);
    for (size_t i = 0; i < (size_t)SIDE * SIDE; i++) {
        some += pixels[i] > 0;
        full += pixels[i] >= 250;
    }
    assert_true(3 * full > some);
}

/* An image that is like MNIST's already stays what it is. */
static void a_normalised_image_stays(void **state) {
    (void)state;
    double apart = 0;
    size_t missing = 0;
    for (uint32_t image = 0; image < 200; image++) {
        uint8_t drawn[SIDE * SIDE], once[SIDE * SIDE], twice[SIDE * SIDE];
        digits_draw(image, drawn);
        normalise(drawn, SIDE, SIDE, once);
        normalise(once, SIDE, SIDE, twice);
        apart += distance(once, twice) / 200;
        missing += mass(drawn) > 1.25 * mass(once);
    }
    assert_true(apart < 0.08);
    assert_int_equal(missing, 0);
}

/* The same image enlarged, with edges as soft as that makes them. */
static void soft_edges_are_edges(void **state) {
    (void)state;
    enum { SCALE = 20, LARGE = SIDE * SCALE };
    uint8_t *large = malloc((size_t)LARGE * LARGE);
    double apart = 0;
    assert_non_null(large);
    for (uint32_t image = 0; image < 30; image++) {
        uint8_t drawn[SIDE * SIDE], once[SIDE * SIDE], pixels[SIDE * SIDE];
        struct arena arena;
        struct plane plane, wide;
        arena_init(&arena);
        assert_true(plane_init(&plane, SIDE, SIDE, &arena));
        assert_true(plane_init(&wide, LARGE, LARGE, &arena));
        digits_draw(image, drawn);
        for (size_t i = 0; i < sizeof drawn; i++)
            plane.at[i] = drawn[i];
        assert_true(plane_resample(&plane, plane_frame(&plane), &wide, &arena));
        for (size_t i = 0; i < (size_t)LARGE * LARGE; i++)
            large[i] = (uint8_t)wide.at[i];
        arena_release(&arena);
        normalise(drawn, SIDE, SIDE, once);
        normalise(large, LARGE, LARGE, pixels);
        apart += distance(once, pixels) / 30;
    }
    free(large);
    if (apart > 0.15)
        fail_msg("%.3f of the ink is elsewhere", apart);
}

static void light_on_dark_is_the_same(void **state) {
    (void)state;
    uint8_t expected[SIDE * SIDE];
    plain(seven, 12, expected);
    fill(INK);
    draw(seven, 100, 80, 130, 12, PAPER);
    expect_photo_is(expected, 0.02);
}

static void a_shadow_with_a_hard_edge(void **state) {
    (void)state;
    uint8_t expected[SIDE * SIDE];
    for (int pen = 4; pen <= 20; pen += 8) {
        plain(five, pen, expected);
        fill(PAPER);
        draw(five, 100, 80, 130, pen, INK);
        shade(0, 0, 160, ROWS, 0.5);
        expect_photo_is(expected, 0.05);
    }
}

/* No window that is wider than some strokes fits into the corner. */
static void a_shadow_with_a_corner(void **state) {
    (void)state;
    uint8_t expected[SIDE * SIDE];
    plain(five, 12, expected);
    fill(PAPER);
    draw(five, 100, 80, 130, 12, INK);
    for (size_t row = 0; row < ROWS; row++) {
        const size_t wide = row * 2 / 3;
        shade(170 - wide / 2, row, 170 + wide / 2, row + 1, 0.55);
    }
    expect_photo_is(expected, 0.1);
}

static void a_sheet_on_a_dark_table(void **state) {
    (void)state;
    uint8_t expected[SIDE * SIDE];
    plain(seven, 12, expected);
    for (size_t table = 10; table <= 70; table += 30) {
        fill(70);
        box(table, table / 2, COLUMNS - table / 3, ROWS - table, PAPER);
        draw(seven, 100, 80, 130, 12, INK);
        expect_photo_is(expected, 0.02);
    }
}

static void a_small_sheet_on_much_table(void **state) {
    (void)state;
    uint8_t expected[SIDE * SIDE];
    fill(PAPER);
    draw(seven, 130, 110, 60, 6, INK);
    normalise(photo, ROWS, COLUMNS, expected);
    fill(70);
    box(110, 90, 215, 190, PAPER);
    draw(seven, 130, 110, 60, 6, INK);
    expect_photo_is(expected, 0.05);
}

static void a_frame(void **state) {
    (void)state;
    uint8_t expected[SIDE * SIDE];
    plain(five, 12, expected);
    for (size_t gap = 0; gap <= 20; gap += 10) {
        fill(PAPER);
        box(gap, gap, COLUMNS - gap, ROWS - gap, INK);
        box(gap + 5, gap + 5, COLUMNS - gap - 5, ROWS - gap - 5, PAPER);
        draw(five, 100, 80, 130, 12, INK);
        expect_photo_is(expected, 0.02);
    }
}

/* A bar along the picture's edge is not taken for a frame's, nor wide strokes for paper. */
static void a_digit_cut_close(void **state) {
    (void)state;
    for (size_t pen = 8; pen <= 32; pen += 4) {
        uint8_t expected[SIDE * SIDE], pixels[SIDE * SIDE], cut[ROWS * COLUMNS];
        const size_t top = 80 - pen / 2, left = 113 - pen / 2;
        const size_t rows = 130 + pen, columns = 104 + pen;
        plain(seven, (double)pen, expected);
        for (size_t row = 0; row < rows; row++)
            memcpy(cut + row * columns, photo + (row + top) * COLUMNS + left, columns);
        normalise(cut, rows, columns, pixels);
        assert_true(distance(expected, pixels) < 0.05);
    }
}

static void several_digits_are_told_from_one(void **state) {
    (void)state;
    /* A five whose bar does not touch the rest is one digit. */
    static const struct point body[] = {{0.15, 0.1}, {0.15, 0.45}, {0.7, 0.45}, {0.85, 0.7},
                                        {0.6, 1},    {0.1, 0.9},   {NAN, 0}};
    static const struct point bar[] = {{0.28, 0}, {0.95, 0}, {NAN, 0}};
    uint8_t pixels[SIDE * SIDE];
    fill(PAPER);
    draw(body, 100, 80, 130, 10, INK);
    draw(bar, 100, 80, 130, 10, INK);
    assert_false(normalise(photo, ROWS, COLUMNS, pixels));
    fill(PAPER);
    draw(seven, 60, 80, 100, 10, INK);
    assert_false(normalise(photo, ROWS, COLUMNS, pixels));
    draw(five, 180, 85, 95, 10, INK);
    assert_true(normalise(photo, ROWS, COLUMNS, pixels));
}

static void thin_strokes_are_widened(void **state) {
    (void)state;
    uint8_t thin[SIDE * SIDE], usual[SIDE * SIDE];
    plain(seven, 2, thin);
    plain(seven, 14, usual);
    assert_true(distance(thin, usual) < 0.2);
}

static void windows_are_what_they_say(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    for (size_t filter = PLANE_LEAST; filter <= PLANE_MEAN; filter++)
        for (size_t reach = 0; reach < 12; reach++) {
            struct plane plane;
            float before[9];
            assert_true(plane_init(&plane, 1, 9, &arena));
            for (size_t i = 0; i < 9; i++)
                before[i] = plane.at[i] = (float)(i * i * 7 % 11);
            assert_true(plane_filter(&plane, (enum plane_filter)filter, reach, &arena));
            for (size_t i = 0; i < 9; i++) {
                float least = INFINITY, most = -INFINITY, sum = 0, count = 0;
                for (size_t j = 0; j < 9; j++)
                    if (j + reach >= i && j <= i + reach) {
                        least = fminf(least, before[j]);
                        most = fmaxf(most, before[j]);
                        sum += before[j];
                        count++;
                    }
                const float expected = filter == PLANE_LEAST  ? least
                                       : filter == PLANE_MOST ? most
                                                              : sum / count;
                assert_true(fabsf(plane.at[i] - expected) < 1e-5f);
            }
        }
    arena_release(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mass_is_at_pixel_14),
        cmocka_unit_test(strokes_are_crisp),
        cmocka_unit_test(a_normalised_image_stays),
        cmocka_unit_test(soft_edges_are_edges),
        cmocka_unit_test(light_on_dark_is_the_same),
        cmocka_unit_test(a_shadow_with_a_hard_edge),
        cmocka_unit_test(a_shadow_with_a_corner),
        cmocka_unit_test(a_sheet_on_a_dark_table),
        cmocka_unit_test(a_small_sheet_on_much_table),
        cmocka_unit_test(a_frame),
        cmocka_unit_test(a_digit_cut_close),
        cmocka_unit_test(several_digits_are_told_from_one),
        cmocka_unit_test(thin_strokes_are_widened),
        cmocka_unit_test(windows_are_what_they_say),
    };
    return cmocka_run_group_tests_name("photo", tests, NULL, NULL);
}
