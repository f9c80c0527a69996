/* Lists of augmentations for tests. */
#ifndef SWEEP_TESTS_AUGMENTATIONS_H
#define SWEEP_TESTS_AUGMENTATIONS_H

#include "data/augmentation.h"

#include <string.h>

/* Append a kind with its defaults, and return it. */
static inline struct component *append_kind(struct components *list, const char *name) {
    struct component *added = &list->items[list->count++];
    list->family = &augmentation_family;
    *added = component_standard(component_find(&augmentation_family, name));
    return added;
}

/* A factor's range, or a number. */
static inline void set_factor(struct component *component, const char *name, double lower,
                              double upper) {
    const struct argument *argument = argument_find(&component->kind->arguments, name);
    *(struct numbers *)argument_at(component->arguments, argument) =
        (struct numbers){2, {lower, upper}};
}

static inline void set_real(struct component *component, const char *name, double value) {
    const struct argument *argument = argument_find(&component->kind->arguments, name);
    *(double *)argument_at(component->arguments, argument) = value;
}

static inline void set_name(struct component *component, const char *name, const char *value) {
    const struct argument *argument = argument_find(&component->kind->arguments, name);
    uint8_t place = 0;
    while (strcmp(argument_name(argument, place), value) != 0)
        place++;
    *(uint8_t *)argument_at(component->arguments, argument) = place;
}

/* A shift, a turn and an elastic distortion, as one would for digits. */
static inline struct components usual_augmentation(void) {
    struct components list = {0};
    struct component *added = append_kind(&list, "random_translation");
    set_factor(added, "height_factor", -0.1, 0.1);
    set_factor(added, "width_factor", -0.1, 0.1);
    set_factor(append_kind(&list, "random_rotation"), "factor", -0.04, 0.04);
    added = append_kind(&list, "elastic");
    set_real(added, "alpha", 34);
    set_real(added, "sigma", 4);
    return list;
}

#endif
