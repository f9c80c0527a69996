/* Columns of a CSV file that are called as those that number the rows: whether they do. */
#include "data/csv_private.h"

#include <stdlib.h>
#include <strings.h>

/* FNV-1a. That two texts of ten million have the same by chance is as likely as 3 in a million;
 * then the column is read as an input, which is said. */
static uint64_t hash_text(const struct csv_field *field) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < field->length; i++)
        hash = (hash ^ (uint8_t)field->text[i]) * 0x100000001b3u;
    return hash;
}

static bool grow(struct csv_numbering *numbering) {
    const size_t room = numbering->room > 0 ? 2 * numbering->room : 1024;
    if (numbering->count < numbering->room)
        return true;
    uint64_t *larger = realloc(numbering->hashes, room * sizeof *larger);
    if (larger) {
        numbering->hashes = larger;
        numbering->room = room;
    }
    return larger != NULL;
}

/* Texts, since numbers of many digits are the same as doubles. */
bool csv_numbering_add(struct csv_numbering *numbering, const struct csv_rows *rows,
                       const struct csv_field *field) {
    double number;
    bool real;
    if (!csv_read_number(field, rows->separator, &number, &real)) {
        numbering->words = true;
        return true;
    }
    numbering->fractions |= csv_is_fraction(number);
    if (numbering->words || numbering->fractions || numbering->repeats)
        return true;
    if (!grow(numbering))
        return false;
    numbering->hashes[numbering->count++] = hash_text(field);
    return true;
}

static int in_order(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

void csv_numbering_end(struct csv_columns *columns) {
    for (size_t i = 0; i < columns->count; i++) {
        struct csv_numbering *numbering = &columns->numbering[i];
        if (numbering->count > 1)
            qsort(numbering->hashes, numbering->count, sizeof *numbering->hashes, in_order);
        for (size_t j = 1; j < numbering->count && !numbering->repeats; j++)
            numbering->repeats = numbering->hashes[j] == numbering->hashes[j - 1];
        numbering->count = 0;
    }
}

void csv_numbering_release(struct csv_columns *columns) {
    for (size_t i = 0; i < columns->count && columns->numbering; i++)
        free(columns->numbering[i].hashes);
    columns->numbering = NULL;
}

/* Without a name it is what pandas writes for the rows' index, whatever became of that. */
static bool is_nameless(const char *name) {
    return !name[0] || strcasecmp(name, "unnamed: 0") == 0;
}

static void say(struct csv_table *table, size_t column) {
    const char *name = table->columns.names[column];
    const enum csv_kept kept = table->kept[column];
    if (kept != CSV_NUMBERING)
        csv_note(table, "column %.40s is read as an input: it does not number the rows, since %s",
                 name, kept == CSV_FRACTIONS ? "it has fractions" : "numbers in it repeat");
    else if (table->columns.roles[column] == CSV_LEFT_OUT && !name[0])
        csv_note(table, "column %zu, which has no name, is left out", column + 1);
    else if (table->columns.roles[column] == CSV_LEFT_OUT)
        csv_note(table, "column %.40s, which %s, is left out", name,
                 table->columns.numbering[column].words ? "holds words" : "numbers the rows");
}

bool csv_numbering_judge(struct csv_table *table) {
    const struct csv_columns *columns = &table->columns;
    bool others = false;
    for (size_t i = 0; i < columns->count && columns->names; i++) {
        const struct csv_numbering *numbering = &columns->numbering[i];
        if (columns->roles[i] != CSV_LEFT_OUT || is_nameless(columns->names[i]) ||
            numbering->words || !(numbering->fractions || numbering->repeats))
            continue;
        table->kept[i] = numbering->fractions ? CSV_FRACTIONS : CSV_REPEATS;
        others = true;
    }
    for (size_t i = 0; i < columns->count && columns->names && !others; i++)
        say(table, i);
    return others;
}
