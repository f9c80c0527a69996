/* What of a hyperparameter's value an axis of its own decides, read back from the value: of
 * {dense: {units: {values: [64, 128]}}} the units, of {count: {min: 1, max: 3}, ...} the number of
 * layers. */
#ifndef SWEEP_SEARCH_AXIS_PART_H
#define SWEEP_SEARCH_AXIS_PART_H

#include "search/config.h"

static inline bool axis_is_part(const struct axis *axis) {
    return axis->role != AXIS_VALUE;
}

/* Whether a part is called so; its number may be left out: conv2d.filters for conv2d.filters 1. */
enum axis_naming { AXIS_OTHERWISE, AXIS_WITHOUT_NUMBER, AXIS_EXACTLY };
enum axis_naming axis_part_naming(const char *part, const char *name);

/* The choice of `whole`, the first axis of a hyperparameter, that a value of it is of, whatever its
 * parts are; AXIS_NONE: none, as of a value that is spelled in another way. */
size_t axis_choice_of(const struct config *config, const struct axis *whole,
                      const struct value *value);

/* A part of such a value, as a config writes it. False: there is none with that choice. */
bool axis_append_part(const struct config *config, const struct axis *part, size_t choice,
                      const struct value *value, struct text *text);

#endif
