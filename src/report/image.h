/* Images drawn with characters. */
#ifndef SWEEP_REPORT_IMAGE_H
#define SWEEP_REPORT_IMAGE_H

#include "base/json.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Draw rows x columns grey levels as dark ink on white paper, as the course deck does: in shades of
 * grey where the stream is a terminal with colours, two rows a line; else in characters, two a
 * pixel where there is room. */
void image_draw(FILE *stream, const uint8_t *pixels, size_t rows, size_t columns);

/* The grey levels as an array of rows. */
void image_json(struct json *json, const char *key, const uint8_t *pixels, size_t rows,
                size_t columns);

#endif
