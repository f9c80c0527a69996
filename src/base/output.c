#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
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

/* A new file in the same folder, with the mode that a file made at the path would have. */
static int open_beside(struct output *output) {
    if (asprintf(&output->beside, "%s.XXXXXX", output->path) < 0) {
        output->beside = NULL;
        errno = ENOMEM;
        return -1;
    }
    const mode_t mask = umask(0);
    umask(mask);
    const int file = mkostemp(output->beside, O_CLOEXEC);
    if (file < 0) { /* what mkostemp left there is no file of ours */
        free(output->beside);
        output->beside = NULL;
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
    if (done) { /* what is in its place now is not to be removed */
        free(output->beside);
        output->beside = NULL;
    }
    output_discard(output);
    return status;
}

void output_discard(struct output *output) {
    if (output->stream)
        fclose(output->stream);
    if (output->beside)
        unlink(output->beside);
    free(output->beside);
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
