/* Words in the languages that a page may be written in: a table each, page/words-*.txt, with the
 * same keys. In a text {names} stand for what differs; where it depends on a number n, it has a
 * form for 1 and one for all others. */
#ifndef SWEEP_REPORT_WORDS_H
#define SWEEP_REPORT_WORDS_H

#include "base/json.h"
#include "base/text.h"

/* A language's table. */
struct words;

const struct words *words_english(void);

/* The language of a name: "es", or as a locale has it, "es_MX.UTF-8". NULL: there is no table. */
const struct words *report_words_find(const char *name);

/* The language that LC_ALL, LC_MESSAGES or LANG asks for, the first of them that is set; English
 * where there is no table for it. */
const struct words *words_of_environment(void);

/* "en", "es" */
const char *words_language(const struct words *words);

/* "en, es" */
void words_append_languages(struct text *text);

/* Append a key's text. What stands for its {names} follows, a name and a text each, and ends with a
 * NULL; a text that is NULL, for which there was no memory, fails the whole. False where there is
 * no such key. */
bool words_append(struct text *text, const struct words *words, const char *key, ...)
    __attribute__((sentinel));

/* Append all of the table as {key: text}. */
void words_json(const struct words *words, struct json *json);

#endif
