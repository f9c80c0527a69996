#include "cli/command.h"

#include "report/terminal.h"
#include "store/sweeps.h"
#include "store/unfinished.h"
#include "train/checkpoints.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct arguments {
    const char *path; /* of the database */
    struct option_list names;
    bool yes;
};

static const struct option options[] = {
    OPTION_DB(struct arguments, path),
    {.name = "yes",
     .letter = 'y',
     .help = "Do not ask",
     .kind = OPTION_FLAG,
     .target = offsetof(struct arguments, yes)},
    {.argument = "SWEEP",
     .kind = OPTION_LIST,
     .target = offsetof(struct arguments, names),
     .required = true},
    {0},
};

/* What is to go. */
struct doomed {
    size_t count;
    int64_t *ids;
    struct sweep_list list; /* all sweeps, as they were looked at */
    struct sweep_deletion deletion;
};

static bool is_doomed(const struct doomed *doomed, int64_t sweep) {
    for (size_t i = 0; i < doomed->count; i++)
        if (doomed->ids[i] == sweep)
            return true;
    return false;
}

static enum status find_named(const struct arguments *arguments, struct store *store,
                              struct arena *arena, struct doomed *doomed, struct error *error) {
    doomed->ids = ARENA_NEW(arena, int64_t, arguments->names.count);
    if (!doomed->ids)
        return error_memory(error);
    for (size_t i = 0; i < arguments->names.count; i++) {
        int64_t sweep;
        enum status status =
            store_sweep_named(store, arguments->names.items[i], arena, &sweep, error);
        if (status != STATUS_OK)
            return status;
        if (!is_doomed(doomed, sweep))
            doomed->ids[doomed->count++] = sweep;
    }
    return STATUS_OK;
}

static enum status find(const struct arguments *arguments, struct arena *arena,
                        struct doomed *doomed, struct error *error) {
    struct store *store = NULL;
    enum status status = store_open_read(arguments->path, &store, error);
    if (status == STATUS_OK)
        status = find_named(arguments, store, arena, doomed, error);
    if (status == STATUS_OK)
        status = store_sweeps(store, arena, &doomed->list, error);
    if (status == STATUS_OK)
        status =
            store_look_at_deletion(store, doomed->ids, doomed->count, &doomed->deletion, error);
    store_close(store);
    return status;
}

static void print_doomed(FILE *stream, const char *verb, const struct doomed *doomed) {
    const size_t gone = doomed->deletion.gone, stay = doomed->deletion.stay;
    for (size_t i = 0; i < doomed->list.count; i++) {
        const struct sweep_record *sweep = &doomed->list.sweeps[i];
        if (is_doomed(doomed, sweep->id))
            terminal_print(stream, 2, "%s sweep %" PRId64 " (%s, on %s)", verb, sweep->id,
                           sweep->name, sweep->dataset);
    }
    terminal_print(stream, 2, "%s %zu trial%s%s", verb, gone, text_plural(gone),
                   gone > 0 ? ", with history, metrics and models" : "");
    if (stay > 0)
        terminal_print(stream, 2, "%zu more stay%s, as other sweeps have %s", stay,
                       stay == 1 ? "s" : "", stay == 1 ? "it" : "them");
}

/* Whether the user says yes. */
static bool ask(const struct doomed *doomed) {
    char answer[16] = "";
    print_doomed(stderr, "to delete:", doomed);
    fputs("Delete? [y/N] ", stderr);
    fflush(stderr);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

/* Checkpoints are named by what determines a run's numbers, not by sweeps: while any sweep may go
 * on, one may be of it, and all stay. */
static enum status clear_checkpoints(const char *path, struct store *store, struct error *error) {
    struct checkpoints *checkpoints = NULL;
    bool kept = true;
    enum status status = store_may_go_on(store, &kept, error);
    if (status == STATUS_OK)
        status = checkpoints_open(path, 0, &checkpoints, error);
    if (status != STATUS_OK)
        return status;
    const size_t count = kept ? checkpoints_count(checkpoints) : checkpoints_clear(checkpoints);
    if (kept && count > 0)
        terminal_print(stdout, 2,
                       "%s.checkpoints stays: other sweeps have not ended, and may go on from what "
                       "is in it",
                       path);
    else if (count > 0)
        terminal_print(stdout, 2, "deleted the checkpoints of trainings that had not ended");
    if (!kept)
        unfinished_remove(path);
    checkpoints_close(checkpoints);
    return STATUS_OK;
}

/* The store's lock keeps runs away until the checkpoints are cleared, too. */
static enum status delete_sweeps(const struct arguments *arguments, const struct doomed *doomed,
                                 struct error *error) {
    struct store *store = NULL;
    enum status status = store_open(arguments->path, &store, error);
    if (status == STATUS_OK)
        status = store_delete_sweeps(store, doomed->ids, doomed->count, error);
    if (status == STATUS_OK) {
        print_doomed(stdout, "deleted", doomed);
        status = clear_checkpoints(arguments->path, store, error);
    }
    store_close(store);
    return status;
}

static int run(int argc, char **argv) {
    struct arguments arguments = {.path = DATABASE_PATH};
    struct doomed doomed = {0};
    struct arena arena;
    struct error error;
    command_parse(&command_delete, argc, argv, &arguments);
    if (!arguments.yes && !(terminal_is(stdin) && terminal_is(stderr)))
        command_misused(&command_delete, "there is no terminal to ask on; --yes deletes unasked");
    arena_init(&arena);
    int code = 0;
    if (find(&arguments, &arena, &doomed, &error) != STATUS_OK)
        code = command_fail(&error);
    else if (!arguments.yes && !ask(&doomed))
        fputs("nothing is deleted\n", stderr);
    else if (delete_sweeps(&arguments, &doomed, &error) != STATUS_OK)
        code = command_fail(&error);
    arena_release(&arena);
    return code;
}

const struct command command_delete = {
    .name = "delete",
    .help = "delete sweeps from a database",
    .description =
        "Delete sweeps by their numbers or names, as `sweep list` prints them, and their trials "
        "with all that is known of them: history, metrics, models. Trials that another sweep has "
        "stay with that, and so do checkpoints while another sweep may go on from them. It asks "
        "first.",
    .notes = "All of it is deleted or, whatever happens meanwhile, nothing.",
    .options = options,
    .run = run,
};
