/* JSON, written piece by piece: json.c is the one file that includes json-c.
 *
 * A value goes into the object or array begun last; `key` is its name in an object and NULL in an
 * array. After an allocation has failed, `failed` is set and the rest is dropped; json_print tells.
 */
#ifndef SWEEP_BASE_JSON_H
#define SWEEP_BASE_JSON_H

#include "base/status.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH_MAX 16

struct json {
    struct json_object *open[JSON_DEPTH_MAX]; /* outermost first; owned through open[0] */
    size_t depth;
    bool failed;
};

enum json_layout { JSON_PRETTY, JSON_ONE_LINE };

/* Begin a document; its outermost value is an object or, with json_init_array, an array. */
void json_init(struct json *json);
void json_init_array(struct json *json);
void json_release(struct json *json);

void json_begin_object(struct json *json, const char *key);
void json_begin_array(struct json *json, const char *key);
void json_end(struct json *json);

/* Control characters, beyond ASCII too, are escaped, so that a terminal does not obey them; bytes
 * that are not UTF-8 become U+FFFD; NULL becomes null. */
void json_text(struct json *json, const char *key, const char *text);
/* The shortest digits that read back as the number; null where it is not finite, which JSON cannot
 * say. */
void json_number(struct json *json, const char *key, double number);
/* The same of the number rounded to so many significant digits. */
void json_rounded(struct json *json, const char *key, double number, int digits);
/* An array of such numbers. */
void json_floats(struct json *json, const char *key, const float *numbers, size_t count);
void json_integer(struct json *json, const char *key, int64_t integer);
void json_boolean(struct json *json, const char *key, bool boolean);
void json_null(struct json *json, const char *key);

/* Just a string, quotes included, where there is no document. */
void json_append_text(struct text *text, const char *string);

/* The document as text, with a newline at its end. Everything begun is ended first. STATUS_MEMORY.
 */
enum status json_append(struct json *json, enum json_layout layout, struct text *text,
                        struct error *error);
enum status json_print(struct json *json, enum json_layout layout, FILE *stream,
                       struct error *error);

#endif
