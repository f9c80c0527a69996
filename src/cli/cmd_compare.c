#include "cli/command.h"
#include "cli/query.h"

#include "report/compare_print.h"

#include <limits.h>
#include <string.h>

struct arguments {
    struct query query;
    const char *metric;
    struct option_list names, references;
    long rows;
};

static const struct option options[] = {
    OPTION_CSV(struct arguments, query.form),
    OPTION_DB(struct arguments, query.path),
    OPTION_JSON(struct arguments, query.form),
    {.name = "metric",
     .letter = 'm',
     .argument = "COLUMN",
     .help = "Compare by COLUMN instead of the sweep's metric: a score such as test_loss, a metric "
             "that was recorded, train_seconds or parameters",
     .kind = OPTION_TEXT,
     .target = offsetof(struct arguments, metric)},
    {.name = "number",
     .letter = 'n',
     .argument = "N",
     .help = "Print N of the best settings (default: 10; 0: all)",
     .kind = OPTION_NUMBER,
     .target = offsetof(struct arguments, rows),
     .maximum = INT_MAX},
    {.name = "reference",
     .letter = 'r',
     .argument = "VALUE",
     .help = "Compare the other values with VALUE, or with HYPERPARAMETER=VALUE where several are "
             "compared (default: the hyperparameter's default where it is among them, else the "
             "lowest or first)",
     .kind = OPTION_LIST,
     .target = offsetof(struct arguments, references)},
    OPTION_SWEEP(struct arguments, query.sweep_name),
    OPTION_WHERE(struct arguments, query.conditions),
    {.argument = "HYPERPARAMETER",
     .kind = OPTION_LIST,
     .target = offsetof(struct arguments, names)},
    {0},
};

/* "adam", of the one hyperparameter compared, or "optimizer=adam". */
static enum status read_reference(const struct arguments *arguments, const char *text,
                                  struct arena *arena, struct compare_reference *reference,
                                  struct error *error) {
    const bool named = strchr(text, '=') != NULL;
    struct filter_condition condition;
    struct text value;
    if (!named && arguments->names.count != 1)
        return error_set(error, STATUS_USAGE,
                         "--reference %.64s: write HYPERPARAMETER=VALUE, since not just one is "
                         "compared",
                         text);
    const char *whole =
        named ? text : arena_printf(arena, "%s=%s", arguments->names.items[0], text);
    if (!whole)
        return error_memory(error);
    enum status status = filter_parse_condition("--reference", whole, arena, &condition, error);
    if (status != STATUS_OK)
        return status;
    if ((!condition.hyperparameter && !condition.part) || condition.relation != FILTER_EQUAL ||
        condition.count != 1)
        return error_set(error, STATUS_USAGE,
                         "--reference %.64s: write one value of a hyperparameter, as in "
                         "optimizer=adam",
                         text);
    text_init(&value);
    value_append(&condition.values[0], &value);
    reference->name = condition.part ? condition.part : condition.hyperparameter->name;
    reference->text = value.failed ? NULL : arena_copy(arena, value.data);
    text_release(&value);
    return reference->text ? STATUS_OK : error_memory(error);
}

static enum status print(const struct arguments *arguments, const struct comparisons *comparisons,
                         struct arena *arena, struct error *error) {
    switch (arguments->query.form) {
    case FORM_JSON:
        return compare_print_json(stdout, comparisons, arena, error);
    case FORM_CSV:
        return compare_print_csv(stdout, comparisons, error);
    case FORM_TABLE:
        break;
    }
    return compare_print(stdout, comparisons, (size_t)arguments->rows, arena, error);
}

static enum status read_and_compare(struct arguments *arguments, struct store **store,
                                    struct arena *arena, struct error *error) {
    struct compare_reference references[HP_COUNT];
    struct filter filter;
    struct observations observations;
    struct comparisons comparisons;
    enum status status = query_open(&arguments->query, arena, &filter, store, error);
    for (size_t i = 0; i < arguments->references.count && status == STATUS_OK; i++)
        status =
            read_reference(arguments, arguments->references.items[i], arena, &references[i], error);
    if (status == STATUS_OK)
        status = query_read(&arguments->query, arguments->metric, &filter, *store, arena,
                            &observations, error);
    if (status == STATUS_OK)
        status = compare_each(&observations, arguments->names.items, arguments->names.count,
                              references, arguments->references.count, arena, &comparisons, error);
    return status == STATUS_OK ? print(arguments, &comparisons, arena, error) : status;
}

static int run(int argc, char **argv) {
    struct arguments arguments = {.rows = 10};
    struct store *store = NULL;
    struct arena arena;
    struct error error;
    query_init(&arguments.query);
    command_parse(&command_compare, argc, argv, &arguments);
    arena_init(&arena);
    enum status status = read_and_compare(&arguments, &store, &arena, &error);
    int code = status == STATUS_OK ? 0 : command_fail(&error);
    store_close(store);
    arena_release(&arena);
    return code;
}

const struct command command_compare = {
    .name = "compare",
    .help = "say which change helped, how surely",
    .description =
        "Say how much a hyperparameter's values differ, and how sure that is; without one, what "
        "each that varies brings.",
    .notes =
        "Trials that differ in the hyperparameter alone are paired, seed by seed: equal seeds have "
        "equal initial weights and the same order of images. The differences of one seed are "
        "averaged over all other settings, and these averages, one a seed, are what the interval "
        "and the test are made of: both are about what other seeds would give on the same grid and "
        "data. With fewer than 3 seeds nothing is claimed.\n\n"
        "Of two hyperparameters or more it also tells whether the effect of one depends on the "
        "other.\n\n"
        "The best setting is chosen by its mean score on the validation images, which flatters it: "
        "the best of many is partly the luckiest (the winner's curse). So its score on the test "
        "images is told beside it, once, and for it alone. Choosing by test scores, or among "
        "several sweeps by them, brings the curse back.",
    .options = options,
    .run = run,
};
