/* The one spelling of what --set sets, so that what means the same is the same sweep with the same
 * name: epochs=3, 'epochs=3.0' and 'epochs: {values: [3]}' are epochs=3. */
#ifndef SWEEP_SEARCH_SETTING_TEXT_H
#define SWEEP_SEARCH_SETTING_TEXT_H

#include "base/text.h"
#include "search/document.h"

/* The name of the hyperparameter, or the top-level key, that a key is. */
const char *setting_key(const char *key);

/* Append "key=value" on one line, YAML that reads as the value does. Numbers are the shortest that
 * read back, names the tables' own, a single value in a list stands alone; texts are quoted where
 * they would be something else without. For a value that could be read (it is of finite depth). */
void setting_text_append(const char *key, const struct node *value, struct text *text);

#endif
