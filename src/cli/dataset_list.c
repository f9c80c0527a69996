#include "cli/dataset_list.h"

#include "data/catalogue.h"
#include "data/locate.h"
#include "report/terminal.h"

#include <stdio.h>
#include <string.h>

/* What there is of a data set. */
struct listed {
    bool found;
    char path[PLACES_PATH_MAX]; /* where it is */
    struct error fault;         /* of what is there and can't be read; code STATUS_OK: none */
};

/* It is read whole, since nothing less tells whether it can be, and is the one of that name. */
static enum status find(const struct catalogue_entry *entry, const struct dataset_places *places,
                        struct listed *listed, struct error *error) {
    struct dataset dataset = {0};
    *listed = (struct listed){.found = catalogue_is_built_in(entry), .path = CATALOGUE_BUILT_IN};
    if (listed->found)
        return STATUS_OK;
    const enum status status =
        dataset_load(entry->name, places, &dataset, &listed->found, &listed->fault);
    memcpy(listed->path, dataset.source, sizeof dataset.source);
    dataset_release(&dataset);
    if (status == STATUS_OK || status == STATUS_INPUT || status == STATUS_IO)
        return STATUS_OK;
    *error = listed->fault;
    return status;
}

static bool is_good(const struct listed *listed) {
    return listed->found && listed->fault.code == STATUS_OK;
}

static void print_entry(const struct catalogue_entry *entry, const struct listed *listed) {
    char safe[1024], fault[ERROR_TEXT], lines[2048], missing[128] = "not found; in Python: ";
    const char *told = is_good(listed) ? listed->path : entry->origin;
    if (entry->package)
        snprintf(missing, sizeof missing,
                 "not found; Debian's package %s; in Python: ", entry->package);
    if (listed->fault.code != STATUS_OK) {
        strcpy(missing, "can't be read: ");
        told = error_text(&listed->fault, fault);
    }
    snprintf(lines, sizeof lines, "%-15s  %s\n%17s%s%s", entry->name, entry->about, "",
             is_good(listed) ? "" : missing, terminal_safe(told, safe, sizeof safe));
    terminal_fill(stdout, (size_t)terminal_width(stdout), 0, 17, lines);
}

static void entry_json(struct json *json, const struct catalogue_entry *entry,
                       const struct listed *listed) {
    char fault[ERROR_TEXT];
    const bool bad = listed->fault.code != STATUS_OK;
    json_begin_object(json, NULL);
    json_text(json, "name", entry->name);
    json_text(json, "about", entry->about);
    json_text(json, "path", is_good(listed) ? listed->path : NULL);
    json_text(json, "error", bad ? error_text(&listed->fault, fault) : NULL);
    json_text(json, "origin", entry->origin);
    json_text(json, "package", entry->package);
    json_end(json);
}

/* Tell of each, as JSON or, where that is NULL, in words. */
static enum status tell_all(struct json *json, const struct dataset_places *places,
                            struct error *error) {
    struct listed listed;
    for (size_t i = 0; i < catalogue_count; i++) {
        if (!catalogue[i].about)
            continue;
        const enum status status = find(&catalogue[i], places, &listed, error);
        if (status != STATUS_OK)
            return status;
        if (json)
            entry_json(json, &catalogue[i], &listed);
        else
            print_entry(&catalogue[i], &listed);
    }
    return STATUS_OK;
}

enum status dataset_list_print(const struct dataset_places *places, struct error *error) {
    struct text text;
    const enum status status = tell_all(NULL, places, error);
    if (status != STATUS_OK)
        return status;
    text_init(&text);
    text_append(&text, "Looked for in ");
    locate_append_places(places, &text);
    text_append(&text, ", in this order; in the folder of --data-dir DIR first. Any other data set "
                       "is named by the path of its folder or file.");
    puts("");
    return terminal_say(stdout, &text, error);
}

enum status dataset_list_json(struct json *json, const struct dataset_places *places,
                              struct error *error) {
    struct text text;
    json_begin_array(json, "datasets");
    const enum status status = tell_all(json, places, error);
    if (status != STATUS_OK)
        return status;
    json_end(json);
    text_init(&text);
    locate_append_places(places, &text);
    json_text(json, "looked_for_in", text.data);
    json->failed |= text.failed;
    text_release(&text);
    return STATUS_OK;
}
