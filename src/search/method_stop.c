/* The config's key early_terminate. */
#include "search/method.h"

#include "base/names.h"
#include "base/text.h"
#include "search/config_private.h"
#include "search/parts.h"
#include "search/scalar.h"
#include "search/space.h"

#include <math.h>
#include <string.h>

#define ITERATIONS_MAX 1000000 /* as many as epochs takes */

enum { HALVING, HYPERBAND, MEDIAN, RACE, RULE_COUNT };
static const struct rule {
    const char *name, *help;
} rules[RULE_COUNT] = {
    [HALVING] =
        {"halving",
         "at each rung the best share goes on: 0.6, or 1 / eta (successive halving; Jamieson and "
         "Talwalkar 2016)"},
    [HYPERBAND] = {"hyperband",
                   "several halvings, of which some begin at later rungs (Li et al. 2018)"},
    [MEDIAN] = {"median",
                "at each rung those go on that are no worse than the median of the others so far "
                "(Vizier's rule; Golovin et al. 2017)"},
    [RACE] = {"race",
              "seed by seed, settings are dropped that a test says are not the best (as in F-race, "
              "Birattari et al. 2002; two-way moderated t test)"},
};

size_t early_terminate_rungs(const struct early_terminate *stop, size_t rungs[STOPPER_RUNGS_MAX]) {
    return stop->rule ? stopper_rungs(stopper_find(stop->rule), &stop->options, rungs) : 0;
}

bool method_stop_at(size_t i, const char **name, const char **help) {
    if (i >= RULE_COUNT)
        return false;
    *name = rules[i].name;
    *help = rules[i].help;
    return true;
}

/* --- early_terminate --- */

/* The keys of early_terminate: which rules have them, and what they take. Numbers are between
 * `low` and `high`, without these; whole ones are from 1 on. */
#define OF(RULE) (1u << RULE)
#define RUNGS (OF(HALVING) | OF(HYPERBAND))
enum part_kind { PART_RULE, PART_COUNTED, PART_NUMBER, PART_BOOLEAN };
static const struct stop_part {
    const char *name;
    unsigned rules;
    enum part_kind kind;
    size_t target; /* of struct stopper_options */
    double low, high, usual;
} stop_parts[] = {
#define TARGET(FIELD) offsetof(struct stopper_options, FIELD)
    {"type", RUNGS | OF(MEDIAN) | OF(RACE), PART_RULE, 0, 0, 0, 0},
    {"min_iter", RUNGS | OF(MEDIAN), PART_COUNTED, TARGET(min_iter), 0, 0, 0},
    {"max_iter", RUNGS | OF(MEDIAN), PART_COUNTED, TARGET(max_iter), 0, 0, 0},
    {"s", RUNGS | OF(MEDIAN), PART_COUNTED, TARGET(s), 0, 0, 0},
    {"eta", RUNGS, PART_NUMBER, TARGET(eta), 1, 1e6, 3},
    {"keep", RUNGS, PART_NUMBER, TARGET(keep), 0, 1, 0.6},
    {"finalists", RUNGS | OF(MEDIAN), PART_COUNTED, TARGET(finalists), 0, 0, 0},
    {"strict", RUNGS | OF(RACE), PART_BOOLEAN, TARGET(strict), 0, 0, 0},
    {"level", OF(RACE), PART_NUMBER, TARGET(level), 0, 0.5, 0.05},
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
                                const struct stop_part *part, double *number) {
    char described[80];
    double given;
    *number = 0;
    if (scalar_number(node, &given) && given > part->low && given < part->high) {
        *number = given;
        return STATUS_OK;
    }
    enum status status = reading_fail(
        reading, node, "%s: %s is not allowed; it takes a number above %g and below %g", part->name,
        node_describe(node, described, sizeof described), part->low, part->high);
    if (node->kind == NODE_SCALAR)
        reading_correct(reading, node, "%g", part->usual);
    return status;
}

static enum status read_part(const struct reading *reading, const struct stop_part *part,
                             const struct node *node, struct early_terminate *stop) {
    void *target = (char *)&stop->options + part->target;
    int64_t count = 0;
    enum status status = STATUS_OK;
    switch (part->kind) {
    case PART_RULE:
        return read_type(reading, node, stop);
    case PART_NUMBER:
        return read_between(reading, node, part, target);
    case PART_BOOLEAN:
        return reading_boolean(reading, node, part->name, target);
    case PART_COUNTED:
        status = reading_integer(reading, node, part->name, 1, ITERATIONS_MAX, &count);
        *(size_t *)target = (size_t)count;
    }
    return status;
}

static enum status check_part(const struct reading *reading, const struct node *node,
                              const struct node *key, const struct stop_part *part,
                              const struct early_terminate *stop) {
    size_t rule = 0;
    while (stop->rule && stop->rule != rules[rule].name)
        rule++;
    if (!stop->rule || (part->rules & 1u << rule))
        return STATUS_OK;
    enum status status = reading_fail(
        reading, key, "early_terminate: %s does not have '%s'; remove it", stop->rule, part->name);
    reading_remove(reading, node, part->name);
    return status;
}

static bool is_after_blank(const struct reading *reading, const struct node *node) {
    const size_t at = reading->text ? document_offset(reading->text, node->begin) : 0;
    return at > 0 && reading->text[at - 1] == ' ';
}

static enum status fail_without_type(const struct reading *reading, const struct node *node,
                                     enum status status) {
    status = status_join(status, reading_fail(reading, node,
                                              "early_terminate needs a type: halving, hyperband, "
                                              "median or race"));
    for (size_t i = 0; i < node->count; i++)
        if (node_says(node->keys[i], "type")) { /* without a value */
            reading_correct(reading, node->items[i], "%s",
                            is_after_blank(reading, node->items[i]) ? "halving" : " halving");
            return status;
        }
    reading_insert(reading, node, "type: halving");
    return status;
}

/* Parts that are not named stay as they are: --set early_terminate.eta=2. */
enum status method_read_early_terminate(const struct reading *reading, const struct node *node,
                                        struct config *config) {
    struct early_terminate *stop = &config->early_terminate;
    const char *names[PARTS_MAX];
    const size_t count = parts_list("early_terminate", names);
    if (node->kind != NODE_MAPPING) {
        enum status status = reading_fail(reading, node,
                                          "early_terminate must be a mapping, such as {type: "
                                          "halving}");
        const struct node *type =
            node->kind == NODE_SEQUENCE && node->count == 1 ? node->items[0] : node;
        const bool known = type->kind == NODE_SCALAR && stopper_find(type->text);
        reading_correct(reading, node, "{type: %s}", known ? type->text : "halving");
        return status;
    }
    stop->node = node;
    stop->reading = reading;
    enum status status = reading_check_keys(reading, node, "key of early_terminate", names, count);
    if (!node_at(node, "type") && !stop->rule)
        return fail_without_type(reading, node, status);
    for (size_t p = 0; p < STOP_PARTS; p++)
        for (size_t i = 0; i < node->count; i++) {
            const struct stop_part *part = &stop_parts[p];
            if (!node_says(node->keys[i], part->name) || !node_at(node, part->name))
                continue;
            const enum status own = check_part(reading, node, node->keys[i], part, stop);
            status = status_join(status, own);
            if (own == STATUS_OK)
                status = status_join(status, read_part(reading, part, node->items[i], stop));
        }
    return status;
}

/* --- whether it fits the rest of the config --- */

static enum status fail_rungs(const struct early_terminate *stop, const char *key, size_t rung) {
    const struct node *at = node_at(stop->node, key);
    const size_t epochs = stop->options.epochs;
    enum status status =
        reading_fail(stop->reading, at ? at : stop->node,
                     "early_terminate: %s %zu is %s the %zu epoch%s that %s trained", key, rung,
                     rung > epochs ? "beyond" : "all of", epochs, text_plural(epochs),
                     epochs == 1 ? "is" : "are");
    if (at && strcmp(key, "max_iter") == 0)
        reading_correct(stop->reading, at, "%zu", epochs);
    else if (at && epochs > 1)
        reading_correct(stop->reading, at, "%zu", (epochs + 8) / 9);
    return status;
}

/* Whether so many settings are too few for any to be stopped, whatever their scores. */
static bool stops_nobody(const struct early_terminate *stop, size_t settings) {
    struct stopper_options options = stop->options;
    options.seeds = 1;
    if (settings > TRIALS_MAX)
        return false;
    const struct stopper_cost cost =
        stopper_cost(stopper_find(stop->rule), &options, settings, settings);
    return cost.expected >= (double)settings * (double)options.epochs;
}

/* What a rule says of its options besides. */
static enum status check_rungs(const struct early_terminate *stop, size_t settings) {
    static const char *const keys[] = {"min_iter", "max_iter", "eta", "s"};
    const struct stopper_options *options = &stop->options;
    struct error error;
    if (options->max_iter > 0 && options->min_iter > options->max_iter) {
        enum status status = reading_fail(stop->reading, stop->node,
                                          "early_terminate: min_iter %zu is beyond max_iter %zu",
                                          options->min_iter, options->max_iter);
        if (node_at(stop->node, "max_iter"))
            reading_correct(stop->reading, node_at(stop->node, "max_iter"), "%zu", options->epochs);
        return status;
    }
    const struct node *at = NULL;
    if (stopper_check(stopper_find(stop->rule), options, &error) != STATUS_OK) {
        for (size_t i = 0; i < sizeof keys / sizeof *keys && !at; i++)
            at = node_at(stop->node, keys[i]);
        enum status status =
            reading_fail(stop->reading, at ? at : stop->node, "early_terminate: %s", error.message);
        if (at && at == node_at(stop->node, "max_iter"))
            reading_correct(stop->reading, at, "%zu", options->epochs);
        return status;
    }
    if (options->epochs == 1)
        reading_note(stop->reading, stop->node,
                     "early_terminate: %s stops nothing early in trainings of 1 epoch", stop->rule);
    else if (stops_nobody(stop, settings))
        reading_note(stop->reading, stop->node,
                     "early_terminate: %s stops none of the budget's %zu setting%s: of so few, all "
                     "are the share that goes on",
                     stop->rule, settings, text_plural(settings));
    return STATUS_OK;
}

/* test_NAME is known at the end alone. */
static enum status fail_test_metric(const struct config *config) {
    const struct early_terminate *stop = &config->early_terminate;
    const struct score *score = &config->score;
    const struct objective *objective = config->objectives;
    while (strcmp(objective->score.name, score->name) != 0)
        objective++;
    const bool is_split = config_axis(config, HP_VALIDATION_SPLIT) != NULL;
    if (!objective->name) {
        enum status status =
            reading_fail(stop->reading, stop->node,
                         "early_terminate needs a metric that each epoch has, such as "
                         "val_accuracy: add validation_split under parameters (without it a sweep "
                         "goes by %s, which is known at the end alone)",
                         score->name);
        config_correct_split(config);
        return status;
    }
    enum status status = reading_fail(
        objective->reading, objective->name,
        "early_terminate needs a metric that each epoch has, and %s is known at the end alone; "
        "take val_%s%s",
        score->name, score->quantity, is_split ? "" : ", with validation_split under parameters");
    reading_correct(objective->reading, objective->name, "val_%s", score->quantity);
    if (is_split || config->unread[HP_VALIDATION_SPLIT])
        return status;
    reading_fail(config->reading, config->parameters_node ? config->parameters_node : config->root,
                 "validation_split is missing, by which images are held out for val_%s",
                 score->quantity);
    config_correct_split(config);
    return status;
}

#define RACE_REPEATS 5 /* from which on a race is worth it */

static enum status check_race(const struct config *config) {
    const struct early_terminate *stop = &config->early_terminate;
    if (config->repeats >= 3)
        return STATUS_OK;
    enum status status = reading_fail(stop->reading, stop->node,
                                      "a race compares settings seed by seed; it needs repeats: 3 "
                                      "or more, and is worth it from %d on",
                                      RACE_REPEATS);
    if (config->repeats_node)
        reading_correct(config->repeats_reading, config->repeats_node, "%d", RACE_REPEATS);
    else if (config->root)
        reading_insert(config->reading, config->root, "repeats: %d", RACE_REPEATS);
    return status;
}

enum status method_check_stopping(struct config *config) {
    struct early_terminate *stop = &config->early_terminate;
    struct stopper_options *options = &stop->options;
    enum status status = STATUS_OK;
    if (!stop->rule)
        return STATUS_OK;
    options->epochs = config_most_epochs(config);
    options->seeds = config->repeats;
    if (*config->score.name && config->score.split == SCORE_TEST && !config->metric_unread)
        status = fail_test_metric(config);
    if (stop->rule == rules[RACE].name)
        return status_join(status, check_race(config));
    if (config->unread[HP_EPOCHS])
        return status;
    const struct axis *epochs = config_axis(config, HP_EPOCHS);
    if (epochs && epochs->count != 1 && epochs->reading)
        reading_note(epochs->reading, epochs->spec,
                     "settings that differ in epochs alone are one training, of which "
                     "early_terminate judges each as a setting of its own, so that fewer others go "
                     "on; with one value, the largest, rungs find those that need fewer");
    if (options->min_iter >= options->epochs)
        return status_join(status, fail_rungs(stop, "min_iter", options->min_iter));
    if (options->max_iter > options->epochs)
        return status_join(status, fail_rungs(stop, "max_iter", options->max_iter));
    return status_join(status, check_rungs(stop, method_budget_settings(config)));
}
