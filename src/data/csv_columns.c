/* What the columns of a CSV file are, by their names. */
#include "data/csv_private.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void csv_note(struct csv_table *table, const char *format, ...) {
    char said[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(said, sizeof said, format, arguments);
    va_end(arguments);
    text_printf(&table->notes, "%s%s", table->notes.length > 0 ? "; " : "", said);
}

enum status csv_fail(const struct csv_table *table, const struct csv_part *part, size_t line,
                     const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    error_vset(table->error, STATUS_INPUT, format, arguments);
    va_end(arguments);
    return error_place(table->error, part->path, line > INT32_MAX ? 0 : (int)line, 0);
}

const char *csv_shown(const char *text, char safe[CSV_SHOWN + 1]) {
    snprintf(safe, CSV_SHOWN + 1, "%s", text);
    for (char *c = safe; *c; c++)
        *c = iscntrl((unsigned char)*c) ? '?' : *c;
    return safe;
}

void csv_name_column(const struct csv_table *table, size_t column, char name[CSV_NAMED]) {
    char where[CSV_SHOWN + 1];
    snprintf(name, CSV_NAMED, "column %zu%s%s", column + 1, table->columns.names ? ", " : "",
             table->columns.names ? csv_shown(table->columns.names[column], where) : "");
}

enum status csv_bad_number(const struct csv_table *table, const struct csv_part *part, size_t line,
                           size_t column, const char *text) {
    char safe[CSV_SHOWN + 1], name[CSV_NAMED];
    csv_name_column(table, column, name);
    if (!text[0])
        return csv_fail(table, part, line,
                        "%s is empty; fill it in, or leave the row or the column out", name);
    if (csv_is_missing(text, true))
        return csv_fail(table, part, line,
                        "%s is '%s', and no number may be missing; fill it in, or leave the row or "
                        "the column out",
                        name, csv_shown(text, safe));
    return csv_fail(table, part, line,
                    "%s is '%s', and inputs are to be numbers; only the column of classes may hold "
                    "words: number them, or leave the column out",
                    name, csv_shown(text, safe));
}

/* --- what the columns are --- */

static bool is_among(const char *name, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(name, words[i]) == 0)
            return true;
    return false;
}

bool csv_is_number(const struct csv_rows *rows, const struct csv_field *field) {
    double number;
    bool real;
    return csv_read_number(field, rows->separator, &number, &real);
}

static bool spells(const struct csv_field *field, unsigned long long number) {
    char digits[24];
    snprintf(digits, sizeof digits, "%llu", number);
    return strcmp(field->text, digits) == 0;
}

/* Whether a row's numbers count on; *from is the first. One field is none of them, which may have
 * been counted: the one that is a word, or the first. */
static bool counts_on(const struct csv_rows *rows, unsigned long long *from) {
    size_t other = 0;
    for (size_t i = 0; i < rows->count; i++)
        if (!csv_is_number(rows, &rows->fields[i]))
            other = i;
    if (rows->count < 4)
        return false;
    unsigned long long next = strtoull(rows->fields[other == 0].text, NULL, 10);
    *from = next;
    for (size_t i = 0; i < rows->count; i++) {
        if (i == other)
            continue;
        if (!spells(&rows->fields[i], next) &&
            (i != other + 1 || !spells(&rows->fields[i], ++next)))
            return false;
        next++;
    }
    return true;
}

bool csv_has_names(const struct csv_table *table, const struct csv_rows *first,
                   const struct csv_rows *second, const bool *numbers) {
    size_t words = 0, named = 0;
    bool asked = false, label = false, fractions = false;
    for (size_t i = 0; i < first->count; i++) {
        const struct csv_field *below = second && i < second->count ? &second->fields[i] : NULL;
        const char *text = first->fields[i].text;
        fractions |= numbers[i] && strspn(text, "0123456789") < strlen(text);
        if (numbers[i])
            continue;
        words++;
        named += below && csv_is_number(second, below);
        label |= csv_is_label_name(text) && !(below && strcmp(below->text, text) == 0);
        asked |= csv_is_asked_for(table, text);
    }
    /* Names that pandas made begin at 0 or 1; those that are years need more of them to be told. */
    unsigned long long from = 0, below = 0;
    const bool counts =
        counts_on(first, &from) && (from <= 1 || (from >= 1000 && words == 1 && first->count > 4));
    return asked || (label && !fractions) || (second ? named > 0 : words > 1) ||
           (counts && !(second && counts_on(second, &below)));
}

/* Columns that number the rows would tell the classes of sorted ones. Whether they do is known
 * when all rows are read (csv_numbering.c). */
static void leave_out_numbering(struct csv_table *table) {
    static const char *const words[] = {"", "id", "index", "imageid", "unnamed: 0"};
    struct csv_columns *columns = &table->columns;
    for (size_t i = 0; i < columns->count; i++)
        if (i != columns->label && table->kept[i] == CSV_NUMBERING &&
            is_among(columns->names[i], words, sizeof words / sizeof *words))
            columns->roles[i] = CSV_LEFT_OUT;
}

/* Without a name that tells, what is to be learned is in the first or the last column that is not
 * left out. False: there are no two of them. */
static bool choose_candidates(struct csv_columns *columns) {
    size_t first = 0, last = columns->count;
    while (first < last && columns->roles[first] == CSV_LEFT_OUT)
        first++;
    while (last > first && columns->roles[last - 1] == CSV_LEFT_OUT)
        last--;
    if (last - first < 2)
        return false;
    columns->label = first;
    columns->other = last - 1;
    columns->roles[columns->label] = CSV_LABEL;
    columns->roles[columns->other] = CSV_OTHER_LABEL;
    return true;
}

enum status csv_plan_columns(struct csv_table *table, const struct csv_part *part) {
    struct csv_columns *columns = &table->columns;
    columns->roles = ARENA_NEW(table->arena, enum csv_role, columns->count);
    columns->numbering = ARENA_NEW(table->arena, struct csv_numbering, columns->count);
    if (!table->kept)
        table->kept = ARENA_NEW(table->arena, enum csv_kept, columns->count);
    if (!columns->roles || !columns->numbering || !table->kept)
        return error_memory(table->error);
    const enum status status = csv_find_label(table, part);
    if (status != STATUS_OK)
        return status;
    columns->known = columns->label < columns->count;
    if (columns->names)
        leave_out_numbering(table);
    if (columns->known)
        columns->roles[columns->label] = CSV_LABEL;
    const bool found = columns->known || choose_candidates(columns);
    for (size_t i = 0; i < columns->count; i++)
        columns->inputs += columns->roles[i] == CSV_INPUT;
    if (!found || columns->inputs + !columns->known < 1)
        return csv_fail(
            table, part, 1,
            "has no column of numbers beside what is to be learned; rows of numbers are "
            "read, separated by commas, semicolons or tabs, one of them called label");
    return STATUS_OK;
}
