#include "search/method.h"

#include "base/names.h"
#include "base/text.h"
#include "search/config_private.h"
#include "search/parts.h"
#include "search/scalar.h"
#include "search/space.h"
#include "search/spec.h"
#include "search/strategy.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EPOCHS_MAX ((int64_t)1 << 53)

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

enum status method_read(const struct reading *reading, const struct node *node,
                        struct config *config) {
    const char *names[METHOD_COUNT];
    config->method_node = node;
    config->method_reading = reading;
    config->method_known = false;
    if (node->kind != NODE_SCALAR) {
        enum status status =
            reading_fail(reading, node, "method must be grid, random, sobol, tpe or gp");
        if (node->kind == NODE_SEQUENCE && node->count == 1 && node->items[0]->kind == NODE_SCALAR)
            reading_correct(reading, node, "%s", node->items[0]->text);
        return status;
    }
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
    double number;
    if (status != STATUS_OK && scalar_number(node, &number) && number < 1)
        reading_correct(reading, node, "%d", BUDGET_SETTINGS);
    if (config->budget.trials > 0 && !reading_is_option(reading) &&
        config->budget.trials != (size_t)trials && status == STATUS_OK)
        return reading_fail(reading, node,
                            "run_cap and budget: {trials: ...} are the same, and here they are %zu "
                            "and %zu (in line %d); remove one",
                            (size_t)trials, config->budget.trials, config->budget_node->line);
    config->budget.trials = (size_t)trials;
    config->budget_node = node;
    config->budget_reading = reading;
    return status;
}

enum status method_read_run_cap(const struct reading *reading, const struct node *node,
                                struct config *config) {
    return read_trials(reading, node, "run_cap", config);
}

/* The seconds of 90s, 30m, 2h or 1d; 0: it is none of these. */
static double seconds_with_unit(const struct node *node) {
    static const struct {
        char unit;
        double seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    char *end = NULL;
    if (node->kind != NODE_SCALAR)
        return 0;
    const double count = strtod(node->text, &end);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (*end == units[i].unit && end[1] == '\0' && count > 0 && isfinite(count))
            return count * units[i].seconds;
    return 0;
}

static enum status read_seconds(const struct reading *reading, const struct node *node,
                                struct config *config) {
    char described[80];
    if (scalar_number(node, &config->budget.seconds) && config->budget.seconds > 0 &&
        isfinite(config->budget.seconds)) {
        reading_note(reading, node,
                     "budget: seconds goes by measured times: another run, or another machine, may "
                     "try more settings or fewer");
        return STATUS_OK;
    }
    config->budget.seconds = 0;
    enum status status =
        reading_fail(reading, node, "budget: seconds: %s is not allowed; it takes a number above 0",
                     node_describe(node, described, sizeof described));
    if (seconds_with_unit(node) > 0)
        reading_correct(reading, node, "%.10g", seconds_with_unit(node));
    else
        reading_unquote(reading, node);
    return status;
}

static enum status read_spending(const struct reading *reading, const char *key,
                                 const struct node *node, struct config *config) {
    int64_t epochs = 0;
    if (strcmp(key, "trials") == 0)
        return read_trials(reading, node, "budget: trials", config);
    if (strcmp(key, "seconds") == 0)
        return read_seconds(reading, node, config);
    double number;
    enum status status = reading_integer(reading, node, "budget: epochs", 1, EPOCHS_MAX, &epochs);
    /* One epoch is allowed and less than most settings take. */
    if (status != STATUS_OK && scalar_number(node, &number) && number < 1)
        reading_correct(reading, node, "%d", BUDGET_SETTINGS * 10);
    config->budget.epochs = (uint64_t)epochs;
    config->budget_epochs_node = node;
    config->budget_epochs_reading = reading;
    return status;
}

/* Parts that are not named stay as they are: --set budget.trials=50. */
enum status method_read_budget(const struct reading *reading, const struct node *node,
                               struct config *config) {
    const char *parts[PARTS_MAX];
    const size_t count = parts_list("budget", parts);
    double number;
    if (node->kind != NODE_MAPPING) {
        enum status status = reading_fail(
            reading, node, "budget must be a mapping with one or more of trials, epochs, seconds");
        if (scalar_number(node, &number))
            reading_correct(reading, node, "{trials: %s}", node->text);
        return status;
    }
    enum status status = reading_check_keys(reading, node, "key of budget", parts, count);
    for (size_t i = 0; i < count; i++)
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
    config->shuffle_node = node;
    config->shuffle_reading = reading;
    return reading_boolean(reading, node, "shuffle", &config->shuffle);
}

/* --- all of it --- */

static enum status fail_repeats(const struct config *config) {
    const size_t trials = config->budget.trials;
    enum status status = reading_fail(
        config->budget_reading, config->budget_node,
        "a budget of %zu trial%s is less than one setting takes, which is trained with %zu seeds "
        "(repeats)",
        trials, text_plural(trials), config->repeats);
    reading_correct(config->budget_reading, config->budget_node, "%zu", trials * config->repeats);
    return status;
}

static enum status fail_epochs(const struct config *config) {
    const uint64_t given = config->budget.epochs;
    const size_t epochs = config_most_epochs(config), seeds = config->repeats;
    enum status status =
        reading_fail(config->budget_epochs_reading, config->budget_epochs_node,
                     "a budget of %" PRIu64 " epoch%s is less than one setting may take, which is "
                     "%zu epochs with %zu seed%s (repeats)",
                     given, text_plural((size_t)given), epochs, seeds, text_plural(seeds));
    reading_correct(config->budget_epochs_reading, config->budget_epochs_node, "%" PRIu64,
                    (uint64_t)epochs * seeds);
    return status;
}

static enum status check_budget(struct config *config) {
    struct budget *budget = &config->budget;
    if (budget->trials > 0 && budget->trials < config->repeats)
        return fail_repeats(config);
    if (budget->epochs > 0 && !config->unread[HP_EPOCHS] &&
        budget->epochs < (uint64_t)config_most_epochs(config) * config->repeats)
        return fail_epochs(config);
    if (config->method == METHOD_GRID || budget->trials > 0 || budget->epochs > 0 ||
        budget->seconds > 0 || !config->method_known)
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

/* Whether it goes by the results of the batches before. */
static bool learns(const struct config *config) {
    return config->method != METHOD_GRID &&
           strategy_learns(strategy_find(method_name(config->method)));
}

size_t method_budget_settings(const struct config *config) {
    const struct budget *budget = &config->budget;
    const uint64_t epochs = (uint64_t)config_most_epochs(config) * config->repeats;
    size_t settings = budget->trials > 0 ? budget->trials / config->repeats : SIZE_MAX;
    if (budget->epochs > 0 && budget->epochs / epochs < settings)
        settings = (size_t)(budget->epochs / epochs);
    return settings;
}

/* Whether all of the budget's settings are chosen before a method that learns has results enough.
 */
static bool is_all_random(const struct config *config, size_t batch) {
    return (method_budget_settings(config) - 1) / batch * batch < STRATEGY_START;
}

#define BATCHES_LEAST 4 /* for a method that learns */

static void choose_batch(struct config *config) {
    const size_t share = method_budget_settings(config) / BATCHES_LEAST;
    if (config->batch_node)
        return;
    config->batch = CONFIG_BATCH;
    if (learns(config) && share < CONFIG_BATCH && share > 0 && !is_all_random(config, share))
        config->batch = share;
}

/* Whether any hyperparameter has more than one value. */
static bool has_choice(const struct config *config) {
    bool choice = false;
    for (size_t i = 0; i < config->axis_count; i++)
        choice |= config->axes[i].count != 1;
    return choice;
}

/* What is right, and has no effect or another one than may be expected. */
static void note_idle(const struct config *config) {
    const bool grid = config->method == METHOD_GRID;
    const size_t settings = method_budget_settings(config);
    if (!config->method_known)
        return;
    if (config->batch_node && grid)
        reading_note(config->batch_reading, config->batch_node,
                     "batch has no effect on a grid: it is how many settings another method "
                     "chooses at a time (the images a training step is batch_size, under "
                     "parameters)");
    else if (learns(config) && settings > 1 && is_all_random(config, config->batch))
        reading_note(config->batch_node ? config->batch_reading : config->method_reading,
                     config->batch_node ? config->batch_node : config->method_node,
                     "%s draws settings at random until it has %d results: with %zu at a time that "
                     "is all of the budget's %zu; it learns with %s",
                     method_name(config->method), STRATEGY_START, config->batch, settings,
                     config->batch_node && !is_all_random(config, 1) ? "smaller batches"
                                                                     : "a larger budget");
    else if (config->batch_node && config->batch > settings)
        reading_note(config->batch_reading, config->batch_node,
                     "batch %zu is more than the %zu setting%s of the budget", config->batch,
                     settings, text_plural(settings));
    for (size_t i = 0; i < config->objective_count && learns(config); i++)
        if (strcmp(config->objectives[i].score.name, "train_seconds") == 0)
            reading_note(config->objectives[i].reading, config->objectives[i].name,
                         "%s goes by seconds, which are measured: another run, or another machine, "
                         "may try other settings",
                         method_name(config->method));
    if (config->shuffle && !grid)
        reading_note(config->shuffle_reading, config->shuffle_node,
                     "shuffle has no effect on %s: it is the order of a grid",
                     method_name(config->method));
    if (!grid && !has_choice(config))
        reading_note(config->method_reading, config->method_node,
                     "%s has nothing to choose: no hyperparameter has more than one value under "
                     "parameters",
                     method_name(config->method));
}

enum status method_check(struct config *config) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < config->axis_count && config->method_known; i++)
        status = status_join(status, spec_check(&config->axes[i], config->method == METHOD_GRID));
    status = status_join(status, check_budget(config));
    choose_batch(config);
    note_idle(config);
    return status_join(status, method_check_stopping(config));
}
