/* Folders of pictures, a folder for each class, as data sets. */
#include "data_files.h"

#include "data/dataset.h"

#include <png.h>

static void make_parents(const char *path) {
    char all[256];
    snprintf(all, sizeof all, "%s", path);
    for (char *c = all; *c; c++)
        if (*c == '/') {
            *c = '\0';
            mkdir(in_folder(all), 0777);
            *c = '/';
        }
}

/* A PNG file all of whose pixels are `first`, in grey or red, but for the last, which is `last`. */
static void write_png(const char *name, size_t rows, size_t columns, uint8_t first, uint8_t last,
                      bool red) {
    static uint8_t pixels[64 * 64 * 3];
    const size_t channels = red ? 3 : 1, count = rows * columns;
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)columns,
                       .height = (png_uint_32)rows,
                       .format = red ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY};
    memset(pixels, 0, sizeof pixels);
    for (size_t i = 0; i < count; i++)
        pixels[i * channels] = i + 1 < count ? first : last;
    make_parents(name);
    assert_true(png_image_write_to_file(&image, in_folder(name), 0, pixels, 0, NULL));
}

static void write_text(const char *name, const char *text) {
    make_parents(name);
    FILE *stream = fopen(in_folder(name), "wb");
    assert_non_null(stream);
    fputs(text, stream);
    assert_int_equal(fclose(stream), 0);
}

static enum status load(const char *path, const struct dataset_options *options,
                        struct dataset *data, struct error *error) {
    const struct dataset_places places = {.options = options};
    bool found = false;
    *error = (struct error){0};
    const enum status status = dataset_load(in_folder(path), &places, data, &found, error);
    assert_true(found);
    return status;
}

static void expect(const char *path, const struct dataset_options *options, struct dataset *data) {
    struct error error;
    const enum status status = load(path, options, data, &error);
    if (status != STATUS_OK)
        print_message("%s: %s\n", error.file, error.message);
    assert_int_equal(status, STATUS_OK);
}

static void refuse(const char *path, const char *file, const char *said) {
    struct dataset data;
    struct error error;
    assert_int_equal(load(path, NULL, &data, &error), STATUS_INPUT);
    assert_string_equal(error.file, in_folder(file));
    if (!strstr(error.message, said))
        fail_msg("'%s' is not in: %s", said, error.message);
}

static void assert_told(const struct dataset *data, const char *said) {
    if (!data->changes || !strstr(data->changes, said))
        fail_msg("'%s' is not in: %s", said, data->changes ? data->changes : "nothing");
}

/* Classes are in the order of their bytes, pictures in that of their numbers. */
static void order(void **state) {
    (void)state;
    struct dataset data;
    write_png("o/train/b/10.png", 2, 3, 10, 1, false);
    write_png("o/train/b/9.png", 2, 3, 9, 1, false);
    write_png("o/train/Z/2.PNG", 2, 3, 2, 1, false);
    write_png("o/train/a/inner/11.png", 2, 3, 11, 1, false);
    write_png("o/train/.hidden/1.png", 2, 3, 1, 1, false);
    write_png("o/test/a/0.png", 2, 3, 5, 1, false);
    write_text("o/train/Z/Thumbs.db", "none of the pictures");
    expect("o", NULL, &data);
    assert_int_equal(data.train.count, 4);
    assert_int_equal(data.test.count, 1);
    assert_int_equal(data.rows, 2);
    assert_int_equal(data.columns, 3);
    assert_true(data.channels <= 1);
    assert_int_equal(data.classes, 3);
    assert_string_equal(data.class_names[0], "Z");
    assert_string_equal(data.class_names[1], "a");
    assert_string_equal(data.class_names[2], "b");
    static const uint8_t pixels[] = {2, 9, 10, 11}, labels[] = {0, 2, 2, 1};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(data.train.pixels[6 * i], pixels[i]);
        assert_int_equal(data.train.labels[i], labels[i]);
    }
    assert_int_equal(data.test.labels[0], 1);
    assert_null(data.changes);
    dataset_release(&data);
}

/* The same pixels in IDX files are the same data set. */
static void same_as_idx(void **state) {
    (void)state;
    struct dataset pictures, files;
    static struct bytes file;
    static const char *const parts[2][2] = {{"train", "train"}, {"test", "t10k"}};
    for (uint32_t part = 0; part < 2; part++) {
        const uint32_t sizes[] = {20, 4, 5};
        char name[64];
        for (uint8_t i = 0; i < 20; i++) {
            snprintf(name, sizeof name, "s/%s/%d/img%d.png", parts[part][0], i % 3, i);
            write_png(name, 4, 5, (uint8_t)(i + 7 * part), 200, false);
        }
        file.count = 0;
        add_idx_header(&file, 3, sizes);
        for (uint8_t i = 0; i < 20; i++)
            for (size_t j = 0; j < 20; j++)
                add(&file, &(uint8_t){j < 19 ? (uint8_t)(i + 7 * part) : 200}, 1);
        snprintf(name, sizeof name, "i/%s-images-idx3-ubyte", parts[part][1]);
        make_parents(name);
        FILE *stream = fopen(in_folder(name), "wb");
        fwrite(file.data, 1, file.count, stream);
        fclose(stream);
        file.count = 0;
        add_idx_header(&file, 1, sizes);
        add_ramp(&file, 20, 0, 3);
        snprintf(name, sizeof name, "i/%s-labels-idx1-ubyte", parts[part][1]);
        stream = fopen(in_folder(name), "wb");
        fwrite(file.data, 1, file.count, stream);
        fclose(stream);
    }
    expect("s", NULL, &pictures);
    expect("i", NULL, &files);
    assert_string_equal(pictures.digest.hex, files.digest.hex);
    assert_null(pictures.class_names);
    dataset_release(&pictures);
    dataset_release(&files);
}

/* One folder: a test part is split off, of each class the same share; always the same one. */
static void split(void **state) {
    (void)state;
    struct dataset data, again;
    size_t counts[2] = {0};
    for (int i = 0; i < 30; i++) {
        char name[64];
        snprintf(name, sizeof name, "p/%s/%d.png", i < 20 ? "cats" : "dogs", i);
        write_png(name, 3, 3, (uint8_t)i, 200, false);
    }
    write_png("p/loose.png", 3, 3, 1, 1, false);
    write_text("p/cats/moving.gif", "GIF89a");
    expect("p", NULL, &data);
    assert_int_equal(data.train.count, 24);
    for (size_t i = 0; i < 6; i++)
        counts[data.test.labels[i]]++;
    assert_int_equal(counts[0], 4);
    assert_int_equal(counts[1], 2);
    assert_told(&data, "1 picture of formats that are not read, which are PNG, JPEG and PGM, are");
    assert_told(&data, "1 picture in no class's folder is left out");
    assert_told(&data, "test part split off: 6 of 30 examples, the same share of each class, by");
    expect("p", NULL, &again);
    assert_string_equal(data.digest.hex, again.digest.hex);
    dataset_release(&again);
    const struct dataset_options options = {.test_split = 0.5, .split_seed = 3};
    expect("p", &options, &again);
    assert_int_equal(again.test.count, 15);
    dataset_release(&again);
    dataset_release(&data);
}

static void sizes_and_colours(void **state) {
    (void)state;
    struct dataset data;
    struct dataset_options options = {.image_rows = 3, .image_columns = 2};
    for (int i = 0; i < 10; i++) {
        char name[64];
        snprintf(name, sizeof name, "c/%c/%d.png", 'a' + i % 2, i);
        write_png(name, i < 8 ? 6 : 9, 4, 100, 100, i == 5);
    }
    refuse("c", "c/a/8.png",
           "is a picture of 9 x 4 pixels, and the first one is of 6 x 4; to have "
           "all of one size, write image_size: [6, 4]");
    options.color_mode = COLOR_GREY;
    expect("c", &options, &data);
    assert_int_equal(data.rows, 3);
    assert_int_equal(data.columns, 2);
    assert_true(data.channels <= 1);
    for (size_t i = 0; i < data.train.count * 6; i++)
        assert_true(data.train.pixels[i] == 100 || data.train.pixels[i] == 30);
    dataset_release(&data);
}

/* As many rows as a picture may have channels. */
static void small_pictures(void **state) {
    (void)state;
    struct dataset data;
    for (int i = 0; i < 10; i++) {
        char name[64];
        snprintf(name, sizeof name, "small/%c/%d.png", 'a' + i % 2, i);
        write_png(name, 3, 5, 100, 100, true);
    }
    expect("small", NULL, &data);
    assert_int_equal(data.rows, 3);
    assert_int_equal(data.columns, 5);
    assert_int_equal(data.channels, 3);
    for (size_t i = 0; i < data.train.count * 45; i++)
        assert_int_equal(data.train.pixels[i], i % 3 == 0 ? 100 : 0);
    dataset_release(&data);
}

static void what_can_not_be_read(void **state) {
    (void)state;
    struct dataset data;
    for (int i = 0; i < 12; i++) {
        char name[64];
        snprintf(name, sizeof name, "u/%c/%d.png", 'a' + i % 2, i);
        write_png(name, 3, 3, (uint8_t)i, 9, false);
    }
    for (int i = 0; i < 4; i++) {
        char name[64];
        snprintf(name, sizeof name, "u/a/bad%d.png", i);
        write_text(name, i == 0 ? "" : "none");
    }
    expect("u", NULL, &data);
    assert_int_equal(data.train.count + data.test.count, 12);
    assert_told(&data, "4 pictures can't be read and are left out: ");
    assert_told(&data, in_folder("u/a/bad0.png is no PNG, JPEG or PGM file"));
    assert_told(&data, ", ...");
    for (size_t i = 0; i < data.train.count; i++)
        assert_int_equal(data.train.pixels[9 * i] % 2, data.train.labels[i]);
    dataset_release(&data);
    write_text("u/c/1.jpg", "none");
    write_text("u/c/2.jpg", "none");
    refuse("u", "u/c/1.jpg", "is no PNG, JPEG or PGM file");
    refuse("u", "u/c/1.jpg", "; none of the 2 pictures of class c can be read");
    write_text("n/a/1.png", "none");
    write_text("n/b/1.png", "none");
    refuse("n", "n/a/1.png", "is no PNG, JPEG or PGM file");
    refuse("n", "n/a/1.png", "; none of the 2 pictures can be read");
}

/* A folder in which there is nothing to tell apart is often the one around the right one. */
static void one_class(void **state) {
    (void)state;
    char meant[128];
    write_png("one/a/1.png", 3, 3, 1, 1, false);
    write_png("one/a/2.png", 3, 3, 2, 1, false);
    refuse("one", "one",
           "has pictures of one class only, a, so that there is nothing to tell apart");
    write_png("around/animals/cat/1.png", 3, 3, 1, 1, false);
    write_png("around/animals/dog/1.png", 3, 3, 2, 1, false);
    snprintf(meant, sizeof meant, "did you mean %s?", in_folder("around/animals"));
    refuse("around", "around", meant);
}

/* Pictures of a part that lie in no class's folder, whatever the other part is like. */
static void flat_parts(void **state) {
    (void)state;
    write_png("flat/Training/1.png", 3, 3, 1, 1, false);
    write_png("flat/Testing/a/1.png", 3, 3, 1, 1, false);
    write_png("flat/Testing/b/1.png", 3, 3, 1, 1, false);
    refuse("flat", "flat/Training",
           "has no folders of classes, and is beside Testing/; a folder of");
    /* A class may be called so. */
    struct dataset data;
    for (int i = 0; i < 20; i++) {
        char name[64];
        snprintf(name, sizeof name, "vehicles/%s/%d.png", i % 2 ? "car" : "train", i);
        write_png(name, 3, 3, (uint8_t)i, 9, false);
    }
    expect("vehicles", NULL, &data);
    assert_string_equal(data.class_names[1], "train");
    dataset_release(&data);
}

/* Folders that give no class, which people may take for one. */
static void no_classes(void **state) {
    (void)state;
    struct dataset data;
    for (int i = 0; i < 20; i++) {
        char name[64];
        snprintf(name, sizeof name, "e/%c/%d.png", 'a' + i % 2, i);
        write_png(name, 3, 3, (uint8_t)i, 9, false);
    }
    write_text("e/empty/readme.txt", "none yet");
    expect("e", NULL, &data);
    assert_told(&data, "without pictures, and so no class: ");
    assert_told(&data, in_folder("e/empty"));
    assert_int_equal(data.classes, 2);
    dataset_release(&data);
    /* Which folders those are that can't be read nobody knows. As root there are none. */
    if (geteuid() == 0)
        return;
    struct error error;
    assert_int_equal(chmod(in_folder("e/b"), 0), 0);
    assert_int_equal(load("e", NULL, &data, &error), STATUS_IO);
    assert_string_equal(error.file, in_folder("e/b"));
    assert_int_equal(chmod(in_folder("e/b"), 0700), 0);
}

static void parts(void **state) {
    (void)state;
    struct dataset data;
    for (int i = 0; i < 12; i++) {
        char name[64];
        snprintf(name, sizeof name, "v/%s/%c/%d.png", i < 8 ? "train" : "validation", 'a' + i % 2,
                 i);
        write_png(name, 3, 3, (uint8_t)i, 9, false);
    }
    expect("v", NULL, &data);
    assert_int_equal(data.test.count, 4);
    assert_told(&data, "validation/ is taken for the test part");
    dataset_release(&data);
    /* Kaggle's, whose classes are not told. */
    write_png("v/test/1.png", 3, 3, 1, 1, false);
    remove(in_folder("v/validation/a/8.png"));
    expect("v", NULL, &data);
    assert_told(&data, "test/ has no folders of classes and is left out; validation/ is taken for");
    assert_int_equal(data.test.count, 3);
    dataset_release(&data);
    write_png("v/test/a/1.png", 3, 3, 1, 1, false);
    expect("v", NULL, &data);
    assert_told(&data, "validation/ is left out: validation_split holds out images");
    assert_int_equal(data.test.count, 1);
    dataset_release(&data);
}

static void refuse_all(const char *path, const char *said, const char *file) {
    char whole[256];
    struct dataset data;
    struct error error;
    bool found;
    snprintf(whole, sizeof whole, "%s%s", said, file ? in_folder(file) : "");
    assert_int_equal(dataset_load(in_folder(path), NULL, &data, &found, &error), STATUS_INPUT);
    assert_string_equal(error.file, in_folder(path));
    if (!strstr(error.message, whole))
        fail_msg("'%s' is not in: %s", whole, error.message);
}

/* What is no data set is often a folder with one in it, or with pictures that have no classes. */
static void what_was_meant(void **state) {
    (void)state;
    write_text("meant/readme.txt", "a,b\n1,2\n");
    write_text("meant/mine.csv", "a,label\n1,2\n");
    refuse_all("meant", "is no data set itself; did you mean ", "meant/mine.csv?");
    write_text("meant/zwei.csv", "a,label\n1,2\n");
    refuse_all("meant", "did you mean ", "meant/mine.csv, or another one in it?");
    write_png("deep/data/train/a/1.png", 3, 3, 1, 1, false);
    refuse_all("deep", "did you mean ", "deep/data?");
    write_png("loose/1.png", 3, 3, 1, 1, false);
    refuse_all("loose", "has pictures, but no folders of classes: put those of each class into",
               NULL);
}

/* What lies in a place where data sets are looked for is no data set of a name. */
static void places_are_no_data_sets(void **state) {
    (void)state;
    char place[128];
    snprintf(place, sizeof place, "%s", in_folder("place"));
    const struct dataset_places places = {.data_dir = place};
    struct dataset data;
    struct error error = {0};
    bool found;
    write_png("place/mine/a/1.png", 3, 3, 1, 1, false);
    write_png("place/mine/b/1.png", 3, 3, 1, 1, false);
    write_text("place/train.csv", "label,a\n1,2\n0,1\n");
    setenv("HOME", folder, 1);
    setenv("XDG_DATA_DIRS", folder, 1);
    unsetenv("SWEEP_DATA_DIR");
    const enum status status = dataset_load("mnist", &places, &data, &found, &error);
    if (status != STATUS_OK)
        print_message("%s: %s\n", error.file, error.message);
    assert_int_equal(status, STATUS_OK);
    assert_false(found);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order),          cmocka_unit_test(same_as_idx),
        cmocka_unit_test(split),          cmocka_unit_test(sizes_and_colours),
        cmocka_unit_test(small_pictures), cmocka_unit_test(what_can_not_be_read),
        cmocka_unit_test(parts),          cmocka_unit_test(places_are_no_data_sets),
        cmocka_unit_test(one_class),      cmocka_unit_test(flat_parts),
        cmocka_unit_test(no_classes),     cmocka_unit_test(what_was_meant),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
