#include "cli/query.h"

void query_init(struct query *query) {
    *query = (struct query){.path = DATABASE_PATH};
}

enum status query_open(const struct query *query, struct arena *arena, struct filter *filter,
                       struct store **store, struct error *error) {
    *store = NULL;
    enum status status =
        filter_parse(query->conditions.items, query->conditions.count, arena, filter, error);
    return status == STATUS_OK ? store_open_read(query->path, store, error) : status;
}
