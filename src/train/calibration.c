#include "train/calibration.h"

#include "base/machine.h"
#include "base/output.h"
#include "base/text.h"
#include "math/gemm.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD "sweep calibration 2\n"
#define PATH_ROOM 4096
#define ENTRIES_MAX 4096 /* beyond, the oldest go */

struct entry {
    struct digest key;
    double seconds[2];
    bool used;
};

struct calibration {
    char folder[PATH_ROOM];
    char path[PATH_ROOM]; /* empty: nothing is kept */
    size_t count, capacity;
    struct entry *entries;
    bool changed;
};

static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value && value[0] == '/' ? value : NULL;
}

const char *calibration_folder(char path[4096]) {
    const char *cache = variable("XDG_CACHE_HOME"), *home = variable("HOME");
    int length = 0;
    path[0] = '\0';
    if (cache)
        length = snprintf(path, PATH_ROOM, "%s/sweep", cache);
    else if (home)
        length = snprintf(path, PATH_ROOM, "%s/.cache/sweep", home);
    if (length >= PATH_ROOM)
        path[0] = '\0';
    return path;
}

/* Other processors, kernels and versions take other times. */
static struct digest machine_digest(void) {
    char cpu[256], text[1024];
    snprintf(text, sizeof text, "%s\n%s\n%s\n%s\n", machine_cpu(cpu, sizeof cpu), gemm_library(),
             gemm_core(), machine_program_version());
    return digest_of_string(text);
}

static struct entry *find(const struct calibration *calibration, struct digest key) {
    for (size_t i = 0; i < calibration->count; i++)
        if (strcmp(calibration->entries[i].key.hex, key.hex) == 0)
            return &calibration->entries[i];
    return NULL;
}

static void add(struct calibration *calibration, const struct entry *entry) {
    if (calibration->count == calibration->capacity) {
        const size_t capacity = calibration->capacity ? 2 * calibration->capacity : 64;
        struct entry *entries =
            realloc(calibration->entries, capacity * sizeof *calibration->entries);
        if (!entries)
            return;
        calibration->entries = entries;
        calibration->capacity = capacity;
    }
    calibration->entries[calibration->count++] = *entry;
}

static bool sane(double seconds) {
    return isfinite(seconds) && seconds > 0;
}

/* A line that is not as it was written ends the reading. */
static void load(struct calibration *calibration) {
    FILE *file = fopen(calibration->path, "re");
    char head[sizeof HEAD] = "";
    if (!file)
        return;
    if (fgets(head, sizeof head, file) && strcmp(head, HEAD) == 0) {
        struct entry entry = {0};
        while (calibration->count < ENTRIES_MAX &&
               fscanf(file, "%64[0-9a-f] %lg %lg\n", entry.key.hex, &entry.seconds[0],
                      &entry.seconds[1]) == 3 &&
               strlen(entry.key.hex) == DIGEST_LENGTH && sane(entry.seconds[0]) &&
               sane(entry.seconds[1]))
            add(calibration, &entry);
    }
    fclose(file);
}

struct calibration *calibration_open(const char *folder) {
    struct calibration *calibration = calloc(1, sizeof *calibration);
    if (!calibration || !folder || !folder[0])
        return calibration;
    snprintf(calibration->folder, sizeof calibration->folder, "%s", folder);
    const int length = snprintf(calibration->path, sizeof calibration->path, "%s/costs-%.16s",
                                folder, machine_digest().hex);
    if (length >= PATH_ROOM)
        calibration->path[0] = '\0';
    else
        load(calibration);
    return calibration;
}

/* The folder and the one above it, which a new user may not have yet. */
static void make_folders(const char *folder) {
    char above[PATH_ROOM];
    snprintf(above, sizeof above, "%s", folder);
    char *slash = strrchr(above, '/');
    if (slash && slash != above) {
        *slash = '\0';
        mkdir(above, 0700);
    }
    mkdir(folder, 0700);
}

static void write_entries(const struct calibration *calibration, FILE *file) {
    const size_t count = calibration->count;
    fputs(HEAD, file);
    for (size_t i = count > ENTRIES_MAX ? count - ENTRIES_MAX : 0; i < count; i++) {
        const struct entry *entry = &calibration->entries[i];
        fprintf(file, "%s %.6g %.6g\n", entry->key.hex, entry->seconds[0], entry->seconds[1]);
    }
}

/* What can't be written is measured anew. */
static void save(const struct calibration *calibration) {
    struct output output;
    struct error error;
    make_folders(calibration->folder);
    if (output_open(calibration->path, &output, &error) != STATUS_OK)
        return;
    write_entries(calibration, output.stream);
    output_keep(&output, &error);
}

void calibration_close(struct calibration *calibration) {
    if (!calibration)
        return;
    if (calibration->changed && calibration->path[0])
        save(calibration);
    free(calibration->entries);
    free(calibration);
}

bool calibration_find(struct calibration *calibration, struct digest key, double seconds[2]) {
    struct entry *entry = calibration ? find(calibration, key) : NULL;
    if (!entry)
        return false;
    entry->used = true;
    memcpy(seconds, entry->seconds, sizeof entry->seconds);
    return true;
}

void calibration_add(struct calibration *calibration, struct digest key, const double seconds[2]) {
    if (!calibration || !sane(seconds[0]) || !sane(seconds[1]))
        return;
    struct entry entry = {.key = key, .used = true};
    memcpy(entry.seconds, seconds, sizeof entry.seconds);
    add(calibration, &entry);
    calibration->changed = true;
}

void calibration_forget(struct calibration *calibration) {
    size_t kept = 0;
    for (size_t i = 0; calibration && i < calibration->count; i++)
        if (!calibration->entries[i].used)
            calibration->entries[kept++] = calibration->entries[i];
    if (calibration && kept < calibration->count) {
        calibration->count = kept;
        calibration->changed = true;
    }
}
