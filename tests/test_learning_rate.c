/* Learning rate schedules where Keras has none, or none like that; the others are held against
 * Keras' own (test_keras.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nn/learning_rate_schedule.h"

#include <math.h>

static struct component named(const char *name) {
    const struct component_kind *kind = component_find(&learning_rate_schedules, name);
    assert_non_null(kind);
    return component_standard(kind);
}

static void set(struct component *schedule, const char *name, double number) {
    const struct argument *argument = argument_find(&schedule->kind->arguments, name);
    assert_non_null(argument);
    void *at = argument_at(schedule->arguments, argument);
    if (argument->type == ARGUMENT_WHOLE)
        *(uint32_t *)at = (uint32_t)number;
    else if (argument->type == ARGUMENT_NAME)
        *(uint8_t *)at = (uint8_t)number;
    else
        *(double *)at = number;
}

static void expect(const struct component *schedule, double rate, uint64_t step, uint64_t all,
                   double expected) {
    const double found = (double)schedule_rate(schedule, rate, step, all);
    if (!(fabs(found - expected) <= 2e-6 * expected))
        fail_msg("%s, step %zu of %zu: %.9g, not %.9g", schedule->kind->name, (size_t)step,
                 (size_t)all, found, expected);
}

/* The figures are PyTorch's formula in double precision: 10 steps, of which the rate rises until
 * step 2 and falls until step 9. */
static void one_cycle(void **state) {
    (void)state;
    static const double cosine[] = {0.04,       0.52,       1,          0.95048463, 0.81174565,
                                    0.61126202, 0.38874198, 0.18825835, 0.04951937, 4e-6};
    static const double line[] = {0.04,       0.52,       1,          0.85714343, 0.71428686,
                                  0.57143029, 0.42857371, 0.28571714, 0.14286057, 4e-6};
    struct component schedule = named("OneCycleLR");
    for (uint64_t step = 0; step < 10; step++)
        expect(&schedule, 1, step, 10, cosine[step]);
    expect(&schedule, 1, 30, 10, 4e-6); /* it stays at its end */
    set(&schedule, "anneal_strategy", 1);
    set(&schedule, "total_steps", 10);
    for (uint64_t step = 0; step < 10; step++)
        expect(&schedule, 2, step, 77, 2 * line[step]);
}

/* A length that is left out is that of the training; the warm-up is a part of it. */
static void all_steps(void **state) {
    (void)state;
    struct component schedule = named("cosine_decay");
    assert_true(schedule_needs_length(&schedule));
    expect(&schedule, 0.5, 0, 80, 0.5);
    expect(&schedule, 0.5, 40, 80, 0.25);
    set(&schedule, "warmup_steps", 20);
    expect(&schedule, 0.5, 0, 80, 0);
    expect(&schedule, 0.5, 10, 80, 0.25);
    expect(&schedule, 0.5, 20, 80, 0.5);
    expect(&schedule, 0.5, 50, 80, 0.25);
    set(&schedule, "decay_steps", 20);
    assert_false(schedule_needs_length(&schedule));
    expect(&schedule, 0.5, 30, 80, 0.25);
    assert_false(schedule_has_own_rate(&schedule));
    schedule = named("polynomial_decay");
    set(&schedule, "end_learning_rate", 0.1);
    expect(&schedule, 0.5, 20, 80, 0.4);
    set(&schedule, "initial_learning_rate", 0.9);
    assert_true(schedule_has_own_rate(&schedule));
    expect(&schedule, 0.5, 20, 80, 0.7);
}

/* Lengths at which a formula would divide by 0, or a training is over before it begins to fall. */
static void short_lengths(void **state) {
    (void)state;
    const struct component_kind *kind;
    for (size_t i = 0; (kind = learning_rate_schedules.at(i)); i++)
        for (uint64_t all = 1; all < 5; all++)
            for (uint64_t step = 0; step < 9; step++) {
                struct component schedule = component_standard(kind);
                if (argument_find(&kind->arguments, "first_decay_steps"))
                    set(&schedule, "first_decay_steps", 1);
                if (argument_find(&kind->arguments, "warmup_steps"))
                    set(&schedule, "warmup_steps", 3);
                const double rate = (double)schedule_rate(&schedule, 0.1, step, all);
                assert_true(rate >= 0 && rate <= 0.1000001);
            }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_cycle),
        cmocka_unit_test(all_steps),
        cmocka_unit_test(short_lengths),
    };
    return cmocka_run_group_tests_name("learning rate", tests, NULL, NULL);
}
