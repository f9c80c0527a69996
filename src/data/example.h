/* One example of a data set, as people see it. */
#ifndef SWEEP_DATA_EXAMPLE_H
#define SWEEP_DATA_EXAMPLE_H

#include "base/text.h"
#include "data/dataset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Its picture in grey, rows x columns: of three or four channels the luminance (ITU-R BT.601), of
 * two the first; real numbers from the example's least, black, to its largest, white. False of a
 * table's row, which is no picture. */
bool example_draw(const struct dataset *dataset, const struct images *part, size_t index,
                  uint8_t *grey);

/* "label 3", or "target 151" and "targets 1, 2". */
void example_append_target(const struct dataset *dataset, const struct images *part, size_t index,
                           struct text *text);

/* A number of a part's examples as the file has it: the example's place times dataset_inputs, and
 * on. */
double example_number(const struct dataset *dataset, const struct images *part, size_t at);

/* Its first numbers, separated by commas. */
void example_append_numbers(const struct dataset *dataset, const struct images *part, size_t index,
                            size_t most, struct text *text);

#endif
