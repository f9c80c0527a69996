#include "cli/command.h"
#include "cli/live.h"

#include "base/json.h"
#include "exchange/csv.h"
#include "report/table.h"
#include "store/sweeps.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct arguments {
    const char *path; /* of the database */
    enum option_form form;
};

static const struct option options[] = {
    OPTION_CSV(struct arguments, form),
    OPTION_DB(struct arguments, path),
    OPTION_JSON(struct arguments, form),
    {0},
};

/* What most sweeps have none of is shown where one has some. */
struct shown {
    bool diverged, stopped, failed;
};

static size_t columns_of(const struct sweep_list *list, struct shown *shown,
                         struct table_column columns[TABLE_COLUMNS_MAX]) {
    size_t count = 0;
    *shown = (struct shown){0};
    for (size_t i = 0; i < list->count; i++) {
        shown->diverged |= list->sweeps[i].diverged > 0;
        shown->stopped |= list->sweeps[i].stopped > 0;
        shown->failed |= list->sweeps[i].failed > 0;
    }
    columns[count++] = (struct table_column){"sweep", true};
    columns[count++] = (struct table_column){"name", false};
    columns[count++] = (struct table_column){"data", false};
    columns[count++] = (struct table_column){"trials", true};
    columns[count++] = (struct table_column){"completed", true};
    if (shown->diverged)
        columns[count++] = (struct table_column){"diverged", true};
    if (shown->stopped)
        columns[count++] = (struct table_column){"stopped", true};
    if (shown->failed)
        columns[count++] = (struct table_column){"failed", true};
    columns[count++] = (struct table_column){"runs", true};
    columns[count++] = (struct table_column){"last run (UTC)", false};
    return count;
}

/* Cells are NULL where no memory was left. */
static void fill_row(const struct sweep_record *sweep, const struct shown *shown,
                     struct arena *arena, const char **cells) {
    size_t at = 0;
    cells[at++] = arena_printf(arena, "%" PRId64, sweep->id);
    cells[at++] = sweep->label;
    cells[at++] = sweep->dataset;
    cells[at++] = arena_printf(arena, "%zu", sweep->trials);
    cells[at++] = arena_printf(arena, "%zu", sweep->completed);
    if (shown->diverged)
        cells[at++] = arena_printf(arena, "%zu", sweep->diverged);
    if (shown->stopped)
        cells[at++] = arena_printf(arena, "%zu", sweep->stopped);
    if (shown->failed)
        cells[at++] = arena_printf(arena, "%zu", sweep->failed);
    cells[at++] = arena_printf(arena, "%zu", sweep->commands);
    cells[at++] = arena_printf(arena, "%.16s%s%s", sweep->started_at, *sweep->started_at ? " " : "",
                               sweep->outcome);
}

static enum status print_table(const struct sweep_list *list, struct arena *arena,
                               struct error *error) {
    struct table_column columns[TABLE_COLUMNS_MAX];
    struct shown shown;
    const size_t width = columns_of(list, &shown, columns);
    const char **cells = ARENA_NEW(arena, const char *, list->count *width);
    for (size_t i = 0; cells && i < list->count; i++)
        fill_row(&list->sweeps[i], &shown, arena, cells + i * width);
    for (size_t i = 0; i < list->count * width; i++)
        if (!cells || !cells[i])
            return error_memory(error);
    if (list->count == 0)
        fputs("the database holds no sweep yet\n", stderr);
    else
        table_print(stdout, columns, width, cells, list->count);
    return STATUS_OK;
}

/* What programs get, by name. */
static void print_csv(const struct sweep_list *list) {
    static const char *const names[] = {"sweep",  "name",      "dataset",    "metric",  "settings",
                                        "trials", "completed", "diverged",   "stopped", "failed",
                                        "shared", "commands",  "started_at", "outcome"};
    struct csv csv;
    csv_init(&csv, stdout);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        csv_text(&csv, names[i]);
    csv_end(&csv);
    for (size_t i = 0; i < list->count; i++) {
        const struct sweep_record *sweep = &list->sweeps[i];
        const size_t counts[] = {sweep->settings, sweep->trials, sweep->completed, sweep->diverged,
                                 sweep->stopped,  sweep->failed, sweep->shared,    sweep->commands};
        csv_integer(&csv, sweep->id);
        csv_text(&csv, sweep->name);
        csv_text(&csv, sweep->dataset);
        csv_text(&csv, sweep->metric);
        for (size_t j = 0; j < sizeof counts / sizeof *counts; j++)
            csv_integer(&csv, (int64_t)counts[j]);
        csv_text(&csv, sweep->started_at);
        csv_text(&csv, sweep->outcome);
        csv_end(&csv);
    }
}

static enum status print_json(const struct sweep_list *list, struct error *error) {
    struct json json;
    json_init_array(&json);
    for (size_t i = 0; i < list->count; i++) {
        const struct sweep_record *sweep = &list->sweeps[i];
        json_begin_object(&json, NULL);
        json_integer(&json, "sweep", sweep->id);
        json_text(&json, "name", sweep->name);
        json_text(&json, "dataset", sweep->dataset);
        json_text(&json, "metric", sweep->metric);
        json_integer(&json, "settings", (int64_t)sweep->settings);
        json_integer(&json, "trials", (int64_t)sweep->trials);
        json_integer(&json, "completed", (int64_t)sweep->completed);
        json_integer(&json, "diverged", (int64_t)sweep->diverged);
        json_integer(&json, "stopped", (int64_t)sweep->stopped);
        json_integer(&json, "failed", (int64_t)sweep->failed);
        json_integer(&json, "shared", (int64_t)sweep->shared);
        json_integer(&json, "commands", (int64_t)sweep->commands);
        json_text(&json, "started_at", *sweep->started_at ? sweep->started_at : NULL);
        json_text(&json, "outcome", *sweep->outcome ? sweep->outcome : NULL);
        json_end(&json);
    }
    enum status status = json_print(&json, JSON_PRETTY, stdout, error);
    json_release(&json);
    return status;
}

static enum status print(const struct arguments *arguments, const struct sweep_list *list,
                         struct arena *arena, struct error *error) {
    switch (arguments->form) {
    case FORM_JSON:
        return print_json(list, error);
    case FORM_CSV:
        print_csv(list);
        return STATUS_OK;
    case FORM_TABLE:
        break;
    }
    return print_table(list, arena, error);
}

/* A sweep that was killed is `running` in the database. Of its commands the last one is the sweep's
 * that began when its own did: another sweep's may have trained trials of it since. */
static enum status settle(struct store *store, struct sweep_record *sweep, struct arena *arena,
                          struct error *error) {
    struct provenance provenance;
    if (strcmp(sweep->outcome, "running") != 0)
        return STATUS_OK;
    const enum status status = store_provenance(store, sweep->id, arena, &provenance, error);
    if (status != STATUS_OK)
        return status;
    live_settle(&provenance);
    for (size_t i = 0; i < provenance.count; i++)
        if (strcmp(provenance.commands[i].started_at, sweep->started_at) == 0)
            sweep->outcome = provenance.commands[i].outcome;
    return STATUS_OK;
}

static int run(int argc, char **argv) {
    struct arguments arguments = {.path = DATABASE_PATH};
    struct store *store = NULL;
    struct sweep_list list;
    struct arena arena;
    struct error error;
    command_parse(&command_list, argc, argv, &arguments);
    arena_init(&arena);
    enum status status = store_open_read(arguments.path, &store, &error);
    if (status == STATUS_OK)
        status = store_sweeps(store, &arena, &list, &error);
    for (size_t i = 0; status == STATUS_OK && i < list.count; i++)
        status = settle(store, &list.sweeps[i], &arena, &error);
    store_close(store);
    if (status == STATUS_OK)
        status = print(&arguments, &list, &arena, &error);
    const int code = status == STATUS_OK ? 0 : command_fail(&error);
    arena_release(&arena);
    return code;
}

const struct command command_list = {
    .name = "list",
    .help = "list the sweeps of a database",
    .description = "List the sweeps of a database: their numbers and names, which --sweep takes, "
                   "their trials by status, and when a sweep was last run and how that ended.",
    .options = options,
    .run = run,
};
