#include "search/problems.h"

#include "base/text.h"

#include <string.h>

struct problems *problems_new(struct arena *arena) {
    return ARENA_NEW(arena, struct problems, 1);
}

void problems_add(struct problems *problems, const struct error *error) {
    if (problems && problems->count++ < PROBLEMS_MAX)
        problems->items[problems->count - 1] = (struct problem){.error = *error};
}

void problems_note(struct problems *problems, const struct error *note) {
    if (problems && problems->note_count < PROBLEMS_MAX)
        problems->notes[problems->note_count++] = *note;
}

#define SHOWN_MAX 200 /* bytes of a line that is shown */

static bool is_end_of_line(char c) {
    return c == '\n' || c == '\r' || c == '\0';
}

/* Whether both edits are known and begin in one line. */
static bool share_line(const struct edit *a, const struct edit *b) {
    if (!a->text || a->text != b->text)
        return false;
    const size_t begin = a->begin < b->begin ? a->begin : b->begin;
    const size_t end = a->begin < b->begin ? b->begin : a->begin;
    return begin + strcspn(a->text + begin, "\r\n") >= end;
}

/* The first edit at or after `at` in the line of `edit`. */
static const struct edit *next_edit(const struct problems *problems, size_t kept,
                                    const struct edit *edit, size_t at) {
    const struct edit *next = NULL;
    for (size_t i = 0; i < kept; i++) {
        const struct edit *other = &problems->items[i].edit;
        if (share_line(edit, other) && other->begin >= at && (!next || other->begin < next->begin))
            next = other;
    }
    return next;
}

static const char *correct(const struct problems *problems, size_t kept, const struct edit *edit,
                           struct arena *arena) {
    struct text line;
    size_t at = edit->begin;
    while (at > 0 && !is_end_of_line(edit->text[at - 1]))
        at--;
    at += strspn(edit->text + at, " ");
    if (strcspn(edit->text + at, "\r\n") > SHOWN_MAX)
        return NULL;
    text_init(&line);
    for (const struct edit *next; (next = next_edit(problems, kept, edit, at)); at = next->end) {
        text_append_bytes(&line, edit->text + at, next->begin - at);
        text_append(&line, next->replacement);
    }
    text_append_bytes(&line, edit->text + at, strcspn(edit->text + at, "\r\n"));
    /* What follows an option has to pass a shell in one piece. */
    const char *before = edit->before ? edit->before : "", *option_end = strchr(before, ' ');
    const size_t option = option_end ? (size_t)(option_end - before) + 1 : 0;
    const bool plain = option == 0 || !strpbrk(line.data, " <>[]{}()!*?&|;$`\"'\\#~");
    const char *quote = plain ? "" : strchr(line.data, '\'') ? "\"" : "'";
    const char *corrected = line.failed ? NULL
                                        : arena_printf(arena, "%.*s%s%s%s%s", (int)option, before,
                                                       quote, before + option, line.data, quote);
    text_release(&line);
    return corrected;
}

enum status problems_end(struct problems *problems, struct arena *arena, struct error *error) {
    const size_t kept = problems->count < PROBLEMS_MAX ? problems->count : PROBLEMS_MAX;
    for (size_t i = 0; i < kept; i++) {
        const struct edit *edit = &problems->items[i].edit;
        bool last = edit->text != NULL;
        for (size_t j = i + 1; j < kept; j++)
            last = last && !share_line(edit, &problems->items[j].edit);
        if (last)
            problems->items[i].corrected = correct(problems, kept, edit, arena);
    }
    if (kept > 0 && error)
        *error = problems->items[0].error;
    return kept > 0 ? STATUS_INPUT : STATUS_OK;
}
