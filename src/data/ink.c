#include "data/ink.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define LEVELS 256

/* The longest side of the small copy in which the paper is looked for. */
#define SMALL_SIDE 64
/* The windows that paper is looked for in: twice these shares of the longest side. */
static const size_t window_shares[] = {24, 12, 6, 4};
/* In narrower windows, in pixels to each side, edges are too soft to tell whole strokes from parts.
 */
#define REACH_LEAST 6
#define WINDOW_COUNT (sizeof window_shares / sizeof *window_shares)
/* How much of a window a stroke may fill. */
#define STROKE_SHARE 0.6
/* In what is darker than that, shares of the light are noise. */
#define PAPER_LEAST 64

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

/* The plane with `margin` around it, in which it goes on as at its edges. */
static bool go_on(const struct plane *plane, size_t margin, struct arena *arena,
                  struct plane *wider) {
    if (!plane_init(wider, plane->rows + 2 * margin, plane->columns + 2 * margin, arena))
        return false;
    for (size_t row = 0; row < wider->rows; row++)
        for (size_t column = 0; column < wider->columns; column++) {
            const size_t y = row < margin ? 0 : row - margin;
            const size_t x = column < margin ? 0 : column - margin;
            wider->at[row * wider->columns + column] =
                plane->at[(y < plane->rows ? y : plane->rows - 1) * plane->columns +
                          (x < plane->columns ? x : plane->columns - 1)];
        }
    return true;
}

/* A way to look at a picture. */
struct view {
    bool dark;    /* ink is darker than paper */
    bool goes_on; /* beyond its edge, as at the edge */
    size_t reach; /* of the window; strokes are narrower */
};

/* Paper is what is wider than a stroke: under dark ink the most, then the least, of each place's
 * surroundings (a morphological closing). The edge of a shadow or of a sheet stays as sharp as it
 * is, so that it leaves nothing behind when paper is taken off.
 *
 * Beyond the edge of the picture there is nothing, or, in a view that goes on, what there is at the
 * edge: the table on which a sheet lies, or a frame around the picture, is as wide as paper then.
 */
static bool find_paper(const struct plane *plane, const struct view *view, struct arena *arena,
                       struct plane *paper) {
    const size_t margin = view->goes_on ? view->reach : 0;
    struct plane wide;
    if (!plane_init(paper, plane->rows, plane->columns, arena) ||
        !go_on(plane, margin, arena, &wide) ||
        !plane_filter(&wide, view->dark ? PLANE_MOST : PLANE_LEAST, view->reach, arena) ||
        !plane_filter(&wide, view->dark ? PLANE_LEAST : PLANE_MOST, view->reach, arena))
        return false;
    for (size_t row = 0; row < plane->rows; row++)
        memcpy(paper->at + row * paper->columns, wide.at + (row + margin) * wide.columns + margin,
               paper->columns * sizeof *paper->at);
    return true;
}

/* By how much a place differs from paper, towards ink's side, up to LEVELS - 1. A shadow takes the
 * same share of the light from ink and paper, so dark ink is measured as a share of its paper. */
static float contrast_of(float here, float paper, bool dark) {
    return dark ? (paper - here) / fmaxf(paper, PAPER_LEAST) * (LEVELS - 1) : here - paper;
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
    uint32_t edges, real_edges; /* of pixels; see is_whole */
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
        if (blobs->items[i].pixels > 0 && blobs->items[i].at_edge == at_edge &&
            (!most || blobs->items[i].pixels > most->pixels))
            most = &blobs->items[i];
    return most;
}

/* The place that is `away` from another towards a side, or where the picture ends. */
static size_t go(const struct plane *plane, size_t row, size_t column, int side, size_t away) {
    const size_t up = row < away ? row : away, left = column < away ? column : away;
    const size_t down = plane->rows - 1 - row, right = plane->columns - 1 - column;
    const size_t at = row * plane->columns + column;
    return side == 0   ? at - up * plane->columns
           : side == 1 ? at + (down < away ? down : away) * plane->columns
           : side == 2 ? at - left
                       : at + (right < away ? right : away);
}

/* Whether it gets lighter or darker within `away` of a place, by a good part of `depth`. */
static bool is_edge(const struct plane *plane, size_t at, int side, size_t away, float depth) {
    for (size_t i = 1; i <= away; i++) {
        const size_t there = go(plane, at / plane->columns, at % plane->columns, side, i);
        if (fabsf(plane->at[there] - plane->at[at]) > 0.4f * depth)
            return true;
    }
    return false;
}

/* Count the edges of blobs, and those that are edges in the picture too, be they as soft as half of
 * a stroke is wide. */
static void count_edges(const struct plane *plane, const struct plane *paper,
                        const struct plane *contrast, float strong, struct blobs *blobs) {
    const size_t columns = plane->columns;
    const size_t away =
        1 + longest(plane) / 256 + (size_t)(plane_stroke_width(contrast, strong) / 2);
    for (size_t at = 0; at < plane->rows * columns; at++) {
        if (!blobs->of[at] || contrast->at[at] < strong)
            continue;
        struct blob *blob = &blobs->items[blobs->of[at] - 1];
        const float depth = fabsf(paper->at[at] - plane->at[at]);
        for (int side = 0; side < 4; side++) {
            if (contrast->at[go(plane, at / columns, at % columns, side, 1)] >= strong)
                continue;
            blob->edges++;
            blob->real_edges += is_edge(plane, at, side, away, depth);
        }
    }
}

/* Less than whole is what a window narrower than the stroke left of it when it took the stroke's
 * inside for paper, and the corner of a shadow, into which no window fits. */
#define WHOLE 0.92

static bool is_whole(const struct blob *blob) {
    return blob->real_edges >= WHOLE * blob->edges;
}

/* Without what is not whole, if most is. */
static void drop_parts(struct blobs *blobs) {
    size_t whole = 0, parts = 0;
    for (size_t i = 0; i < blobs->count; i++)
        *(is_whole(&blobs->items[i]) ? &whole : &parts) += blobs->items[i].pixels;
    for (size_t i = 0; i < blobs->count && whole >= parts / 2; i++)
        if (!is_whole(&blobs->items[i]))
            blobs->items[i].pixels = 0;
}

static double wholeness(const struct blobs *blobs) {
    size_t edges = 0, real = 0;
    for (size_t i = 0; i < blobs->count; i++)
        if (blobs->items[i].kept) {
            edges += blobs->items[i].edges;
            real += blobs->items[i].real_edges;
        }
    return edges > 0 ? (double)real / (double)edges : 0;
}

/* A line around something that is not a dot. */
static bool is_frame(const struct plane *plane, const struct blobs *blobs, const struct blob *blob,
                     uint32_t number) {
    const size_t high = blob->bottom - blob->top, wide = blob->right - blob->left;
    const size_t border = (high < wide ? high : wide) / 12 + 1;
    size_t all = 0, beside = 0;
    bool around = false;
    for (size_t i = 0; i < blobs->count && !around; i++) {
        const struct blob *other = &blobs->items[i];
        around = other->top > blob->top + border && other->left > blob->left + border &&
                 other->bottom + border < blob->bottom && other->right + border < blob->right &&
                 side_of(other) >= (high < wide ? high : wide) / 6;
    }
    if (!around)
        return false;
    for (size_t row = blob->top; row < blob->bottom; row++)
        for (size_t column = blob->left; column < blob->right; column++)
            if (blobs->of[row * plane->columns + column] == number) {
                all++;
                beside += row < blob->top + border || row + border >= blob->bottom ||
                          column < blob->left + border || column + border >= blob->right;
            }
    return beside >= all / 10 * 8;
}

/* What reaches the picture's edge is the table's, a shadow or a neighbour, unless there is nothing
 * of note besides. Of the rest, the digit's parts are not much smaller than its main one. */
static const struct blob *keep_digit(const struct plane *plane, struct blobs *blobs) {
    for (uint32_t i = 0; i < blobs->count; i++)
        if (side_of(&blobs->items[i]) >= longest(plane) / 4 &&
            is_frame(plane, blobs, &blobs->items[i], i + 1))
            blobs->items[i].pixels = 0;
    const struct blob *inside = largest(blobs, false), *edge = largest(blobs, true);
    const bool drop_edge = inside && edge && side_of(inside) >= longest(plane) / 8 &&
                           inside->pixels >= edge->pixels / 10;
    const struct blob *main =
        !edge || (inside && (drop_edge || inside->pixels > edge->pixels)) ? inside : edge;
    for (size_t i = 0; i < blobs->count; i++) {
        struct blob *blob = &blobs->items[i];
        blob->kept =
            blob->pixels > 0 && !(drop_edge && blob->at_edge) && blob->pixels >= main->pixels / 25;
    }
    return main;
}

/* --- looking at it --- */

/* What was seen. */
struct sight {
    struct plane ink; /* 0 to 1 */
    bool found;
    double whole; /* the share of its edges that are edges in the picture */
    bool at_edge; /* it touches the picture's edge */
    bool several; /* there is more than one thing to be seen */
    bool solid;   /* it is broad and has more ink than room: a sheet rather than a digit */
};

static bool is_solid(const struct plane *plane, const struct blob *blob) {
    const double high = blob->bottom - blob->top, wide = blob->right - blob->left;
    return fmin(high, wide) >= (double)longest(plane) / 4 &&
           fmin(high, wide) > fmax(high, wide) / 2 && blob->pixels > 0.7 * high * wide;
}

/* How far apart two intervals are. */
static size_t gap(size_t first, size_t end, size_t other_first, size_t other_end) {
    return other_first > end ? other_first - end : first > other_end ? first - other_end : 0;
}

/* The parts of one digit, such as the bar of a 5, are close to each other or small. */
static bool is_several(const struct blobs *blobs, const struct blob *main) {
    for (size_t i = 0; i < blobs->count; i++) {
        const struct blob *blob = &blobs->items[i];
        const size_t columns = gap(main->left, main->right, blob->left, blob->right);
        const size_t rows = gap(main->top, main->bottom, blob->top, blob->bottom);
        if (blob->kept && blob->pixels >= main->pixels / 4 &&
            (columns > rows ? columns : rows) > side_of(main) / 8)
            return true;
    }
    return false;
}

static bool measure(const struct plane *plane, const struct plane *paper, struct arena *arena,
                    struct sight *sight) {
    struct plane *ink = &sight->ink;
    struct thresholds thresholds;
    struct blobs blobs;
    sight->found = choose_thresholds(ink, &thresholds) && hangs_together(ink, thresholds.strong);
    if (!sight->found)
        return true;
    if (!find_blobs(ink, &thresholds, arena, &blobs))
        return false;
    count_edges(plane, paper, ink, thresholds.strong, &blobs);
    drop_parts(&blobs);
    const struct blob *main = keep_digit(ink, &blobs);
    sight->whole = wholeness(&blobs);
    sight->at_edge = main->at_edge;
    sight->several = is_several(&blobs, main);
    sight->solid = is_solid(ink, main);
    for (size_t i = 0; i < ink->rows * ink->columns; i++) {
        const uint32_t blob = blobs.of[i];
        ink->at[i] = blob && blobs.items[blob - 1].kept ? amount(&thresholds, ink->at[i]) : 0;
    }
    return true;
}

static bool look_into(const struct plane *plane, const struct view *view, struct arena *scratch,
                      struct sight *sight) {
    struct plane paper;
    if (!find_paper(plane, view, scratch, &paper))
        return false;
    for (size_t i = 0; i < plane->rows * plane->columns; i++)
        sight->ink.at[i] = contrast_of(plane->at[i], paper.at[i], view->dark);
    if (!measure(plane, &paper, scratch, sight))
        return false;
    return true;
}

static bool look(const struct plane *plane, const struct view *view, struct arena *arena,
                 struct sight *sight) {
    struct arena scratch;
    *sight = (struct sight){.found = false};
    if (!plane_init(&sight->ink, plane->rows, plane->columns, arena))
        return false;
    arena_init(&scratch);
    const bool done = look_into(plane, view, &scratch, sight);
    arena_release(&scratch);
    return done;
}

static bool is_too_wide(const struct sight *sight, const struct view *view) {
    /* Where the picture ends, so does half of the window. */
    const size_t window = view->goes_on ? 2 * view->reach + 1 : view->reach + 1;
    return plane_stroke_width(&sight->ink, 0.5f) > STROKE_SHARE * (double)window;
}

/* The narrowest window that shows whole strokes shows least of all else. */
static bool look_closely(const struct plane *plane, struct view view, struct arena *arena,
                         struct sight *best) {
    *best = (struct sight){.found = false};
    for (size_t i = 0; i < WINDOW_COUNT && best->whole < WHOLE; i++) {
        struct sight sight;
        view.reach = longest(plane) / window_shares[i] + 1;
        if (view.reach < REACH_LEAST && i + 1 < WINDOW_COUNT)
            continue;
        if (!look(plane, &view, arena, &sight))
            return false;
        if (i + 1 < WINDOW_COUNT && sight.found && !sight.solid && is_too_wide(&sight, &view))
            sight.whole /= 2;
        if (sight.found && (!best->found || sight.whole >= best->whole))
            *best = sight;
    }
    return true;
}

/* A digit that the picture's edge cuts close may be taken for a frame in part. */
static bool look_at_edge(const struct plane *plane, bool dark, struct arena *arena,
                         struct sight *sight) {
    struct sight cut;
    if (!look_closely(plane, (struct view){dark, true, 0}, arena, sight))
        return false;
    if (sight->found && !sight->at_edge)
        return true;
    if (!look_closely(plane, (struct view){dark, false, 0}, arena, &cut))
        return false;
    if (cut.found)
        *sight = cut;
    return true;
}

bool ink_find(struct plane *plane, struct arena *arena, bool *found, bool *several) {
    struct plane small;
    struct sight sight, other;
    bool dark = false;
    if (!small_copy(plane, &small, arena) || !is_dark_on_light(&small, arena, &dark) ||
        !look_at_edge(plane, dark, arena, &sight))
        return false;
    /* Much table around a small sheet can look like paper around ink. */
    if (!sight.found || sight.solid) {
        if (!look_at_edge(plane, !dark, arena, &other))
            return false;
        if (other.found && !other.solid)
            sight = other;
    }
    *found = sight.found;
    *several = sight.found && sight.several;
    if (sight.found)
        *plane = sight.ink;
    return true;
}
