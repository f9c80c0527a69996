#include "cli/command.h"

#include "base/text.h"
#include "nn/initializer.h"
#include "nn/loss.h"
#include "nn/metric.h"
#include "nn/optimizer.h"
#include "report/terminal.h"
#include "search/hyperparameter.h"

#include <stdio.h>
#include <string.h>

struct arguments {
    const char *name; /* NULL: all */
};

static const struct option options[] = {
    {.argument = "NAME", .kind = OPTION_TEXT, .target = offsetof(struct arguments, name)},
    {0},
};

static const struct {
    const char *name, *help;
} keys[] = {
    {"name", "the sweep's name (default: the file's)"},
    {"description", "a text, kept with the results"},
    {"method", "grid"},
    {"metric", "{name: val_accuracy, goal: maximize}: what the leaderboard goes by; loss, "
               "accuracy or a metric, after val_ or test_ (default: val_accuracy, or "
               "test_accuracy without validation)"},
    {"parameters", "the hyperparameters: NAME: {value: X}, {values: [X, Y]}, {min: 1, max: 9}, or "
                   "{min: 0.1, max: 0.5, q: 0.1}; the last one varies fastest"},
    {"dataset", "mnist, digits, a folder, or a list: the first that is present is used (default: "
                "[mnist, digits])"},
    {"repeats", "seeds per setting (default: 1)"},
    {"seed", "the first seed (default: 0)"},
    {"metrics", "metrics to record besides loss and accuracy"},
    {"keep_models", "whose weights to keep, for show and predict: best (the default: the best "
                    "trial by metric), all or none"},
};

static void append_default(const struct hyperparameter *hyperparameter, struct text *text) {
    if (hyperparameter->standard)
        text_printf(text, "; default %s", hyperparameter->standard);
    if (hyperparameter->part != PART_OPTIMIZER)
        return;
    for (size_t i = 0, shown = 0; i < optimizer_count; i++) {
        double value;
        if (!optimizer_has(&optimizers[i], (enum optimizer_parameter)hyperparameter->detail,
                           &value))
            continue;
        text_printf(text, "%s %s ", shown++ ? "," : "; default", optimizers[i].name);
        if (hyperparameter->type == VALUE_BOOLEAN)
            text_append(text, value != 0 ? "true" : "false");
        else
            text_printf(text, "%g", value);
    }
}

static void append_activation_default(const struct hyperparameter *hyperparameter,
                                      struct text *text) {
    for (size_t i = 0; hyperparameter->part == PART_ACTIVATION && i < activation_count; i++)
        if ((int)activations[i].parameter == hyperparameter->detail)
            text_printf(text, "; default %s %g", activations[i].name,
                        activations[i].parameter_default);
}

static void print_hyperparameter(const struct hyperparameter *hyperparameter) {
    struct text allowed;
    text_init(&allowed);
    hyperparameter_append_allowed(hyperparameter, &allowed);
    printf("  %s", hyperparameter->name);
    for (size_t i = 0; i < 2 && hyperparameter->aliases[i]; i++)
        printf(", %s", hyperparameter->aliases[i]);
    append_default(hyperparameter, &allowed);
    append_activation_default(hyperparameter, &allowed);
    fputs("\n      ", stdout);
    terminal_paragraph(stdout, 6, hyperparameter->help);
    fputs("      ", stdout);
    terminal_paragraph(stdout, 6, allowed.data);
    text_release(&allowed);
}

static void print_entry(const char *name, int width, const char *help) {
    printf("  %-*s ", width, name);
    terminal_paragraph(stdout, (size_t)width + 3, help);
}

/* A table of names with their help; each kind of table has the same first fields. */
#define PRINT_NAMES(TITLE, TABLE, COUNT)                                                           \
    do {                                                                                           \
        printf("\n%s\n", TITLE);                                                                   \
        for (size_t i = 0; i < (COUNT); i++)                                                       \
            print_entry((TABLE)[i].name, 32, (TABLE)[i].help);                                     \
    } while (0)

static void print_all(void) {
    puts("Keys of a config");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        print_entry(keys[i].name, 12, keys[i].help);
    puts("\nHyperparameters (under parameters:)");
    for (size_t i = 0; i < HP_COUNT; i++)
        print_hyperparameter(&hyperparameters[i]);
    PRINT_NAMES("Optimizers", optimizers, optimizer_count);
    PRINT_NAMES("Activations", activations, activation_count);
    PRINT_NAMES("Losses (y: prediction, t: 1 for the label, else 0)", losses, loss_count);
    PRINT_NAMES("Initializers", initializers, initializer_count);
    PRINT_NAMES("Metrics", metrics, metric_count);
}

static bool print_if(const char *kind, const char *name, const char *help, bool matches) {
    if (matches)
        printf("%s %s: %s\n", kind, name, help);
    return matches;
}

static bool print_named(const char *name) {
    const struct hyperparameter *hyperparameter = hyperparameter_find(name);
    bool found = hyperparameter != NULL;
    if (hyperparameter)
        print_hyperparameter(hyperparameter);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        found |= print_if("key", keys[i].name, keys[i].help, strcmp(keys[i].name, name) == 0);
#define PRINT_IF(KIND, TYPE, FIND)                                                                 \
    do {                                                                                           \
        const struct TYPE *entry = FIND(name);                                                     \
        found |= entry && print_if(KIND, entry->name, entry->help, true);                          \
    } while (0)
    PRINT_IF("optimizer", optimizer, optimizer_find);
    PRINT_IF("activation", activation, activation_find);
    PRINT_IF("loss", loss, loss_find);
    PRINT_IF("initializer", initializer, initializer_find);
    PRINT_IF("metric", metric, metric_find);
    return found;
}

#define NAMES_MAX 256

#define ADD_NAMES(TABLE, COUNT)                                                                    \
    do {                                                                                           \
        for (size_t i = 0; i < (COUNT) && count < NAMES_MAX; i++)                                  \
            names[count++] = (TABLE)[i].name;                                                      \
    } while (0)

static int fail_unknown(const char *name) {
    const char *names[NAMES_MAX];
    char safe[80];
    size_t count = 0;
    ADD_NAMES(hyperparameters, HP_COUNT);
    ADD_NAMES(keys, sizeof keys / sizeof *keys);
    ADD_NAMES(optimizers, optimizer_count);
    ADD_NAMES(activations, activation_count);
    ADD_NAMES(losses, loss_count);
    ADD_NAMES(initializers, initializer_count);
    ADD_NAMES(metrics, metric_count);
    const char *nearest = text_nearest(name, names, count);
    fprintf(stderr, "sweep: nothing is called '%s'", terminal_safe(name, safe, sizeof safe));
    if (nearest)
        fprintf(stderr, "; did you mean '%s'?\n", nearest);
    else
        fputs("; `sweep keys` lists all names\n", stderr);
    return status_exit_code(STATUS_USAGE);
}

static int run(int argc, char **argv) {
    struct arguments arguments = {0};
    command_parse(&command_keys, argc, argv, &arguments);
    if (!arguments.name)
        print_all();
    else if (!print_named(arguments.name))
        return fail_unknown(arguments.name);
    return 0;
}

const struct command command_keys = {
    .name = "keys",
    .help = "list what a config may say",
    .description =
        "List what a config may say: the keys, the hyperparameters with what they take and their "
        "defaults, and the names of optimizers, activations, losses, initializers and metrics. "
        "With NAME, that one alone.",
    .options = options,
    .run = run,
};
