#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status fail(const char *path, const char *what, struct error *error) {
    error_set(error, STATUS_IO, "%s: %s", what, strerror(errno));
    return error_place(error, path, 0, 0);
}

static enum status make_folder(const char *path, struct error *error) {
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return STATUS_OK;
    char *folder = strndup(path, (size_t)(slash - path));
    if (!folder)
        return error_memory(error);
    enum status status = STATUS_OK;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        status = fail(folder, "the folder can't be made", error);
    free(folder);
    return status;
}

/* What a signal's handler has to remove: the file beside the place of the output opened last. */
static char *_Atomic unfinished;

void output_abandon(void) {
    const char *path = atomic_load(&unfinished);
    if (path)
        unlink(path);
}

static void forget_beside(struct output *output) {
    char *mine = output->beside;
    atomic_compare_exchange_strong(&unfinished, &mine, NULL);
    free(output->beside);
    output->beside = NULL;
}

/* mkostemp, so that no signal comes between the file and the note of it. */
static int make_beside(char *pattern) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    const int file = mkostemp(pattern, O_CLOEXEC);
    if (file >= 0)
        atomic_store(&unfinished, pattern);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return file;
}

/* A new file in the same folder, with the mode that a file made at the path would have. */
static int open_beside(struct output *output) {
    if (asprintf(&output->beside, "%s.XXXXXX", output->path) < 0) {
        output->beside = NULL;
        errno = ENOMEM;
        return -1;
    }
    const mode_t mask = umask(0);
    umask(mask);
    const int file = make_beside(output->beside);
    if (file < 0) { /* what mkostemp left there is no file of ours */
        forget_beside(output);
    } else if (fchmod(file, 0666 & ~mask) != 0) {
        close(file);
        return -1;
    }
    return file;
}

enum status output_open(const char *path, struct output *output, struct error *error) {
    struct stat about;
    const bool exists = stat(path, &about) == 0;
    *output = (struct output){0};
    if (exists && S_ISDIR(about.st_mode)) {
        error_set(error, STATUS_IO, "is a folder; give the name of a file in it");
        return error_place(error, path, 0, 0);
    }
    enum status status = exists ? STATUS_OK : make_folder(path, error);
    if (status != STATUS_OK)
        return status;
    const bool replaced = !exists || S_ISREG(about.st_mode);
    output->path = exists && replaced ? realpath(path, NULL) : strdup(path);
    int file = -1;
    if (output->path)
        file = replaced ? open_beside(output) : open(path, O_WRONLY | O_CLOEXEC);
    if (file >= 0 && !(output->stream = fdopen(file, "w"))) {
        const int fault = errno;
        close(file);
        errno = fault;
    }
    if (!output->stream) {
        status = fail(path, "can't be written", error);
        output_discard(output);
    }
    return status;
}

enum status output_keep(struct output *output, struct error *error) {
    errno = 0;
    bool done = fflush(output->stream) == 0 && !ferror(output->stream) &&
                (!output->beside || fsync(fileno(output->stream)) == 0);
    int fault = output->fault ? output->fault : errno ? errno : EIO; /* else the reason is lost */
    if (fclose(output->stream) != 0 && done) {
        done = false;
        fault = errno;
    }
    output->stream = NULL;
    if (done && output->beside && rename(output->beside, output->path) != 0) {
        done = false;
        fault = errno;
    }
    errno = fault;
    enum status status = done ? STATUS_OK : fail(output->path, "can't be written", error);
    if (done) /* what is in its place now is not to be removed */
        forget_beside(output);
    output_discard(output);
    return status;
}

void output_discard(struct output *output) {
    if (output->stream)
        fclose(output->stream);
    if (output->beside)
        unlink(output->beside);
    forget_beside(output);
    free(output->path);
    *output = (struct output){0};
}

enum status output_replace(const char *path, const void *bytes, size_t count, struct error *error) {
    struct output output;
    enum status status = output_open(path, &output, error);
    if (status != STATUS_OK)
        return status;
    if (fwrite(bytes, 1, count, output.stream) < count)
        output.fault = errno;
    return output_keep(&output, error);
}
