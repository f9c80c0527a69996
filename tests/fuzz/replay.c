/* Feeds files to a fuzz target, where there is no libFuzzer: replay FILE|FOLDER... */
#include "fuzz.h"

#include <dirent.h>
#include <string.h>

static size_t replayed;

static void replay_file(const char *path) {
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    size_t size = 0, room = 0, got = 1;
    EXPECT(file);
    while (got > 0) {
        if (size == room)
            EXPECT((data = realloc(data, room = 2 * room + 4096)));
        got = fread(data + size, 1, room - size, file);
        size += got;
    }
    fclose(file);
    /* A copy of exactly this size, so that a sanitizer sees what is read beyond it. */
    uint8_t *exact = malloc(size > 0 ? size : 1);
    EXPECT(exact);
    memcpy(exact, data, size);
    free(data);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    replayed++;
}

static void replay(const char *path) {
    DIR *folder = opendir(path);
    if (!folder) {
        replay_file(path);
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder));) {
        char below[4096];
        snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.')
            replay(below);
    }
    closedir(folder);
}

int main(int argc, char **argv) {
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++)
        replay(argv[i]);
    printf("%zu inputs\n", replayed);
    return replayed > 0 ? 0 : 1;
}
