#include "store/filesystem.h"

#include "base/path.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

/* Linux' own for disks, memory and flash of one machine, and those that lie over one of them. The
 * numbers are those of linux/magic.h where it has them, and of the file system's own headers.
 *
 * Not among them: what several machines share (nfs, cifs, ceph, lustre, gfs2, ocfs2), what a
 * virtual machine's host or Windows shares with it (9p, vboxsf, prl_fs, virtiofs), and FUSE, whose
 * files may be anywhere. */
static const unsigned long safe[] = {
    0x0000ef53, /* ext2, ext3, ext4 */
    0x58465342, /* xfs */
    0x9123683e, /* btrfs */
    0x2fc12fc1, /* zfs */
    0xca451a4e, /* bcachefs */
    0xf2f52010, /* f2fs */
    0x3153464a, /* jfs */
    0x52654973, /* reiserfs */
    0x00003434, /* nilfs2 */
    0x24051905, /* ubifs */
    0x000072b6, /* jffs2 */
    0x00011954, /* ufs */
    0x15013346, /* udf */
    0x00004d44, /* vfat */
    0x2011bab0, /* exfat */
    0x7366746e, /* ntfs3 */
    0x0000482b, /* hfsplus */
    0x00004858, /* hfsplus, its names case sensitive */
    0x01021994, /* tmpfs */
    0x858458f6, /* ramfs */
    0x794c7630, /* overlay */
    0x61756673, /* aufs */
    0x0000f15f, /* ecryptfs */
    0x6a656a62, /* shiftfs */
};

bool filesystem_is_safe(unsigned long type) {
    for (size_t i = 0; i < sizeof safe / sizeof *safe; i++)
        if (safe[i] == (type & 0xffffffff))
            return true;
    return false;
}

/* The mounted file system's name, as in "fuse.sshfs", from its device; false when it can't be
 * told. */
static bool find_name(dev_t device, char name[64]) {
    FILE *mounts = fopen("/proc/self/mountinfo", "re");
    char *line = NULL;
    size_t size = 0;
    bool found = false;
    while (mounts && !found && getline(&line, &size, mounts) > 0) {
        unsigned upper = 0, lower = 0;
        const char *type = strstr(line, " - ");
        found = type && sscanf(line, "%*d %*d %u:%u", &upper, &lower) == 2 &&
                makedev(upper, lower) == device && sscanf(type, " - %63s", name) == 1;
    }
    free(line);
    if (mounts)
        fclose(mounts);
    return found;
}

/* What lies on the same file system as a file to be: the nearest that is there already. NULL when
 * it can't be told. */
static char *nearest(const char *path, struct statfs *about) {
    char *place = path_real(path);
    while (place && statfs(place, about) != 0) {
        char *folder = strcmp(place, "/") == 0 ? NULL : path_folder(place);
        free(place);
        place = folder;
    }
    return place;
}

/* A place of the user's that is safe, or else one that most machines have. */
static const char *suggestion(void) {
    struct statfs about;
    const char *home = getenv("HOME");
    const bool fine = home && statfs(home, &about) == 0;
    return fine && filesystem_is_safe((unsigned long)about.f_type) ? "~/sweep.db"
                                                                   : "/var/tmp/sweep.db";
}

static enum status refuse(const char *path, const char *place, unsigned long type,
                          struct error *error) {
    struct stat about;
    char name[64];
    if (stat(place, &about) != 0 || !find_name(about.st_dev, name))
        snprintf(name, sizeof name, "number 0x%lx", type & 0xffffffff);
    error_set(error, STATUS_IO,
              "is on a file system (%s) that is not known to keep a database whole while several "
              "programs have it open; keep it on a local disk, as in --db %s; `sweep run` with "
              "--copy-to copies it here",
              name, suggestion());
    return error_place(error, path, 0, 0);
}

enum status filesystem_check(const char *path, struct error *error) {
    struct statfs about;
    enum status status = STATUS_OK;
    char *place = nearest(path, &about);
    /* What can't be looked at can't be written to either, and opening it says why. */
    if (place && !filesystem_is_safe((unsigned long)about.f_type))
        status = refuse(path, place, (unsigned long)about.f_type, error);
    free(place);
    return status;
}
