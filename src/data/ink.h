/* Where the ink is in a photograph of paper. */
#ifndef SWEEP_DATA_INK_H
#define SWEEP_DATA_INK_H

#include "data/plane.h"

/* Turn grey levels, 0 to 255, into how much ink there is, 0 to 1: see photo.h. *found is false
 * where there is none; *several where it is in parts too far from each other for one digit. Returns
 * false when out of memory. */
bool ink_find(struct plane *plane, struct arena *arena, bool *found, bool *several);

#endif
