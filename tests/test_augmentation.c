/* Augmentations against Keras' formulas, and what a picture depends on. */
#include "augmentations.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define ROWS 28
#define COLUMNS 31
#define PIXELS (ROWS * COLUMNS)

static struct arena arena;
static const struct dataset grey = {.rows = ROWS, .columns = COLUMNS};
static uint8_t image[PIXELS], picture[PIXELS], expected[PIXELS];

static int set_up(void **state) {
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < PIXELS; i++)
        image[i] = (uint8_t)random_block((struct random_source){1, RANDOM_TEST, 1}, i).word[0];
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct augmenter ready(const struct components *list, uint64_t seed, double strength) {
    struct augmenter augmenter;
    arena_reset(&arena);
    assert_true(augmenter_init(&augmenter, list, &grey, seed, &arena));
    augmenter_begin_epoch(&augmenter, 1, strength);
    return augmenter;
}

static void change(const struct components *list, double strength, uint32_t number) {
    struct augmenter augmenter = ready(list, 5, strength);
    augment(&augmenter, number, image, picture);
}

static double pixel(long row, long column) {
    return row < 0 || row >= ROWS || column < 0 || column >= COLUMNS
               ? 0
               : image[row * COLUMNS + column];
}

static double at(double y, double x) {
    const long row = (long)floor(y), column = (long)floor(x);
    const double down = y - (double)row, right = x - (double)column;
    return (1 - down) * ((1 - right) * pixel(row, column) + right * pixel(row, column + 1)) +
           down * ((1 - right) * pixel(row + 1, column) + right * pixel(row + 1, column + 1));
}

/* Keras' affine_transform: the output's (x, y) is the input's (a0 x + a1 y + a2, b0 x + b1 y + b2).
 * Places are rounded to 1/512 pixel, and levels to 1/2. */
static void expect_map(const double m[6]) {
    for (size_t r = 0; r < ROWS; r++)
        for (size_t c = 0; c < COLUMNS; c++) {
            const double x = m[0] * (double)c + m[1] * (double)r + m[2];
            const double y = m[3] * (double)c + m[4] * (double)r + m[5];
            assert_true(fabs(picture[r * COLUMNS + c] - at(y, x)) < 255.0 / 512 * 2 + 0.6);
        }
}

static void translation_shifts_down_and_right(void **state) {
    (void)state;
    struct components list = {0};
    struct component *shift = append_kind(&list, "random_translation");
    set_factor(shift, "height_factor", 3.0 / ROWS, 3.0 / ROWS);
    set_factor(shift, "width_factor", -5.0 / COLUMNS, -5.0 / COLUMNS);
    change(&list, 1, 0);
    for (long r = 0; r < ROWS; r++)
        for (long c = 0; c < COLUMNS; c++)
            assert_true(picture[r * COLUMNS + c] == pixel(r - 3, c + 5));
    /* Half as strong. */
    change(&list, 0.5, 0);
    expect_map((double[]){1, 0, 2.5, 0, 1, -1.5});
}

static void rotation_is_counter_clockwise_by_shares_of_a_turn(void **state) {
    (void)state;
    struct components list = {0};
    struct component *turn = append_kind(&list, "random_rotation");
    const double factors[] = {0.25, 0.5, -0.25, 0.04, -0.3};
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        const double angle = 2 * M_PI * factors[i], x = (COLUMNS - 1) / 2.0, y = (ROWS - 1) / 2.0;
        set_factor(turn, "factor", factors[i], factors[i]);
        change(&list, 1, 0);
        expect_map((double[]){cos(angle), -sin(angle), x - cos(angle) * x + sin(angle) * y,
                              sin(angle), cos(angle), y - sin(angle) * x - cos(angle) * y});
    }
    /* What was on the right is on top. */
    set_factor(turn, "factor", 0.25, 0.25);
    memset(image, 0, sizeof image);
    image[14 * COLUMNS + 25] = 200;
    change(&list, 1, 0);
    size_t sum_above = 0;
    for (size_t i = 0; i < PIXELS / 2; i++)
        sum_above += picture[i];
    assert_true(sum_above > 150);
}

static void zoom_above_0_makes_smaller(void **state) {
    (void)state;
    struct components list = {0};
    struct component *zoom = append_kind(&list, "random_zoom");
    const double x = (COLUMNS - 1) / 2.0, y = (ROWS - 1) / 2.0;
    set_factor(zoom, "height_factor", 0.3, 0.3);
    change(&list, 1, 0);
    expect_map((double[]){1.3, 0, x * (1 - 1.3), 0, 1.3, y * (1 - 1.3)});
    set_factor(zoom, "width_factor", -0.4, -0.4);
    change(&list, 1, 0);
    expect_map((double[]){0.6, 0, x * (1 - 0.6), 0, 1.3, y * (1 - 1.3)});
}

static void shear_slants_to_either_side(void **state) {
    (void)state;
    struct components list = {0};
    struct component *shear = append_kind(&list, "random_shear");
    set_factor(shear, "x_factor", 0.2, 0.2);
    set_factor(shear, "y_factor", 0.1, 0.1);
    size_t negative = 0;
    for (uint32_t number = 0; number < 40; number++) {
        change(&list, 1, number);
        const double sign = fabs(picture[5 * COLUMNS + 5] - at(5.5, 6)) < 1.6 ? 1 : -1;
        expect_map((double[]){1, sign * 0.2, 0, sign * 0.1, 1, 0});
        negative += sign < 0;
    }
    assert_in_range(negative, 8, 32);
}

static void members_follow_each_other(void **state) {
    (void)state;
    struct components list = {0};
    struct component *turn = append_kind(&list, "random_rotation");
    struct component *shift = append_kind(&list, "random_translation");
    set_factor(turn, "factor", 0.5, 0.5);
    set_factor(shift, "height_factor", 4.0 / ROWS, 4.0 / ROWS);
    set_factor(shift, "width_factor", 0, 0);
    change(&list, 1, 0);
    for (long r = 0; r < ROWS; r++)
        for (long c = 0; c < COLUMNS; c++)
            assert_true(picture[r * COLUMNS + c] ==
                        (r < 4 ? 0 : pixel(ROWS - 1 - (r - 4), COLUMNS - 1 - c)));
}

static void the_fill_of_one_is_that_of_all(void **state) {
    (void)state;
    struct components list = {0};
    struct component *turn = append_kind(&list, "random_rotation");
    struct component *shift = append_kind(&list, "random_translation");
    set_factor(turn, "factor", 0, 0);
    set_factor(shift, "height_factor", 4.0 / ROWS, 4.0 / ROWS);
    set_factor(shift, "width_factor", 0, 0);
    set_name(turn, "fill_mode", "reflect");
    assert_null(augmentation_family.together(&list));
    change(&list, 1, 0);
    assert_memory_equal(picture, image + 3 * COLUMNS, COLUMNS);
    set_name(shift, "fill_mode", "wrap");
    assert_non_null(augmentation_family.together(&list));
    set_name(turn, "fill_mode", "wrap");
    assert_null(augmentation_family.together(&list));
    change(&list, 1, 0);
    assert_memory_equal(picture, image + (ROWS - 4) * COLUMNS, COLUMNS);
    append_kind(&list, "elastic");
    assert_null(augmentation_family.together(&list));
    append_kind(&list, "elastic");
    assert_non_null(augmentation_family.together(&list));
}

/* The bounds of what became 77, which must be a rectangle; 0 pixels: nothing did. */
static size_t erased(size_t *rows, size_t *columns) {
    size_t top = ROWS, bottom = 0, left = COLUMNS, right = 0, count = 0;
    for (size_t i = 0; i < PIXELS; i++)
        if (picture[i] == 77) {
            const size_t r = i / COLUMNS, c = i % COLUMNS;
            top = r < top ? r : top;
            bottom = r;
            left = c < left ? c : left;
            right = c > right ? c : right;
            count++;
        } else {
            assert_int_equal(picture[i], image[i]);
        }
    *rows = count ? bottom - top + 1 : 0;
    *columns = count ? right - left + 1 : 0;
    assert_int_equal(count, *rows * *columns);
    return count;
}

static void erasing_is_as_likely_and_large_as_kerass(void **state) {
    (void)state;
    struct components list = {0};
    struct component *erasing = append_kind(&list, "random_erasing");
    const double strengths[] = {1, 0.5};
    set_real(erasing, "fill_value", 77);
    for (size_t i = 0; i < PIXELS; i++)
        image[i] = (uint8_t)(i % 70);
    for (size_t i = 0; i < 2; i++) {
        size_t count = 0, rows, columns;
        double height = 0;
        struct augmenter augmenter = ready(&list, 5, strengths[i]);
        for (uint32_t number = 0; number < 4000; number++) {
            augment(&augmenter, number, image, picture);
            count += erased(&rows, &columns) > 0;
            height += (double)rows / ROWS;
            assert_true(rows <= (size_t)ceil(sqrt(0.33) * ROWS) &&
                        columns <= (size_t)ceil(sqrt(0.33) * COLUMNS));
        }
        /* A probability uniform from 0 to 1; the mean of the root of one from 0.02 to 0.33. */
        assert_true(fabs((double)count / 4000 - 0.5 * strengths[i]) < 0.03);
        const double mean = 2.0 / 3 * (pow(0.33, 1.5) - pow(0.02, 1.5)) / 0.31;
        assert_true(fabs(height / (double)count - mean) < 0.01);
    }
}

static void a_range_is_drawn_from_evenly(void **state) {
    (void)state;
    struct components list = {0};
    struct component *shift = append_kind(&list, "random_translation");
    const size_t bins = 11; /* 10 whole pixels and their borders */
    size_t counts[11] = {0};
    set_factor(shift, "height_factor", -5.0 / ROWS, 5.0 / ROWS);
    set_factor(shift, "width_factor", 0, 0);
    memset(image, 0, sizeof image);
    memset(image + 14 * COLUMNS, 255, COLUMNS);
    struct augmenter augmenter = ready(&list, 5, 1);
    for (uint32_t number = 0; number < 5000; number++) {
        double sum = 0;
        augment(&augmenter, number, image, picture);
        for (size_t r = 0; r < ROWS; r++)
            sum += (double)r * picture[r * COLUMNS + 8] / 255;
        counts[(size_t)(sum - 14 + 5 + 0.5)]++;
    }
    for (size_t i = 0; i < bins; i++)
        assert_true(fabs((double)counts[i] - (i == 0 || i == bins - 1 ? 250 : 500)) < 100);
}

static void elastic_displaces_by_alpha_and_strength(void **state) {
    (void)state;
    struct components list = usual_augmentation();
    const double strengths[] = {1, 0.25};
    for (size_t i = 0; i < 2; i++) {
        struct augmenter augmenter = ready(&list, 5, strengths[i]);
        double squares = 0;
        for (uint32_t number = 0; number < 2000; number++) {
            augment(&augmenter, number, image, picture);
            squares += pow((double)augmenter.dx[13 * warp_stride(COLUMNS) + 13] / WARP_PARTS, 2) +
                       pow((double)augmenter.dy[20 * warp_stride(COLUMNS) + 3] / WARP_PARTS, 2);
        }
        /* alpha sqrt(1/3) / (2 sqrt(pi) sigma) */
        assert_true(fabs(sqrt(squares / 4000) / (1.3844 * strengths[i]) - 1) < 0.04);
    }
}

static void a_picture_depends_on_seed_epoch_and_image_alone(void **state) {
    (void)state;
    const struct components list = usual_augmentation();
    struct augmenter one = ready(&list, 5, 1);
    augment(&one, 17, image, expected);
    for (uint32_t number = 30; number > 16; number--)
        augment(&one, number, image, picture);
    assert_memory_equal(picture, expected, PIXELS);
    augmenter_begin_epoch(&one, 2, 1);
    augment(&one, 17, image, picture);
    assert_memory_not_equal(picture, expected, PIXELS);
    augmenter_begin_epoch(&one, 1, 1);
    augment(&one, 17, image, picture);
    assert_memory_equal(picture, expected, PIXELS);
    augmenter_begin_epoch(&one, 1, 0.9);
    augment(&one, 17, image, picture);
    assert_memory_not_equal(picture, expected, PIXELS);
    struct augmenter other = ready(&list, 6, 1);
    augment(&other, 17, image, picture);
    assert_memory_not_equal(picture, expected, PIXELS);
}

static void no_list_takes_no_memory(void **state) {
    (void)state;
    const struct components list = {&augmentation_family, 0, {{0}}};
    const struct components *const lists[] = {NULL, &list};
    for (size_t i = 0; i < 2; i++) {
        const struct augmenter augmenter = ready(lists[i], 5, 1);
        assert_false(augmenter_changes(&augmenter));
        assert_int_equal(arena.used, 0);
    }
    const struct components usual = usual_augmentation();
    const struct augmenter none = ready(&usual, 5, 0), some = ready(&usual, 5, 0.01);
    assert_false(augmenter_changes(&none));
    assert_true(augmenter_changes(&some));
}

/* --- colour and floats --- */

static uint8_t colour[3 * PIXELS], changed[3 * PIXELS];
static float values[3 * PIXELS], made[3 * PIXELS];

static struct augmenter ready_for(const struct components *list, const struct dataset *form) {
    struct augmenter augmenter;
    assert_true(augmenter_init(&augmenter, list, form, 5, &arena));
    augmenter_begin_epoch(&augmenter, 1, 1);
    return augmenter;
}

/* Three channels that are equal stay so, and are what the one channel becomes; so are bytes / 255.
 */
static void all_forms_of_an_image_become_the_same(void **state) {
    (void)state;
    struct components list = usual_augmentation();
    struct component *cutout = append_kind(&list, "random_erasing");
    const struct dataset forms[] = {
        {.rows = ROWS, .columns = COLUMNS},
        {.rows = ROWS, .columns = COLUMNS, .channels = 3},
        {.rows = ROWS, .columns = COLUMNS, .channels = 3, .unit = 255},
        {.rows = ROWS, .columns = COLUMNS, .channels = 3, .train.values = values}};
    for (size_t i = 0; i < 3 * PIXELS; i++) {
        colour[i] = image[i / 3];
        values[i] = (float)colour[i] / 255;
    }
    size_t filled = 0;
    for (uint32_t number = 0; number < 60; number++) {
        arena_reset(&arena);
        for (size_t form = 0; form < 4; form++) { /* a fifth of white, in the form's own numbers */
            set_real(cutout, "fill_value", form < 2 ? 51 : 0.2);
            set_real(&list.items[0], "fill_value", form < 2 ? 51 : 0.2);
            struct augmenter augmenter = ready_for(&list, &forms[form]);
            if (form == 0)
                augment(&augmenter, number, image, picture);
            else if (form < 3)
                augment(&augmenter, number, colour, changed);
            else
                augment(&augmenter, number, values, made);
            for (size_t i = 0; i < 3 * PIXELS && form > 0; i++) {
                const uint8_t level = picture[i / 3];
                if (form < 3)
                    assert_int_equal(changed[i], level);
                else
                    assert_true(fabs((double)made[i] * 255 - level) < 0.5 + 1e-4);
            }
        }
        for (size_t i = 0; i < 3 * PIXELS; i++)
            filled += made[i] == 0.2f;
    }
    assert_true(filled > 60 * PIXELS / 4);
}

static void expect_refusal(const struct dataset *dataset, double fill_value, const char *refusal) {
    struct components list = {0};
    struct text text;
    text_init(&text);
    append_kind(&list, "random_rotation");
    set_real(append_kind(&list, "random_erasing"), "fill_value", fill_value);
    assert_int_equal(augmentation_fills(&list), fill_value != 0);
    augmentation_append_refusal(&list, dataset, &text);
    assert_string_equal(text.data, refusal);
    text_release(&text);
}

static void what_does_not_fit_the_images_is_told(void **state) {
    (void)state;
    const struct dataset bytes = {.name = "a"}, scaled = {.name = "b", .unit = 255};
    const struct dataset floats = {.name = "c", .train.values = values},
                         table = {.name = "d", .table = true};
    expect_refusal(&bytes, 255, "");
    expect_refusal(
        &bytes, 0.5,
        "fill_value 0.5 is no number of the images of a, which are whole numbers from 0 to 255");
    expect_refusal(
        &bytes, -1,
        "fill_value -1 is no number of the images of a, which are whole numbers from 0 to 255");
    expect_refusal(&scaled, 0.5, "");
    expect_refusal(&scaled, 255,
                   "fill_value 255 is no number of the images of b, which are from 0 to 1");
    expect_refusal(&floats, -0.42, "");
    expect_refusal(&table, 0, "images can be changed, and d has none; leave it out");
}

/* A counting arena tells what an augmenter takes. */
static void memory_is_counted(void **state) {
    (void)state;
    const struct components list = usual_augmentation();
    const float number = 0;
    const struct {
        size_t rows, columns, channels;
        bool floats;
    } sizes[] = {{1, 1, 0, false}, {28, 28, 3, true}, {3, 200, 3, false}, {256, 256, 0, true}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct arena counting;
        struct augmenter augmenter;
        arena_init_counting(&counting);
        arena_reset(&arena);
        const struct dataset form = {.name = "form",
                                     .rows = sizes[i].rows,
                                     .columns = sizes[i].columns,
                                     .channels = sizes[i].channels,
                                     .train.values = sizes[i].floats ? &number : NULL};
        assert_true(augmenter_init(&augmenter, &list, &form, 1, &counting));
        assert_true(augmenter_init(&augmenter, &list, &form, 1, &arena));
        assert_int_equal(arena.used, counting.used);
    }
}

/* Into memory of the images' very size: a sanitizer sees what is read or written beyond. */
static void images_of_any_size_are_changed(void **state) {
    (void)state;
    struct components list = usual_augmentation();
    append_kind(&list, "random_erasing");
    const struct {
        size_t rows, columns, channels;
    } sizes[] = {{1, 1, 1}, {1, 40, 3}, {40, 1, 2}, {3, 200, 1}, {17, 16, 3}, {256, 256, 1}};
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof *sizes; i++) {
        const size_t of = i / 2, floats = i % 2;
        const size_t bytes =
            sizes[of].rows * sizes[of].columns * sizes[of].channels * (floats ? sizeof(float) : 1);
        uint8_t *before = malloc(bytes), *after = malloc(bytes);
        struct augmenter augmenter;
        arena_reset(&arena);
        assert_true(before && after);
        memset(before, 62, bytes); /* no float that something else becomes */
        const struct dataset form = {.rows = sizes[of].rows,
                                     .columns = sizes[of].columns,
                                     .channels = sizes[of].channels,
                                     .train.values = floats ? (float *)(void *)before : NULL};
        assert_true(augmenter_init(&augmenter, &list, &form, 1, &arena));
        assert_int_equal(augmenter_picture_bytes(&augmenter), bytes);
        augmenter_begin_epoch(&augmenter, 1, 1);
        size_t kept = 0;
        for (uint32_t number = 0; number < 20; number++) {
            augment(&augmenter, number, before, after);
            for (size_t j = 0; j < bytes; j++)
                kept += after[j] == 62;
        }
        assert_true(kept < 20 * bytes);
        free(before);
        free(after);
    }
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(translation_shifts_down_and_right),
        TEST(rotation_is_counter_clockwise_by_shares_of_a_turn),
        TEST(zoom_above_0_makes_smaller),
        TEST(shear_slants_to_either_side),
        TEST(members_follow_each_other),
        TEST(the_fill_of_one_is_that_of_all),
        TEST(erasing_is_as_likely_and_large_as_kerass),
        TEST(a_range_is_drawn_from_evenly),
        TEST(elastic_displaces_by_alpha_and_strength),
        TEST(a_picture_depends_on_seed_epoch_and_image_alone),
        TEST(no_list_takes_no_memory),
        TEST(all_forms_of_an_image_become_the_same),
        TEST(what_does_not_fit_the_images_is_told),
        TEST(memory_is_counted),
        TEST(images_of_any_size_are_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
