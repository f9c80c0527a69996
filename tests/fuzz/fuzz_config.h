/* What may be asked of any config that was read, for the targets that read one. */
#ifndef SWEEP_TESTS_FUZZ_CONFIG_H
#define SWEEP_TESTS_FUZZ_CONFIG_H

#include "fuzz.h"

#include "search/space.h"

#include <string.h>

/* Larger grids only take longer. */
#define POINTS_EXPANDED 500

static inline size_t count_points(const struct config *config) {
    size_t points = config->repeats;
    for (size_t i = 0; i < config->axis_count; i++)
        if (__builtin_mul_overflow(points, config->axes[i].count, &points))
            return SIZE_MAX;
    return points;
}

/* Equal texts have equal digests, and each setting can be trained. */
static inline void expect_expanded(const struct config *config, struct arena *arena) {
    struct dataset data = {.name = "shapes", .rows = 28, .columns = 28, .classes = 10};
    struct space space;
    struct error error = {0};
    data.train.count = 60000;
    data.test.count = 10000;
    data.digest = digest_of_string("shapes");
    if (count_points(config) > POINTS_EXPANDED)
        return;
    const enum status status = space_expand(config, &data, arena, &space, &error);
    expect_told(status, &error);
    if (status != STATUS_OK)
        return;
    EXPECT(space.setting_count > 0);
    EXPECT(space.trial_count == space.setting_count * config->repeats);
    for (size_t i = 0; i < space.setting_count; i++) {
        struct network_spec network;
        struct stream_spec stream;
        setting_network(&space.settings[i], &data, config->seed, &network);
        setting_stream(&space.settings[i], &data, config->seed, &stream);
        EXPECT(network.layer_count >= 1 && network.layer_count <= NETWORK_LAYERS_MAX);
        EXPECT(network.loss && network.optimizer && network.initializer);
        EXPECT(stream.train_count > 0 && stream.batch_size > 0);
        EXPECT(network_parameter_count(&network) > 0);
    }
}

/* Each problem has a reason; the first is the error. */
static inline void expect_problems(enum status status, const struct config *config,
                                   const struct error *error) {
    const struct problems *problems = config->problems;
    EXPECT(problems && (problems->count > 0) == (status != STATUS_OK));
    for (size_t i = 0; i < problems->count && i < PROBLEMS_MAX; i++) {
        EXPECT(problems->items[i].error.code == STATUS_INPUT);
        EXPECT(problems->items[i].error.message[0] != '\0');
        EXPECT(problems->items[i].error.file[0] != '\0');
    }
    if (status != STATUS_OK)
        EXPECT(strcmp(problems->items[0].error.message, error->message) == 0);
    EXPECT(problems->note_count <= PROBLEMS_MAX);
}

static inline void expect_config(const struct config *config, struct arena *arena) {
    EXPECT(config->name && config->description && *config->score.name);
    EXPECT(config->repeats >= 1);
    EXPECT(config->dataset_count >= 1 && config->dataset_count <= CONFIG_DATASETS_MAX);
    EXPECT(config->metric_count <= METRICS_MAX);
    EXPECT(config->axis_count <= HP_COUNT);
    for (size_t i = 0; i < config->axis_count; i++) {
        EXPECT(config->axes[i].count >= 1);
        for (size_t j = 0; j < i; j++)
            EXPECT(config->axes[i].id != config->axes[j].id);
    }
    expect_expanded(config, arena);
}

#endif
