#include "data/ink.h"

#include "data/blobs.h"

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

static bool small_copy(const struct plane *plane, struct plane *small, struct arena *arena) {
    const size_t side = plane_longest_side(plane);
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
    if (!plane_filter(&around, PLANE_MEAN, plane_longest_side(small) / 4 + 1, arena))
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

static bool measure(const struct plane *plane, const struct plane *paper, struct arena *arena,
                    struct sight *sight) {
    struct plane *ink = &sight->ink;
    struct thresholds thresholds;
    struct blobs blobs;
    sight->found = choose_thresholds(ink, &thresholds) && hangs_together(ink, thresholds.strong);
    if (!sight->found)
        return true;
    if (!blobs_find(ink, thresholds.weak, thresholds.strong, arena, &blobs))
        return false;
    blobs_count_edges(plane, paper, ink, thresholds.strong, &blobs);
    blobs_drop_parts(&blobs);
    const struct blob *main = blobs_keep_digit(ink, &blobs);
    sight->found = main != NULL;
    if (!main)
        return true;
    sight->whole = blobs_wholeness(&blobs);
    sight->at_edge = main->at_edge;
    sight->several = blobs_are_several(&blobs, main);
    sight->solid = blob_is_solid(ink, main);
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
    return measure(plane, &paper, scratch, sight);
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
    for (size_t i = 0; i < WINDOW_COUNT && best->whole < BLOBS_WHOLE; i++) {
        struct sight sight;
        view.reach = plane_longest_side(plane) / window_shares[i] + 1;
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
