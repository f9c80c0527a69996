#include "store/filesystem.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

/* The numbers are those of linux/magic.h where it has them, and of the file system's own headers.
 */
static const struct {
    unsigned long type;
    const char *name;
} shared[] = {
    {0x00006969, "NFS"},    {0x0000517b, "SMB"},      {0xff534d42, "CIFS"},  {0xfe534d42, "SMB"},
    {0x0bd00bd0, "Lustre"}, {0x47504653, "GPFS"},     {0x65735546, "FUSE"},  {0x00c36400, "Ceph"},
    {0x5346414f, "AFS"},    {0x6b414653, "AFS"},      {0x73757245, "Coda"},  {0x19830326, "BeeGFS"},
    {0xaad7aaea, "PanFS"},  {0x20030528, "OrangeFS"}, {0x013111a8, "IBRIX"}, {0x01161970, "GFS2"},
    {0x7461636f, "OCFS2"},
};

const char *filesystem_shared(unsigned long type) {
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
        if (shared[i].type == (type & 0xffffffff))
            return shared[i].name;
    return NULL;
}

/* What lies on the same file system as a file to be: the nearest that is there already. */
static int look_above(const char *path, struct statfs *about) {
    char *folder = strdup(path);
    int found = folder ? statfs(path, about) : -1;
    while (folder && found != 0) {
        char *slash = strrchr(folder, '/');
        if (!slash) {
            found = statfs(".", about);
            break;
        }
        *slash = '\0';
        found = statfs(slash == folder ? "/" : folder, about);
    }
    free(folder);
    return found;
}

enum status filesystem_check(const char *path, struct error *error) {
    struct statfs about;
    /* What can't be looked at can't be written to either, and opening it says why. */
    if (look_above(path, &about) != 0)
        return STATUS_OK;
    const char *name = filesystem_shared((unsigned long)about.f_type);
    if (!name)
        return STATUS_OK;
    error_set(error, STATUS_IO,
              "is on a shared file system (%s), where a database can be damaged; keep it on a "
              "disk of this machine, as in --db /tmp/sweep.db, and copy it here afterwards",
              name);
    return error_place(error, path, 0, 0);
}
