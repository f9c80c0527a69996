#include "store/values.h"

#include "search/parameters.h"

#include <stdio.h>
#include <string.h>

void value_bind(const struct value *value, struct statement *statement, int at) {
    struct text text;
    switch (value->type) {
    case VALUE_NONE:
        statement_bind_null(statement, at);
        break;
    case VALUE_INTEGER:
        statement_bind_integer(statement, at, value->integer);
        break;
    case VALUE_BOOLEAN:
        statement_bind_integer(statement, at, value->boolean);
        break;
    case VALUE_REAL:
        statement_bind_real(statement, at, value->real);
        break;
    case VALUE_NAME:
        statement_bind_text(statement, at, value->name);
        break;
    case VALUE_LAYERS:
    case VALUE_COMPONENTS:
    case VALUE_WEIGHTS:
        text_init(&text);
        value_append(value, &text);
        statement_bind_built(statement, at, &text);
        text_release(&text);
        break;
    }
}

/* What to add where a plug-in with that name is loaded, which has another tag. */
static const char *other_version(enum hyperparameter_id id, const char *name) {
    char plain[64];
    snprintf(plain, sizeof plain, "%.*s", (int)strcspn(name, "@"), name);
    return hyperparameters[id].canonical(plain) ? " (the one that is loaded is another version)"
                                                : "";
}

void value_append_column(const struct statement *statement, int column, enum value_type type,
                         struct text *text) {
    if (type == VALUE_BOOLEAN)
        text_append(text, statement_integer(statement, column) != 0 ? "true" : "false");
    else if (type == VALUE_REAL)
        text_append_double(text, statement_real(statement, column));
    else
        text_append(text, statement_text(statement, column));
}

enum status value_read(const struct statement *statement, int column, enum hyperparameter_id id,
                       struct arena *arena, struct value *value, struct error *error) {
    const char *text;
    enum status status;
    *value = (struct value){.type = VALUE_NONE};
    if (statement_is_null(statement, column))
        return STATUS_OK;
    value->type = hyperparameters[id].type;
    switch (value->type) {
    case VALUE_NONE:
        break;
    case VALUE_INTEGER:
        value->integer = statement_integer(statement, column);
        break;
    case VALUE_BOOLEAN:
        value->boolean = statement_integer(statement, column) != 0;
        break;
    case VALUE_REAL:
        value->real = statement_real(statement, column);
        break;
    case VALUE_NAME:
        text = statement_text(statement, column);
        if (!hyperparameters[id].canonical) {
            value->name = arena_copy(arena, text);
            return value->name ? STATUS_OK : error_memory(error);
        }
        value->name = hyperparameters[id].canonical(text);
        if (!value->name && strchr(text, '@'))
            return error_set(error, STATUS_INPUT,
                             "%s '%.80s' is a plug-in's: name that with --plugin%s",
                             hyperparameters[id].name, text, other_version(id, text));
        if (!value->name)
            return error_set(error, STATUS_INPUT, "unknown %s '%.80s'", hyperparameters[id].name,
                             text);
        break;
    case VALUE_LAYERS:
    case VALUE_COMPONENTS:
    case VALUE_WEIGHTS:
        text = statement_text(statement, column);
        status = parameters_read_value(id, text, arena, value, error);
        return status == STATUS_INPUT && strchr(text, '@')
                   ? error_set(error, STATUS_INPUT,
                               "%s '%.200s' has a plug-in's name in it: name that plug-in, in the "
                               "version that it was trained with, with --plugin",
                               hyperparameters[id].name, text)
                   : status;
    }
    return STATUS_OK;
}
