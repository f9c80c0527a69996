/* Several data sets of one sweep. */
#include "base/json.h"
#include "data/dataset.h"

#include <string.h>

static enum status check_pair(const struct dataset *a, const struct dataset *b,
                              struct error *error) {
    if (strcmp(a->digest.hex, b->digest.hex) == 0)
        return error_set(error, STATUS_INPUT,
                         "dataset: %.60s (%.200s) and %.60s (%.200s) are the same data; a sweep "
                         "tries each once",
                         a->name, a->source, b->name, b->source);
    if (strcmp(a->name, b->name) == 0 && strcmp(a->source, b->source) == 0)
        return error_set(error, STATUS_INPUT,
                         "dataset: %.60s (%.200s) is here in two ways, and results are told apart "
                         "by the name; train each in a sweep of its own, as by --set "
                         "'dataset={name: %.200s, normalization: true}', and see both on one page: "
                         "sweep report --sweep 1 --sweep 2",
                         a->name, a->source, a->source);
    if (strcmp(a->name, b->name) == 0)
        return error_set(error, STATUS_INPUT,
                         "dataset: two data sets of a sweep are called %.60s (%.200s and %.200s), "
                         "and results are told apart by the name; rename a file or folder, or "
                         "train them in two sweeps",
                         a->name, a->source, b->source);
    return STATUS_OK;
}

static const char *digest_of_one(const struct dataset *dataset) {
    return dataset->digest.hex;
}

static const char *source_of_one(const struct dataset *dataset) {
    return dataset->source;
}

static const char *changes_of_one(const struct dataset *dataset) {
    return dataset->changes ? dataset->changes : "";
}

/* A JSON object by name of what is not empty, in the arena; "" of nothing; NULL: no memory. */
static const char *by_name(struct dataset *first,
                           const char *(*value_of)(const struct dataset *dataset)) {
    struct text text;
    text_init(&text);
    for (const struct dataset *at = first; at; at = at->next)
        if (value_of(at)[0]) {
            text_append(&text, text.length > 0 ? ", " : "{");
            json_append_text(&text, at->name);
            text_append(&text, ": ");
            json_append_text(&text, value_of(at));
        }
    text_append(&text, text.length > 0 ? "}" : "");
    const char *object = text.failed ? NULL : arena_copy(&first->arena, text.data);
    text_release(&text);
    return object;
}

enum status datasets_join(struct dataset *first, struct error *error) {
    enum status status = STATUS_OK;
    struct text names;
    for (const struct dataset *at = first; at; at = at->next)
        for (const struct dataset *other = at->next; other && status == STATUS_OK;
             other = other->next)
            status = check_pair(at, other, error);
    if (!first->next || status != STATUS_OK)
        return status;
    text_init(&names);
    for (const struct dataset *at = first; at; at = at->next)
        text_printf(&names, "%s%s", at == first ? "" : ", ", at->name);
    first->names = names.failed ? NULL : arena_copy(&first->arena, names.data);
    text_release(&names);
    first->digests = by_name(first, digest_of_one);
    first->sources = by_name(first, source_of_one);
    first->all_changes = by_name(first, changes_of_one);
    return first->names && first->digests && first->sources && first->all_changes
               ? STATUS_OK
               : error_memory(error);
}

const struct dataset *dataset_named(const struct dataset *first, const char *name) {
    for (const struct dataset *at = first; first->next && at; at = at->next)
        if (strcmp(at->name, name) == 0)
            return at;
    return first;
}

size_t datasets_bytes(const struct dataset *first) {
    size_t bytes = 0;
    for (const struct dataset *at = first; at; at = at->next) {
        const size_t images = at->train.count + at->test.count;
        const size_t input = dataset_inputs(at) * (at->train.values ? sizeof(float) : 1);
        const size_t target = at->classes > 0 ? 1 : at->target_width * sizeof(float);
        bytes += images * (input + target) + at->arena.used;
    }
    return bytes;
}
