#include "data_files.h"

#include "data/catalogue.h"
#include "data/copy.h"
#include "data/dataset.h"
#include "data/digits.h"

#include <zip.h>

static char real_data[512]; /* $SWEEP_DATA_DIR as the tests were started; empty: unset */
static struct bytes file;

static const char *const four_files[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                         "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};

/* An empty home, and an empty folder to be in. */
static int make_home(void **state) {
    if (make_folder(state) != 0)
        return -1;
    make_folders("home");
    make_folders("cwd");
    setenv("HOME", in_folder("home"), 1);
    unsetenv("XDG_DATA_HOME");
    unsetenv("KERAS_HOME");
    unsetenv("SWEEP_DATA_DIR");
    setenv("XDG_DATA_DIRS", in_folder("share"), 1);
    return chdir(in_folder("cwd"));
}

static int remove_home(void **state) {
    return chdir("/") == 0 ? remove_folder(state) : -1;
}

/* What a tiny data set looks like; images have `rows` x 3 pixels. */
struct tiny {
    uint32_t train, train_labels, test, test_labels, rows, test_rows;
    unsigned largest_label;
};

static const struct tiny good = {6, 6, 4, 4, 2, 2, 9};

static void write_images(const char *where, const char *name, uint32_t count, uint32_t rows,
                         const char *ending) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s%s", where, name, ending);
    file.count = 0;
    add_idx_header(&file, 3, (const uint32_t[]){count, rows, 3});
    add_ramp(&file, (size_t)count * rows * 3, 0, 256);
    (ending[0] ? write_gzip : write_plain)(path, &file);
}

static void write_labels(const char *where, const char *name, uint32_t count, unsigned largest,
                         const char *ending) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s%s", where, name, ending);
    file.count = 0;
    add_idx_header(&file, 1, (const uint32_t[]){count});
    if (count > 0)
        add_ramp(&file, count - 1, 0, 2);
    if (count > 0)
        add(&file, &(uint8_t){(uint8_t)largest}, 1);
    (ending[0] ? write_gzip : write_plain)(path, &file);
}

static void write_tiny(const char *where, const struct tiny *tiny) {
    make_folders(where);
    write_images(where, four_files[0], tiny->train, tiny->rows, "");
    write_labels(where, four_files[1], tiny->train_labels, tiny->largest_label, ".gz");
    write_images(where, four_files[2], tiny->test, tiny->test_rows, ".gz");
    write_labels(where, four_files[3], tiny->test_labels, 1, "");
}

static void expect_tiny(const char *name, const struct dataset_places *places,
                        const char *expected_name, const char *expected_source) {
    struct dataset data;
    struct error error = {0};
    bool found = false;
    enum status status = dataset_load(name, places, &data, &found, &error);
    if (status != STATUS_OK)
        print_message("%s: %s\n", error.file, error.message);
    assert_int_equal(status, STATUS_OK);
    assert_true(found);
    assert_string_equal(data.name, expected_name);
    assert_string_equal(data.source, expected_source);
    assert_false(data.published);
    assert_int_equal(data.rows, 2);
    assert_int_equal(data.columns, 3);
    assert_int_equal(data.classes, 10);
    assert_int_equal(data.train.count, 6);
    assert_int_equal(data.test.count, 4);
    assert_int_equal(data.train.pixels[35], 35);
    assert_int_equal(data.train.labels[5], 9);
    assert_int_equal(data.test.pixels[23], 23);
    assert_int_equal(data.test.labels[3], 1);
    assert_int_equal(strlen(data.digest.hex), DIGEST_LENGTH);
    dataset_release(&data);
    dataset_release(&data);
}

static void expect_absent(const char *name, const struct dataset_places *places) {
    struct dataset data;
    struct error error = {0};
    bool found = true;
    enum status status = dataset_load(name, places, &data, &found, &error);
    if (status != STATUS_OK)
        print_message("%s: %s\n", error.file, error.message);
    assert_int_equal(status, STATUS_OK);
    assert_false(found);
    assert_null(data.train.pixels);
}

static void expect_bad(const char *name, const struct dataset_places *places, enum status expected,
                       const char *place, const char *fragment) {
    struct dataset data;
    struct error error = {0};
    bool found;
    enum status status = dataset_load(name, places, &data, &found, &error);
    assert_error(status, &error, expected, fragment);
    assert_string_equal(error.file, place);
    assert_null(data.train.pixels);
}

static void folder_by_path(void **state) {
    (void)state;
    write_tiny("some/tiny", &good);
    expect_tiny(in_folder("some/tiny"), NULL, "tiny", in_folder("some/tiny"));
    expect_tiny(in_folder("some/../some/tiny/"), NULL, "tiny", in_folder("some/../some/tiny/"));
    /* Relative, with and without a slash; torchvision's raw/ is stepped into. */
    write_tiny("cwd/here/raw", &good);
    expect_tiny("./here", NULL, "here", "./here/raw");
    expect_tiny("here", NULL, "here", "here/raw");
    expect_absent(in_folder("some/absent"), NULL);
    expect_absent("here/absent", NULL);
    expect_absent("", NULL);
    expect_bad(in_folder("home"), NULL, STATUS_INPUT, in_folder("home"),
               "a folder with train-images-idx3-ubyte, train-labels-idx1-ubyte");
    const char *notes = in_folder("cwd/here/raw/train-images-idx3-ubyte");
    expect_bad(notes, NULL, STATUS_INPUT, notes, "is no data set");
}

static void other_file_names(void **state) {
    (void)state;
    make_folders("t");
    write_images("t", "train-images.idx3-ubyte", 6, 2, "");
    write_labels("t", "train-labels.idx1-ubyte", 6, 9, "");
    write_images("t", "test-images-idx3-ubyte", 4, 2, "");
    write_labels("t", "test-labels-idx1-ubyte", 4, 1, ".gz");
    expect_tiny(in_folder("t"), NULL, "t", in_folder("t"));
}

static void long_names(void **state) {
    (void)state;
    char name[6000], cut_name[64];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct dataset data;
    struct error error = {0};
    bool found;
    assert_int_equal(dataset_load(name, NULL, &data, &found, &error), STATUS_IO);
    name[200] = '\0';
    char where[256];
    snprintf(where, sizeof where, "cwd/%.200s", name);
    write_tiny(where, &good);
    snprintf(cut_name, sizeof cut_name, "%.63s", name);
    expect_tiny(name, NULL, cut_name, name);
}

static void names_are_cut_between_characters(void **state) {
    (void)state;
    char name[80], where[100], expected[80];
    memset(name, 'a', 62);
    strcpy(name + 62, "\u00e9\u00e9"); /* the first takes the bytes 62 and 63 */
    snprintf(where, sizeof where, "cwd/%s", name);
    write_tiny(where, &good);
    snprintf(expected, sizeof expected, "%.62s", name);
    expect_tiny(name, NULL, expected, name);
}

static void parts_that_do_not_fit(void **state) {
    (void)state;
    struct tiny tiny = good;
    tiny.train_labels = 5;
    write_tiny("a", &tiny);
    expect_bad(in_folder("a"), NULL, STATUS_INPUT, in_folder("a/train-labels-idx1-ubyte.gz"),
               "holds 5 labels for the 6 images of ");
    tiny = good;
    tiny.test_labels = 7;
    write_tiny("b", &tiny);
    expect_bad(in_folder("b"), NULL, STATUS_INPUT, in_folder("b/t10k-labels-idx1-ubyte"),
               "holds 7 labels for the 4 images");
    tiny = good;
    tiny.test_rows = 4;
    write_tiny("c", &tiny);
    expect_bad(in_folder("c"), NULL, STATUS_INPUT, in_folder("c/t10k-images-idx3-ubyte.gz"),
               "test images of 4 x 3 pixels, but the training images are 2 x 3");
    tiny = good;
    tiny.train = tiny.train_labels = 0;
    write_tiny("d", &tiny);
    expect_bad(in_folder("d"), NULL, STATUS_INPUT, in_folder("d/train-images-idx3-ubyte"),
               "holds no images");
    tiny = good;
    tiny.test = tiny.test_labels = 0;
    write_tiny("e", &tiny);
    expect_bad(in_folder("e"), NULL, STATUS_INPUT, in_folder("e/t10k-images-idx3-ubyte.gz"),
               "holds no images");
    write_tiny("f", &good);
    assert_int_equal(remove(in_folder("f/t10k-images-idx3-ubyte.gz")), 0);
    expect_bad(in_folder("f"), NULL, STATUS_INPUT, in_folder("f"),
               "but not t10k-images-idx3-ubyte (plain or .gz); put all four files");
}

static void classes_and_digest(void **state) {
    (void)state;
    struct tiny tiny = good;
    struct dataset one, two, three;
    bool found;
    tiny.largest_label = 0;
    write_tiny("few", &tiny);
    tiny.largest_label = 255;
    write_tiny("many", &tiny);
    assert_int_equal(dataset_load(in_folder("few"), NULL, &one, &found, NULL), STATUS_OK);
    assert_int_equal(dataset_load(in_folder("many"), NULL, &two, &found, NULL), STATUS_OK);
    assert_int_equal(dataset_load(in_folder("many"), NULL, &three, &found, NULL), STATUS_OK);
    assert_int_equal(one.classes, 2);
    assert_int_equal(two.classes, DATASET_CLASSES_MAX);
    assert_string_not_equal(one.digest.hex, two.digest.hex);
    assert_string_equal(two.digest.hex, three.digest.hex);
    dataset_release(&one);
    dataset_release(&two);
    dataset_release(&three);
    /* The same bytes in another shape are other data. */
    make_folders("wide");
    write_images("wide", four_files[0], 3, 4, "");
    write_labels("wide", four_files[1], 3, 9, "");
    write_images("wide", four_files[2], 2, 4, "");
    write_labels("wide", four_files[3], 2, 1, "");
    assert_int_equal(dataset_load(in_folder("wide"), NULL, &one, &found, NULL), STATUS_OK);
    assert_int_equal(one.rows, 4);
    dataset_release(&one);
}

/* A place after the other gets the data set `tiny`, the last in the order first, and each
 * time it is the newest that is found. */
static void search_order_of_names(void **state) {
    (void)state;
    char data_dir[256];
    snprintf(data_dir, sizeof data_dir, "%s", in_folder("option"));
    const struct dataset_places option = {.data_dir = data_dir};
    make_folders("option");
    expect_absent("tiny", &option);
    write_tiny("home/data/tiny", &good);
    expect_tiny("tiny", &option, "tiny", in_folder("home/data/tiny"));
    write_tiny("cwd/data/tiny/raw", &good);
    expect_tiny("tiny", &option, "tiny", "./data/tiny/raw");
    write_tiny("home/.keras/datasets/tiny", &good);
    expect_tiny("tiny", &option, "tiny", in_folder("home/.keras/datasets/tiny"));
    write_tiny("keras/datasets/tiny", &good);
    setenv("KERAS_HOME", in_folder("keras"), 1);
    expect_tiny("tiny", &option, "tiny", in_folder("keras/datasets/tiny"));
    write_tiny("home/.local/share/sweep/tiny", &good);
    expect_tiny("tiny", &option, "tiny", in_folder("home/.local/share/sweep/tiny"));
    setenv("XDG_DATA_HOME", "relative", 1);
    expect_tiny("tiny", &option, "tiny", in_folder("home/.local/share/sweep/tiny"));
    write_tiny("xdg/sweep/tiny", &good);
    setenv("XDG_DATA_HOME", in_folder("xdg"), 1);
    expect_tiny("tiny", &option, "tiny", in_folder("xdg/sweep/tiny"));
    write_tiny("variable/tiny", &good);
    setenv("SWEEP_DATA_DIR", in_folder("variable"), 1);
    expect_tiny("tiny", &option, "tiny", in_folder("variable/tiny"));
    write_tiny("option/tiny", &good);
    expect_tiny("tiny", &option, "tiny", in_folder("option/tiny"));
    /* A folder of that name in the current one comes before all places. */
    write_tiny("cwd/tiny", &good);
    expect_tiny("tiny", &option, "tiny", "tiny");
}

static void unset_variables_are_no_places(void **state) {
    (void)state;
    setenv("SWEEP_DATA_DIR", "", 1);
    setenv("XDG_DATA_HOME", "", 1);
    unsetenv("HOME");
    expect_absent("mnist", NULL);
    expect_absent("tiny", NULL);
    setenv("SWEEP_DATA_DIR", in_folder("absent"), 1);
    expect_absent("mnist", NULL);
    /* A file where a folder would be is no place either. */
    file.count = 0;
    write_plain("cwd/data", &file);
    expect_absent("mnist", NULL);
    const struct dataset_places typo = {.data_dir = "typo"};
    expect_bad("mnist", &typo, STATUS_USAGE, "typo", "--data-dir does not name an existing folder");
    char endless[5000];
    memset(endless, 'x', sizeof endless);
    endless[sizeof endless - 1] = '\0';
    setenv("SWEEP_DATA_DIR", endless, 1);
    expect_bad("mnist", NULL, STATUS_USAGE, "", "xxxx... is too long");
    unsetenv("SWEEP_DATA_DIR");
}

/* Anything but the published data is turned down as "mnist", which shows where it was found. */
static void layouts_of_mnist(void **state) {
    (void)state;
    setenv("SWEEP_DATA_DIR", in_folder("v"), 1);
    const char *differs = "is not the published MNIST: the SHA-256 of the uncompressed "
                          "train-images-idx3-ubyte is ";
    write_tiny("v/MNIST/raw", &good);
    expect_bad("mnist", NULL, STATUS_INPUT, in_folder("v/MNIST/raw/train-images-idx3-ubyte"),
               differs);
    write_tiny("v", &good);
    expect_bad("mnist", NULL, STATUS_INPUT, in_folder("v/train-images-idx3-ubyte"), differs);
    write_tiny("v/mnist", &good);
    expect_bad("mnist", NULL, STATUS_INPUT, in_folder("v/mnist/train-images-idx3-ubyte"),
               "..., not ba891046e650...; download it again, or, if it is meant to be another data "
               "set, give the path of its folder as the dataset");
    /* The same folder by its path is just a data set. */
    expect_tiny(in_folder("v/mnist"), NULL, "mnist", in_folder("v/mnist"));
    /* Found but damaged ends the search, though there is more further on. */
    file.count = 0;
    write_plain("v/mnist/train-images-idx3-ubyte", &file);
    expect_bad("mnist", NULL, STATUS_INPUT, in_folder("v/mnist/train-images-idx3-ubyte"),
               "is empty");
}

static void keras_archive_is_found(void **state) {
    (void)state;
    make_folders("home/.keras/datasets");
    file.count = 0;
    const char *path = write_plain("home/.keras/datasets/mnist.npz", &file);
    expect_bad("mnist", NULL, STATUS_INPUT, path, "cannot be read as an .npz archive");
}

static void digits_are_built_in(void **state) {
    (void)state;
    struct dataset data;
    struct error error = {0};
    bool found;
    assert_int_equal(dataset_load("digits", NULL, &data, &found, &error), STATUS_OK);
    assert_true(found);
    assert_string_equal(data.name, "digits");
    assert_string_equal(data.source, "built in");
    assert_int_equal(data.train.count, DIGITS_TRAIN);
    assert_int_equal(data.test.count, DIGITS_TEST);
    assert_int_equal(data.rows, DIGITS_SIDE);
    assert_int_equal(data.columns, DIGITS_SIDE);
    assert_int_equal(data.classes, 10);
    assert_false(data.published);
    uint8_t pixels[DIGITS_SIDE * DIGITS_SIDE];
    assert_int_equal(digits_draw(DIGITS_TRAIN + 5, pixels), data.test.labels[5]);
    assert_memory_equal(pixels, data.test.pixels + 5 * sizeof pixels, sizeof pixels);
    dataset_release(&data);
}

static void known_names(void **state) {
    (void)state;
    static const char *const spellings[][2] = {
        {"mnist", "mnist"},
        {"MNIST", "mnist"},
        {"FashionMNIST", "fashion_mnist"},
        {"fashion-mnist", "fashion_mnist"},
        {"kuzushiji_mnist", "kmnist"},
        {"emnist-letters", "emnist_letters"},
        {"QMNIST", "qmnist"},
        {"EMNIST", "emnist"},
    };
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        assert_string_equal(catalogue_find(spellings[i][0])->name, spellings[i][1]);
    assert_null(catalogue_find("tiny"));
    assert_null(catalogue_find(""));
    assert_string_equal(catalogue_nearest("fashoin_mnist"), "fashion_mnist");
    for (size_t i = 0; i < catalogue_count; i++)
        assert_true((catalogue[i].about != NULL) != (catalogue[i].refusal != NULL));
}

/* The layouts of Keras and torchvision are found by the name in any spelling. */
static void layouts_of_known_sets(void **state) {
    (void)state;
    const char *differs = "is not the published Fashion-MNIST: the SHA-256 of the uncompressed "
                          "train-images-idx3-ubyte is ";
    write_tiny("share/datasets/fashion-mnist", &good);
    expect_bad("fashion_mnist", NULL, STATUS_INPUT,
               in_folder("share/datasets/fashion-mnist/train-images-idx3-ubyte"), differs);
    write_tiny("home/.keras/datasets/fashion-mnist", &good);
    expect_bad("fashion_mnist", NULL, STATUS_INPUT,
               in_folder("home/.keras/datasets/fashion-mnist/train-images-idx3-ubyte"), differs);
    write_tiny("home/data/KMNIST/raw", &good);
    expect_tiny("KMNIST", NULL, "kmnist", in_folder("home/data/KMNIST/raw"));
    /* A folder here comes first. */
    write_tiny("cwd/kmnist", &good);
    expect_tiny("kmnist", NULL, "kmnist", "kmnist");
    write_tiny("cwd/mnist", &good);
    expect_bad("mnist", NULL, STATUS_INPUT, "mnist/train-images-idx3-ubyte", "as in ./mnist");
    expect_tiny("./mnist", NULL, "mnist", "./mnist");
}

/* NIST's images lie on their sides, and its letters count from 1. */
static void emnist(void **state) {
    (void)state;
    static const char *const parts[] = {"train", "test"};
    struct dataset data;
    struct error error = {0};
    bool found;
    make_folders("home/data/EMNIST/raw");
    for (size_t i = 0; i < 2; i++) {
        char name[64];
        snprintf(name, sizeof name, "emnist-letters-%s-images-idx3-ubyte", parts[i]);
        write_images("home/data/EMNIST/raw", name, 4, 2, i ? ".gz" : "");
        snprintf(name, sizeof name, "emnist-letters-%s-labels-idx1-ubyte", parts[i]);
        file.count = 0;
        add_idx_header(&file, 1, (const uint32_t[]){4});
        add(&file, (const uint8_t[]){1, 2, 26, 3}, 4);
        char path[128];
        snprintf(path, sizeof path, "home/data/EMNIST/raw/%s", name);
        write_plain(path, &file);
    }
    assert_int_equal(dataset_load("emnist-letters", NULL, &data, &found, &error), STATUS_OK);
    assert_true(found);
    assert_string_equal(data.name, "emnist_letters");
    assert_contains(data.changes, "labels counted from 0");
    assert_int_equal(data.classes, 26);
    assert_int_equal(data.rows, 3);
    assert_int_equal(data.columns, 2);
    static const uint8_t labels[] = {0, 1, 25, 2}, second[] = {6, 9, 7, 10, 8, 11};
    assert_memory_equal(data.train.labels, labels, 4);
    assert_memory_equal(data.test.labels, labels, 4);
    assert_memory_equal(data.train.pixels + 6, second, 6);
    dataset_release(&data);
    /* The other parts are not there, and the whole has no name. */
    expect_absent("emnist_digits", NULL);
    assert_error(dataset_check_name("emnist", NULL, &error), &error, STATUS_INPUT,
                 "emnist is six data sets; name one of emnist_balanced, ");
    assert_error(dataset_check_name("cifar-10", NULL, &error), &error, STATUS_INPUT,
                 "cifar10 has colour images");
    /* Files by the usual names are taken as they are. */
    write_tiny("home/data/emnist_letters", &good);
    assert_int_equal(dataset_load("emnist_letters", NULL, &data, &found, &error), STATUS_OK);
    assert_non_null(data.changes);
    dataset_release(&data);
    expect_tiny(in_folder("home/data/emnist_letters"), NULL, "emnist_letters",
                in_folder("home/data/emnist_letters"));
}

/* QMNIST's labels are rows of eight numbers, the class first. */
static void write_wide_labels(const char *name, uint32_t width, uint32_t first) {
    const uint32_t sizes[] = {4, width};
    char path[128];
    file.count = 0;
    add(&file, (const uint8_t[]){0, 0, 0x0c, 2}, 4);
    for (size_t i = 0; i < 2; i++)
        add_big_endian(&file, sizes[i]);
    for (uint32_t i = 0; i < 4; i++)
        for (uint32_t j = 0; j < width; j++)
            add_big_endian(&file, j == 0 ? first + i : 1000 * j);
    snprintf(path, sizeof path, "home/data/QMNIST/raw/%s", name);
    write_gzip(path, &file);
}

static void qmnist(void **state) {
    (void)state;
    const char *where = "home/data/QMNIST/raw", *labels = "qmnist-test-labels-idx2-int.gz";
    struct dataset data;
    struct error error = {0};
    bool found;
    make_folders(where);
    write_images(where, "qmnist-train-images-idx3-ubyte", 4, 2, ".gz");
    write_images(where, "qmnist-test-images-idx3-ubyte", 4, 2, ".gz");
    write_wide_labels(labels, 8, 2);
    expect_bad("qmnist", NULL, STATUS_INPUT, in_folder(where),
               "but not qmnist-train-labels-idx2-int (plain or .gz)");
    write_wide_labels("qmnist-train-labels-idx2-int.gz", 1, 6);
    assert_int_equal(dataset_load("qmnist", NULL, &data, &found, &error), STATUS_OK);
    assert_true(found);
    assert_null(data.changes);
    assert_int_equal(data.classes, 10);
    assert_memory_equal(data.train.labels, ((const uint8_t[]){6, 7, 8, 9}), 4);
    assert_memory_equal(data.test.labels, ((const uint8_t[]){2, 3, 4, 5}), 4);
    dataset_release(&data);
    const char *path = in_folder("home/data/QMNIST/raw/qmnist-test-labels-idx2-int.gz");
    write_wide_labels(labels, 8, 254);
    expect_bad("qmnist", NULL, STATUS_INPUT, path, "holds the class 256; classes must be 0 to 255");
    write_wide_labels(labels, 0, 2);
    expect_bad("qmnist", NULL, STATUS_INPUT, path, "rows of no or too many numbers");
    write_wide_labels(labels, 8, 2);
    file.count -= 3;
    write_gzip("home/data/QMNIST/raw/qmnist-test-labels-idx2-int.gz", &file);
    expect_bad("qmnist", NULL, STATUS_INPUT, path, "ends too early: 4 bytes expected");
}

static void first_of_several(void **state) {
    (void)state;
    const char *const names[] = {"mnist", "./tiny"};
    struct dataset data;
    struct error error = {0};
    struct text notes;
    text_init(&notes);
    enum status status = dataset_load_first(names, 2, NULL, &data, &notes, &error);
    assert_error(status, &error, STATUS_INPUT,
                 "data set not found: mnist; to get mnist, call "
                 "keras.datasets.mnist.load_data() in Python, or");
    for (size_t i = 0; i < 4; i++)
        assert_contains(error.message, four_files[i]);
    assert_contains(error.message, "Or use digits");
    assert_contains(error.message, in_folder("home/.local/share/sweep"));
    assert_contains(error.message, in_folder("home/.keras/datasets"));
    assert_contains(error.message, "there is no folder or file ./tiny");
    assert_string_equal(notes.data, "");

    write_tiny("cwd/tiny", &good);
    assert_int_equal(dataset_load_first(names, 2, NULL, &data, &notes, &error), STATUS_OK);
    assert_string_equal(data.name, "tiny");
    dataset_release(&data);
    /* What is used instead is said, and how to get what isn't there. */
    assert_contains(notes.data, "data set mnist was not found, so ./tiny is used; to get mnist, ");
    assert_contains(notes.data, "t10k-labels-idx1-ubyte (plain or .gz) into a folder mnist in one");
    assert_contains(notes.data, in_folder("home/.keras/datasets"));
    text_clear(&notes);
    const char *const absent[] = {"./gone", "tiny"};
    assert_int_equal(dataset_load_first(absent, 2, NULL, &data, &notes, &error), STATUS_OK);
    dataset_release(&data);
    assert_contains(notes.data, "data set ./gone was not found, so tiny is used; there is no "
                                "folder or file ./gone in ");
    assert_contains(notes.data, in_folder("cwd\n"));
    text_clear(&notes);
    assert_int_equal(dataset_load_first(&names[1], 1, NULL, &data, &notes, &error), STATUS_OK);
    dataset_release(&data);
    assert_string_equal(notes.data, "");

    status = dataset_load_first(NULL, 0, NULL, &data, NULL, &error);
    assert_error(status, &error, STATUS_INPUT, "data set not found");
    /* A damaged one is not passed over. */
    file.count = 0;
    make_folders("home/data");
    write_plain("home/data/train-images-idx3-ubyte", &file);
    status = dataset_load_first(names, 2, NULL, &data, NULL, &error);
    assert_error(status, &error, STATUS_INPUT, "put all four files");
    text_release(&notes);
}

/* A typo is an error, wherever it stands in a list, also where another entry is present. */
static void unknown_names(void **state) {
    (void)state;
    const char *const lists[][2] = {{"mnsit", "digits"}, {"digits", "mnsit"}};
    struct dataset data;
    struct error error = {0};
    for (size_t i = 0; i < 2; i++) {
        enum status status = dataset_load_first(lists[i], 2, NULL, &data, NULL, &error);
        assert_error(status, &error, STATUS_INPUT,
                     "unknown data set 'mnsit'; did you mean 'mnist'? `sweep data` lists");
    }
    assert_error(dataset_check_name("quite_other", NULL, &error), &error, STATUS_INPUT,
                 "unknown data set 'quite_other'; `sweep data` lists");
    assert_contains(error.message, "as in ./mine");
    assert_int_equal(dataset_check_name("./mnsit", NULL, &error), STATUS_OK);
    assert_int_equal(dataset_check_name("kmnist", NULL, &error), STATUS_OK);
    /* A folder here is one that is meant, and has to be a data set. */
    make_folders("cwd/mnsit");
    assert_error(dataset_check_name("mnsit", NULL, &error), &error, STATUS_INPUT, "is no data set");
    write_tiny("cwd/mnsit", &good);
    assert_int_equal(dataset_check_name("mnsit", NULL, &error), STATUS_OK);
    write_tiny("home/data/elsewhere", &good);
    assert_int_equal(dataset_check_name("elsewhere", NULL, &error), STATUS_OK);
}

static void a_folder_called_digits(void **state) {
    (void)state;
    const char *const digits[] = {"digits"};
    struct dataset data;
    struct text notes;
    text_init(&notes);
    make_folders("cwd/digits");
    assert_int_equal(dataset_load_first(digits, 1, NULL, &data, &notes, NULL), STATUS_OK);
    assert_string_equal(data.source, "built in");
    assert_contains(notes.data, "write ./digits for what is here");
    dataset_release(&data);
    text_release(&notes);
}

/* A copy has what the data set has, mended. */
static void copies(void **state) {
    (void)state;
    struct dataset data, copy;
    struct error error = {0};
    bool found;
    struct tiny tiny = {60, 60, 40, 40, 2, 2, 7}; /* labels 0, 1 and, of one image, 7 */
    write_tiny("t", &tiny);
    assert_int_equal(dataset_load(in_folder("t"), NULL, &data, &found, &error), STATUS_OK);
    const struct copy_changes changes[] = {
        {0}, {.transpose = true}, {.renumber = true}, {.shuffle = true}, {.mix = true}};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        char name[8];
        snprintf(name, sizeof name, "copy%zu", i);
        assert_int_equal(copy_write(&data, &changes[i], in_folder(name), &error), STATUS_OK);
        assert_error(copy_write(&data, &changes[i], in_folder(name), &error), &error, STATUS_INPUT,
                     "holds a data set already");
        assert_int_equal(dataset_load(in_folder(name), NULL, &copy, &found, &error), STATUS_OK);
        assert_int_equal(copy.train.count, 60);
        assert_int_equal(copy.test.count, 40);
        const bool same = i == 0;
        assert_int_equal(strcmp(copy.digest.hex, data.digest.hex) == 0, same);
        unsigned sums[2] = {0};
        for (size_t j = 0; j < 600; j++) {
            sums[0] += j < 360 ? data.train.pixels[j] : data.test.pixels[j - 360];
            sums[1] += j < 360 ? copy.train.pixels[j] : copy.test.pixels[j - 360];
        }
        assert_int_equal(sums[0], sums[1]);
        if (i == 1) {
            static const uint8_t flipped[] = {0, 3, 1, 4, 2, 5};
            assert_int_equal(copy.rows, 3);
            assert_memory_equal(copy.train.pixels, flipped, 6);
        }
        if (i == 2) {
            assert_int_equal(copy.classes, 3);
            assert_int_equal(copy.train.labels[59], 2);
        }
        if (i == 3)
            assert_memory_equal(copy.test.pixels, data.test.pixels, 240);
        /* An image keeps its label: all but the last are 0, 1, 0, 1, ... and start with 6 times
         * their number. */
        for (size_t j = 0; i == 3 && j < 60; j++) {
            unsigned from = copy.train.pixels[6 * j];
            size_t number = 0;
            while (data.train.pixels[6 * number] != from)
                number++;
            assert_int_equal(copy.train.labels[j], data.train.labels[number]);
        }
        dataset_release(&copy);
    }
    dataset_release(&data);
}

/* The real MNIST, or the reason why a test of it is skipped. */
static void load_real(struct dataset *data) {
    struct error error = {0};
    bool found = false;
    if (!real_data[0]) {
        print_message("skipped: SWEEP_DATA_DIR is not set, so there is no MNIST to test with\n");
        skip();
    }
    const struct dataset_places places = {.data_dir = real_data};
    enum status status = dataset_load("mnist", &places, data, &found, &error);
    if (status != STATUS_OK)
        fail_msg("%s: %s", error.file, error.message);
    if (!found) {
        print_message("skipped: there is no mnist in SWEEP_DATA_DIR\n");
        skip();
    }
}

static void real_mnist(void **state) {
    (void)state;
    struct dataset data;
    load_real(&data);
    assert_string_equal(data.name, "mnist");
    assert_true(data.published);
    assert_int_equal(data.train.count, 60000);
    assert_int_equal(data.test.count, 10000);
    assert_int_equal(data.rows, 28);
    assert_int_equal(data.columns, 28);
    assert_int_equal(data.classes, 10);
    assert_int_equal(data.train.labels[0], 5);
    assert_int_equal(data.test.labels[0], 7);
    dataset_release(&data);
}

static void write_member(zip_t *zip, const char *name, const char *shape, const uint8_t *data,
                         size_t bytes) {
    char header[128];
    int length = snprintf(header + 10, sizeof header - 10,
                          "{'descr': '|u1', 'fortran_order': False, 'shape': %s, }\n", shape);
    memcpy(header, "\x93NUMPY\1\0", 8);
    header[8] = (char)length;
    header[9] = 0;
    size_t prefix = (size_t)length + 10;
    uint8_t *array = malloc(prefix + bytes);
    assert_non_null(array);
    memcpy(array, header, prefix);
    memcpy(array + prefix, data, bytes);
    zip_source_t *source = zip_source_buffer(zip, array, prefix + bytes, 1);
    zip_int64_t index = zip_file_add(zip, name, source, 0);
    assert_true(index >= 0);
    zip_set_file_compression(zip, (zip_uint64_t)index, ZIP_CM_STORE, 0);
}

static const char *write_npz(const char *name, const struct dataset *data) {
    const char *path = in_folder(name);
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    assert_non_null(zip);
    size_t pixels = data->rows * data->columns;
    char shape[64];
    const struct images *parts[] = {&data->train, &data->test};
    static const char *const members[][2] = {{"x_train.npy", "y_train.npy"},
                                             {"x_test.npy", "y_test.npy"}};
    for (size_t i = 0; i < 2; i++) {
        size_t count = parts[i]->count;
        snprintf(shape, sizeof shape, "(%zu, %zu, %zu)", count, data->rows, data->columns);
        write_member(zip, members[i][0], shape, parts[i]->pixels, count * pixels);
        snprintf(shape, sizeof shape, "(%zu,)", count);
        write_member(zip, members[i][1], shape, parts[i]->labels, count);
    }
    assert_int_equal(zip_close(zip), 0);
    return path;
}

static void real_mnist_as_keras_keeps_it(void **state) {
    (void)state;
    struct dataset data, again;
    struct error error = {0};
    bool found;
    load_real(&data);
    make_folders("home/.keras/datasets");
    const char *path = write_npz("home/.keras/datasets/mnist.npz", &data);
    assert_int_equal(dataset_load("mnist", NULL, &again, &found, &error), STATUS_OK);
    assert_true(found && again.published);
    assert_string_equal(again.source, path);
    assert_string_equal(again.digest.hex, data.digest.hex);
    dataset_release(&again);

    /* By its path it is an ordinary data set with the published contents. */
    assert_int_equal(dataset_load(path, NULL, &again, &found, &error), STATUS_OK);
    assert_true(found && again.published);
    assert_string_equal(again.name, "mnist");
    dataset_release(&again);

    /* One pixel differs. */
    uint8_t *pixels = data.owned[2];
    pixels[12345] ^= 1;
    write_npz("home/.keras/datasets/mnist.npz", &data);
    expect_bad("mnist", NULL, STATUS_INPUT, path, "not 0fa7898d5092...; download it again");
    dataset_release(&data);
}

/* Of Debian's package dataset-fashion-mnist, where that is installed. */
static void real_fashion_mnist(void **state) {
    (void)state;
    struct dataset data;
    bool found;
    unsetenv("XDG_DATA_DIRS");
    assert_int_equal(dataset_load("fashion_mnist", NULL, &data, &found, NULL), STATUS_OK);
    if (!found)
        skip();
    assert_true(data.published);
    assert_string_equal(data.source, "/usr/share/datasets/fashion-mnist");
    assert_int_equal(data.train.count, 60000);
    assert_int_equal(data.test.count, 10000);
    assert_int_equal(data.train.labels[0], 9);
    /* The same as another set, and as an archive with a pixel changed. */
    make_folders("home/data/kmnist");
    make_folders("home/.keras/datasets");
    const struct copy_changes none = {0};
    assert_int_equal(copy_write(&data, &none, in_folder("home/data/kmnist"), NULL), STATUS_OK);
    expect_bad("kmnist", NULL, STATUS_INPUT, in_folder("home/data/kmnist"),
               "holds Fashion-MNIST, not kmnist");
    *(uint8_t *)data.owned[0] ^= 1;
    const char *path = write_npz("home/.keras/datasets/fashion_mnist.npz", &data);
    expect_bad("fashion_mnist", NULL, STATUS_INPUT, path, "not c59f468a2f67...; download it again");
    dataset_release(&data);
}

static void tiny_archives(void **state) {
    (void)state;
    write_tiny("t", &good);
    struct dataset data;
    bool found;
    assert_int_equal(dataset_load(in_folder("t"), NULL, &data, &found, NULL), STATUS_OK);
    make_folders("home/data");
    write_npz("home/data/kuzushiji.npz", &data);
    expect_tiny("kuzushiji", NULL, "kuzushiji", in_folder("home/data/kuzushiji.npz"));
    const char *path = write_npz("cwd/other.npz", &data);
    expect_tiny(path, NULL, "other", path);
    expect_tiny("other.npz", NULL, "other", "other.npz");
    dataset_release(&data);
}

#define IN_A_HOME(test) cmocka_unit_test_setup_teardown(test, make_home, remove_home)

int main(void) {
    const char *set = getenv("SWEEP_DATA_DIR");
    char *real = set && set[0] ? realpath(set, NULL) : NULL;
    snprintf(real_data, sizeof real_data, "%s", real ? real : "");
    free(real);
    const struct CMUnitTest tests[] = {
        IN_A_HOME(folder_by_path),
        IN_A_HOME(other_file_names),
        IN_A_HOME(long_names),
        IN_A_HOME(names_are_cut_between_characters),
        IN_A_HOME(parts_that_do_not_fit),
        IN_A_HOME(classes_and_digest),
        IN_A_HOME(search_order_of_names),
        IN_A_HOME(unset_variables_are_no_places),
        IN_A_HOME(layouts_of_mnist),
        IN_A_HOME(keras_archive_is_found),
        IN_A_HOME(digits_are_built_in),
        IN_A_HOME(known_names),
        IN_A_HOME(layouts_of_known_sets),
        IN_A_HOME(emnist),
        IN_A_HOME(qmnist),
        IN_A_HOME(real_fashion_mnist),
        IN_A_HOME(first_of_several),
        IN_A_HOME(unknown_names),
        IN_A_HOME(a_folder_called_digits),
        IN_A_HOME(copies),
        IN_A_HOME(real_mnist),
        IN_A_HOME(real_mnist_as_keras_keeps_it),
        IN_A_HOME(tiny_archives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
