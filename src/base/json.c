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

/* A control character as JSON's escape of its number. */
static void append_control(struct text *text, const char *control, size_t length) {
    const unsigned char *c = (const unsigned char *)control;
    const unsigned number = length == 1 ? c[0]
                            : length == 2
                                ? (c[0] & 0x1fU) << 6 | (c[1] & 0x3fU)
                                : (c[0] & 0x0fU) << 12 | (c[1] & 0x3fU) << 6 | (c[2] & 0x3fU);
    text_printf(text, "\\u%04x", number);
}

/* Append JSON in which the control characters of ASCII are escaped: the others then are too, and
 * what is no character is replaced. */
static void append_harmless(struct text *text, const char *json) {
    const char *from = json;
    for (const char *at = json; *at;) {
        const size_t control = (unsigned char)*at < 0x7f ? 0 : text_control(at);
        const size_t length = control > 0 ? control : text_character(at);
        const bool replaced = control > 0 || length == 0;
        if (replaced)
            text_append_bytes(text, from, (size_t)(at - from));
        if (control > 0)
            append_control(text, at, control);
        else if (length == 0)
            text_append(text, "\xef\xbf\xbd");
        at += length > 0 ? length : 1;
        if (replaced)
            from = at;
    }
    text_append(text, from);
}

void json_text(struct json *json, const char *key, const char *text) {
    if (text)
        add_made(json, key, json_object_new_string(text));
    else
        json_null(json, key);
}

void json_append_text(struct text *text, const char *string) {
    struct json_object *value = json_object_new_string(string);
    const char *literal =
        value ? json_object_to_json_string_ext(value, JSON_C_TO_STRING_NOSLASHESCAPE) : NULL;
    if (literal)
        append_harmless(text, literal);
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

void json_floats(struct json *json, const char *key, const float *numbers, size_t count) {
    json_begin_array(json, key);
    for (size_t i = 0; i < count; i++)
        json_number(json, NULL, (double)numbers[i]);
    json_end(json);
}

void json_rounded(struct json *json, const char *key, double number, int digits) {
    char text[40];
    snprintf(text, sizeof text, "%.*g", digits, number);
    json_number(json, key, strtod(text, NULL));
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
    const char *string = json->failed ? NULL : json_object_to_json_string_ext(json->open[0], flags);
    if (!string)
        return error_memory(error);
    json->depth = 1;
    append_harmless(text, string);
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
