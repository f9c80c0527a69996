/* Makes system and library calls of a program fail, or sends it a signal at one of them, from
 * outside: a library for LD_PRELOAD.
 *
 *   SWEEP_FAULT=KIND:N     the N-th call of that kind fails, counted from 1
 *   SWEEP_FAULT=KIND:N+    that one and all after it
 *   SWEEP_FAULT=KIND:N!SIGNAL  none, but the signal of this number comes just before it (just after
 *                          a file was made that was not to be there): to any thread that takes it
 *   SWEEP_FAULT_COUNTS=FILE  write "KIND CALLS" for each kind at the end
 *
 * Kinds are the rows of `kinds` below. Only calls that the program itself, SQLite, libyaml, libzip,
 * zlib or the C library on their behalf make are counted: libgomp and OpenBLAS end the program, or
 * try for ever, by their own choice. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum kind { MALLOC, OPEN, READ, WRITE, SYNC, TRUNCATE, RENAME, UNLINK, SQLITE, KINDS };

static const struct {
    const char *name;
    int reason;
} kinds[KINDS] = {
    [MALLOC] = {"malloc", ENOMEM}, [OPEN] = {"open", EMFILE},     [READ] = {"read", EIO},
    [WRITE] = {"write", ENOSPC},   [SYNC] = {"sync", EIO},        [TRUNCATE] = {"truncate", ENOSPC},
    [RENAME] = {"rename", ENOSPC}, [UNLINK] = {"unlink", EACCES}, [SQLITE] = {"sqlite", EIO},
};

static atomic_size_t calls[KINDS];
static atomic_bool ready;
static enum kind failing = KINDS;
static size_t first, last; /* calls of that kind that fail */
static int sent;           /* or the signal that comes instead */

/* The code whose calls count; the program's own comes first. */
#define RANGES_MAX 16
static struct range { uintptr_t begin, end; } ranges[RANGES_MAX];
static size_t range_count, program_ranges;

static int add_library(struct dl_phdr_info *library, size_t size, void *context) {
    static const char *const counted[] = {
        "libsqlite3", "libyaml", "libzip", "libz.",
#ifndef SWEEP_SANITIZED /* which begins a thread with memory that libc must get */
        "libc.",
#endif
    };
    bool *program = context;
    bool wanted = *program;
    (void)size;
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
        wanted |= strstr(library->dlpi_name, counted[i]) != NULL;
    for (size_t i = 0; wanted && i < library->dlpi_phnum && range_count < RANGES_MAX; i++) {
        const ElfW(Phdr) *part = &library->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && part->p_flags & PF_X)
            ranges[range_count++] =
                (struct range){library->dlpi_addr + part->p_vaddr,
                               library->dlpi_addr + part->p_vaddr + part->p_memsz};
    }
    program_ranges = *program ? range_count : program_ranges;
    *program = false;
    return 0;
}

__attribute__((constructor)) static void begin(void) {
    const char *wanted = getenv("SWEEP_FAULT"), *colon = wanted ? strchr(wanted, ':') : NULL;
    bool program = true;
    dl_iterate_phdr(add_library, &program);
    for (size_t i = 0; colon && i < KINDS; i++)
        if (strncmp(kinds[i].name, wanted, (size_t)(colon - wanted)) == 0) {
            failing = (enum kind)i;
            first = strtoul(colon + 1, NULL, 10);
            last = wanted[strlen(wanted) - 1] == '+' ? (size_t)-1 : first;
            sent = strchr(colon, '!') ? atoi(strchr(colon, '!') + 1) : 0;
        }
    atomic_store(&ready, true);
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("SWEEP_FAULT_COUNTS");
    atomic_store(&ready, false);
    FILE *file = path ? fopen(path, "w") : NULL;
    for (size_t i = 0; file && i < KINDS; i++)
        fprintf(file, "%s %zu\n", kinds[i].name, atomic_load(&calls[i]));
    if (file)
        fclose(file);
}

static bool counts(enum kind kind, const void *caller) {
    /* A call that SQLite makes of itself can't fail without its knowing why. */
    const size_t count = kind == SQLITE ? program_ranges : range_count;
    for (size_t i = 0; i < count; i++)
        if ((uintptr_t)caller >= ranges[i].begin && (uintptr_t)caller < ranges[i].end)
            return true;
    return false;
}

static bool fails(enum kind kind, const void *caller) {
    if (!atomic_load(&ready) || !counts(kind, caller))
        return false;
    const size_t call = atomic_fetch_add(&calls[kind], 1) + 1;
    if (kind != failing || call < first || call > last)
        return false;
    if (sent) {
        kill(getpid(), sent);
        usleep(20000); /* for the thread that has got it */
        return false;
    }
    errno = kinds[kind].reason;
    return true;
}
#define FAILS(kind) fails(kind, __builtin_return_address(0))

/* Define NAME to fail or to do what it does elsewhere. */
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define WRAP(kind, failure, type, name, parameters, arguments)                                     \
    type name parameters {                                                                         \
        static __typeof__(&name) next;                                                             \
        if (!next)                                                                                 \
            next = NEXT(name);                                                                     \
        return FAILS(kind) ? (failure) : next arguments;                                           \
    }
#define LIST(...) __VA_ARGS__
#define WRAP_OPEN(name, place, at)                                                                 \
    int name(place const char *path, int flags, ...) {                                             \
        static __typeof__(&name) next;                                                             \
        va_list more;                                                                              \
        if (!next)                                                                                 \
            next = NEXT(name);                                                                     \
        va_start(more, flags);                                                                     \
        const mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;                            \
        va_end(more);                                                                              \
        const bool made = sent && flags & O_EXCL;                                                  \
        if (!made && FAILS(OPEN))                                                                  \
            return -1;                                                                             \
        const int file = next(at path, flags, mode);                                               \
        if (made)                                                                                  \
            FAILS(OPEN);                                                                           \
        return file;                                                                               \
    }

#pragma GCC diagnostic ignored "-Wpedantic" /* dlsym's result is a function */
#ifdef SWEEP_SANITIZED
/* AddressSanitizer's allocator comes after this library; ThreadSanitizer's is in the program,
 * before it, so that none of these is called. */
WRAP(MALLOC, NULL, void *, malloc, (size_t size), (size))
WRAP(MALLOC, NULL, void *, calloc, (size_t count, size_t size), (count, size))
WRAP(MALLOC, NULL, void *, realloc, (void *block, size_t size), (block, size))
WRAP(MALLOC, NULL, void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size))
#else
/* glibc's own allocator under its other names, as dlsym may itself want memory. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size) {
    return FAILS(MALLOC) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    return FAILS(MALLOC) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size) {
    return FAILS(MALLOC) ? NULL : __libc_realloc(block, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    return FAILS(MALLOC) ? NULL : __libc_memalign(alignment, size);
}
#endif

WRAP_OPEN(open, , )
WRAP_OPEN(open64, , )
WRAP_OPEN(openat, LIST(int folder, ), LIST(folder, ))
WRAP_OPEN(openat64, LIST(int folder, ), LIST(folder, ))
WRAP(OPEN, NULL, FILE *, fopen, (const char *path, const char *mode), (path, mode))
WRAP(READ, -1, ssize_t, read, (int file, void *data, size_t size), (file, data, size))
WRAP(READ, -1, ssize_t, pread64, (int file, void *data, size_t size, off64_t at),
     (file, data, size, at))
/* What is said of the failure is to get through. */
ssize_t write(int file, const void *data, size_t size) {
    static __typeof__(&write) next;
    if (!next)
        next = NEXT(write);
    return file != STDERR_FILENO && FAILS(WRITE) ? -1 : next(file, data, size);
}

WRAP(WRITE, -1, ssize_t, pwrite, (int file, const void *data, size_t size, off_t at),
     (file, data, size, at))
WRAP(WRITE, -1, ssize_t, pwrite64, (int file, const void *data, size_t size, off64_t at),
     (file, data, size, at))
WRAP(SYNC, -1, int, fsync, (int file), (file))
WRAP(SYNC, -1, int, fdatasync, (int file), (file))
WRAP(TRUNCATE, -1, int, ftruncate, (int file, off_t size), (file, size))
WRAP(TRUNCATE, -1, int, ftruncate64, (int file, off64_t size), (file, size))
WRAP(TRUNCATE, ENOSPC, int, posix_fallocate, (int file, off_t at, off_t size), (file, at, size))
WRAP(RENAME, -1, int, rename, (const char *from, const char *to), (from, to))
WRAP(RENAME, -1, int, renameat, (int folder, const char *from, int other, const char *to),
     (folder, from, other, to))
WRAP(UNLINK, -1, int, unlink, (const char *path), (path))
WRAP(UNLINK, -1, int, unlinkat, (int folder, const char *path, int flags), (folder, path, flags))

/* SQLite's calls, by their results: it has nothing to say of an error it did not make. */
#define SQLITE_IOERR 10
struct sqlite3;
struct sqlite3_stmt;
int sqlite3_open_v2(const char *path, struct sqlite3 **handle, int flags, const char *vfs);
int sqlite3_prepare_v2(struct sqlite3 *handle, const char *sql, int length,
                       struct sqlite3_stmt **statement, const char **tail);
int sqlite3_step(struct sqlite3_stmt *statement);
int sqlite3_exec(struct sqlite3 *handle, const char *sql, int (*row)(void *, int, char **, char **),
                 void *context, char **message);
int sqlite3_bind_int64(struct sqlite3_stmt *statement, int at, long long value);
int sqlite3_bind_double(struct sqlite3_stmt *statement, int at, double value);
int sqlite3_bind_text(struct sqlite3_stmt *statement, int at, const char *text, int length,
                      void (*release)(void *));

WRAP(SQLITE, SQLITE_IOERR, int, sqlite3_prepare_v2,
     (struct sqlite3 * handle, const char *sql, int length, struct sqlite3_stmt **statement,
      const char **tail),
     (handle, sql, length, statement, tail))
WRAP(SQLITE, SQLITE_IOERR, int, sqlite3_step, (struct sqlite3_stmt * statement), (statement))
WRAP(SQLITE, SQLITE_IOERR, int, sqlite3_exec,
     (struct sqlite3 * handle, const char *sql, int (*row)(void *, int, char **, char **),
      void *context, char **message),
     (handle, sql, row, context, message))
WRAP(SQLITE, SQLITE_IOERR, int, sqlite3_bind_int64,
     (struct sqlite3_stmt * statement, int at, long long value), (statement, at, value))
WRAP(SQLITE, SQLITE_IOERR, int, sqlite3_bind_double,
     (struct sqlite3_stmt * statement, int at, double value), (statement, at, value))
WRAP(SQLITE, SQLITE_IOERR, int, sqlite3_bind_text,
     (struct sqlite3_stmt * statement, int at, const char *text, int length,
      void (*release)(void *)),
     (statement, at, text, length, release))
