/* What `run` and `plan` do alike: read their arguments, the config and the data set, look at the
 * data, and expand the space. */
#ifndef SWEEP_CLI_PREPARATION_H
#define SWEEP_CLI_PREPARATION_H

#include "base/arena.h"
#include "base/text.h"
#include "data/dataset.h"
#include "search/config.h"
#include "search/space.h"
#include "train/calibration.h"

#include <argp.h>

#define PREPARATION_SETTINGS_MAX 256

/* The arguments both take: argp's child parser, whose input is a struct preparation. */
extern const struct argp preparation_argp;

struct preparation {
    const char *path, *data_dir, *dataset_name;
    const char *settings[PREPARATION_SETTINGS_MAX]; /* --set */
    size_t setting_count;
    size_t jobs;
    bool quiet;

    struct arena arena;
    struct config config;
    struct dataset dataset;
    struct space space;
    struct text warnings;            /* one a line */
    struct calibration *calibration; /* the user's, or NULL */
};

void preparation_init(struct preparation *preparation);
void preparation_release(struct preparation *preparation);

/* Everything up to the space, with messages on stderr unless quiet; warnings about the data are
 * always printed. */
enum status preparation_make(struct preparation *preparation, struct error *error);

#endif
