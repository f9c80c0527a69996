#include "store/earlier_sweeps.h"

#include "search/config_changes.h"
#include "store/store_private.h"
#include "store/sweep_config.h"

#include <string.h>

static bool has_sweep(struct store *store, const struct digest *config,
                      const struct dataset *dataset) {
    struct statement *statement = database_prepare(
        store->database, "SELECT 1 FROM sweeps WHERE config_digest = ?1 AND dataset_digest = ?2");
    statement_bind_text(statement, 1, config->hex);
    statement_bind_text(statement, 2, dataset_digests(dataset));
    const bool found = statement_step(statement);
    statement_free(statement);
    return found;
}

static int64_t find_namesake(struct store *store, const struct config *config,
                             const struct dataset *dataset) {
    struct statement *statement =
        database_prepare(store->database, "SELECT sweep_id FROM sweeps WHERE name = ?1 AND"
                                          " dataset_digest = ?2" STORE_LATEST " LIMIT 1");
    statement_bind_text(statement, 1, config->name);
    statement_bind_text(statement, 2, dataset_digests(dataset));
    statement_step(statement);
    const int64_t sweep = statement_integer(statement, 0);
    statement_free(statement);
    return sweep;
}

static void find_changes(struct store *store, const struct config *config, struct arena *arena,
                         struct earlier_sweep *earlier) {
    struct config *before = ARENA_NEW(arena, struct config, 1);
    struct text text;
    if (!before || !store_sweep_config(store, earlier->namesake, arena, before))
        return;
    text_init(&text);
    config_append_changes(before, config, &text);
    earlier->changes = text.failed ? NULL : arena_copy(arena, text.data);
    text_release(&text);
}

enum status store_earlier_sweep(struct store *store, struct config *config,
                                const struct dataset *dataset, struct arena *arena,
                                struct earlier_sweep *earlier, struct error *error) {
    const bool other = strcmp(config->digest.hex, config->earlier_digest.hex) != 0;
    *earlier = (struct earlier_sweep){0};
    bool own = has_sweep(store, &config->digest, dataset);
    if (!own && other && has_sweep(store, &config->earlier_digest, dataset)) {
        config->digest = config->earlier_digest;
        config->batch = CONFIG_BATCH;
        own = earlier->batch = true;
    }
    if (!own)
        earlier->namesake = find_namesake(store, config, dataset);
    if (earlier->namesake > 0)
        find_changes(store, config, arena, earlier);
    return database_take_error(store->database, error);
}
