/* A sweep in memory: the text of a config over a made-up data set. */
#ifndef SWEEP_TESTS_MADE_UP_H
#define SWEEP_TESTS_MADE_UP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "search/config.h"
#include "search/space.h"
#include "train/plan.h"
#include "train/schedule.h"

/* How a config begins; its hyperparameters follow, indented by two. */
#define GRID "method: grid\nparameters:\n"

struct made_up {
    struct arena arena;
    struct dataset data; /* not owned: several sweeps may share one */
    struct config config;
    struct space space;
    struct plan plan;
    struct checkpoints *checkpoints; /* not owned; NULL: none */
    size_t limit;                    /* epochs after which runs pause; 0: none */
    struct error error;
};

/* A data set of these sizes without pixels: enough for a space and a plan. */
static inline struct dataset shapes_only(size_t train, size_t test) {
    struct dataset data = {.name = "made-up", .rows = 28, .columns = 28, .classes = 10};
    data.train.count = train;
    data.test.count = test;
    data.digest = digest_of_string("made up");
    return data;
}

/* Grey noise with a bright square whose place says the class; labels count 0, 1, ... 9, 0, ... */
static inline void draw_images(struct images *images, uint8_t *pixels, uint8_t *labels,
                               uint32_t part) {
    const struct random_source noise = {7, RANDOM_TEST, part};
    for (size_t i = 0; i < images->count; i++) {
        const size_t label = i % 10, top = 3 + label / 5 * 12, left = 1 + label % 5 * 5;
        labels[i] = (uint8_t)label;
        for (size_t at = 0; at < 784; at++) {
            const size_t row = at / 28, column = at % 28;
            const uint32_t bits = random_block(noise, (i * 784 + at) / 4).word[at % 4];
            const bool inside = row >= top && row < top + 8 && column >= left && column < left + 6;
            const uint8_t grey = (uint8_t)(bits >> 24);
            pixels[i * 784 + at] = inside ? (uint8_t)(128 + grey / 2) : grey > 200 ? grey : 0;
        }
    }
    images->pixels = pixels;
    images->labels = labels;
}

/* A data set that can be learned; release it with dataset_release. */
static inline struct dataset drawn(size_t train, size_t test) {
    struct dataset data = shapes_only(train, test);
    uint8_t *pixels = malloc((train + test) * 784), *labels = malloc(train + test);
    assert_non_null(pixels);
    assert_non_null(labels);
    draw_images(&data.train, pixels, labels, 0);
    draw_images(&data.test, pixels + train * 784, labels + train, 1);
    data.owned[0] = pixels;
    data.owned[1] = labels;
    return data;
}

static inline void made_up_init(struct made_up *sweep, const struct dataset *data) {
    memset(sweep, 0, sizeof *sweep);
    arena_init(&sweep->arena);
    sweep->data = *data;
}

static inline void made_up_release(struct made_up *sweep) {
    arena_release(&sweep->arena);
}

static inline enum status parse_text(struct made_up *sweep, const char *text) {
    return config_parse("test.yaml", text, strlen(text), NULL, 0, &sweep->arena, &sweep->config,
                        &sweep->error);
}

/* Each hyperparameter's line, cases[i][0], is wrong, and cases[i][1] is said of it. */
static inline void expect_told(struct made_up *sweep, const char *const (*cases)[2], size_t count) {
    for (size_t i = 0; i < count; i++) {
        const char *text = arena_printf(&sweep->arena, GRID "  %s\n", cases[i][0]);
        assert_int_equal(parse_text(sweep, text), STATUS_INPUT);
        if (!strstr(sweep->error.message, cases[i][1]))
            fail_msg("%s: %s", cases[i][0], sweep->error.message);
    }
}

/* From text to trials; fails the test with the error's words. */
static inline void expand_text(struct made_up *sweep, const char *text) {
    if (parse_text(sweep, text) != STATUS_OK ||
        space_expand(&sweep->config, &sweep->data, &sweep->arena, &sweep->space, &sweep->error) !=
            STATUS_OK)
        fail_msg("%s:%d:%d: %s", sweep->error.file, sweep->error.line, sweep->error.column,
                 sweep->error.message);
}

/* Plan the sweep's trials, as a struct plan_request says. */
static inline enum status plan_wanted(struct made_up *sweep, const bool *wanted,
                                      const bool *left_alone, size_t jobs) {
    const struct plan_request request = {.config = &sweep->config,
                                         .space = &sweep->space,
                                         .dataset = &sweep->data,
                                         .wanted = wanted,
                                         .left_alone = left_alone,
                                         .jobs = jobs,
                                         .limit = sweep->limit,
                                         .checkpoints = sweep->checkpoints};
    struct costs costs;
    enum status status = cost_init(&costs, &sweep->data, sweep->config.metrics,
                                   sweep->config.metric_count, NULL, &sweep->error);
    if (status == STATUS_OK)
        status = plan_make(&request, &costs, &sweep->arena, &sweep->plan, &sweep->error);
    cost_release(&costs);
    return status;
}

static inline void plan_text(struct made_up *sweep, const char *text, const bool *wanted,
                             size_t jobs) {
    expand_text(sweep, text);
    if (plan_wanted(sweep, wanted, NULL, jobs) != STATUS_OK)
        fail_msg("%s", sweep->error.message);
}

static inline const struct value *value_of(const struct made_up *sweep, size_t setting,
                                           enum hyperparameter_id id) {
    assert_true(setting < sweep->space.setting_count);
    return &sweep->space.settings[setting].values[id];
}

#endif
