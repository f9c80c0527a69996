/* Which column of a CSV file is to be learned, where the key label or its name says so. */
#include "data/csv_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define COLUMNS_LISTED 12 /* in a message */

static size_t find_exactly(const struct csv_columns *columns, const char *name, size_t *count) {
    size_t found = columns->count;
    *count = 0;
    for (size_t i = columns->count; i-- > 0;)
        if (strcmp(columns->names[i], name) == 0) {
            found = i;
            ++*count;
        }
    return found;
}

static size_t numbered(const struct csv_columns *columns, const char *number) {
    char *end;
    const unsigned long long from_one = strtoull(number, &end, 10);
    return *end == '\0' && from_one >= 1 && from_one <= columns->count ? (size_t)from_one - 1
                                                                       : columns->count;
}

/* What columns there are, of whose names one may have been meant. */
static void append_columns(const struct csv_columns *columns, const char *asked,
                           struct text *text) {
    char safe[CSV_SHOWN + 1];
    if (!columns->names) {
        text_printf(text,
                    "; it has no line of names, and a column is named by its number, from 1 to %zu",
                    columns->count);
        return;
    }
    const char *near = text_nearest(asked, columns->names, columns->count);
    if (near)
        text_printf(text, "; did you mean '%s'?", csv_shown(near, safe));
    for (size_t i = 0; i < columns->count && i < COLUMNS_LISTED; i++)
        text_printf(text, "%s%s",
                    i > 0  ? ", "
                    : near ? " Its columns are "
                           : "; its columns are ",
                    csv_shown(columns->names[i], safe));
    text_append(text, columns->count > COLUMNS_LISTED ? ", ..." : "");
}

/* The column that the key label says. */
static enum status find_asked(struct csv_table *table, const struct csv_part *part) {
    struct csv_columns *columns = &table->columns;
    const char *asked = table->options->label;
    size_t count = 0;
    struct text known;
    if (columns->names)
        columns->label = find_exactly(columns, asked, &count);
    else
        columns->label = numbered(columns, asked);
    if (columns->label < columns->count && count < 2)
        return STATUS_OK;
    text_init(&known);
    if (count == 0)
        append_columns(columns, asked, &known);
    csv_fail(table, part, 0, "label: %.200s has %s column '%.60s'%s", part->path,
             count > 0 ? "more than one" : "no", asked,
             count > 0 ? "; rename one, or leave it out" : known.data);
    text_release(&known);
    return error_from(table->error, &table->options->label_at);
}

/* How many columns are called one of the words, and the first two of them: the earlier the word,
 * the better. */
static size_t find_called(const struct csv_columns *columns, const char *const *words, size_t count,
                          size_t found[2]) {
    size_t called = 0;
    for (size_t word = 0; word < count; word++)
        for (size_t i = 0; i < columns->count; i++)
            if (strcasecmp(columns->names[i], words[word]) == 0) {
                if (called < 2)
                    found[called] = i;
                called++;
            }
    return called;
}

/* With two of them, one would be an input that tells the other; but beside another word y is a
 * coordinate. */
static enum status find_by_words(struct csv_table *table, const struct csv_part *part) {
    static const char *const words[] = {"label", "class", "target", "labels", "classes", "targets"};
    static const char *const letter = "y";
    struct csv_columns *columns = &table->columns;
    size_t found[2] = {columns->count};
    size_t called = find_called(columns, words, sizeof words / sizeof *words, found);
    if (called == 0)
        called = find_called(columns, &letter, 1, found);
    columns->label = found[0];
    if (called < 2)
        return STATUS_OK;
    return csv_fail(table, part, 1,
                    "columns %zu, %.60s, and %zu, %.60s, are both called as what is to be learned: "
                    "leave one out; or name one beside the data set's name, as in label: %.60s, "
                    "which makes the other an input",
                    found[0] + 1, columns->names[found[0]], found[1] + 1, columns->names[found[1]],
                    columns->names[found[0]]);
}

enum status csv_find_label(struct csv_table *table, const struct csv_part *part) {
    table->columns.label = table->columns.count;
    if (table->options && table->options->label)
        return find_asked(table, part);
    return table->columns.names ? find_by_words(table, part) : STATUS_OK;
}
