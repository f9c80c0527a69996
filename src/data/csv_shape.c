/* Whether the rows of a CSV file are images. */
#include "data/csv_private.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#define DIGITS "0123456789"
#define IMAGE_SIDE_MIN 8 /* of squares that are taken for images without being called pixels */

enum called { CALLED_PIXELS, CALLED_NUMBERS, CALLED_NOTHING, CALLED_OTHERWISE };

/* What an input is called: pixel5 or 3x7; 5 or x5; or another thing. */
static enum called called_as(const char *name) {
    const size_t word = strncasecmp(name, "pixel", 5) == 0 ? 5 : 0;
    const char *at = name + word + (name[word] == '_' || name[word] == ' ');
    const size_t row = strspn(at, DIGITS);
    at += row;
    const bool two = *at == 'x' || *at == '_';
    at += two;
    if (at == name || at[strspn(at, DIGITS)])
        return CALLED_OTHERWISE;
    return word > 0 || (row > 0 && two) ? CALLED_PIXELS : CALLED_NUMBERS;
}

/* What all inputs are called: the least that one of them says. */
static enum called inputs_called(const struct csv_columns *columns) {
    enum called most = CALLED_PIXELS;
    if (!columns->names)
        return CALLED_NOTHING;
    for (size_t i = 0; i < columns->count; i++)
        if (columns->roles[i] == CSV_INPUT && called_as(columns->names[i]) > most)
            most = called_as(columns->names[i]);
    return most;
}

/* Whether numbers may be pixels: bytes, or all from 0 to 1. */
static bool like_pixels(const struct csv_numbers *numbers, size_t columns) {
    bool outside = false;
    for (size_t row = 0; row < numbers->count && numbers->values; row++)
        for (size_t i = 0; i < columns; i++) {
            const double number = csv_numbers_at(numbers, row, i);
            outside |= number < 0 || number > 1;
        }
    return !outside;
}

/* Whether a row of as many inputs as a square has pixels is one. Columns that are called by
 * numbers, as pandas calls them, or not at all may be those of any table. */
static bool is_square(const struct csv_table *table, size_t side) {
    const struct csv_numbers *inputs = &table->parts[0].inputs;
    switch (inputs_called(&table->columns)) {
    case CALLED_PIXELS:
        return true;
    case CALLED_NUMBERS:
        return side >= IMAGE_SIDE_MIN && like_pixels(inputs, table->columns.inputs);
    case CALLED_NOTHING:
        return side >= IMAGE_SIDE_MIN && !inputs->values;
    default:
        return false;
    }
}

/* Whether they are images: as many as image_size has, or a square. */
bool csv_shape(const struct csv_table *table, struct array *array) {
    const struct dataset_options *options = table->options;
    const size_t width = table->columns.inputs + !table->columns.known;
    const size_t side = (size_t)lrint(sqrt((double)width));
    const size_t asked = options ? options->image_rows * options->image_columns : 0;
    array->size[1] = width;
    array->dimensions = 2;
    if (asked > 0 && (width == asked || width == 3 * asked)) {
        array->size[1] = options->image_rows;
        array->size[2] = options->image_columns;
        array->size[3] = width / asked;
        array->dimensions = width == asked ? 3 : 4;
    } else if (asked == 0 && side * side == width && is_square(table, side)) {
        array->size[1] = array->size[2] = side;
        array->dimensions = 3;
    }
    return array->dimensions > 2;
}
