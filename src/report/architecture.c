#include "report/architecture.h"

#include "nn/named_input.h"
#include "report/lanes.h"
#include "report/table.h"
#include "report/terminal.h"

#include <string.h>

enum {
    COLUMN_GRAPH,
    COLUMN_LAYER,
    COLUMN_SHAPE,
    COLUMN_ACTIVATION,
    COLUMN_PARAMETERS,
    COLUMN_INPUTS,
    COLUMNS
};
#define ROWS_MAX (1 + 2 * NETWORK_LAYERS_MAX)

struct row {
    const struct layer_kind *kind; /* NULL: the input, which a graph begins with */
    size_t number;                 /* among those of its kind */
    const char *given;             /* the name of an output or of an array; else NULL */
    const struct row *shared;      /* the layer that it is once more, or NULL */
    struct shape shape;
    struct layer_counts counts;
    const struct activation *activation; /* NULL: none */
    struct lane_node node;               /* the rows that it reads, of a graph */
};

struct rows {
    size_t count, flattened;
    bool is_graph;
    struct row items[ROWS_MAX];
    size_t of_value[NETWORK_LAYERS_MAX + 1]; /* the row that gives it */
};

/* What is no vector becomes a dense layer's input by Flatten, as in Keras. */
static void add_flatten(struct rows *rows, struct row *dense, struct shape input) {
    struct row *flatten = &rows->items[rows->count++];
    *flatten = (struct row){.kind = &layer_flatten,
                            .number = rows->flattened++,
                            .shape = shape_vector(shape_size(input)),
                            .node = dense->node};
    dense->node = (struct lane_node){1, {rows->count - 1}};
}

static void add_row(struct rows *rows, const struct network_spec *spec, size_t layer) {
    const struct layer_spec *own = &spec->layers[layer];
    const struct shape input = network_layer_input(spec, layer);
    struct row row = {.kind = own->kind,
                      .number = own->kind == &layer_flatten ? rows->flattened++
                                                            : network_layer_number(spec, layer),
                      .shape = layer_shape(own, input),
                      .counts = layer_count(own, input),
                      .given = own->kind == &layer_output        ? own->output->name
                               : own->kind == &layer_input_layer ? own->input->name
                                                                 : NULL,
                      .activation = own->activation};
    row.node.source_count = own->kind == &layer_input_layer ? 0 : layer_source_count(own);
    for (size_t k = 0; k < row.node.source_count; k++)
        row.node.sources[k] = rows->of_value[layer_source(own, layer, k)];
    if (own->shared)
        row.shared = &rows->items[rows->of_value[own->shared]];
    if (own->kind == &layer_dense && input.rank > 1)
        add_flatten(rows, &row, input);
    rows->of_value[layer + 1] = rows->count;
    rows->items[rows->count++] = row;
}

/* As a Keras model would have them. */
static void list_rows(const struct network_spec *spec, struct rows *rows) {
    *rows = (struct rows){.is_graph = !network_is_chain(spec)};
    if (rows->is_graph && !network_has_named_inputs(spec))
        rows->items[rows->count++] = (struct row){.shape = spec->input};
    for (size_t i = 0; i < spec->layer_count; i++)
        add_row(rows, spec, i);
}

/* flatten, dense, dense_1, batch_normalization, ... */
static const char *short_name(const struct row *row, struct arena *arena) {
    char word[LAYER_WORD_MAX];
    if (!row->kind)
        return "input";
    if (row->given)
        return row->given;
    layer_kind_word(row->kind, word);
    return row->number == 0 ? arena_copy(arena, word)
                            : arena_printf(arena, "%s_%zu", word, row->number);
}

/* dense_1 (Dense), and dense_2 (= dense_1) where the same layer is used again. */
static const char *layer_name(const struct row *row, struct arena *arena) {
    const char *name = short_name(row, arena);
    const char *other = row->shared ? short_name(row->shared, arena) : "";
    if (!name || !other)
        return NULL;
    return row->shared
               ? arena_printf(arena, "%s (= %s)", name, other)
               : arena_printf(arena, "%s (%s)", name, row->kind ? row->kind->name : "InputLayer");
}

/* dense, add_1 */
static const char *source_names(const struct rows *rows, const struct row *row,
                                struct arena *arena) {
    const char *names = "";
    for (size_t k = 0; k < row->node.source_count && names; k++) {
        const char *name = short_name(&rows->items[row->node.sources[k]], arena);
        names = name ? arena_printf(arena, "%s%s%s", names, k > 0 ? ", " : "", name) : NULL;
    }
    return names;
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

static bool fill_row(const struct rows *rows, size_t row, const char **cells, struct arena *arena) {
    const struct row *own = &rows->items[row];
    cells[COLUMN_LAYER] = layer_name(own, arena);
    cells[COLUMN_SHAPE] = shape_name(own->shape, arena);
    cells[COLUMN_ACTIVATION] = own->activation ? own->activation->name : "";
    cells[COLUMN_PARAMETERS] = grouped(parameters(own->counts), arena);
    cells[COLUMN_INPUTS] = source_names(rows, own, arena);
    return cells[COLUMN_LAYER] && cells[COLUMN_SHAPE] && cells[COLUMN_PARAMETERS] &&
           cells[COLUMN_INPUTS];
}

static bool draw(const struct rows *rows, const char **cells, struct arena *arena) {
    struct lane_node nodes[ROWS_MAX];
    const char *drawn[ROWS_MAX];
    for (size_t i = 0; i < rows->count; i++)
        nodes[i] = rows->items[i].node;
    const bool done = lanes_draw(nodes, rows->count, terminal_unicode(), drawn, arena);
    for (size_t i = 0; i < rows->count && done; i++)
        cells[i * COLUMNS + COLUMN_GRAPH] = drawn[i];
    return done;
}

/* A chain without the columns of a graph. */
static void print_table(FILE *stream, const struct rows *rows, const char **cells) {
    static const struct table_column columns[COLUMNS] = {
        [COLUMN_GRAPH] = {"", true}, /* never broken */
        [COLUMN_LAYER] = {"Layer (type)", false},
        [COLUMN_SHAPE] = {"Output Shape", false},
        [COLUMN_ACTIVATION] = {"Activation", false},
        [COLUMN_PARAMETERS] = {"Param #", true},
        [COLUMN_INPUTS] = {"Connected to", false}};
    enum { CHAIN_COLUMNS = COLUMN_INPUTS - COLUMN_LAYER };
    if (rows->is_graph) {
        table_print(stream, columns, COLUMNS, cells, rows->count);
        return;
    }
    for (size_t i = 0; i < rows->count; i++)
        memmove(cells + i * CHAIN_COLUMNS, cells + i * COLUMNS + COLUMN_LAYER,
                CHAIN_COLUMNS * sizeof *cells);
    table_print(stream, columns + COLUMN_LAYER, CHAIN_COLUMNS, cells, rows->count);
}

enum status architecture_print(FILE *stream, const struct network_spec *spec, struct arena *arena,
                               struct error *error) {
    struct rows *rows = ARENA_NEW(arena, struct rows, 1);
    const char **cells = ARENA_NEW(arena, const char *, ROWS_MAX *COLUMNS);
    const size_t total = network_parameter_count(spec);
    const char *all = grouped(total, arena);
    if (!rows || !cells || !all)
        return error_memory(error);
    list_rows(spec, rows);
    bool filled = !rows->is_graph || draw(rows, cells, arena);
    for (size_t i = 0; i < rows->count && filled; i++)
        filled = fill_row(rows, i, cells + i * COLUMNS, arena);
    if (!filled)
        return error_memory(error);
    print_table(stream, rows, cells);
    terminal_print(stream, 2, "Total params: %s (%.2f KB)", all,
                   (double)(total * sizeof(float)) / 1024);
    return STATUS_OK;
}

static void append_inputs(struct json *json, const struct rows *rows, const struct row *row) {
    json_begin_array(json, "inputs");
    for (size_t k = 0; k < row->node.source_count; k++)
        json_integer(json, NULL, (int64_t)row->node.sources[k]);
    json_end(json);
    if (row->shared)
        json_integer(json, "shared", (int64_t)(row->shared - rows->items));
}

/* In a graph a layer's inputs are places in the list. */
void architecture_json(struct json *json, const struct network_spec *spec) {
    struct rows rows;
    list_rows(spec, &rows);
    json_begin_array(json, "layers");
    for (size_t i = 0; i < rows.count; i++) {
        const struct row *row = &rows.items[i];
        json_begin_object(json, NULL);
        json_text(json, "type", row->kind ? row->kind->name : "InputLayer");
        if (row->given)
            json_text(json, "name", row->given);
        json_integer(json, "units", (int64_t)shape_size(row->shape));
        json_text(json, "activation", row->activation ? row->activation->name : NULL);
        json_integer(json, "parameters", (int64_t)parameters(row->counts));
        if (rows.is_graph)
            append_inputs(json, &rows, row);
        json_end(json);
    }
    json_end(json);
}
