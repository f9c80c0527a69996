/* Text that grows, and the nearest of some known names. */
#ifndef SWEEP_BASE_TEXT_H
#define SWEEP_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing string. After an allocation has failed, `failed` is set, further text is dropped and
 * `data` stays valid; a caller checks once, at the end. */
struct text {
    char *data; /* always terminated; owned */
    size_t length, capacity;
    bool failed;
};

void text_init(struct text *text);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_append(struct text *text, const char *string);
void text_append_bytes(struct text *text, const char *bytes, size_t count);
/* Bytes in base64, with padding (RFC 4648, section 4). */
void text_append_base64(struct text *text, const void *bytes, size_t count);
void text_clear(struct text *text);
void text_cut(struct text *text, size_t length); /* to its first bytes */
void text_release(struct text *text);

void text_append_integer(struct text *text, int64_t value);

/* The shortest of %.15g, %.16g, %.17g that reads back as `value`, so that a double is
 * written the same way everywhere; "nan", "inf" and "-inf" for the rest. */
void text_append_double(struct text *text, double value);

/* The name in names[0 .. count-1] that is nearest to `name` (Damerau-Levenshtein, case
 * ignored), or NULL when none is near enough to be what was meant. */
const char *text_nearest(const char *name, const char *const *names, size_t count);

/* The names that are as near as the nearest, at most NEAR_MAX of them. Returns how many. */
#define NEAR_MAX 3
size_t text_near(const char *name, const char *const *names, size_t count,
                 const char *near[NEAR_MAX]);

/* Whether a name ends with `ending`, upper or lower case. */
bool text_ends_with(const char *name, const char *ending);

/* The bytes of the UTF-8 character at `text`; 0 where there is none: a byte that starts no
 * character, an overlong form, a surrogate, the end of the text within a character. */
size_t text_character(const char *text);

/* The bytes at `text` that a terminal could take for a command, or that make another reading of
 * what follows: control characters, and those of Unicode that break lines or turn the direction of
 * writing. 0 where there is another character. */
size_t text_control(const char *text);

/* What of a string is written as \xHH, byte for byte. */
enum text_escapes {
    TEXT_NOT_UTF8, /* what is part of no character */
    TEXT_CONTROLS, /* that, and what text_control finds; but no tab and no end of a line */
};

/* Whether there is anything of the kind in a string. */
bool text_needs_escapes(const char *string, enum text_escapes kind);

/* Write the character at *string, or the byte where there is none, to `piece`, as an escape if it
 * is of the kind; and so a backslash that would read as the beginning of one. Moves *string on and
 * returns the bytes written. */
#define TEXT_PIECE 16
size_t text_escape(const char **string, enum text_escapes kind, char piece[TEXT_PIECE]);

/* Put the bytes back that were escaped, in place. */
void text_unescape(char *string);

/* The ending of a noun after a number: "" for 1, else "s". */
static inline const char *text_plural(size_t count) {
    return count == 1 ? "" : "s";
}

#endif
