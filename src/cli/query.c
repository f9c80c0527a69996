#include "cli/query.h"

#include "cli/suggestion.h"
#include "report/terminal.h"
#include "store/filter_parts.h"
#include "store/sweeps.h"

void query_init(struct query *query) {
    *query = (struct query){.path = DATABASE_PATH};
}

enum status query_open(struct query *query, struct arena *arena, struct filter *filter,
                       struct store **store, struct error *error) {
    *store = NULL;
    enum status status = filter_parse("--where", query->conditions.items, query->conditions.count,
                                      arena, filter, error);
    if (status == STATUS_USAGE)
        return suggestion_for_conditions(&query->conditions, arena, error);
    if (status == STATUS_OK)
        status = store_open_read(query->path, store, error);
    if (status == STATUS_OK)
        status = store_sweep_named(*store, query->sweep_name, arena, &query->sweep, error);
    return status == STATUS_OK ? store_find_parts(*store, query->sweep, filter, arena, error)
                               : status;
}

static void note_split(const char *asked, const struct observations *observations) {
    struct score meant;
    char line[200], name[80];
    if (!score_find(asked, &meant) || meant.split != SCORE_TRAINING ||
        observations->score.split == SCORE_TRAINING)
        return;
    snprintf(line, sizeof line, "%s is taken for %s; %s is that of the training images",
             terminal_safe(asked, name, sizeof name), observations->column, meant.name);
    terminal_remarks(stderr, "note", line);
}

enum status query_read(const struct query *query, const char *score, const struct filter *filter,
                       struct store *store, struct arena *arena, struct observations *observations,
                       struct error *error) {
    const struct selection selection = {.sweep = query->sweep, .column = score, .filter = filter};
    enum status status = store_observations(store, &selection, arena, observations, error);
    if (status == STATUS_OK && score)
        note_split(score, observations);
    return status;
}
