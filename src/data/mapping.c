#include "data/mapping.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct mapping {
    struct mapping *next;
    char *begin;
    size_t size;
    int descriptor; /* the file's own, whatever comes to have its name */
    struct timespec written;
    char path[];
};

static struct mapping *first;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void end(struct mapping *mapping) {
    if (mapping->begin != MAP_FAILED)
        munmap(mapping->begin, mapping->size);
    if (mapping->descriptor >= 0)
        close(mapping->descriptor);
    free(mapping);
}

void *mapping_make(int descriptor, size_t size, const char *path) {
    struct stat about;
    struct mapping *mapping = malloc(sizeof *mapping + strlen(path) + 1);
    if (!mapping)
        return NULL;
    strcpy(mapping->path, path);
    mapping->size = size;
    mapping->descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    mapping->begin = mmap(NULL, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (mapping->begin == MAP_FAILED || mapping->descriptor < 0 || fstat(descriptor, &about) != 0) {
        end(mapping);
        return NULL;
    }
    mapping->written = about.st_mtim;
    pthread_mutex_lock(&lock);
    mapping->next = first;
    first = mapping;
    pthread_mutex_unlock(&lock);
    return mapping->begin;
}

bool mapping_release(const void *begin) {
    struct mapping **at = &first;
    pthread_mutex_lock(&lock);
    while (*at && (*at)->begin != begin)
        at = &(*at)->next;
    struct mapping *mapping = *at;
    if (mapping)
        *at = mapping->next;
    pthread_mutex_unlock(&lock);
    if (mapping)
        end(mapping);
    return mapping != NULL;
}

static bool is_whole(const struct mapping *mapping) {
    struct stat about;
    return fstat(mapping->descriptor, &about) == 0 && (size_t)about.st_size == mapping->size &&
           about.st_mtim.tv_sec == mapping->written.tv_sec &&
           about.st_mtim.tv_nsec == mapping->written.tv_nsec;
}

enum status mappings_check(struct error *error) {
    enum status status = STATUS_OK;
    pthread_mutex_lock(&lock);
    for (const struct mapping *mapping = first; mapping && status == STATUS_OK;
         mapping = mapping->next)
        if (!is_whole(mapping)) {
            status = error_set(error, STATUS_INPUT,
                               "was written to, or touched, while it was trained on; what that "
                               "gave is not recorded. Leave it alone, and run the same command "
                               "again");
            error_place(error, mapping->path, 0, 0);
        }
    pthread_mutex_unlock(&lock);
    return status;
}

const char *mapping_owner(const void *address) {
    const char *at = address;
    for (const struct mapping *mapping = first; mapping; mapping = mapping->next)
        if (at >= mapping->begin && at < mapping->begin + mapping->size)
            return mapping->path;
    return NULL;
}
