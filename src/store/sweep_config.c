#include "store/sweep_config.h"

#include "store/store_private.h"

#include <string.h>

/* The lines of a text, each ended where its newline was; how many. */
static size_t split_lines(char *text, const char **lines, size_t most) {
    size_t count = 0;
    for (char *save = NULL, *line = strtok_r(text, "\n", &save); line && count < most;
         line = strtok_r(NULL, "\n", &save))
        lines[count++] = line;
    return count;
}

/* The settings are written as --set takes them, a line each. */
static bool parse(const char *text, char *settings, struct arena *arena, struct config *config) {
    const size_t most = strlen(settings) / 2 + 1; /* a line is "k=" at least */
    const char **lines = ARENA_NEW(arena, const char *, most);
    struct error error;
    if (!lines)
        return false;
    const size_t count = split_lines(settings, lines, most);
    return config_parse("", text, strlen(text), lines, count, arena, config, &error) == STATUS_OK;
}

bool store_sweep_config(struct store *store, int64_t sweep, struct arena *arena,
                        struct config *config) {
    struct statement *statement = database_prepare(
        store->database, "SELECT config, settings FROM sweeps WHERE sweep_id = ?1");
    statement_bind_integer(statement, 1, sweep);
    statement_step(statement);
    const char *text = statement_copy(statement, 0, arena);
    char *settings = arena_copy(arena, statement_text(statement, 1));
    statement_free(statement);
    return text && settings && *text && parse(text, settings, arena, config);
}
