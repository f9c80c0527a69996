#include "search/filter.h"

#include "base/names.h"
#include "search/parameters.h"
#include "search/scalar.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define VALUES_MAX 1000      /* of one condition */
#define ALL_VALUES_MAX 30000 /* of all; SQLite takes 32,766 parameters a statement */
#define BLANKS " \t\r\n"

/* How relations are written. Of two that begin alike the longer is first. */
static const struct {
    const char *text;
    enum filter_relation relation;
} relations[] = {
    {"!=", FILTER_NOT_EQUAL}, {"<=", FILTER_LESS_OR_EQUAL}, {">=", FILTER_MORE_OR_EQUAL},
    {"==", FILTER_EQUAL},     {"=", FILTER_EQUAL},          {"<", FILTER_LESS},
    {">", FILTER_MORE},
};

static const char *const order_signs[] = {
    [FILTER_EQUAL] = NULL,         [FILTER_NOT_EQUAL] = NULL, [FILTER_LESS] = "<",
    [FILTER_LESS_OR_EQUAL] = "<=", [FILTER_MORE] = ">",       [FILTER_MORE_OR_EQUAL] = ">=",
};

const char *filter_order_sign(enum filter_relation relation) {
    return order_signs[relation];
}

static bool is_order(enum filter_relation relation) {
    return filter_order_sign(relation) != NULL;
}

static const char *name_of(const struct filter_condition *condition) {
    return condition->part             ? condition->part
           : condition->hyperparameter ? condition->hyperparameter->name
                                       : "seed";
}

/* A condition's text in its three parts. */
struct parts {
    char *name;
    enum filter_relation relation;
    bool list; /* "in", "not in" */
    const char *value;
};

static enum status fail_shape(const char *place, struct error *error) {
    error_set(error, STATUS_USAGE,
              "write a hyperparameter, a relation and a value, as in optimizer=adam, "
              "'learning_rate<0.01' or 'epochs in [5, 10]'");
    return error_place(error, place, 0, 0);
}

static size_t word_length(const char *text) {
    return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

/* A word, or a part's name: "conv2d.filters 1". */
static size_t name_length(const char *text) {
    const size_t word = word_length(text);
    if (text[word] != '.')
        return word;
    const size_t length = word + 1 + word_length(text + word + 1);
    const size_t blanks = strspn(text + length, BLANKS);
    const size_t digits = strspn(text + length + blanks, "0123456789");
    return digits > 0 ? length + blanks + digits : length;
}

/* What follows a word and blanks, or NULL where another word stands. */
static const char *after_word(const char *text, const char *word) {
    const size_t length = strlen(word);
    if (word_length(text) != length || strncmp(text, word, length) != 0)
        return NULL;
    return text + length + strspn(text + length, BLANKS);
}

/* Sets the relation; returns what follows it, or NULL where there is none. */
static const char *take_relation(const char *text, struct parts *parts) {
    const char *not_in = after_word(text, "not");
    const char *in = after_word(not_in ? not_in : text, "in");
    if (in) {
        parts->list = true;
        parts->relation = not_in ? FILTER_NOT_EQUAL : FILTER_EQUAL;
        return in;
    }
    for (size_t i = 0; i < sizeof relations / sizeof *relations; i++) {
        const size_t length = strlen(relations[i].text);
        if (strncmp(text, relations[i].text, length) != 0)
            continue;
        parts->relation = relations[i].relation;
        return text + length + strspn(text + length, BLANKS);
    }
    return NULL;
}

static enum status split(const char *text, const char *place, struct arena *arena,
                         struct parts *parts, struct error *error) {
    const char *name = text + strspn(text, BLANKS);
    const size_t length = name_length(name);
    parts->value = take_relation(name + length + strspn(name + length, BLANKS), parts);
    if (length == 0 || !parts->value || !*parts->value)
        return fail_shape(place, error);
    parts->name = arena_printf(arena, "%.*s", (int)length, name);
    return parts->name ? STATUS_OK : error_memory(error);
}

static enum status read_seed(const struct reading *reading, const struct node *node,
                             struct value *value) {
    value->type = VALUE_INTEGER;
    return reading_integer(reading, node, "seed", 0, (int64_t)1 << 53, &value->integer);
}

/* A word, as a sweep tells parts. */
static enum status read_word(const struct reading *reading, const struct node *node,
                             const char *part, struct value *value) {
    if (node->kind != NODE_SCALAR)
        return reading_fail(
            reading, node, "%s: a number or a word belongs here, as 3x5 of rows and columns", part);
    *value = (struct value){.type = VALUE_NAME, .name = node->text};
    return STATUS_OK;
}

/* Values that no hyperparameter reads: seeds, or those of a part. */
static enum status read_own(const struct reading *reading, const struct node *node,
                            struct filter_condition *condition) {
    const bool list = node->kind == NODE_SEQUENCE;
    enum status status = STATUS_OK;
    condition->count = list ? node->count : 1;
    condition->values = ARENA_NEW(reading->arena, struct value, condition->count);
    if (!condition->values)
        return error_memory(reading->error);
    for (size_t i = 0; i < condition->count && status == STATUS_OK; i++) {
        const struct node *item = list ? node->items[i] : node;
        struct value *value = &condition->values[i];
        status = condition->part ? read_word(reading, item, condition->part, value)
                                 : read_seed(reading, item, value);
    }
    return status;
}

/* Of a value that brings values of other hyperparameters along, or that varies within. */
static enum status fail_beside(const struct reading *reading, const struct node *node,
                               const struct parameter *parameter, const struct choice *choice,
                               const struct filter_condition *condition) {
    struct text part;
    if (choice->detail_count > 0 || parameter->axes[1].role == AXIS_VALUE)
        return reading_fail(
            reading, node,
            "%s: a plain value belongs here; what comes with it is a condition of its own, as in "
            "%s=0.9",
            name_of(condition),
            hyperparameters[choice->detail_count > 0 ? choice->details[0].id
                                                     : parameter->axes[1].id]
                .name);
    text_init(&part);
    axis_append_name(parameter->axes, 1, &part);
    const enum status status = reading_fail(
        reading, node,
        "%s: one value belongs here, without values: or a range in it; --where takes a condition "
        "on the part that varies as well, on %s",
        name_of(condition), part.failed ? "it" : part.data);
    text_release(&part);
    return status;
}

static enum status take_choices(const struct reading *reading, const struct node *node,
                                const struct parameter *parameter,
                                struct filter_condition *condition) {
    const struct axis *axis = &parameter->axes[0];
    condition->count = axis->count;
    condition->values = ARENA_NEW(reading->arena, struct value, axis->count);
    if (!condition->values)
        return error_memory(reading->error);
    if (axis->count == 0 || axis->role != AXIS_VALUE)
        return reading_fail(reading, node, "%s: a value belongs here, or a list of them",
                            name_of(condition));
    for (size_t i = 0; i < axis->count; i++) {
        const struct choice *choice = &axis->choices[i];
        if (choice->detail_count > 0 || parameter->axis_count > 1)
            return fail_beside(reading, node, parameter, choice, condition);
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

static bool is_none(const struct node *node) {
    return node_says(node, "none") && node->type == TYPE_OPEN;
}

/* Whether `none` is one of the values as well, as of early_stopping. */
static bool none_is_value(const struct filter_condition *condition) {
    const struct hyperparameter *of = condition->hyperparameter;
    return of && of->standard && strcmp(of->standard, "none") == 0;
}

/* Take `none` out of a list, or out of its place, unless it is a value, too; a seed is never none.
 * NULL: out of memory. */
static const struct node *take_none(const struct node *node, struct arena *arena,
                                    struct filter_condition *condition) {
    const bool list = node->kind == NODE_SEQUENCE;
    const size_t count = list ? node->count : 1;
    struct node *rest = ARENA_NEW(arena, struct node, 1);
    const struct node **items = ARENA_NEW(arena, const struct node *, count);
    if (!rest || !items)
        return NULL;
    *rest = *node;
    rest->kind = NODE_SEQUENCE;
    rest->items = items;
    rest->count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct node *item = list ? node->items[i] : node;
        if (is_none(item))
            condition->none = true;
        else
            items[rest->count++] = item;
    }
    return condition->none && !none_is_value(condition) ? rest : node;
}

static enum status read_values(const struct reading *reading, const struct parts *parts,
                               const struct node *node, struct filter_condition *condition) {
    const struct node key = {.kind = NODE_SCALAR, .line = 1, .column = 1, .text = parts->name};
    const bool seed = strcmp(parts->name, "seed") == 0;
    struct parameter parameter;
    condition->part = strchr(parts->name, '.') ? parts->name : NULL;
    condition->hyperparameter = seed ? NULL : hyperparameter_find(parts->name);
    if ((condition->hyperparameter || condition->part) && !is_order(parts->relation) &&
        !(node = take_none(node, reading->arena, condition)))
        return error_memory(reading->error);
    const bool empty = node->kind == NODE_SEQUENCE && node->count == 0;
    if (node->kind == NODE_SEQUENCE && node->count > VALUES_MAX)
        return reading_fail(reading, node,
                            "%s: %zu values are more than the %d that a list may have", parts->name,
                            node->count, VALUES_MAX);
    if (seed || condition->part)
        return read_own(reading, node, condition);
    /* layers=[] is a network without hidden layers. */
    if (condition->hyperparameter && empty &&
        (parts->list || condition->none || !hyperparameter_is_list(condition->hyperparameter)))
        return STATUS_OK;
    enum status status = parameters_read_setting(reading, &key, node, &parameter);
    return status == STATUS_OK ? take_choices(reading, node, &parameter, condition) : status;
}

enum status filter_parse_condition(const char *option, const char *text, struct arena *arena,
                                   struct filter_condition *condition, struct error *error) {
    const char *place = arena_printf(arena, "%s %.200s", option, text);
    const struct reading reading = {.file = place, .arena = arena, .error = error};
    const struct node *node = NULL;
    struct parts parts = {0};
    *condition = (struct filter_condition){0};
    if (!place)
        return error_memory(error);
    enum status status = split(text, place, arena, &parts, error);
    if (status != STATUS_OK)
        return status;
    condition->relation = parts.relation;
    status = document_parse(place, parts.value, strlen(parts.value), arena, &node, error);
    if (status == STATUS_OK && !node)
        return fail_shape(place, error);
    if (status == STATUS_OK)
        status = read_values(&reading, &parts, node, condition);
    if (status == STATUS_OK)
        status = check_order(&reading, node, condition);
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

/* The next `and` or `or` between conditions, outside quotes and brackets, and what follows it; the
 * text's end, where there is none, is followed by NULL. */
static const char *find_joint(const char *text, enum filter_joint *joint, const char **rest) {
    int depth = 0;
    char quote = '\0';
    for (; *text; text++) {
        if (quote || *text == '"' || *text == '\'')
            quote = !quote ? *text : *text == quote ? '\0' : quote;
        else if (*text == '[' || *text == ']')
            depth += *text == '[' ? 1 : -1;
        else if (depth == 0 && strchr(BLANKS, *text)) {
            const char *and = after_word(text + 1, "and"), * or = after_word(text + 1, "or");
            *joint = or ? FILTER_OR : FILTER_AND;
            *rest = or ? or : and;
            if (*rest)
                return text;
        }
    }
    *rest = NULL;
    return text;
}

static size_t count_conditions(const char *const *texts, size_t count) {
    size_t conditions = count;
    for (size_t i = 0; i < count; i++) {
        enum filter_joint joint;
        const char *rest = texts[i];
        for (find_joint(rest, &joint, &rest); rest; find_joint(rest, &joint, &rest))
            conditions++;
    }
    return conditions;
}

static enum status parse_text(const char *option, const char *text, struct arena *arena,
                              struct filter *filter, size_t *values, struct error *error) {
    enum filter_joint joint = FILTER_ALSO;
    while (text) {
        struct filter_condition *condition = &filter->conditions[filter->count++];
        enum filter_joint next = FILTER_ALSO;
        const char *rest, *end = find_joint(text, &next, &rest);
        const char *one = arena_printf(arena, "%.*s", (int)(end - text), text);
        if (!one)
            return error_memory(error);
        if (joint != FILTER_ALSO && one[strspn(one, BLANKS)] == '\0')
            return error_set(error, STATUS_USAGE,
                             "%s: a condition is missing behind an `and` or `or`", option);
        enum status status = filter_parse_condition(option, one, arena, condition, error);
        if (status != STATUS_OK)
            return status;
        condition->joint = joint;
        *values += condition->count;
        joint = next;
        text = rest;
    }
    return STATUS_OK;
}

enum status filter_parse(const char *option, const char *const *texts, size_t count,
                         struct arena *arena, struct filter *filter, struct error *error) {
    const size_t room = count_conditions(texts, count);
    *filter = (struct filter){0, ARENA_NEW(arena, struct filter_condition, room)};
    if (!filter->conditions)
        return error_memory(error);
    size_t values = 0;
    for (size_t i = 0; i < count; i++) {
        enum status status = parse_text(option, texts[i], arena, filter, &values, error);
        if (status != STATUS_OK)
            return status;
    }
    if (values > ALL_VALUES_MAX)
        return error_set(error, STATUS_USAGE,
                         "%s: %zu values are more than the %d that all lists together may have",
                         option, values, ALL_VALUES_MAX);
    return STATUS_OK;
}

static bool is_equal(const struct value *a, const struct value *b) {
    struct text texts[2];
    bool equal = false;
    switch (a->type) {
    case VALUE_NONE:
        break;
    case VALUE_INTEGER:
    case VALUE_REAL:
        return value_number(a) == value_number(b);
    case VALUE_BOOLEAN:
        return a->boolean == b->boolean;
    case VALUE_NAME:
        return strcmp(a->name, b->name) == 0;
    case VALUE_COMPONENTS:
    case VALUE_WEIGHTS:
    case VALUE_LAYERS: /* as they are written, as in the database */
        text_init(&texts[0]);
        text_init(&texts[1]);
        value_append(a, &texts[0]);
        value_append(b, &texts[1]);
        equal = strcmp(texts[0].data, texts[1].data) == 0;
        text_release(&texts[0]);
        text_release(&texts[1]);
    }
    return equal;
}

bool filter_part_holds(const struct filter_condition *condition, const char *part) {
    const struct node node = {.kind = NODE_SCALAR, .text = part ? part : ""};
    double own, number;
    if (!part)
        return condition->relation == FILTER_EQUAL && condition->none;
    const bool has_number = scalar_number(&node, &own);
    bool among = false;
    for (size_t i = 0; i < condition->count; i++) {
        const struct node asked = {.kind = NODE_SCALAR, .text = condition->values[i].name};
        const bool both = scalar_number(&asked, &number) && has_number;
        among |= both ? own == number : name_resembles(part, asked.text);
        if (is_order(condition->relation) && !both)
            return false;
    }
    switch (condition->relation) {
    case FILTER_EQUAL:
        return among;
    case FILTER_NOT_EQUAL:
        return !among;
    case FILTER_LESS:
        return own < number;
    case FILTER_LESS_OR_EQUAL:
        return own <= number;
    case FILTER_MORE:
        return own > number;
    case FILTER_MORE_OR_EQUAL:
        return own >= number;
    }
    return false;
}

static bool is_among(const struct filter_condition *condition, const struct value *value) {
    bool among = false;
    for (size_t i = 0; i < condition->count && !among; i++)
        among = is_equal(value, &condition->values[i]);
    return among;
}

bool filter_condition_holds(const struct filter_condition *condition, const struct value *values) {
    const struct value *value = &values[hyperparameter_id_of(condition->hyperparameter)];
    if (value->type == VALUE_NONE)
        return condition->relation == FILTER_EQUAL && condition->none;
    switch (condition->relation) {
    case FILTER_EQUAL:
        return is_among(condition, value);
    case FILTER_NOT_EQUAL:
        return !is_among(condition, value);
    case FILTER_LESS:
        return value_number(value) < value_number(condition->values);
    case FILTER_LESS_OR_EQUAL:
        return value_number(value) <= value_number(condition->values);
    case FILTER_MORE:
        return value_number(value) > value_number(condition->values);
    case FILTER_MORE_OR_EQUAL:
        return value_number(value) >= value_number(condition->values);
    }
    return false;
}

bool filter_holds(const struct filter *filter, const struct value *values) {
    bool all = true, any = false, both = true; /* of texts, of their alternatives, of a joint one */
    for (size_t i = 0; i < filter->count; i++) {
        const struct filter_condition *condition = &filter->conditions[i];
        const bool holds = filter_condition_holds(condition, values);
        if (i > 0 && condition->joint != FILTER_AND)
            any = any || both;
        if (i > 0 && condition->joint == FILTER_ALSO) {
            all = all && any;
            any = false;
        }
        both = condition->joint == FILTER_AND ? both && holds : holds;
    }
    return all && (any || both);
}

static void append_condition(const struct filter_condition *condition, struct text *text) {
    const bool equal = condition->relation == FILTER_EQUAL;
    const bool none = condition->none && !none_is_value(condition);
    const bool list = condition->count + none != 1;
    text_append(text, name_of(condition));
    if (is_order(condition->relation))
        text_append(text, order_signs[condition->relation]);
    else if (list)
        text_append(text, equal ? " in [" : " not in [");
    else
        text_append(text, equal ? "=" : "!=");
    text_append(text, none ? "none" : "");
    for (size_t i = 0; i < condition->count; i++) {
        text_append(text, i > 0 || none ? ", " : "");
        value_append(&condition->values[i], text);
    }
    text_append(text, list ? "]" : "");
}

void filter_append(const struct filter *filter, struct text *text) {
    static const char *const joints[] = {
        [FILTER_ALSO] = ", ", [FILTER_AND] = " and ", [FILTER_OR] = " or "};
    for (size_t i = 0; filter && i < filter->count; i++) {
        text_append(text, i > 0 ? joints[filter->conditions[i].joint] : "");
        append_condition(&filter->conditions[i], text);
    }
}
