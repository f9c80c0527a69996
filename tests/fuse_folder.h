/* A FUSE file system that the test serves itself, from a process of its own: a folder of files in
 * memory, which outlives whoever writes them. */
#ifndef SWEEP_TESTS_FUSE_FOLDER_H
#define SWEEP_TESTS_FUSE_FOLDER_H

#include "private_mounts.h"

#include <errno.h>
#include <linux/fuse.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define FUSE_WRITE_MAX 65536
#define FUSE_FILES 256
#define FUSE_FIRST 2 /* the first file's node; the folder's is 1 */

/* What the test tells the server. */
struct fuse_orders {
    int write_fault; /* the errno of each write; 0: none */
};

struct fuse_file {
    char name[64];  /* "": none any more */
    uint64_t known; /* how often the kernel was told of the node */
    char *data;
    size_t size;
};

static struct fuse_file fuse_files[FUSE_FILES];
static volatile struct fuse_orders *fuse_orders;

/* Answer with `bytes` of a body, or with an error. */
static void fuse_answer(int device, uint64_t request, int code, const void *body, size_t bytes) {
    static char reply[sizeof(struct fuse_out_header) + FUSE_WRITE_MAX];
    const struct fuse_out_header header = {
        .len = (uint32_t)(sizeof header + bytes), .error = code, .unique = request};
    memcpy(reply, &header, sizeof header);
    if (bytes > 0)
        memcpy(reply + sizeof header, body, bytes);
    if (write(device, reply, sizeof header + bytes) < 0)
        return; /* the request was taken back */
}

static struct fuse_file *fuse_find(const char *name) {
    for (size_t i = 0; i < FUSE_FILES; i++)
        if (strcmp(fuse_files[i].name, name) == 0 && *name)
            return &fuse_files[i];
    return NULL;
}

static struct fuse_file *fuse_make(const char *name) {
    for (size_t i = 0; i < FUSE_FILES; i++)
        if (!*fuse_files[i].name && fuse_files[i].known == 0) {
            snprintf(fuse_files[i].name, sizeof fuse_files[i].name, "%.63s", name);
            return &fuse_files[i];
        }
    return NULL;
}

static struct fuse_file *fuse_of(uint64_t node) {
    return &fuse_files[(node - FUSE_FIRST) % FUSE_FILES];
}

static void fuse_forget(uint64_t node, uint64_t times) {
    struct fuse_file *file = fuse_of(node);
    if (node < FUSE_FIRST)
        return;
    file->known -= times;
    if (file->known > 0 || *file->name)
        return;
    free(file->data);
    *file = (struct fuse_file){0};
}

static struct fuse_attr fuse_attributes(uint64_t node) {
    const struct fuse_file *file = fuse_of(node);
    if (node < FUSE_FIRST)
        return (struct fuse_attr){.ino = node, .mode = S_IFDIR | 0777, .nlink = 2};
    return (struct fuse_attr){
        .ino = node, .size = file->size, .mode = S_IFREG | 0600, .nlink = 1, .blksize = 4096};
}

static bool fuse_resize(struct fuse_file *file, size_t size) {
    char *data = realloc(file->data, size + 1);
    if (!data)
        return false;
    if (size > file->size)
        memset(data + file->size, 0, size - file->size);
    file->data = data;
    file->size = size;
    return true;
}

/* --- requests --- */

static void fuse_enter(int device, const struct fuse_in_header *request, struct fuse_file *file,
                       bool open) {
    struct {
        struct fuse_entry_out entry;
        struct fuse_open_out open;
    } body = {0};
    if (!file) {
        fuse_answer(device, request->unique, open ? -ENOSPC : -ENOENT, NULL, 0);
        return;
    }
    file->known++;
    body.entry.nodeid = (uint64_t)(file - fuse_files) + FUSE_FIRST;
    body.entry.attr = fuse_attributes(body.entry.nodeid);
    fuse_answer(device, request->unique, 0, &body, open ? sizeof body : sizeof body.entry);
}

static void fuse_tell(int device, const struct fuse_in_header *request, const void *in) {
    (void)in;
    const struct fuse_attr_out out = {.attr = fuse_attributes(request->nodeid)};
    fuse_answer(device, request->unique, 0, &out, sizeof out);
}

static void fuse_read(int device, const struct fuse_in_header *request, const void *body) {
    const struct fuse_read_in *in = body;
    const struct fuse_file *file = fuse_of(request->nodeid);
    const size_t left = in->offset < file->size ? file->size - in->offset : 0;
    fuse_answer(device, request->unique, 0, left ? file->data + in->offset : NULL,
                left < in->size ? left : in->size);
}

static void fuse_write(int device, const struct fuse_in_header *request, const void *body) {
    const struct fuse_write_in *in = body;
    struct fuse_file *file = fuse_of(request->nodeid);
    const size_t end = in->offset + in->size;
    const struct fuse_write_out out = {.size = in->size};
    const int fault = fuse_orders->write_fault;
    if (fault || (end > file->size && !fuse_resize(file, end))) {
        fuse_answer(device, request->unique, fault ? -fault : -ENOSPC, NULL, 0);
        return;
    }
    memcpy(file->data + in->offset, in + 1, in->size);
    fuse_answer(device, request->unique, 0, &out, sizeof out);
}

/* A name is taken from a file. */
static int fuse_unname(const char *name) {
    struct fuse_file *file = fuse_find(name);
    if (!file)
        return -ENOENT;
    *file->name = '\0';
    fuse_forget((uint64_t)(file - fuse_files) + FUSE_FIRST, 0);
    return 0;
}

static int fuse_rename(const char *from) {
    const char *to = from + strlen(from) + 1;
    struct fuse_file *file = fuse_find(from);
    if (!file)
        return -ENOENT;
    fuse_unname(to);
    snprintf(file->name, sizeof file->name, "%.63s", to);
    return 0;
}

/* All names, as often as it takes to tell them. */
static void fuse_list(int device, const struct fuse_in_header *request, const void *body) {
    const struct fuse_read_in *in = body;
    static _Alignas(8) char list[FUSE_WRITE_MAX];
    size_t used = 0;
    for (size_t i = (size_t)in->offset; i < FUSE_FILES; i++) {
        const size_t length = strlen(fuse_files[i].name);
        struct fuse_dirent entry = {.ino = i + FUSE_FIRST,
                                    .off = i + 1,
                                    .namelen = (uint32_t)length,
                                    .type = S_IFREG >> 12};
        const size_t size = FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + length);
        if (length == 0)
            continue;
        if (used + size > in->size || used + size > sizeof list)
            break;
        memset(list + used, 0, size);
        memcpy(list + used, &entry, FUSE_NAME_OFFSET);
        memcpy(list + used + FUSE_NAME_OFFSET, fuse_files[i].name, length);
        used += size;
    }
    fuse_answer(device, request->unique, 0, list, used);
}

static void fuse_set(int device, const struct fuse_in_header *request, const void *body) {
    const struct fuse_setattr_in *in = body;
    if (in->valid & FATTR_SIZE)
        fuse_resize(fuse_of(request->nodeid), in->size);
    fuse_tell(device, request, body);
}

static void fuse_initialize(int device, const struct fuse_in_header *request, const void *in) {
    const struct fuse_init_out out = {.major = FUSE_KERNEL_VERSION,
                                      .minor = FUSE_KERNEL_MINOR_VERSION,
                                      .max_readahead = FUSE_WRITE_MAX,
                                      .flags = FUSE_BIG_WRITES,
                                      .max_write = FUSE_WRITE_MAX};
    (void)in;
    fuse_answer(device, request->unique, 0, &out, sizeof out);
}

static void fuse_room(int device, const struct fuse_in_header *request, const void *in) {
    const struct fuse_statfs_out out = {.st = {.bsize = 4096, .namelen = 63, .frsize = 4096}};
    (void)in;
    fuse_answer(device, request->unique, 0, &out, sizeof out);
}

static void fuse_open(int device, const struct fuse_in_header *request, const void *in) {
    const struct fuse_open_out out = {0};
    (void)in;
    fuse_answer(device, request->unique, 0, &out, sizeof out);
}

static void fuse_release(int device, const struct fuse_in_header *request, const void *in) {
    (void)in;
    fuse_answer(device, request->unique, 0, NULL, 0);
}

static void fuse_look_up(int device, const struct fuse_in_header *request, const void *in) {
    fuse_enter(device, request, fuse_find(in), false);
}

static void fuse_create(int device, const struct fuse_in_header *request, const void *in) {
    fuse_enter(device, request, fuse_make((const char *)in + sizeof(struct fuse_create_in)), true);
}

static void fuse_move(int device, const struct fuse_in_header *request, const void *in) {
    const size_t before = request->opcode == FUSE_RENAME ? sizeof(struct fuse_rename_in)
                                                         : sizeof(struct fuse_rename2_in);
    fuse_answer(device, request->unique, fuse_rename((const char *)in + before), NULL, 0);
}

static void fuse_unlink(int device, const struct fuse_in_header *request, const void *in) {
    fuse_answer(device, request->unique, fuse_unname(in), NULL, 0);
}

/* To these there is no answer. */
static void fuse_let_go(int device, const struct fuse_in_header *request, const void *in) {
    (void)device;
    fuse_forget(request->nodeid, ((const struct fuse_forget_in *)in)->nlookup);
}

static void fuse_let_all_go(int device, const struct fuse_in_header *request, const void *in) {
    const struct fuse_batch_forget_in *batch = in;
    const struct fuse_forget_one *one = (const void *)(batch + 1);
    (void)device;
    (void)request;
    for (uint32_t i = 0; i < batch->count; i++)
        fuse_forget(one[i].nodeid, one[i].nlookup);
}

static void fuse_ignore(int device, const struct fuse_in_header *request, const void *in) {
    (void)device;
    (void)request;
    (void)in;
}

static const struct {
    uint32_t opcode;
    void (*serve)(int device, const struct fuse_in_header *request, const void *in);
} fuse_services[] = {
    {FUSE_INIT, fuse_initialize},  {FUSE_STATFS, fuse_room},
    {FUSE_GETATTR, fuse_tell},     {FUSE_SETATTR, fuse_set},
    {FUSE_LOOKUP, fuse_look_up},   {FUSE_CREATE, fuse_create},
    {FUSE_OPEN, fuse_open},        {FUSE_OPENDIR, fuse_open},
    {FUSE_READ, fuse_read},        {FUSE_READDIR, fuse_list},
    {FUSE_WRITE, fuse_write},      {FUSE_RENAME, fuse_move},
    {FUSE_RENAME2, fuse_move},     {FUSE_UNLINK, fuse_unlink},
    {FUSE_RELEASE, fuse_release},  {FUSE_RELEASEDIR, fuse_release},
    {FUSE_FORGET, fuse_let_go},    {FUSE_BATCH_FORGET, fuse_let_all_go},
    {FUSE_INTERRUPT, fuse_ignore},
};

/* What is not known, the kernel takes for done, as FUSE_FLUSH and FUSE_FSYNC, or does itself. */
static void fuse_serve_one(int device, const struct fuse_in_header *request) {
    for (size_t i = 0; i < sizeof fuse_services / sizeof *fuse_services; i++)
        if (fuse_services[i].opcode == request->opcode) {
            fuse_services[i].serve(device, request, request + 1);
            return;
        }
    fuse_answer(device, request->unique, -ENOSYS, NULL, 0);
}

static void fuse_serve(int device) {
    static _Alignas(8) char request[FUSE_MIN_READ_BUFFER + FUSE_WRITE_MAX];
    ssize_t count;
    while ((count = read(device, request, sizeof request)) > 0 || errno == EINTR || errno == ENOENT)
        if (count >= (ssize_t)sizeof(struct fuse_in_header))
            fuse_serve_one(device, (const struct fuse_in_header *)(const void *)request);
}

/* Mount it at the place and serve it; the server, or -1 where that can't be done. After may_mount.
 */
static inline pid_t fuse_mount(const char *place) {
    char options[128];
    int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=%d,group_id=%d", device,
             (int)getuid(), (int)getgid());
    fuse_orders =
        mmap(NULL, sizeof *fuse_orders, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (device < 0 || fuse_orders == MAP_FAILED ||
        mount("test", place, "fuse.test", MS_NOSUID | MS_NODEV, options) != 0)
        return -1;
    fflush(NULL);
    pid_t server = fork();
    if (server == 0) {
        fuse_serve(device);
        _exit(0);
    }
    close(device);
    return server;
}

static inline void fuse_unmount(const char *place, pid_t server) {
    umount2(place, MNT_DETACH);
    waitpid(server, NULL, 0);
}

#endif
