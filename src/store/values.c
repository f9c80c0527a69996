#include "store/values.h"

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
        text_init(&text);
        value_append(value, &text);
        statement_bind_built(statement, at, &text);
        text_release(&text);
        break;
    }
}
