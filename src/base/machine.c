#include "base/machine.h"

#include "base/multiversion.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

const char *machine_cpu(char *buffer, size_t size) {
    static const char key[] = "model name";
    char line[512];
    FILE *file = fopen("/proc/cpuinfo", "r");
    snprintf(buffer, size, "unknown");
    while (file && fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':');
        if (strncmp(line, key, sizeof key - 1) != 0 || !colon)
            continue;
        colon += 1 + strspn(colon + 1, " \t");
        colon[strcspn(colon, "\n")] = '\0';
        snprintf(buffer, size, "%s", colon);
        break;
    }
    if (file)
        fclose(file);
    return buffer;
}

const char *machine_host(char *buffer, size_t size) {
    if (gethostname(buffer, size) != 0)
        snprintf(buffer, size, "unknown");
    buffer[size - 1] = '\0';
    return buffer;
}

/* The file is read itself: getpwuid asks whom the machine is told to ask, on a network too, and
 * glibc 2.36 crashes in it when there is no memory. */
const char *machine_user(char *buffer, size_t size) {
    char room[4096];
    struct passwd user, *found = NULL;
    FILE *file = fopen("/etc/passwd", "re");
    while (file && fgetpwent_r(file, &user, room, sizeof room, &found) == 0 &&
           found->pw_uid != geteuid())
        found = NULL;
    if (file)
        fclose(file);
    const char *name = found ? found->pw_name : getenv("LOGNAME");
    if (name)
        snprintf(buffer, size, "%s", name);
    else
        snprintf(buffer, size, "uid %ld", (long)geteuid());
    return buffer;
}

const char *machine_program_version(void) {
    return SWEEP_VERSION;
}

const char *machine_instructions(void) {
    return MULTIVERSION_CHOICE;
}

const char *machine_c_library(void) {
#ifdef __GLIBC__
    return gnu_get_libc_version();
#else
    return "unknown";
#endif
}

bool machine_program_path(char *buffer, size_t size) {
    const ssize_t length = readlink("/proc/self/exe", buffer, size);
    if (length <= 0 || (size_t)length == size)
        return false;
    buffer[length] = '\0';
    return true;
}

bool machine_program_folder(char *buffer, size_t size) {
    char *slash = machine_program_path(buffer, size) ? strrchr(buffer, '/') : NULL;
    if (slash)
        *slash = '\0';
    return slash;
}

bool machine_program_digest(struct digest *digest) {
    struct stat about;
    /* The file that is run, even if another one has taken its name since. */
    int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    void *bytes = MAP_FAILED;
    if (file >= 0 && fstat(file, &about) == 0 && about.st_size > 0)
        bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (file >= 0)
        close(file);
    if (bytes == MAP_FAILED)
        return false;
    *digest = digest_of_bytes(bytes, (size_t)about.st_size);
    munmap(bytes, (size_t)about.st_size);
    return true;
}
