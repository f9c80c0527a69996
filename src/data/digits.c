#include "data/digits.h"

#include "base/multiversion.h"
#include "base/random.h"
#include "base/stage.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define SEED 0x6469676974735fULL
#define MAX_POINTS 16 /* control points of a style */
#define STEPS 6       /* straight pieces per span of a curve */
#define BOX 20        /* MNIST fits the ink into 20x20 before it centres it in 28x28 */
#define PITCH 24      /* of a row in the box, in whole registers */

/* How the pen gets to a point; STOP ends the list. A stroke passes a BEND smoothly. */
enum pen { STOP, MOVE, BEND, TURN };

/* A control point in a box of about 100x100, y down, in the two extremes of its style. */
struct control {
    uint8_t pen;
    int8_t from_x, from_y, to_x, to_y;
};

/* One way to write a digit; a sample lies somewhere between the two extremes. */
struct style {
    uint8_t label, weight;
    struct control points[MAX_POINTS];
};

/* Laid out by hand: a point a line would hide the strokes. */
/* clang-format off */
static const struct style styles[] = {
    /* 0: round to narrow, open at the top; closed by a curl inside; crossed by the curl */
    {0, 55, {{MOVE, 58, 5, 62, 10}, {BEND, 30, 6, 40, 12}, {BEND, 8, 34, 24, 35},
             {BEND, 6, 68, 20, 70}, {BEND, 30, 96, 36, 97}, {BEND, 70, 95, 62, 92},
             {BEND, 94, 66, 78, 62}, {BEND, 92, 30, 80, 25}, {BEND, 70, 6, 68, 2},
             {BEND, 46, 2, 54, 0}}},
    {0, 30, {{MOVE, 40, 6, 62, 12}, {BEND, 16, 26, 34, 18}, {BEND, 6, 62, 16, 50},
             {BEND, 22, 94, 22, 88}, {BEND, 56, 98, 48, 97}, {BEND, 86, 70, 74, 66},
             {BEND, 92, 32, 82, 28}, {BEND, 66, 3, 66, 2}, {BEND, 36, 8, 44, 4},
             {BEND, 24, 24, 40, 22}}},
    {0, 15, {{MOVE, 64, 10, 40, 14}, {BEND, 34, 12, 18, 32}, {BEND, 12, 46, 8, 64},
             {BEND, 20, 86, 24, 92}, {BEND, 52, 98, 56, 97}, {BEND, 82, 76, 82, 70},
             {BEND, 88, 34, 88, 30}, {BEND, 70, 4, 68, 4}, {BEND, 48, 20, 42, 12},
             {BEND, 34, 54, 50, 34}, {BEND, 28, 80, 72, 40}}},
    /* 1: a stick; with a flag; with a flag and a foot */
    {1, 84, {{MOVE, 52, 0, 64, 0}, {BEND, 50, 50, 54, 50}, {BEND, 48, 100, 42, 100}}},
    {1, 9, {{MOVE, 30, 22, 24, 30}, {BEND, 42, 12, 40, 18}, {TURN, 54, 0, 52, 0},
            {BEND, 53, 50, 52, 50}, {BEND, 52, 100, 50, 100}}},
    {1, 7, {{MOVE, 28, 20, 30, 14}, {TURN, 52, 0, 52, 0}, {BEND, 52, 50, 50, 50},
            {BEND, 51, 98, 50, 98}, {MOVE, 14, 99, 30, 98}, {BEND, 84, 98, 70, 98}}},
    /* 2: sharp foot; looped foot; wide loop; nearly a Z */
    {2, 37, {{MOVE, 12, 24, 16, 16}, {BEND, 32, 4, 36, 4}, {BEND, 64, 4, 66, 6},
             {BEND, 78, 24, 74, 26}, {BEND, 62, 52, 58, 54}, {BEND, 36, 78, 34, 78},
             {TURN, 8, 96, 12, 98}, {BEND, 50, 94, 48, 97}, {BEND, 94, 94, 88, 98}}},
    {2, 30, {{MOVE, 14, 24, 24, 16}, {BEND, 38, 4, 46, 2}, {BEND, 70, 8, 70, 12},
             {BEND, 72, 34, 68, 40}, {BEND, 52, 66, 50, 72}, {BEND, 28, 92, 26, 94},
             {BEND, 8, 94, 8, 86}, {BEND, 10, 80, 18, 72}, {BEND, 34, 80, 42, 80},
             {BEND, 60, 94, 64, 94}, {BEND, 98, 92, 98, 88}}},
    {2, 23, {{MOVE, 16, 34, 22, 20}, {BEND, 34, 8, 44, 4}, {BEND, 66, 4, 70, 8},
             {BEND, 76, 30, 72, 36}, {BEND, 60, 66, 60, 70}, {BEND, 36, 94, 34, 96},
             {BEND, 8, 96, 4, 90}, {BEND, 4, 78, 8, 66}, {BEND, 28, 68, 38, 66},
             {BEND, 60, 82, 70, 84}, {BEND, 98, 92, 98, 76}}},
    {2, 10, {{MOVE, 10, 10, 8, 16}, {BEND, 44, 4, 40, 4}, {BEND, 76, 6, 74, 10},
             {BEND, 52, 50, 52, 50}, {TURN, 10, 94, 8, 90}, {BEND, 50, 94, 46, 96},
             {BEND, 92, 92, 94, 100}}},
    /* 3: cusp in the middle; little loop; flat top */
    {3, 55, {{MOVE, 8, 16, 14, 8}, {BEND, 38, 2, 42, 1}, {BEND, 70, 12, 66, 14},
             {BEND, 64, 36, 62, 34}, {TURN, 26, 48, 50, 44}, {BEND, 70, 54, 72, 58},
             {BEND, 86, 74, 76, 76}, {BEND, 62, 96, 58, 94}, {BEND, 36, 98, 34, 98},
             {BEND, 10, 84, 8, 96}}},
    {3, 30, {{MOVE, 14, 18, 26, 14}, {BEND, 44, 2, 54, 2}, {BEND, 76, 14, 76, 14},
             {BEND, 60, 40, 64, 36}, {BEND, 30, 50, 42, 48}, {BEND, 40, 44, 48, 44},
             {BEND, 74, 58, 74, 58}, {BEND, 78, 78, 72, 78}, {BEND, 48, 97, 44, 96},
             {BEND, 4, 84, 6, 94}}},
    {3, 15, {{MOVE, 14, 6, 10, 10}, {BEND, 46, 4, 42, 4}, {TURN, 78, 4, 76, 6},
             {BEND, 60, 22, 60, 22}, {TURN, 40, 40, 36, 42}, {BEND, 68, 46, 64, 50},
             {BEND, 84, 70, 76, 72}, {BEND, 56, 96, 52, 96}, {BEND, 10, 92, 8, 92}}},
    /* 4: open, angular; open, round; closed; in one stroke; low bar */
    {4, 38, {{MOVE, 22, 6, 16, 14}, {BEND, 18, 30, 12, 36}, {TURN, 12, 54, 10, 58},
             {BEND, 44, 54, 44, 58}, {BEND, 94, 48, 84, 54}, {MOVE, 74, 0, 66, 6},
             {BEND, 68, 50, 64, 50}, {BEND, 62, 100, 62, 100}}},
    {4, 22, {{MOVE, 20, 6, 10, 14}, {BEND, 14, 32, 10, 36}, {BEND, 24, 52, 22, 56},
             {BEND, 52, 48, 48, 52}, {BEND, 82, 40, 74, 40}, {MOVE, 84, 2, 76, 2},
             {BEND, 76, 50, 72, 50}, {BEND, 68, 100, 68, 100}}},
    {4, 13, {{MOVE, 60, 4, 58, 0}, {BEND, 36, 30, 34, 32}, {TURN, 8, 60, 8, 64},
             {BEND, 48, 60, 48, 62}, {BEND, 94, 58, 90, 62}, {MOVE, 64, 2, 60, 2},
             {BEND, 62, 50, 60, 50}, {BEND, 60, 100, 60, 100}}},
    {4, 15, {{MOVE, 24, 4, 18, 10}, {BEND, 12, 34, 10, 32}, {BEND, 22, 50, 30, 48},
             {BEND, 56, 42, 60, 40}, {TURN, 84, 8, 76, 6}, {BEND, 74, 50, 72, 50},
             {BEND, 64, 100, 70, 100}}},
    {4, 12, {{MOVE, 26, 2, 14, 4}, {BEND, 20, 34, 10, 34}, {TURN, 12, 68, 12, 66},
             {BEND, 46, 70, 46, 68}, {BEND, 92, 66, 84, 70}, {MOVE, 70, 4, 66, 18},
             {BEND, 66, 50, 66, 56}, {BEND, 62, 100, 66, 98}}},
    /* 5: bar lifted; joined at a corner; like an S; long bar on a small bowl */
    {5, 32, {{MOVE, 32, 6, 30, 4}, {BEND, 28, 24, 26, 22}, {TURN, 24, 42, 22, 44},
             {BEND, 54, 40, 50, 42}, {BEND, 78, 58, 72, 62}, {BEND, 70, 86, 64, 86},
             {BEND, 40, 99, 38, 98}, {BEND, 8, 90, 12, 92}, {MOVE, 32, 6, 30, 6},
             {BEND, 62, 5, 62, 4}, {BEND, 94, 2, 86, 2}}},
    {5, 26, {{MOVE, 90, 2, 84, 4}, {BEND, 60, 5, 58, 4}, {TURN, 30, 6, 28, 6},
             {BEND, 26, 24, 22, 26}, {TURN, 22, 44, 18, 48}, {BEND, 52, 40, 46, 42},
             {BEND, 78, 58, 70, 62}, {BEND, 66, 88, 60, 86}, {BEND, 38, 99, 34, 98},
             {BEND, 6, 92, 10, 92}}},
    {5, 20, {{MOVE, 92, 4, 80, 2}, {BEND, 62, 4, 54, 6}, {BEND, 36, 14, 34, 22},
             {BEND, 32, 36, 36, 40}, {BEND, 60, 52, 60, 56}, {BEND, 68, 72, 66, 74},
             {BEND, 44, 94, 44, 94}, {BEND, 8, 94, 14, 92}}},
    {5, 22, {{MOVE, 44, 18, 40, 14}, {BEND, 36, 32, 32, 28}, {TURN, 30, 44, 28, 44},
             {BEND, 52, 46, 48, 44}, {BEND, 64, 62, 62, 62}, {BEND, 54, 84, 50, 84},
             {BEND, 28, 94, 26, 94}, {BEND, 2, 84, 8, 76}, {MOVE, 42, 18, 38, 14},
             {BEND, 72, 14, 66, 10}, {BEND, 104, 6, 92, 4}}},
    /* 6: a straight stem; a hooked one; a wide bowl */
    {6, 50, {{MOVE, 66, 0, 50, 0}, {BEND, 38, 24, 30, 26}, {BEND, 18, 56, 18, 56},
             {BEND, 18, 84, 22, 84}, {BEND, 44, 99, 44, 98}, {BEND, 74, 86, 66, 86},
             {BEND, 78, 64, 70, 66}, {BEND, 50, 56, 48, 58}, {BEND, 22, 76, 26, 74}}},
    {6, 25, {{MOVE, 76, 8, 74, 4}, {BEND, 52, 4, 50, 8}, {BEND, 24, 30, 26, 34},
             {BEND, 10, 62, 14, 62}, {BEND, 20, 90, 22, 90}, {BEND, 48, 99, 48, 98},
             {BEND, 76, 84, 70, 82}, {BEND, 68, 60, 62, 62}, {BEND, 42, 56, 40, 62},
             {BEND, 18, 72, 20, 78}}},
    {6, 25, {{MOVE, 44, 2, 30, 4}, {BEND, 22, 30, 14, 34}, {BEND, 10, 62, 8, 66},
             {BEND, 24, 90, 26, 92}, {BEND, 60, 96, 58, 96}, {BEND, 90, 80, 88, 74},
             {BEND, 84, 56, 82, 50}, {BEND, 58, 54, 58, 46}, {BEND, 36, 76, 40, 66},
             {BEND, 36, 96, 38, 88}}},
    /* 7: plain; with a bar; with a serif; round shoulder; rising bar */
    {7, 35, {{MOVE, 8, 10, 12, 8}, {BEND, 46, 8, 44, 6}, {TURN, 84, 4, 78, 6},
             {BEND, 64, 46, 64, 46}, {BEND, 40, 100, 48, 100}}},
    {7, 15, {{MOVE, 8, 12, 14, 6}, {BEND, 46, 8, 48, 6}, {TURN, 84, 4, 80, 6},
             {BEND, 62, 46, 62, 46}, {BEND, 40, 100, 44, 100}, {MOVE, 28, 50, 34, 52},
             {BEND, 84, 46, 96, 52}}},
    {7, 17, {{MOVE, 10, 32, 14, 20}, {TURN, 14, 8, 16, 6}, {BEND, 46, 8, 48, 6},
             {TURN, 80, 4, 78, 8}, {BEND, 66, 46, 66, 46}, {BEND, 46, 100, 54, 100}}},
    {7, 20, {{MOVE, 8, 22, 12, 14}, {BEND, 30, 8, 34, 4}, {BEND, 66, 8, 66, 4},
             {BEND, 80, 18, 78, 20}, {BEND, 62, 56, 66, 54}, {BEND, 44, 100, 52, 100}}},
    {7, 13, {{MOVE, 8, 46, 12, 36}, {TURN, 18, 26, 18, 18}, {BEND, 32, 30, 44, 20},
             {TURN, 84, 4, 82, 2}, {BEND, 64, 46, 62, 46}, {BEND, 38, 100, 44, 100}}},
    /* 8: an S and back, closed; left open at the top right; two rings; a bar across the S */
    {8, 36, {{MOVE, 72, 14, 74, 10}, {BEND, 48, 2, 48, 2}, {BEND, 26, 14, 18, 16},
             {BEND, 34, 36, 30, 38}, {BEND, 64, 56, 56, 62}, {BEND, 74, 80, 60, 82},
             {BEND, 44, 98, 44, 98}, {BEND, 14, 82, 28, 84}, {BEND, 30, 56, 36, 66},
             {BEND, 62, 36, 66, 42}, {BEND, 74, 18, 84, 18}, {BEND, 62, 4, 68, 2}}},
    {8, 26, {{MOVE, 84, 12, 76, 22}, {BEND, 54, 2, 56, 4}, {BEND, 24, 12, 26, 16},
             {BEND, 28, 36, 36, 40}, {BEND, 58, 56, 54, 64}, {BEND, 64, 82, 54, 88},
             {BEND, 40, 98, 36, 98}, {BEND, 16, 82, 22, 84}, {BEND, 34, 58, 38, 60},
             {BEND, 66, 36, 64, 38}, {BEND, 92, 18, 84, 6}}},
    {8, 14, {{MOVE, 50, 46, 52, 44}, {BEND, 26, 26, 30, 24}, {BEND, 46, 2, 48, 2},
             {BEND, 72, 22, 70, 22}, {BEND, 50, 46, 52, 46}, {BEND, 20, 74, 24, 70},
             {BEND, 44, 98, 48, 98}, {BEND, 78, 76, 74, 72}, {BEND, 52, 46, 50, 46}}},
    {8, 24, {{MOVE, 70, 22, 58, 10}, {BEND, 54, 4, 40, 6}, {BEND, 26, 10, 18, 20},
             {BEND, 24, 34, 26, 38}, {BEND, 46, 56, 48, 58}, {BEND, 60, 78, 62, 82},
             {BEND, 48, 98, 44, 98}, {BEND, 28, 90, 26, 84}, {BEND, 36, 66, 38, 60},
             {BEND, 62, 36, 62, 32}, {BEND, 94, 4, 82, 2}}},
    /* 9: straight tail; hooked tail; in one bend; a large bowl, open on the right */
    {9, 44, {{MOVE, 78, 14, 68, 10}, {BEND, 54, 4, 50, 3}, {BEND, 24, 20, 30, 18},
             {BEND, 20, 42, 28, 36}, {BEND, 46, 48, 46, 40}, {BEND, 70, 28, 64, 24},
             {TURN, 80, 10, 70, 8}, {BEND, 72, 52, 68, 54}, {BEND, 60, 100, 66, 100}}},
    {9, 16, {{MOVE, 76, 16, 72, 14}, {BEND, 50, 2, 48, 4}, {BEND, 20, 20, 24, 20},
             {BEND, 22, 46, 26, 42}, {BEND, 52, 46, 50, 44}, {TURN, 76, 16, 72, 16},
             {BEND, 80, 54, 74, 52}, {BEND, 70, 86, 64, 86}, {BEND, 46, 98, 44, 97},
             {BEND, 20, 90, 26, 92}}},
    {9, 24, {{MOVE, 66, 38, 68, 36}, {BEND, 38, 50, 40, 48}, {BEND, 18, 34, 20, 32},
             {BEND, 32, 10, 36, 8}, {BEND, 62, 4, 62, 4}, {BEND, 76, 24, 74, 24},
             {BEND, 72, 60, 70, 62}, {BEND, 60, 100, 60, 100}}},
    {9, 16, {{MOVE, 76, 8, 72, 0}, {BEND, 44, 6, 36, 8}, {BEND, 14, 26, 12, 30},
             {BEND, 10, 48, 14, 54}, {BEND, 36, 56, 38, 60}, {BEND, 64, 38, 64, 42},
             {TURN, 80, 6, 74, 14}, {BEND, 74, 52, 74, 58}, {BEND, 72, 100, 66, 100}}},
};
/* clang-format on */

#define STYLES (sizeof styles / sizeof styles[0])

struct vec {
    double x, y;
};

/* The random numbers of one image, taken one block after another. */
struct draws {
    struct random_source source;
    uint32_t next;
};

/* Bell-shaped with deviation 1, within +-3.5: a sum of uniforms, since the logarithm and
 * cosine of a true normal are not the same on every machine. Two per block. */
static struct vec draw_bells(struct draws *draws) {
    struct random_block block = random_block(draws->source, draws->next++);
    double sum[2];
    for (int i = 0; i < 2; i++) {
        uint32_t a = block.word[2 * i], b = block.word[2 * i + 1];
        int32_t total = (int32_t)((a >> 16) + (a & 0xffff) + (b >> 16) + (b & 0xffff));
        sum[i] = (total - 2 * 0xffff) * (1.7320508075688772 * 0x1p-16);
    }
    return (struct vec){sum[0], sum[1]};
}

static double draw_unit(struct draws *draws) {
    return random_unit(draws->source, 2 * (uint64_t)draws->next++);
}

static const struct style *choose_style(struct draws *draws) {
    uint8_t label = (uint8_t)(draw_unit(draws) * 10.0);
    int total = 0;
    for (size_t i = 0; i < STYLES; i++)
        total += styles[i].label == label ? styles[i].weight : 0;
    int left = (int)(draw_unit(draws) * total);
    size_t i = 0;
    for (; styles[i].label != label || left >= styles[i].weight; i++)
        left -= styles[i].label == label ? styles[i].weight : 0;
    return &styles[i];
}

/* A smooth distortion of the plane: polynomials of degree 2 and 3, then an affine map. */
struct warp {
    struct vec bend[7];
    double xx, xy, yx, yy;
};

static struct warp draw_warp(struct draws *draws) {
    struct warp warp;
    for (int i = 0; i < 7; i++) {
        struct vec bells = draw_bells(draws);
        double size = i < 3 ? 0.16 : 0.05;
        warp.bend[i] = (struct vec){size * bells.x, size * bells.y};
    }
    struct vec turn = draw_bells(draws), shape = draw_bells(draws);
    double half = 0.05 * turn.x; /* the tangent of half the angle */
    double cosine = (1.0 - half * half) / (1.0 + half * half);
    double sine = 2.0 * half / (1.0 + half * half);
    double slant = 0.12 + 0.30 * turn.y;
    double width = 0.94 + 0.18 * shape.x;
    warp.xx = width * cosine;
    warp.xy = -slant * cosine - sine;
    warp.yx = width * sine;
    warp.yy = cosine - slant * sine;
    return warp;
}

static struct vec warp_point(const struct warp *warp, struct vec p) {
    double x = p.x / 50.0 - 1.0, y = p.y / 50.0 - 1.0;
    const double terms[7] = {x * x, x * y, y * y, x * x * x, x * x * y, x * y * y, y * y * y};
    double u = x, v = y;
    for (int i = 0; i < 7; i++) {
        u += warp->bend[i].x * terms[i];
        v += warp->bend[i].y * terms[i];
    }
    return (struct vec){warp->xx * u + warp->xy * v, warp->yx * u + warp->yy * v};
}

/* In pixels; thick pens are further from the usual one than thin ones. */
static double draw_pen_width(struct draws *draws) {
    double bell = draw_bells(draws).x;
    double width = 2.5 + 0.75 * bell + 0.1 * bell * bell;
    return width < 1.2 ? 1.2 : width;
}

/* Control points of the sample: between the style's extremes or a little beyond, each point and
 * each stroke as a whole somewhat off. Returns their number. */
static int place_points(const struct style *style, struct draws *draws, struct vec *points) {
    double blend = 1.6 * draw_unit(draws) - 0.3;
    struct vec stroke = {0.0, 0.0};
    int count = 0;
    for (; count < MAX_POINTS && style->points[count].pen != STOP; count++) {
        const struct control *c = &style->points[count];
        if (c->pen == MOVE && count > 0)
            stroke = draw_bells(draws);
        struct vec own = draw_bells(draws);
        points[count].x = c->from_x + blend * (c->to_x - c->from_x) + 4.0 * (own.x + stroke.x);
        points[count].y = c->from_y + blend * (c->to_y - c->from_y) + 4.0 * (own.y + stroke.y);
    }
    return count;
}

/* Straight pieces, each from an end of the last or, if `lifted`, from nowhere. */
struct path {
    int count;
    struct vec at[MAX_POINTS * STEPS];
    uint8_t lifted[MAX_POINTS * STEPS];
};

static int is_passed(const struct style *style, int i, int count) {
    return style->points[i].pen == BEND && i + 1 < count && style->points[i + 1].pen != MOVE;
}

/* A Catmull-Rom curve between points i and i + 1, straight towards ends and corners. */
static void flatten_span(const struct style *style, const struct vec *p, int count, int i,
                         struct path *path) {
    struct vec leave = {p[i + 1].x - p[i].x, p[i + 1].y - p[i].y}, arrive = leave;
    if (is_passed(style, i, count))
        leave = (struct vec){0.5 * (p[i + 1].x - p[i - 1].x), 0.5 * (p[i + 1].y - p[i - 1].y)};
    if (is_passed(style, i + 1, count))
        arrive = (struct vec){0.5 * (p[i + 2].x - p[i].x), 0.5 * (p[i + 2].y - p[i].y)};
    for (int step = 1; step <= STEPS; step++) {
        double t = (double)step / STEPS, s = 1.0 - t;
        double start = s * s * (1.0 + 2.0 * t), end = t * t * (3.0 - 2.0 * t);
        double out = t * s * s, in = -t * t * s;
        path->at[path->count].x = start * p[i].x + end * p[i + 1].x + out * leave.x + in * arrive.x;
        path->at[path->count].y = start * p[i].y + end * p[i + 1].y + out * leave.y + in * arrive.y;
        path->lifted[path->count++] = 0;
    }
}

static void flatten(const struct style *style, const struct vec *points, int count,
                    struct path *path) {
    path->count = 0;
    for (int i = 0; i < count; i++) {
        if (style->points[i].pen == MOVE) {
            path->at[path->count] = points[i];
            path->lifted[path->count++] = 1;
        }
        if (i + 1 < count && style->points[i + 1].pen != MOVE)
            flatten_span(style, points, count, i, path);
    }
}

/* Scales the path so that a pen of `width` pixels just stays within the box. */
static void fit_to_box(struct path *path, double width) {
    struct vec low = path->at[0], high = path->at[0];
    for (int i = 1; i < path->count; i++) {
        low.x = path->at[i].x < low.x ? path->at[i].x : low.x;
        low.y = path->at[i].y < low.y ? path->at[i].y : low.y;
        high.x = path->at[i].x > high.x ? path->at[i].x : high.x;
        high.y = path->at[i].y > high.y ? path->at[i].y : high.y;
    }
    double extent_x = high.x - low.x, extent_y = high.y - low.y;
    double scale = (BOX - width) / (extent_x > extent_y ? extent_x : extent_y);
    for (int i = 0; i < path->count; i++) {
        path->at[i].x = BOX / 2.0 + scale * (path->at[i].x - 0.5 * (low.x + high.x));
        path->at[i].y = BOX / 2.0 + scale * (path->at[i].y - 0.5 * (low.y + high.y));
    }
}

static int clamp_to_box(double x) {
    return x < 0.0 ? 0 : x > BOX ? BOX : (int)x;
}

/* `nearest` has the squared distances of the pixels' centres from what was drawn so far; a straight
 * piece lowers those that it is nearer to. Whole rows, in registers, take less time than the part
 * of each that the pen reaches. */
MULTIVERSION static void approach_piece(struct vec a, struct vec b, double reach,
                                        float nearest[BOX][PITCH]) {
    int top = clamp_to_box((a.y < b.y ? a.y : b.y) - reach);
    int bottom = clamp_to_box((a.y > b.y ? a.y : b.y) + reach + 1.0);
    float dx = (float)(b.x - a.x), dy = (float)(b.y - a.y), from = (float)(0.5 - a.x);
    float inverse = 1.0f / (dx * dx + dy * dy + 1e-12f);
    for (int row = top; row < bottom; row++) {
        float y = (float)(row + 0.5 - a.y);
        for (int column = 0; column < PITCH; column++) {
            float x = (float)column + from;
            float t = (x * dx + y * dy) * inverse;
            t = t > 0.0f ? t : 0.0f;
            t = t < 1.0f ? t : 1.0f;
            float off_x = x - t * dx, off_y = y - t * dy;
            float square = off_x * off_x + off_y * off_y;
            nearest[row][column] = square < nearest[row][column] ? square : nearest[row][column];
        }
    }
}

/* A pen's ink, its edge one pixel soft. The nearest piece gives a pixel most, so that only its
 * distance takes a root. */
MULTIVERSION static void ink_path(const struct path *path, double reach, float ink[BOX][PITCH]) {
    for (int row = 0; row < BOX; row++)
        for (int column = 0; column < PITCH; column++)
            ink[row][column] = FLT_MAX;
    for (int i = 1; i < path->count; i++)
        if (!path->lifted[i])
            approach_piece(path->at[i - 1], path->at[i], reach, ink);
    for (int row = 0; row < BOX; row++) {
        for (int column = 0; column < PITCH; column++) {
            float cover = (float)reach - sqrtf(ink[row][column]);
            cover = cover < 0.0f ? 0.0f : cover;
            ink[row][column] = cover > 1.0f ? 1.0f : cover;
        }
    }
}

/* Where the box goes along one axis so that the ink's centre of mass is in the middle. */
static int centring_offset(uint64_t moment, uint64_t mass) {
    double middle = (double)moment / (double)mass + 0.5;
    int offset = (int)(DIGITS_SIDE / 2.0 - middle + 0.5);
    return offset < 0 ? 0 : offset > DIGITS_SIDE - BOX ? DIGITS_SIDE - BOX : offset;
}

/* Whole pixels only, as in MNIST: the strokes stay as sharp as they were drawn. */
static void centre(float ink[BOX][PITCH], uint8_t *pixels) {
    uint8_t grey[BOX][BOX];
    uint64_t mass = 0, moment_x = 0, moment_y = 0;
    for (unsigned row = 0; row < BOX; row++) {
        for (unsigned column = 0; column < BOX; column++) {
            grey[row][column] = (uint8_t)(ink[row][column] * 255.0f + 0.5f);
            mass += grey[row][column];
            moment_x += grey[row][column] * column;
            moment_y += grey[row][column] * row;
        }
    }
    int x = centring_offset(moment_x, mass), y = centring_offset(moment_y, mass);
    memset(pixels, 0, DIGITS_SIDE * DIGITS_SIDE);
    for (int row = 0; row < BOX; row++)
        memcpy(pixels + (y + row) * DIGITS_SIDE + x, grey[row], BOX);
}

uint8_t digits_draw(uint32_t image, uint8_t pixels[DIGITS_SIDE * DIGITS_SIDE]) {
    struct draws draws = {{SEED, RANDOM_DIGITS, image}, 0};
    const struct style *style = choose_style(&draws);
    struct vec points[MAX_POINTS];
    int count = place_points(style, &draws, points);
    struct warp warp = draw_warp(&draws);
    double width = draw_pen_width(&draws);

    struct path path;
    flatten(style, points, count, &path);
    for (int i = 0; i < path.count; i++)
        path.at[i] = warp_point(&warp, path.at[i]);
    fit_to_box(&path, width);

    float ink[BOX][PITCH];
    ink_path(&path, 0.5 * width + 0.5, ink);
    centre(ink, pixels);
    return style->label;
}

void digits_draw_many(uint32_t first, size_t count, uint8_t *pixels, uint8_t *labels) {
#pragma omp parallel for schedule(dynamic, 64)
    for (size_t i = 0; i < count; i++) {
        labels[i] = digits_draw(first + (uint32_t)i, pixels + i * DIGITS_SIDE * DIGITS_SIDE);
        if (i % 64 == 0) /* threads take these in order, so about as many are done */
            stage_tell((double)i / (double)count);
    }
}
