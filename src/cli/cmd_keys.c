#include "cli/command.h"
#include "cli/keys.h"

#include "base/json.h"
#include "base/names.h"
#include "data/augmentation.h"
#include "exchange/value.h"
#include "nn/callbacks.h"
#include "nn/initializer.h"
#include "nn/learning_rate_schedule.h"
#include "nn/loss.h"
#include "nn/metric.h"
#include "nn/optimizer.h"
#include "report/function_print.h"
#include "report/terminal.h"
#include "search/arguments.h"
#include "search/config.h"
#include "search/hyperparameter.h"
#include "search/parts.h"
#include "search/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct arguments {
    const char *name; /* NULL: all */
    enum option_form form;
};

static const struct option options[] = {
    OPTION_JSON(struct arguments, form),
    {.argument = "NAME", .kind = OPTION_TEXT, .target = offsetof(struct arguments, name)},
    {0},
};

/* A name that a config may have, what it means, and the arguments that it takes there. */
struct entry {
    const char *name, *help;
    struct argument_table arguments;
    bool activates; /* an activation, too */
};

/* The tables of names. Each has an accessor of its i-th entry, false after the last, and of an
 * entry's name by that or an alias, NULL where there is none such. */
#define ACCESSORS(TYPE, TABLE, COUNT)                                                              \
    static bool TYPE##_at(size_t i, struct entry *entry) {                                         \
        if (i < (COUNT))                                                                           \
            *entry = (struct entry){.name = (TABLE)[i].name, .help = (TABLE)[i].help};             \
        return i < (COUNT);                                                                        \
    }                                                                                              \
    static const char *TYPE##_named(const char *name) {                                            \
        const struct TYPE *found = TYPE##_find(name);                                              \
        return found ? found->name : NULL;                                                         \
    }
ACCESSORS(optimizer, optimizers, optimizer_count)
ACCESSORS(loss, losses, loss_count)
ACCESSORS(initializer, initializers, initializer_count)
ACCESSORS(metric, metrics, metric_count)

static bool activation_at(size_t i, struct entry *entry) {
    if (i < activation_count)
        *entry = (struct entry){.name = activations[i].name,
                                .help = activations[i].help,
                                .arguments = layer_learned_arguments(&activations[i])};
    return i < activation_count;
}

static const char *activation_named(const char *name) {
    const struct activation *found = activation_find(name);
    return found ? found->name : NULL;
}

static bool key_at(size_t i, struct entry *entry) {
    return config_key_at(i, &entry->name, &entry->help);
}

static const char *key_named(const char *name) {
    return config_has_key(name) ? name : NULL;
}

static bool way_at(size_t i, struct entry *entry) {
    return method_at(i, &entry->name, &entry->help);
}

static bool stop_at(size_t i, struct entry *entry) {
    return method_stop_at(i, &entry->name, &entry->help);
}

static bool distribution_at(size_t i, struct entry *entry) {
    if (i < distribution_kind_count)
        *entry =
            (struct entry){.name = distribution_kinds[i].name, .help = distribution_kinds[i].help};
    return i < distribution_kind_count;
}

/* What a key's own keys are. */
#define PARTS(NAME, OWNER)                                                                         \
    static bool NAME##_at(size_t i, struct entry *entry) {                                         \
        return parts_at(OWNER, i, &entry->name, &entry->help);                                     \
    }
PARTS(spec_part, "parameters")
PARTS(layers_part, "layers")
PARTS(metric_part, "metric")
PARTS(dataset_part, "dataset")
PARTS(budget_part, "budget")
PARTS(stop_part, "early_terminate")

static bool layer_at(size_t i, struct entry *entry) {
    static char words[LAYER_KINDS_MAX][LAYER_WORD_MAX];
    const struct layer_kind *kind = layer_kind_row(i);
    if (kind)
        *entry = (struct entry){.name = layer_kind_word(kind, words[i]),
                                .help = kind->help,
                                .arguments = layer_arguments(kind),
                                .activates = kind->activates && kind != &layer_activation};
    return kind != NULL;
}

static const char *layer_named(const char *name) {
    static char word[LAYER_WORD_MAX];
    const struct layer_kind *kind = layer_kind_find(name);
    return kind ? layer_kind_word(kind, word) : NULL;
}

static bool component_entry(const struct component_family *family, size_t i, struct entry *entry) {
    const struct component_kind *kind = family->at(i);
    if (kind)
        *entry =
            (struct entry){.name = kind->name, .help = kind->help, .arguments = kind->arguments};
    return kind != NULL;
}

/* Define NAME_at and NAME_named for a family. */
#define COMPONENTS(NAME, FAMILY)                                                                   \
    static bool NAME##_at(size_t i, struct entry *entry) {                                         \
        return component_entry(&(FAMILY), i, entry);                                               \
    }                                                                                              \
    static const char *NAME##_named(const char *name) {                                            \
        const struct component_kind *kind = component_find(&(FAMILY), name);                       \
        return kind ? kind->name : NULL;                                                           \
    }
COMPONENTS(augmentation, augmentation_family)
COMPONENTS(rate_schedule, learning_rate_schedules)
COMPONENTS(early_stopping, early_stopping_family)
COMPONENTS(reduce_lr, reduce_lr_family)

/* The name of an entry, as it is written or in another case. */
#define NAMED(NAME, AT)                                                                            \
    static const char *NAME##_named(const char *name) {                                            \
        struct entry entry;                                                                        \
        for (size_t i = 0; AT(i, &entry); i++)                                                     \
            if (name_resembles(name, entry.name))                                                  \
                return entry.name;                                                                 \
        return NULL;                                                                               \
    }
NAMED(way, way_at)
NAMED(stop, stop_at)
NAMED(distribution, distribution_at)
NAMED(spec_part, spec_part_at)
NAMED(layers_part, layers_part_at)
NAMED(metric_part, metric_part_at)
NAMED(dataset_part, dataset_part_at)
NAMED(budget_part, budget_part_at)
NAMED(stop_part, stop_part_at)

/* All but the hyperparameters. */
static const struct kind {
    const char *name, *plural, *title;
    int width; /* of the column of names */
    bool (*at)(size_t i, struct entry *entry);
    const char *(*named)(const char *name);
    const char *owner; /* the key of which these are what it may say, or NULL */
} kinds[] = {
    {"key", "keys", "Keys of a config", 16, key_at, key_named, NULL},
    {"method", "methods", "Methods (method:)", 16, way_at, way_named, "method"},
    {"distribution", "distributions",
     "Distributions (under a hyperparameter: distribution: NAME; a grid takes those that list "
     "values or steps)",
     28, distribution_at, distribution_named, "distribution"},
    {"key of a hyperparameter", "hyperparameter_keys",
     "Keys of a hyperparameter (parameters: {NAME: {KEY: ...}})", 16, spec_part_at, spec_part_named,
     "parameters"},
    {"layer", "layers", "Layers (in the list; any activation is one as well)", 20, layer_at,
     layer_named, "layers"},
    {"key of layers", "layers_keys", "Keys of layers as a space (layers: {KEY: ...})", 16,
     layers_part_at, layers_part_named, "layers"},
    {"key of metric", "metric_keys", "Keys of metric", 16, metric_part_at, metric_part_named,
     "metric"},
    {"key of dataset", "dataset_keys", "Keys of dataset", 16, dataset_part_at, dataset_part_named,
     "dataset"},
    {"key of budget", "budget_keys", "Keys of budget", 16, budget_part_at, budget_part_named,
     "budget"},
    {"key of early_terminate", "early_terminate_keys", "Keys of early_terminate", 16, stop_part_at,
     stop_part_named, "early_terminate"},
    {"stopping", "stoppings", "Ways to stop trials early (early_terminate: {type: NAME})", 16,
     stop_at, stop_named, "early_terminate"},
    {"optimizer", "optimizers", "Optimizers", 32, optimizer_at, optimizer_named, NULL},
    {"augmentation", "augmentations", "Changes of training images (augmentation: [...])", 21,
     augmentation_at, augmentation_named, "augmentation"},
    {"schedule", "schedules", "Learning rate schedules (learning_rate_schedule:)", 25,
     rate_schedule_at, rate_schedule_named, "learning_rate_schedule"},
    {"choice of early_stopping", "early_stopping", "Early stopping (early_stopping:)", 25,
     early_stopping_at, early_stopping_named, "early_stopping"},
    {"choice of reduce_lr_on_plateau", "reduce_lr_on_plateau",
     "Reduced learning rates (reduce_lr_on_plateau:)", 25, reduce_lr_at, reduce_lr_named,
     "reduce_lr_on_plateau"},
    {"activation", "activations", "Activations", 32, activation_at, activation_named, NULL},
    {"loss", "losses", "Losses (y: prediction, t: 1 for the label, else 0)", 32, loss_at,
     loss_named, NULL},
    {"initializer", "initializers", "Initializers", 32, initializer_at, initializer_named, NULL},
    {"metric", "metrics", "Metrics", 32, metric_at, metric_named, NULL},
};
#define KIND_COUNT (sizeof kinds / sizeof *kinds)

/* Kinds whose entries are drawn, in place of a line. */
#define DRAWN(TYPE)                                                                                \
    static enum status TYPE##_draw(const char *name, struct arena *arena, struct error *error) {   \
        return function_print_##TYPE(stdout, TYPE##_find(name), arena, error);                     \
    }
DRAWN(activation)
DRAWN(loss)
DRAWN(initializer)

static const struct drawn {
    const char *kind;
    enum status (*draw)(const char *name, struct arena *arena, struct error *error);
} drawn[] = {
    {"activation", activation_draw}, {"loss", loss_draw}, {"initializer", initializer_draw}};
#define DRAWN_COUNT (sizeof drawn / sizeof *drawn)

const char *keys_name(size_t i) {
    struct entry entry;
    if (i < HP_COUNT)
        return hyperparameters[i].name;
    i -= HP_COUNT;
    for (size_t k = 0; k < KIND_COUNT; k++)
        for (size_t j = 0; kinds[k].at(j, &entry); j++)
            if (i-- == 0)
                return entry.name;
    return NULL;
}

/* --- defaults, which a hyperparameter may have for each optimizer or activation that has it --- */

struct standard {
    const char *owner;
    double value;
};

#define STANDARDS_MAX 32

static size_t list_standards(const struct hyperparameter *hyperparameter,
                             struct standard standards[STANDARDS_MAX]) {
    size_t count = 0;
    double value;
    const enum optimizer_parameter parameter = (enum optimizer_parameter)hyperparameter->detail;
    if (hyperparameter->standard)
        return 0;
    if (hyperparameter->part == PART_OPTIMIZER)
        for (size_t i = 0; i < optimizer_count && count < STANDARDS_MAX; i++)
            if (optimizer_has(&optimizers[i], parameter, &value))
                standards[count++] = (struct standard){optimizers[i].name, value};
    if (hyperparameter->part == PART_ACTIVATION)
        for (size_t i = 0; i < activation_count && count < STANDARDS_MAX; i++)
            if ((int)activations[i].parameter == hyperparameter->detail)
                standards[count++] =
                    (struct standard){activations[i].name, activations[i].parameter_default};
    return count;
}

/* --- for people --- */

static void append_defaults(const struct hyperparameter *hyperparameter, struct text *text) {
    struct standard standards[STANDARDS_MAX];
    const size_t count = list_standards(hyperparameter, standards);
    if (hyperparameter->standard)
        text_printf(text, "; default %s", hyperparameter->standard);
    for (size_t i = 0; i < count; i++) {
        text_printf(text, "%s %s ", i > 0 ? "," : "; default", standards[i].owner);
        if (hyperparameter->type == VALUE_BOOLEAN)
            text_append(text, standards[i].value != 0 ? "true" : "false");
        else
            text_printf(text, "%g", standards[i].value);
    }
}

static void print_hyperparameter(const struct hyperparameter *hyperparameter) {
    struct text allowed;
    text_init(&allowed);
    hyperparameter_append_allowed(hyperparameter, &allowed);
    append_defaults(hyperparameter, &allowed);
    const char *const *aliases = hyperparameter->aliases;
    terminal_print(stdout, 4, "  %s%s%s%s%s", hyperparameter->name, aliases[0] ? ", " : "",
                   aliases[0] ? aliases[0] : "", aliases[1] ? ", " : "",
                   aliases[1] ? aliases[1] : "");
    terminal_print(stdout, 6, "      %s", hyperparameter->help);
    terminal_print(stdout, 6, "      %s", allowed.data);
    text_release(&allowed);
}

static void print_argument(const struct argument *argument, int indent, const char *begin) {
    struct text line;
    text_init(&line);
    argument_append_help(argument, &line);
    terminal_print(stdout, (size_t)indent + 2, "%*s%s%s", indent, "", begin,
                   line.failed ? argument->name : line.data);
    text_release(&line);
}

/* An entry whose first words, up to its help, are there already; each argument has a line. */
static void print_help(const struct entry *entry, int indent, const char *begin) {
    terminal_print(stdout, (size_t)indent, "%s%s", begin, entry->help);
    for (size_t i = 0; i < entry->arguments.count; i++)
        print_argument(&entry->arguments.rows[i], indent, "");
    if (entry->activates)
        terminal_print(stdout, (size_t)indent + 2, "%*sactivation: linear, or one of its own",
                       indent, "");
}

static void print_kind(const struct kind *kind) {
    struct entry entry = {0};
    char begin[80];
    terminal_print(stdout, 2, "%s", kind->title);
    for (size_t i = 0; kind->at(i, &entry); i++) {
        snprintf(begin, sizeof begin, "  %-*s ", kind->width, entry.name);
        print_help(&entry, kind->width + 3, begin);
    }
}

static void print_all(void) {
    print_kind(&kinds[0]);
    fputc('\n', stdout);
    terminal_print(stdout, 2, "Hyperparameters (under parameters:)");
    for (size_t i = 0; i < HP_COUNT; i++)
        print_hyperparameter(&hyperparameters[i]);
    for (size_t i = 1; i < KIND_COUNT; i++) {
        fputc('\n', stdout);
        print_kind(&kinds[i]);
    }
}

static bool is_owner(const struct kind *kind, const char *name) {
    return kind->owner && strcmp(kind->owner, name) == 0;
}

/* An entry of a kind by that name, if there is one. */
static enum status print_entry(const struct kind *kind, const char *name, struct arena *arena,
                               struct error *error) {
    const char *own = kind->named(name);
    struct entry entry = {0};
    char begin[80];
    for (size_t i = 0; own && i < DRAWN_COUNT; i++)
        if (strcmp(drawn[i].kind, kind->name) == 0)
            return drawn[i].draw(own, arena, error);
    for (size_t i = 0; own && kind->at(i, &entry); i++)
        if (strcmp(entry.name, own) == 0) {
            snprintf(begin, sizeof begin, "%s %s: ", kind->name, entry.name);
            print_help(&entry, 2, begin);
        }
    return STATUS_OK;
}

/* The entries of a kind that have an argument of that name. Returns how many there are. */
static size_t each_with_argument(const struct kind *kind, const char *name,
                                 void (*visit)(const struct kind *kind, const struct entry *entry,
                                               const struct argument *argument)) {
    struct entry entry = {0};
    size_t count = 0;
    for (size_t i = 0; kind->at(i, &entry); i++) {
        const struct argument *argument = argument_find(&entry.arguments, name);
        count += argument != NULL;
        if (argument && visit)
            visit(kind, &entry, argument);
    }
    return count;
}

/* "layer conv2d, filters: how many channels it gives, a whole number from 1 to 65536" */
static void print_of(const struct kind *kind, const struct entry *entry,
                     const struct argument *argument) {
    char begin[128];
    snprintf(begin, sizeof begin, "%s %s, ", kind->name, entry->name);
    print_argument(argument, 0, begin);
}

static enum status print_named(const char *name, struct error *error) {
    const struct hyperparameter *hyperparameter = hyperparameter_find(name);
    enum status status = STATUS_OK;
    struct arena arena;
    arena_init(&arena);
    if (hyperparameter)
        print_hyperparameter(hyperparameter);
    for (size_t k = 0; k < KIND_COUNT && status == STATUS_OK; k++)
        status = print_entry(&kinds[k], name, &arena, error);
    for (size_t k = 0; k < KIND_COUNT; k++)
        each_with_argument(&kinds[k], name, print_of);
    for (size_t k = 0; k < KIND_COUNT; k++)
        if (is_owner(&kinds[k], name)) {
            fputc('\n', stdout);
            print_kind(&kinds[k]);
        }
    arena_release(&arena);
    return status;
}

/* --- for programs --- */

static void hyperparameter_json(struct json *json, const struct hyperparameter *hyperparameter) {
    static const char *const types[] = {
        [VALUE_INTEGER] = "integer", [VALUE_REAL] = "number",   [VALUE_BOOLEAN] = "boolean",
        [VALUE_NAME] = "name",       [VALUE_LAYERS] = "layers", [VALUE_COMPONENTS] = "components",
        [VALUE_WEIGHTS] = "weights"};
    const bool number = hyperparameter->type == VALUE_INTEGER || hyperparameter->type == VALUE_REAL;
    struct standard standards[STANDARDS_MAX];
    const size_t count = list_standards(hyperparameter, standards);
    json_begin_object(json, NULL);
    json_text(json, "name", hyperparameter->name);
    json_begin_array(json, "aliases");
    for (size_t i = 0; i < 2 && hyperparameter->aliases[i]; i++)
        json_text(json, NULL, hyperparameter->aliases[i]);
    json_end(json);
    json_text(json, "type", types[hyperparameter->type]);
    if (number) {
        json_number(json, "minimum", hyperparameter->minimum);
        json_boolean(json, "minimum_excluded", hyperparameter->minimum_open);
        json_number(json, "maximum", hyperparameter->maximum);
        json_boolean(json, "maximum_excluded", hyperparameter->maximum_open);
    }
    if (hyperparameter->name_at) {
        json_begin_array(json, "values");
        for (size_t i = 0; hyperparameter->name_at(i); i++)
            json_text(json, NULL, hyperparameter->name_at(i));
        json_end(json);
    }
    if (hyperparameter->standard)
        value_json(json, "default", hyperparameter_column(hyperparameter),
                   hyperparameter->standard);
    if (count > 0)
        json_begin_object(json, "defaults");
    for (size_t i = 0; i < count; i++)
        if (hyperparameter->type == VALUE_BOOLEAN)
            json_boolean(json, standards[i].owner, standards[i].value != 0);
        else
            json_number(json, standards[i].owner, standards[i].value);
    if (count > 0)
        json_end(json);
    json_text(json, "help", hyperparameter->help);
    json_end(json);
}

/* "adds noise; stddev: ..., from 0 up" */
static void help_json(struct json *json, const struct entry *entry) {
    struct text help;
    text_init(&help);
    text_append(&help, entry->help);
    for (size_t i = 0; i < entry->arguments.count; i++) {
        text_append(&help, "; ");
        argument_append_help(&entry->arguments.rows[i], &help);
    }
    text_append(&help, entry->activates ? "; activation" : "");
    json_text(json, "help", help.failed ? entry->help : help.data);
    text_release(&help);
}

/* All of a kind; or the one called `wanted`, and those with an argument of that name. */
static void kind_json(struct json *json, const struct kind *kind, const char *wanted) {
    const char *own = wanted ? kind->named(wanted) : NULL;
    struct entry entry = {0};
    json_begin_array(json, kind->plural);
    for (size_t i = 0; kind->at(i, &entry); i++) {
        if (wanted && !(own && strcmp(entry.name, own) == 0) &&
            !argument_find(&entry.arguments, wanted))
            continue;
        json_begin_object(json, NULL);
        json_text(json, "name", entry.name);
        help_json(json, &entry);
        json_end(json);
    }
    json_end(json);
}

static enum status print_json(const char *name, struct error *error) {
    const struct hyperparameter *wanted = name ? hyperparameter_find(name) : NULL;
    struct json json;
    json_init(&json);
    if (!name || wanted) {
        json_begin_array(&json, "hyperparameters");
        for (size_t i = 0; i < HP_COUNT; i++)
            if (!wanted || wanted == &hyperparameters[i])
                hyperparameter_json(&json, &hyperparameters[i]);
        json_end(&json);
    }
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (!name || kinds[i].named(name) || is_owner(&kinds[i], name) ||
            each_with_argument(&kinds[i], name, NULL) > 0)
            kind_json(&json, &kinds[i], name && is_owner(&kinds[i], name) ? NULL : name);
    enum status status = json_print(&json, JSON_PRETTY, stdout, error);
    json_release(&json);
    return status;
}

/* --- the command --- */

static bool is_known(const char *name) {
    bool known = hyperparameter_find(name) != NULL;
    for (size_t i = 0; i < KIND_COUNT; i++)
        known |= kinds[i].named(name) || each_with_argument(&kinds[i], name, NULL) > 0;
    return known;
}

#define NAMES_MAX 256

/* What a name of another program is here, or NULL. */
static const struct word *find_word(const char *name) {
    static const char *const families[] = {"hyperparameter",
                                           "key",
                                           "optimizer",
                                           "activation",
                                           "loss",
                                           "metric",
                                           "initializer",
                                           "layer",
                                           "method",
                                           "distribution",
                                           "type of early_terminate"};
    const struct word *word = NULL;
    for (size_t i = 0; i < sizeof families / sizeof *families && !word; i++)
        word = words_find(families[i], name);
    return word;
}

static int fail_unknown(const char *name) {
    const char *names[NAMES_MAX];
    const struct word *word = find_word(name);
    size_t count = 0;
    while (count < NAMES_MAX && (names[count] = keys_name(count)))
        count++;
    const char *meant = word ? word->instead : text_nearest(name, names, count);
    struct text message;
    text_init(&message);
    text_printf(&message, "nothing is called '%.80s'", name);
    if (meant)
        text_printf(&message, "; did you mean '%s'?", meant);
    if (word && word->advice)
        text_printf(&message, "%s %s", meant ? "" : ";", word->advice);
    else if (!meant)
        text_append(&message, "; `sweep keys` lists all names");
    terminal_print(stderr, 2, "sweep: %s", message.data);
    text_release(&message);
    return STATUS_USAGE;
}

static int run(int argc, char **argv) {
    struct arguments arguments = {0};
    struct error error;
    command_parse(&command_keys, argc, argv, &arguments);
    if (arguments.name && !is_known(arguments.name))
        return fail_unknown(arguments.name);
    if (arguments.form == FORM_JSON)
        return print_json(arguments.name, &error) == STATUS_OK ? 0 : command_fail(&error);
    if (arguments.name)
        return print_named(arguments.name, &error) == STATUS_OK ? 0 : command_fail(&error);
    print_all();
    return 0;
}

const struct command command_keys = {
    .name = "keys",
    .help = "list what a config may say",
    .description =
        "List what a config may say: the keys, the hyperparameters with what they take and their "
        "defaults, and the names of optimizers, activations, losses, initializers and metrics. "
        "With NAME, that one alone; of an argument, all that takes it.",
    .options = options,
    .run = run,
};
