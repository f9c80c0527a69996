#include "search/plugins.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "nn/plugin.h"
#include "search/hyperparameter.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOADED_MAX 32
#define FILE_BYTES_MAX ((size_t)64 << 20)
#define SOURCES_MAX 64 /* files that a plug-in is compiled from */

extern char **environ;

/* The installed header is in the program, so that a plug-in needs nothing but a compiler. */
extern const char sweep_plugin_header_begin[], sweep_plugin_header_end[];
__asm__(".pushsection .rodata\n"
        ".global sweep_plugin_header_begin\nsweep_plugin_header_begin:\n"
        ".incbin \"" SWEEP_PLUGIN_HEADER "\"\n"
        ".global sweep_plugin_header_end\nsweep_plugin_header_end:\n"
        ".byte 0\n"
        ".popsection\n");

static struct loaded {
    struct plugin_file file;
    char *real;       /* its path without links */
    const void *base; /* where it stands in memory */
} loaded[LOADED_MAX];
static size_t loaded_count;
static const struct plugin_file *volatile loading;

const char *plugins_path(size_t index) {
    return index < loaded_count ? loaded[index].real : NULL;
}

const struct plugin_file *plugins_owner(const void *address) {
    Dl_info info;
    if (!dladdr(address, &info))
        return NULL;
    for (size_t i = 0; i < loaded_count; i++)
        if (loaded[i].base == info.dli_fbase)
            return &loaded[i].file;
    return NULL;
}

const struct plugin_file *plugins_loading(void) {
    return loading;
}

/* --- a folder for what is compiled --- */

struct workshop {
    char folder[256];
    struct arena *arena;
};

enum { HEADER_FOLDER, HEADER, LIBRARY, SOURCES, MESSAGES, PLACE_COUNT };
static const char *const places[PLACE_COUNT] = {[HEADER_FOLDER] = "/sweep",
                                                [HEADER] = "/sweep/plugin.h",
                                                [LIBRARY] = "/plugin.so",
                                                [SOURCES] = "/sources",
                                                [MESSAGES] = "/messages"};

struct place_name {
    char path[300];
};

static struct place_name place_in(const struct workshop *workshop, int place) {
    struct place_name name;
    snprintf(name.path, sizeof name.path, "%s%s", workshop->folder, places[place]);
    return name;
}

static enum status fail_errno(struct error *error, const char *folder) {
    error_set(error, STATUS_IO, "a plug-in can't be compiled here: %s", strerror(errno));
    return error_place(error, folder, 0, 0);
}

static enum status workshop_open(struct workshop *workshop, struct error *error) {
    const char *parent = getenv("TMPDIR");
    snprintf(workshop->folder, sizeof workshop->folder, "%.200s/sweep-plugin-XXXXXX",
             parent && *parent ? parent : "/tmp");
    if (!mkdtemp(workshop->folder))
        return fail_errno(error, workshop->folder);
    const size_t bytes = (size_t)(sweep_plugin_header_end - sweep_plugin_header_begin);
    bool written = mkdir(place_in(workshop, HEADER_FOLDER).path, 0700) == 0;
    FILE *header = written ? fopen(place_in(workshop, HEADER).path, "w") : NULL;
    written = header && fwrite(sweep_plugin_header_begin, 1, bytes, header) == bytes;
    written &= header && fclose(header) == 0;
    return written ? STATUS_OK : fail_errno(error, workshop->folder);
}

static void workshop_close(const struct workshop *workshop) {
    for (int place = PLACE_COUNT - 1; place >= 0; place--)
        remove(place_in(workshop, place).path);
    rmdir(workshop->folder);
}

/* --- compiling --- */

/* Run the compiler, with what it says in a file; whether it succeeds. */
static bool compile(const struct workshop *workshop, const char *path) {
    const struct place_name library = place_in(workshop, LIBRARY),
                            sources = place_in(workshop, SOURCES),
                            messages = place_in(workshop, MESSAGES);
    /* No contraction: what a function gives must not depend on which loop was fused. */
    const char *command[] = {"sh",
                             "-c",
                             "exec ${CC:-cc} \"$@\"",
                             "cc",
                             "-std=gnu17",
                             "-O3",
                             "-fPIC",
                             "-shared",
                             "-Wall",
                             "-ffp-contract=off",
                             "-MMD",
                             "-MF",
                             sources.path,
                             "-isystem",
                             workshop->folder,
                             "-o",
                             library.path,
                             path,
                             "-lm",
                             NULL};
    char *arguments[sizeof command / sizeof *command];
    memcpy(arguments, command, sizeof command);
    posix_spawn_file_actions_t actions;
    int ended = -1;
    pid_t compiler;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, messages.path,
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    if (posix_spawn(&compiler, "/bin/sh", &actions, NULL, arguments, environ) == 0)
        while (waitpid(compiler, &ended, 0) < 0 && errno == EINTR)
            ;
    posix_spawn_file_actions_destroy(&actions);
    return ended == 0;
}

/* What the compiler said: its errors, as far as there is room. */
static enum status fail_compile(const struct workshop *workshop, struct error *error) {
    char *text = NULL, *line, *rest;
    size_t length = 0;
    struct text told;
    text_init(&told);
    if (file_read(place_in(workshop, MESSAGES).path, FILE_BYTES_MAX, workshop->arena, &text,
                  &length, NULL) == STATUS_OK)
        for (line = strtok_r(text, "\n", &rest); line && told.length < 600;
             line = strtok_r(NULL, "\n", &rest))
            if (strstr(line, "error") || strstr(line, "not found") || strstr(line, "undefined"))
                text_printf(&told, "\n  %.300s", line);
    error_set(error, STATUS_INPUT, "the plug-in could not be compiled ($CC or cc)%s%s",
              told.length > 0 ? ":" : "", told.length > 0 ? told.data : "");
    text_release(&told);
    return STATUS_INPUT;
}

/* --- what a plug-in is made of --- */

/* The files in a rule that the compiler has written, "target: file file \\\n file". */
static size_t list_sources(char *rule, const char *files[SOURCES_MAX]) {
    size_t count = 0;
    char *rest, *at = strstr(rule, ": ");
    for (char *file = at ? strtok_r(at + 2, " \\\n", &rest) : NULL; file && count < SOURCES_MAX;
         file = strtok_r(NULL, " \\\n", &rest))
        files[count++] = file;
    return count;
}

/* What of the compiler's command may change numbers: all from its first option on. */
static const char *compiler_options(void) {
    const char *command = getenv("CC"), *options = command ? strstr(command, " -") : NULL;
    return options ? options : "";
}

static enum status digest_files(const char *const *files, size_t count, const char *options,
                                struct arena *arena, struct digest *digest, struct error *error) {
    struct digest_piece pieces[SOURCES_MAX + 1];
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        char *bytes;
        status = file_read(files[i], FILE_BYTES_MAX, arena, &bytes, &pieces[i].bytes, error);
        pieces[i].data = bytes;
    }
    pieces[count] = (struct digest_piece){options, strlen(options)};
    if (status == STATUS_OK)
        *digest = digest_of(pieces, count + 1);
    return status;
}

/* Compile it, and take the digest of all that it is made of. */
static enum status build(const struct workshop *workshop, const char *path, struct digest *digest,
                         struct error *error) {
    const char *files[SOURCES_MAX] = {path};
    size_t count = 1, length;
    char *rule;
    if (!compile(workshop, path))
        return fail_compile(workshop, error);
    enum status status = file_read(place_in(workshop, SOURCES).path, FILE_BYTES_MAX,
                                   workshop->arena, &rule, &length, error);
    /* A path with a space is written another way in a rule: then the file alone. */
    if (status == STATUS_OK && !strpbrk(path, " \t#$\\"))
        count = list_sources(rule, files);
    return status == STATUS_OK
               ? digest_files(files, count, compiler_options(), workshop->arena, digest, error)
               : status;
}

/* --- loading --- */

static bool parameter_of(const char *name, enum optimizer_parameter *parameter) {
    const struct hyperparameter *found = hyperparameter_find(name);
    if (!found || found->part != PART_OPTIMIZER)
        return false;
    *parameter = (enum optimizer_parameter)found->detail;
    return true;
}

static enum status open_library(const char *library, struct loaded *entry, struct error *error) {
    Dl_info info;
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return error_set(error, STATUS_INPUT, "the plug-in can't be loaded: %s", dlerror());
    void *symbol = dlsym(handle, "sweep_plugin");
    if (!symbol || !dladdr(symbol, &info)) {
        dlclose(handle);
        return error_set(error, STATUS_INPUT,
                         "this is no plug-in: it has no SWEEP_PLUGIN(...) of <sweep/plugin.h>");
    }
    const struct sweep_plugin *(*plugin)(void);
    memcpy(&plugin, &symbol, sizeof plugin);
    entry->base = info.dli_fbase;
    loaded[loaded_count++] = *entry;
    return plugin_add(plugin(), entry->file.tag, parameter_of, error);
}

static enum status load_library(const char *library, const struct digest *digest,
                                struct loaded *entry, struct error *error) {
    snprintf(entry->file.tag, sizeof entry->file.tag, "%.*s", PLUGIN_TAG_DIGITS, digest->hex);
    loaded[loaded_count].file = entry->file; /* no stack is safe from what runs from now on */
    loading = &loaded[loaded_count].file;
    const enum status status = open_library(library, entry, error);
    loading = NULL;
    return status;
}

static enum status load(const char *path, struct loaded *entry, struct arena *arena,
                        struct error *error) {
    const bool is_library = text_ends_with(path, ".so");
    struct workshop workshop = {.arena = arena};
    struct digest digest;
    if (is_library) {
        const char *files[] = {entry->real};
        enum status status = digest_files(files, 1, "", arena, &digest, error);
        return status == STATUS_OK ? load_library(entry->real, &digest, entry, error) : status;
    }
    enum status status = workshop_open(&workshop, error);
    if (status == STATUS_OK)
        status = build(&workshop, entry->real, &digest, error);
    if (status == STATUS_OK)
        status = load_library(place_in(&workshop, LIBRARY).path, &digest, entry, error);
    workshop_close(&workshop);
    return status;
}

enum status plugins_load(const char *path, struct arena *arena, struct error *error) {
    struct loaded entry = {.real = realpath(path, NULL)};
    if (!entry.real) {
        error_set(error, STATUS_INPUT, "can't read the plug-in: %s", strerror(errno));
        return error_place(error, path, 0, 0);
    }
    for (size_t i = 0; i < loaded_count; i++)
        if (strcmp(loaded[i].real, entry.real) == 0) {
            free(entry.real);
            return STATUS_OK;
        }
    entry.file.path = strdup(path);
    if (!entry.file.path || loaded_count == LOADED_MAX) {
        free(entry.file.path);
        free(entry.real);
        return entry.file.path ? error_set(error, STATUS_INPUT, "more than %d plug-ins", LOADED_MAX)
                               : error_memory(error);
    }
    const size_t before = loaded_count;
    struct error own;
    const enum status status = load(path, &entry, arena, &own);
    if (loaded_count == before) {
        free(entry.file.path);
        free(entry.real);
    }
    if (status != STATUS_OK && error) {
        *error = own;
        if (!error->file[0])
            error_place(error, path, 0, 0);
    }
    return status;
}
