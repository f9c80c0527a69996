#include "report/leaderboard.h"

#include "base/text.h"
#include "report/table.h"
#include "report/terminal.h"
#include "sweep/hyperparameter.h"

#include <math.h>
#include <string.h>

static const char *number(struct arena *arena, double value, int decimals) {
    return isnan(value) ? "-" : arena_printf(arena, "%.*f", decimals, value);
}

/* Shares such as an accuracy to four places, the rest to four digits. */
static const char *score(struct arena *arena, const struct leaderboard *leaderboard, double value) {
    const char *column = leaderboard->column;
    if (isnan(value))
        return "-";
    if (strstr(column, "accuracy"))
        return number(arena, value, 4);
    return arena_printf(arena, "%.4g", value);
}

static bool is_number(const char *hyperparameter) {
    const struct hyperparameter *found = hyperparameter_find(hyperparameter);
    return found && (found->type == VALUE_INTEGER || found->type == VALUE_REAL);
}

static size_t columns_of(const struct leaderboard *leaderboard, struct table_column *columns) {
    const bool test = strcmp(leaderboard->column, "test_accuracy") != 0;
    size_t count = 0;
    columns[count++] = (struct table_column){"rank", true};
    for (size_t i = 0; i < leaderboard->hyperparameter_count; i++)
        columns[count++] = (struct table_column){leaderboard->hyperparameters[i],
                                                 is_number(leaderboard->hyperparameters[i])};
    columns[count++] = (struct table_column){"n", true};
    if (leaderboard->diverged > 0)
        columns[count++] = (struct table_column){"diverged", true};
    columns[count++] = (struct table_column){leaderboard->column, true};
    columns[count++] = (struct table_column){"sd", true};
    if (test)
        columns[count++] = (struct table_column){"test_accuracy", true};
    columns[count++] = (struct table_column){"seconds", true};
    return count;
}

static void fill_row(struct arena *arena, const struct leaderboard *leaderboard, size_t row,
                     const char **cells) {
    const struct standing *standing = &leaderboard->standings[row];
    size_t at = 0;
    cells[at++] = arena_printf(arena, "%zu", row + 1);
    for (size_t i = 0; i < leaderboard->hyperparameter_count; i++)
        cells[at++] = standing->values[i];
    cells[at++] = arena_printf(arena, "%zu", standing->n);
    if (leaderboard->diverged > 0)
        cells[at++] = arena_printf(arena, "%zu", standing->diverged);
    cells[at++] = score(arena, leaderboard, standing->mean);
    cells[at++] = score(arena, leaderboard, standing->deviation);
    if (strcmp(leaderboard->column, "test_accuracy") != 0)
        cells[at++] = number(arena, standing->test_accuracy, 4);
    cells[at++] = number(arena, standing->seconds, 2);
}

static void print_title(FILE *stream, const struct leaderboard *leaderboard) {
    char name[80];
    fprintf(stream, "%s: %zu of %zu trial%s", terminal_safe(leaderboard->sweep, name, sizeof name),
            leaderboard->completed + leaderboard->diverged, leaderboard->trials,
            text_plural(leaderboard->trials));
    if (leaderboard->diverged > 0)
        fprintf(stream, ", %zu of them diverged", leaderboard->diverged);
    if (leaderboard->failed > 0)
        fprintf(stream, ", %zu failed", leaderboard->failed);
    if (leaderboard->count == 0) {
        fputc('\n', stream);
        return;
    }
    fprintf(stream, "; mean %s over seeds, %s first\n\n", leaderboard->column,
            leaderboard->maximize ? "highest" : "lowest");
}

enum status leaderboard_print(FILE *stream, const struct leaderboard *leaderboard,
                              struct arena *arena, struct error *error) {
    struct table_column columns[TABLE_COLUMNS_MAX];
    const size_t count = columns_of(leaderboard, columns);
    const size_t cell_count = leaderboard->count * count;
    const char **cells = ARENA_NEW(arena, const char *, cell_count);
    if (!cells)
        return error_memory(error);
    for (size_t row = 0; row < leaderboard->count; row++)
        fill_row(arena, leaderboard, row, cells + row * count);
    for (size_t i = 0; i < cell_count; i++)
        if (!cells[i])
            return error_memory(error);
    print_title(stream, leaderboard);
    if (leaderboard->count > 0)
        table_print(stream, columns, count, cells, leaderboard->count);
    return STATUS_OK;
}
