#include "data_files.h"

#include "data/idx.h"

#include <sys/resource.h>

static struct bytes file, other;

static void begin(void) {
    file.count = 0;
}

static void begin_images(uint32_t count, uint32_t rows, uint32_t columns) {
    begin();
    add_idx_header(&file, 3, (const uint32_t[]){count, rows, columns});
}

static void expect_images(const char *path) {
    struct idx_array array;
    struct error error = {0};
    assert_int_equal(idx_read(path, IDX_IMAGES, &array, &error), STATUS_OK);
    assert_int_equal(array.kind, IDX_IMAGES);
    assert_int_equal(array.count, 7);
    assert_int_equal(array.rows, 3);
    assert_int_equal(array.columns, 5);
    assert_int_equal(array.bytes, 7 * 3 * 5);
    for (size_t i = 0; i < array.bytes; i++)
        assert_int_equal(array.data[i], i);
    uint8_t header[IDX_HEADER_MAX];
    assert_int_equal(idx_header(&array, header), 16);
    assert_memory_equal(header, file.data, 16);
    idx_release(&array);
    idx_release(&array);
}

static void expect_bad(const char *path, enum idx_kind kind, enum status expected,
                       const char *fragment) {
    struct idx_array array;
    struct error error = {0};
    enum status status = idx_read(path, kind, &array, &error);
    assert_error(status, &error, expected, fragment);
    assert_string_equal(error.file, path);
    assert_null(array.data);
    assert_int_equal(array.bytes, 0);
}

static void expect_bad_images(const char *fragment) {
    expect_bad(write_plain("bad", &file), IDX_IMAGES, STATUS_INPUT, fragment);
    expect_bad(write_gzip("bad.gz", &file), IDX_IMAGES, STATUS_INPUT, fragment);
}

static void images_plain_and_gzip(void **state) {
    (void)state;
    begin_images(7, 3, 5);
    add_ramp(&file, 7 * 3 * 5, 0, 256);
    expect_images(write_plain("images", &file));
    expect_images(write_gzip("images.gz", &file));
    /* The contents decide, not the ending. */
    expect_images(write_gzip("images-without-ending", &file));
}

static void labels_of_any_value(void **state) {
    (void)state;
    begin();
    add_idx_header(&file, 1, (const uint32_t[]){256});
    add_ramp(&file, 256, 0, 256);
    struct idx_array array;
    struct error error = {0};
    assert_int_equal(idx_read(write_gzip("labels", &file), IDX_LABELS, &array, &error), STATUS_OK);
    assert_int_equal(array.count, 256);
    assert_int_equal(array.rows * array.columns, 1);
    assert_int_equal(array.data[255], 255);
    uint8_t header[IDX_HEADER_MAX];
    assert_int_equal(idx_header(&array, header), 8);
    assert_memory_equal(header, file.data, 8);
    idx_release(&array);
}

static void no_elements(void **state) {
    (void)state;
    begin_images(0, 28, 28);
    struct idx_array array;
    assert_int_equal(idx_read(write_plain("none", &file), IDX_IMAGES, &array, NULL), STATUS_OK);
    assert_int_equal(array.count, 0);
    idx_release(&array);
}

static void not_a_file(void **state) {
    (void)state;
    expect_bad(in_folder("absent"), IDX_IMAGES, STATUS_IO, "No such file");
    expect_bad(folder, IDX_IMAGES, STATUS_INPUT, "not a regular file");
    const char *pipe = in_folder("pipe");
    assert_int_equal(mkfifo(pipe, 0600), 0);
    expect_bad(pipe, IDX_IMAGES, STATUS_INPUT, "not a regular file");
}

static void wrong_headers(void **state) {
    (void)state;
    begin();
    expect_bad_images("is empty");
    add(&file, "<html><body>404</body></html>", 29);
    expect_bad_images("is not an IDX file: it starts with the bytes 3c 68 74 6d");

    begin_images(1, 2, 2);
    add_ramp(&file, 4, 0, 256);
    file.data[2] = 0x0d;
    expect_bad_images("holds 32-bit floats (type 0x0d)");
    file.data[2] = 0x77;
    expect_bad_images("unknown type (type 0x77)");

    begin();
    add_idx_header(&file, 1, (const uint32_t[]){4});
    add_ramp(&file, 4, 0, 256);
    expect_bad_images("has 1 dimensions (labels) where 3 (images) are expected; have two files");
    begin_images(1, 2, 2);
    add_ramp(&file, 4, 0, 256);
    expect_bad(write_plain("bad", &file), IDX_LABELS, STATUS_INPUT,
               "has 3 dimensions (images) where 1 (labels) are expected");
    file.data[3] = 4;
    expect_bad_images("has 4 dimensions (neither)");
}

static void wrong_shapes(void **state) {
    (void)state;
    begin_images(1, 0, 28);
    expect_bad_images("images of 0 x 28 pixels");
    begin_images(1, 28, 0);
    expect_bad_images("images of 28 x 0 pixels");
    begin_images(1, 65537, 1);
    expect_bad_images("at most 65536 x 65536");
    begin_images(UINT32_MAX, UINT32_MAX, UINT32_MAX);
    expect_bad_images("at most 65536 x 65536");
    begin_images(UINT32_MAX, 65536, 65536);
    expect_bad_images("announces 4294967295 x 65536 x 65536 elements; at most 4294967296");
    begin_images(65537, 256, 256);
    expect_bad_images("at most 4294967296");
}

static void truncated(void **state) {
    (void)state;
    begin_images(7, 3, 5);
    add_ramp(&file, 7 * 3 * 5 - 1, 0, 256);
    expect_bad_images("105 bytes expected after the header, 104 found");
    file.count = 16;
    expect_bad_images("105 bytes expected after the header, 0 found");
    file.count = 15;
    expect_bad_images("ends inside its header: 16 bytes expected, 15 found");
    file.count = 3;
    expect_bad_images("ends inside its header: 16 bytes expected, 3 found");
}

static void trailing(void **state) {
    (void)state;
    begin_images(7, 3, 5);
    add_ramp(&file, 7 * 3 * 5 + 1, 0, 256);
    expect_bad_images("has more bytes than the 105 that its header announces");
}

static void damaged_gzip(void **state) {
    (void)state;
    begin_images(20, 28, 28);
    for (size_t i = 0; i < 20 * 28 * 28; i++)
        add(&file, &(uint8_t){(uint8_t)(i * i >> 3)}, 1);
    read_back(write_gzip("good.gz", &file), &other);

    struct bytes *bad = malloc(sizeof *bad);
    assert_non_null(bad);
    *bad = other;
    bad->data[bad->count - 8] ^= 1; /* the check sum */
    expect_bad(write_plain("sum.gz", bad), IDX_IMAGES, STATUS_INPUT, "incorrect data check");
    *bad = other;
    memset(bad->data + bad->count / 2, 0xff, 64);
    expect_bad(write_plain("middle.gz", bad), IDX_IMAGES, STATUS_INPUT, "cannot be decompressed (");
    *bad = other;
    bad->count /= 2;
    expect_bad(write_plain("half.gz", bad), IDX_IMAGES, STATUS_INPUT,
               "15680 bytes expected after the header");
    bad->count = other.count - 4;
    expect_bad(write_plain("end.gz", bad), IDX_IMAGES, STATUS_INPUT, "unexpected end of file");
    bad->count = 12;
    expect_bad(write_plain("start.gz", bad), IDX_IMAGES, STATUS_INPUT, "is empty");
    free(bad);
}

/* Sanitizers need terabytes of address space, so it cannot be limited under them. */
#if defined SWEEP_SANITIZED || defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define CAN_LIMIT_MEMORY 0
#elif defined __has_feature
#define CAN_LIMIT_MEMORY !(__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define CAN_LIMIT_MEMORY 1
#endif

/* Limit the address space; returns the limit there was. */
static rlim_t limit_memory(rlim_t bytes) {
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_AS, &limit), 0);
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = bytes;
    if (CAN_LIMIT_MEMORY)
        assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
    return before;
}

/* Write what `file` holds and then `count` times 64 KiB of zeros, compressed. */
static const char *write_bomb(int count) {
    static const uint8_t zeros[65536];
    const char *path = in_folder("bomb.gz");
    gzFile bomb = gzopen(path, "wb");
    assert_non_null(bomb);
    gzwrite(bomb, file.data, (unsigned)file.count);
    for (int i = 0; i < count; i++)
        assert_int_equal(gzwrite(bomb, zeros, sizeof zeros), sizeof zeros);
    gzclose(bomb);
    return path;
}

static void memory_is_bounded(void **state) {
    (void)state;
    /* A few bytes that announce 4 GiB. */
    begin_images(65536, 256, 256);
    add_ramp(&file, 4, 0, 256);
    rlim_t before = limit_memory((rlim_t)1 << 30);
    expect_bad_images("4294967296 bytes expected after the header, 4 found");

    /* Some kilobytes that unpack to much more than they announce. */
    begin_images(2, 3, 5);
    expect_bad(write_bomb(512), IDX_IMAGES, STATUS_INPUT, "has more bytes than the 30");

    /* Some that unpack to as much as they announce, and to nothing an image would be. */
    begin_images(65536, 256, 256);
    expect_bad(write_bomb(2048), IDX_IMAGES, STATUS_INPUT, "unpacks to more than 200 times");
    limit_memory(before);
}

static void larger_than_the_first_buffer(void **state) {
    (void)state;
    begin_images(1000, 28, 28);
    const char *path = in_folder("large.gz");
    gzFile large = gzopen(path, "wb");
    assert_non_null(large);
    gzwrite(large, file.data, (unsigned)file.count);
    for (unsigned i = 0; i < 1000; i++) {
        uint8_t image[28 * 28];
        memset(image, (int)(i % 251), sizeof image);
        gzwrite(large, image, sizeof image);
    }
    gzclose(large);
    struct idx_array array;
    struct error error = {0};
    assert_int_equal(idx_read(path, IDX_IMAGES, &array, &error), STATUS_OK);
    for (size_t i = 0; i < array.bytes; i++)
        assert_int_equal(array.data[i], i / (28 * 28) % 251);
    idx_release(&array);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_plain_and_gzip),
        cmocka_unit_test(labels_of_any_value),
        cmocka_unit_test(no_elements),
        cmocka_unit_test(not_a_file),
        cmocka_unit_test(wrong_headers),
        cmocka_unit_test(wrong_shapes),
        cmocka_unit_test(truncated),
        cmocka_unit_test(trailing),
        cmocka_unit_test(damaged_gzip),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(larger_than_the_first_buffer),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
