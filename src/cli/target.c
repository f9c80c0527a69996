#include "cli/target.h"

#include "base/path.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_ours(const struct target *target) {
    char bytes[4001] = "";
    FILE *file = fopen(target->path, "r");
    if (!file)
        return false;
    const size_t count = fread(bytes, 1, sizeof bytes - 1, file);
    const bool whole = !ferror(file);
    fclose(file);
    if (!whole || count == 0)
        return whole;
    return target->beginning && strncmp(bytes, target->beginning, strlen(target->beginning)) == 0 &&
           (!target->mark || strstr(bytes, target->mark));
}

/* Whether the path is the database's, or of what is kept beside it, there or not yet. */
static bool is_the_database(const struct target *target) {
    static const char *const ends[] = {"",       "-wal",        "-shm",        "-journal",
                                       ".spool", ".unfinished", ".checkpoints"};
    struct stat place, file;
    char *path = path_real(target->path), *database = path_real(target->database);
    bool is = stat(target->path, &place) == 0 && stat(target->database, &file) == 0 &&
              place.st_dev == file.st_dev && place.st_ino == file.st_ino;
    const size_t length = database ? strlen(database) : 0;
    if (path && database && strncmp(path, database, length) == 0)
        for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
            is |= strcmp(path + length, ends[i]) == 0;
    free(path);
    free(database);
    return is;
}

enum status target_check(const struct target *target, struct error *error) {
    struct stat place = {0};
    if (output_is_standard(target->path))
        return STATUS_OK;
    const char *option = target->option ? target->option : "-o";
    const char *forcing = target->option ? "" : "replace it with --force, or ";
    const bool is_there = stat(target->path, &place) == 0;
    enum status status = STATUS_OK;
    if (is_the_database(target))
        status = error_set(error, STATUS_USAGE,
                           "is for the results themselves; the file to write is named with %s, the "
                           "database with --db",
                           option);
    else if (!is_there)
        return STATUS_OK;
    else if (!S_ISREG(place.st_mode) && target->named && !S_ISDIR(place.st_mode))
        status = error_set(error, STATUS_USAGE, "is no file; %s needs one", target->kind);
    else if (S_ISREG(place.st_mode) && !target->forced && !is_ours(target))
        status = error_set(error, STATUS_USAGE,
                           target->beginning
                               ? "is there already, and no %s that sweep wrote; %sgive another "
                                 "file with %s"
                               : "is there already, and may have more in it than an export to %s; "
                                 "%sgive another file with %s",
                           target->kind, forcing, option);
    return status == STATUS_OK ? status : error_place(error, target->path, 0, 0);
}

enum status target_check_page(const char *path, const char *database, const char *option,
                              bool forced, struct error *error) {
    const struct target target = {.path = path,
                                  .database = database,
                                  .kind = "page",
                                  .beginning = "<!doctype html>",
                                  .mark = "<meta name=\"generator\" content=\"sweep ",
                                  .option = option,
                                  .named = option != NULL,
                                  .forced = forced};
    return target_check(&target, error);
}

enum status target_open(const char *path, struct output *output, struct error *error) {
    const enum status status = output_open(path, output, error);
    if (output->removed > 0)
        fprintf(stderr, "removed %zu unfinished file%s, which a killed report or export left\n",
                output->removed, text_plural(output->removed));
    return status;
}
