#include "report/lanes.h"

#include "base/text.h"

#define LANES_SHOWN_MAX 64

struct marks {
    const char *node, *live, *cross, *flat, *from_left, *from_right, *last_left, *last_right;
};
static const struct marks lines = {"●", "│", "┼", "─", "├", "┤", "╰", "╯"};
static const struct marks ascii = {"*", "|", "+", "-", "+", "+", "`", "'"};

/* The lanes at a row: the number of the node whose value runs there, + 1; 0: none. */
struct lanes {
    const struct lane_node *nodes;
    size_t count, width;
    size_t value[LANES_SHOWN_MAX];
};

static bool reads(const struct lane_node *node, size_t source) {
    bool does = false;
    for (size_t k = 0; k < node->source_count; k++)
        does |= node->sources[k] == source;
    return does;
}

static bool is_read_after(const struct lanes *lanes, size_t source, size_t row) {
    bool read = false;
    for (size_t i = row + 1; i < lanes->count; i++)
        read |= reads(&lanes->nodes[i], source);
    return read;
}

/* Whether the node of a row reads the value of a lane. */
static bool is_source(const struct lanes *lanes, size_t lane, size_t row) {
    return lanes->value[lane] > 0 && reads(&lanes->nodes[row], lanes->value[lane] - 1);
}

static bool ends(const struct lanes *lanes, size_t lane, size_t row) {
    return is_source(lanes, lane, row) && !is_read_after(lanes, lanes->value[lane] - 1, row);
}

/* That of a value which ends in this row, or else the first that is free. */
static size_t own_lane(const struct lanes *lanes, size_t row) {
    for (size_t lane = 0; lane < LANES_SHOWN_MAX; lane++)
        if (ends(lanes, lane, row))
            return lane;
    for (size_t lane = 0; lane < LANES_SHOWN_MAX; lane++)
        if (lanes->value[lane] == 0)
            return lane;
    return LANES_SHOWN_MAX - 1;
}

static const char *mark_at(const struct lanes *lanes, size_t lane, size_t row, size_t own,
                           bool between, const struct marks *marks) {
    if (lane == own)
        return marks->node;
    if (is_source(lanes, lane, row) && ends(lanes, lane, row))
        return lane < own ? marks->last_left : marks->last_right;
    if (is_source(lanes, lane, row) && between)
        return marks->cross;
    if (is_source(lanes, lane, row))
        return lane < own ? marks->from_left : marks->from_right;
    if (lanes->value[lane] > 0)
        return between ? marks->cross : marks->live;
    return between ? marks->flat : " ";
}

static void draw_row(struct lanes *lanes, size_t row, const struct marks *marks,
                     struct text *text) {
    const size_t own = own_lane(lanes, row);
    size_t left = own, right = own;
    for (size_t lane = 0; lane < LANES_SHOWN_MAX; lane++)
        if (is_source(lanes, lane, row)) {
            left = lane < left ? lane : left;
            right = lane > right ? lane : right;
        }
    for (size_t lane = 0; lane < lanes->width; lane++) {
        text_append(text, mark_at(lanes, lane, row, own, lane > left && lane < right, marks));
        text_append(text, lane >= left && lane < right ? marks->flat : " ");
    }
    for (size_t lane = 0; lane < LANES_SHOWN_MAX; lane++)
        if (ends(lanes, lane, row))
            lanes->value[lane] = 0;
    lanes->value[own] = row + 1;
}

/* How many lanes are used. */
static size_t measure(struct lanes lanes, struct text *text) {
    size_t width = 1;
    for (size_t row = 0; row < lanes.count; row++) {
        draw_row(&lanes, row, &ascii, text);
        for (size_t lane = width; lane < LANES_SHOWN_MAX; lane++)
            width = lanes.value[lane] > 0 ? lane + 1 : width;
    }
    return width;
}

bool lanes_draw(const struct lane_node *nodes, size_t count, bool unicode, const char **rows,
                struct arena *arena) {
    struct lanes lanes = {.nodes = nodes, .count = count};
    struct text text;
    text_init(&text);
    lanes.width = measure(lanes, &text);
    bool drawn = true;
    for (size_t row = 0; row < count && drawn; row++) {
        text_clear(&text);
        draw_row(&lanes, row, unicode ? &lines : &ascii, &text);
        rows[row] = text.failed ? NULL : arena_copy(arena, text.data);
        drawn = rows[row] != NULL;
    }
    text_release(&text);
    return drawn;
}
