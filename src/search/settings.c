/* --set: what is applied on top of a config. */
#include "search/config_private.h"

#include "base/text.h"
#include "search/parameters.h"
#include "search/scalar.h"
#include "search/setting_text.h"

#include <stdio.h>
#include <string.h>

static enum status set_parameter(const struct reading *reading, const struct node *key,
                                 const struct node *value, struct config *config) {
    struct parameter parameter;
    size_t at = 0;
    enum status status = parameters_read_setting(reading, key, value, &parameter);
    if (status != STATUS_OK) {
        config_mark_unread(config, key->text);
        return status;
    }
    config->unread[parameter.id] = false;
    while (at < config->parameter_count && config->parameters[at].id != parameter.id)
        at++;
    config->parameters[at] = parameter;
    config->parameter_count += at == config->parameter_count;
    return STATUS_OK;
}

/* The key that is set whole, or whose part is: budget of budget.trials. NULL: none. */
static const struct config_key *owner_of(const char *name) {
    char owner[64];
    const size_t length = strcspn(name, ".");
    if (!name[length] || length >= sizeof owner)
        return config_key_find(name);
    snprintf(owner, sizeof owner, "%.*s", (int)length, name);
    const struct config_key *key = config_key_find(owner);
    return key && key->parts ? key : NULL;
}

/* budget.trials=50 is {trials: 50} on top of what budget is. */
static enum status set_part(const struct reading *reading, const struct node *key,
                            const struct node *value, struct config *config) {
    struct node *nodes = ARENA_NEW(reading->arena, struct node, 2);
    const struct node **pair = ARENA_NEW(reading->arena, const struct node *, 2);
    if (!nodes || !pair)
        return error_memory(reading->error);
    nodes[0] = *key;
    nodes[0].text = strchr(key->text, '.') + 1;
    nodes[1] = (struct node){.kind = NODE_MAPPING, .line = 1, .column = 1, .count = 1};
    nodes[1].keys = &pair[0];
    nodes[1].items = &pair[1];
    pair[0] = &nodes[0];
    pair[1] = value;
    return owner_of(key->text)->read(reading, &nodes[1], config);
}

static enum status set_key(const struct reading *reading, const struct node *key,
                           const struct node *value, struct config *config) {
    const struct config_key *top = owner_of(key->text);
    if (!value || (top && scalar_is_null(value)))
        return reading_fail(reading, key, "%s: no value given", key->text);
    if (!top)
        return set_parameter(reading, key, value, config);
    if (strcmp(top->name, "parameters") == 0)
        return reading_fail(reading, key, "set a hyperparameter by its name, as in --set epochs=3");
    if (strchr(key->text, '.'))
        return set_part(reading, key, value, config);
    if (strcmp(top->name, "budget") == 0)
        config->budget = (struct budget){0};
    if (strcmp(top->name, "early_terminate") == 0)
        config->early_terminate = (struct early_terminate){0};
    return top->read(reading, value, config);
}

/* What was set, in its one spelling, by key. */
struct settings {
    size_t count;
    const char **keys, **lines;
};

/* A key that is set again has its place among the others, as its axis has. */
static enum status keep_setting(const struct reading *reading, const char *key,
                                const struct node *value, struct settings *settings) {
    struct text line;
    size_t at = 0;
    text_init(&line);
    setting_text_append(key, value, &line);
    while (at < settings->count && strcmp(settings->keys[at], setting_key(key)) != 0)
        at++;
    settings->count += at == settings->count;
    settings->keys[at] = setting_key(key);
    settings->lines[at] = line.failed ? NULL : arena_copy(reading->arena, line.data);
    text_release(&line);
    return settings->lines[at] ? STATUS_OK : error_memory(reading->error);
}

/* The hyperparameter of whose values "conv2d.filters 1" is a part, or NULL. */
static const struct hyperparameter *whole_of(const struct reading *reading, const char *key) {
    const size_t length = strcspn(key, ".");
    const char *kind = key[length] ? arena_printf(reading->arena, "%.*s", (int)length, key) : NULL;
    if (kind && layer_kind_find(kind))
        return &hyperparameters[HP_LAYERS];
    for (size_t i = 0; kind && i < HP_COUNT; i++)
        if (hyperparameters[i].family && component_find(hyperparameters[i].family, kind))
            return &hyperparameters[i];
    return NULL;
}

static enum status fail_key(const struct reading *reading, const struct node *key) {
    const struct hyperparameter *whole = whole_of(reading, key->text);
    return whole ? reading_fail(reading, key,
                                "%.64s is a part of %s, which is set as a whole: --set %s=...",
                                key->text, whole->name, whole->name)
                 : config_fail_key(reading, key, "key or hyperparameter");
}

/* --set KEY=VALUE, the value in YAML. */
static enum status apply_setting(const struct reading *file, const char *setting,
                                 struct config *config, struct settings *settings) {
    const char *equals = strchr(setting, '=');
    const size_t length = equals ? (size_t)(equals - setting) : 0;
    struct reading *reading = ARENA_NEW(file->arena, struct reading, 1); /* axes keep it */
    if (!reading)
        return error_memory(file->error);
    *reading = *file;
    reading->file = arena_printf(file->arena, "--set %.200s", setting);
    reading->text = setting;
    reading->before = "--set ";
    struct node key = {.kind = NODE_SCALAR, .line = 1, .column = 1, .end = length};
    key.text = arena_printf(file->arena, "%.*s", (int)length, setting);
    if (!reading->file || !key.text)
        return error_memory(file->error);
    if (length == 0) {
        key.line = key.column = 0;
        return reading_fail(reading, &key, "write --set KEY=VALUE, as in --set epochs=3");
    }
    if (!owner_of(key.text) && !hyperparameter_find(key.text)) {
        config_mark_unread(config, key.text);
        return fail_key(reading, &key);
    }
    const struct node *value;
    reading->text = equals + 1;
    reading->before = arena_printf(file->arena, "--set %s=", key.text);
    if (!reading->before)
        return error_memory(file->error);
    enum status status =
        config_parse_document(reading, reading->text, strlen(reading->text), &value);
    if (status != STATUS_OK)
        config_mark_unread(config, key.text);
    if (status == STATUS_OK)
        status = set_key(reading, &key, value, config);
    /* What is kept of the trials does not make it another sweep. */
    return status != STATUS_OK || strcmp(key.text, "keep_models") == 0
               ? status
               : keep_setting(reading, key.text, value, settings);
}

enum status settings_apply(const struct reading *reading, const char *const *settings, size_t count,
                           struct config *config) {
    struct text lines;
    struct settings kept = {0, ARENA_NEW(reading->arena, const char *, count),
                            ARENA_NEW(reading->arena, const char *, count)};
    if (!kept.keys || !kept.lines)
        return error_memory(reading->error);
    text_init(&lines);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status != STATUS_MEMORY; i++)
        status = status_join(status, apply_setting(reading, settings[i], config, &kept));
    for (size_t i = 0; i < kept.count && status == STATUS_OK; i++)
        text_printf(&lines, "%s\n", kept.lines[i]);
    config->settings = lines.failed ? NULL : arena_copy(reading->arena, lines.data);
    text_release(&lines);
    return config->settings ? status : error_memory(reading->error);
}

/* Sweeps that differ by --set are told apart by their names, unless --set names them. */
enum status settings_into_name(struct arena *arena, struct config *config, struct error *error) {
    for (const char *line = config->settings; *line; line += strcspn(line, "\n") + 1)
        if (strncmp(line, "name=", strlen("name=")) == 0)
            return STATUS_OK;
    struct text text;
    text_init(&text);
    text_append(&text, config->name);
    for (const char *line = config->settings; *line; line += strcspn(line, "\n") + 1)
        text_printf(&text, " %.*s", (int)strcspn(line, "\n"), line);
    if (text.length > CONFIG_NAME_BYTES) {
        size_t end = CONFIG_NAME_BYTES - strlen("...");
        while (end > 0 && ((unsigned char)text.data[end] & 0xc0) == 0x80)
            end--; /* to the beginning of a character */
        memcpy(text.data + end, "...", sizeof "...");
    }
    config->name = text.failed ? NULL : arena_copy(arena, text.data);
    text_release(&text);
    return config->name ? STATUS_OK : error_memory(error);
}
