#include "cli/completion.h"

#include "cli/formats.h"
#include "data/dataset.h"
#include "nn/metric.h"
#include "search/hyperparameter.h"

#include <string.h>

static bool has(const struct completion_option *options, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(options[i].name, name) == 0)
            return true;
    return false;
}

static bool has_letter(const struct completion_option *options, size_t count, char letter) {
    for (size_t i = 0; i < count; i++)
        if (options[i].letter == letter)
            return true;
    return false;
}

/* A command's options come before its children's, which argp lets them hide. */
static size_t add(const struct argp *argp, struct completion_option *options, size_t count) {
    for (const struct argp_option *option = argp->options; option && option->name; option++) {
        const bool is_letter = option->key > ' ' && option->key < 127;
        const char letter = is_letter ? (char)option->key : '\0';
        if (count == COMPLETION_OPTIONS_MAX || has(options, count, option->name))
            continue;
        options[count] = (struct completion_option){
            .name = option->name,
            .letter = letter && !has_letter(options, count, letter) ? letter : '\0',
            .argument = option->arg,
            .help = option->doc};
        count++;
    }
    for (const struct argp_child *child = argp->children; child && child->argp; child++)
        count = add(child->argp, options, count);
    return count;
}

size_t completion_options(const struct command *command,
                          struct completion_option options[COMPLETION_OPTIONS_MAX]) {
    static const struct argp_option own[] = {
        {"help", '?', NULL, 0, "Give this help list", 0},
        {"usage", ' ', NULL, 0, "Give a short usage message", 0},
        {"version", 'V', NULL, 0, "Print program version", 0},
        {0},
    };
    static const struct argp argp = {.options = own};
    return add(&argp, options, add(command->argp, options, 0));
}

/* Words. */

static void add_word(struct text *text, const char *word) {
    text_printf(text, "%s\n", word);
}

static void append_hyperparameters(const char *name, struct text *text) {
    (void)name;
    for (size_t i = 0; i < HP_COUNT; i++)
        add_word(text, hyperparameters[i].name);
}

/* optimizer= and then, since there are few, optimizer=adam. */
static void append_settings(const char *name, struct text *text) {
    (void)name;
    for (size_t i = 0; i < HP_COUNT; i++) {
        const struct hyperparameter *hyperparameter = &hyperparameters[i];
        text_printf(text, "%s=\n", hyperparameter->name);
        for (size_t j = 0; hyperparameter->name_at && hyperparameter->name_at(j); j++)
            text_printf(text, "%s=%s\n", hyperparameter->name, hyperparameter->name_at(j));
        if (hyperparameter->type == VALUE_BOOLEAN)
            text_printf(text, "%s=true\n%s=false\n", hyperparameter->name, hyperparameter->name);
    }
}

static void append_conditions(const char *name, struct text *text) {
    append_settings(name, text);
    add_word(text, "seed=");
}

static void append_columns(const char *name, struct text *text) {
    (void)name;
    static const char *const plain[] = {"loss", "accuracy"};
    static const char *const prefixes[] = {"", "val_", "test_"};
    const size_t plain_count = sizeof plain / sizeof *plain;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        for (size_t j = 0; j < plain_count + metric_count; j++) {
            const char *score = j < plain_count ? plain[j] : metrics[j - plain_count].name;
            if (j < plain_count || strcmp(score, "accuracy") != 0)
                text_printf(text, "%s%s\n", prefixes[i], score);
        }
    add_word(text, "train_seconds");
    add_word(text, "parameters");
}

static void append_datasets(const char *name, struct text *text) {
    (void)name;
    size_t count = 0;
    const char *const *names = dataset_names(&count);
    for (size_t i = 0; i < count; i++)
        add_word(text, names[i]);
}

static void append_keys(const char *name, struct text *text) {
    append_hyperparameters(name, text);
    for (size_t i = 0; i < HP_COUNT; i++)
        for (size_t j = 0; hyperparameters[i].name_at && hyperparameters[i].name_at(j) &&
                           i != HP_OUTPUT_ACTIVATION;
             j++)
            add_word(text, hyperparameters[i].name_at(j));
    for (size_t i = 0; i < metric_count; i++)
        if (!metrics[i].loss_name)
            add_word(text, metrics[i].name);
}

static void append_formats(const char *name, struct text *text) {
    (void)name;
    for (size_t i = 0; formats_name(i); i++)
        add_word(text, formats_name(i));
}

static void append_trials(const char *name, struct text *text) {
    (void)name;
    add_word(text, "best");
}

/* bash|zsh|fish */
static void append_alternatives(const char *name, struct text *text) {
    for (const char *c = name; *c; c++)
        text_append_bytes(text, *c == '|' ? "\n" : c, 1);
    text_append(text, "\n");
}

/* By the names that --help has for arguments. */
static const struct {
    const char *command; /* NULL: any */
    struct completion_argument argument;
} known[] = {
    {NULL, {"FILE", COMPLETE_FILES, NULL, false}},
    {NULL, {"DIR", COMPLETE_FOLDERS, NULL, false}},
    {NULL, {"CONFIG", COMPLETE_CONFIGS, NULL, false}},
    {"keys", {"NAME", COMPLETE_NO_FILES, append_keys, false}},
    {NULL, {"NAME", COMPLETE_FOLDERS, append_datasets, false}},
    {NULL, {"KEY=VALUE", COMPLETE_NO_FILES, append_settings, false}},
    {NULL, {"CONDITION", COMPLETE_NO_FILES, append_conditions, false}},
    {NULL, {"COLUMN", COMPLETE_NO_FILES, append_columns, false}},
    {NULL, {"METRIC", COMPLETE_NO_FILES, append_columns, false}},
    {NULL, {"HYPERPARAMETER", COMPLETE_NO_FILES, append_hyperparameters, false}},
    {NULL, {"FORMAT", COMPLETE_NO_FILES, append_formats, false}},
    {NULL, {"TRIAL", COMPLETE_NO_FILES, append_trials, false}},
};

struct completion_argument completion_argument(const struct command *command, const char *name) {
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].argument.name, name) == 0 &&
            (!known[i].command || strcmp(known[i].command, command->name) == 0))
            return known[i].argument;
    return (struct completion_argument){name, COMPLETE_NO_FILES,
                                        strchr(name, '|') ? append_alternatives : NULL, false};
}

size_t completion_arguments(const struct command *command, struct text *text,
                            struct completion_argument arguments[COMPLETION_ARGUMENTS_MAX]) {
    size_t count = 0, at[COMPLETION_ARGUMENTS_MAX];
    bool repeats[COMPLETION_ARGUMENTS_MAX] = {false}, is_value = false;
    text_clear(text);
    for (const char *word = command->arguments; *word && count < COMPLETION_ARGUMENTS_MAX;) {
        word += strspn(word, "[] ");
        const size_t length = strcspn(word, "[]. ");
        const bool is_option = *word == '-' || strncmp(word, "OPTION", 6) == 0;
        if (length > 0 && !is_option && !is_value) {
            repeats[count] = strncmp(word + length, "...", 3) == 0;
            at[count++] = text->length;
            text_append_bytes(text, word, length);
            text_append_bytes(text, "", 1);
        }
        is_value = *word == '-'; /* --index I */
        word += length + strspn(word + length, ".");
    }
    if (text->failed)
        return 0;
    for (size_t i = 0; i < count; i++) {
        arguments[i] = completion_argument(command, text->data + at[i]);
        arguments[i].repeats = repeats[i];
    }
    return count;
}
