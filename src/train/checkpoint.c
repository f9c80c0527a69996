#include "train/checkpoint.h"

#include "base/machine.h"
#include "base/path.h"
#include "math/gemm.h"
#include "search/space.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[8] = {'\x89', 's', 'w', 'e', 'e', 'p', 'C', '\n'};

struct head {
    char magic[8];
    uint64_t version, identity_bytes;
    char run[DIGEST_LENGTH];
    uint64_t epochs, reached, metrics; /* sizes of what follows */
    uint64_t arrays, floats;
    uint64_t iterations; /* steps of the optimizer */
    double started_at;
    float momentum_product;
    uint32_t kept_floats;
};
static_assert(sizeof(struct head) == 152, "the head has no gaps, whose bytes would be anything");

/* A file's sizes in bytes. */
struct layout {
    size_t front; /* head, identity and their digest */
    size_t history, reached, array, kept, best;
    size_t total;
};

#define FRONT_MAX (sizeof(struct head) + CHECKPOINT_IDENTITY_MAX + DIGEST_LENGTH)

void checkpoint_identify(struct checkpoint_identity *identity) {
    struct digest build;
    char cpu[256];
    if (!machine_program_digest(&build))
        build = digest_of_string("");
    snprintf(identity->text, sizeof identity->text,
             "arithmetic: %d\nprocessor: %s\ninstruction set: %s\nBLAS core: %s\nBLAS: %s\n"
             "C library: %s\nversion: %s\nbuild: %.16s\n",
             ARITHMETIC_VERSION, machine_cpu(cpu, sizeof cpu), machine_instructions(), gemm_core(),
             gemm_library(), machine_c_library(), machine_program_version(), build.hex);
}

/* Numbers of a set of scores with `further` metrics. */
static size_t score_doubles(size_t further) {
    return 2 + further;
}

/* `best_floats` are the run's: its head says nothing of them. */
static struct layout layout_of(const struct head *head, size_t best_floats) {
    const size_t scores = score_doubles(head->metrics) * sizeof(double);
    struct layout layout = {
        .front = sizeof *head + head->identity_bytes + DIGEST_LENGTH,
        .history = head->epochs * (sizeof(double) + 2 * scores),
        .reached = head->reached * (sizeof(uint64_t) + scores),
        .array = head->floats * sizeof(float),
        .kept = head->kept_floats * sizeof(float),
        .best = best_floats * sizeof(float),
    };
    layout.total = layout.front + layout.history + layout.reached + head->arrays * layout.array +
                   layout.kept + layout.best + DIGEST_LENGTH;
    return layout;
}

static unsigned char *put(unsigned char *to, const void *from, size_t bytes) {
    memcpy(to, from, bytes);
    return to + bytes;
}

static const unsigned char *get(const unsigned char *from, void *to, size_t bytes) {
    memcpy(to, from, bytes);
    return from + bytes;
}

static unsigned char *put_scores(unsigned char *to, const struct scores *scores, size_t further) {
    to = put(to, &scores->loss, sizeof scores->loss);
    to = put(to, &scores->accuracy, sizeof scores->accuracy);
    return put(to, scores->metrics, further * sizeof *scores->metrics);
}

static const unsigned char *get_scores(const unsigned char *from, struct scores *scores,
                                       size_t further) {
    from = get(from, &scores->loss, sizeof scores->loss);
    from = get(from, &scores->accuracy, sizeof scores->accuracy);
    return get(from, scores->metrics, further * sizeof *scores->metrics);
}

/* Writing. */

static struct head head_of(const struct checkpoint_key *key, const struct run_state *state) {
    struct head head = {
        .version = CHECKPOINT_VERSION,
        .identity_bytes = strlen(key->identity->text),
        .epochs = state->epochs,
        .reached = state->reached,
        .metrics = key->metric_count,
        .arrays = state->network.array_count,
        .floats = state->network.floats,
        .iterations = state->network.iterations,
        .started_at = state->started_at,
        .momentum_product = state->network.momentum_product,
        .kept_floats = (uint32_t)state->network.kept_floats,
    };
    memcpy(head.magic, magic, sizeof magic);
    memcpy(head.run, key->run.hex, sizeof head.run);
    return head;
}

/* All that comes before the arrays. */
static unsigned char *encode(const struct head *head, const struct layout *layout,
                             const struct checkpoint_key *key, const struct run_state *state) {
    unsigned char *bytes = malloc(layout->front + layout->history + layout->reached);
    if (!bytes)
        return NULL;
    unsigned char *at = put(bytes, head, sizeof *head);
    at = put(at, key->identity->text, head->identity_bytes);
    at = put(at, digest_of_bytes(bytes, (size_t)(at - bytes)).hex, DIGEST_LENGTH);
    for (size_t i = 0; i < state->epochs; i++) {
        const struct epoch_scores *epoch = &state->history[i];
        at = put(at, &epoch->seconds, sizeof epoch->seconds);
        at = put_scores(at, &epoch->train, key->metric_count);
        at = put_scores(at, &epoch->validation, key->metric_count);
    }
    for (size_t i = 0; i < state->reached; i++) {
        const uint64_t epochs = state->run->milestones[i].epochs;
        at = put(at, &epochs, sizeof epochs);
        at = put_scores(at, &state->tests[i], key->metric_count);
    }
    return bytes;
}

/* Errno of what went wrong, or 0. */
static int write_pieces(int file, const struct digest_piece *pieces, size_t count, bool lasting) {
    for (size_t i = 0; i < count; i++) {
        const unsigned char *at = pieces[i].data;
        for (size_t left = pieces[i].bytes; left > 0;) {
            const ssize_t written = write(file, at, left);
            if (written < 0 && errno == EINTR)
                continue;
            if (written <= 0)
                return written < 0 ? errno : ENOSPC;
            at += written;
            left -= (size_t)written;
        }
    }
    return !lasting || fsync(file) == 0 ? 0 : errno;
}

static enum status write_file(int folder, const char *name, const struct digest_piece *pieces,
                              size_t count, bool lasting, struct error *error) {
    /* A new file, so that nobody's is written over to whom a link led, and no pipe's reader waited
     * for. */
    unlinkat(folder, name, 0);
    const int file = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0)
        return error_set(error, STATUS_IO, "%s", strerror(errno));
    int fault = write_pieces(file, pieces, count, lasting);
    if (close(file) != 0 && fault == 0)
        fault = errno;
    if (fault == 0)
        return STATUS_OK;
    unlinkat(folder, name, 0);
    return error_set(error, STATUS_IO, "%s", strerror(fault));
}

enum status checkpoint_write(int folder, const char *name, const struct checkpoint_key *key,
                             const struct run_state *state, bool lasting, struct error *error) {
    const struct head head = head_of(key, state);
    const struct layout layout = layout_of(&head, state->best_floats);
    unsigned char *bytes = encode(&head, &layout, key, state);
    if (!bytes)
        return error_memory(error);
    struct digest_piece pieces[5 + OPTIMIZER_ARRAYS_MAX] = {
        {bytes, layout.front + layout.history + layout.reached}};
    size_t count = 1;
    for (size_t i = 0; i < state->network.array_count; i++)
        pieces[count++] = (struct digest_piece){state->network.arrays[i], layout.array};
    if (layout.kept > 0)
        pieces[count++] = (struct digest_piece){state->network.kept, layout.kept};
    if (layout.best > 0)
        pieces[count++] = (struct digest_piece){state->best, layout.best};
    const struct digest digest = digest_of(pieces, count);
    pieces[count++] = (struct digest_piece){digest.hex, DIGEST_LENGTH};
    const enum status status = write_file(folder, name, pieces, count, lasting, error);
    free(bytes);
    return status;
}

size_t checkpoint_bytes(const struct checkpoint_identity *identity, const struct run *run,
                        size_t further) {
    const struct checkpoint_key key = {.identity = identity, .metric_count = further};
    const struct run_state end = {.run = run,
                                  .epochs = run_end(run),
                                  .reached = run->milestone_count,
                                  .network = network_state_shape(run->network)};
    const struct head head = head_of(&key, &end);
    return layout_of(&head, run_best_floats(run)).total;
}

/* Reading. */

static enum status refuse_damaged(struct error *error) {
    return error_set(error, STATUS_INPUT, "is damaged");
}

/* The next of an identity's lines, cut into name and value; false after the last. */
static bool next_line(const char **at, char name[64], char value[256]) {
    const size_t length = strcspn(*at, "\n");
    const char *colon = memchr(*at, ':', length);
    if (length == 0 || !colon)
        return false;
    const size_t before = (size_t)(colon - *at), after = length - before - 1;
    snprintf(name, 64, "%.*s", (int)before, *at);
    snprintf(value, 256, "%.*s", (int)after, colon + 1 + (after > 0 && colon[1] == ' '));
    value[strcspn(value, "\n")] = '\0';
    *at += length + ((*at)[length] == '\n');
    return true;
}

/* Say in what a file's identity differs from ours. */
static enum status refuse_identity(const char *its, const char *ours, struct error *error) {
    char its_name[64], its_value[256], name[64], value[256];
    while (next_line(&its, its_name, its_value) && next_line(&ours, name, value)) {
        if (strcmp(its_name, name) != 0)
            break;
        if (strcmp(its_value, value) != 0)
            return error_set(error, STATUS_INPUT, "was made with another %s ('%s', and here '%s')",
                             name, its_value, value);
    }
    return error_set(error, STATUS_INPUT, "was made by another version of sweep");
}

/* Whether a head's sizes are those of the run's network, so that its layout can be computed. */
static enum status check_sizes(const struct head *head, const struct checkpoint_key *key,
                               const struct run *run, size_t size, struct error *error) {
    const struct network_state shape = network_state_shape(run->network);
    if (head->arrays != shape.array_count || head->floats != shape.floats ||
        head->kept_floats != shape.kept_floats || head->metrics != key->metric_count ||
        head->reached > head->epochs || head->epochs == 0)
        return error_set(error, STATUS_INPUT, "does not fit its run");
    const size_t total = layout_of(head, run_best_floats(run)).total;
    if (size < total)
        return error_set(error, STATUS_INPUT, "is cut off: %zu of %zu bytes", size, total);
    return size > total ? refuse_damaged(error) : STATUS_OK;
}

static enum status check_length(const struct head *head, const struct run *run,
                                struct error *error) {
    return head->epochs < run_epochs(run)
               ? STATUS_OK
               : error_set(error, STATUS_INPUT, "is of epoch %" PRIu64 ", and %zu are wanted",
                           head->epochs, run_epochs(run));
}

/* Check the front of a file of `size` bytes, of which `bytes` has FRONT_MAX, or all; that it fits
 * the run, too, if there is one. */
static enum status decode_head(const unsigned char *bytes, size_t size,
                               const struct checkpoint_key *key, const struct run *run,
                               struct head *head, struct error *error) {
    char identity[CHECKPOINT_IDENTITY_MAX];
    if (size < sizeof magic || memcmp(bytes, magic, sizeof magic) != 0)
        return error_set(error, STATUS_INPUT, "is no checkpoint");
    if (size < sizeof *head)
        return error_set(error, STATUS_INPUT, "is cut off: %zu bytes", size);
    memcpy(head, bytes, sizeof *head);
    if (head->version != CHECKPOINT_VERSION)
        return error_set(error, STATUS_INPUT, "has format %" PRIu64 ", and this program reads %d",
                         head->version, CHECKPOINT_VERSION);
    if (head->identity_bytes >= sizeof identity)
        return refuse_damaged(error);
    const size_t front = sizeof *head + head->identity_bytes;
    if (size < front + DIGEST_LENGTH)
        return error_set(error, STATUS_INPUT, "is cut off: %zu bytes", size);
    if (memcmp(digest_of_bytes(bytes, front).hex, bytes + front, DIGEST_LENGTH) != 0)
        return refuse_damaged(error);
    memcpy(identity, bytes + sizeof *head, head->identity_bytes);
    identity[head->identity_bytes] = '\0';
    /* So that each state has one file, and the other way round. */
    if (strlen(identity) != head->identity_bytes)
        return refuse_damaged(error);
    if (strcmp(identity, key->identity->text) != 0)
        return refuse_identity(identity, key->identity->text, error);
    if (memcmp(head->run, key->run.hex, sizeof head->run) != 0)
        return error_set(error, STATUS_INPUT, "is another run's");
    return run ? check_sizes(head, key, run, size, error) : STATUS_OK;
}

/* Find the scores of the run's milestones up to the checkpoint's epoch among those recorded, or
 * return that of a milestone that is missing; 0 when all are there. Writes only if `tests` is
 * there. */
static size_t take_reached(const struct head *head, const unsigned char *at, const struct run *run,
                           struct scores *tests, size_t *count) {
    const size_t bytes = score_doubles(head->metrics) * sizeof(double);
    uint64_t left = head->reached;
    for (*count = 0; *count < run->milestone_count; ++*count) {
        const size_t wanted = run->milestones[*count].epochs;
        uint64_t epochs = 0;
        if (wanted > head->epochs)
            break;
        for (; left > 0 && epochs != wanted; left--, at += bytes) {
            at = get(at, &epochs, sizeof epochs);
            if (epochs == wanted && tests)
                get_scores(at, &tests[*count], head->metrics);
        }
        if (epochs != wanted)
            return wanted;
    }
    return 0;
}

static void take_history(const struct head *head, const unsigned char *at,
                         struct epoch_scores *history) {
    for (size_t i = 0; i < head->epochs; i++) {
        at = get(at, &history[i].seconds, sizeof history[i].seconds);
        at = get_scores(at, &history[i].train, head->metrics);
        at = get_scores(at, &history[i].validation, head->metrics);
    }
}

/* What comes after the front, of which `front` is the digest at its end. */
static enum status decode_body(const struct head *head, const unsigned char *front,
                               const unsigned char *body, struct run_state *state,
                               struct error *error) {
    const struct layout layout = layout_of(head, state->best_floats);
    const size_t bytes = layout.total - layout.front - DIGEST_LENGTH;
    const struct digest_piece pieces[] = {{front, layout.front}, {body, bytes}};
    if (memcmp(digest_of(pieces, 2).hex, body + bytes, DIGEST_LENGTH) != 0)
        return refuse_damaged(error);
    const unsigned char *reached = body + layout.history, *arrays = reached + layout.reached;
    size_t count;
    const size_t lacking = take_reached(head, reached, state->run, NULL, &count);
    if (lacking > 0)
        return error_set(error, STATUS_INPUT, "lacks the scores of epoch %zu, which are now wanted",
                         lacking);
    take_reached(head, reached, state->run, state->tests, &state->reached);
    take_history(head, body, state->history);
    for (size_t i = 0; i < state->network.array_count; i++)
        arrays = get(arrays, state->network.arrays[i], layout.array);
    if (layout.kept > 0)
        arrays = get(arrays, state->network.kept, layout.kept);
    if (layout.best > 0)
        get(arrays, state->best, layout.best);
    state->epochs = head->epochs;
    state->network.iterations = head->iterations;
    state->network.momentum_product = head->momentum_product;
    state->started_at = head->started_at;
    return STATUS_OK;
}

enum status checkpoint_decode(const void *bytes, size_t size, const struct checkpoint_key *key,
                              struct run_state *state, struct error *error) {
    struct head head;
    enum status status = decode_head(bytes, size, key, state->run, &head, error);
    if (status == STATUS_OK)
        status = check_length(&head, state->run, error);
    if (status != STATUS_OK)
        return status;
    const unsigned char *front = bytes;
    return decode_body(&head, front, front + layout_of(&head, 0).front, state, error);
}

/* Read until the end of the file or of the buffer. */
static enum status read_at(int file, void *buffer, size_t bytes, size_t from, size_t *got,
                           struct error *error) {
    unsigned char *at = buffer;
    for (*got = 0; *got < bytes;) {
        const ssize_t part = pread(file, at + *got, bytes - *got, (off_t)(from + *got));
        if (part < 0 && errno == EINTR)
            continue;
        if (part < 0)
            return error_set(error, STATUS_IO, "can't be read: %s", strerror(errno));
        if (part == 0)
            break;
        *got += (size_t)part;
    }
    return STATUS_OK;
}

/* Set *file to -1 when there is none. */
static enum status open_file(int folder, const char *name, int *file, size_t *size,
                             struct error *error) {
    struct stat about, around;
    /* Not to wait for the other end of a pipe, and not to be led elsewhere. */
    *file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (*file < 0)
        return errno == ENOENT ? STATUS_OK
                               : error_set(error, STATUS_IO, "can't be read: %s", strerror(errno));
    const bool known = fstat(*file, &about) == 0 && fstat(folder, &around) == 0;
    if (known && S_ISREG(about.st_mode) && path_is_trusted(&about, &around)) {
        *size = (size_t)about.st_size;
        return STATUS_OK;
    }
    close(*file);
    *file = -1;
    return error_set(error, STATUS_INPUT, "%s",
                     known && S_ISREG(about.st_mode) ? "is another user's" : "is no checkpoint");
}

static enum status read_head(int file, size_t size, const struct checkpoint_key *key,
                             const struct run *run, unsigned char front[FRONT_MAX],
                             struct head *head, struct error *error) {
    size_t got;
    const enum status status =
        read_at(file, front, size < FRONT_MAX ? size : FRONT_MAX, 0, &got, error);
    if (status != STATUS_OK)
        return status;
    /* Shorter than it was a moment ago: then that is its size. */
    return decode_head(front, got < FRONT_MAX ? got : size, key, run, head, error);
}

enum status checkpoint_peek(int folder, const char *name, const struct checkpoint_key *key,
                            const struct run *run, size_t *epochs, struct error *error) {
    unsigned char front[FRONT_MAX];
    struct head head;
    int file;
    size_t size = 0;
    *epochs = 0;
    enum status status = open_file(folder, name, &file, &size, error);
    if (status != STATUS_OK || file < 0)
        return status;
    status = read_head(file, size, key, run, front, &head, error);
    if (status == STATUS_OK && run)
        status = check_length(&head, run, error);
    if (status == STATUS_OK)
        *epochs = head.epochs;
    close(file);
    return status;
}

static enum status read_body(int file, const struct head *head, const unsigned char *front,
                             struct run_state *state, struct error *error) {
    const struct layout layout = layout_of(head, state->best_floats);
    const size_t bytes = layout.total - layout.front;
    size_t got = 0;
    unsigned char *body = malloc(bytes);
    if (!body)
        return error_memory(error);
    enum status status = read_at(file, body, bytes, layout.front, &got, error);
    if (status == STATUS_OK && got < bytes)
        status = error_set(error, STATUS_INPUT, "is cut off: %zu of %zu bytes", layout.front + got,
                           layout.total);
    if (status == STATUS_OK)
        status = decode_body(head, front, body, state, error);
    free(body);
    return status;
}

enum status checkpoint_read(int folder, const char *name, const struct checkpoint_key *key,
                            struct run_state *state, struct error *error) {
    unsigned char front[FRONT_MAX];
    struct head head;
    int file;
    size_t size = 0;
    enum status status = open_file(folder, name, &file, &size, error);
    if (status == STATUS_OK && file < 0)
        return error_set(error, STATUS_INPUT, "is gone");
    if (status != STATUS_OK)
        return status;
    status = read_head(file, size, key, state->run, front, &head, error);
    if (status == STATUS_OK)
        status = check_length(&head, state->run, error);
    if (status == STATUS_OK)
        status = read_body(file, &head, front, state, error);
    close(file);
    return status;
}
