/* A database on a file system that is shared, in the real: an empty FUSE one that the test serves
 * itself. */
#include "store_files.h"

#include "private_mounts.h"

#include <errno.h>
#include <linux/fuse.h>

/* Answer with `bytes` of a body, or with an error. */
static void answer(int device, uint64_t request, int code, const void *body, size_t bytes) {
    char reply[512];
    const struct fuse_out_header header = {
        .len = (uint32_t)(sizeof header + bytes), .error = code, .unique = request};
    memcpy(reply, &header, sizeof header);
    if (bytes > 0)
        memcpy(reply + sizeof header, body, bytes);
    if (write(device, reply, sizeof header + bytes) < 0)
        return; /* the request was taken back */
}

static void serve_one(int device, const struct fuse_in_header *request) {
    const struct fuse_init_out init = {.major = FUSE_KERNEL_VERSION,
                                       .minor = FUSE_KERNEL_MINOR_VERSION,
                                       .max_readahead = 65536,
                                       .max_write = 65536};
    const struct fuse_attr_out root = {.attr_valid = 100,
                                       .attr = {.ino = 1, .mode = S_IFDIR | 0777, .nlink = 2}};
    const struct fuse_statfs_out statfs = {.st = {.bsize = 4096, .namelen = 255, .frsize = 4096}};
    switch (request->opcode) {
    case FUSE_INIT:
        answer(device, request->unique, 0, &init, sizeof init);
        break;
    case FUSE_GETATTR:
        answer(device, request->unique, 0, &root, sizeof root);
        break;
    case FUSE_STATFS:
        answer(device, request->unique, 0, &statfs, sizeof statfs);
        break;
    case FUSE_LOOKUP:
        answer(device, request->unique, -ENOENT, NULL, 0);
        break;
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
        break; /* to which there is no answer */
    default:
        answer(device, request->unique, -ENOSYS, NULL, 0);
    }
}

static void serve(int device) {
    static _Alignas(8) char request[FUSE_MIN_READ_BUFFER + 65536];
    ssize_t count;
    while ((count = read(device, request, sizeof request)) > 0 || errno == EINTR || errno == ENOENT)
        if (count >= (ssize_t)sizeof(struct fuse_in_header))
            serve_one(device, (const struct fuse_in_header *)(const void *)request);
}

/* Mount it and serve it from a process of its own; 0, or -1 where that can't be done. */
static pid_t mount_fuse(void) {
    char options[128];
    int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=%d,group_id=%d", device,
             (int)getuid(), (int)getgid());
    if (device < 0 || mount("test", folder, "fuse.test", MS_NOSUID | MS_NODEV, options) != 0)
        return -1;
    fflush(NULL);
    pid_t server = fork();
    if (server == 0) {
        serve(device);
        _exit(0);
    }
    close(device);
    return server;
}

static void unmount(pid_t server) {
    umount2(folder, MNT_DETACH);
    waitpid(server, NULL, 0);
}

static int try_fuse(void) {
    pid_t server = may_mount() ? mount_fuse() : -1;
    if (server < 0)
        return 1;
    unmount(server);
    return 0;
}

static int open_on_fuse(void) {
    pid_t server = may_mount() ? mount_fuse() : -1;
    struct store *store;
    struct error error = {0};
    if (server < 0)
        return 128;
    int faults = store_open(in_folder("s.db"), &store, &error) != STATUS_IO;
    store_close(store);
    faults |= 2 * !strstr(error.message, "(fuse.test)") | 4 * !strstr(error.message, "--db ");
    error.message[0] = '\0';
    faults |= 8 * (store_open(in_folder("results/s.db"), &store, &error) != STATUS_IO ||
                   !strstr(error.message, "(fuse.test)"));
    store_close(store);
    unmount(server);
    return faults;
}

static void a_database_on_fuse_is_refused(void **state) {
    (void)state;
    assert_int_equal(in_child(open_on_fuse), 0);
}

#define CASE(NAME) cmocka_unit_test_setup_teardown(NAME, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {CASE(a_database_on_fuse_is_refused)};
    if (make_folder(NULL) != 0 || in_child(try_fuse) != 0) {
        remove_folder(NULL);
        puts("no FUSE file system can be mounted here: none is tried");
        return SKIPPED;
    }
    remove_folder(NULL);
    return cmocka_run_group_tests_name("fuse", tests, NULL, NULL);
}
