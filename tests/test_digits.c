#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/digest.h"
#include "data/digits.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

#define PIXELS (DIGITS_SIDE * DIGITS_SIDE)
#define IMAGES (DIGITS_TRAIN + DIGITS_TEST)
#define PINNED 2000
#define BOX 20

static uint8_t *images, *labels;

static int draw_all(void **state) {
    (void)state;
    images = malloc((size_t)IMAGES * PIXELS);
    labels = malloc(IMAGES);
    if (images == NULL || labels == NULL)
        return -1;
    memset(images, 0xa5, (size_t)IMAGES * PIXELS);
    memset(labels, 0xa5, IMAGES);
    digits_draw_many(0, IMAGES, images, labels);
    return 0;
}

static int release_all(void **state) {
    (void)state;
    free(images);
    free(labels);
    return 0;
}

static void expect_same(uint32_t image, const uint8_t *pixels, uint8_t label) {
    assert_memory_equal(pixels, images + (size_t)image * PIXELS, PIXELS);
    assert_int_equal(label, labels[image]);
}

static void one_by_one_backwards(void **state) {
    (void)state;
    uint8_t pixels[PIXELS];
    for (uint32_t image = IMAGES; image-- > 0;) {
        if (image % 7 != 0)
            continue;
        memset(pixels, 0x5a, sizeof pixels);
        uint8_t label = digits_draw(image, pixels);
        expect_same(image, pixels, label);
    }
}

static void parts_with_any_number_of_threads(void **state) {
    (void)state;
    enum { FIRST = DIGITS_TRAIN - 501, COUNT = 1003 };
    uint8_t *part = malloc((size_t)COUNT * PIXELS + 1), part_labels[COUNT + 1];
    assert_non_null(part);
    int before = omp_get_max_threads();
    for (int threads = 1; threads <= 5; threads++) {
        memset(part, 0x5a, (size_t)COUNT * PIXELS + 1);
        memset(part_labels, 0x5a, sizeof part_labels);
        omp_set_num_threads(threads);
        digits_draw_many(FIRST, COUNT, part, part_labels);
        for (uint32_t i = 0; i < COUNT; i++)
            expect_same(FIRST + i, part + (size_t)i * PIXELS, part_labels[i]);
        assert_int_equal(part[(size_t)COUNT * PIXELS], 0x5a);
        assert_int_equal(part_labels[COUNT], 0x5a);
    }
    omp_set_num_threads(before);
    free(part);
}

/* Results obtained on `digits` are comparable only as long as these bytes stay. */
static void bytes_are_pinned(void **state) {
    (void)state;
    const struct digest_piece first[] = {{images, (size_t)PINNED * PIXELS}, {labels, PINNED}};
    assert_string_equal(digest_of(first, 2).hex,
                        "5290dfeec549691b36bb78869daf1b02e3b20aedb4b061cf302cf1229e29b3d1");
    const struct digest_piece all[] = {{images, (size_t)IMAGES * PIXELS}, {labels, IMAGES}};
    assert_string_equal(digest_of(all, 2).hex,
                        "c34d03c086d46ef94a616f7153cef0a898d3f6dd82f274634f357254301a7cf7");
}

static void expect_balance(uint32_t first, uint32_t count) {
    uint32_t of_class[10] = {0};
    for (uint32_t image = first; image < first + count; image++) {
        assert_in_range(labels[image], 0, 9);
        of_class[labels[image]]++;
    }
    for (int class = 0; class < 10; class ++)
        assert_in_range(of_class[class], count * 8 / 100, count * 12 / 100);
}

static void classes_are_balanced(void **state) {
    (void)state;
    expect_balance(0, DIGITS_TRAIN);
    expect_balance(DIGITS_TRAIN, DIGITS_TEST);
}

static void labels_are_in_no_order(void **state) {
    (void)state;
    uint32_t same = 0, next = 0;
    for (uint32_t image = 0; image + 1 < DIGITS_TRAIN; image++) {
        same += labels[image + 1] == labels[image];
        next += labels[image + 1] == (labels[image] + 1) % 10;
    }
    assert_in_range(same, DIGITS_TRAIN * 9 / 100, DIGITS_TRAIN * 11 / 100);
    assert_in_range(next, DIGITS_TRAIN * 9 / 100, DIGITS_TRAIN * 11 / 100);
}

struct ink {
    int left, right, top, bottom;
    int peak;
    double mass, x, y;
};

static struct ink measure(const uint8_t *pixels) {
    struct ink ink = {DIGITS_SIDE, -1, DIGITS_SIDE, -1, 0, 0.0, 0.0, 0.0};
    for (int row = 0; row < DIGITS_SIDE; row++) {
        for (int column = 0; column < DIGITS_SIDE; column++) {
            int value = pixels[row * DIGITS_SIDE + column];
            if (value == 0)
                continue;
            ink.left = column < ink.left ? column : ink.left;
            ink.right = column > ink.right ? column : ink.right;
            ink.top = row < ink.top ? row : ink.top;
            ink.bottom = row;
            ink.peak = value > ink.peak ? value : ink.peak;
            ink.mass += value;
            ink.x += value * (column + 0.5);
            ink.y += value * (row + 0.5);
        }
    }
    return ink;
}

static void ink_is_bright_on_an_empty_ground(void **state) {
    (void)state;
    double mass = 0.0;
    for (uint32_t image = 0; image < IMAGES; image++) {
        struct ink ink = measure(images + (size_t)image * PIXELS);
        assert_in_range(ink.peak, 180, 255);
        assert_in_range((int)(ink.mass / 255.0), 15, PIXELS * 2 / 5);
        mass += ink.mass / 255.0;
    }
    assert_in_range((int)(mass / IMAGES), PIXELS / 10, PIXELS / 5);
}

/* The longer side fills the box, but for what the soft edge of a slanting end leaves blank. */
static void ink_fills_the_box(void **state) {
    (void)state;
    for (uint32_t image = 0; image < IMAGES; image++) {
        struct ink ink = measure(images + (size_t)image * PIXELS);
        int width = ink.right - ink.left + 1, height = ink.bottom - ink.top + 1;
        assert_in_range(width > height ? width : height, BOX - 1, BOX);
    }
}

static void ink_is_centred(void **state) {
    (void)state;
    for (uint32_t image = 0; image < IMAGES; image++) {
        struct ink ink = measure(images + (size_t)image * PIXELS);
        double x = ink.x / ink.mass - DIGITS_SIDE / 2.0, y = ink.y / ink.mass - DIGITS_SIDE / 2.0;
        assert_true(x >= -1.0 && x <= 1.0);
        assert_true(y >= -1.0 && y <= 1.0);
    }
}

static int compare_images(const void *a, const void *b) {
    return memcmp(*(const uint8_t *const *)a, *(const uint8_t *const *)b, PIXELS);
}

static void no_image_twice(void **state) {
    (void)state;
    const uint8_t **sorted = malloc(IMAGES * sizeof *sorted);
    assert_non_null(sorted);
    for (size_t image = 0; image < IMAGES; image++)
        sorted[image] = images + image * PIXELS;
    qsort(sorted, IMAGES, sizeof *sorted, compare_images);
    for (size_t i = 0; i + 1 < IMAGES; i++)
        assert_int_not_equal(compare_images(&sorted[i], &sorted[i + 1]), 0);
    free(sorted);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_by_one_backwards),
        cmocka_unit_test(parts_with_any_number_of_threads),
        cmocka_unit_test(bytes_are_pinned),
        cmocka_unit_test(classes_are_balanced),
        cmocka_unit_test(labels_are_in_no_order),
        cmocka_unit_test(ink_is_bright_on_an_empty_ground),
        cmocka_unit_test(ink_fills_the_box),
        cmocka_unit_test(ink_is_centred),
        cmocka_unit_test(no_image_twice),
    };
    return cmocka_run_group_tests(tests, draw_all, release_all);
}
