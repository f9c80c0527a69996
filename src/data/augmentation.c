#include "data/augmentation.h"

#include "math/portable.h"

#include <math.h>
#include <string.h>

/* What all kinds' arguments begin with. */
struct fill {
    double value;
    uint8_t mode; /* enum warp_fill */
};

struct factors {
    struct fill fill;
    struct numbers first, second;
};

struct elastic {
    struct fill fill;
    double alpha, sigma;
};

_Static_assert(2 * COMPONENTS_MAX % RANDOM_BLOCKS == 0, "draws come in whole calls");
_Static_assert(sizeof(struct factors) <= COMPONENT_BYTES, "arguments don't fit");

static const char *const fill_modes[] = {[WARP_CONSTANT] = "constant",
                                         [WARP_NEAREST] = "nearest",
                                         [WARP_REFLECT] = "reflect",
                                         [WARP_WRAP] = "wrap",
                                         NULL};

/* --- what is drawn --- */

#define DRAWS 8                /* for each member of the list, */
#define MEMBER_BLOCKS 2        /* which are so many blocks */
#define FIELD_BLOCKS (1 << 16) /* the words of an image's field come behind all draws */

/* What becomes of one image. */
struct change {
    const struct augmenter *augmenter;
    struct random_block blocks[MEMBER_BLOCKS * COMPONENTS_MAX]; /* the members' draws */
    double draws[DRAWS]; /* of the member at hand: uniform from 0 to 1 */
    double map[6];       /* from the picture's places to the image's, as warp_image takes it */
    void *picture;       /* once it is sampled */
};

/* An image's random numbers from a block on. */
static void draw_blocks(const struct augmenter *augmenter, uint32_t image, size_t first,
                        struct random_block *blocks) {
    random_blocks(augmenter->source, (uint64_t)image << 32 | first, blocks);
}

/* Numbers are drawn for each member by its place in the list, so that its arguments may change and
 * the draws stay. */
static void take_draws(struct change *change, size_t member) {
    const uint32_t *words = change->blocks[MEMBER_BLOCKS * member].word;
    for (size_t i = 0; i < DRAWS; i++)
        change->draws[i] = (double)words[i] * 0x1p-32;
}

/* Between a factor's two numbers; one number stands for itself and its negative. */
static double between(const struct numbers *factor, double draw) {
    const double upper = factor->items[factor->count - 1];
    const double lower = factor->count > 1 ? factor->items[0] : -upper;
    return lower + (upper - lower) * draw;
}

static double factor_of(const struct change *change, const struct numbers *factor, size_t draw) {
    return factor->count > 0 ? between(factor, change->draws[draw]) * change->augmenter->strength
                             : 0;
}

/* Let a map be followed by the change's: a picture of the picture that the earlier members make. */
static void compose(struct change *change, const double next[6]) {
    double *map = change->map, product[6];
    for (size_t row = 0; row < 6; row += 3) {
        for (size_t column = 0; column < 3; column++)
            product[row + column] = map[row] * next[column] + map[row + 1] * next[3 + column];
        product[row + 2] += map[row + 2];
    }
    memcpy(map, product, sizeof product);
}

/* --- the kinds --- */

struct augmentation_kind {
    struct component_kind component;
    void (*move)(const void *arguments, struct change *change);  /* its map; or NULL */
    bool displaces;                                              /* by a field */
    void (*erase)(const void *arguments, struct change *change); /* or NULL */
};

#define FILL_MOST 1e30 /* it takes any number, which has to be one of the images */

#define FILL_VALUE(OF, HELP)                                                                       \
    {                                                                                              \
        .name = "fill_value", .type = ARGUMENT_REAL, .offset = offsetof(struct OF, fill.value),    \
        .minimum = -FILL_MOST, .maximum = FILL_MOST, .help = HELP                                  \
    }

#define FILL_ROWS(OF)                                                                              \
    {.name = "fill_mode",                                                                          \
     .type = ARGUMENT_NAME,                                                                        \
     .offset = offsetof(struct OF, fill.mode),                                                     \
     .names = fill_modes,                                                                          \
     .help = "what is around the image: fill_value, its nearest pixel, its reflection or itself"}, \
        FILL_VALUE(OF, "what is outside with fill_mode constant, on the images' own scale before " \
                       "they are divided or normalised")

/* A share of something, or its range. */
#define FACTOR(NAME, FIELD, MINIMUM, ...)                                                          \
    {                                                                                              \
        .name = NAME, .type = ARGUMENT_NUMBERS, .offset = offsetof(struct factors, FIELD),         \
        .minimum = MINIMUM, .maximum = 1, __VA_ARGS__                                              \
    }

static const char *refuse_factor(const struct numbers *factor) {
    if (factor->count > 2)
        return "a factor is one number, or two: the least and the most";
    return factor->count == 2 && factor->items[0] > factor->items[1]
               ? "the first of a factor's two numbers is the least"
               : NULL;
}

static const char *refuse_factors(const void *arguments) {
    const struct factors *factors = arguments;
    const char *refused = refuse_factor(&factors->first);
    return refused ? refused : refuse_factor(&factors->second);
}

static const struct argument translation_rows[] = {
    FACTOR("height_factor", first, -1, .standard = ARGUMENT_REQUIRED,
           .help = "how far down, as a share of the image's height; one number: up as well"),
    FACTOR("width_factor", second, -1, .standard = ARGUMENT_REQUIRED,
           .help = "how far to the right, as a share of its width"),
    FILL_ROWS(factors)};

static void translate(const void *arguments, struct change *change) {
    const struct factors *factors = arguments;
    const double down = factor_of(change, &factors->first, 0);
    const double right = factor_of(change, &factors->second, 1);
    compose(change, (double[]){1, 0, -right * (double)change->augmenter->columns, 0, 1,
                               -down * (double)change->augmenter->rows});
}

static const struct argument rotation_rows[] = {
    FACTOR("factor", first, -1, .standard = ARGUMENT_REQUIRED,
           .help = "how far counter-clockwise, as a share of a full turn; one number: clockwise "
                   "as well"),
    FILL_ROWS(factors)};

/* A linear map that leaves the middle of the image where it is. */
static void compose_centred(struct change *change, double xx, double xy, double yx, double yy) {
    const double x = (double)(change->augmenter->columns - 1) / 2;
    const double y = (double)(change->augmenter->rows - 1) / 2;
    compose(change, (double[]){xx, xy, x - xx * x - xy * y, yx, yy, y - yx * x - yy * y});
}

static void rotate(const void *arguments, struct change *change) {
    const struct factors *factors = arguments;
    const double turns = factor_of(change, &factors->first, 0);
    const double sine = portable_sine_of_turns(turns);
    const double cosine = portable_sine_of_turns(turns + 0.25);
    compose_centred(change, cosine, -sine, sine, cosine);
}

static const struct argument zoom_rows[] = {
    FACTOR("height_factor", first, -1, .standard = ARGUMENT_REQUIRED,
           .help = "how much smaller, as a share of what is seen; below 0: larger"),
    FACTOR("width_factor", second, -1, .as = "height_factor's very number",
           .help = "the same of its width"),
    FILL_ROWS(factors)};

static void zoom(const void *arguments, struct change *change) {
    const struct factors *factors = arguments;
    const double height = factor_of(change, &factors->first, 0);
    const double width =
        factors->second.count > 0 ? factor_of(change, &factors->second, 1) : height;
    compose_centred(change, 1 + width, 0, 0, 1 + height);
}

static const struct argument shear_rows[] = {
    FACTOR("x_factor", first, 0, .as = "0",
           .help = "how many columns a row is shifted against the one above, to either side"),
    FACTOR("y_factor", second, 0, .as = "0",
           .help = "how many rows a column is shifted against the one before it"),
    FILL_ROWS(factors)};

/* Keras' leaves the first pixel where it is, not the middle. */
static void shear(const void *arguments, struct change *change) {
    const struct factors *factors = arguments;
    const double sign = change->draws[2] > 0.5 ? -1 : 1;
    compose(change, (double[]){1, sign * factor_of(change, &factors->first, 0), 0,
                               sign * factor_of(change, &factors->second, 1), 1, 0});
}

/* Which of `count` places an erased stretch takes, from *begin on to before the value returned. */
static size_t stretch(size_t count, double share, double draw, size_t *begin) {
    const double length = sqrt(share) * (double)count, from = draw * ((double)count - length);
    const double end = fmin(ceil(from + length), (double)count);
    *begin = (size_t)ceil(from);
    return (size_t)end;
}

static const struct numbers erased_factor = {1, {1}}, erased_scale = {2, {0.02, 0.33}};

static const struct argument erasing_rows[] = {
    FACTOR("factor", first, 0, .as = "1",
           .help = "the probability that it is, drawn from 0 to this"),
    FACTOR("scale", second, 0, .as = "0.02/0.33",
           .help = "the square of the share of its rows, and of its columns, that are erased"),
    FILL_VALUE(factors, "what they become, on the same scale as the images")};

/* Between a factor's two numbers; one number stands for itself and 0. */
static double above_zero(const struct numbers *factor, const struct numbers *standard,
                         double draw) {
    const struct numbers *numbers = factor->count > 0 ? factor : standard;
    const double lower = numbers->count > 1 ? numbers->items[0] : 0;
    return lower + (numbers->items[numbers->count - 1] - lower) * draw;
}

/* A number of the images as it is in their memory. */
static float stored(const struct augmenter *augmenter, double value) {
    return augmenter->floats ? (float)value : (float)lrint(value * augmenter->unit);
}

/* Pixels of a row from one on, in all channels. */
static void erase_pixels(const struct change *change, size_t first, size_t count, float value) {
    const struct augmenter *augmenter = change->augmenter;
    const size_t begin = first * augmenter->channels, numbers = count * augmenter->channels;
    float *floats = change->picture;
    if (!augmenter->floats)
        memset((uint8_t *)change->picture + begin, (int)value, numbers);
    for (size_t i = 0; i < numbers && augmenter->floats; i++)
        floats[begin + i] = value;
}

static void erase(const void *arguments, struct change *change) {
    const struct factors *factors = arguments;
    const struct augmenter *augmenter = change->augmenter;
    const double *draws = change->draws;
    const double probability = above_zero(&factors->first, &erased_factor, draws[0]);
    const double wide = above_zero(&factors->second, &erased_scale, draws[2]);
    const double high = above_zero(&factors->second, &erased_scale, draws[3]);
    size_t top, left;
    const size_t right = stretch(augmenter->columns, wide, draws[4], &left);
    const size_t bottom = stretch(augmenter->rows, high, draws[5], &top);
    if (draws[1] >= probability * augmenter->strength || left >= right)
        return;
    for (size_t row = top; row < bottom; row++)
        erase_pixels(change, row * augmenter->columns + left, right - left,
                     stored(augmenter, factors->fill.value));
}

static const struct argument elastic_rows[] = {
    {.name = "alpha",
     .type = ARGUMENT_REAL,
     .offset = offsetof(struct elastic, alpha),
     .standard = ARGUMENT_REQUIRED,
     .maximum = 10000,
     .help = "pixels that the smoothed random numbers, uniform from -1 to 1, are taken times"},
    {.name = "sigma",
     .type = ARGUMENT_REAL,
     .offset = offsetof(struct elastic, sigma),
     .standard = ARGUMENT_REQUIRED,
     .minimum = 0.1,
     .maximum = 1000,
     .help = "deviation, in pixels, of the Gaussian that smooths them"},
    FILL_ROWS(elastic)};

static const struct augmentation_kind kinds[] = {
    {.component = {.name = "random_translation",
                   .help = "shifts it",
                   .arguments = ARGUMENT_TABLE(translation_rows, 2),
                   .refuses = refuse_factors},
     .move = translate},
    {.component = {.name = "random_rotation",
                   .help = "turns it around its middle",
                   .arguments = ARGUMENT_TABLE(rotation_rows, 1),
                   .refuses = refuse_factors},
     .move = rotate},
    {.component = {.name = "random_zoom",
                   .help = "makes it larger or smaller",
                   .arguments = ARGUMENT_TABLE(zoom_rows, 2),
                   .refuses = refuse_factors},
     .move = zoom},
    {.component = {.name = "random_shear",
                   .help = "slants it, about its first pixel",
                   .arguments = ARGUMENT_TABLE(shear_rows, 2),
                   .refuses = refuse_factors},
     .move = shear},
    {.component = {.name = "elastic",
                   .aliases = {"elastic_transform"},
                   .help = "displaces each pixel by a smooth random field (Simard 2003)",
                   .arguments = ARGUMENT_TABLE(elastic_rows, 2)},
     .displaces = true},
    {.component = {.name = "random_erasing",
                   .aliases = {"cutout"},
                   .help = "erases a rectangle, after all others",
                   .arguments = ARGUMENT_TABLE(erasing_rows, 2),
                   .refuses = refuse_factors},
     .erase = erase},
};

static const struct component_kind *kind_at(size_t i) {
    return i < sizeof kinds / sizeof *kinds ? &kinds[i].component : NULL;
}

static const struct augmentation_kind *kind_of(const struct component *member) {
    return (const struct augmentation_kind *)(const void *)member->kind;
}

static bool moves(const struct component *member) {
    return kind_of(member)->move || kind_of(member)->displaces;
}

/* --- the list --- */

/* The fill of those that move pixels: that of the last one whose fill is not the default. */
static struct fill fill_of(const struct components *list) {
    struct fill fill = {0, WARP_CONSTANT};
    for (size_t i = 0; i < list->count; i++) {
        const struct fill *own = (const void *)list->items[i].arguments;
        if (moves(&list->items[i]) && (own->mode != WARP_CONSTANT || own->value != 0))
            fill = *own;
    }
    return fill;
}

static const char *refuse_list(const struct components *list) {
    const struct fill fill = fill_of(list);
    size_t elastic = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct fill *own = (const void *)list->items[i].arguments;
        const bool standard = own->mode == WARP_CONSTANT && own->value == 0;
        elastic += kind_of(&list->items[i])->displaces;
        if (moves(&list->items[i]) && !standard &&
            (own->mode != fill.mode || own->value != fill.value))
            return "an image is sampled once for all of the list, so there is one fill_mode and "
                   "one fill_value";
    }
    return elastic > 1 ? "elastic stands in it more than once" : NULL;
}

/* What a member of the list fills with. */
static double fill_value(const struct component *member) {
    return ((const struct fill *)(const void *)member->arguments)->value;
}

bool augmentation_fills(const struct components *list) {
    bool fills = false;
    for (size_t i = 0; list && i < list->count; i++)
        fills |= fill_value(&list->items[i]) != 0;
    return fills;
}

void augmentation_append_refusal(const struct components *list, const struct dataset *dataset,
                                 struct text *text) {
    const double unit = dataset_unit(dataset);
    if (list->count > 0 && dataset->table) {
        text_printf(text, "images can be changed, and %s has none; leave it out", dataset->name);
        return;
    }
    for (size_t i = 0; i < list->count && !dataset->train.values; i++) {
        const double value = fill_value(&list->items[i]), byte = value * unit;
        if (byte >= 0 && byte <= UINT8_MAX && (unit > 1 || byte == floor(byte)))
            continue;
        text_printf(text, "fill_value %g is no number of the images of %s, which are ", value,
                    dataset->name);
        text_append(text, unit > 1 ? "from 0 to " : "whole numbers from 0 to ");
        text_append_double(text, UINT8_MAX / unit);
        return;
    }
}

#define CORNERS_LOOKED_AT 200

/* A number of a corner as the data set has it: of image i / 4, evenly from all of them. */
static double corner(const struct dataset *dataset, size_t i, size_t channel) {
    const struct images *images = &dataset->train;
    const size_t channels = dataset_channels(dataset);
    const size_t image = i / 4 * images->count / (CORNERS_LOOKED_AT / 4);
    const size_t row = i / 2 % 2 * (dataset->rows - 1), column = i % 2 * (dataset->columns - 1);
    const size_t at =
        ((image * dataset->rows + row) * dataset->columns + column) * channels + channel;
    return images->values ? (double)images->values[at] : images->pixels[at] / dataset_unit(dataset);
}

/* By the vote of Boyer and Moore: if a number has the majority, it is what is left. */
bool augmentation_misses_background(const struct components *list, const struct dataset *dataset,
                                    double *background) {
    const size_t channels = dataset_channels(dataset);
    const struct fill fill = fill_of(list);
    size_t votes = 0, count = 0;
    bool any = false;
    *background = 0;
    for (size_t i = 0; i < list->count; i++)
        any |= moves(&list->items[i]);
    if (!any || fill.mode != WARP_CONSTANT)
        return false;
    for (size_t i = 0; i < CORNERS_LOOKED_AT * channels; i++) {
        const double number = corner(dataset, i / channels, i % channels);
        *background = votes == 0 ? number : *background;
        votes += number == *background ? 1 : (size_t)-1;
    }
    for (size_t i = 0; i < CORNERS_LOOKED_AT * channels; i++)
        count += corner(dataset, i / channels, i % channels) == *background;
    const double rounding = 1e-6 * fmax(1, fabs(*background));
    return count > CORNERS_LOOKED_AT * channels / 2 && fabs(*background - fill.value) > rounding;
}

const struct component_family augmentation_family = {
    .noun = "an augmentation", .at = kind_at, .most = COMPONENTS_MAX, .together = refuse_list};

/* --- images --- */

/* That so many words take, in whole calls. */
static size_t field_blocks(size_t words) {
    const size_t a_call = RANDOM_BLOCKS * sizeof(struct random_block) / sizeof(uint32_t);
    return (words + a_call - 1) / a_call * RANDOM_BLOCKS;
}

static void init_field(struct augmenter *augmenter, struct arena *arena) {
    const struct elastic *elastic = augmenter->elastic;
    const size_t rows = augmenter->rows, columns = augmenter->columns;
    smooth_field_init(&augmenter->field, rows, columns, elastic->sigma, arena);
    augmenter->words =
        ARENA_NEW(arena, struct random_block, field_blocks(smooth_field_words_max(rows, columns)));
    augmenter->dx = ARENA_NEW(arena, float, rows *warp_stride(columns));
    augmenter->dy = ARENA_NEW(arena, float, rows *warp_stride(columns));
}

bool augmenter_init(struct augmenter *augmenter, const struct components *list,
                    const struct dataset *dataset, uint64_t seed, struct arena *arena) {
    *augmenter = (struct augmenter){.list = list && list->count > 0 ? list : NULL,
                                    .rows = dataset->rows,
                                    .columns = dataset->columns,
                                    .channels = dataset_channels(dataset),
                                    .floats = dataset->train.values != NULL,
                                    .unit = dataset_unit(dataset),
                                    .source = {.seed = seed, .purpose = RANDOM_AUGMENTATION}};
    for (size_t i = 0; augmenter->list && i < list->count; i++) {
        augmenter->moves |= moves(&list->items[i]);
        if (kind_of(&list->items[i])->displaces)
            augmenter->elastic = list->items[i].arguments;
    }
    if (augmenter->moves) {
        const struct fill fill = fill_of(list);
        augmenter->fill = (enum warp_fill)fill.mode;
        augmenter->fill_value = stored(augmenter, fill.value);
        warp_init(&augmenter->warp, augmenter->rows, augmenter->columns, augmenter->channels,
                  augmenter->floats, arena);
    }
    if (augmenter->elastic)
        init_field(augmenter, arena);
    return !arena->failed;
}

size_t augmenter_picture_bytes(const struct augmenter *augmenter) {
    return augmenter->rows * augmenter->columns * augmenter->channels *
           (augmenter->floats ? sizeof(float) : 1);
}

void augmenter_begin_epoch(struct augmenter *augmenter, size_t epoch, double strength) {
    augmenter->source.stream = (uint32_t)epoch;
    augmenter->strength = strength;
}

bool augmenter_changes(const struct augmenter *augmenter) {
    return augmenter->list && augmenter->strength > 0;
}

static void make_field(const struct augmenter *augmenter, uint32_t image) {
    const struct elastic *elastic = augmenter->elastic;
    const size_t blocks = field_blocks(smooth_field_words(&augmenter->field));
    for (size_t i = 0; i < blocks; i += RANDOM_BLOCKS)
        draw_blocks(augmenter, image, FIELD_BLOCKS + i, augmenter->words + i);
    smooth_field_make(&augmenter->field, augmenter->words->word,
                      (float)(elastic->alpha * augmenter->strength * WARP_PARTS), augmenter->dx,
                      augmenter->dy);
}

static void move(struct augmenter *augmenter, const struct change *change, uint32_t image,
                 const void *pixels) {
    float map[6];
    for (size_t i = 0; i < 6; i++)
        map[i] = (float)change->map[i];
    if (augmenter->elastic)
        make_field(augmenter, image);
    warp_image(&augmenter->warp, pixels, map, augmenter->dx, augmenter->dy, augmenter->fill,
               augmenter->fill_value, change->picture);
}

void augment(struct augmenter *augmenter, uint32_t image, const void *pixels, void *picture) {
    const struct components *list = augmenter->list;
    struct change change = {.augmenter = augmenter, .map = {1, 0, 0, 0, 1, 0}, .picture = picture};
    for (size_t i = 0; i < MEMBER_BLOCKS * list->count; i += RANDOM_BLOCKS)
        draw_blocks(augmenter, image, i, change.blocks + i);
    for (size_t i = 0; i < list->count; i++) {
        const struct component *member = &list->items[i];
        if (!kind_of(member)->move)
            continue;
        take_draws(&change, i);
        kind_of(member)->move(member->arguments, &change);
    }
    if (augmenter->moves)
        move(augmenter, &change, image, pixels);
    else
        memcpy(picture, pixels, augmenter_picture_bytes(augmenter));
    for (size_t i = 0; i < list->count; i++) {
        const struct component *member = &list->items[i];
        if (!kind_of(member)->erase)
            continue;
        take_draws(&change, i);
        kind_of(member)->erase(member->arguments, &change);
    }
}
