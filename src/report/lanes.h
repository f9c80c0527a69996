/* A graph drawn in characters: a row for each node, a lane for each value that is still to be read.
 */
#ifndef SWEEP_REPORT_LANES_H
#define SWEEP_REPORT_LANES_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

#define LANE_SOURCES_MAX 8

/* A node, and the nodes before it that it reads. */
struct lane_node {
    size_t source_count, sources[LANE_SOURCES_MAX];
};

/* A text for each of the nodes, all of one width: "|  *", or with line-drawing characters. False:
 * out of memory. */
bool lanes_draw(const struct lane_node *nodes, size_t count, bool unicode, const char **rows,
                struct arena *arena);

#endif
