/* What a sweep is judged by (metric), and what it records (metrics). */
#include "base/text.h"
#include "nn/named_output.h"
#include "search/config_private.h"
#include "search/input_shape.h"
#include "search/layers.h"
#include "search/output_target.h"
#include "search/parts.h"
#include "search/space.h"
#include "search/words.h"

#include <string.h>

static enum status read_goal(const struct reading *reading, const struct node *goal,
                             struct objective *objective) {
    static const char *const goals[] = {"minimize", "maximize"};
    for (size_t i = 0; i < 2; i++)
        if (node_says(goal, goals[i])) {
            objective->maximize = i == 1;
            objective->goal_file = reading->file;
            objective->goal_line = goal->line;
            objective->goal_column = goal->column;
            return STATUS_OK;
        }
    if (goal->kind != NODE_SCALAR)
        return reading_fail(reading, goal, "goal must be minimize or maximize");
    return reading_fail_unknown(reading, goal, "goal", goals, 2);
}

#define SCORE_NAMES_MAX 128

/* Add to the names that of an output's metric: val_digit_acuracy is val_digit_accuracy, where the
 * config has a key digit. `begin` is where the output's name begins. */
static bool add_metric_of_output(const struct reading *reading, const char *name, size_t begin,
                                 const char **names, size_t *count) {
    const char *known[SCORE_NAMES_MAX], *near[NEAR_MAX];
    const struct metric *metric;
    size_t known_count = 0;
    for (size_t i = 0; known_count < SCORE_NAMES_MAX && (metric = metric_row(i)); i++)
        if (!metric->output)
            known[known_count++] = metric->name;
    for (const char *at = strchr(name + begin, '_'); at; at = strchr(at + 1, '_')) {
        const int length = (int)(at - name - (ptrdiff_t)begin);
        const char *key = arena_printf(reading->arena, "%.*s:", length, name + begin);
        if (!key)
            return false;
        if (length > 0 && reading->text && strstr(reading->text, key) &&
            text_near(at + 1, known, known_count, near) == 1 && *count < SCORE_NAMES_MAX &&
            !(names[(*count)++] =
                  arena_printf(reading->arena, "%.*s_%s", (int)begin + length, name, near[0])))
            return false;
    }
    return true;
}

/* The words of others are looked up without val_ or test_. */
static enum status fail_metric(const struct reading *reading, const struct node *node) {
    static const char *const splits[] = {"val_", "test_"};
    const char *names[SCORE_NAMES_MAX];
    struct score score;
    struct node rest = *node;
    size_t count = 0;
    for (size_t i = 0; i < 2; i++)
        if (strncmp(rest.text, splits[i], strlen(splits[i])) == 0) {
            rest.text += strlen(splits[i]);
            rest.begin += strlen(splits[i]);
        }
    if (words_find("metric", rest.text))
        return reading_fail_unknown(reading, &rest, "metric", NULL, 0);
    for (size_t i = 0; count < SCORE_NAMES_MAX && score_at(i, &score); i++)
        if (score.split != SCORE_UNSPLIT && !(score.metric && score.metric->output) &&
            !(names[count++] = arena_copy(reading->arena, score.name)))
            return error_memory(reading->error);
    if (!add_metric_of_output(reading, node->text, (size_t)(rest.text - node->text), names, &count))
        return error_memory(reading->error);
    return reading_fail_unknown(reading, node, "metric", names, count);
}

static enum status fail_unsplit(const struct reading *reading, const struct node *node, bool list,
                                const struct score *score) {
    enum status status = reading_fail(
        reading, node_at(node, "name"),
        "metric %s is not measured on images, so that it can be one of several objectives and not "
        "the only one",
        score->name);
    reading_correct(reading, node, "%s{name: val_accuracy}, {name: %s}%s", list ? "" : "[",
                    score->name, list ? "" : "]");
    return status;
}

/* `alone`: it is what the leaderboard goes by, so that it has to be measured on images. */
static enum status read_objective(const struct reading *reading, const struct node *node,
                                  bool alone, bool list, struct objective *objective) {
    const char *parts[PARTS_MAX];
    const size_t part_count = parts_list("metric", parts);
    struct score *score = &objective->score;
    enum status status = STATUS_OK;
    if (node->kind != NODE_MAPPING) {
        status = reading_fail(reading, node, "metric must be {name: ..., goal: ...}");
        if (node->kind == NODE_SCALAR)
            reading_correct(reading, node, "{name: %s}", node->text);
        return status;
    }
    status = reading_check_keys(reading, node, "key of metric", parts, part_count);
    const struct node *name = node_at(node, "name"), *goal = node_at(node, "goal");
    if (!name && status != STATUS_OK)
        return status; /* it may be what has another key */
    if (!name || name->kind != NODE_SCALAR)
        return reading_fail(reading, name ? name : node,
                            "metric needs a name, such as val_accuracy");
    objective->name = name;
    objective->reading = reading;
    const bool known = score_find(name->text, score);
    if (known && alone && score->split == SCORE_UNSPLIT) {
        status = status_join(status, fail_unsplit(reading, node, list, score));
        *score = (struct score){0};
    } else if (!known) {
        *score = (struct score){0};
        status = status_join(status, fail_metric(reading, name));
    }
    objective->maximize = score->maximize;
    return goal ? status_join(status, read_goal(reading, goal, objective)) : status;
}

/* The first that is measured on images is what the leaderboard goes by. */
static enum status take_objectives(const struct reading *reading, const struct node *node,
                                   struct config *config) {
    size_t first = 0;
    while (first < config->objective_count &&
           config->objectives[first].score.split == SCORE_UNSPLIT)
        first++;
    if (first == config->objective_count)
        return reading_fail(reading, node,
                            "metric: one of them has to be measured on images, as val_accuracy is");
    config->score = config->objectives[first].score;
    config->maximize = config->objectives[first].maximize;
    config->goal_file = config->objectives[first].goal_file;
    config->goal_line = config->objectives[first].goal_line;
    config->goal_column = config->objectives[first].goal_column;
    return STATUS_OK;
}

static enum status read_objectives(const struct reading *reading, const struct node *node,
                                   struct config *config) {
    const bool list = node->kind == NODE_SEQUENCE;
    const struct node *const *nodes = list ? node->items : &node;
    const size_t count = list ? node->count : 1;
    if (count == 0 || count > CONFIG_OBJECTIVES_MAX)
        return reading_fail(reading, node,
                            "metric must be {name: ..., goal: ...} or a list of 1 "
                            "to %d of them",
                            CONFIG_OBJECTIVES_MAX);
    enum status status = STATUS_OK;
    config->objective_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct objective objective = {.goal_file = NULL};
        const enum status own = read_objective(reading, nodes[i], count == 1, list, &objective);
        status = status_join(status, own);
        for (size_t j = 0; own == STATUS_OK && j < config->objective_count; j++)
            if (strcmp(config->objectives[j].score.name, objective.score.name) == 0)
                status =
                    status_join(status, reading_fail(reading, nodes[i], "metric: %s is here twice",
                                                     objective.score.name));
        config->objectives[config->objective_count++] = objective;
    }
    return status == STATUS_OK || count == 1
               ? status_join(status, take_objectives(reading, node, config))
               : status;
}

enum status objectives_read(const struct reading *reading, const struct node *node,
                            struct config *config) {
    const enum status status = read_objectives(reading, node, config);
    config->metric_unread |= status != STATUS_OK;
    return status;
}

static bool is_recorded(const struct config *config, const struct metric *metric) {
    bool recorded = metric == metric_find("accuracy"); /* always is */
    for (size_t i = 0; i < config->metric_count; i++)
        recorded |= config->metrics[i] == metric;
    return recorded;
}

static struct origin origin_of(const struct reading *reading, const struct node *node) {
    return node ? (struct origin){reading->file, node->line, node->column} : (struct origin){0};
}

static void add_recorded(struct config *config, const struct metric *metric, struct origin origin) {
    config->metric_origins[config->metric_count] = origin;
    config->metrics[config->metric_count++] = metric;
}

static enum status fail_score(const struct reading *reading, const struct node *node,
                              const struct score *score) {
    if (!score->metric)
        return reading_fail(reading, node, "metrics: %s is measured always; leave it out",
                            node->text);
    return reading_fail(reading, node,
                        "metrics: a metric is measured on all images; write %s instead of %s",
                        score->quantity, node->text);
}

static enum status read_recorded(const struct reading *reading, const struct node *node,
                                 struct config *config) {
    if (node->kind != NODE_SCALAR)
        return reading_fail(reading, node, "metrics: the name of a metric belongs here");
    const struct metric *metric = metric_find(node->text);
    struct score score;
    /* The names of scores, and those of some other metrics, end like a metric of an output. */
    if ((!metric || metric->output) && score_find(node->text, &score) &&
        !(score.metric && score.metric->output))
        return fail_score(reading, node, &score);
    if (!metric || (metric->output && words_find("metric", node->text)))
        return fail_metric(reading, node);
    if (!metric->add)
        return reading_fail(reading, node,
                            "metric '%s' is a plug-in's: name that under plugins, "
                            "and the metric without its @",
                            metric->name);
    if (!is_recorded(config, metric))
        add_recorded(config, metric, origin_of(reading, node));
    return STATUS_OK;
}

enum status objectives_read_recorded(const struct reading *reading, const struct node *node,
                                     struct config *config) {
    const struct node *const *nodes = node->kind == NODE_SEQUENCE ? node->items : &node;
    size_t count = node->kind == NODE_SEQUENCE ? node->count : 1;
    if (node->kind == NODE_MAPPING || count > METRICS_MAX)
        return reading_fail(reading, node, "metrics must be a list of at most %d names",
                            METRICS_MAX);
    config->metric_count = 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status != STATUS_MEMORY; i++)
        status = status_join(status, read_recorded(reading, nodes[i], config));
    return status;
}

/* Whether images are held out for validation, as far as is known. */
static bool is_validated(const struct config *config) {
    bool validated = false;
    for (size_t i = 0; i < config->axis_count; i++) {
        double least = 0, most = 0;
        if (config->axes[i].id == HP_VALIDATION_SPLIT)
            axis_range(&config->axes[i], &least, &most);
        validated |= most > 0;
    }
    return validated;
}

static const struct node nowhere = {.line = 0};

/* Call `visit` with each list of layers that the config has. */
static void each_layers(const struct config *config,
                        void (*visit)(const struct hidden_layers *layers, void *context),
                        void *context) {
    for (size_t i = 0; i < config->axis_count; i++)
        for (size_t j = 0; j < config->axes[i].count; j++) {
            const struct axis *axis = &config->axes[i];
            if (axis->id == HP_LAYERS && axis->role == AXIS_VALUE &&
                axis->choices[j].value.type == VALUE_LAYERS)
                visit(axis->choices[j].value.layers, context);
        }
}

/* The names of outputs that there are, and whether one of them is `wanted`. */
struct named {
    const char *wanted;
    bool found;
    struct text list;
};

static void look_for(const struct hidden_layers *layers, void *context) {
    struct named *named = context;
    for (size_t i = 0; i < layers->count; i++) {
        if (layers->items[i].kind != &layer_output)
            continue;
        const char *name = layers->items[i].output->name;
        named->found |= named->wanted && strcmp(name, named->wanted) == 0;
        if (named->list.length == 0 || !strstr(named->list.data, name))
            text_printf(&named->list, "%s%s", named->list.length > 0 ? ", " : "", name);
    }
}

/* Whether a metric is of no output, or of one that a model of the config has. */
static enum status check_output(const struct reading *reading, const struct node *node,
                                const struct metric *metric, const struct config *config) {
    struct named named = {.wanted = metric->output};
    enum status status = STATUS_OK;
    if (!metric->output || config->unread[HP_LAYERS])
        return STATUS_OK;
    text_init(&named.list);
    each_layers(config, look_for, &named);
    if (!named.found && named.list.length == 0)
        status = node && node->kind == NODE_SCALAR
                     ? fail_metric(reading, node)
                     : reading_fail(reading, node ? node : &nowhere,
                                    "unknown metric '%s'; no model has outputs with names",
                                    metric->name);
    else if (!named.found)
        status = reading_fail(reading, node ? node : &nowhere,
                              "unknown metric '%s': no model has an output '%s'; there are %s",
                              metric->name, metric->output, named.list.data);
    text_release(&named.list);
    return status;
}

enum status objectives_record(const struct reading *reading, const struct node *node,
                              const struct metric *metric, struct config *config) {
    if (is_recorded(config, metric))
        return STATUS_OK;
    const enum status status = check_output(reading, node, metric, config);
    if (status != STATUS_OK)
        return status;
    if (!metric->add)
        return reading_fail(reading, &nowhere,
                            "metric '%s' is a plug-in's: name that under "
                            "plugins, and the metric without its @",
                            metric->name);
    if (config->metric_count == METRICS_MAX)
        return reading_fail(reading, &nowhere, "more than %d metrics", METRICS_MAX);
    add_recorded(config, metric, origin_of(reading, node));
    return STATUS_OK;
}

/* What the leaderboard, or another objective, goes by has to be recorded. */
static enum status record(const struct objective *objective, struct config *config) {
    const struct score *score = &objective->score;
    return score->in_trials
               ? STATUS_OK
               : objectives_record(objective->reading, objective->name, score->metric, config);
}

/* What Keras reports of outputs: the loss and the metrics of each, where there are several. */
struct recording {
    const struct reading *reading;
    struct config *config;
    enum status status;
};

/* `of_output`: its metric has the output's name before its own. */
static void record_one(struct recording *recording, const struct named_output *output,
                       const struct metric *metric, bool of_output, struct origin origin) {
    struct reading reading = *recording->reading;
    const struct node node = {.kind = NODE_MAPPING, .line = origin.line, .column = origin.column};
    if (of_output)
        metric = metric_of_output(output->name, strlen(output->name), metric);
    if (origin.file)
        reading.file = origin.file;
    if (recording->status == STATUS_OK)
        recording->status = metric ? objectives_record(&reading, origin.file ? &node : NULL, metric,
                                                       recording->config)
                                   : error_memory(reading.error);
}

static void record_output(const struct named_output *output, bool several,
                          struct recording *recording) {
    if (several) {
        record_one(recording, output, NULL, true, (struct origin){0});
        record_one(recording, output, metric_find("accuracy"), true, (struct origin){0});
    }
    for (size_t i = 0; i < output->metric_count; i++)
        record_one(recording, output, output->metrics[i], several, output->metric_origins[i]);
}

static void record_outputs(const struct hidden_layers *layers, void *context) {
    size_t outputs = 0;
    for (size_t i = 0; i < layers->count; i++)
        outputs += layers->items[i].kind == &layer_output;
    for (size_t i = 0; i < layers->count; i++)
        if (layers->items[i].kind == &layer_output)
            record_output(layers->items[i].output, outputs > 1, context);
}

static enum status fail_split(const struct objective *objective, const struct config *config) {
    const char *name = objective->score.name;
    const enum status status =
        config_axis(config, HP_VALIDATION_SPLIT)
            ? reading_fail(objective->reading, objective->name,
                           "metric %s needs images to validate on, and validation_split holds out "
                           "none; set it to 0.1, say",
                           name)
            : reading_fail(objective->reading, objective->name,
                           "metric %s needs images to validate on; add validation_split under "
                           "parameters",
                           name);
    config_correct_split(config);
    return status;
}

/* Without a word from the user: val_accuracy if anything is validated, else test_accuracy. */
enum status objectives_choose(const struct reading *reading, struct config *config) {
    const bool validated = is_validated(config);
    if (!*config->score.name && !config->metric_unread) {
        config->metric_by_default = true;
        score_find(validated ? "val_accuracy" : "test_accuracy", &config->score);
        config->maximize = config->score.maximize;
        config->objective_count = 1;
        config->objectives[0] =
            (struct objective){.score = config->score, .maximize = config->maximize};
    }
    struct recording recording = {reading, config, STATUS_OK};
    each_layers(config, record_outputs, &recording);
    enum status status = recording.status;
    for (size_t i = 0; i < config->metric_count && status != STATUS_MEMORY; i++)
        status = status_join(status, check_output(reading, NULL, config->metrics[i], config));
    for (size_t i = 0; i < config->objective_count; i++) {
        const struct score *score = &config->objectives[i].score;
        if (score->split == SCORE_VALIDATION && *score->name && !validated &&
            !config->unread[HP_VALIDATION_SPLIT])
            status = status_join(status, fail_split(&config->objectives[i], config));
        else if (*score->name)
            status = status_join(status, record(&config->objectives[i], config));
    }
    return status;
}

/* Whether an output of that name predicts what a metric is of: classes or numbers. */
struct fitting {
    const struct metric *metric;
    const struct dataset *dataset;
    bool found, numbers; /* whether one does; whether the last one predicts numbers */
    bool binary;         /* whether one has one unit for two classes */
};

static void look_for_fit(const struct hidden_layers *layers, void *context) {
    struct fitting *fitting = context;
    const struct metric *metric = fitting->metric;
    const struct dataset *dataset = fitting->dataset;
    for (size_t i = 0; i < layers->count; i++) {
        const struct named_output *output =
            layers->items[i].kind == &layer_output ? layers->items[i].output : NULL;
        if (!output || strcmp(output->name, metric->output) != 0)
            continue;
        const size_t units = layers_units(layers, i, setting_input(dataset));
        const struct output_target target = output_target(dataset, output, units);
        fitting->numbers = target.classes == 0;
        fitting->found |= metric_is_of(metric, fitting->numbers);
        fitting->binary |= output_is_binary(output, &target, units);
    }
}

/* A metric that says nothing of one unit that tells two classes apart. */
static enum status fail_one_unit(const char *output, const char *name, struct error *error) {
    return error_set(error, STATUS_INPUT,
                     "%s compares the units of an output, and the %s%s%s has one for its two "
                     "classes; use accuracy, precision or recall",
                     name, output ? "output '" : "first output", output ? output : "",
                     output ? "'" : "");
}

/* What is measured has to be of what the targets are. */
static enum status check_metric(const struct config *config, const struct metric *metric,
                                const char *name, bool recorded, const struct dataset *dataset,
                                struct error *error) {
    const bool values = dataset_has_values(dataset);
    struct fitting fitting = {.metric = metric, .dataset = dataset};
    if (!metric || (metric->output && !metric->of))
        return STATUS_OK;
    if (metric->output && !config->unread[HP_LAYERS]) {
        each_layers(config, look_for_fit, &fitting);
        if (fitting.binary && !metric_is_of_one_unit(metric))
            return fail_one_unit(metric->output, name, error);
        /* Accuracy is recorded of all outputs, and is none where they predict numbers. */
        if (fitting.found || (recorded && fitting.numbers && metric->of == metric_find("accuracy")))
            return STATUS_OK;
        return error_set(error, STATUS_INPUT, "%s is of %s, and the output '%s' predicts %s", name,
                         fitting.numbers ? "classes" : "numbers", metric->output,
                         fitting.numbers ? "numbers" : "classes");
    }
    if (metric_is_of(metric, values))
        return STATUS_OK;
    if (values)
        return error_set(error, STATUS_INPUT,
                         "%s is of classes, and %s has numbers to be predicted; loss, "
                         "mean_squared_error, mean_absolute_error, root_mean_squared_error and "
                         "r2_score are of numbers",
                         name, dataset->name);
    return error_set(error, STATUS_INPUT, "%s is of numbers, and %s has classes; use accuracy",
                     name, dataset->name);
}

/* Whether the first output of some model predicts numbers: of it there is no accuracy. */
static void look_at_first(const struct hidden_layers *layers, void *context) {
    struct fitting *fitting = context;
    size_t i = 0;
    while (i < layers->count && layers->items[i].kind != &layer_output)
        i++;
    if (i == layers->count)
        return;
    const size_t units = layers_units(layers, i, setting_input(fitting->dataset));
    const struct named_output *output = layers->items[i].output;
    const struct output_target target = output_target(fitting->dataset, output, units);
    fitting->numbers |= target.classes == 0;
    fitting->binary |= output_is_binary(output, &target, units);
}

/* The inputs' shapes; what a data set has not, or has in another shape, is told with the space. */
static void look_at_inputs(const struct hidden_layers *layers, void *context) {
    const struct fitting *fitting = context;
    for (size_t i = 0; i < layers->count; i++) {
        struct named_input *input =
            layers->items[i].kind == &layer_input_layer ? layers->items[i].input : NULL;
        if (input && input->shape.rank == 0)
            input_shape(fitting->dataset, input->name, &input->shape);
    }
}

struct reading_of_array {
    const char *name;
    bool found;
};

static void look_for_array(const struct hidden_layers *layers, void *context) {
    struct reading_of_array *array = context;
    for (size_t i = 0; i < layers->count; i++)
        array->found |= layer_reads_array(&layers->items[i]) &&
                        strcmp(layers->items[i].input->name, array->name) == 0;
}

enum status config_check_normalized(const struct config *config, const struct dataset *dataset,
                                    struct error *error) {
    for (size_t i = 0; i < dataset->array_count && !config->unread[HP_LAYERS]; i++) {
        struct reading_of_array array = {.name = dataset->arrays[i].name};
        each_layers(config, look_for_array, &array);
        if (!dataset->arrays[i].normalized || array.found)
            continue;
        error_set(error, STATUS_INPUT,
                  "normalization: no model has the input '%s'; leave it out of the list, or name "
                  "it as an input",
                  array.name);
        error_place(error, dataset->source, 0, 0);
        return error_from(error, &config_dataset_options(config, dataset->name)->normalized_at);
    }
    return STATUS_OK;
}

enum status config_fit_targets(struct config *config, const struct dataset *dataset,
                               struct error *error) {
    struct fitting first = {.dataset = dataset, .numbers = dataset_has_values(dataset)};
    each_layers(config, look_at_inputs, &first);
    enum status status = STATUS_OK;
    each_layers(config, look_at_first, &first);
    if (config->metric_by_default && first.numbers) {
        score_find(config->score.split == SCORE_VALIDATION ? "val_loss" : "test_loss",
                   &config->score);
        config->maximize = false;
        config->objectives[0] = (struct objective){.score = config->score};
    }
    for (size_t i = 0; i < config->objective_count && status == STATUS_OK; i++) {
        const struct score *score = &config->objectives[i].score;
        const struct origin origin =
            origin_of(config->objectives[i].reading, config->objectives[i].name);
        status = check_metric(config, score->metric, score->name, false, dataset, error);
        if (status != STATUS_OK)
            error_from(error, &origin);
    }
    for (size_t i = 0; i < config->metric_count && status == STATUS_OK; i++) {
        const struct metric *metric = config->metrics[i];
        status = check_metric(config, metric, metric->name, true, dataset, error);
        if (status == STATUS_OK && first.binary && !metric->output &&
            !metric_is_of_one_unit(metric))
            status = fail_one_unit(NULL, metric->name, error);
        if (status != STATUS_OK)
            error_from(error, &config->metric_origins[i]);
    }
    return status;
}
