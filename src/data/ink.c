#include "data/ink.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define LEVELS 256

/* The longest side of the small copy in which the paper is looked for. */
#define SMALL_SIDE 64
/* Strokes are narrower than twice that share of it. */
#define STROKE_SHARE 6

static size_t longest(const struct plane *plane) {
    return plane->rows > plane->columns ? plane->rows : plane->columns;
}

static bool small_copy(const struct plane *plane, struct plane *small, struct arena *arena) {
    const size_t side = longest(plane);
    const double scale = side > SMALL_SIDE ? (double)SMALL_SIDE / (double)side : 1;
    const size_t rows = (size_t)ceil((double)plane->rows * scale);
    const size_t columns = (size_t)ceil((double)plane->columns * scale);
    return plane_init(small, rows, columns, arena) &&
           plane_resample(plane, plane_frame(plane), small, arena);
}

/* --- dark on light, or light on dark --- */

static double border_mean(const struct plane *plane) {
    double sum = 0;
    size_t count = 0;
    for (size_t row = 0; row < plane->rows; row++)
        for (size_t column = 0; column < plane->columns; column++)
            if (row == 0 || column == 0 || row + 1 == plane->rows || column + 1 == plane->columns) {
                sum += (double)plane->at[row * plane->columns + column];
                count++;
            }
    return sum / (double)count;
}

static double mean_of(const struct plane *plane) {
    double sum = 0;
    for (size_t i = 0; i < plane->rows * plane->columns; i++)
        sum += (double)plane->at[i];
    return sum / (double)(plane->rows * plane->columns);
}

/* Of the differences from their surroundings the large ones are the ink's, of which there is less
 * than paper: their third moment tells on which side they are. In doubt the border is paper. */
static bool is_dark_on_light(const struct plane *small, struct arena *arena, bool *dark) {
    struct plane around;
    const size_t count = small->rows * small->columns;
    if (!plane_init(&around, small->rows, small->columns, arena))
        return false;
    memcpy(around.at, small->at, count * sizeof *around.at);
    if (!plane_filter(&around, PLANE_MEAN, longest(small) / 4 + 1, arena))
        return false;
    double squares = 0, cubes = 0;
    for (size_t i = 0; i < count; i++) {
        const double difference = (double)(small->at[i] - around.at[i]);
        squares += difference * difference;
        cubes += difference * difference * difference;
    }
    const double skew = cubes / (double)count / pow(squares / (double)count + 1e-9, 1.5);
    *dark = fabs(skew) > 0.5 ? skew < 0 : border_mean(small) > mean_of(small);
    return true;
}

/* --- the paper --- */

/* Take off what is wider than a stroke: the paper with its shadows, the least (then the most again)
 * around each place. */
static bool subtract_paper(struct plane *plane, struct plane *small, struct arena *arena) {
    struct plane paper;
    const size_t reach = longest(small) / STROKE_SHARE + 1;
    if (!plane_filter(small, PLANE_LEAST, reach, arena) ||
        !plane_filter(small, PLANE_MOST, reach, arena) ||
        !plane_filter(small, PLANE_MEAN, reach / 2, arena) ||
        !plane_init(&paper, plane->rows, plane->columns, arena) ||
        !plane_resample(small, plane_frame(small), &paper, arena))
        return false;
    for (size_t i = 0; i < plane->rows * plane->columns; i++)
        plane->at[i] = fmaxf(plane->at[i] - paper.at[i], 0);
    return true;
}

/* --- how dark ink is --- */

/* From `weak` on there is some ink, at `full` it is as dark as it gets; where it is never `strong`
 * there is none. */
struct thresholds {
    float weak, strong, full;
};

struct part {
    double count, mean, deviation;
};

static struct part part_between(const double counts[LEVELS], int first, int end) {
    struct part part = {0, 0, 0};
    double squares = 0;
    for (int i = first; i < end; i++) {
        part.count += counts[i];
        part.mean += counts[i] * i;
        squares += counts[i] * i * i;
    }
    if (part.count > 0) {
        part.mean /= part.count;
        part.deviation = sqrt(fmax(squares / part.count - part.mean * part.mean, 0));
    }
    return part;
}

/* The level that parts two classes best: the largest variance between them (Otsu, A threshold
 * selection method from gray-level histograms, 1979). */
static int otsu(const double counts[LEVELS]) {
    double best = -1;
    int level = 1;
    for (int i = 1; i < LEVELS; i++) {
        const struct part low = part_between(counts, 0, i), high = part_between(counts, i, LEVELS);
        const double difference = high.mean - low.mean;
        const double variance = low.count * high.count * difference * difference;
        if (variance > best) {
            best = variance;
            level = i;
        }
    }
    return level;
}

/* The level below which a share of those from `first` on lie. */
static int quantile(const double counts[LEVELS], int first, double share) {
    double left = part_between(counts, first, LEVELS).count * share;
    int i = first;
    while (i + 1 < LEVELS && (left -= counts[i]) > 0)
        i++;
    return i;
}

/* Ink is darker than the paper by more than the paper is uneven, and than an eye would miss. */
#define CONTRAST_LEAST 12
#define CONTRAST_DEVIATIONS 4

static bool stands_out(struct part ink, struct part paper) {
    const double contrast = ink.mean - paper.mean;
    return ink.count > 0 && contrast >= CONTRAST_LEAST &&
           contrast >= CONTRAST_DEVIATIONS * paper.deviation;
}

static bool choose_thresholds(const struct plane *plane, struct thresholds *thresholds) {
    double counts[LEVELS] = {0};
    for (size_t i = 0; i < plane->rows * plane->columns; i++)
        counts[(int)fminf(plane->at[i], LEVELS - 1)]++;
    int level = otsu(counts);
    if (!stands_out(part_between(counts, level, LEVELS), part_between(counts, 0, level)))
        return false;
    /* Lines on the paper and what shines through are fainter than the ink. */
    const int typical = quantile(counts, level, 0.75);
    level = typical / 2 > level ? typical / 2 : level;
    const struct part paper = part_between(counts, 0, level);
    thresholds->weak = (float)fmin(paper.mean + 2 * paper.deviation, 0.6 * level);
    thresholds->strong = (float)level;
    thresholds->full = (float)quantile(counts, level, 0.6) + 1;
    return true;
}

static float amount(const struct thresholds *thresholds, float level) {
    const float share = (level - thresholds->weak) / (thresholds->full - thresholds->weak);
    return fminf(fmaxf(share, 0), 1);
}

/* --- specks, edges and the digit --- */

/* Ink that hangs together. */
struct blob {
    uint32_t pixels; /* strong ones */
    uint32_t top, left, bottom, right;
    bool at_edge, kept;
};

struct blobs {
    size_t count;
    struct blob *items;
    uint32_t *of;    /* each pixel's blob, counted from 1; 0: none */
    uint32_t *stack; /* scratch */
};

static void add_pixel(struct blob *blob, const struct plane *plane, size_t at, bool strong) {
    const uint32_t row = (uint32_t)(at / plane->columns), column = (uint32_t)(at % plane->columns);
    blob->pixels += strong;
    blob->top = row < blob->top ? row : blob->top;
    blob->left = column < blob->left ? column : blob->left;
    blob->bottom = row + 1 > blob->bottom ? row + 1 : blob->bottom;
    blob->right = column + 1 > blob->right ? column + 1 : blob->right;
    blob->at_edge |=
        row == 0 || column == 0 || row + 1 == plane->rows || column + 1 == plane->columns;
}

/* Give the pixel's blob all that it hangs together with, over corners as well. */
static void fill(const struct plane *plane, const struct thresholds *thresholds, size_t from,
                 struct blobs *blobs) {
    struct blob *blob = &blobs->items[blobs->count++];
    size_t depth = 0;
    *blob = (struct blob){.top = UINT32_MAX, .left = UINT32_MAX};
    blobs->stack[depth++] = (uint32_t)from;
    blobs->of[from] = (uint32_t)blobs->count;
    while (depth > 0) {
        const size_t at = blobs->stack[--depth];
        const size_t row = at / plane->columns, column = at % plane->columns;
        add_pixel(blob, plane, at, plane->at[at] >= thresholds->strong);
        for (size_t y = row > 0 ? row - 1 : 0; y <= row + 1 && y < plane->rows; y++)
            for (size_t x = column > 0 ? column - 1 : 0; x <= column + 1 && x < plane->columns;
                 x++) {
                const size_t next = y * plane->columns + x;
                if (blobs->of[next] || !(plane->at[next] > thresholds->weak))
                    continue;
                blobs->of[next] = (uint32_t)blobs->count;
                blobs->stack[depth++] = (uint32_t)next;
            }
    }
}

static bool find_blobs(const struct plane *plane, const struct thresholds *thresholds,
                       struct arena *arena, struct blobs *blobs) {
    const size_t pixels = plane->rows * plane->columns;
    *blobs = (struct blobs){0, ARENA_NEW(arena, struct blob, pixels),
                            ARENA_NEW(arena, uint32_t, pixels), ARENA_NEW(arena, uint32_t, pixels)};
    if (!blobs->items || !blobs->of || !blobs->stack)
        return false;
    for (size_t i = 0; i < pixels; i++)
        if (!blobs->of[i] && plane->at[i] >= thresholds->strong)
            fill(plane, thresholds, i, blobs);
    return true;
}

/* Whether ink is next to ink more often than it would be if it were strewn: it is in a line, even a
 * thin one, and not in noise. */
static bool hangs_together(const struct plane *plane, float strong) {
    double pixels = 0, beside = 0, rows = (double)plane->rows, columns = (double)plane->columns;
    for (size_t row = 1; row + 1 < plane->rows; row++)
        for (size_t column = 1; column + 1 < plane->columns; column++) {
            const float *at = &plane->at[row * plane->columns + column];
            if (*at < strong)
                continue;
            pixels++;
            for (ptrdiff_t i = 0; i < 9; i++)
                beside +=
                    i != 4 && at[(i / 3 - 1) * (ptrdiff_t)plane->columns + i % 3 - 1] >= strong;
        }
    return pixels == 0 || beside / (8 * pixels) > pixels / (rows * columns) + 0.1;
}

static size_t side_of(const struct blob *blob) {
    const size_t rows = blob->bottom - blob->top, columns = blob->right - blob->left;
    return rows > columns ? rows : columns;
}

static const struct blob *largest(const struct blobs *blobs, bool at_edge) {
    const struct blob *most = NULL;
    for (size_t i = 0; i < blobs->count; i++)
        if (blobs->items[i].at_edge == at_edge && (!most || blobs->items[i].pixels > most->pixels))
            most = &blobs->items[i];
    return most;
}

/* What reaches the picture's edge is the table's, a shadow or a neighbour, unless there is nothing
 * of note besides. Of the rest, the digit's parts are not much smaller than its main one. */
static void keep_digit(const struct plane *plane, struct blobs *blobs) {
    const struct blob *inside = largest(blobs, false), *edge = largest(blobs, true);
    const bool drop_edge = inside && edge && side_of(inside) >= longest(plane) / 8 &&
                           inside->pixels >= edge->pixels / 10;
    const struct blob *main =
        !edge || (inside && (drop_edge || inside->pixels > edge->pixels)) ? inside : edge;
    for (size_t i = 0; i < blobs->count; i++) {
        struct blob *blob = &blobs->items[i];
        blob->kept = !(drop_edge && blob->at_edge) && blob->pixels >= main->pixels / 25;
    }
}

static bool measure(struct plane *plane, struct arena *arena, bool *found) {
    struct thresholds thresholds;
    struct blobs blobs;
    *found = choose_thresholds(plane, &thresholds) && hangs_together(plane, thresholds.strong);
    if (!*found)
        return true;
    if (!find_blobs(plane, &thresholds, arena, &blobs))
        return false;
    keep_digit(plane, &blobs);
    for (size_t i = 0; i < plane->rows * plane->columns; i++) {
        const uint32_t blob = blobs.of[i];
        plane->at[i] = blob && blobs.items[blob - 1].kept ? amount(&thresholds, plane->at[i]) : 0;
    }
    return true;
}

bool ink_find(struct plane *plane, struct arena *arena, bool *found) {
    struct plane small;
    bool dark = false;
    *found = false;
    if (!small_copy(plane, &small, arena) || !is_dark_on_light(&small, arena, &dark))
        return false;
    for (size_t i = 0; dark && i < plane->rows * plane->columns; i++)
        plane->at[i] = LEVELS - 1 - plane->at[i];
    for (size_t i = 0; dark && i < small.rows * small.columns; i++)
        small.at[i] = LEVELS - 1 - small.at[i];
    return subtract_paper(plane, &small, arena) && measure(plane, arena, found);
}
