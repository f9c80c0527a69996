/* The config: the YAML file a user writes, checked.
 *
 *   name, description   texts
 *   method              grid, random, sobol, tpe, gp
 *   metric              {name, goal}, or a list of them
 *   parameters          the space: each hyperparameter with its values or their distribution
 *   zip, exclude        values that go together, and settings that are left out
 *   dataset             a name or folder, or a list of them: the first that is present is used; or
 *                       {name, ...}, with how it is to be read; or {values: [...]}: all of these
 *   plugins             C files with functions of its own
 *   repeats, seed       seeds per setting, and the first of them
 *   budget, run_cap, batch, shuffle, early_terminate: see method.h
 *   metrics             further metrics to record
 *   keep_models         which trials' weights are kept: best, all, none
 *
 * The grammar is that of W&B sweeps as far as it goes; a key whose value is YAML's null is as one
 * that is not there. All errors are STATUS_INPUT and name file, line, column, key, value and what
 * is allowed. */
#ifndef SWEEP_SEARCH_CONFIG_H
#define SWEEP_SEARCH_CONFIG_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/status.h"
#include "data/dataset.h"
#include "nn/metric.h"
#include "search/axis.h"
#include "search/filter.h"
#include "search/method.h"
#include "search/problems.h"
#include "search/score.h"

#define CONFIG_DATASETS_MAX 16
#define CONFIG_OBJECTIVES_MAX 8
#define CONFIG_BATCH 16       /* settings chosen at a time, at most, where nothing is said */
#define CONFIG_NAME_BYTES 200 /* of a name with settings; what is longer ends in "..." */
#define CONFIG_BYTES_MAX ((size_t)1 << 20)

/* What a sweep is judged by. */
struct objective {
    struct score score;
    bool maximize;
    const struct node *name; /* where it is named, and what that was read by; NULL: nowhere */
    const struct reading *reading;
    const char *goal_file; /* where its goal is written; NULL: nowhere */
    int goal_line, goal_column;
};

/* Settings to leave out: those that meet the filter. */
struct exclusion {
    struct filter filter;
    const struct node *node; /* where it is written, and what it was read by */
    const struct reading *reading;
};

/* Of which completed trials the weights are kept. */
enum keep_models {
    KEEP_BEST, /* the sweep's best, by its metric */
    KEEP_ALL,
    KEEP_NONE,
};

struct config {
    const char *path, *text; /* the file and its contents */
    const char *settings; /* what --set set of it (setting_text.h), a line each, but what is kept */
    /* Of text and settings, and of keras_layers and `batch` where earlier versions had other
     * defaults: without the latter it is earlier_digest. */
    struct digest digest, earlier_digest;
    bool keras_layers; /* there are layers that layers_as_in_keras changed */
    const char *name;  /* with the settings after it, unless one of them is the name */
    const char *description;
    enum method method;
    bool method_known; /* it could be read */
    /* where they are written, or NULL; budget_node: its trials */
    const struct node *method_node, *budget_node, *budget_epochs_node, *batch_node;
    const struct node *shuffle_node;
    const struct reading *method_reading, *budget_reading, *budget_epochs_reading, *batch_reading,
        *shuffle_reading;
    struct budget budget;
    size_t batch; /* settings chosen at a time */
    bool shuffle;
    struct early_terminate early_terminate;
    bool metric_unread;     /* it could not be read */
    size_t objective_count; /* at least 1 where there are no problems */
    struct objective objectives[CONFIG_OBJECTIVES_MAX];
    struct score score; /* what the leaderboard goes by, and whether more of it is better */
    bool maximize;
    bool metric_by_default; /* the config names none */
    const char *goal_file;  /* where its goal is written; NULL: nowhere */
    int goal_line, goal_column;
    size_t dataset_count; /* 0: what is written could not be read */
    bool datasets_vary;   /* all of them are tried, as an axis; else the first that is present */
    const char *datasets[CONFIG_DATASETS_MAX];
    const struct node *dataset_nodes[CONFIG_DATASETS_MAX]; /* where they are written, or NULL */
    /* How each is to be read; the first, where one is used. */
    struct dataset_options dataset_options[CONFIG_DATASETS_MAX];
    const struct reading *dataset_reading; /* what they were read by */
    size_t repeats;
    uint64_t seed;
    size_t metric_count;
    const struct metric *metrics[METRICS_MAX]; /* besides loss and accuracy */
    struct origin metric_origins[METRICS_MAX]; /* where they are named */
    enum keep_models keep_models;
    const struct node *root, *parameters_node; /* of the file; NULL: not there */
    const struct reading *reading;             /* what the file was read by */
    const struct node *repeats_node;           /* where they are written, or NULL */
    const struct reading *repeats_reading;
    size_t parameter_count;
    struct parameter parameters[HP_COUNT]; /* in the file's order: the last varies fastest */
    size_t axis_count;
    struct axis *axes;           /* of all parameters, in their order */
    const struct node *zip_node; /* where it is written, or NULL */
    const struct reading *zip_reading;
    size_t exclusion_count;
    struct exclusion *exclusions;
    bool unread[HP_COUNT];     /* where there are problems: hyperparameters that may have values
                                  which could not be read */
    struct problems *problems; /* also where it could not be read */
};

/* Whether a setting with these values (HP_COUNT of them) is to be left out. */
bool config_excludes(const struct config *config, const struct value *values);

/* Whether two choices of different axes may be in one setting, and with the data set of a name: zip
 * and exclude may keep them apart. `other` and `dataset` may be NULL. */
bool config_choices_meet(const struct config *config, const struct axis *axis, size_t choice,
                         const struct axis *other, size_t other_choice, const char *dataset);

/* A hyperparameter's own axis (not one that comes with a choice of another), or NULL. */
const struct axis *config_axis(const struct config *config, enum hyperparameter_id id);

/* The most epochs that a trial may have. */
size_t config_most_epochs(const struct config *config);

/* Read and check a config, a file or one that is found by its name (config_places.h), with
 * `settings` ("key=value") applied on top: a hyperparameter, or one of the top-level keys.
 * Everything lives in the arena. All that is wrong is in config->problems, which is NULL where
 * there was nothing to read, or a plug-in could not be loaded; `error` is the first of them. */
enum status config_load(const char *path, const char *const *settings, size_t setting_count,
                        struct arena *arena, struct config *config, struct error *error);

/* The same from text; `path` is used in messages. */
enum status config_parse(const char *path, const char *text, size_t length,
                         const char *const *settings, size_t setting_count, struct arena *arena,
                         struct config *config, struct error *error);

/* Have it judge by what can be measured of the data set's targets: by the loss, where they are
 * numbers and the config does not say. STATUS_INPUT where it names a metric that can't be. */
enum status config_fit_targets(struct config *config, const struct dataset *dataset,
                               struct error *error);

/* STATUS_INPUT where an array is to be normalised that no model reads: it is part of the trials'
 * digests, and they would be other trials with the same numbers. To be called once the space is
 * made, which tells of inputs that are no arrays: such a name may be the one that was meant. */
enum status config_check_normalized(const struct config *config, const struct dataset *dataset,
                                    struct error *error);

/* Load the data sets, the first into `first` and the others after it (datasets_join), and have the
 * config call them by their names. Notes as by dataset_load_first; STATUS_INPUT also where they
 * can't be judged by one metric. `first` is to be released also after an error. */
enum status config_load_datasets(struct config *config, const char *data_dir, struct arena *arena,
                                 struct dataset *first, struct text *notes, struct error *error);

/* Call a config's data sets by the names of those that were loaded, or are known by another task.
 * STATUS_INPUT where exclude names one that is none of them. */
enum status config_name_datasets(struct config *config, const struct dataset *first,
                                 struct error *error);

/* How a data set of that name is to be read. */
const struct dataset_options *config_dataset_options(const struct config *config, const char *name);

/* A data set as a config's dataset: has it: its name, or {name: ./mine, image_size: [28, 28]} with
 * how it is to be read. */
enum status config_parse_dataset(const char *text, struct arena *arena, const char **name,
                                 struct dataset_options *into, struct error *error);

/* Whether each of the data sets is known (dataset_check_name); else these are further problems, and
 * STATUS_INPUT. */
enum status config_check_datasets(struct config *config, const struct dataset_places *places,
                                  struct arena *arena, struct error *error);

/* The i-th of the top-level keys and what it takes, in words; false after the last. */
bool config_key_at(size_t i, const char **name, const char **help);

/* Whether it is one of them. */
bool config_has_key(const char *name);

/* Whether it is one whose parts --set takes one by one: budget.trials=50. */
bool config_key_has_parts(const char *name);

#endif
