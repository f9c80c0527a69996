#include "data_files.h"

#include "data/npz.h"

#include <math.h>
#include <zip.h>

#define PREFIX "{'descr': '|u1', 'fortran_order': False, "

static struct bytes array_file, archive;

/* A .npy file with a header of the given text, without elements yet. */
static void begin_array(uint8_t version, const char *header) {
    size_t length = strlen(header);
    array_file.count = 0;
    add(&array_file, "\x93NUMPY", 6);
    add(&array_file, (const uint8_t[]){version, 0}, 2);
    add(&array_file, (const uint8_t[]){(uint8_t)length, (uint8_t)(length >> 8), 0, 0},
        version == 1 ? 2 : 4);
    add(&array_file, header, length);
}

static void begin_images(uint8_t version) {
    begin_array(version, "{'descr': '|u1', 'fortran_order': False, 'shape': (4, 2, 3), }   \n");
    add_ramp(&array_file, 24, 100, 256);
}

static void begin_labels(const char *type, const char *shape) {
    char header[128];
    snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", type,
             shape);
    begin_array(1, header);
}

/* An archive with `array_file` as the member `name`. */
static const char *write_archive(const char *name, int method) {
    const char *path = in_folder("a.npz");
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    assert_non_null(zip);
    zip_source_t *source = zip_source_buffer(zip, array_file.data, array_file.count, 0);
    zip_int64_t index = zip_file_add(zip, name, source, 0);
    assert_true(index >= 0);
    assert_int_equal(zip_set_file_compression(zip, (zip_uint64_t)index, method, 0), 0);
    assert_int_equal(zip_close(zip), 0);
    return path;
}

/* The first array of an archive, which the caller releases by releasing the list. */
static enum status read_archive(const char *path, struct arrays *arrays, struct error *error) {
    *arrays = (struct arrays){0};
    return npz_read(path, arrays, error);
}

static void expect_bad_file(const char *path, enum status expected, const char *fragment) {
    struct arrays arrays;
    struct error error = {0};
    enum status status = read_archive(path, &arrays, &error);
    assert_error(status, &error, expected, fragment);
    assert_string_equal(error.file, path);
    arrays_release(&arrays);
}

static void expect_bad(const char *fragment) {
    expect_bad_file(write_archive("x.npy", ZIP_CM_STORE), STATUS_INPUT, fragment);
    expect_bad_file(write_archive("x.npy", ZIP_CM_DEFLATE), STATUS_INPUT, fragment);
}

static void expect_bad_header(const char *header, const char *fragment) {
    begin_array(1, header);
    add_ramp(&array_file, 24, 0, 256);
    expect_bad(fragment);
}

static void expect_images(int method) {
    struct arrays arrays;
    struct error error = {0};
    const char *path = write_archive("x.npy", method);
    assert_int_equal(read_archive(path, &arrays, &error), STATUS_OK);
    assert_int_equal(arrays.count, 1);
    const struct array *array = &arrays.items[0];
    assert_string_equal(array->name, "x");
    assert_int_equal(array->dimensions, 3);
    assert_int_equal(array->size[0], 4);
    assert_int_equal(array->size[1], 2);
    assert_int_equal(array->size[2], 3);
    for (size_t i = 0; i < 24; i++)
        assert_int_equal(array->bytes[i], 100 + i);
    arrays_release(&arrays);
}

static void stored_and_deflated(void **state) {
    (void)state;
    for (uint8_t version = 1; version <= 3; version++) {
        begin_images(version);
        expect_images(ZIP_CM_STORE);
        expect_images(ZIP_CM_DEFLATE);
    }
}

static void headers_in_other_words(void **state) {
    (void)state;
    const char *const headers[] = {
        "{\"shape\":(4,2,3),\"fortran_order\":False,\"descr\":\"|u1\"}",
        " { 'shape' : ( 4L , 2L , 3L , ) , 'descr' : '<u1' , 'fortran_order' : False } \n",
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        begin_array(1, headers[i]);
        add_ramp(&array_file, 24, 100, 256);
        expect_images(ZIP_CM_STORE);
    }
}

static void add_integer(long long value, size_t size, int big_endian) {
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[big_endian ? size - 1 - i : i] = (uint8_t)((unsigned long long)value >> (8 * i));
    add(&array_file, bytes, size);
}

static void add_real(double number, size_t size, int big_endian) {
    const float single = (float)number;
    uint64_t wide;
    uint32_t narrow;
    memcpy(&wide, &number, sizeof wide);
    memcpy(&narrow, &single, sizeof narrow);
    add_integer(size == 8 ? (long long)wide : (long long)narrow, size, big_endian);
}

/* Every type gives the same numbers, and says that they could be bytes. */
static void numbers_of_all_types(void **state) {
    (void)state;
    static const struct {
        const char *type;
        size_t size;
        int big_endian, most;
    } types[] = {{"|u1", 1, 0, 255}, {"<u1", 1, 0, 255}, {"|b1", 1, 0, 1},   {"|i1", 1, 0, 127},
                 {"<u2", 2, 0, 255}, {"<i2", 2, 0, 255}, {"<u4", 4, 0, 255}, {"<i4", 4, 0, 255},
                 {"<u8", 8, 0, 255}, {"<i8", 8, 0, 255}, {">u2", 2, 1, 255}, {">i2", 2, 1, 255},
                 {">i4", 4, 1, 255}, {">i8", 8, 1, 255}, {">u4", 4, 1, 255}, {">u8", 8, 1, 255},
                 {"<f4", 4, 0, 255}, {"<f8", 8, 0, 255}, {">f4", 4, 1, 255}, {">f8", 8, 1, 255}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        const bool reals = types[i].type[1] == 'f';
        begin_labels(types[i].type, "(3000,)");
        for (int j = 0; j < 3000; j++)
            if (reals)
                add_real(j % (types[i].most + 1), types[i].size, types[i].big_endian);
            else
                add_integer(j % (types[i].most + 1), types[i].size, types[i].big_endian);
        struct arrays arrays;
        struct error error = {0};
        const char *path = write_archive("x.npy", ZIP_CM_DEFLATE);
        assert_int_equal(read_archive(path, &arrays, &error), STATUS_OK);
        const struct array *array = &arrays.items[0];
        assert_int_equal(array->size[0], 3000);
        assert_int_equal(array->reals, reals);
        assert_true(array->bytes || array->whole);
        assert_false(array->fractions);
        for (int j = 0; j < 3000; j++)
            assert_int_equal(array->bytes ? array->bytes[j] : array->values[j],
                             j % (types[i].most + 1));
        arrays_release(&arrays);
    }
}

static void expect_number(const char *type, double number) {
    struct arrays arrays;
    struct error error = {0};
    assert_int_equal(read_archive(write_archive("x.npy", ZIP_CM_STORE), &arrays, &error),
                     STATUS_OK);
    const struct array *array = &arrays.items[0];
    const double read = (double)(array->bytes ? array->bytes[0] : array->values[0]);
    if (memcmp(&read, &number, sizeof read) != 0 && !(read != read && number != number))
        fail_msg("%s: %g, not %g", type, read, number);
    assert_false(array->whole && !(number >= 0 && number <= 255));
    arrays_release(&arrays);
}

static void numbers_beyond_bytes(void **state) {
    (void)state;
    static const struct {
        const char *type;
        size_t size;
        long long value;
        double number;
    } cases[] = {
        {"<i4", 4, 256, 256},
        {"<u2", 2, 65535, 65535},
        {"<i8", 8, -1, -1},
        {"|i1", 1, -5, -5},
        {"<i2", 2, -32768, -32768},
        {"<i8", 8, 1LL << 40, 0x1p40},
        {"<u8", 8, -1, 0x1p64},
        /* Halves: 1, -2, the smallest number above 0, the largest, infinity, none. */
        {"<f2", 2, 0x3c00, 1},
        {"<f2", 2, 0xc000, -2},
        {"<f2", 2, 1, 0x1p-24},
        {"<f2", 2, 0x7bff, 65504},
        {"<f2", 2, 0xfc00, -(double)INFINITY},
        {"<f2", 2, 0x7e00, (double)NAN},
        {">f2", 2, 0x003c, 1},
        {"<f4", 4, 0x7f800000, (double)INFINITY},
        {"<f8", 8, 0x3fb999999999999aLL, (double)0.1f},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin_labels(cases[i].type, "(1,)");
        add_integer(cases[i].value, cases[i].size, 0);
        expect_number(cases[i].type, cases[i].number);
    }
}

/* k / 255 in single and double precision, divided and as float64 cut to float32. */
static void scaled_bytes(void **state) {
    (void)state;
    for (int way = 0; way < 3; way++) {
        begin_labels(way == 1 ? "<f8" : "<f4", "(256,)");
        for (int k = 0; k < 256; k++)
            if (way == 0)
                add_real((double)((float)k / 255.0f), 4, 0);
            else
                add_real(k / 255.0, way == 1 ? 8 : 4, 0);
        struct arrays arrays;
        struct error error = {0};
        assert_int_equal(read_archive(write_archive("x.npy", ZIP_CM_STORE), &arrays, &error),
                         STATUS_OK);
        assert_true(arrays.items[0].fractions);
        assert_false(arrays.items[0].whole);
        arrays_release(&arrays);
    }
}

static void fortran_order(void **state) {
    (void)state;
    begin_array(1, "{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3, 4), }");
    for (int last = 0; last < 4; last++)
        for (int middle = 0; middle < 3; middle++)
            for (int first = 0; first < 2; first++)
                add_integer((first * 3 + middle) * 4 + last, 2, 0);
    struct arrays arrays;
    struct error error = {0};
    assert_int_equal(read_archive(write_archive("x.npy", ZIP_CM_STORE), &arrays, &error),
                     STATUS_OK);
    for (int i = 0; i < 24; i++)
        assert_int_equal(arrays.items[0].values[i], i);
    arrays_release(&arrays);
}

static void types_that_are_not_read(void **state) {
    (void)state;
    static const struct {
        const char *descr, *fragment;
    } cases[] = {
        {"'|O'", "Python objects (type '|O'), which are never loaded"},
        {"'<f16'", "is of type '<f16'; bool, int8 to int64"},
        {"'<c8'", "is of type '<c8'"},
        {"'<M8[D]'", "is of type '<M8[D]'"},
        {"'<U10'", "the array holds text (type '<U10'); number the classes"},
        {"'|u3'", "is of type '|u3'"},
        {"''", "is of type ''"},
        {"[('a', '<i4'), ('b', '|u1')]", "is made of records"},
        {"'|u1111111111111111111111111'", "no readable 'descr'"},
        {"7", "no readable 'descr'"},
        {"'\\x41'", "no readable 'descr'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char header[160];
        snprintf(header, sizeof header, "{'descr': %s, 'fortran_order': False, 'shape': (4, 2, 3)}",
                 cases[i].descr);
        expect_bad_header(header, cases[i].fragment);
    }
}

static void shapes_that_are_not_read(void **state) {
    (void)state;
    static const struct {
        const char *shape, *fragment;
    } cases[] = {
        {"(1, 1, 1, 1, 1, 1, 1, 1, 1)", "'shape' that is not read"},
        {"(18446744073709551615, 65536, 65536)", "more than the 4294967296 numbers"},
        {"(4294967296, 2, 3)", "more than the 4294967296 numbers"},
        {"(18446744073709551616, 2, 3)", "'shape' that is not read"},
        {"(-4, 2, 3)", "'shape' that is not read"},
        {"(4.0, 2, 3)", "'shape' that is not read"},
        {"(4 2 3)", "'shape' that is not read"},
        {"(4, 2, 3", "'shape' that is not read"},
        {"(,)", "'shape' that is not read"},
        {"4", "'shape' that is not read"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char header[160];
        snprintf(header, sizeof header, PREFIX "'shape': %s}", cases[i].shape);
        expect_bad_header(header, cases[i].fragment);
    }
}

static void bad_headers(void **state) {
    (void)state;
    const char *dictionary = "not a dictionary with exactly the keys";
    expect_bad_header("{'descr': '|u1', 'fortran_order': 0, 'shape': (4, 2, 3)}",
                      "neither True nor False");
    expect_bad_header("", dictionary);
    expect_bad_header("{}", dictionary);
    expect_bad_header("{'descr': '|u1'", dictionary);
    expect_bad_header("{'descr': '|u1', 'shape': (4, 2, 3)}", dictionary);
    expect_bad_header(PREFIX "'shape': (4, 2, 3), 'more': 1}", dictionary);
    expect_bad_header(PREFIX "'descr': '|u1', 'shape': (4, 2, 3)}", dictionary);
    expect_bad_header(PREFIX "'shape': (4, 2, 3)} and more", dictionary);
    expect_bad_header(PREFIX "'shape' (4, 2, 3)}", dictionary);
    expect_bad_header("{'descr", dictionary);
    expect_bad_header("{'descr': '|u1' 'fortran_order': False, 'shape': (4, 2, 3)}", dictionary);
}

static void bad_starts(void **state) {
    (void)state;
    begin_images(4);
    expect_bad(".npy version 4.0; versions 1 to 3 are read");
    begin_images(1);
    array_file.data[0] = 'X';
    expect_bad("x.npy: is not a NumPy array");
    begin_images(1);
    for (array_file.count = 0; array_file.count < 40; array_file.count++)
        expect_bad("ends inside its header");
    begin_images(2);
    memset(array_file.data + 8, 0xff, 4);
    expect_bad("header is 4294967295 bytes long; at most 65536");
}

static void wrong_lengths(void **state) {
    (void)state;
    begin_images(1);
    array_file.count--;
    expect_bad("ends too early: 24 elements expected, 23 found");
    begin_images(1);
    add_ramp(&array_file, 1, 0, 256);
    expect_bad("more than the 24 elements");
    begin_labels("<i4", "(3,)");
    add_ramp(&array_file, 11, 0, 1);
    expect_bad("3 elements expected, 2 found");
    /* A header that announces 4 GiB costs nothing. */
    begin_array(1, PREFIX "'shape': (65536, 256, 256)}");
    expect_bad("4294967296 elements expected, 0 found");
    /* Much more data than announced: read no further. */
    begin_images(1);
    add_ramp(&array_file, 60000, 0, 1);
    expect_bad("more than the 24 elements");
}

static void other_members_are_left_alone(void **state) {
    (void)state;
    static const char *const names[] = {"x", ".npy", "X.NPY", "notes.txt", "x.npy "};
    begin_images(1);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct arrays arrays;
        struct error error = {0};
        const enum status status =
            read_archive(write_archive(names[i], ZIP_CM_STORE), &arrays, &error);
        assert_error(status, &error, STATUS_INPUT, "holds no arrays (.npy): unpack it");
        assert_int_equal(arrays.count, 0);
    }
    /* Names in messages cannot steer a terminal. */
    begin_images(4);
    struct arrays arrays;
    struct error error = {0};
    enum status status =
        read_archive(write_archive("a\x1b[31m.npy", ZIP_CM_STORE), &arrays, &error);
    assert_error(status, &error, STATUS_INPUT, "[31m.npy: ");
    assert_null(strchr(error.message, '\x1b'));
    arrays_release(&arrays);
}

static void encrypted_member(void **state) {
    (void)state;
    begin_images(1);
    read_back(write_archive("x.npy", ZIP_CM_STORE), &archive);
    /* Bit 0 of the flags, in the local header and in the directory. */
    for (size_t i = 0; i + 10 < archive.count; i++) {
        if (memcmp(archive.data + i, "PK\3\4", 4) == 0)
            archive.data[i + 6] |= 1;
        if (memcmp(archive.data + i, "PK\1\2", 4) == 0)
            archive.data[i + 8] |= 1;
    }
    expect_bad_file(write_plain("b.npz", &archive), STATUS_INPUT, "x.npy: cannot be read (");
}

static void damaged_archives(void **state) {
    (void)state;
    expect_bad_file(in_folder("absent.npz"), STATUS_IO, "No such file");
    expect_bad_file(folder, STATUS_INPUT, "not a regular file");
    archive.count = 0;
    const char *none = "cannot be read as an .npz archive (";
    expect_bad_file(write_plain("b.npz", &archive), STATUS_INPUT, none);
    add_ramp(&archive, 5000, 0, 256);
    expect_bad_file(write_plain("b.npz", &archive), STATUS_INPUT, none);

    begin_images(1);
    read_back(write_archive("x.npy", ZIP_CM_STORE), &archive);
    size_t whole = archive.count;
    archive.count = whole / 2;
    expect_bad_file(write_plain("b.npz", &archive), STATUS_INPUT, none);
    archive.count = whole;
    for (size_t i = 0; i < whole; i++)
        if (archive.data[i] == 110 && archive.data[i + 1] == 111 && archive.data[i + 2] == 112)
            archive.data[i] = 0;
    expect_bad_file(write_plain("b.npz", &archive), STATUS_INPUT,
                    "x.npy: cannot be decompressed (CRC error");

    begin_images(1);
    read_back(write_archive("x.npy", ZIP_CM_DEFLATE), &archive);
    memset(archive.data + 45, 0xff, 20);
    expect_bad_file(write_plain("b.npz", &archive), STATUS_INPUT, "x.npy: ");
}

/* Whatever single byte is wrong, the answer is a status: never a crash, nor a leak. */
static void any_byte_wrong(void **state) {
    (void)state;
    static const int methods[] = {ZIP_CM_STORE, ZIP_CM_DEFLATE};
    for (size_t m = 0; m < 2; m++) {
        begin_images(1);
        read_back(write_archive("x.npy", methods[m]), &archive);
        for (size_t i = 0; i < archive.count; i++) {
            static const uint8_t changes[] = {0x01, 0x80, 0xff};
            for (size_t j = 0; j < sizeof changes; j++) {
                struct arrays arrays;
                struct error error = {0};
                archive.data[i] ^= changes[j];
                const char *path = write_plain("b.npz", &archive);
                enum status status = read_archive(path, &arrays, &error);
                archive.data[i] ^= changes[j];
                assert_true(status == STATUS_OK || error.message[0] != '\0');
                arrays_release(&arrays);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stored_and_deflated),
        cmocka_unit_test(headers_in_other_words),
        cmocka_unit_test(numbers_of_all_types),
        cmocka_unit_test(numbers_beyond_bytes),
        cmocka_unit_test(scaled_bytes),
        cmocka_unit_test(fortran_order),
        cmocka_unit_test(types_that_are_not_read),
        cmocka_unit_test(shapes_that_are_not_read),
        cmocka_unit_test(bad_headers),
        cmocka_unit_test(bad_starts),
        cmocka_unit_test(wrong_lengths),
        cmocka_unit_test(other_members_are_left_alone),
        cmocka_unit_test(encrypted_member),
        cmocka_unit_test(damaged_archives),
        cmocka_unit_test(any_byte_wrong),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
