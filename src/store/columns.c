#include "store/columns.h"

#include <string.h>

static void append_recorded_query(struct text *sql) {
    struct score score;
    text_append(sql, "WITH mine AS (SELECT * FROM sweep_results"
                     " WHERE sweep_id = ?1 AND status = 'completed') SELECT name FROM (");
    for (size_t i = 0; score_at(i, &score) && score.in_trials; i++)
        text_printf(sql, "SELECT '%s' AS name, count(%s) AS n FROM mine UNION ALL ", score.name,
                    score.name);
    text_append(sql, "SELECT * FROM (SELECT name, count(value) FROM metrics"
                     " WHERE trial_id IN (SELECT trial_id FROM mine) GROUP BY name ORDER BY name))"
                     " WHERE n > 0");
}

size_t store_recorded(struct store *store, int64_t sweep, struct score scores[STORE_RECORDED_MAX]) {
    size_t count = 0;
    struct text sql;
    text_init(&sql);
    append_recorded_query(&sql);
    struct statement *statement = database_prepare_built(store->database, &sql);
    text_release(&sql);
    statement_bind_integer(statement, 1, sweep);
    /* What is no score of this program is left out. */
    while (count < STORE_RECORDED_MAX && statement_step(statement))
        count += score_find(statement_text(statement, 0), &scores[count]);
    statement_free(statement);
    return count;
}

static const struct score *among(const struct score *scores, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(scores[i].name, name) == 0)
            return &scores[i];
    return NULL;
}

static void fail_unrecorded(struct store *store, const struct score *scores, size_t count,
                            const char *name) {
    const char *names[STORE_RECORDED_MAX];
    struct text list;
    text_init(&list);
    for (size_t i = 0; i < count; i++) {
        names[i] = scores[i].name;
        text_printf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    const char *nearest = text_nearest(name, names, count);
    database_fail(store->database, STATUS_USAGE, "this sweep has no '%.64s'%s%s%s; it recorded %s",
                  name, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                  nearest ? "'?" : "", list.data);
    text_release(&list);
}

/* The splits on which the score's quantity was recorded; only `own` where it is among them. */
static size_t find_splits(const struct score *scores, size_t count, const struct score *score,
                          enum score_split own, const struct score *found[SCORE_SPLITS]) {
    size_t found_count = 0;
    for (int split = 0; split < SCORE_SPLITS; split++) {
        struct score other;
        score_on(score, (enum score_split)split, &other);
        const struct score *recorded = among(scores, count, other.name);
        if (recorded && other.split == own) {
            found[0] = recorded;
            return 1;
        }
        if (recorded)
            found[found_count++] = recorded;
    }
    return found_count;
}

struct score column_asked(struct store *store, int64_t sweep, const char *name,
                          const struct score *own) {
    struct score scores[STORE_RECORDED_MAX], score = {0};
    const struct score *found[SCORE_SPLITS];
    const size_t count = store_recorded(store, sweep, scores);
    const bool known = score_find(name, &score);
    if (database_failed(store->database))
        return (struct score){0};
    if (count == 0 && known)
        return score;
    const bool is_alias = known && strcmp(score.name, name) != 0 && score.split == SCORE_TRAINING;
    if (!is_alias && (!known || !among(scores, count, score.name)))
        fail_unrecorded(store, scores, count, name);
    if (!is_alias)
        return score;
    const size_t splits = find_splits(scores, count, &score, own->split, found);
    if (splits == 0)
        fail_unrecorded(store, scores, count, name);
    else if (splits > 1)
        database_fail(store->database, STATUS_USAGE,
                      "'%.64s' was recorded as %s%s%s%s%s: name one of them", name, found[0]->name,
                      splits > 2 ? ", " : "", splits > 2 ? found[1]->name : "", " and ",
                      found[splits - 1]->name);
    return splits > 0 ? *found[0] : score;
}

void column_append_sql(const struct score *score, int at, struct text *sql) {
    if (!*score->name)
        text_append(sql, "NULL");
    else if (score->in_trials)
        text_printf(sql, "t.%s", score->name);
    else
        text_printf(sql, SCHEMA_METRIC("?%d"), at);
}

void column_bind(const struct score *score, int at, struct statement *statement) {
    if (*score->name && !score->in_trials)
        statement_bind_text(statement, at, score->name);
}
