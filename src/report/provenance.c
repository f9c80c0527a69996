#include "report/provenance.h"

#include "report/terminal.h"

#include <inttypes.h>

const struct command_record *provenance_find(const struct provenance *provenance, int64_t command) {
    for (size_t i = 0; i < provenance->count; i++)
        if (provenance->commands[i].id == command)
            return &provenance->commands[i];
    return NULL;
}

static const char *or_unknown(const char *text) {
    return *text ? text : "not recorded";
}

/* "2026-11-28 01:19:36 to 2026-11-28 01:20:02 UTC, finished" */
static const char *times_of(const struct command_record *command, char *buffer, size_t size) {
    snprintf(buffer, size, "%.19s%s%.19s%s, %s", or_unknown(command->started_at),
             *command->finished_at ? " to " : "", command->finished_at,
             *command->started_at ? " UTC" : "", command->outcome);
    return buffer;
}

/* "ana on laptop" */
static const char *who_of(const struct command_record *command, char *buffer, size_t size) {
    const bool both = *command->user && *command->host;
    snprintf(buffer, size, "%s%s%s", command->user, both ? " on " : "",
             *command->user && !both ? "" : or_unknown(command->host));
    return buffer;
}

void provenance_print_command(FILE *stream, const struct command_record *command) {
    char who[600], times[100], threads[32] = "";
    if (command->jobs > 0)
        snprintf(threads, sizeof threads, "%" PRId64, command->jobs);
    const char *lines[][2] = {
        {"command", command->arguments},
        {"folder", command->folder},
        {"by", who_of(command, who, sizeof who)},
        {"when", times_of(command, times, sizeof times)},
        {"version", command->version},
        {"processor", command->cpu},
        {"threads", threads},
        {"OpenBLAS", command->openblas_config},
        {"OpenBLAS core", command->openblas_core},
        {"data from", command->dataset_source},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        terminal_print(stream, 29, "  %-26s %s", lines[i][0], or_unknown(lines[i][1]));
}

void provenance_print(FILE *stream, const struct provenance *provenance) {
    for (size_t i = 0; i < provenance->count; i++) {
        const struct command_record *command = &provenance->commands[i];
        char who[600], times[100];
        terminal_print(stream, 4, "  %s",
                       *command->arguments ? command->arguments : "a command of an older version");
        terminal_print(stream, 4, "    %s, %s; trained %zu trial%s",
                       times_of(command, times, sizeof times), who_of(command, who, sizeof who),
                       command->trials, text_plural(command->trials));
    }
}

static void optional_text(struct json *json, const char *key, const char *text) {
    json_text(json, key, *text ? text : NULL);
}

void provenance_command_json(struct json *json, const char *key,
                             const struct command_record *command) {
    if (!command) {
        json_null(json, key);
        return;
    }
    json_begin_object(json, key);
    json_integer(json, "command", command->id);
    optional_text(json, "arguments", command->arguments);
    optional_text(json, "folder", command->folder);
    optional_text(json, "config_path", command->config_path);
    optional_text(json, "dataset_source", command->dataset_source);
    optional_text(json, "user", command->user);
    optional_text(json, "host", command->host);
    optional_text(json, "version", command->version);
    optional_text(json, "cpu", command->cpu);
    optional_text(json, "openblas_config", command->openblas_config);
    optional_text(json, "openblas_core", command->openblas_core);
    json_integer(json, "jobs", command->jobs);
    optional_text(json, "started_at", command->started_at);
    optional_text(json, "finished_at", command->finished_at);
    json_text(json, "outcome", command->outcome);
    json_integer(json, "trials", (int64_t)command->trials);
    json_end(json);
}

void provenance_json(struct json *json, const struct provenance *provenance) {
    json_begin_array(json, "commands");
    for (size_t i = 0; i < provenance->count; i++)
        provenance_command_json(json, NULL, &provenance->commands[i]);
    json_end(json);
}
