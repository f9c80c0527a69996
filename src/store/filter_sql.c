#include "store/filter_sql.h"

#include "store/values.h"

/* What its column is looked up among. */
static size_t count_of(const struct filter_condition *condition) {
    return condition->part ? condition->met_count : condition->count;
}

static int append_list(const struct filter_condition *condition, int first, struct text *sql) {
    text_append(sql, "(");
    /* SQLite numbers those that follow; looking up many numbers takes it long. */
    for (size_t i = 0; i < count_of(condition); i++)
        if (i == 0)
            text_printf(sql, "?%d", first);
        else
            text_append(sql, ", ?");
    text_append(sql, ")");
    return first + (int)count_of(condition);
}

/* To SQL, NULL is in no list and not out of one, but for empty ones. */
static int append_test(const struct filter_condition *condition, int first, struct text *sql) {
    const char *column =
        condition->hyperparameter ? hyperparameter_column(condition->hyperparameter) : "seed";
    const char *sign = condition->part ? NULL : filter_order_sign(condition->relation);
    if (sign) {
        text_printf(sql, "t.%s %s ?%d", column, sign, first++);
    } else if (condition->part || condition->relation == FILTER_EQUAL) {
        text_printf(sql, "(t.%s IN ", column);
        first = append_list(condition, first, sql);
        if (condition->none)
            text_printf(sql, " OR t.%s IS NULL", column);
        text_append(sql, ")");
    } else {
        text_printf(sql, "t.%s IS NOT NULL AND t.%s NOT IN ", column, column);
        first = append_list(condition, first, sql);
    }
    return first;
}

/* SQL's AND and OR bind as the filter's do. */
void filter_append_sql(const struct filter *filter, int first, struct text *sql) {
    static const char *const joints[] = {
        [FILTER_ALSO] = ") AND (", [FILTER_AND] = " AND ", [FILTER_OR] = " OR "};
    for (size_t i = 0; filter && i < filter->count; i++) {
        text_append(sql, i > 0 ? joints[filter->conditions[i].joint] : " AND (");
        first = append_test(&filter->conditions[i], first, sql);
    }
    text_append(sql, filter && filter->count > 0 ? ")" : "");
}

void filter_bind(const struct filter *filter, int first, struct statement *statement) {
    for (size_t i = 0; filter && i < filter->count; i++)
        for (size_t j = 0; j < count_of(&filter->conditions[i]); j++)
            value_bind(filter->conditions[i].part ? &filter->conditions[i].met[j]
                                                  : &filter->conditions[i].values[j],
                       statement, first++);
}
