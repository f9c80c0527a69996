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

static bool is_before(const struct edit *a, const struct edit *b) {
    return a->begin != b->begin ? a->begin < b->begin : a->end < b->end;
}

/* The first edit at or after `at` in the line of `edit`, and after `last`, which may be an
 * insertion at the same place. */
static const struct edit *next_edit(const struct problems *problems, size_t kept,
                                    const struct edit *edit, size_t at, const struct edit *last) {
    const struct edit *next = NULL;
    for (size_t i = 0; i < kept; i++) {
        const struct edit *other = &problems->items[i].edit;
        if (share_line(edit, other) && other->begin >= at && (!last || is_before(last, other)) &&
            (!next || is_before(other, next)))
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
    for (const struct edit *next, *last = NULL; (next = next_edit(problems, kept, edit, at, last));
         last = next) {
        text_append_bytes(&line, edit->text + at, next->begin - at);
        text_append(&line, next->replacement);
        at = next->end;
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

/* --- their order --- */

/* The config's file is the first, then each --set, in the order in which they failed. */
static size_t rank_of(const struct problems *problems, size_t kept, const char *file) {
    size_t i = 0;
    if (problems->file && strcmp(file, problems->file) == 0)
        return 0;
    while (i < kept && strcmp(problems->items[i].error.file, file) != 0)
        i++;
    return i + 1;
}

static bool comes_before(const struct error *a, size_t rank_a, const struct error *b,
                         size_t rank_b) {
    if (rank_a != rank_b)
        return rank_a < rank_b;
    if ((a->line == 0) != (b->line == 0))
        return b->line == 0;
    return a->line != b->line ? a->line < b->line : a->column < b->column;
}

/* By insertion: equal ones stay in the order in which they were found. */
static void sort_problems(struct problems *problems, size_t kept) {
    size_t ranks[PROBLEMS_MAX];
    for (size_t i = 0; i < kept; i++)
        ranks[i] = rank_of(problems, kept, problems->items[i].error.file);
    for (size_t i = 1; i < kept; i++) {
        const struct problem problem = problems->items[i];
        const size_t rank = ranks[i];
        size_t j = i;
        for (; j > 0 &&
               comes_before(&problem.error, rank, &problems->items[j - 1].error, ranks[j - 1]);
             j--) {
            problems->items[j] = problems->items[j - 1];
            ranks[j] = ranks[j - 1];
        }
        problems->items[j] = problem;
        ranks[j] = rank;
    }
}

static void sort_notes(struct problems *problems) {
    for (size_t i = 1; i < problems->note_count; i++) {
        const struct error note = problems->notes[i];
        const size_t rank = rank_of(problems, 0, note.file);
        size_t j = i;
        for (; j > 0 && comes_before(&note, rank, &problems->notes[j - 1],
                                     rank_of(problems, 0, problems->notes[j - 1].file));
             j--)
            problems->notes[j] = problems->notes[j - 1];
        problems->notes[j] = note;
    }
}

/* --- all of it --- */

enum status problems_end(struct problems *problems, struct arena *arena, struct error *error) {
    const size_t kept = problems->count < PROBLEMS_MAX ? problems->count : PROBLEMS_MAX;
    sort_problems(problems, kept);
    sort_notes(problems);
    for (size_t i = 0; i < kept; i++) {
        const struct edit *edit = &problems->items[i].edit;
        bool last = edit->text != NULL;
        for (size_t j = i + 1; j < kept; j++)
            last = last && !share_line(edit, &problems->items[j].edit);
        problems->items[i].corrected = last ? correct(problems, kept, edit, arena) : NULL;
    }
    if (kept > 0 && error)
        *error = problems->items[0].error;
    return kept > 0 ? STATUS_INPUT : STATUS_OK;
}
