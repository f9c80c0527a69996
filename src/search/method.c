#include "search/method.h"

#include "base/names.h"
#include "base/text.h"
#include "search/config.h"
#include "search/scalar.h"
#include "search/space.h"
#include "search/spec.h"

#include <math.h>
#include <string.h>

#define EPOCHS_MAX ((int64_t)1 << 53)
#define ITERATIONS_MAX 1000000 /* as many as epochs takes */

static const struct entry {
    const char *name, *help;
} methods[METHOD_COUNT] = {
    [METHOD_GRID] = {"grid", "every combination of the values; the last hyperparameter varies "
                             "fastest, or in random order with shuffle: true"},
    [METHOD_RANDOM] = {"random", "draws each value at random from its distribution"},
    [METHOD_SOBOL] = {"sobol", "spreads settings evenly: scrambled points of Sobol's sequence"},
    [METHOD_TPE] = {"tpe", "learns which values good settings have (tree-structured Parzen "
                           "estimator); for hundreds of trials"},
    [METHOD_GP] = {"gp", "learns how the metric depends on the values (Gaussian process, expected "
                         "improvement); W&B's bayes"},
};

enum { HALVING, HYPERBAND, MEDIAN, RACE, RULE_COUNT };
static const struct entry rules[RULE_COUNT] = {
    [HALVING] = {"halving", "at each rung the best 1 / eta go on (successive halving)"},
    [HYPERBAND] = {"hyperband", "several halvings, which begin with few and with many epochs"},
    [MEDIAN] = {"median", "those go on that are better than the median so far"},
    [RACE] = {"race", "seed by seed, settings are dropped that a test says are not the best"},
};

size_t early_terminate_rungs(const struct early_terminate *stop, size_t rungs[STOPPER_RUNGS_MAX]) {
    return stop->rule ? stopper_rungs(stopper_find(stop->rule), &stop->options, rungs) : 0;
}

const char *method_name(enum method method) {
    return methods[method].name;
}

bool method_at(size_t i, const char **name, const char **help) {
    if (i >= METHOD_COUNT)
        return false;
    *name = methods[i].name;
    *help = methods[i].help;
    return true;
}

bool method_stop_at(size_t i, const char **name, const char **help) {
    if (i >= RULE_COUNT)
        return false;
    *name = rules[i].name;
    *help = rules[i].help;
    return true;
}

enum status method_read(const struct reading *reading, const struct node *node,
                        struct config *config) {
    const char *names[METHOD_COUNT];
    config->method_node = node;
    config->method_reading = reading;
    config->method_known = false;
    if (node->kind != NODE_SCALAR)
        return reading_fail(reading, node, "method must be grid, random, sobol, tpe or gp");
    const bool bayes = name_resembles(node->text, "bayes");
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        names[i] = methods[i].name;
        if (!name_resembles(node->text, names[i]) && !(bayes && i == METHOD_GP))
            continue;
        config->method = (enum method)i;
        config->method_known = true;
    }
    if (bayes)
        reading_note(reading, node,
                     "method bayes is gp: a Gaussian process with expected improvement");
    return config->method_known
               ? STATUS_OK
               : reading_fail_unknown(reading, node, "method", names, METHOD_COUNT);
}

/* --- what may be spent --- */

static enum status read_trials(const struct reading *reading, const struct node *node,
                               const char *key, struct config *config) {
    int64_t trials = 0;
    enum status status = reading_integer(reading, node, key, 1, TRIALS_MAX, &trials);
    config->budget.trials = (size_t)trials;
    config->budget_node = node;
    config->budget_reading = reading;
    return status;
}

enum status method_read_run_cap(const struct reading *reading, const struct node *node,
                                struct config *config) {
    return read_trials(reading, node, "run_cap", config);
}

static enum status read_seconds(const struct reading *reading, const struct node *node,
                                struct config *config) {
    char described[80];
    if (scalar_number(node, &config->budget.seconds) && config->budget.seconds > 0 &&
        isfinite(config->budget.seconds))
        return STATUS_OK;
    config->budget.seconds = 0;
    return reading_fail(reading, node,
                        "budget: seconds: %s is not allowed; it takes a number above 0",
                        node_describe(node, described, sizeof described));
}

static enum status read_spending(const struct reading *reading, const char *key,
                                 const struct node *node, struct config *config) {
    int64_t epochs = 0;
    if (strcmp(key, "trials") == 0)
        return read_trials(reading, node, "budget: trials", config);
    if (strcmp(key, "seconds") == 0)
        return read_seconds(reading, node, config);
    enum status status = reading_integer(reading, node, "budget: epochs", 1, EPOCHS_MAX, &epochs);
    config->budget.epochs = (uint64_t)epochs;
    return status;
}

/* Parts that are not named stay as they are: --set budget.trials=50. */
enum status method_read_budget(const struct reading *reading, const struct node *node,
                               struct config *config) {
    static const char *const parts[] = {"trials", "epochs", "seconds"};
    double number;
    if (node->kind != NODE_MAPPING) {
        enum status status = reading_fail(
            reading, node, "budget must be a mapping with one or more of trials, epochs, seconds");
        if (scalar_number(node, &number))
            reading_correct(reading, node, "{trials: %s}", node->text);
        return status;
    }
    enum status status = reading_check_keys(reading, node, "key of budget", parts, 3);
    for (size_t i = 0; i < 3; i++)
        if (node_at(node, parts[i]))
            status = status_join(status,
                                 read_spending(reading, parts[i], node_at(node, parts[i]), config));
    return status;
}

enum status method_read_batch(const struct reading *reading, const struct node *node,
                              struct config *config) {
    int64_t batch = 1;
    enum status status = reading_integer(reading, node, "batch", 1, TRIALS_MAX, &batch);
    config->batch = (size_t)batch;
    config->batch_node = node;
    config->batch_reading = reading;
    return status;
}

enum status method_read_shuffle(const struct reading *reading, const struct node *node,
                                struct config *config) {
    return reading_boolean(reading, node, "shuffle", &config->shuffle);
}

/* --- early_terminate --- */

/* The keys of early_terminate, and which rules have them. */
#define OF(RULE) (1u << RULE)
#define RUNGS (OF(HALVING) | OF(HYPERBAND))
static const struct part {
    const char *name;
    unsigned rules;
} stop_parts[] = {
    {"type", RUNGS | OF(MEDIAN) | OF(RACE)},
    {"min_iter", RUNGS | OF(MEDIAN)},
    {"max_iter", RUNGS | OF(MEDIAN)},
    {"s", RUNGS | OF(MEDIAN)},
    {"eta", RUNGS},
    {"keep", RUNGS},
    {"finalists", RUNGS | OF(MEDIAN)},
    {"strict", RUNGS | OF(RACE)},
    {"level", OF(RACE)},
};
#define STOP_PARTS (sizeof stop_parts / sizeof *stop_parts)

static enum status read_type(const struct reading *reading, const struct node *node,
                             struct early_terminate *stop) {
    const char *names[RULE_COUNT];
    stop->rule = NULL;
    for (size_t i = 0; i < RULE_COUNT; i++) {
        names[i] = rules[i].name;
        if (node->kind == NODE_SCALAR && name_resembles(node->text, rules[i].name))
            stop->rule = rules[i].name;
    }
    if (node->kind != NODE_SCALAR)
        return reading_fail(reading, node,
                            "early_terminate: type must be halving, hyperband, median or race");
    return stop->rule
               ? STATUS_OK
               : reading_fail_unknown(reading, node, "type of early_terminate", names, RULE_COUNT);
}

/* A number between two others, which are not allowed themselves. */
static enum status read_between(const struct reading *reading, const struct node *node,
                                const char *key, double low, double high, double *number) {
    char described[80];
    if (scalar_number(node, number) && *number > low && *number < high)
        return STATUS_OK;
    *number = 0;
    return reading_fail(reading, node,
                        "%s: %s is not allowed; it takes a number above %g and below %g", key,
                        node_describe(node, described, sizeof described), low, high);
}

static enum status read_part(const struct reading *reading, const char *name,
                             const struct node *node, struct early_terminate *stop) {
    struct stopper_options *options = &stop->options;
    const struct {
        const char *name;
        size_t *count; /* from 1 */
        double *number, low, high;
    } parts[] = {{"min_iter", &options->min_iter, NULL, 0, 0},
                 {"max_iter", &options->max_iter, NULL, 0, 0},
                 {"s", &options->s, NULL, 0, 0},
                 {"finalists", &options->finalists, NULL, 0, 0},
                 {"eta", NULL, &options->eta, 1, 1e6},
                 {"keep", NULL, &options->keep, 0, 1},
                 {"level", NULL, &options->level, 0, 0.5}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        int64_t count = 0;
        if (strcmp(parts[i].name, name) != 0)
            continue;
        if (parts[i].number)
            return read_between(reading, node, name, parts[i].low, parts[i].high, parts[i].number);
        enum status status = reading_integer(reading, node, name, 1, ITERATIONS_MAX, &count);
        *parts[i].count = (size_t)count;
        return status;
    }
    if (strcmp(name, "type") == 0)
        return read_type(reading, node, stop);
    return reading_boolean(reading, node, "strict", &options->strict);
}

static enum status check_part(const struct reading *reading, const struct node *key,
                              const struct part *part, const struct early_terminate *stop) {
    size_t rule = 0;
    while (stop->rule && stop->rule != rules[rule].name)
        rule++;
    if (!stop->rule || (part->rules & 1u << rule))
        return STATUS_OK;
    return reading_fail(reading, key, "early_terminate: %s does not have '%s'", stop->rule,
                        part->name);
}

/* Parts that are not named stay as they are: --set early_terminate.eta=2. */
enum status method_read_early_terminate(const struct reading *reading, const struct node *node,
                                        struct config *config) {
    struct early_terminate *stop = &config->early_terminate;
    const char *names[STOP_PARTS];
    for (size_t i = 0; i < STOP_PARTS; i++)
        names[i] = stop_parts[i].name;
    if (node->kind != NODE_MAPPING) {
        enum status status = reading_fail(reading, node,
                                          "early_terminate must be a mapping, such as {type: "
                                          "halving}");
        if (node->kind == NODE_SCALAR)
            reading_correct(reading, node, "{type: %s}", node->text);
        return status;
    }
    stop->node = node;
    stop->reading = reading;
    enum status status =
        reading_check_keys(reading, node, "key of early_terminate", names, STOP_PARTS);
    if (!node_at(node, "type") && !stop->rule)
        return status_join(status, reading_fail(reading, node,
                                                "early_terminate needs a type: halving, "
                                                "hyperband, median or race"));
    for (size_t p = 0; p < STOP_PARTS; p++)
        for (size_t i = 0; i < node->count; i++) {
            if (!node_says(node->keys[i], names[p]) || !node_at(node, names[p]))
                continue;
            status = status_join(status, read_part(reading, names[p], node->items[i], stop));
            status = status_join(status, check_part(reading, node->keys[i], &stop_parts[p], stop));
        }
    return status;
}

/* --- all of it --- */

static enum status check_budget(struct config *config) {
    struct budget *budget = &config->budget;
    if (budget->trials > 0 && budget->trials < config->repeats)
        return reading_fail(config->budget_reading, config->budget_node,
                            "a budget of %zu trial%s is less than one setting takes, which is "
                            "trained with %zu seeds (repeats)",
                            budget->trials, text_plural(budget->trials), config->repeats);
    if (config->method == METHOD_GRID || budget->trials > 0 || budget->epochs > 0 ||
        budget->seconds > 0)
        return STATUS_OK;
    const size_t most = TRIALS_MAX / config->repeats;
    const size_t settings = most < BUDGET_SETTINGS ? most : BUDGET_SETTINGS;
    budget->trials = settings * config->repeats;
    reading_note(config->method_reading, config->method_node,
                 "without a budget, %s ends after %zu trials; budget: {trials: 50} says how many, "
                 "with all seeds (or epochs, or seconds)",
                 method_name(config->method), budget->trials);
    return STATUS_OK;
}

/* The most epochs that a trial may have. */
static size_t most_epochs(const struct config *config) {
    const struct axis *axis = config_axis(config, HP_EPOCHS);
    double least, most = 5;
    if (axis)
        axis_range(axis, &least, &most);
    return (size_t)most;
}

static enum status fail_rungs(const struct early_terminate *stop, const char *key, size_t rung,
                              size_t epochs) {
    const struct node *at = node_at(stop->node, key);
    return reading_fail(stop->reading, at ? at : stop->node,
                        "early_terminate: %s %zu is %s the %zu epochs that are trained", key, rung,
                        rung > epochs ? "beyond" : "all of", epochs);
}

static enum status check_stopping(struct config *config) {
    struct early_terminate *stop = &config->early_terminate;
    struct stopper_options *options = &stop->options;
    const struct score *score = &config->score;
    if (!stop->rule)
        return STATUS_OK;
    options->epochs = most_epochs(config);
    options->seeds = config->repeats;
    if (*score->name && score->split == SCORE_TEST)
        return reading_fail(stop->reading, stop->node,
                            "early_terminate needs a metric that each epoch has, and %s is known "
                            "at the end alone; take val_%s (with validation_split under "
                            "parameters) or %s",
                            score->name, score->quantity, score->quantity);
    if (stop->rule == rules[RACE].name)
        return config->repeats >= 3
                   ? STATUS_OK
                   : reading_fail(stop->reading, stop->node,
                                  "a race compares settings seed by seed; it needs repeats: 3 or "
                                  "more, and is worth it from 5 on");
    if (config->unread[HP_EPOCHS])
        return STATUS_OK;
    if (options->min_iter >= options->epochs)
        return fail_rungs(stop, "min_iter", options->min_iter, options->epochs);
    return options->max_iter > options->epochs
               ? fail_rungs(stop, "max_iter", options->max_iter, options->epochs)
               : STATUS_OK;
}

enum status method_check(struct config *config) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < config->axis_count && config->method_known; i++)
        status = status_join(status, spec_check(&config->axes[i], config->method == METHOD_GRID));
    status = status_join(status, check_budget(config));
    if (config->batch_node && config->method == METHOD_GRID && config->method_known)
        reading_note(config->batch_reading, config->batch_node,
                     "batch has no effect on a grid: it is how many settings another method "
                     "chooses at a time (the images a training step is batch_size, under "
                     "parameters)");
    return status_join(status, check_stopping(config));
}
