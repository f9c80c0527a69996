#include "nn/panel.h"

#include "math/interleaved.h"
#include "math/wide.h"

#include <string.h>

/* A block's rows whose gradients are made and used while they are in the first-level cache. */
#define TILE 4

struct panel_block {
    const struct optimizer_kernel *kernel;
    bool decays, penalised; /* some column has weight decay, an l2 penalty */
    bool with_zeros;        /* inputs that are 0 are not skipped */
    size_t columns;
    struct group *group; /* whose columns these are, LANES a unit; NULL: spans of networks */
    size_t first_unit;   /* of a group's block */
    size_t first_span, span_count;
    float *weights;                    /* inputs x columns */
    float *slots[OPTIMIZER_SLOTS_MAX]; /* inputs x columns each */
    float *constants;                  /* OPTIMIZER_CONSTANTS_MAX x columns */
    int32_t *sizes;                    /* of the weights stepped last, see wide_sizes */
};

/* Columns of a network in a block. */
struct panel_span {
    struct network *network;
    size_t column, width; /* in the block */
    size_t unit;          /* the first of them in the network's layer */
    size_t block;
};

/* The columns of a network that may be in a panel. */
static size_t first_units(const struct network_spec *spec) {
    return network_takes_panel(spec) ? spec->layers[0].units : 0;
}

static bool same_arithmetic(const struct network_spec *a, const struct network_spec *b) {
    return network_kernel(a) == network_kernel(b) && network_decays(a) == network_decays(b) &&
           (a->l2 != 0) == (b->l2 != 0);
}

static size_t column_floats(const struct network_spec *spec) {
    return network_inputs(spec) * (1 + network_kernel(spec)->slots) + OPTIMIZER_CONSTANTS_MAX + 1;
}

/* Each network may begin a group of its own, whose last block is padded. */
static size_t run_floats(const struct network_spec *spec) {
    return PAD_TO_LANES(first_units(spec)) * column_floats(spec);
}

static size_t run_blocks(const struct network_spec *spec) {
    return first_units(spec) / WIDE_COLUMNS + 2;
}

/* A tile's, those of a whole narrow panel, or with many rows those of a block. */
static size_t gradient_floats(size_t inputs, size_t rows_max) {
    const size_t narrow = inputs * WIDE_NARROW, tile = (size_t)TILE * WIDE_COLUMNS;
    if (rows_max > WIDE_ROWS)
        return (inputs > TILE ? inputs : TILE) * WIDE_COLUMNS;
    return narrow > tile ? narrow : tile;
}

static size_t group_blocks(const struct network_spec *spec) {
    return (first_units(spec) * LANES + WIDE_COLUMNS - 1) / WIDE_COLUMNS;
}

/* Of one group: all it has, and its first layer's columns. */
static size_t floats_of_group(const struct network_spec *spec, size_t rows_max) {
    return group_floats(spec, rows_max) + first_units(spec) * LANES * column_floats(spec);
}

/* How many groups there are among some networks, and how large: those of a form are LANES to a
 * group, and what is left are a group if they are enough. Fewer networks never need more. */
static size_t group_room(const struct network_spec *const *specs, size_t count, size_t rows_max,
                         size_t *groups, size_t *blocks) {
    size_t floats = 0;
    *groups = 0;
    for (size_t i = 0; i < count; i++) {
        size_t before = 0;
        if (!group_takes(specs[i]))
            continue;
        for (size_t j = 0; j < i; j++)
            before += group_takes_both(specs[i], specs[j]);
        if (before % LANES != GROUP_LEAST - 1)
            continue;
        ++*groups;
        floats += floats_of_group(specs[i], rows_max);
        *blocks += group_blocks(specs[i]);
    }
    return floats;
}

void panel_lay_out(struct panel *panel, const struct network_spec *const *specs, size_t count,
                   size_t rows_max, struct arena *arena) {
    size_t floats = 0, blocks = 0, groups;
    *panel = (struct panel){.inputs = network_inputs(specs[0]), .rows_max = rows_max};
    for (size_t i = 0; i < count; i++) {
        floats += run_floats(specs[i]);
        blocks += run_blocks(specs[i]);
    }
    floats += group_room(specs, count, rows_max, &groups, &blocks);
    panel->groups = ARENA_NEW(arena, struct group, groups);
    panel->blocks = ARENA_NEW(arena, struct panel_block, blocks);
    panel->spans = ARENA_NEW(arena, struct panel_span, blocks);
    panel->floats = ARENA_NEW(arena, float, floats);
    panel->values = ARENA_NEW(arena, float, rows_max *WIDE_COLUMNS);
    panel->gradients = ARENA_NEW(arena, float, gradient_floats(panel->inputs, rows_max));
    panel->order = ARENA_NEW(arena, struct network *, count);
}

static bool same_blocks(const struct network *a, const struct network *b) {
    return a->group == b->group && a->with_zeros == b->with_zeros &&
           same_arithmetic(a->spec, b->spec);
}

/* Bring networks of the same blocks together; their order is otherwise kept. */
static void arrange(struct network **order, size_t count) {
    for (size_t i = 0; i < count; i++) {
        size_t end = i + 1;
        for (size_t j = i + 1; j < count; j++) {
            if (!same_blocks(order[i], order[j]))
                continue;
            struct network *moved = order[j];
            memmove(&order[end + 1], &order[end], (j - end) * sizeof *order);
            order[end++] = moved;
        }
        i = end - 1;
    }
}

/* Bring networks of one form together, into groups. */
static void form_groups(struct panel *panel, float **floats) {
    const size_t count = panel->network_count;
    panel->group_count = 0;
    for (size_t i = 0; i < count; i++)
        panel->order[i]->group = NULL;
    for (size_t i = 0; i < count; i++) {
        struct network *members[LANES];
        size_t found = 0;
        if (panel->order[i]->group || panel->order[i]->with_zeros ||
            !group_takes(panel->order[i]->spec))
            continue;
        for (size_t j = i; j < count && found < LANES; j++)
            if (!panel->order[j]->group && !panel->order[j]->with_zeros &&
                group_takes_both(panel->order[i]->spec, panel->order[j]->spec))
                members[found++] = panel->order[j];
        if (found < GROUP_LEAST)
            continue;
        struct group *group = &panel->groups[panel->group_count++];
        group_gather(group, members, found, panel->rows_max, *floats);
        *floats += group_floats(group->spec, panel->rows_max);
        for (size_t lane = 0; lane < found; lane++) {
            members[lane]->group = group;
            members[lane]->lane = lane;
        }
    }
}

static struct panel_block *add_block(struct panel *panel, const struct network *network,
                                     size_t columns, float **floats) {
    const struct network_spec *spec = network->spec;
    struct panel_block *block = &panel->blocks[panel->block_count++];
    *block = (struct panel_block){.kernel = network_kernel(spec),
                                  .decays = network_decays(spec),
                                  .penalised = spec->l2 != 0,
                                  .with_zeros = network->with_zeros,
                                  .columns = columns,
                                  .first_span = panel->span_count};
    block->weights = *floats;
    *floats += panel->inputs * columns;
    for (size_t slot = 0; slot < block->kernel->slots; slot++) {
        block->slots[slot] = *floats;
        *floats += panel->inputs * columns;
    }
    block->constants = *floats;
    *floats += OPTIMIZER_CONSTANTS_MAX * columns;
    block->sizes = (int32_t *)*floats;
    *floats += columns;
    return block;
}

static void add_group_blocks(struct panel *panel, struct group *group, float **floats) {
    const size_t units = first_units(group->spec), most = WIDE_COLUMNS / LANES;
    for (size_t unit = 0; unit < units; unit += most) {
        const size_t count = units - unit < most ? units - unit : most;
        struct panel_block *block = add_block(panel, group->networks[0], count * LANES, floats);
        block->group = group;
        block->first_unit = unit;
    }
}

/* The blocks of networks order[first .. end-1], which have them together. */
static void add_blocks(struct panel *panel, size_t first, size_t end, float **floats) {
    size_t columns = 0;
    for (size_t i = first; i < end; i++)
        columns += panel->order[i]->layers[0].units;
    struct panel_block *block = NULL;
    size_t free_columns = 0;
    for (size_t i = first; i < end; i++) {
        struct network *network = panel->order[i];
        for (size_t unit = 0; unit < network->layers[0].units;) {
            if (free_columns == 0) {
                free_columns = columns < WIDE_COLUMNS ? columns : WIDE_COLUMNS;
                columns -= free_columns;
                block = add_block(panel, network, PAD_TO_LANES(free_columns), floats);
            }
            const size_t left = network->layers[0].units - unit;
            const size_t width = left < free_columns ? left : free_columns;
            struct panel_span *span = &panel->spans[panel->span_count++];
            *span = (struct panel_span){
                .network = network, .width = width, .unit = unit, .block = panel->block_count - 1};
            if (block->span_count > 0)
                span->column = span[-1].column + span[-1].width;
            block->span_count++;
            free_columns -= width;
            unit += width;
        }
    }
}

/* Copy a span's columns between the block's array and the network's. */
static void copy_columns(const struct panel *panel, const struct panel_block *block,
                         const struct panel_span *span, float *in_block, float *in_network,
                         bool to_block) {
    const size_t stride = span->network->layers[0].stride, bytes = span->width * sizeof(float);
    for (size_t input = 0; input < panel->inputs; input++) {
        float *wide = in_block + input * block->columns + span->column;
        float *own = in_network + input * stride + span->unit;
        memcpy(to_block ? wide : own, to_block ? own : wide, bytes);
    }
}

static void copy_lanes(const struct panel *panel, const struct panel_block *block, size_t lane,
                       float *in_block, float *in_network, bool to_block) {
    const size_t stride = block->group->networks[lane]->layers[0].stride;
    for (size_t input = 0; input < panel->inputs; input++)
        for (size_t unit = 0; unit < block->columns / LANES; unit++) {
            float *wide = &in_block[input * block->columns + unit * LANES + lane];
            float *own = &in_network[input * stride + block->first_unit + unit];
            *(to_block ? wide : own) = *(to_block ? own : wide);
        }
}

/* Between the panel and the networks' own arrays, which begin with the first kernel. */
static void copy_all(const struct panel *panel, bool to_block) {
    for (size_t i = 0; i < panel->block_count; i++) {
        const struct panel_block *block = &panel->blocks[i];
        for (size_t lane = 0; block->group && lane < block->group->count; lane++) {
            const struct network *network = block->group->networks[lane];
            copy_lanes(panel, block, lane, block->weights, network->parameters, to_block);
            for (size_t slot = 0; slot < block->kernel->slots; slot++)
                copy_lanes(panel, block, lane, block->slots[slot], network->optimizer.slots[slot],
                           to_block);
        }
        for (size_t j = 0; j < block->span_count; j++) {
            const struct panel_span *span = &panel->spans[block->first_span + j];
            struct network *network = span->network;
            copy_columns(panel, block, span, block->weights, network->parameters, to_block);
            for (size_t slot = 0; slot < block->kernel->slots; slot++)
                copy_columns(panel, block, span, block->slots[slot], network->optimizer.slots[slot],
                             to_block);
        }
    }
}

/* All blocks and groups, with the weights as the networks' arrays have them. */
static void lay_out(struct panel *panel) {
    const size_t count = panel->network_count;
    float *floats = panel->floats;
    panel->block_count = panel->span_count = 0;
    form_groups(panel, &floats);
    float *const first_block = floats;
    arrange(panel->order, count);
    for (size_t first = 0, end; first < count; first = end) {
        struct group *group = panel->order[first]->group;
        end = first + 1;
        while (end < count && same_blocks(panel->order[first], panel->order[end]))
            end++;
        if (group)
            add_group_blocks(panel, group, &floats);
        else
            add_blocks(panel, first, end, &floats);
    }
    /* Nobody reads what becomes of the padding, but it should not become slow subnormal numbers. */
    memset(first_block, 0, (size_t)(floats - first_block) * sizeof(float));
    copy_all(panel, true);
}

/* Whether the checks show networks whose zeros have to be taken along from now on. */
static bool find_non_finite(const struct panel *panel) {
    bool found = false;
    for (size_t i = 0; i < panel->span_count; i++) {
        const struct panel_span *span = &panel->spans[i];
        const struct panel_block *block = &panel->blocks[span->block];
        for (size_t c = 0; c < span->width && !block->with_zeros; c++)
            if (!wide_is_finite(block->sizes[span->column + c]))
                found = span->network->with_zeros = true;
    }
    for (size_t i = 0; i < panel->block_count; i++) {
        const struct panel_block *block = &panel->blocks[i];
        for (size_t c = 0; block->group && c < block->columns; c++)
            if (c % LANES < block->group->count && !wide_is_finite(block->sizes[c]))
                found = block->group->networks[c % LANES]->with_zeros = true;
    }
    return found;
}

void panel_load(struct panel *panel, struct network *const *networks, size_t count) {
    panel->network_count = count;
    for (size_t i = 0; i < count; i++) {
        panel->order[i] = networks[i];
        networks[i]->with_zeros = false;
    }
    lay_out(panel);
    for (size_t i = 0; i < panel->block_count; i++) {
        const struct panel_block *block = &panel->blocks[i];
        wide_sizes(block->weights, panel->inputs, block->columns, block->sizes);
    }
    if (find_non_finite(panel))
        lay_out(panel);
}

void panel_store(const struct panel *panel) {
    copy_all(panel, false);
    for (size_t i = 0; i < panel->group_count; i++)
        group_scatter(&panel->groups[i]);
}

/* Give the networks that have become non-finite blocks of their own, in the middle of a batch. */
static void regroup(struct panel *panel, size_t rows) {
    for (size_t i = 0; i < panel->group_count; i++)
        group_scatter_batch(&panel->groups[i]);
    panel_store(panel);
    lay_out(panel);
    for (size_t i = 0; i < panel->group_count; i++)
        group_gather_batch(&panel->groups[i], rows);
}

static void multiply(const struct panel_block *block, struct sparse *x, float *z, size_t stride) {
    if (block->with_zeros || x->few_zeros)
        wide_forward_with_zeros(x, block->weights, block->columns, z, stride);
    else
        wide_forward(x, block->weights, block->columns, z, stride);
}

/* A group's z and delta: rows of `stride` floats, of which a block's columns are next to each
 * other. */
static size_t group_stride(const struct group *group) {
    return first_units(group->spec) * LANES;
}

void panel_forward(struct panel *panel, struct sparse *x) {
    for (size_t i = 0; i < panel->block_count; i++) {
        const struct panel_block *block = &panel->blocks[i];
        if (block->group) {
            multiply(block, x, block->group->layers[0].z + block->first_unit * LANES,
                     group_stride(block->group));
            continue;
        }
        multiply(block, x, panel->values, block->columns);
        for (size_t j = 0; j < block->span_count; j++) {
            const struct panel_span *span = &panel->spans[block->first_span + j];
            const struct layer *layer = &span->network->layers[0];
            const float *from = panel->values + span->column;
            float *to = layer->z + span->unit;
            for (size_t row = 0; row < x->rows; row++)
                memcpy(to + row * layer->stride, from + row * block->columns,
                       span->width * sizeof(float));
        }
    }
}

/* The deltas of a block's columns, and what lies between two rows of them. */
struct deltas {
    const float *values;
    size_t stride;
};

/* The same of the deltas of the first layers. */
static bool find_non_finite_deltas(const struct panel *panel, size_t rows) {
    bool found = false;
    for (size_t i = 0; i < panel->network_count; i++) {
        struct network *network = panel->order[i];
        const struct layer *layer = &network->layers[0];
        if (!network->group && !network->with_zeros &&
            !wide_all_finite(layer->delta, rows * layer->stride))
            found = network->with_zeros = true;
    }
    for (size_t i = 0; i < panel->group_count; i++) {
        const struct group *group = &panel->groups[i];
        int32_t sizes[LANES] = {0};
        wide_sizes(group->layers[0].delta, rows * first_units(group->spec), LANES, sizes);
        for (size_t lane = 0; lane < group->count; lane++)
            if (!wide_is_finite(sizes[lane]))
                found = group->networks[lane]->with_zeros = true;
    }
    return found;
}

/* Gather the deltas and the constants of the columns of networks by themselves. */
static void collect_spans(const struct panel *panel, const struct panel_block *block, size_t rows) {
    memset(panel->values, 0, rows * block->columns * sizeof(float));
    for (size_t j = 0; j < block->span_count; j++) {
        const struct panel_span *span = &panel->spans[block->first_span + j];
        const struct layer *layer = &span->network->layers[0];
        const float *from = layer->delta + span->unit;
        float *to = panel->values + span->column;
        for (size_t row = 0; row < rows; row++)
            memcpy(to + row * block->columns, from + row * layer->stride,
                   span->width * sizeof(float));
        for (size_t k = 0; k < OPTIMIZER_CONSTANTS_MAX; k++)
            for (size_t c = 0; c < span->width; c++)
                block->constants[k * block->columns + span->column + c] =
                    span->network->constants[k];
    }
}

/* Ready a step of a block: its constants, and its deltas. */
static struct deltas collect(const struct panel *panel, const struct panel_block *block,
                             size_t rows) {
    const struct group *group = block->group;
    memset(block->sizes, 0, block->columns * sizeof *block->sizes);
    if (!group) {
        collect_spans(panel, block, rows);
        return (struct deltas){panel->values, block->columns};
    }
    for (size_t k = 0; k < OPTIMIZER_CONSTANTS_MAX; k++)
        for (size_t c = 0; c < block->columns; c += LANES)
            memcpy(&block->constants[k * block->columns + c], &group->constants[k * LANES],
                   LANES * sizeof(float));
    return (struct deltas){group->layers[0].delta + block->first_unit * LANES, group_stride(group)};
}

/* Step `count` rows of the block from `first` on with the gradients at hand. */
static void step_rows(const struct panel *panel, const struct panel_block *block, size_t first,
                      size_t count) {
    const size_t at = first * block->columns;
    struct optimizer_weights weights = {.rows = count,
                                        .columns = block->columns,
                                        .constants = block->constants,
                                        .weights = block->weights + at,
                                        .gradients = panel->gradients,
                                        .sizes = block->sizes};
    for (size_t slot = 0; slot < block->kernel->slots; slot++)
        weights.slots[slot] = block->slots[slot] + at;
    if (block->penalised)
        optimizer_penalise(&weights, panel->gradients);
    if (block->decays)
        optimizer_decay(&weights);
    block->kernel->step(&weights);
}

/* How many active inputs from the i-th on stand in a row, each next to the one before, below `end`.
 */
static size_t run_length(const struct sparse *x, size_t i, size_t most, size_t end) {
    size_t length = 1;
    while (length < most && i + length < x->active_count &&
           x->active[i + length] == x->active[i] + length && x->active[i + length] < end)
        length++;
    return length;
}

/* Only rows with a gradient: the others would stay as they are. */
static void step_active(const struct panel *panel, const struct panel_block *block,
                        struct deltas deltas, const struct sparse *x) {
    for (size_t i = 0; i < x->active_count;) {
        const size_t count = run_length(x, i, TILE, panel->inputs);
        wide_gradient(x, i, count, deltas.values, deltas.stride, block->columns, panel->gradients);
        step_rows(panel, block, x->active[i], count);
        i += count;
    }
}

static void step_all(const struct panel *panel, const struct panel_block *block,
                     struct deltas deltas, const struct sparse *x) {
    const size_t columns = block->columns;
    size_t i = 0;
    for (size_t first = 0; first < panel->inputs; first += TILE) {
        const size_t end = first + TILE < panel->inputs ? first + TILE : panel->inputs;
        size_t input = first;
        while (input < end) {
            const bool active = i < x->active_count && x->active[i] < end;
            const size_t next = active ? x->active[i] : end;
            memset(panel->gradients + (input - first) * columns, 0,
                   (next - input) * columns * sizeof(float));
            input = next;
            if (!active)
                continue;
            const size_t count = run_length(x, i, TILE, end);
            wide_gradient(x, i, count, deltas.values, deltas.stride, columns,
                          panel->gradients + (input - first) * columns);
            input += count;
            i += count;
        }
        step_rows(panel, block, first, end - first);
    }
}

static void step_with_zeros(const struct panel *panel, const struct panel_block *block,
                            struct deltas deltas, struct sparse *x) {
    const size_t tile = x->rows > WIDE_ROWS ? panel->inputs : TILE;
    for (size_t first = 0; first < panel->inputs; first += tile) {
        const size_t count = first + tile < panel->inputs ? tile : panel->inputs - first;
        wide_gradient_with_zeros(x, first, count, deltas.values, deltas.stride, block->columns,
                                 panel->gradients);
        step_rows(panel, block, first, count);
    }
}

static void step_narrow(const struct panel *panel, const struct panel_block *block,
                        struct deltas deltas, const struct sparse *x) {
    wide_scatter(x, deltas.values, deltas.stride, block->columns, panel->gradients);
    step_rows(panel, block, 0, panel->inputs);
}

static void step_block(const struct panel *panel, const struct panel_block *block,
                       struct sparse *x) {
    const struct deltas deltas = collect(panel, block, x->rows);
    if (block->with_zeros || x->few_zeros) {
        step_with_zeros(panel, block, deltas, x);
        return;
    }
    /* Sorting pays when it is shared by several registers of columns. */
    if (panel->block_count == 1 && block->columns <= WIDE_NARROW) {
        step_narrow(panel, block, deltas, x);
        return;
    }
    sparse_sort(x);
    if (block->kernel->rests && !block->decays && !block->penalised)
        step_active(panel, block, deltas, x);
    else
        step_all(panel, block, deltas, x);
}

void panel_step(struct panel *panel, struct sparse *x) {
    if (find_non_finite_deltas(panel, x->rows))
        regroup(panel, x->rows);
    for (size_t i = 0; i < panel->block_count; i++)
        step_block(panel, &panel->blocks[i], x);
    if (find_non_finite(panel))
        regroup(panel, x->rows);
}

struct squares panel_squares(const struct panel *panel, const struct network *network) {
    struct squares squares = {{0}};
    size_t first = 0, end;
    while (panel->spans[first].network != network)
        first++;
    for (end = first; end < panel->span_count && panel->spans[end].network == network;)
        end++;
    /* Input by input over all of the network's spans, as the network alone would. */
    for (size_t input = 0; input < panel->inputs; input++)
        for (size_t i = first; i < end; i++) {
            const struct panel_span *span = &panel->spans[i];
            const struct panel_block *block = &panel->blocks[span->block];
            squares_add(&squares, block->weights + input * block->columns + span->column,
                        span->unit, span->width);
        }
    return squares;
}

void panel_group_squares(const struct panel *panel, const struct group *group,
                         double squares[8][LANES]) {
    memset(squares, 0, 8 * sizeof *squares);
    for (size_t input = 0; input < panel->inputs; input++)
        for (size_t i = 0; i < panel->block_count; i++) {
            const struct panel_block *block = &panel->blocks[i];
            const float *row = block->weights + input * block->columns;
            for (size_t c = 0; block->group == group && c < block->columns; c += LANES)
                interleaved_add_squares(row + c, squares[(block->first_unit + c / LANES) % 8]);
        }
}
