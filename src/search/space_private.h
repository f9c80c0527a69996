/* What the files share that make a space of a config. Used by setting.c, expansion.c, space.c,
 * space_check.c and space_domain.c. */
#ifndef SWEEP_SEARCH_SPACE_PRIVATE_H
#define SWEEP_SEARCH_SPACE_PRIVATE_H

#include "search/domain.h"
#include "search/space.h"

/* A set of settings by their digests: open addressing over an array that is at most half full. */
struct seen {
    size_t *slots; /* the setting's number + 1; 0: free */
    size_t size;
};

/* The hyperparameters that decide which others apply: the optimizer, the schedule and use_ema for
 * the optimizer's own, the loss for its own, the rest for all else. */
enum {
    DECIDING_OPTIMIZER,
    DECIDING_SCHEDULE,
    DECIDING_EMA,
    DECIDING_LOSS,
    DECIDING_LAYERS,
    DECIDING_ACTIVATION,
    DECIDING_OUTPUT,
    DECIDING_AUGMENTATION, /* for its schedule */
    DECIDING
};
extern const enum hyperparameter_id deciding_ids[DECIDING];

/* Where an axis has an effect: at which choices of each of the deciding axes. */
struct effect {
    bool somewhere;
    bool *at[DECIDING]; /* NULL: not known, or there is no such axis */
};

/* What settings are made with. A point is here a coordinate for each axis of the config: the number
 * of a choice or a place in a distribution; NaN where the axis does not exist. That of an axis that
 * is zipped is its leader's. */
struct expansion {
    const struct config *config;
    const struct dataset *dataset;
    struct arena *arena;
    struct value standards[HP_COUNT];
    bool has[HP_COUNT];     /* the hyperparameter applies at some point */
    struct effect *effects; /* of the axes */
    double *coordinates;    /* room for a point */
    /* Of the setting that was completed last, where arguments of them are axes. */
    struct hidden_layers layers;
    struct components *components[HP_COUNT]; /* NULL: the hyperparameter has none */
    struct kept *kept; /* of settings that stay; each once, as long as they are few */
    size_t kept_count;
    struct seen seen;
    struct setting scratch;
    size_t setting_capacity;
    struct domain domain;
    size_t *axis_of_dimension;
};

/* setting.c: keep a value only where it applies; complete it with its choice's default. */
void setting_settle(struct value *values);

/* expansion.c */
enum status expansion_begin(struct expansion *expansion, const struct config *config,
                            const struct dataset *dataset, struct arena *arena,
                            struct error *error);

/* The setting of a point; its layers and components are the expansion's until they are
 * kept. `sources`: HP_COUNT
 * of them, the axis that decides each value or AXIS_NONE; NULL: nobody asks. */
void expansion_complete(struct expansion *expansion, const double *coordinates,
                        struct setting *setting, size_t *sources);

/* Have a setting's layers and components last. False: out of memory. */
bool expansion_keep(struct expansion *expansion, struct setting *setting);

/* The leader of an axis that is zipped, or the axis itself. */
static inline size_t axis_leader(const struct config *config, size_t axis) {
    return config->axes[axis].zip == AXIS_NONE ? axis : config->axes[axis].zip;
}

/* Whether an axis exists at a point whose earlier axes are set. */
bool axis_exists(const struct config *config, const double *coordinates, size_t axis);

/* All points, or those of some of the axes while the others stay at their first choice: the last
 * axis varies fastest. */
struct walk {
    const struct config *config;
    const bool *moves; /* of the axes; NULL: all */
    double *at;
};
void walk_first(const struct walk *walk);
bool walk_next(const struct walk *walk); /* false after the last point */

/* The number of points, or `limit` + 1 if there are more than that. */
size_t walk_count(const struct walk *walk, size_t limit);

/* space_check.c: a problem of the config at an axis. Clears the text. */
void add_problem(const struct config *config, const struct axis *axis, struct text *text);

/* space_data.c: add what does not fit the data set's examples and targets to the problems. */
void expansion_check_data(const struct config *config, const struct dataset *dataset,
                          struct text *text);

/* space_check.c: whether a choice may go with a data set: zip and exclude may keep them apart. */
bool choice_meets(const struct config *config, const struct axis *axis, size_t choice,
                  const struct dataset *dataset);

/* space_layers.c: add a problem where a list of layers, or one with another value of an argument
 * that varies, does not take the data set's images. Clears the text. */
void expansion_check_layers(const struct config *config, const struct dataset *dataset,
                            struct text *text);

/* space_layers.c: whether a setting that was just completed has layers that take its images, where
 * arguments of these vary: each may fit beside the others' first value, and not all together. And
 * an error where it has not: STATUS_INPUT. */
bool expansion_fits(const struct expansion *expansion, const struct setting *setting);
enum status expansion_refuse(const struct expansion *expansion, const struct setting *setting,
                             struct error *error);

/* space_layers.c: refuse a search in which some do not fit together: of what is listed, with all
 * that is drawn at its lower and at its upper end. A point between that does not fit is passed over
 * when it is drawn. */
enum status expansion_check_combinations(struct expansion *expansion, struct error *error);

/* space_check.c: what space_check says, with an expansion that has begun; finds its effects. */
enum status expansion_check(struct expansion *expansion, struct error *error);

/* space_domain.c: from the config's axes and the effects. */
enum status expansion_make_domain(struct expansion *expansion, struct error *error);

/* The coordinates of a point of the domain. */
void expansion_place(const struct expansion *expansion, const double *point, double *coordinates);

#endif
