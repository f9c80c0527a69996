#include "cli/completion.h"

#include "cli/formats.h"
#include "cli/keys.h"
#include "data/catalogue.h"
#include "nn/metric.h"
#include "search/hyperparameter.h"
#include "search/score.h"

#include <string.h>

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
    struct score score;
    for (size_t i = 0; score_at(i, &score); i++)
        add_word(text, score.name);
}

static void append_datasets(const char *name, struct text *text) {
    (void)name;
    for (size_t i = 0; i < catalogue_count; i++)
        if (catalogue[i].about)
            add_word(text, catalogue[i].name);
}

static void append_keys(const char *name, struct text *text) {
    (void)name;
    for (size_t i = 0; keys_name(i); i++)
        add_word(text, keys_name(i));
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
    {NULL, {"FILE", COMPLETE_FILES, NULL}},
    {NULL, {"DIR", COMPLETE_FOLDERS, NULL}},
    {NULL, {"CONFIG", COMPLETE_CONFIGS, NULL}},
    {"keys", {"NAME", COMPLETE_NO_FILES, append_keys}},
    {NULL, {"NAME", COMPLETE_FOLDERS, append_datasets}},
    {NULL, {"KEY=VALUE", COMPLETE_NO_FILES, append_settings}},
    {NULL, {"CONDITION", COMPLETE_NO_FILES, append_conditions}},
    {NULL, {"COLUMN", COMPLETE_NO_FILES, append_columns}},
    {NULL, {"METRIC", COMPLETE_NO_FILES, append_columns}},
    {NULL, {"HYPERPARAMETER", COMPLETE_NO_FILES, append_hyperparameters}},
    {NULL, {"FORMAT", COMPLETE_NO_FILES, append_formats}},
    {NULL, {"TRIAL", COMPLETE_NO_FILES, append_trials}},
};

struct completion_argument completion_argument(const struct command *command,
                                               const struct option *option) {
    const char *name = option->argument;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].argument.name, name) == 0 &&
            (!known[i].command || strcmp(known[i].command, command->name) == 0))
            return known[i].argument;
    return (struct completion_argument){name, COMPLETE_NO_FILES,
                                        strchr(name, '|') ? append_alternatives : NULL};
}
