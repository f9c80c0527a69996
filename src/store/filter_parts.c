#include "store/filter_parts.h"

#include "base/intern.h"
#include "search/axis_part.h"
#include "search/parameters.h"
#include "store/store_private.h"
#include "store/sweep_config.h"

#include <string.h>

#define PARTS_TOLD 600 /* bytes of them in a message */

static enum axis_naming naming_of(const struct config *config, size_t axis, const char *name) {
    struct text own;
    text_init(&own);
    axis_append_name(config->axes, axis, &own);
    const enum axis_naming naming = !own.failed && axis_is_part(&config->axes[axis])
                                        ? axis_part_naming(own.data, name)
                                        : AXIS_OTHERWISE;
    text_release(&own);
    return naming;
}

/* The axis of a part that is called so, or the only one that is without its number: axes of one
 * name, under several choices, are one. AXIS_NONE: there is none, or there are several. */
static size_t find_axis(const struct config *config, const char *name, struct text *whole) {
    size_t found = AXIS_NONE;
    for (size_t i = 0; i < config->axis_count; i++) {
        const enum axis_naming naming = naming_of(config, i, name);
        if (naming == AXIS_OTHERWISE)
            continue;
        if (naming == AXIS_WITHOUT_NUMBER && whole->length > 0) {
            if (naming_of(config, i, whole->data) != AXIS_EXACTLY)
                found = AXIS_NONE;
            continue;
        }
        text_clear(whole);
        axis_append_name(config->axes, i, whole);
        found = i;
        if (naming == AXIS_EXACTLY)
            break;
    }
    return found;
}

static void fail_part(struct store *store, const struct config *config, const char *name) {
    struct text list;
    text_init(&list);
    for (size_t i = 0; i < config->axis_count; i++)
        if (axis_is_part(&config->axes[i])) {
            text_append(&list, list.length > 0 ? ", " : "");
            axis_append_name(config->axes, i, &list);
        }
    database_fail(store->database, STATUS_USAGE,
                  "unknown hyperparameter '%.64s'; what varies within the values of this sweep: "
                  "%.*s",
                  name, PARTS_TOLD, list.length > 0 ? list.data : "nothing");
    text_release(&list);
}

/* The part of that name of a value in the database. False: it has none. */
static bool append_part(const struct config *config, const char *name, enum hyperparameter_id id,
                        const char *text, struct text *part) {
    struct arena scratch;
    struct value value;
    struct error error;
    bool found = false;
    arena_init(&scratch);
    const bool reads = parameters_read_value(id, text, &scratch, &value, &error) == STATUS_OK;
    const size_t choice =
        reads ? axis_choice_of(config, config_axis(config, id), &value) : AXIS_NONE;
    for (size_t i = 0; i < config->axis_count && choice != AXIS_NONE && !found; i++)
        found = config->axes[i].id == id && naming_of(config, i, name) == AXIS_EXACTLY &&
                axis_append_part(config, &config->axes[i], choice, &value, part);
    arena_release(&scratch);
    return found;
}

/* A part's values, each once. */
struct told {
    struct intern known;
    struct text list;
};

static void tell(struct told *told, const char *part) {
    bool is_new;
    intern_number(&told->known, part, strlen(part), &is_new);
    if (is_new && told->known.count <= VALUES_TOLD_MAX + 1)
        text_printf(&told->list, "%s%s", told->known.count > 1 ? ", " : "",
                    told->known.count > VALUES_TOLD_MAX ? "..." : part);
}

/* Of a value of the hyperparameter; NULL has no part. */
static void take_value(struct store *store, const struct config *config, const char *name,
                       const char *text, struct told *told, struct filter_condition *condition) {
    struct text part;
    text_init(&part);
    const bool found =
        text &&
        append_part(config, name, hyperparameter_id_of(condition->hyperparameter), text, &part);
    tell(told, found ? part.data : "none");
    if (text && filter_part_holds(condition, found ? part.data : NULL))
        condition->met[condition->met_count++] = (struct value){.type = VALUE_NAME, .name = text};
    if (part.failed)
        database_fail_memory(store->database);
    text_release(&part);
}

/* List the values for which it holds, and the part's, in the order of the sweep's trials. */
static void find_met(struct store *store, int64_t sweep, const struct config *config,
                     const char *name, struct arena *arena, struct filter_condition *condition) {
    struct told told;
    struct text sql;
    text_init(&told.list);
    intern_init(&told.known);
    text_init(&sql);
    text_printf(&sql,
                "SELECT t.%s, count(*) OVER () FROM sweep_trials JOIN trials t USING (trial_id)"
                " WHERE sweep_id = ?1 GROUP BY 1 ORDER BY min(position)",
                hyperparameter_column(condition->hyperparameter));
    struct statement *statement = database_prepare_built(store->database, &sql);
    statement_bind_integer(statement, 1, sweep);
    while (statement_step(statement)) {
        const char *text = statement_copy(statement, 0, arena);
        if (!condition->met)
            condition->met =
                ARENA_NEW(arena, struct value, (size_t)statement_integer(statement, 1));
        if (!condition->met || !text)
            database_fail_memory(store->database);
        else
            take_value(store, config, name, statement_is_null(statement, 0) ? NULL : text, &told,
                       condition);
    }
    condition->told = database_text_or_fail(
        store->database,
        told.list.failed || told.known.failed ? NULL : arena_copy(arena, told.list.data));
    statement_free(statement);
    text_release(&sql);
    intern_release(&told.known);
    text_release(&told.list);
}

static void find_part(struct store *store, int64_t sweep, const struct config *config,
                      struct arena *arena, struct filter_condition *condition) {
    struct text name;
    text_init(&name);
    const size_t at = find_axis(config, condition->part, &name);
    if (name.failed)
        database_fail_memory(store->database);
    else if (at == AXIS_NONE)
        fail_part(store, config, condition->part);
    else {
        condition->hyperparameter = &hyperparameters[config->axes[at].id];
        find_met(store, sweep, config, name.data, arena, condition);
    }
    text_release(&name);
}

enum status store_find_parts(struct store *store, int64_t sweep, struct filter *filter,
                             struct arena *arena, struct error *error) {
    const int64_t found = store_find_sweep(store, sweep);
    struct config config = {0};
    bool read = false;
    for (size_t i = 0; i < filter->count && !database_failed(store->database); i++) {
        if (!filter->conditions[i].part)
            continue;
        if (!read && !store_sweep_config(store, found, arena, &config))
            config = (struct config){0};
        read = true;
        find_part(store, found, &config, arena, &filter->conditions[i]);
    }
    return database_take_error(store->database, error);
}
