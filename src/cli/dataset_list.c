#include "cli/dataset_list.h"

#include "data/catalogue.h"
#include "report/terminal.h"

#include <stdio.h>

/* Where it is; *found false: nowhere. */
static enum status find(const struct catalogue_entry *entry, const struct dataset_places *places,
                        struct location *location, bool *found, struct error *error) {
    *found = false;
    return entry->about ? locate(entry->name, places, location, found, error) : STATUS_OK;
}

/* `path` is where it is; NULL: nowhere. */
static void print_entry(const struct catalogue_entry *entry, const char *path) {
    char safe[1024], lines[2048], missing[128] = "not found; in Python: ";
    if (entry->package)
        snprintf(missing, sizeof missing,
                 "not found; Debian's package %s; in Python: ", entry->package);
    snprintf(lines, sizeof lines, "%-15s  %s\n%17s%s%s", entry->name, entry->about, "",
             path ? "" : missing, terminal_safe(path ? path : entry->origin, safe, sizeof safe));
    terminal_fill(stdout, (size_t)terminal_width(stdout), 0, 17, lines);
}

enum status dataset_list_print(const struct dataset_places *places, struct error *error) {
    struct location location;
    struct text text;
    bool found;
    for (size_t i = 0; i < catalogue_count; i++) {
        const struct catalogue_entry *entry = &catalogue[i];
        const enum status status = find(entry, places, &location, &found, error);
        if (status != STATUS_OK)
            return status;
        if (!entry->about)
            continue;
        print_entry(entry, found ? location.source.path : NULL);
    }
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
    struct location location;
    struct text text;
    bool found;
    json_begin_array(json, "datasets");
    for (size_t i = 0; i < catalogue_count; i++) {
        const struct catalogue_entry *entry = &catalogue[i];
        const enum status status = find(entry, places, &location, &found, error);
        if (status != STATUS_OK)
            return status;
        if (!entry->about)
            continue;
        json_begin_object(json, NULL);
        json_text(json, "name", entry->name);
        json_text(json, "about", entry->about);
        json_text(json, "path", found ? location.source.path : NULL);
        json_text(json, "origin", entry->origin);
        json_text(json, "package", entry->package);
        json_end(json);
    }
    json_end(json);
    text_init(&text);
    locate_append_places(places, &text);
    json_text(json, "looked_for_in", text.data);
    json->failed |= text.failed;
    text_release(&text);
    return STATUS_OK;
}
