/* What `run` and `plan` do alike: read the config and the data set, look at the
 * data, and expand the space. */
#ifndef SWEEP_CLI_PREPARATION_H
#define SWEEP_CLI_PREPARATION_H

#include "base/arena.h"
#include "base/text.h"
#include "cli/option.h"
#include "data/dataset.h"
#include "report/progress.h"
#include "search/config.h"
#include "search/space.h"
#include "train/calibration.h"
#include "train/plan.h"

/* The rows of both; FIELD is a struct preparation in TYPE. */
#define PREPARATION_OPTIONS(TYPE, FIELD)                                                           \
    OPTION_CONFIG(TYPE, FIELD.path, true), OPTION_DATA_DIR(TYPE, FIELD.data_dir),                  \
        OPTION_DATASET(TYPE, FIELD.dataset_name, "Use this data set, whatever the config says"),   \
        OPTION_DB(TYPE, FIELD.database),                                                           \
        {.name = "jobs",                                                                           \
         .letter = 'j',                                                                            \
         .argument = "N",                                                                          \
         .help = "Train on N threads (default: the cores there are)",                              \
         .kind = OPTION_NUMBER,                                                                    \
         .target = offsetof(TYPE, FIELD.jobs),                                                     \
         .minimum = 1,                                                                             \
         .maximum = PREPARATION_JOBS_MAX},                                                         \
        {.name = "quiet",                                                                          \
         .letter = 'q',                                                                            \
         .help = "Print results, warnings and errors only",                                        \
         .kind = OPTION_FLAG,                                                                      \
         .target = offsetof(TYPE, FIELD.quiet)},                                                   \
    {                                                                                              \
        .name = "set", .letter = 's', .argument = "KEY=VALUE",                                     \
        .help = "Change a key of the config or a hyperparameter: --set epochs=3, --set "           \
                "'optimizer=[sgd, adam]'",                                                         \
        .kind = OPTION_LIST, .target = offsetof(TYPE, FIELD.settings)                              \
    }
#define PREPARATION_JOBS_MAX 1024

struct preparation {
    const char *path; /* of the config */
    const char *database, *data_dir, *dataset_name;
    struct option_list settings; /* --set */
    long jobs;
    bool quiet;

    struct arena arena;
    struct config config;
    struct dataset dataset;
    struct space space;              /* all of a grid; of another method empty as yet */
    struct space sample;             /* of another method: some settings, drawn at random */
    struct space_excluded excluded;  /* of the space of another method */
    const struct space *reviewed;    /* the one of these that has settings */
    size_t quantity_count;           /* that the metric measures in these (score.h) */
    struct text warnings;            /* one a line */
    struct calibration *calibration; /* the user's, or NULL */
    struct progress_line line;       /* shows what takes long, from preparation_make on */
};

void preparation_init(struct preparation *preparation);
void preparation_release(struct preparation *preparation);

/* Everything up to the space, with messages on stderr unless quiet; warnings about the data are
 * always printed. */
enum status preparation_make(struct preparation *preparation, struct error *error);

/* Plan what `request` says of the prepared config, in an arena; the prediction comes from short
 * trials. Without a space in the request it is the config's, without jobs those of --jobs. */
enum status preparation_plan(struct preparation *preparation, struct plan_request request,
                             struct arena *arena, struct plan *plan, struct error *error);

/* Plan all of the settings that were reviewed, to the end. */
enum status preparation_plan_sample(struct preparation *preparation, struct plan *plan,
                                    struct error *error);

/* Warn of networks that take more memory than is available, by themselves, with the place of the
 * layers, or side by side; where that leaves nothing to train, `refuse` makes it STATUS_INPUT. */
enum status preparation_check_memory(const struct preparation *preparation, const struct plan *plan,
                                     bool refuse, struct error *error);

/* Warn of a prediction of hours. */
void preparation_warn_long(double seconds);

/* Print all that is wrong with the config, or else the error, and return the exit status. */
int preparation_fail(const struct preparation *preparation, const struct error *error);

#endif
