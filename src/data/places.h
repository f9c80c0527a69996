/* The folders in which data sets are looked for. */
#ifndef SWEEP_DATA_PLACES_H
#define SWEEP_DATA_PLACES_H

#include "base/status.h"
#include "data/dataset.h"

#include <stddef.h>

#define PLACES_MAX 16
#define PLACES_PATH_MAX 4096

/* In the order in which they are searched:
 *   places->data_dir
 *   $SWEEP_DATA_DIR
 *   $XDG_DATA_HOME/sweep, or ~/.local/share/sweep when it is not set to an absolute path
 *   $KERAS_HOME/datasets, or ~/.keras/datasets
 *   ./data and ~/data: torchvision has no folder of its own, its examples say root="data"
 *   datasets/ in each folder of $XDG_DATA_DIRS (/usr/local/share:/usr/share), where Debian's
 *   packages of data sets put theirs; of many the first ones
 * Variables that are unset or empty leave their folder out. */
struct place_list {
    size_t count;
    char folders[PLACES_MAX][PLACES_PATH_MAX];
};

/* `places` may be NULL. STATUS_USAGE when data_dir is given and is not a folder. */
enum status places_list(const struct dataset_places *places, struct place_list *list,
                        struct error *error);

/* Write `folder`/`below` (without the slash when `below` is empty) to `path`; STATUS_USAGE
 * when it is longer than PLACES_PATH_MAX. */
enum status places_join(const char *folder, const char *below, char path[PLACES_PATH_MAX],
                        struct error *error);

enum place_kind { PLACE_ABSENT, PLACE_FOLDER, PLACE_FILE };

/* What there is at `path`. STATUS_IO when that cannot be found out. */
enum status places_look(const char *path, enum place_kind *kind, struct error *error);

#endif
