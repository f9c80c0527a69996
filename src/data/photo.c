#include "data/photo.h"

#include "data/ink.h"

#include <math.h>
#include <string.h>

/* The longest side that is worked on. */
#define WORK_SIDE 1024

/* MNIST's sides: of the image, and of the box the digit is in. */
#define IMAGE_SIDE 28
#define BOX_SIDE 20

/* Strokes are widened on a plane so many times finer than the output, up to the width, in pixels of
 * 28 x 28, that MNIST's thinner ones have. */
#define FINE 8
#define STROKE_LEAST 1.6
#define STROKE_USUAL 2.2

/* Ink of less than that is an edge's blur and has no part in the frame. */
#define FRAME_LEVEL 0.2f

/* The share of an image's pixels that are ink by more than half: of MNIST's 70000 digits at most
 * 0.398. */
#define INK_MOST 0.4

/* The means of squares of `size` x `size`; what is left over at the end is left out. */
static bool average(const uint8_t *grey, size_t rows, size_t columns, size_t size,
                    struct arena *arena, struct plane *plane) {
    if (!plane_init(plane, rows >= size ? rows / size : 1, columns >= size ? columns / size : 1,
                    arena))
        return false;
    const size_t high = rows < size ? rows : size, wide = columns < size ? columns : size;
    for (size_t row = 0; row < plane->rows; row++)
        for (size_t column = 0; column < plane->columns; column++) {
            const uint8_t *at = grey + row * high * columns + column * wide;
            float sum = 0;
            for (size_t y = 0; y < high; y++)
                for (size_t x = 0; x < wide; x++)
                    sum += at[y * columns + x];
            plane->at[row * plane->columns + column] = sum / (float)(high * wide);
        }
    return true;
}

static bool shrink(const uint8_t *grey, size_t rows, size_t columns, struct arena *arena,
                   struct plane *plane) {
    struct plane whole;
    const size_t side = rows > columns ? rows : columns;
    if (!average(grey, rows, columns, side > WORK_SIDE ? side / WORK_SIDE : 1, arena, &whole))
        return false;
    *plane = whole;
    const double scale = (double)WORK_SIDE / (double)plane_longest_side(&whole);
    return scale >= 1 || (plane_init(plane, (size_t)ceil((double)whole.rows * scale),
                                     (size_t)ceil((double)whole.columns * scale), arena) &&
                          plane_resample(&whole, plane_frame(&whole), plane, arena));
}

/* What is within a frame, its longer side made `side` long, with `margin` around it. */
static bool fit(const struct plane *from, struct frame frame, size_t side, size_t margin,
                struct arena *arena, struct plane *to) {
    struct plane inner;
    const double rows = (double)(frame.bottom - frame.top);
    const double columns = (double)(frame.right - frame.left);
    const double scale = (double)side / fmax(rows, columns);
    const size_t high = (size_t)fmax(round(rows * scale), 1);
    const size_t wide = (size_t)fmax(round(columns * scale), 1);
    if (!plane_init(&inner, high, wide, arena) ||
        !plane_init(to, high + 2 * margin, wide + 2 * margin, arena) ||
        !plane_resample(from, frame, &inner, arena))
        return false;
    for (size_t row = 0; row < high; row++)
        memcpy(to->at + (row + margin) * to->columns + margin, inner.at + row * wide,
               wide * sizeof *to->at);
    return true;
}

/* Each pixel becomes the most of those within a circle. */
static bool widen(struct plane *plane, double radius, struct arena *arena) {
    struct plane before;
    const ptrdiff_t reach = (ptrdiff_t)radius;
    const ptrdiff_t rows = (ptrdiff_t)plane->rows, columns = (ptrdiff_t)plane->columns;
    if (!plane_init(&before, plane->rows, plane->columns, arena))
        return false;
    memcpy(before.at, plane->at, plane->rows * plane->columns * sizeof *plane->at);
    for (ptrdiff_t row = reach; row < rows - reach; row++)
        for (ptrdiff_t column = reach; column < columns - reach; column++) {
            float most = 0;
            for (ptrdiff_t y = -reach; y <= reach; y++)
                for (ptrdiff_t x = -reach; x <= reach; x++)
                    if ((double)(x * x + y * y) <= radius * radius)
                        most = fmaxf(most, before.at[(row + y) * columns + column + x]);
            plane->at[row * columns + column] = most;
        }
    return true;
}

/* What tells ink from none: faint strokes that were made smaller have less than 1 everywhere. */
static float half_level(const struct plane *plane) {
    float most = 0;
    for (size_t i = 0; i < plane->rows * plane->columns; i++)
        most = fmaxf(most, plane->at[i]);
    return most / 2;
}

/* How much ink there is in each square of FINE x FINE, where each place either is ink or is not. */
static bool count_ink(const struct plane *fine, struct arena *arena, struct plane *digit) {
    const size_t rows = (fine->rows + FINE - 1) / FINE, columns = (fine->columns + FINE - 1) / FINE;
    const size_t top = (rows * FINE - fine->rows) / 2, left = (columns * FINE - fine->columns) / 2;
    const float level = half_level(fine);
    if (!plane_init(digit, rows, columns, arena))
        return false;
    for (size_t row = 0; row < fine->rows; row++)
        for (size_t column = 0; column < fine->columns; column++)
            if (fine->at[row * fine->columns + column] > level)
                digit->at[(top + row) / FINE * columns + (left + column) / FINE] +=
                    1.0f / (FINE * FINE);
    return true;
}

/* The digit in its box, made as MNIST's: size-normalised while it was black and white. */
static bool normalise_size(const struct plane *ink, size_t box, double stroke_scale,
                           struct arena *arena, struct plane *digit) {
    struct plane fine, exact;
    const size_t margin = (size_t)(2 * FINE * stroke_scale) + 1;
    if (!fit(ink, plane_bounds(ink, FRAME_LEVEL), box * FINE, margin, arena, &fine))
        return false;
    const float level = half_level(&fine); /* and so it stays when strokes are widened */
    const double width = plane_stroke_width(&fine, level) / (FINE * stroke_scale);
    if (width < STROKE_LEAST &&
        !widen(&fine, (STROKE_USUAL - width) / 2 * FINE * stroke_scale, arena))
        return false;
    return fit(&fine, plane_bounds(&fine, level), box * FINE, 0, arena, &exact) &&
           count_ink(&exact, arena, digit);
}

/* Where a digit of `length` goes along one side so that its centre of mass is `after` the middle.
 */
static size_t offset_for(double centre, double after, size_t length, size_t side) {
    const double offset = round((double)side / 2 + after - centre);
    return (size_t)fmin(fmax(offset, 0), (double)(side - length));
}

static void place(const struct plane *digit, size_t out_rows, size_t out_columns, double centre,
                  uint8_t *pixels) {
    double mass = 0, x = 0, y = 0;
    float most = 0;
    for (size_t row = 0; row < digit->rows; row++)
        for (size_t column = 0; column < digit->columns; column++) {
            const float ink = digit->at[row * digit->columns + column];
            mass += (double)ink;
            y += (double)ink * ((double)row + 0.5);
            x += (double)ink * ((double)column + 0.5);
            most = fmaxf(most, ink);
        }
    const size_t top = offset_for(y / mass, centre, digit->rows, out_rows);
    const size_t left = offset_for(x / mass, centre, digit->columns, out_columns);
    memset(pixels, 0, out_rows * out_columns);
    for (size_t row = 0; row < digit->rows; row++)
        for (size_t column = 0; column < digit->columns; column++)
            pixels[(top + row) * out_columns + left + column] =
                (uint8_t)lrintf(digit->at[row * digit->columns + column] / most * 255);
}

static bool is_solid(const uint8_t *pixels, size_t count, size_t side) {
    size_t ink = 0;
    for (size_t i = 0; i < count; i++)
        ink += pixels[i] >= 128;
    return (double)ink > INK_MOST * (double)(side * side);
}

enum status photo_normalise(const uint8_t *grey, size_t rows, size_t columns, size_t out_rows,
                            size_t out_columns, double centre, struct arena *arena, uint8_t *pixels,
                            struct photo_checks *checks, struct error *error) {
    const size_t side = out_rows < out_columns ? out_rows : out_columns;
    const size_t box = (side * BOX_SIDE + IMAGE_SIDE / 2) / IMAGE_SIDE;
    struct plane plane, digit;
    bool found = false;
    if (!shrink(grey, rows, columns, arena, &plane) ||
        !ink_find(&plane, arena, &found, &checks->several))
        return error_memory(error);
    const struct frame frame = plane_bounds(&plane, FRAME_LEVEL);
    if (!found || frame.bottom <= frame.top)
        return error_set(error, STATUS_INPUT,
                         "shows no digit: nothing in it stands out from the paper; take a picture "
                         "with darker strokes or more light");
    if (!normalise_size(&plane, box > 0 ? box : 1, (double)side / IMAGE_SIDE, arena, &digit))
        return error_memory(error);
    place(&digit, out_rows, out_columns, centre * (double)side / IMAGE_SIDE, pixels);
    checks->solid = is_solid(pixels, out_rows * out_columns, side);
    return STATUS_OK;
}

bool photo_is_normalised(const uint8_t *grey, size_t rows, size_t columns) {
    bool something = false;
    for (size_t row = 0; row < rows; row++)
        for (size_t column = 0; column < columns; column++) {
            const bool inner = row > 0 && row + 1 < rows && column > 0 && column + 1 < columns;
            if (grey[row * columns + column] > 0 && !inner)
                return false;
            something |= grey[row * columns + column] > 0;
        }
    return something;
}

/* Whether the centre of mass is at most a pixel from the middle. */
static bool is_centred(const uint8_t *grey, size_t rows, size_t columns) {
    double sum = 0, down = 0, along = 0;
    for (size_t row = 0; row < rows; row++)
        for (size_t column = 0; column < columns; column++) {
            const double ink = grey[row * columns + column];
            sum += ink;
            down += ink * (double)row;
            along += ink * (double)column;
        }
    return sum > 0 && fabs(down / sum - ((double)rows - 1) / 2) <= 1 &&
           fabs(along / sum - ((double)columns - 1) / 2) <= 1;
}

bool photo_are_normalised(const uint8_t *pixels, size_t count, size_t rows, size_t columns) {
    const size_t looked_at = count < 1000 ? count : 1000;
    size_t normalised = 0;
    for (size_t i = 0; i < looked_at; i++) {
        const uint8_t *image = pixels + i * rows * columns;
        normalised += photo_is_normalised(image, rows, columns) && is_centred(image, rows, columns);
    }
    return normalised * 10 >= looked_at * 9;
}
