/* The space: from a config to its settings and trials.
 *
 * A setting is one point of the space, complete: every hyperparameter has the value it is trained
 * with, or VALUE_NONE where it does not apply. A trial is a setting with a seed. */
#ifndef SWEEP_SEARCH_SPACE_H
#define SWEEP_SEARCH_SPACE_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/status.h"
#include "data/dataset.h"
#include "data/stream.h"
#include "nn/spec.h"
#include "search/config.h"
#include "search/domain.h"
#include "search/hyperparameter.h"

/* Raised whenever the same hyperparameters give other numbers than before; part of every trial's
 * digest, so that results of two arithmetics are never taken for one another. */
#define ARITHMETIC_VERSION 3

/* The same for networks with a Conv2D, of which there are other numbers since. */
#define ARITHMETIC_CONVOLUTIONS 4
/* For augmentations that fill images of fractions, kept as bytes, with another number than 0. */
#define ARITHMETIC_FILLS 5
/* For networks with a convolution and a layer of a plug-in, whose batches are no longer computed in
 * parts, and for those that begin with a concatenation of the image with itself, which read others.
 */
#define ARITHMETIC_LAYERS 6
#define ARITHMETIC_NEWEST ARITHMETIC_LAYERS

/* What a grid may have: a trial takes some 2 KB until it is stored, in the plan above all. Several
 * configs may share a database, so that more can be had in parts. */
#define GRID_TRIALS_MAX 1000000

/* What a search may have, whose strategy looks at all that came before. */
#define TRIALS_MAX 100000

struct setting {
    struct value values[HP_COUNT]; /* as they were written */
    struct digest digest; /* of the values but the data set's name, in their canonical spelling:
                           * setting_append */
};

struct trial {
    const struct setting *setting;
    uint64_t seed;
    struct digest digest; /* of all that determines its numbers: setting, seed, data, arithmetic */
};

struct expansion; /* what settings are made with: space_private.h */

struct space {
    size_t setting_count, trial_count;
    struct setting *settings; /* in grid order (the config's last key varies fastest, unless they
                                 are shuffled), or in the order in which they were added */
    struct trial *trials;     /* setting by setting, seeds ascending */
    size_t equal_count;       /* points of the grid left out because they equal an earlier one,
                                 whatever their spelling */
    size_t excluded_count;    /* because the config excludes them */
    size_t cut_count;         /* settings of the grid that are beyond the budget */
    struct expansion *expansion;
};

/* Whether a config's values fit together and the data set, and the space is not too large; what is
 * not so are further problems of the config, and STATUS_INPUT. The config may have problems
 * already: it is left out what they leave open. */
enum status space_check(const struct config *config, const struct dataset *dataset,
                        struct arena *arena, struct error *error);

/* An empty space of a config without problems, after the same check; points are added to it.
 * Everything lives in the arena; config and data set must outlive it. */
enum status space_begin(const struct config *config, const struct dataset *dataset,
                        struct arena *arena, struct space *space, struct error *error);

/* What a strategy searches, of a space that was begun for another method than grid. It allows
 * points that are not excluded and are no setting of the space yet, which must stay where it is. */
const struct domain *space_domain(struct space *space);

/* The same to look at, not to search. */
const struct domain *space_domain_of(const struct space *space);

enum space_answer {
    SPACE_ADDED,
    SPACE_EQUAL,    /* to an earlier setting, whatever its spelling */
    SPACE_EXCLUDED, /* by the config */
};

/* Make a point of the domain a setting, and add it with its trials unless it is excluded or there
 * already; *setting is its number, or that of the one it equals. Arrays may move: pointers to
 * settings and trials are good until the next call, numbers for ever. STATUS_MEMORY. */
enum status space_add(struct space *space, const double *point, enum space_answer *answer,
                      size_t *setting, struct error *error);

/* How many points of a space that is searched the config excludes: of all there are, if they are no
 * more than SPACE_EXCLUDED_MAX, or of so many drawn at random by the config's seed. */
#define SPACE_EXCLUDED_MAX 10000
struct space_excluded {
    size_t count, points;
    bool all; /* that there are */
};
enum status space_count_excluded(const struct space *space, struct arena *arena,
                                 struct space_excluded *excluded, struct error *error);

/* All points of a grid at once: a config without problems expanded over a data set, after the same
 * check. */
enum status space_expand(const struct config *config, const struct dataset *dataset,
                         struct arena *arena, struct space *space, struct error *error);

/* What a network reads of an example, but for further arrays (layers_input). */
struct shape setting_input(const struct dataset *dataset);

/* What to train for a setting. `dataset` must outlive the spec. */
void setting_network(const struct setting *setting, const struct dataset *dataset, uint64_t seed,
                     struct network_spec *spec);
void setting_stream(const struct setting *setting, const struct dataset *dataset, uint64_t seed,
                    struct stream_spec *spec);

/* Set the digest from the values; false when out of memory. */
bool setting_identify(struct setting *setting, struct text *scratch);

/* The arithmetic that a setting's trials have now, on its data set. */
int setting_arithmetic(const struct setting *setting, const struct dataset *dataset);

/* The digest of all that determines a trial's numbers, by an arithmetic. Out of memory sets
 * scratch->failed. */
struct digest trial_digest(const char *setting_digest, uint64_t seed, const char *dataset_digest,
                           int arithmetic, struct text *scratch);

/* The values of a setting's hyperparameters for which `wanted` is true, as lines "name=value", in a
 * spelling that is the same for all settings that train the same network in the same way: layers
 * [10] with activation relu, and layers ["10 relu"]. */
void setting_append(const struct setting *setting, bool (*wanted)(const struct hyperparameter *),
                    struct text *text);

/* Whether its stream depends on the number of its epochs from the first step on, so that fewer
 * epochs are no part of the same training. */
bool setting_stream_needs_length(const struct setting *setting);
/* Whether what it trains depends on the number of its epochs from the first step on, so that fewer
 * epochs are no part of the same training. */
bool setting_needs_length(const struct setting *setting);

/* The one of a sweep's data sets that it is trained on. */
const struct dataset *setting_dataset(const struct setting *setting, const struct dataset *first);

/* The batches of a whole training. */
uint64_t setting_batches(const struct value *values);

/* The callbacks of a setting's values. */
struct callbacks setting_callbacks(const struct value *values);

/* Whether settings have different values of the hyperparameter. */
bool space_differs_in(const struct space *space, enum hyperparameter_id id);

/* Number the quantities that a score measures (score_is_defined_by) among the space's settings, in
 * their order; quantities[i] is that of setting i. STATUS_MEMORY. */
enum status space_quantities(const struct space *space, const struct score *score,
                             size_t *quantities, size_t *count, struct error *error);

#endif
