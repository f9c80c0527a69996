/* Records: what files of results are made of, one after the other.
 *
 * A record is the length of its content (8 bytes, little endian), the content's SHA-256 (64
 * hexadecimal digits) and the content: numbers of 8 bytes, little endian, doubles as their bits,
 * and strings as their length and bytes. */
#ifndef SWEEP_STORE_RECORD_H
#define SWEEP_STORE_RECORD_H

#include "base/digest.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a record before its content. */
#define RECORD_HEAD (8 + DIGEST_LENGTH)

void record_append_number(struct text *content, uint64_t number);
void record_append_real(struct text *content, double real);
void record_append_string(struct text *content, const char *string);

/* Append the record with this content, which is released; records->failed tells when out of
 * memory. */
void record_append(struct text *records, struct text *content);

/* What is left of a content; `failed` once it has been too short. */
struct cursor {
    const char *at;
    size_t left;
    bool failed;
};

/* The next bytes; NULL where there are fewer. */
const char *record_take(struct cursor *cursor, size_t bytes);
uint64_t record_take_number(struct cursor *cursor);
double record_take_real(struct cursor *cursor);
/* At most size - 1 characters. */
void record_take_string(struct cursor *cursor, char *string, size_t size);

/* The content of the record at *at, and *at moved past it; false where there is no whole one. */
bool record_find(const char *bytes, size_t count, size_t *at, struct cursor *content);

/* Move *at to the next whole record behind it, past what is damaged; false without one. */
bool record_find_next(const char *bytes, size_t count, size_t *at);

#endif
