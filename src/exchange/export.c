#include "exchange/export.h"

#include "base/json.h"
#include "exchange/csv.h"

static void write_csv(struct csv *csv, const struct rows_cell *cell) {
    switch (cell->type) {
    case VALUE_INTEGER:
        csv_integer(csv, cell->integer);
        break;
    case VALUE_REAL:
        csv_number(csv, cell->real);
        break;
    case VALUE_BOOLEAN:
        csv_text(csv, cell->boolean ? "true" : "false");
        break;
    case VALUE_NONE:
        csv_text(csv, NULL);
        break;
    case VALUE_NAME:
    case VALUE_LAYERS:
    case VALUE_COMPONENTS:
    case VALUE_WEIGHTS:
        csv_text(csv, cell->text);
        break;
    }
}

enum status export_csv(FILE *stream, struct rows *rows, struct error *error) {
    struct csv csv;
    bool row = true;
    csv_init(&csv, stream);
    for (size_t i = 0; i < rows->column_count; i++)
        csv_text(&csv, rows->columns[i].name);
    csv_end(&csv);
    /* Nobody may be there to read any more: then the rest need not be written. */
    while (!ferror(stream)) {
        enum status status = rows_next(rows, &row, error);
        if (status != STATUS_OK || !row)
            return status;
        for (size_t i = 0; i < rows->column_count; i++) {
            const struct rows_cell cell = rows_cell(rows, i);
            write_csv(&csv, &cell);
        }
        csv_end(&csv);
    }
    return STATUS_OK;
}

static void write_json(struct json *json, const char *key, const struct rows_cell *cell) {
    switch (cell->type) {
    case VALUE_INTEGER:
        json_integer(json, key, cell->integer);
        break;
    case VALUE_REAL:
        json_number(json, key, cell->real);
        break;
    case VALUE_BOOLEAN:
        json_boolean(json, key, cell->boolean);
        break;
    case VALUE_NONE:
        json_null(json, key);
        break;
    case VALUE_NAME:
    case VALUE_LAYERS:
    case VALUE_COMPONENTS:
    case VALUE_WEIGHTS:
        json_text(json, key, cell->text);
        break;
    }
}

static enum status write_line(FILE *stream, const struct rows *rows, struct error *error) {
    struct json json;
    json_init(&json);
    for (size_t i = 0; i < rows->column_count; i++) {
        const struct rows_cell cell = rows_cell(rows, i);
        write_json(&json, rows->columns[i].name, &cell);
    }
    enum status status = json_print(&json, JSON_ONE_LINE, stream, error);
    json_release(&json);
    return status;
}

enum status export_json_lines(FILE *stream, struct rows *rows, struct error *error) {
    enum status status = STATUS_OK;
    bool row = true;
    while (status == STATUS_OK && !ferror(stream)) {
        status = rows_next(rows, &row, error);
        if (status != STATUS_OK || !row)
            break;
        status = write_line(stream, rows, error);
    }
    return status;
}
