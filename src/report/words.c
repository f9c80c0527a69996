#include "report/words.h"

#include "report/page_files.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct words {
    const char *language;
    const struct page_file *file;
};

static const struct words tables[] = {{"en", &page_words_english}, {"es", &page_words_spanish}};
enum { TABLES = sizeof tables / sizeof *tables };

const struct words *words_english(void) {
    return &tables[0];
}

/* A locale goes on with its country, its character set or a variant. */
const struct words *report_words_find(const char *name) {
    const size_t length = strcspn(name, "_-.@");
    for (size_t i = 0; i < TABLES; i++)
        if (strlen(tables[i].language) == length && !strncmp(tables[i].language, name, length))
            return &tables[i];
    return NULL;
}

const struct words *words_of_environment(void) {
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *locale = getenv(variables[i]);
        const struct words *words = locale && *locale ? report_words_find(locale) : NULL;
        if (locale && *locale)
            return words ? words : words_english();
    }
    return words_english();
}

const char *words_language(const struct words *words) {
    return words->language;
}

void words_append_languages(struct text *text) {
    for (size_t i = 0; i < TABLES; i++)
        text_printf(text, "%s%s", i > 0 ? ", " : "", tables[i].language);
}

/* --- the file of a table --- */

/* An entry: a key, and its text as it stands in the file, in lines. */
struct entry {
    const char *key, *begin, *end;
    size_t key_length;
};

static const char *end_of_line(const char *at, const char *end) {
    const char *line = memchr(at, '\n', (size_t)(end - at));
    return line ? line : end;
}

/* The entry at *at or behind it, which *at is moved behind. */
static bool next_entry(const struct words *words, const char **at, struct entry *entry) {
    const char *end = words->file->end;
    while (*at < end) {
        const char *line = *at, *stop = end_of_line(line, end);
        const char *equals = memmem(line, (size_t)(stop - line), " = ", 3);
        while (stop + 1 < end && stop[1] == ' ') /* indented: the text goes on */
            stop = end_of_line(stop + 1, end);
        *at = stop < end ? stop + 1 : end;
        if (*line == '#' || !equals)
            continue;
        *entry = (struct entry){line, equals + 3, stop, (size_t)(equals - line)};
        return true;
    }
    return false;
}

static bool find_entry(const struct words *words, const char *key, struct entry *entry) {
    const char *at = words->file->begin;
    while (next_entry(words, &at, entry))
        if (strlen(key) == entry->key_length && !strncmp(key, entry->key, entry->key_length))
            return true;
    return false;
}

/* Lines are joined by a space; "_" at an end is one. */
static void append_whole(struct text *text, const struct entry *entry) {
    for (const char *at = entry->begin; at < entry->end;) {
        const char *stop = end_of_line(at, entry->end);
        at += strspn(at, " ");
        if (at != entry->begin)
            text_append(text, " ");
        const bool before = at == entry->begin && *at == '_',
                   after = stop == entry->end && stop > at && stop[-1] == '_';
        text_append(text, before ? " " : "");
        text_append_bytes(text, at + before, (size_t)(stop - at) - before - after);
        text_append(text, after ? " " : "");
        at = stop + 1;
    }
}

void words_json(const struct words *words, struct json *json) {
    const char *at = words->file->begin;
    struct entry entry;
    struct text key, text;
    text_init(&key);
    text_init(&text);
    while (next_entry(words, &at, &entry)) {
        text_clear(&key);
        text_clear(&text);
        text_append_bytes(&key, entry.key, entry.key_length);
        append_whole(&text, &entry);
        json_text(json, key.data, text.data);
    }
    json->failed |= key.failed || text.failed;
    text_release(&key);
    text_release(&text);
}

/* --- a text with what it names --- */

enum { NAMES_MAX = 8 };

struct names {
    size_t count;
    const char *names[NAMES_MAX], *texts[NAMES_MAX];
};

static const char *text_of(const struct names *names, const char *name, size_t length) {
    for (size_t i = 0; i < names->count; i++)
        if (strlen(names->names[i]) == length && !strncmp(names->names[i], name, length))
            return names->texts[i];
    return NULL;
}

/* The form for the number n: the first for 1, else the last. */
static const char *form_of(char *whole, const struct names *names) {
    static const char between[] = " | ";
    const char *number = text_of(names, "n", 1);
    char *second = strstr(whole, between);
    if (!second)
        return whole;
    if (!number || strcmp(number, "1") != 0)
        return second + strlen(between);
    *second = '\0';
    return whole;
}

static void append_filled(struct text *text, const char *form, const struct names *names) {
    while (*form) {
        const char *open = strchr(form, '{'), *close = open ? strchr(open, '}') : NULL;
        if (!close) {
            text_append(text, form);
            return;
        }
        const char *filled = text_of(names, open + 1, (size_t)(close - open - 1));
        text_append_bytes(text, form, (size_t)(open - form));
        if (filled)
            text_append(text, filled);
        text->failed |= !filled;
        form = close + 1;
    }
}

bool words_append(struct text *text, const struct words *words, const char *key, ...) {
    struct names names = {0};
    struct entry entry;
    struct text whole;
    va_list list;
    if (!find_entry(words, key, &entry))
        return false;
    va_start(list, key);
    for (const char *name; names.count < NAMES_MAX && (name = va_arg(list, const char *));) {
        names.names[names.count] = name;
        names.texts[names.count++] = va_arg(list, const char *);
    }
    va_end(list);
    text_init(&whole);
    append_whole(&whole, &entry);
    append_filled(text, form_of(whole.data, &names), &names);
    text->failed |= whole.failed;
    text_release(&whole);
    return true;
}
