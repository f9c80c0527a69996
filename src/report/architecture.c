#include "report/architecture.h"

#include "report/table.h"
#include "report/terminal.h"

enum { COLUMN_LAYER, COLUMN_SHAPE, COLUMN_ACTIVATION, COLUMN_PARAMETERS, COLUMNS };
#define ROWS_MAX (1 + 2 * NETWORK_LAYERS_MAX)

struct row {
    const char *kind;
    size_t number; /* among those of its kind */
    size_t units, parameters;
    const char *activation; /* NULL: none */
};

static size_t layer_parameters(const struct network_spec *spec, size_t layer) {
    const struct layer_spec *own = &spec->layers[layer];
    const size_t inputs = layer == 0 ? spec->inputs : spec->layers[layer - 1].units;
    return own->units * (inputs + (own->activation->learned ? 2 : 1));
}

/* As the layers would stand in a Keras model: dropout is a layer of its own. */
static size_t list_rows(const struct network_spec *spec, struct row rows[ROWS_MAX]) {
    size_t count = 0;
    rows[count++] = (struct row){"Flatten", 0, spec->inputs, 0, NULL};
    for (size_t i = 0; i < spec->layer_count; i++) {
        const struct layer_spec *layer = &spec->layers[i];
        rows[count++] = (struct row){"Dense", i, layer->units, layer_parameters(spec, i),
                                     layer->activation->name};
        if (spec->dropout > 0 && i + 1 < spec->layer_count)
            rows[count++] = (struct row){"Dropout", i, layer->units, 0, NULL};
    }
    return count;
}

/* flatten, dense, dense_1, ... */
static const char *layer_name(const struct row *row, struct arena *arena) {
    const char first = (char)(row->kind[0] + ('a' - 'A'));
    return row->number == 0
               ? arena_printf(arena, "%c%s (%s)", first, row->kind + 1, row->kind)
               : arena_printf(arena, "%c%s_%zu (%s)", first, row->kind + 1, row->number, row->kind);
}

/* 1,234,567 */
static const char *grouped(size_t number, struct arena *arena) {
    char digits[32], text[48];
    const int length = snprintf(digits, sizeof digits, "%zu", number);
    size_t used = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = '\0';
    return arena_copy(arena, text);
}

enum status architecture_print(FILE *stream, const struct network_spec *spec, struct arena *arena,
                               struct error *error) {
    static const struct table_column columns[COLUMNS] = {
        [COLUMN_LAYER] = {"Layer (type)", false},
        [COLUMN_SHAPE] = {"Output Shape", false},
        [COLUMN_ACTIVATION] = {"Activation", false},
        [COLUMN_PARAMETERS] = {"Param #", true}};
    struct row rows[ROWS_MAX];
    const size_t count = list_rows(spec, rows);
    const size_t total = network_parameter_count(spec);
    const char **cells = ARENA_NEW(arena, const char *, count *COLUMNS);
    const char *all = grouped(total, arena);
    bool failed = !cells || !all;
    for (size_t i = 0; i < count && !failed; i++) {
        const char **own = cells + i * COLUMNS;
        own[COLUMN_LAYER] = layer_name(&rows[i], arena);
        own[COLUMN_SHAPE] = arena_printf(arena, "(None, %zu)", rows[i].units);
        own[COLUMN_ACTIVATION] = rows[i].activation ? rows[i].activation : "";
        own[COLUMN_PARAMETERS] = grouped(rows[i].parameters, arena);
        failed = !own[COLUMN_LAYER] || !own[COLUMN_SHAPE] || !own[COLUMN_PARAMETERS];
    }
    if (failed)
        return error_memory(error);
    table_print(stream, columns, COLUMNS, cells, count);
    terminal_print(stream, 2, "Total params: %s (%.2f KB)", all,
                   (double)(total * sizeof(float)) / 1024);
    return STATUS_OK;
}

void architecture_json(struct json *json, const struct network_spec *spec) {
    struct row rows[ROWS_MAX];
    const size_t count = list_rows(spec, rows);
    json_begin_array(json, "layers");
    for (size_t i = 0; i < count; i++) {
        json_begin_object(json, NULL);
        json_text(json, "type", rows[i].kind);
        json_integer(json, "units", (int64_t)rows[i].units);
        json_text(json, "activation", rows[i].activation);
        json_integer(json, "parameters", (int64_t)rows[i].parameters);
        json_end(json);
    }
    json_end(json);
}
