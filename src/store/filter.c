#include "store/filter.h"

#include "search/parameters.h"
#include "store/values.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define VALUES_MAX 1000 /* of one condition; SQLite takes 32,766 parameters a statement */

/* How relations are written, and what they are in SQL. Of two that begin alike the longer is first.
 */
static const struct {
    const char *text;
    enum filter_relation relation;
} relations[] = {
    {"!=", FILTER_NOT_EQUAL},     {"<=", FILTER_LESS_OR_EQUAL},
    {">=", FILTER_MORE_OR_EQUAL}, {"==", FILTER_EQUAL},
    {"=", FILTER_EQUAL},          {"<", FILTER_LESS},
    {">", FILTER_MORE},           {" not in ", FILTER_NOT_EQUAL},
    {" in ", FILTER_EQUAL},
};

static const char *const order_signs[] = {
    [FILTER_LESS] = "<",
    [FILTER_LESS_OR_EQUAL] = "<=",
    [FILTER_MORE] = ">",
    [FILTER_MORE_OR_EQUAL] = ">=",
};

static bool is_order(enum filter_relation relation) {
    return relation >= FILTER_LESS && relation <= FILTER_MORE_OR_EQUAL;
}

static const char *name_of(const struct filter_condition *condition) {
    return condition->hyperparameter ? condition->hyperparameter->name : "seed";
}

/* A condition's text in its three parts. */
struct parts {
    char *name;
    enum filter_relation relation;
    const char *value;
};

static enum status fail_shape(const char *place, struct error *error) {
    error_set(error, STATUS_USAGE,
              "write a hyperparameter, a relation and a value, as in optimizer=adam, "
              "'learning_rate<0.01' or 'epochs in [5, 10]'");
    return error_place(error, place, 0, 0);
}

static enum status split(const char *text, const char *place, struct arena *arena,
                         struct parts *parts, struct error *error) {
    const char *name = text + strspn(text, " ");
    const size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789_");
    const char *rest = name + length, *relation = rest + strspn(rest, " ");
    for (size_t i = 0; i < sizeof relations / sizeof *relations; i++) {
        const char *sign = relations[i].text;
        const bool word = *sign == ' ';
        const char *at = word && relation > rest ? relation - 1 : relation;
        if (strncmp(at, sign, strlen(sign)) != 0)
            continue;
        parts->relation = relations[i].relation;
        parts->value = at + strlen(sign);
        parts->name = arena_printf(arena, "%.*s", (int)length, name);
        if (length == 0 || parts->value[strspn(parts->value, " ")] == '\0')
            break;
        return parts->name ? STATUS_OK : error_memory(error);
    }
    return fail_shape(place, error);
}

static enum status read_seeds(const struct reading *reading, const struct node *node,
                              struct filter_condition *condition) {
    const bool list = node->kind == NODE_SEQUENCE;
    condition->count = list ? node->count : 1;
    condition->values = ARENA_NEW(reading->arena, struct value, condition->count);
    if (!condition->values)
        return error_memory(reading->error);
    for (size_t i = 0; i < condition->count; i++) {
        condition->values[i].type = VALUE_INTEGER;
        enum status status = reading_integer(reading, list ? node->items[i] : node, "seed", 0,
                                             (int64_t)1 << 53, &condition->values[i].integer);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status take_choices(const struct reading *reading, const struct node *node,
                                const struct axis *axis, struct filter_condition *condition) {
    if (axis->count > VALUES_MAX)
        return reading_fail(reading, node, "%s: more than %d values", name_of(condition),
                            VALUES_MAX);
    condition->count = axis->count;
    condition->values = ARENA_NEW(reading->arena, struct value, axis->count);
    if (!condition->values)
        return error_memory(reading->error);
    for (size_t i = 0; i < axis->count; i++) {
        const struct choice *choice = &axis->choices[i];
        if (choice->detail_count > 0)
            return reading_fail(reading, node,
                                "%s: a plain value belongs here; what comes with it is a condition "
                                "of its own, as in --where %s=0.9",
                                name_of(condition), hyperparameters[choice->details[0].id].name);
        condition->values[i] = choice->value;
    }
    return STATUS_OK;
}

static enum status check_order(const struct reading *reading, const struct node *node,
                               const struct filter_condition *condition) {
    const struct hyperparameter *hyperparameter = condition->hyperparameter;
    if (!is_order(condition->relation))
        return STATUS_OK;
    if (hyperparameter && hyperparameter->type != VALUE_INTEGER &&
        hyperparameter->type != VALUE_REAL)
        return reading_fail(reading, node, "%s is no number; it can be = or !=, in or not in",
                            hyperparameter->name);
    if (condition->count != 1)
        return reading_fail(reading, node, "%s: '%s' takes one number", name_of(condition),
                            order_signs[condition->relation]);
    return STATUS_OK;
}

static enum status read_values(const struct reading *reading, const struct parts *parts,
                               const struct node *node, struct filter_condition *condition) {
    const struct node key = {.kind = NODE_SCALAR, .line = 1, .column = 1, .text = parts->name};
    struct axis axis;
    enum status status;
    if (strcmp(parts->name, "seed") == 0) {
        status = read_seeds(reading, node, condition);
    } else {
        status = parameters_read_setting(reading, &key, node, &axis);
        if (status != STATUS_OK)
            return status;
        condition->hyperparameter = &hyperparameters[axis.id];
        status = take_choices(reading, node, &axis, condition);
    }
    return status == STATUS_OK ? check_order(reading, node, condition) : status;
}

/* momentum=none: what does not apply. */
static bool take_none(const struct parts *parts, struct filter_condition *condition) {
    const char *value = parts->value + strspn(parts->value, " ");
    const struct hyperparameter *hyperparameter = hyperparameter_find(parts->name);
    if (!hyperparameter || strncmp(value, "none", 4) != 0 || value[4 + strspn(value + 4, " ")] ||
        is_order(parts->relation))
        return false;
    condition->hyperparameter = hyperparameter;
    condition->relation = parts->relation == FILTER_EQUAL ? FILTER_NONE : FILTER_NOT_NONE;
    return true;
}

enum status filter_parse_condition(const char *option, const char *text, struct arena *arena,
                                   struct filter_condition *condition, struct error *error) {
    const char *place = arena_printf(arena, "%s %.200s", option, text);
    const struct reading reading = {place, arena, error};
    const struct node *node = NULL;
    struct parts parts = {0};
    *condition = (struct filter_condition){0};
    if (!place)
        return error_memory(error);
    enum status status = split(text, place, arena, &parts, error);
    if (status != STATUS_OK || take_none(&parts, condition))
        return status;
    condition->relation = parts.relation;
    status = document_parse(place, parts.value, strlen(parts.value), arena, &node, error);
    if (status == STATUS_OK && !node)
        return fail_shape(place, error);
    if (status == STATUS_OK)
        status = read_values(&reading, &parts, node, condition);
    if (status != STATUS_INPUT)
        return status;
    /* A line of one option has no places worth telling; and it is the command line that is wrong.
     */
    if (error) {
        error->code = STATUS_USAGE;
        error->line = error->column = 0;
    }
    return STATUS_USAGE;
}

enum status filter_parse(const char *const *texts, size_t count, struct arena *arena,
                         struct filter *filter, struct error *error) {
    *filter = (struct filter){count, ARENA_NEW(arena, struct filter_condition, count)};
    if (!filter->conditions)
        return error_memory(error);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = filter_parse_condition("--where", texts[i], arena, &filter->conditions[i], error);
    return status;
}

void filter_append_sql(const struct filter *filter, int first, struct text *sql) {
    for (size_t i = 0; filter && i < filter->count; i++) {
        const struct filter_condition *condition = &filter->conditions[i];
        const char *column =
            condition->hyperparameter ? hyperparameter_column(condition->hyperparameter) : "seed";
        text_printf(sql, " AND t.%s", column);
        if (is_order(condition->relation)) {
            text_printf(sql, " %s ?%d", order_signs[condition->relation], first++);
        } else if (condition->count == 0) {
            text_append(sql, condition->relation == FILTER_NONE ? " IS NULL" : " IS NOT NULL");
        } else {
            text_append(sql, condition->relation == FILTER_EQUAL ? " IN (" : " NOT IN (");
            for (size_t j = 0; j < condition->count; j++)
                text_printf(sql, "%s?%d", j > 0 ? ", " : "", first++);
            text_append(sql, ")");
        }
    }
}

void filter_bind(const struct filter *filter, int first, struct statement *statement) {
    for (size_t i = 0; filter && i < filter->count; i++)
        for (size_t j = 0; j < filter->conditions[i].count; j++)
            value_bind(&filter->conditions[i].values[j], statement, first++);
}

static void append_condition(const struct filter_condition *condition, struct text *text) {
    const bool equal = condition->relation == FILTER_EQUAL || condition->relation == FILTER_NONE;
    const bool list = condition->count > 1;
    text_append(text, name_of(condition));
    if (is_order(condition->relation))
        text_append(text, order_signs[condition->relation]);
    else if (list)
        text_append(text, equal ? " in [" : " not in [");
    else
        text_append(text, equal ? "=" : "!=");
    if (condition->count == 0)
        text_append(text, "none");
    for (size_t i = 0; i < condition->count; i++) {
        text_append(text, i > 0 ? ", " : "");
        value_append(&condition->values[i], text);
    }
    text_append(text, list ? "]" : "");
}

void filter_append(const struct filter *filter, struct text *text) {
    for (size_t i = 0; filter && i < filter->count; i++) {
        text_append(text, i > 0 ? ", " : "");
        append_condition(&filter->conditions[i], text);
    }
}
