/* A disk that loses power: an SQLite VFS in front of the system's that remembers what was synced.
 *
 * Until a file is synced, each of its writes may have reached the disk or not, in any order, in
 * parts (by sectors of 512 bytes); a deleted file may come back unless its folder was synced.
 * Before each operation the VFS hands `disk.before` a chance to take a picture of what a power cut
 * would leave. */
#ifndef SWEEP_TESTS_POWER_LOSS_H
#define SWEEP_TESTS_POWER_LOSS_H

#include "base/random.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DISK_FILES_MAX 64
#define DISK_SECTOR 512

/* Something that happened to a file since it was synced. */
struct disk_change {
    struct disk_change *next;
    size_t offset, count; /* of `data`; a truncation to `offset` has none */
    bool truncation;
    unsigned char data[];
};

struct disk_file {
    char path[512];
    bool deleted, gone;  /* deleted; and nothing brings it back */
    bool synced;         /* at least once: before, there may be no such file */
    unsigned char *data; /* as synced */
    size_t size;
    struct disk_change *first, **last;
};

static struct {
    sqlite3_vfs *system;
    struct disk_file files[DISK_FILES_MAX]; /* of one path the last is the one that is */
    size_t file_count;
    void (*before)(void);
} disk;

struct disk_handle {
    sqlite3_file base;
    struct disk_file *file; /* NULL: a temporary one */
    sqlite3_file *below;
};

static void *disk_allocate(size_t bytes) {
    void *block = calloc(1, bytes > 0 ? bytes : 1);
    if (!block)
        abort();
    return block;
}

static struct disk_file *disk_find(const char *path) {
    for (size_t i = disk.file_count; i-- > 0;)
        if (strcmp(disk.files[i].path, path) == 0 && !disk.files[i].deleted)
            return &disk.files[i];
    return NULL;
}

static struct disk_file *disk_add(const char *path) {
    if (disk.file_count == DISK_FILES_MAX)
        abort();
    struct disk_file *file = &disk.files[disk.file_count++];
    memset(file, 0, sizeof *file);
    snprintf(file->path, sizeof file->path, "%s", path);
    file->last = &file->first;
    return file;
}

static void disk_forget_changes(struct disk_file *file) {
    for (struct disk_change *change = file->first, *next; change; change = next) {
        next = change->next;
        free(change);
    }
    file->first = NULL;
    file->last = &file->first;
}

static void disk_change(struct disk_file *file, size_t offset, const void *data, size_t count,
                        bool truncation) {
    struct disk_change *change = disk_allocate(sizeof *change + count);
    *change = (struct disk_change){.offset = offset, .count = count, .truncation = truncation};
    if (count > 0)
        memcpy(change->data, data, count);
    *file->last = change;
    file->last = &change->next;
}

/* What is on the disk while a change is or is not made to it. */
struct disk_image {
    unsigned char *data;
    size_t size;
};

static void disk_resize(struct disk_image *image, size_t size) {
    unsigned char *data = disk_allocate(size);
    if (image->data)
        memcpy(data, image->data, image->size < size ? image->size : size);
    free(image->data);
    *image = (struct disk_image){data, size};
}

/* Make those parts of a change for which `keep` is true. */
static void disk_apply(const struct disk_change *change, struct disk_image *image,
                       bool (*keep)(void)) {
    if (change->truncation) {
        if (keep())
            disk_resize(image, change->offset);
        return;
    }
    for (size_t at = 0; at < change->count;) {
        const size_t offset = change->offset + at, left = change->count - at;
        size_t part = DISK_SECTOR - offset % DISK_SECTOR;
        part = part < left ? part : left;
        if (keep()) {
            if (image->size < offset + part)
                disk_resize(image, offset + part);
            memcpy(image->data + offset, change->data + at, part);
        }
        at += part;
    }
}

static bool disk_always(void) {
    return true;
}

static uint64_t disk_draws;
static uint32_t disk_seed;

static uint32_t disk_random(void) {
    const struct random_source source = {disk_seed, RANDOM_TEST, 0};
    return random_block(source, disk_draws++).word[0];
}

static bool disk_toss(void) {
    return disk_random() % 2 == 0;
}

/* One of the images of a file that a power cut may leave. */
static struct disk_image disk_draw(const struct disk_file *file) {
    struct disk_image image = {disk_allocate(file->size), file->size};
    const struct disk_change *changes[4096];
    size_t count = 0;
    if (file->size > 0)
        memcpy(image.data, file->data, file->size);
    for (const struct disk_change *change = file->first; change; change = change->next)
        if (count < sizeof changes / sizeof *changes)
            changes[count++] = change;
    /* Some seeds keep the order, so that what looks nearly whole is tried as well. */
    for (size_t i = count; disk_seed % 3 == 0 && i > 1; i--) {
        const size_t other = disk_random() % i;
        const struct disk_change *swapped = changes[i - 1];
        changes[i - 1] = changes[other];
        changes[other] = swapped;
    }
    for (size_t i = 0; i < count; i++)
        disk_apply(changes[i], &image, disk_toss);
    return image;
}

/* Write to `to_folder` what the disk may hold after a power cut now; the seed decides. */
static void disk_picture(const char *to_folder, uint32_t seed) {
    disk_seed = seed;
    disk_draws = 0;
    for (size_t i = 0; i < disk.file_count; i++) {
        const struct disk_file *file = &disk.files[i];
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", to_folder, strrchr(file->path, '/') + 1);
        remove(path);
        if (file->gone || ((file->deleted || !file->synced) && disk_toss()))
            continue;
        struct disk_image image = disk_draw(file);
        FILE *to = fopen(path, "wb");
        if (!to || fwrite(image.data, 1, image.size, to) != image.size || fclose(to) != 0)
            abort();
        free(image.data);
    }
}

static void disk_step(void) {
    if (disk.before)
        disk.before();
}

#define DISK_HANDLE(base) ((struct disk_handle *)(base))
#define DISK_BELOW(base) (DISK_HANDLE(base)->below)

static int disk_close(sqlite3_file *base) {
    int code = DISK_BELOW(base)->pMethods->xClose(DISK_BELOW(base));
    free(DISK_BELOW(base));
    return code;
}

static int disk_read(sqlite3_file *base, void *data, int count, sqlite3_int64 offset) {
    return DISK_BELOW(base)->pMethods->xRead(DISK_BELOW(base), data, count, offset);
}

static int disk_write(sqlite3_file *base, const void *data, int count, sqlite3_int64 offset) {
    struct disk_file *file = DISK_HANDLE(base)->file;
    disk_step();
    if (file)
        disk_change(file, (size_t)offset, data, (size_t)count, false);
    return DISK_BELOW(base)->pMethods->xWrite(DISK_BELOW(base), data, count, offset);
}

static int disk_truncate(sqlite3_file *base, sqlite3_int64 size) {
    struct disk_file *file = DISK_HANDLE(base)->file;
    disk_step();
    if (file)
        disk_change(file, (size_t)size, NULL, 0, true);
    return DISK_BELOW(base)->pMethods->xTruncate(DISK_BELOW(base), size);
}

static int disk_sync(sqlite3_file *base, int flags) {
    struct disk_file *file = DISK_HANDLE(base)->file;
    (void)flags; /* the disk is made up; the system's own need not be waited for */
    disk_step();
    if (file) {
        struct disk_image image = {file->data, file->size};
        for (const struct disk_change *change = file->first; change; change = change->next)
            disk_apply(change, &image, disk_always);
        file->data = image.data;
        file->size = image.size;
        file->synced = true;
        disk_forget_changes(file);
    }
    return SQLITE_OK;
}

static int disk_size(sqlite3_file *base, sqlite3_int64 *size) {
    return DISK_BELOW(base)->pMethods->xFileSize(DISK_BELOW(base), size);
}

static int disk_lock(sqlite3_file *base, int level) {
    return DISK_BELOW(base)->pMethods->xLock(DISK_BELOW(base), level);
}

static int disk_unlock(sqlite3_file *base, int level) {
    return DISK_BELOW(base)->pMethods->xUnlock(DISK_BELOW(base), level);
}

static int disk_reserved(sqlite3_file *base, int *result) {
    return DISK_BELOW(base)->pMethods->xCheckReservedLock(DISK_BELOW(base), result);
}

static int disk_control(sqlite3_file *base, int operation, void *argument) {
    return DISK_BELOW(base)->pMethods->xFileControl(DISK_BELOW(base), operation, argument);
}

static int disk_sector(sqlite3_file *base) {
    return DISK_BELOW(base)->pMethods->xSectorSize(DISK_BELOW(base));
}

static int disk_traits(sqlite3_file *base) {
    return DISK_BELOW(base)->pMethods->xDeviceCharacteristics(DISK_BELOW(base));
}

static int disk_shm_map(sqlite3_file *base, int page, int size, int extend, void volatile **to) {
    return DISK_BELOW(base)->pMethods->xShmMap(DISK_BELOW(base), page, size, extend, to);
}

static int disk_shm_lock(sqlite3_file *base, int offset, int count, int flags) {
    return DISK_BELOW(base)->pMethods->xShmLock(DISK_BELOW(base), offset, count, flags);
}

static void disk_shm_barrier(sqlite3_file *base) {
    DISK_BELOW(base)->pMethods->xShmBarrier(DISK_BELOW(base));
}

static int disk_shm_unmap(sqlite3_file *base, int remove_too) {
    return DISK_BELOW(base)->pMethods->xShmUnmap(DISK_BELOW(base), remove_too);
}

static const sqlite3_io_methods disk_methods = {
    .iVersion = 2, /* without memory mapping, which would go past the VFS */
    .xClose = disk_close,
    .xRead = disk_read,
    .xWrite = disk_write,
    .xTruncate = disk_truncate,
    .xSync = disk_sync,
    .xFileSize = disk_size,
    .xLock = disk_lock,
    .xUnlock = disk_unlock,
    .xCheckReservedLock = disk_reserved,
    .xFileControl = disk_control,
    .xSectorSize = disk_sector,
    .xDeviceCharacteristics = disk_traits,
    .xShmMap = disk_shm_map,
    .xShmLock = disk_shm_lock,
    .xShmBarrier = disk_shm_barrier,
    .xShmUnmap = disk_shm_unmap,
};

static int disk_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags, int *out) {
    struct disk_handle *handle = DISK_HANDLE(base);
    (void)vfs;
    *handle = (struct disk_handle){.below = disk_allocate((size_t)disk.system->szOsFile)};
    int code = disk.system->xOpen(disk.system, path, handle->below, flags, out);
    if (code != SQLITE_OK) {
        free(handle->below);
        return code;
    }
    if (path && !(handle->file = disk_find(path)))
        handle->file = disk_add(path);
    handle->base.pMethods = &disk_methods;
    return SQLITE_OK;
}

static int disk_delete(sqlite3_vfs *vfs, const char *path, int sync_folder) {
    struct disk_file *file = disk_find(path);
    (void)vfs;
    disk_step();
    int code = disk.system->xDelete(disk.system, path, sync_folder);
    if (file && code == SQLITE_OK) {
        file->deleted = true;
        file->gone = sync_folder || !file->synced;
    }
    return code;
}

/* From now on SQLite writes through this disk. */
static void disk_begin(void (*before)(void)) {
    static sqlite3_vfs vfs;
    disk.system = sqlite3_vfs_find(NULL);
    disk.before = before;
    vfs = *disk.system;
    vfs.zName = "power-loss";
    vfs.szOsFile = sizeof(struct disk_handle);
    vfs.xOpen = disk_open;
    vfs.xDelete = disk_delete;
    vfs.pNext = NULL;
    sqlite3_vfs_register(&vfs, 1);
}

static void disk_end(void) {
    sqlite3_vfs_register(disk.system, 1);
    for (size_t i = 0; i < disk.file_count; i++) {
        disk_forget_changes(&disk.files[i]);
        free(disk.files[i].data);
    }
    disk.file_count = 0;
}

#endif
