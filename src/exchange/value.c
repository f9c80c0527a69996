#include "exchange/value.h"

#include "search/hyperparameter.h"

#include <stdlib.h>
#include <string.h>

static enum value_type type_of(const char *column, const char *text) {
    const struct hyperparameter *found = hyperparameter_find(column);
    char *end;
    if (strcmp(text, "-") == 0)
        return VALUE_NONE;
    if (found || !strchr(column, '.'))
        return found ? found->type : VALUE_NAME;
    strtod(text, &end); /* a part of values, which tells its type itself */
    return end > text && !*end                                       ? VALUE_REAL
           : strcmp(text, "true") == 0 || strcmp(text, "false") == 0 ? VALUE_BOOLEAN
                                                                     : VALUE_NAME;
}

bool value_is_number(const char *column) {
    const enum value_type type = type_of(column, "");
    return type == VALUE_INTEGER || type == VALUE_REAL;
}

void value_json(struct json *json, const char *key, const char *column, const char *text) {
    switch (type_of(column, text)) {
    case VALUE_NONE:
        json_null(json, key);
        break;
    case VALUE_INTEGER:
        json_integer(json, key, strtoll(text, NULL, 10));
        break;
    case VALUE_REAL:
        json_number(json, key, strtod(text, NULL));
        break;
    case VALUE_BOOLEAN:
        json_boolean(json, key, strcmp(text, "true") == 0);
        break;
    case VALUE_NAME:
    case VALUE_LAYERS:
    case VALUE_COMPONENTS:
    case VALUE_WEIGHTS:
        json_text(json, key, text);
        break;
    }
}

void value_csv(struct csv *csv, const char *column, const char *text) {
    const enum value_type type = type_of(column, text);
    if (type == VALUE_INTEGER || type == VALUE_REAL)
        csv_number(csv, strtod(text, NULL));
    else
        csv_text(csv, type == VALUE_NONE ? NULL : text);
}
