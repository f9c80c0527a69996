/* File systems of a test's own, which vanish with its process. */
#ifndef SWEEP_TESTS_PRIVATE_MOUNTS_H
#define SWEEP_TESTS_PRIVATE_MOUNTS_H

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define SKIPPED 77

static inline bool write_line(const char *path, const char *line) {
    int file = open(path, O_WRONLY);
    bool written = file >= 0 && write(file, line, strlen(line)) == (ssize_t)strlen(line);
    if (file >= 0)
        close(file);
    return written;
}

/* From now on this process may mount what it likes, unseen by others; false where the machine does
 * not let it. */
static inline bool may_mount(void) {
    char map[2][64];
    snprintf(map[0], sizeof map[0], "0 %d 1", (int)getuid());
    snprintf(map[1], sizeof map[1], "0 %d 1", (int)getgid());
    bool may = geteuid() == 0 && unshare(CLONE_NEWNS) == 0;
    if (!may)
        may = unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
              write_line("/proc/self/setgroups", "deny") &&
              write_line("/proc/self/uid_map", map[0]) && write_line("/proc/self/gid_map", map[1]);
    return may && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

/* What a child process makes of `run`, its exit status; each bit of which is a fault. */
static inline int in_child(int (*run)(void)) {
    int how = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        alarm(120); /* rather than hang on a file system that does not answer */
        _exit(run());
    }
    return waitpid(child, &how, 0) == child && WIFEXITED(how) ? WEXITSTATUS(how) : 255;
}

#endif
