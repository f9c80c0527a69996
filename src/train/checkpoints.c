#include "train/checkpoints.h"

#include "base/intern.h"
#include "base/path.h"
#include "train/checkpoint.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A cohort is worth checkpoints if it takes as many times the time between two. */
#define WORTH 2
/* Checkpoints may take this part of the time. */
#define SHARE 0.02
/* When all stops, a checkpoint is made of so much training. */
#define SECONDS_WORTH_SAVING 1

#define NAME_DIGITS 32 /* of a run's digest, for its files */
#define NOTES_MAX 32

/* Something to tell a person, about one file or several. */
struct note {
    char reason[512], consequence[64];
    char name[64]; /* of the first file; empty: about the folder */
    size_t count;
    bool told;
};

struct checkpoints {
    char *path;           /* of the folder */
    struct stat database; /* who may have made it */
    double seconds;
    bool again;            /* runs start again */
    struct intern started; /* those that did */
    atomic_bool held;
    atomic_int folder;    /* -1: not there */
    pthread_mutex_t lock; /* of the folder's making and of what follows */
    bool identified;
    struct checkpoint_identity identity;
    size_t note_count;
    struct note notes[NOTES_MAX];
};

struct file_name {
    char text[NAME_DIGITS + 8];
};

static struct file_name name_of(const struct checkpoint_slots *slots, const char *ending) {
    struct file_name name;
    snprintf(name.text, sizeof name.text, "%.*s.%s", NAME_DIGITS, slots->run.hex, ending);
    return name;
}

static const char *const endings[] = {"1", "2"};

static void add_note(struct checkpoints *checkpoints, const char *name, const char *consequence,
                     const char *reason) {
    struct note *note = checkpoints->notes;
    pthread_mutex_lock(&checkpoints->lock);
    const struct note *end = note + checkpoints->note_count;
    while (note < end &&
           (strcmp(note->reason, reason) != 0 || strcmp(note->consequence, consequence) != 0))
        note++;
    if (note < end) {
        note->count++;
    } else if (checkpoints->note_count < NOTES_MAX) {
        checkpoints->note_count++;
        *note = (struct note){.count = 1};
        snprintf(note->reason, sizeof note->reason, "%s", reason);
        snprintf(note->consequence, sizeof note->consequence, "%s", consequence);
        snprintf(note->name, sizeof note->name, "%s", name);
    }
    pthread_mutex_unlock(&checkpoints->lock);
}

void checkpoints_take_notes(struct checkpoints *checkpoints, struct text *text) {
    pthread_mutex_lock(&checkpoints->lock);
    for (size_t i = 0; i < checkpoints->note_count; i++) {
        struct note *note = &checkpoints->notes[i];
        if (note->told)
            continue;
        note->told = true;
        text_printf(text, "%s%s%s %s", checkpoints->path, note->name[0] ? "/" : "", note->name,
                    note->reason);
        if (note->count > 1 && note->name[0])
            text_printf(text, ", and so %s %zu more", note->count == 2 ? "is" : "are",
                        note->count - 1);
        text_printf(text, "; %s\n", note->consequence);
    }
    pthread_mutex_unlock(&checkpoints->lock);
}

/* The path of the folder, which is beside the file that a link leads to. */
static char *folder_path(const char *database) {
    struct stat about;
    const bool link = lstat(database, &about) == 0 && S_ISLNK(about.st_mode);
    char *real = link ? path_real(database) : strdup(database), *path;
    if (!real || asprintf(&path, "%s.checkpoints", real) < 0)
        path = NULL;
    free(real);
    return path;
}

/* The folder; -1 with errno where it is not there, and EPERM or ENOTDIR where somebody else may
 * have put it there. */
static int open_folder(const struct checkpoints *checkpoints) {
    struct stat about;
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    const int folder = open(checkpoints->path, flags);
    if (folder < 0)
        return -1;
    if (fstat(folder, &about) == 0 && path_is_trusted(&about, &checkpoints->database))
        return folder;
    close(folder);
    errno = EPERM;
    return -1;
}

static void add_failure(struct checkpoints *checkpoints, const char *why) {
    char reason[512];
    snprintf(reason, sizeof reason, "can't be written: %.400s", why);
    add_note(checkpoints, "", "the sweep goes on without", reason);
}

/* Of the folder, as open_folder has it. */
static void add_folder_failure(struct checkpoints *checkpoints, int code) {
    add_failure(checkpoints, code == EPERM     ? "it belongs to another user"
                             : code == ENOTDIR ? "it is a symbolic link or a file"
                                               : strerror(code));
}

enum status checkpoints_open(const char *database, double seconds, struct checkpoints **checkpoints,
                             struct error *error) {
    struct checkpoints *made = *checkpoints = calloc(1, sizeof *made);
    if (!made)
        return error_memory(error);
    made->seconds = seconds;
    intern_init(&made->started);
    made->path = folder_path(database);
    if (!made->path || pthread_mutex_init(&made->lock, NULL) != 0) {
        free(made->path);
        free(made);
        *checkpoints = NULL;
        return error_memory(error);
    }
    if (stat(database, &made->database) != 0)
        made->database = (struct stat){.st_uid = geteuid()};
    made->folder = open_folder(made);
    if (made->folder < 0 && errno != ENOENT)
        add_folder_failure(made, errno);
    return STATUS_OK;
}

void checkpoints_close(struct checkpoints *checkpoints) {
    if (!checkpoints)
        return;
    if (checkpoints->folder >= 0) {
        close(checkpoints->folder);
        rmdir(checkpoints->path); /* which does nothing while somebody's checkpoints are in it */
    }
    pthread_mutex_destroy(&checkpoints->lock);
    intern_release(&checkpoints->started);
    free(checkpoints->path);
    free(checkpoints);
}

void checkpoints_start_again(struct checkpoints *checkpoints) {
    checkpoints->again = true;
}

void checkpoints_hold(struct checkpoints *checkpoints) {
    atomic_store(&checkpoints->held, true);
}

bool checkpoints_exist(const struct checkpoints *checkpoints) {
    return checkpoints->folder >= 0;
}

/* Whether a file's name is one that name_of makes. */
static bool is_of_run(const char *name) {
    return strspn(name, "0123456789abcdef") == NAME_DIGITS && name[NAME_DIGITS] == '.' &&
           (strcmp(name + NAME_DIGITS + 1, endings[0]) == 0 ||
            strcmp(name + NAME_DIGITS + 1, endings[1]) == 0 ||
            strcmp(name + NAME_DIGITS + 1, "new") == 0);
}

/* Those that are there, or with `removed` those that went. */
static size_t count_files(const struct checkpoints *checkpoints, bool removed) {
    const int again = checkpoints_exist(checkpoints)
                          ? openat(checkpoints->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                          : -1;
    DIR *folder = again >= 0 ? fdopendir(again) : NULL;
    size_t count = 0;
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        count += is_of_run(entry->d_name) &&
                 (!removed || unlinkat(checkpoints->folder, entry->d_name, 0) == 0);
    if (folder)
        closedir(folder);
    else if (again >= 0)
        close(again);
    return count;
}

size_t checkpoints_count(const struct checkpoints *checkpoints) {
    return count_files(checkpoints, false);
}

size_t checkpoints_clear(struct checkpoints *checkpoints) {
    return count_files(checkpoints, true);
}

/* 0, or why it can't be made. */
static int make_folder(const char *path) {
    if (mkdir(path, 0777) != 0)
        return errno == EEXIST ? 0 : errno;
    path_sync_folder(path);
    return 0;
}

/* Whether another process has removed it: shards of a search share one, and who is done removes it
 * where it is empty. */
static bool is_gone(int folder) {
    struct stat about;
    return fstat(folder, &about) != 0 || about.st_nlink == 0;
}

/* The folder, made if need be, or -1 with errno. */
static int ready_folder(struct checkpoints *checkpoints) {
    pthread_mutex_lock(&checkpoints->lock);
    if (checkpoints->folder < 0 || is_gone(checkpoints->folder)) {
        const int made = make_folder(checkpoints->path);
        const int opened = made == 0 ? open_folder(checkpoints) : -1;
        errno = made == 0 ? errno : made;
        if (opened >= 0 && checkpoints->folder >= 0) {
            dup3(opened, checkpoints->folder, O_CLOEXEC); /* other threads have its number */
            close(opened);
        } else if (opened >= 0) {
            checkpoints->folder = opened;
        }
    }
    const int folder = checkpoints->folder;
    const int fault = errno;
    pthread_mutex_unlock(&checkpoints->lock);
    errno = fault;
    return folder;
}

/* Who we are takes some milliseconds to tell, which a sweep without checkpoints need not spend. */
static struct checkpoint_key key_of(struct checkpoints *checkpoints,
                                    const struct checkpoint_slots *slots) {
    pthread_mutex_lock(&checkpoints->lock);
    if (!checkpoints->identified)
        checkpoint_identify(&checkpoints->identity);
    checkpoints->identified = true;
    pthread_mutex_unlock(&checkpoints->lock);
    return (struct checkpoint_key){&checkpoints->identity, slots->run, slots->metric_count};
}

/* Where a run starts, for a note. */
static void tell_start(const struct checkpoint_slots *slots, char text[64]) {
    const size_t epochs = checkpoint_epochs(slots);
    if (epochs > 0)
        snprintf(text, 64, "the run goes on from epoch %zu", epochs);
    else
        snprintf(text, 64, "the run starts again");
}

/* Whether a run starts again now; what it leaves later is its own. */
static bool starts(struct checkpoints *checkpoints, const struct digest *run) {
    bool is_new = true;
    intern_number(&checkpoints->started, run->hex, strlen(run->hex), &is_new);
    return is_new || checkpoints->started.failed;
}

/* Whether a file has a state that only a longer training than one of so many epochs can go on from.
 */
static bool is_further(struct checkpoints *checkpoints, const struct checkpoint_slots *slots,
                       size_t file, size_t epochs) {
    const struct checkpoint_key key = key_of(checkpoints, slots);
    struct error error;
    size_t reached;
    return checkpoint_peek(checkpoints->folder, name_of(slots, endings[file]).text, &key, NULL,
                           &reached, &error) == STATUS_OK &&
           reached >= epochs;
}

void checkpoints_find(struct checkpoints *checkpoints, const struct run *run,
                      struct checkpoint_slots *slots) {
    struct error errors[2] = {{.code = STATUS_OK}, {.code = STATUS_OK}};
    char start[64];
    if (!checkpoints_exist(checkpoints))
        return;
    if (checkpoints->again && starts(checkpoints, &slots->run)) {
        checkpoints_remove(checkpoints, slots, SIZE_MAX);
        return;
    }
    const struct checkpoint_key key = key_of(checkpoints, slots);
    for (size_t i = 0; i < 2; i++)
        checkpoint_peek(checkpoints->folder, name_of(slots, endings[i]).text, &key, run,
                        &slots->epochs[i], &errors[i]);
    tell_start(slots, start);
    for (size_t i = 0; i < 2; i++) {
        slots->further[i] =
            errors[i].code != STATUS_OK && is_further(checkpoints, slots, i, run_epochs(run));
        if (errors[i].code != STATUS_OK && !slots->further[i])
            add_note(checkpoints, name_of(slots, endings[i]).text, start, errors[i].message);
    }
}

bool checkpoints_resume(struct checkpoints *checkpoints, struct checkpoint_slots *slots,
                        struct run_state *state) {
    slots += state->run->index;
    while (checkpoint_epochs(slots) > 0) {
        const size_t newest = slots->epochs[1] > slots->epochs[0];
        const struct file_name name = name_of(slots, endings[newest]);
        const struct checkpoint_key key = key_of(checkpoints, slots);
        struct error error;
        char start[64];
        if (checkpoint_read(checkpoints->folder, name.text, &key, state, &error) == STATUS_OK)
            return true;
        slots->epochs[newest] = 0;
        tell_start(slots, start);
        add_note(checkpoints, name.text, start, error.message);
    }
    return false;
}

/* Write a state beside the two that are there. */
static void write_state(struct checkpoints *checkpoints, int folder, struct checkpoint_slots *slots,
                        const struct run_state *state, bool lasting) {
    const struct checkpoint_key key = key_of(checkpoints, slots);
    struct error error;
    slots->written = checkpoint_write(folder, name_of(slots, "new").text, &key, state, lasting,
                                      &error) == STATUS_OK;
    if (!slots->written)
        add_failure(checkpoints, error.message);
}

/* Put it into the place of the older one. Of a longer training's two one is left. */
static void place_state(struct checkpoints *checkpoints, int folder, struct checkpoint_slots *slots,
                        const struct run_state *state) {
    const size_t older = slots->further[0] != slots->further[1]
                             ? slots->further[0]
                             : slots->epochs[1] < slots->epochs[0];
    if (!slots->written)
        return;
    if (renameat(folder, name_of(slots, "new").text, folder, name_of(slots, endings[older]).text) ==
        0)
        slots->epochs[older] = state->epochs, slots->further[older] = false;
    else
        add_failure(checkpoints, strerror(errno));
}

void checkpoints_keep(struct checkpoints *checkpoints, struct checkpoint_slots *slots,
                      const struct run_state *states, size_t count, bool lasting) {
    const int folder = ready_folder(checkpoints);
    if (folder < 0) {
        add_folder_failure(checkpoints, errno);
        return;
    }
    /* All or none, but for a kill between two renames: the run that is behind then catches up. */
    for (size_t i = 0; i < count; i++)
        write_state(checkpoints, folder, &slots[states[i].run->index], &states[i], lasting);
    for (size_t i = 0; i < count; i++)
        place_state(checkpoints, folder, &slots[states[i].run->index], &states[i]);
    if (lasting)
        fsync(folder);
}

void checkpoints_remove(struct checkpoints *checkpoints, struct checkpoint_slots *slots,
                        size_t epochs) {
    if (!checkpoints_exist(checkpoints) || atomic_load(&checkpoints->held))
        return;
    for (size_t i = 0; i < 2; i++) {
        if (!is_further(checkpoints, slots, i, epochs))
            unlinkat(checkpoints->folder, name_of(slots, endings[i]).text, 0);
        slots->epochs[i] = 0;
    }
    unlinkat(checkpoints->folder, name_of(slots, "new").text, 0);
}

bool checkpoints_due(const struct checkpoints *checkpoints, const struct checkpoint_pace *pace,
                     bool stopping) {
    const double seconds = checkpoints->seconds;
    if (seconds <= 0)
        return true;
    if (stopping)
        return pace->since >= SECONDS_WORTH_SAVING;
    if (pace->predicted < WORTH * seconds && pace->elapsed < WORTH * seconds)
        return false;
    return pace->since >= seconds && pace->since >= pace->cost / SHARE;
}

size_t checkpoints_expected(double seconds, size_t epochs, double predicted) {
    if (seconds <= 0)
        return epochs;
    const double count = predicted < WORTH * seconds ? 0 : predicted / seconds;
    return count < (double)epochs ? (size_t)count : epochs;
}
