/* A config's data sets: loaded, and called by their names. */
#include "data/locate.h"
#include "search/config.h"
#include "search/reading.h"

#include <string.h>

/* One metric judges all trials of a sweep. */
static enum status check_targets(const struct dataset *first, struct error *error) {
    for (const struct dataset *at = first->next; at; at = at->next)
        if (dataset_has_values(at) != dataset_has_values(first))
            return error_set(error, STATUS_INPUT,
                             "dataset: %s has classes and %s numbers to be predicted, and no "
                             "metric judges both; train them in two sweeps",
                             dataset_has_values(at) ? first->name : at->name,
                             dataset_has_values(at) ? at->name : first->name);
    return STATUS_OK;
}

enum status config_load_datasets(struct config *config, const char *data_dir, struct arena *arena,
                                 struct dataset *first, struct text *notes, struct error *error) {
    const size_t count = config->datasets_vary ? config->dataset_count : 1;
    struct dataset *dataset = first;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        const struct dataset_places places = {.data_dir = data_dir,
                                              .options = &config->dataset_options[i]};
        if (i > 0)
            dataset = dataset->next = ARENA_NEW(arena, struct dataset, 1);
        status = dataset ? dataset_load_first(&config->datasets[i],
                                              config->datasets_vary ? 1 : config->dataset_count,
                                              &places, dataset, notes, error)
                         : error_memory(error);
    }
    if (status == STATUS_OK)
        status = datasets_join(first, error);
    if (status == STATUS_OK)
        status = check_targets(first, error);
    return status == STATUS_OK ? config_name_datasets(config, first, error) : status;
}

/* A condition may name it as the config does. */
static bool name_value(const struct config *config, const struct dataset *first,
                       struct value *value) {
    const struct dataset *at = first;
    for (size_t i = 0; at; i++, at = at->next)
        if (strcmp(value->name, at->name) == 0 ||
            (config->datasets_vary && strcmp(value->name, config->datasets[i]) == 0)) {
            value->name = at->name;
            return true;
        }
    return false;
}

static enum status name_condition(const struct config *config, const struct dataset *first,
                                  const struct exclusion *exclusion,
                                  struct filter_condition *condition, struct error *error) {
    for (size_t i = 0; i < condition->count; i++) {
        struct value *value = &condition->values[i];
        if (condition->hyperparameter != &hyperparameters[HP_DATASET] ||
            name_value(config, first, value))
            continue;
        error_set(error, STATUS_INPUT,
                  "exclude: no data set of this sweep is called '%.60s'; there is %s", value->name,
                  dataset_names(first));
        return error_place(error, exclusion->reading->file, exclusion->node->line,
                           exclusion->node->column);
    }
    return STATUS_OK;
}

enum status config_name_datasets(struct config *config, const struct dataset *first,
                                 struct error *error) {
    const struct axis *axis = config_axis(config, HP_DATASET);
    const struct dataset *at = first;
    enum status status = STATUS_OK;
    for (size_t i = 0; axis && at && i < axis->count; i++, at = at->next)
        axis->choices[i].value.name = at->name;
    for (size_t i = 0; i < config->exclusion_count; i++) {
        const struct exclusion *exclusion = &config->exclusions[i];
        for (size_t j = 0; j < exclusion->filter.count && status == STATUS_OK; j++)
            status =
                name_condition(config, first, exclusion, &exclusion->filter.conditions[j], error);
    }
    return status;
}

const struct dataset_options *config_dataset_options(const struct config *config,
                                                     const char *name) {
    char own[DATASET_NAME_MAX];
    for (size_t i = 0; config->datasets_vary && i < config->dataset_count; i++) {
        locate_name(config->datasets[i], own);
        if (strcmp(own, name) == 0)
            return &config->dataset_options[i];
    }
    return &config->dataset_options[0];
}
