/* What the files share that read a config. Used by config.c, objectives.c, method.c, method_stop.c,
 * settings.c and combinations.c. */
#ifndef SWEEP_SEARCH_CONFIG_PRIVATE_H
#define SWEEP_SEARCH_CONFIG_PRIVATE_H

#include "search/config.h"
#include "search/reading.h"

/* A top-level key. */
struct config_key {
    const char *name;
    enum status (*read)(const struct reading *, const struct node *, struct config *);
    const char *help;
    bool parts; /* --set takes its parts one by one: budget.trials=50 */
};

/* NULL: no such key. */
const struct config_key *config_key_find(const char *name);

/* A key that is none, where a `kind` of names belongs. */
enum status config_fail_key(const struct reading *reading, const struct node *key,
                            const char *kind);

/* The hyperparameter that is surely meant by a name that is none, or NULL. */
const char *config_nearest(const char *name);

/* Values of a hyperparameter by that name could not be read; NULL: of any. */
void config_mark_unread(struct config *config, const char *name);

/* Parse a document; what is wrong with it is a problem like any other. */
enum status config_parse_document(const struct reading *reading, const char *text, size_t length,
                                  const struct node **root);

/* reading_dataset.c: the key dataset. */
enum status config_read_dataset(const struct reading *, const struct node *, struct config *);

/* objectives.c: the keys metric and metrics; and the metric where none is named. */
enum status objectives_read(const struct reading *, const struct node *, struct config *);
enum status objectives_read_recorded(const struct reading *, const struct node *, struct config *);
enum status objectives_choose(const struct reading *reading, struct config *config);

/* Have a metric recorded that something goes by. */
enum status objectives_record(const struct reading *reading, const struct node *node,
                              const struct metric *metric, struct config *config);

/* reading_dataset.c: whether a node is the data set as a hyperparameter, {values: [...]} or {value:
 * ...}; and read it, as the parameter at a place among the others. */
bool config_is_datasets(const struct node *node);
enum status config_read_datasets(const struct reading *reading, const struct node *node,
                                 size_t place, struct config *config);

/* callbacks_check.c: whether early_stopping and reduce_lr_on_plateau fit the rest of the config;
 * what they monitor is recorded. */
enum status callbacks_check(struct config *config);

/* Where the last problem's remedy is to hold out images: the line to add, unless validation_split
 * is there already. */
void config_correct_split(const struct config *config);

/* settings.c: apply --set, "key=value" each, and set config->settings; and put them into the name,
 * unless one of them is the name. */
enum status settings_apply(const struct reading *reading, const char *const *settings, size_t count,
                           struct config *config);
enum status settings_into_name(struct arena *arena, struct config *config, struct error *error);

/* method.c: the settings that the budget has room for if all are trained to the end; SIZE_MAX: any
 * number. method_stop.c: whether early_terminate fits the rest of the config. */
size_t method_budget_settings(const struct config *config);
enum status method_check_stopping(struct config *config);

/* combinations.c: the keys zip and exclude; and what zip says of the axes, once they are known. */
enum status combinations_read_zip(const struct reading *, const struct node *, struct config *);
enum status combinations_read_exclude(const struct reading *, const struct node *, struct config *);
enum status combinations_zip(struct config *config);

#endif
