/* Folders of pictures: each line of the input is a file's path and, behind a blank, what is in it,
 * as in "train/cat/1.png P2 2 1 255 7 9" (formats are told by what is in a file, and plain PGM is
 * text); a path without that is a folder. */
#include "fuzz.h"

#include "data/dataset.h"

#include <string.h>
#include <sys/stat.h>

#define ENTRIES_MAX 48
#define PATH_ROOM 128

/* What was made, to be removed again, the last one first. */
struct made {
    size_t count;
    char paths[ENTRIES_MAX][PATH_ROOM];
};

static char root[] = "/tmp/fuzz-folder-XXXXXX";

static void remove_root(void) {
    rmdir(root);
}

static void make_root(void) {
    static bool made;
    if (made)
        return;
    EXPECT(mkdtemp(root));
    atexit(remove_root);
    made = true;
}

/* Nothing may leave the root. */
static bool is_safe(const char *path) {
    return path[0] && path[0] != '/' && !strstr(path, "..");
}

static void add(struct made *made, const char *path, const uint8_t *data, size_t size) {
    if (made->count == ENTRIES_MAX)
        return;
    if (!data) {
        if (mkdir(path, 0700) != 0)
            return;
    } else {
        FILE *file = fopen(path, "wx");
        if (!file)
            return;
        EXPECT(fwrite(data, 1, size, file) == size);
        fclose(file);
    }
    snprintf(made->paths[made->count++], PATH_ROOM, "%s", path);
}

/* The folders on the way, and what is at its end. */
static void add_line(struct made *made, const uint8_t *line, size_t length) {
    char path[PATH_ROOM], below[PATH_ROOM / 2];
    const uint8_t *blank = memchr(line, ' ', length);
    const size_t size = blank ? (size_t)(blank - line) : length;
    if (size >= sizeof below || memchr(line, '\0', size))
        return;
    memcpy(below, line, size);
    below[size] = '\0';
    if (!is_safe(below))
        return;
    for (const char *slash = strchr(below, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(path, sizeof path, "%s/%.*s", root, (int)(slash - below), below);
        add(made, path, NULL, 0);
    }
    snprintf(path, sizeof path, "%s/%s", root, below);
    add(made, path, blank ? blank + 1 : NULL, length - size - (blank != NULL));
}

static void expect_told_or_whole(enum status status, const struct dataset *dataset, bool found,
                                 const struct error *error) {
    expect_told(status, error);
    if (status != STATUS_OK || !found)
        return;
    EXPECT(dataset->train.count > 0 && dataset->test.count > 0);
    EXPECT(dataset->train.pixels || dataset->train.values);
    for (size_t i = 0; i < dataset->train.count && dataset->train.labels; i++)
        EXPECT(dataset->train.labels[i] < dataset->classes);
    for (size_t i = 0; i < dataset->test.count && dataset->test.labels; i++)
        EXPECT(dataset->test.labels[i] < dataset->classes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct made made;
    struct dataset dataset;
    struct error error = {0};
    bool found = false;
    make_root();
    made.count = 0;
    for (size_t at = 0; at < size;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        const size_t length = end ? (size_t)(end - data) - at : size - at;
        add_line(&made, data + at, length);
        at += length + 1;
    }
    const enum status status = dataset_load(root, NULL, &dataset, &found, &error);
    expect_told_or_whole(status, &dataset, found, &error);
    dataset_release(&dataset);
    while (made.count > 0)
        EXPECT(remove(made.paths[--made.count]) == 0);
    return 0;
}
