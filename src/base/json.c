#include "base/json.h"

#include <assert.h>
#include <json-c/json.h>
#include <math.h>

static void init(struct json *json, struct json_object *root) {
    *json = (struct json){.open = {root}, .depth = 1, .failed = root == NULL};
}

void json_init(struct json *json) {
    init(json, json_object_new_object());
}

void json_init_array(struct json *json) {
    init(json, json_object_new_array());
}

void json_release(struct json *json) {
    json_object_put(json->open[0]);
    *json = (struct json){.failed = true};
}

/* Hand a value, NULL for JSON's null, to what is open. */
static void add(struct json *json, const char *key, struct json_object *value) {
    struct json_object *parent = json->open[json->depth - 1];
    assert((key != NULL) == json_object_is_type(parent, json_type_object));
    const int code =
        key ? json_object_object_add(parent, key, value) : json_object_array_add(parent, value);
    if (code == 0)
        return;
    json_object_put(value);
    json->failed = true;
}

/* The same for a value that was made for it: NULL is a failure to make it. */
static void add_made(struct json *json, const char *key, struct json_object *value) {
    if (json->failed || !value) {
        json_object_put(value);
        json->failed = true;
        return;
    }
    add(json, key, value);
}

static void begin(struct json *json, const char *key, struct json_object *value) {
    assert(json->failed || json->depth < JSON_DEPTH_MAX);
    add_made(json, key, value);
    if (!json->failed)
        json->open[json->depth++] = value;
}

void json_begin_object(struct json *json, const char *key) {
    begin(json, key, json_object_new_object());
}

void json_begin_array(struct json *json, const char *key) {
    begin(json, key, json_object_new_array());
}

void json_end(struct json *json) {
    if (json->failed)
        return;
    assert(json->depth > 1);
    json->depth--;
}

static struct json_object *new_text(const char *text) {
    struct text valid;
    text_init(&valid);
    while (*text) {
        const size_t length = text_character(text);
        text_append_bytes(&valid, length > 0 ? text : "\xef\xbf\xbd", length > 0 ? length : 3);
        text += length > 0 ? length : 1;
    }
    struct json_object *value =
        valid.failed ? NULL : json_object_new_string_len(valid.data, (int)valid.length);
    text_release(&valid);
    return value;
}

void json_text(struct json *json, const char *key, const char *text) {
    if (text)
        add_made(json, key, new_text(text));
    else
        json_null(json, key);
}

void json_append_text(struct text *text, const char *string) {
    struct json_object *value = new_text(string);
    size_t length = 0;
    const char *literal =
        value ? json_object_to_json_string_length(value, JSON_C_TO_STRING_NOSLASHESCAPE, &length)
              : NULL;
    if (literal)
        text_append_bytes(text, literal, length);
    text->failed |= !literal;
    json_object_put(value);
}

void json_number(struct json *json, const char *key, double number) {
    if (!isfinite(number)) {
        json_null(json, key);
        return;
    }
    struct text digits;
    text_init(&digits);
    text_append_double(&digits, number);
    add_made(json, key, digits.failed ? NULL : json_object_new_double_s(number, digits.data));
    text_release(&digits);
}

void json_integer(struct json *json, const char *key, int64_t integer) {
    add_made(json, key, json_object_new_int64(integer));
}

void json_boolean(struct json *json, const char *key, bool boolean) {
    add_made(json, key, json_object_new_boolean(boolean));
}

void json_null(struct json *json, const char *key) {
    if (!json->failed)
        add(json, key, NULL);
}

enum status json_append(struct json *json, enum json_layout layout, struct text *text,
                        struct error *error) {
    const int flags =
        JSON_C_TO_STRING_NOSLASHESCAPE |
        (layout == JSON_PRETTY ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED : 0);
    size_t length = 0;
    const char *string =
        json->failed ? NULL : json_object_to_json_string_length(json->open[0], flags, &length);
    if (!string)
        return error_memory(error);
    json->depth = 1;
    text_append_bytes(text, string, length);
    text_append(text, "\n");
    return text->failed ? error_memory(error) : STATUS_OK;
}

enum status json_print(struct json *json, enum json_layout layout, FILE *stream,
                       struct error *error) {
    struct text text;
    text_init(&text);
    enum status status = json_append(json, layout, &text, error);
    /* Of a large piece that can't be written stdio keeps nothing. The newline stays in its buffer,
     * so that the last flush fails for the same reason and can tell it. */
    if (status == STATUS_OK) {
        fwrite(text.data, 1, text.length - 1, stream);
        fputc(text.data[text.length - 1], stream);
    }
    text_release(&text);
    return status;
}
