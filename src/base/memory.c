#include "base/memory.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* A version of control groups: what its line in /proc/self/cgroup has before the group's path, the
 * folder that paths begin in, and a group's files. */
struct hierarchy {
    const char *mark, *folder, *limit, *used;
    const char *files[2]; /* lines of memory.stat: what is kept of files */
};

static const struct hierarchy hierarchies[] = {
    {"0::", "/sys/fs/cgroup", "memory.max", "memory.current", {"inactive_file ", "active_file "}},
    {":memory:",
     "/sys/fs/cgroup/memory",
     "memory.limit_in_bytes",
     "memory.usage_in_bytes",
     {"total_inactive_file ", "total_active_file "}},
};

/* The number behind the beginning of a line in a file; false where there is none. */
static bool read_number(const char *folder, const char *name, const char *begin, size_t *number) {
    char path[PATH_MAX], line[256];
    bool found = false;
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return false;
    FILE *file = fopen(path, "re");
    while (file && !found && fgets(line, sizeof line, file))
        found = strncmp(line, begin, strlen(begin)) == 0 &&
                sscanf(line + strlen(begin), "%zu", number) == 1;
    if (file)
        fclose(file);
    return found;
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t without(size_t limit, size_t used) {
    return limit > used ? limit - used : 0;
}

/* What a group leaves, whose files are in a folder. */
static size_t left_by_group(const struct hierarchy *hierarchy, const char *folder) {
    size_t limit, used = 0, kept = 0;
    if (!read_number(folder, hierarchy->limit, "", &limit) ||
        !read_number(folder, hierarchy->used, "", &used))
        return SIZE_MAX;
    for (size_t i = 0; i < 2; i++) {
        size_t bytes = 0;
        read_number(folder, "memory.stat", hierarchy->files[i], &bytes);
        kept += bytes;
    }
    return without(limit, without(used, kept));
}

/* What the group of that path and those that it is in leave. A container may have its own group's
 * files at the top, and know a path that is only to be found outside. */
static size_t left_by_groups(const char *root, const struct hierarchy *hierarchy,
                             const char *group) {
    char folder[PATH_MAX];
    size_t left = SIZE_MAX;
    const size_t top = strlen(root) + strlen(hierarchy->folder);
    const int length = snprintf(folder, sizeof folder, "%s%s%s", root, hierarchy->folder, group);
    if (length >= (int)sizeof folder)
        return left;
    for (char *end = folder + length; end && end >= folder + top; end = strrchr(folder, '/')) {
        *end = '\0';
        left = least(left, left_by_group(hierarchy, folder));
    }
    return left;
}

static size_t left_by_control_groups(const char *root) {
    char path[PATH_MAX], line[PATH_MAX];
    size_t left = SIZE_MAX;
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        for (size_t i = 0; i < sizeof hierarchies / sizeof *hierarchies; i++) {
            const char *mark = strstr(line, hierarchies[i].mark);
            line[strcspn(line, "\n")] = '\0';
            if (mark)
                left = least(left, left_by_groups(root, &hierarchies[i],
                                                  mark + strlen(hierarchies[i].mark)));
        }
    if (file)
        fclose(file);
    return left;
}

/* What a limit of the process leaves, of whose pages so many count. */
static size_t left_by_limit(int resource, size_t pages) {
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return SIZE_MAX;
    return without(limit.rlim_cur, pages * (size_t)sysconf(_SC_PAGESIZE));
}

static size_t left_by_limits(const char *root) {
    char path[PATH_MAX];
    size_t all = 0, data = 0;
    snprintf(path, sizeof path, "%s/proc/self/statm", root);
    FILE *file = fopen(path, "re");
    if (file && fscanf(file, "%zu %*u %*u %*u %*u %zu", &all, &data) < 2)
        all = data = 0;
    if (file)
        fclose(file);
    return least(left_by_limit(RLIMIT_AS, all), left_by_limit(RLIMIT_DATA, data));
}

size_t memory_available_under(const char *root) {
    size_t kilobytes, left = least(left_by_control_groups(root), left_by_limits(root));
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s/proc", root);
    if (read_number(folder, "meminfo", "MemAvailable:", &kilobytes))
        left = least(left, kilobytes * 1024);
    return left;
}

size_t memory_available(void) {
    return memory_available_under("");
}
