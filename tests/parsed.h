/* The sweep of a test of configs or spaces, made anew for each case. */
#ifndef SWEEP_TESTS_PARSED_H
#define SWEEP_TESTS_PARSED_H

#include "made_up.h"

static struct made_up sweep;

static int set_up(void **state) {
    (void)state;
    const struct dataset data = shapes_only(1000, 100);
    made_up_init(&sweep, &data);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    made_up_release(&sweep);
    return 0;
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* The hyperparameter's values over the settings, separated by |; nothing where it does not apply.
 */
static inline const char *column(enum hyperparameter_id id) {
    struct text text;
    text_init(&text);
    for (size_t i = 0; i < sweep.space.setting_count; i++) {
        text_append(&text, i ? "|" : "");
        value_append(value_of(&sweep, i, id), &text);
    }
    const char *copy = arena_copy(&sweep.arena, text.data);
    text_release(&text);
    assert_non_null(copy);
    return copy;
}

#endif
