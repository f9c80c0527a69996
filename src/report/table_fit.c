#include "report/table_fit.h"

#include "exchange/value.h"
#include "report/terminal.h"

#include <stdlib.h>
#include <string.h>

static bool fits(FILE *stream, const struct table *table) {
    return table_fits(stream, table->columns, table->count, table->cells, table->rows);
}

/* Rows get shorter where they are. */
static void remove_column(struct table *table, size_t column) {
    size_t to = 0;
    for (size_t from = 0; from < table->rows * table->count; from++)
        if (from % table->count != column)
            table->cells[to++] = table->cells[from];
    table->count--;
    memmove(&table->columns[column], &table->columns[column + 1],
            (table->count - column) * sizeof *table->columns);
}

static bool is_constant(const struct table *table, size_t column) {
    for (size_t row = 1; row < table->rows; row++)
        if (strcmp(table->cells[row * table->count + column], table->cells[column]) != 0)
            return false;
    return table->rows > 1;
}

static void remove_constants(struct table *table, struct text *notes) {
    const char *separator = "All of these have ";
    for (size_t i = 0; i < table->count; i++) {
        /* What does not apply is not worth a word. */
        if (!is_constant(table, i) || strcmp(table->cells[i], "-") == 0)
            continue;
        text_printf(notes, "%s%s %s", separator, table->columns[i].title, table->cells[i]);
        separator = ", ";
    }
    text_append(notes, strcmp(separator, ", ") == 0 ? ". " : "");
    for (size_t i = table->count; i-- > 0;)
        if (is_constant(table, i))
            remove_column(table, i);
}

static const char *shortened(struct arena *arena, const char *cell) {
    char *end;
    const double number = strtod(cell, &end);
    if (*end || end == cell || !strpbrk(cell, ".e"))
        return cell;
    const char *cut = arena_printf(arena, "%.3g", number);
    return cut && strlen(cut) >= strlen(cell) ? cell : cut;
}

static enum status shorten(struct table *table, struct arena *arena, struct text *notes,
                           struct error *error) {
    bool any = false;
    for (size_t i = 0; i < table->rows * table->count; i++) {
        const char *cell = table->cells[i];
        if (!value_is_number(table->columns[i % table->count].title))
            continue;
        table->cells[i] = shortened(arena, cell);
        any |= table->cells[i] != cell;
        if (!table->cells[i])
            return error_memory(error);
    }
    if (any)
        text_append(notes, "Numbers are cut to 3 digits; `sweep top --csv` has all of them. ");
    return STATUS_OK;
}

static void remove_spare(struct table *table, struct text *notes) {
    for (size_t i = table->count; i-- > 0;)
        if (strcmp(table->columns[i].title, "seconds") == 0) {
            text_printf(notes, "A wider terminal has %s as well. ", table->columns[i].title);
            remove_column(table, i);
        }
}

/* What takes from the table, if that makes it fit. */
static enum status narrow(FILE *stream, struct table *table, struct arena *arena,
                          struct text *notes, struct error *error) {
    struct table narrowed = *table;
    const size_t length = notes->length, cells = table->rows * table->count;
    narrowed.cells = ARENA_NEW(arena, const char *, cells);
    if (!narrowed.cells)
        return error_memory(error);
    for (size_t i = 0; i < cells; i++)
        narrowed.cells[i] = table->cells[i];
    const enum status status = shorten(&narrowed, arena, notes, error);
    if (status == STATUS_OK && !fits(stream, &narrowed))
        remove_spare(&narrowed, notes);
    if (status == STATUS_OK && fits(stream, &narrowed))
        *table = narrowed;
    else
        text_cut(notes, length);
    return status;
}

enum status table_fit(FILE *stream, struct table *table, struct arena *arena, struct text *notes,
                      struct error *error) {
    if (!fits(stream, table))
        remove_constants(table, notes);
    return fits(stream, table) ? STATUS_OK : narrow(stream, table, arena, notes, error);
}

enum status table_print_fitted(FILE *stream, struct table *table, struct arena *arena,
                               struct error *error) {
    struct text notes;
    text_init(&notes);
    const enum status status = table_fit(stream, table, arena, &notes, error);
    if (status == STATUS_OK)
        table_print(stream, table->columns, table->count, table->cells, table->rows);
    if (status == STATUS_OK && notes.length > 0) {
        fputc('\n', stream);
        return terminal_say(stream, &notes, error);
    }
    text_release(&notes);
    return status;
}
