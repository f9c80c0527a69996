#include "report/architecture.h"

#include "report/table.h"
#include "report/terminal.h"

enum { COLUMN_LAYER, COLUMN_SHAPE, COLUMN_ACTIVATION, COLUMN_PARAMETERS, COLUMNS };
#define ROWS_MAX (2 * NETWORK_LAYERS_MAX)

struct row {
    const struct layer_kind *kind;
    size_t number; /* among those of its kind */
    struct shape shape;
    struct layer_counts counts;
    const struct activation *activation; /* NULL: none */
};

/* As a Keras model would have them: what is no vector becomes a dense layer's input by Flatten. */
static size_t list_rows(const struct network_spec *spec, struct row rows[ROWS_MAX]) {
    size_t count = 0, flattened = 0;
    for (size_t i = 0; i < spec->layer_count; i++) {
        const struct layer_spec *layer = &spec->layers[i];
        const struct shape input = network_layer_input(spec, i);
        size_t number = network_layer_number(spec, i);
        if (layer->kind == &layer_dense && input.rank > 1)
            rows[count++] = (struct row){.kind = &layer_flatten,
                                         .number = flattened++,
                                         .shape = shape_vector(shape_size(input))};
        if (layer->kind == &layer_flatten)
            number = flattened++;
        rows[count++] = (struct row){layer->kind, number, layer_shape(layer, input),
                                     layer_count(layer, input), layer->activation};
    }
    return count;
}

/* flatten, dense, dense_1, batch_normalization, ... */
static const char *layer_name(const struct row *row, struct arena *arena) {
    char word[LAYER_WORD_MAX];
    layer_kind_word(row->kind, word);
    return row->number == 0
               ? arena_printf(arena, "%s (%s)", word, row->kind->name)
               : arena_printf(arena, "%s_%zu (%s)", word, row->number, row->kind->name);
}

/* (None, 784), (None, 26, 26, 32) */
static const char *shape_name(struct shape shape, struct arena *arena) {
    char text[32 * SHAPE_RANK_MAX];
    int used = 0;
    for (size_t i = 0; i < shape.rank; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, ", %zu", shape.dims[i]);
    return arena_printf(arena, "(None%.*s)", used, text);
}

static size_t parameters(struct layer_counts counts) {
    return counts.weights + counts.state;
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
        own[COLUMN_SHAPE] = shape_name(rows[i].shape, arena);
        own[COLUMN_ACTIVATION] = rows[i].activation ? rows[i].activation->name : "";
        own[COLUMN_PARAMETERS] = grouped(parameters(rows[i].counts), arena);
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
        json_text(json, "type", rows[i].kind->name);
        json_integer(json, "units", (int64_t)shape_size(rows[i].shape));
        json_text(json, "activation", rows[i].activation ? rows[i].activation->name : NULL);
        json_integer(json, "parameters", (int64_t)parameters(rows[i].counts));
        json_end(json);
    }
    json_end(json);
}
