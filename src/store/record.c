#include "store/record.h"

#include <string.h>

void record_append_number(struct text *content, uint64_t number) {
    char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (char)(number >> (8 * i) & 0xff);
    text_append_bytes(content, bytes, sizeof bytes);
}

void record_append_real(struct text *content, double real) {
    uint64_t number;
    memcpy(&number, &real, sizeof number);
    record_append_number(content, number);
}

void record_append_string(struct text *content, const char *string) {
    const size_t length = strlen(string);
    record_append_number(content, length);
    text_append_bytes(content, string, length);
}

void record_append(struct text *records, struct text *content) {
    if (content->failed) {
        records->failed = true;
    } else {
        record_append_number(records, content->length);
        text_append(records, digest_of_bytes(content->data, content->length).hex);
        text_append_bytes(records, content->data, content->length);
    }
    text_release(content);
}

const char *record_take(struct cursor *cursor, size_t bytes) {
    const char *at = cursor->at;
    if (cursor->failed || bytes > cursor->left) {
        cursor->failed = true;
        return NULL;
    }
    cursor->at += bytes;
    cursor->left -= bytes;
    return at;
}

uint64_t record_take_number(struct cursor *cursor) {
    const char *bytes = record_take(cursor, 8);
    uint64_t number = 0;
    for (int i = 0; bytes && i < 8; i++)
        number |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
    return number;
}

double record_take_real(struct cursor *cursor) {
    const uint64_t number = record_take_number(cursor);
    double real;
    memcpy(&real, &number, sizeof real);
    return real;
}

void record_take_string(struct cursor *cursor, char *string, size_t size) {
    const uint64_t length = record_take_number(cursor);
    const char *bytes = length < size ? record_take(cursor, (size_t)length) : NULL;
    cursor->failed |= !bytes || memchr(bytes, '\0', (size_t)length);
    if (!cursor->failed)
        memcpy(string, bytes, (size_t)length);
    string[cursor->failed ? 0 : length] = '\0';
}

bool record_find(const char *bytes, size_t count, size_t *at, struct cursor *content) {
    struct cursor head = {bytes + *at, count - *at, false};
    const uint64_t length = record_take_number(&head);
    const char *digest = record_take(&head, DIGEST_LENGTH);
    if (!digest || length > head.left ||
        memcmp(digest_of_bytes(head.at, (size_t)length).hex, digest, DIGEST_LENGTH) != 0)
        return false;
    *content = (struct cursor){head.at, (size_t)length, false};
    *at += RECORD_HEAD + (size_t)length;
    return true;
}

/* Whether a record may begin here, without a look at its content. */
static bool looks_like_head(const char *bytes, size_t left) {
    struct cursor head = {bytes, left, false};
    const uint64_t length = record_take_number(&head);
    const char *digest = record_take(&head, DIGEST_LENGTH);
    bool likely = digest && length <= head.left;
    for (int i = 0; likely && i < DIGEST_LENGTH; i++)
        likely = (digest[i] >= '0' && digest[i] <= '9') || (digest[i] >= 'a' && digest[i] <= 'f');
    return likely;
}

bool record_find_next(const char *bytes, size_t count, size_t *at) {
    struct cursor content;
    for (size_t i = *at + 1; i + RECORD_HEAD <= count; i++) {
        size_t end = i;
        if (looks_like_head(bytes + i, count - i) && record_find(bytes, count, &end, &content)) {
            *at = i;
            return true;
        }
    }
    return false;
}
