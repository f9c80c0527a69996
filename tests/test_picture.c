/* JPEG pictures: what is decoded is what was encoded, which way up it was stored. The encoder is
 * libjpeg's own; what PNG and PGM files give is in tests/cli/test_show.py. And pictures resized. */
#include "data_files.h"

#include "data/folder.h"
#include "data/picture.h"

#include <jpeglib.h>

#define ROWS 24
#define COLUMNS 16

/* Dark at the upper left, bright at the lower right, and red at the upper right. */
static void paint(size_t row, size_t column, uint8_t pixel[3]) {
    memset(pixel, (int)(row * 6 + column * 3), 3);
    if (row < 8 && column >= 8)
        pixel[0] = 250;
}

/* Which way a picture is to be turned so that it is upright, as Exif has it: a TIFF file of one
 * entry, in either order of bytes. */
static void write_orientation(struct jpeg_compress_struct *jpeg, uint8_t way, bool big_endian) {
    static const uint8_t big[] = "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x01\0\0";
    static const uint8_t little[] =
        "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x01\0\0\0";
    uint8_t marker[32] = {0};
    const size_t length = big_endian ? sizeof big - 1 : sizeof little - 1;
    memcpy(marker, big_endian ? big : little, length);
    marker[big_endian ? 25 : 24] = way;
    jpeg_write_marker(jpeg, JPEG_APP0 + 1, marker, (unsigned)length);
}

/* Where pixel (row, column) of the upright picture is in one stored that way, of the table of Exif
 * 2.3, 4.6.4 A: the side of the picture at which the 0th row is, and that of the 0th column. */
static void stored_at(uint8_t way, size_t row, size_t column, size_t *y, size_t *x) {
    const size_t down = ROWS - 1 - row, right = COLUMNS - 1 - column;
    const size_t places[9][2] = {{0, 0},        {row, column},  {row, right},
                                 {down, right}, {down, column}, {column, row},
                                 {right, row},  {right, down},  {column, down}};
    *y = places[way][0];
    *x = places[way][1];
}

static const char *write_jpeg(const char *name, uint8_t way, bool big_endian, bool progressive) {
    const bool exchanged = way >= 5;
    const size_t rows = exchanged ? COLUMNS : ROWS, columns = exchanged ? ROWS : COLUMNS;
    static uint8_t pixels[ROWS * COLUMNS * 3];
    for (size_t row = 0; row < ROWS; row++)
        for (size_t column = 0; column < COLUMNS; column++) {
            size_t y, x;
            stored_at(way, row, column, &y, &x);
            paint(row, column, pixels + (y * columns + x) * 3);
        }
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr fault;
    FILE *stream = fopen(in_folder(name), "wb");
    assert_non_null(stream);
    jpeg.err = jpeg_std_error(&fault);
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, stream);
    jpeg.image_width = (JDIMENSION)columns;
    jpeg.image_height = (JDIMENSION)rows;
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 100, TRUE);
    jpeg.comp_info[0].h_samp_factor = jpeg.comp_info[0].v_samp_factor = 1;
    if (progressive)
        jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    write_orientation(&jpeg, way, big_endian);
    for (size_t row = 0; row < rows; row++) {
        JSAMPROW line = pixels + row * columns * 3;
        jpeg_write_scanlines(&jpeg, &line, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    assert_int_equal(fclose(stream), 0);
    return in_folder(name);
}

static void expect_painting(const char *path) {
    struct raster raster;
    struct error error = {0};
    assert_int_equal(raster_read(path, &raster, &error), STATUS_OK);
    assert_int_equal(raster.rows, ROWS);
    assert_int_equal(raster.columns, COLUMNS);
    assert_false(raster.grey);
    for (size_t row = 0; row < ROWS; row++)
        for (size_t column = 0; column < COLUMNS; column++) {
            uint8_t expected[3];
            paint(row, column, expected);
            const uint8_t *found = raster.at[row * COLUMNS + column];
            for (size_t i = 0; i < 3; i++)
                assert_in_range(found[i] + 4, expected[i], expected[i] + 8);
            assert_int_equal(found[3], 255);
        }
    raster_release(&raster);
}

static void jpeg_is_upright(void **state) {
    (void)state;
    for (uint8_t way = 1; way <= 8; way++) {
        expect_painting(write_jpeg("a.jpg", way, true, false));
        expect_painting(write_jpeg("b.jpg", way, false, true));
    }
}

/* Each length but the whole is refused, and none is read beyond. */
static void jpeg_cut_short(void **state) {
    (void)state;
    struct raster raster;
    struct error error;
    const char *whole = write_jpeg("whole.jpg", 1, true, false);
    struct stat about;
    assert_int_equal(stat(whole, &about), 0);
    for (off_t length = 4; length < about.st_size - 8; length += 7) {
        const char *path = write_jpeg("cut.jpg", 1, true, false);
        assert_int_equal(truncate(path, length), 0);
        assert_int_equal(raster_read(path, &raster, &error), STATUS_INPUT);
        assert_non_null(strstr(error.message, "cannot be decoded ("));
        assert_string_equal(error.file, path);
    }
}

static void folders_are_in_order(void **state) {
    (void)state;
    struct arena arena;
    struct folder listed;
    struct error error = {0};
    static const char *const names[] = {"Zebra.png", "a.JPG", "b.txt", "inner", "ä.jpeg"};
    arena_init(&arena);
    assert_int_equal(mkdir(in_folder("f"), 0777), 0);
    assert_int_equal(mkdir(in_folder("f/inner"), 0777), 0);
    assert_int_equal(mkdir(in_folder("f/.hidden"), 0777), 0);
    for (size_t i = 0; i < 5; i++)
        if (i != 3) {
            char path[64];
            snprintf(path, sizeof path, "f/%s", names[i]);
            fclose(fopen(in_folder(path), "wb"));
        }
    assert_int_equal(folder_read(in_folder("f"), &arena, &listed, &error), STATUS_OK);
    assert_int_equal(listed.count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(listed.entries[i].name, names[i]);
        assert_int_equal(listed.entries[i].is_folder, i == 3);
        assert_int_equal(folder_is_picture(names[i]), i != 2 && i != 3);
    }
    assert_int_equal(folder_read(in_folder("none"), &arena, &listed, &error), STATUS_IO);
    arena_release(&arena);
}

/* To the edges it is what Pillow 13 makes of it:
 *     a = numpy.array([i * i * 7 % 256 for i in range(63)], "f").reshape(7, 9)
 *     numpy.rint(Image.fromarray(a).resize((4, 3), Image.BILINEAR)) */
static void resized_as_by_pillow(void **state) {
    (void)state;
    static const uint8_t expected[] = {101, 118, 125, 117, 173, 140, 114, 140, 155, 143, 125, 155};
    struct raster raster;
    struct arena arena;
    uint8_t made[12];
    arena_init(&arena);
    assert_int_equal(raster_init(&raster, 7, 9, NULL), STATUS_OK);
    for (size_t i = 0; i < 63; i++)
        memset(raster.at[i], (int)(i * i * 7 % 256), 3);
    assert_true(raster_fit(&raster, 3, 4, 1, made, &arena));
    assert_memory_equal(made, expected, sizeof made);
    raster_release(&raster);
    arena_release(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jpeg_is_upright),
        cmocka_unit_test(jpeg_cut_short),
        cmocka_unit_test(resized_as_by_pillow),
        cmocka_unit_test(folders_are_in_order),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
