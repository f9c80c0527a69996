#include "exchange/optuna_space.h"

#include "base/intern.h"
#include "base/json.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

/* A range as Optuna has it. */
struct range {
    bool any; /* otherwise there is none */
    double low, high;
    double step; /* 0: none */
    bool logarithmic;
};

/* The axes of a parameter: all of a hyperparameter's own, or all of a part of its values. */
struct source {
    const struct config *config; /* NULL: it can't be read */
    const struct axis *part;     /* one of the part's; NULL: it is none */
    enum hyperparameter_id id;
};

static bool is_of(const struct source *source, const struct axis *axis) {
    const struct axis *part = source->part;
    if (axis->id != source->id || !part)
        return axis->id == source->id && axis->role == AXIS_VALUE;
    return axis->role == part->role && axis->item == part->item &&
           strcmp(axis_hyperparameter(axis)->name, axis_hyperparameter(part)->name) == 0;
}

static bool is_range(const struct axis *axis) {
    const struct distribution_kind *kind = axis->distribution.kind;
    return kind && kind->family != FAMILY_LISTED;
}

static bool has_bounds(const struct axis *axis) {
    const enum distribution_family family = axis->distribution.kind->family;
    return family == FAMILY_UNIFORM || family == FAMILY_LOG_UNIFORM;
}

static bool is_logarithmic(const struct axis *axis) {
    const enum distribution_family family = axis->distribution.kind->family;
    return family == FAMILY_LOG_UNIFORM || family == FAMILY_LOG_NORMAL;
}

static void include(struct range *range, double number) {
    range->low = range->any ? fmin(range->low, number) : number;
    range->high = range->any ? fmax(range->high, number) : number;
    range->any = true;
}

/* All the axes of a parameter that are ranges. */
static struct range range_of_config(const struct source *source, bool *found) {
    const struct config *config = source->config;
    struct range range = {.logarithmic = true};
    *found = false;
    for (size_t i = 0; config && i < config->axis_count; i++) {
        const struct axis *axis = &config->axes[i];
        if (!is_of(source, axis) || !is_range(axis))
            continue;
        range.logarithmic &= is_logarithmic(axis);
        range.step = !*found || range.step == axis->distribution.step ? axis->distribution.step : 0;
        *found = true;
        if (!has_bounds(axis))
            continue;
        include(&range, axis->distribution.low);
        include(&range, axis->distribution.high);
    }
    range.logarithmic &= *found;
    return range;
}

/* Whether all of the factor's values are a whole number of steps from the least. */
static bool is_stepped(const struct factor *factor, const struct range *range) {
    for (size_t i = 0; i < factor->level_count; i++) {
        const double steps = (factor->levels[i].number - range->low) / range->step;
        if (!factor->levels[i].none && fabs(steps - round(steps)) > 1e-6)
            return false;
    }
    return true;
}

/* Optuna has no step where the logarithm is even, and wants a whole number of them. */
static void settle(const struct factor *factor, struct range *range) {
    const bool whole = factor->hyperparameter->type == VALUE_INTEGER;
    for (size_t i = 0; i < factor->level_count; i++)
        if (!factor->levels[i].none)
            include(range, factor->levels[i].number);
    range->logarithmic &= range->low > 0;
    if (range->logarithmic || (range->step > 0 && !is_stepped(factor, range)))
        range->step = 0;
    if (whole && range->step == 0)
        range->step = 1;
    if (range->step > 0)
        range->high =
            range->low + range->step * floor((range->high - range->low) / range->step + 1e-9);
}

static void append_range(const struct factor *factor, const struct range *range,
                         struct text *text) {
    const bool whole = factor->hyperparameter->type == VALUE_INTEGER;
    text_printf(text, "{\"name\": \"%sDistribution\", \"attributes\": {\"log\": %s, \"step\": ",
                whole ? "Int" : "Float", range->logarithmic ? "true" : "false");
    if (range->step > 0)
        text_append_double(text, range->step);
    else
        text_append(text, "null");
    text_append(text, ", \"low\": ");
    text_append_double(text, range->low);
    text_append(text, ", \"high\": ");
    text_append_double(text, range->high);
    text_append(text, "}}");
}

/* What a categorical distribution is made with. */
struct choices {
    const struct hyperparameter *hyperparameter;
    struct intern known;
    struct text list; /* JSON, without its brackets */
};

/* The place of a choice, which is a new one if it is not known. */
static size_t choice_of(struct choices *choices, const char *text, size_t length) {
    const enum value_type type = choices->hyperparameter->type;
    bool is_new = false;
    const size_t place = intern_number(&choices->known, text, length, &is_new);
    if (!is_new)
        return place;
    text_append(&choices->list, place > 0 ? ", " : "");
    if (type == VALUE_BOOLEAN || type == VALUE_INTEGER || type == VALUE_REAL)
        text_append(&choices->list, text);
    else
        json_append_text(&choices->list, text);
    return place;
}

static void list_choices(struct choices *choices, const struct axis *axis) {
    for (size_t i = 0; i < axis->count; i++) {
        struct text text;
        if (axis->choices[i].value.type == VALUE_NONE)
            continue;
        text_init(&text);
        value_append(&axis->choices[i].value, &text);
        choices->list.failed |= text.failed;
        if (!text.failed)
            choice_of(choices, text.data, text.length);
        text_release(&text);
    }
}

static void append_choices(const struct factor *factor, const struct source *source, double *values,
                           struct text *text) {
    struct choices choices = {.hyperparameter = factor->hyperparameter};
    const struct config *config = source->config;
    intern_init(&choices.known);
    text_init(&choices.list);
    for (size_t i = 0; config && i < config->axis_count; i++)
        if (is_of(source, &config->axes[i]))
            list_choices(&choices, &config->axes[i]);
    for (size_t i = 0; i < factor->level_count; i++)
        if (!factor->levels[i].none)
            values[i] =
                (double)choice_of(&choices, factor->levels[i].text, strlen(factor->levels[i].text));
    text_printf(text,
                "{\"name\": \"CategoricalDistribution\", \"attributes\": {\"choices\": [%s]}}",
                choices.list.length > 0 ? choices.list.data : "");
    text->failed |= choices.list.failed || choices.known.failed;
    text_release(&choices.list);
    intern_release(&choices.known);
}

static enum status make_parameter(const struct factor *factor, const struct source *source,
                                  struct arena *arena, struct optuna_parameter *made,
                                  struct error *error) {
    const bool number =
        factor->hyperparameter->type == VALUE_INTEGER || factor->hyperparameter->type == VALUE_REAL;
    bool found;
    struct range range = range_of_config(source, &found);
    double *values = ARENA_NEW(arena, double, factor->level_count);
    struct text text;
    if (!values)
        return error_memory(error);
    text_init(&text);
    for (size_t i = 0; i < factor->level_count; i++)
        values[i] = factor->levels[i].none ? (double)NAN : factor->levels[i].number;
    if (number && (found || !source->config)) {
        settle(factor, &range);
        append_range(factor, &range, &text);
    } else
        append_choices(factor, source, values, &text);
    made->name = factor->name;
    made->values = values;
    made->distribution = text.failed ? NULL : arena_copy(arena, text.data);
    text_release(&text);
    return made->distribution ? STATUS_OK : error_memory(error);
}

enum status optuna_space_make(const struct observations *observations, const struct config *config,
                              struct arena *arena, const struct optuna_parameter **parameters,
                              struct error *error) {
    const size_t count = observations->factor_count;
    struct optuna_parameter *made = ARENA_NEW(arena, struct optuna_parameter, count + 1);
    enum status status = made ? STATUS_OK : error_memory(error);
    *parameters = made;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        const struct factor *factor = &observations->factors[i];
        const struct source source = {config, factor->part,
                                      factor->part ? factor->part->id
                                                   : hyperparameter_id_of(factor->hyperparameter)};
        if (factor->varied)
            status = make_parameter(factor, &source, arena, &made[i], error);
    }
    return status;
}
