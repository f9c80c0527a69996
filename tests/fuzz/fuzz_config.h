/* What may be asked of any config that was read, for the targets that read one. */
#ifndef SWEEP_TESTS_FUZZ_CONFIG_H
#define SWEEP_TESTS_FUZZ_CONFIG_H

#include "fuzz.h"

#include "base/random.h"
#include "search/space.h"

#include <math.h>
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

/* Each setting can be trained. */
static inline void expect_settings(const struct space *space, const struct config *config,
                                   const struct dataset *data) {
    EXPECT(space->trial_count == space->setting_count * config->repeats);
    for (size_t i = 0; i < space->setting_count; i++) {
        struct network_spec network;
        struct stream_spec stream;
        setting_network(&space->settings[i], data, config->seed, &network);
        setting_stream(&space->settings[i], data, config->seed, &stream);
        EXPECT(network.layer_count >= 1 && network.layer_count <= NETWORK_LAYERS_MAX);
        EXPECT(network.loss && network.optimizer && network.initializer);
        EXPECT(stream.train_count > 0 && stream.batch_size > 0);
        EXPECT(network_parameter_count(&network) > 0);
        EXPECT(!config_excludes(config, space->settings[i].values));
    }
}

#define POINTS_DRAWN 20

/* A point of the domain; number i of them. */
static inline void draw_point(const struct domain *domain, size_t i, double *point) {
    for (size_t d = 0; d < domain->count; d++) {
        const struct dimension *dimension = &domain->dimensions[d];
        const double unit =
            i == 0 ? 0 : random_unit((struct random_source){1, RANDOM_TEST, (uint32_t)i}, d);
        const double *parent =
            dimension->parent == DIMENSION_NONE ? NULL : &point[dimension->parent];
        EXPECT(!parent || parent < &point[d]);
        EXPECT((dimension->levels == 0) == (dimension->kind == DIMENSION_CONTINUOUS));
        if (parent && (isnan(*parent) || !dimension->parent_levels[(size_t)*parent]))
            point[d] = (double)NAN;
        else
            point[d] = dimension->levels ? floor(unit * (double)dimension->levels) : unit;
    }
}

/* Points make settings, each one once. */
static inline void expect_searched(const struct config *config, const struct dataset *data,
                                   struct arena *arena) {
    struct space space;
    struct error error = {0};
    const enum status status = space_begin(config, data, arena, &space, &error);
    expect_told(status, &error);
    if (status != STATUS_OK)
        return;
    const struct domain *domain = space_domain(&space);
    double *point = ARENA_NEW(arena, double, domain->count);
    for (size_t i = 0; i < POINTS_DRAWN; i++) {
        enum space_answer answer;
        size_t setting;
        draw_point(domain, i, point);
        const bool allowed = domain->allows(domain->context, point);
        EXPECT(space_add(&space, point, &answer, &setting, &error) == STATUS_OK);
        EXPECT(allowed == (answer == SPACE_ADDED));
        EXPECT(answer == SPACE_EXCLUDED || setting < space.setting_count);
        EXPECT(!domain->allows(domain->context, point));
    }
    expect_settings(&space, config, data);
}

/* What is accepted gives settings. */
static inline void expect_expanded(const struct config *config, struct arena *arena) {
    struct dataset data = {.name = "shapes", .rows = 28, .columns = 28, .classes = 10};
    struct space space;
    struct error error = {0};
    data.train.count = 60000;
    data.test.count = 10000;
    data.digest = digest_of_string("shapes");
    if (config->method != METHOD_GRID) {
        if (config->repeats <= POINTS_EXPANDED)
            expect_searched(config, &data, arena);
        return;
    }
    if (count_points(config) > POINTS_EXPANDED)
        return;
    const enum status status = space_expand(config, &data, arena, &space, &error);
    expect_told(status, &error);
    if (status != STATUS_OK)
        return;
    EXPECT(space.setting_count > 0);
    expect_settings(&space, config, &data);
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
    EXPECT(config->parameter_count <= HP_COUNT && config->axis_count <= CONFIG_AXES_MAX);
    for (size_t i = 0; i < config->axis_count; i++) {
        const struct axis *axis = &config->axes[i];
        EXPECT(axis->count >= 1 || config->method != METHOD_GRID);
        EXPECT(axis->parent == AXIS_NONE || axis->parent < i);
        for (size_t j = 0; j < i && axis->parent == AXIS_NONE; j++)
            EXPECT(axis->id != config->axes[j].id || config->axes[j].parent != AXIS_NONE);
    }
    expect_expanded(config, arena);
}

#endif
