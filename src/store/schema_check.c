#include "store/schema.h"

#include <string.h>

/* What a check goes through. */
struct check {
    struct database *database, *expected; /* the latter in memory, as this program makes one */
    schema_take *take;
    void *context;
    const char *sql; /* of the object at hand */
    bool told;       /* a fault of it */
};

static void tell(struct check *check, enum schema_fault_kind kind, const char *type,
                 const char *name, const char *column) {
    const struct schema_fault fault = {kind, type, name, column, check->sql};
    check->take(check->context, &fault);
    check->told = true;
}

static const char columns_of[] =
    "SELECT name, type || ' ' || \"notnull\" || ' ' || pk || ' ' || ifnull(dflt_value, '')"
    " FROM pragma_table_info(?1) WHERE ?2 IN ('', name)";

/* The columns of a table in `one` that it does not have in `other`, or has otherwise there. */
static void compare_columns(struct check *check, const char *table, struct database *one,
                            struct database *other, enum schema_fault_kind kind) {
    struct statement *all = database_prepare(one, columns_of);
    struct statement *same = database_prepare(other, columns_of);
    statement_bind_text(all, 1, table);
    statement_bind_text(all, 2, "");
    while (statement_step(all)) {
        const char *name = statement_text(all, 0);
        statement_bind_text(same, 1, table);
        statement_bind_text(same, 2, name);
        if (!statement_step(same))
            tell(check, kind, "table", table, name);
        else if (kind == SCHEMA_MISSING &&
                 strcmp(statement_text(all, 1), statement_text(same, 1)) != 0)
            tell(check, SCHEMA_CHANGED, "table", table, name);
        statement_reset(same);
    }
    statement_free(all);
    statement_free(same);
}

static void check_object(struct check *check, struct statement *actual, const char *type,
                         const char *name) {
    check->told = false;
    statement_bind_text(actual, 1, type);
    statement_bind_text(actual, 2, name);
    const bool found = statement_step(actual);
    const bool same = found && strcmp(statement_text(actual, 0), check->sql) == 0;
    statement_reset(actual);
    if (!found)
        tell(check, SCHEMA_MISSING, type, name, NULL);
    if (!found || same)
        return;
    if (strcmp(type, "table") == 0) {
        compare_columns(check, name, check->expected, check->database, SCHEMA_MISSING);
        compare_columns(check, name, check->database, check->expected, SCHEMA_FOREIGN);
    }
    if (!check->told)
        tell(check, SCHEMA_CHANGED, type, name, NULL);
}

static void check_objects(struct check *check) {
    struct statement *expected =
        database_prepare(check->expected, "SELECT type, name, sql FROM sqlite_schema WHERE sql IS"
                                          " NOT NULL AND name NOT LIKE 'sqlite%'"
                                          " ORDER BY type <> 'table', rowid");
    struct statement *actual = database_prepare(
        check->database, "SELECT sql FROM sqlite_schema WHERE type = ?1 AND name = ?2");
    while (!database_failed(check->database) && statement_step(expected)) {
        check->sql = statement_text(expected, 2);
        check_object(check, actual, statement_text(expected, 0), statement_text(expected, 1));
    }
    check->sql = NULL;
    statement_free(actual);
    statement_free(expected);
}

/* Tables, indices and views of the user's own do no harm; a trigger may. */
static void check_triggers(struct check *check) {
    struct statement *triggers = database_prepare(
        check->database, "SELECT name FROM sqlite_schema WHERE type = 'trigger' ORDER BY name");
    while (statement_step(triggers))
        tell(check, SCHEMA_FOREIGN, "trigger", statement_text(triggers, 0), NULL);
    statement_free(triggers);
}

void schema_check(struct database *database, schema_take *take, void *context) {
    struct check check = {.database = database, .take = take, .context = context};
    struct error error;
    enum status status = database_open_memory(&check.expected, &error);
    if (status == STATUS_OK) {
        schema_ready(check.expected);
        check_objects(&check);
        check_triggers(&check);
        status = database_take_error(check.expected, &error);
    }
    if (status != STATUS_OK)
        database_fail_with(database, &error);
    database_close(check.expected);
}

void schema_fault_append(const struct schema_fault *fault, struct text *text) {
    static const char *const words[] = {[SCHEMA_MISSING] = "is missing",
                                        [SCHEMA_CHANGED] = "is not as sweep made it",
                                        [SCHEMA_FOREIGN] = "is not sweep's"};
    if (fault->column)
        text_printf(text, "the column %s of ", fault->column);
    text_printf(text, "the %s %s %s", fault->type, fault->name, words[fault->kind]);
}

struct requirement {
    struct database *database;
    bool views;
};

static bool is_table(const struct schema_fault *fault) {
    return strcmp(fault->type, "table") == 0;
}

static void refuse(void *context, const struct schema_fault *fault) {
    const struct requirement *requirement = context;
    const bool view = strcmp(fault->type, "view") == 0;
    struct text text;
    if (fault->kind == SCHEMA_FOREIGN || !(is_table(fault) || (view && requirement->views)))
        return;
    text_init(&text);
    schema_fault_append(fault, &text);
    database_refuse(requirement->database, "%s; %s", text.data,
                    view ? SCHEMA_VIEW_REMEDY : SCHEMA_TABLE_REMEDY);
    text_release(&text);
}

void schema_require(struct database *database, bool views) {
    struct requirement requirement = {database, views};
    schema_check(database, refuse, &requirement);
}

static void make_anew(void *context, const struct schema_fault *fault) {
    struct text sql;
    if (fault->kind == SCHEMA_FOREIGN || is_table(fault))
        return;
    text_init(&sql);
    text_printf(&sql, "DROP %s IF EXISTS %s; %s", fault->type, fault->name, fault->sql);
    database_run_built(context, &sql);
    text_release(&sql);
}

void schema_repair(struct database *database) {
    database_run(database, "BEGIN IMMEDIATE");
    schema_check(database, make_anew, database);
    database_run(database, "COMMIT");
    if (database_failed(database))
        database_rollback(database);
}
