#include "report/page.h"

#include "analysis/leaderboard.h"
#include "base/digest.h"
#include "base/machine.h"
#include "report/page_files.h"

#include <stdlib.h>
#include <string.h>

static void append_file(struct text *html, const struct page_file *file) {
    text_append_bytes(html, file->begin, (size_t)(file->end - file->begin));
}

static int hex_digit(char digit) {
    return digit <= '9' ? digit - '0' : digit - 'a' + 10;
}

/* A source of the policy: what has this digest may be used. */
static void append_source(struct text *html, const struct page_file *files, size_t count) {
    struct digest_piece pieces[64];
    unsigned char bytes[DIGEST_LENGTH / 2];
    for (size_t i = 0; i < count; i++)
        pieces[i] = (struct digest_piece){files[i].begin, (size_t)(files[i].end - files[i].begin)};
    const struct digest digest = digest_of(pieces, count);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] =
            (unsigned char)(hex_digit(digest.hex[2 * i]) << 4 | hex_digit(digest.hex[2 * i + 1]));
    text_append(html, " 'sha256-");
    text_append_base64(html, bytes, sizeof bytes);
    text_append(html, "'");
}

static void append_policy(struct text *html, const struct page *page) {
    (void)page;
    text_append(html, "default-src 'none'; base-uri 'none'; form-action 'none'; script-src");
    append_source(html, &page_d3, 1);
    append_source(html, page_scripts, page_script_count);
    text_append(html, "; style-src");
    append_source(html, &page_style, 1);
    /* A chart becomes a picture to save by way of an image in an address; nothing is fetched. */
    text_append(html, "; img-src data:");
}

static void append_style(struct text *html, const struct page *page) {
    (void)page;
    append_file(html, &page_style);
}

static void append_d3(struct text *html, const struct page *page) {
    (void)page;
    append_file(html, &page_d3);
}

static void append_licence(struct text *html, const struct page *page) {
    (void)page;
    append_file(html, &page_d3_licence);
}

static void append_script(struct text *html, const struct page *page) {
    (void)page;
    for (size_t i = 0; i < page_script_count; i++)
        append_file(html, &page_scripts[i]);
}

static void append_data(struct text *html, const struct page *page) {
    html->failed |= page_data_append(page, html, NULL) != STATUS_OK;
}

static void append_language(struct text *html, const struct page *page) {
    text_append(html, words_language(page->words));
}

/* What the script says. */
static void append_words(struct text *html, const struct page *page) {
    struct json json;
    json_init(&json);
    words_json(page->words, &json);
    html->failed |= page_json_append(&json, html, NULL) != STATUS_OK;
}

static void append_version(struct text *html, const struct page *page) {
    (void)page;
    text_append(html, machine_program_version());
}

/* What the frame has a {{name}} for, besides its words. None of it but the data comes from outside
 * the program. */
static const struct {
    const char *name;
    void (*append)(struct text *html, const struct page *page);
} parts[] = {
    {"policy", append_policy},      {"style", append_style},       {"d3", append_d3},
    {"d3-licence", append_licence}, {"script", append_script},     {"data", append_data},
    {"version", append_version},    {"language", append_language}, {"words", append_words},
};

/* A text of the frame, by its key. It is HTML. */
static void append_word(struct text *html, const struct page *page, const char *name,
                        size_t length) {
    char key[64] = "";
    if (length < sizeof key)
        memcpy(key, name, length);
    if (!words_append(html, page->words, key, "version", machine_program_version(), NULL))
        text_append_bytes(html, name, length);
}

static void append_part(struct text *html, const struct page *page, const char *name,
                        size_t length) {
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strlen(parts[i].name) == length && strncmp(parts[i].name, name, length) == 0) {
            parts[i].append(html, page);
            return;
        }
    append_word(html, page, name, length);
}

enum status page_append(const struct page *page, struct text *html, struct error *error) {
    const char *at = page_frame.begin;
    for (;;) {
        const char *mark = memmem(at, (size_t)(page_frame.end - at), "{{", 2);
        const char *end = mark ? memmem(mark, (size_t)(page_frame.end - mark), "}}", 2) : NULL;
        if (!end)
            break;
        text_append_bytes(html, at, (size_t)(mark - at));
        append_part(html, page, mark + 2, (size_t)(end - mark - 2));
        at = end + 2;
    }
    text_append_bytes(html, at, (size_t)(page_frame.end - at));
    return html->failed ? error_memory(error) : STATUS_OK;
}

/* A run, with what decides whether its curve is shown. */
struct contender {
    size_t trial; /* the run's longest that has ended, or one that is unfinished */
    uint32_t length;
    size_t place; /* the rank of its best setting */
};

static int by_place(const void *a, const void *b) {
    const struct contender *x = a, *y = b;
    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    return x->trial < y->trial ? -1 : x->trial > y->trial;
}

/* The place of the trial's epochs among those that occur; 0 where all have the same. */
static uint32_t length_of(const struct observations *observations, size_t trial) {
    const struct factor *epochs = observations_factor(observations, &hyperparameters[HP_EPOCHS]);
    const size_t width = observations->factor_count;
    return epochs ? observations->levels[trial * width + (size_t)(epochs - observations->factors)]
                  : 0;
}

/* Each setting's rank on the leaderboard, among those of its quantity. */
static enum status find_places(const struct observations *observations, struct arena *arena,
                               size_t **places, struct error *error) {
    struct leaderboard board;
    enum status status = leaderboard_of(observations, false, 0, arena, &board, error);
    *places = ARENA_NEW(arena, size_t, observations->setting_count);
    if (status == STATUS_OK && !*places)
        status = error_memory(error);
    for (size_t i = 0; status == STATUS_OK && i < board.count; i++)
        (*places)[board.standings[i].setting] = board.standings[i].rank;
    return status;
}

/* What is unfinished has a curve first of all, longer than that of what its run has ended. */
static void consider(const struct report_data *data, const struct observations *observations,
                     const size_t *places, size_t trial, struct contender *contender) {
    const struct observation *item = &observations->items[trial];
    if (data->unfinished[trial]) {
        contender->trial = trial;
        contender->length = UINT32_MAX;
        contender->place = 0;
        return;
    }
    if (item->status != OBSERVATION_COMPLETED && item->status != OBSERVATION_DIVERGED)
        return;
    const uint32_t length = length_of(observations, trial);
    if (contender->trial == SIZE_MAX || length > contender->length) {
        contender->trial = trial;
        contender->length = length;
    }
    if (places[item->setting] < contender->place)
        contender->place = places[item->setting];
}

enum status page_choose_curves(const struct report_data *data, struct arena *arena,
                               const size_t **trials, size_t *count, struct error *error) {
    const struct observations *observations = &data->observations[data->metric];
    struct contender *runs = ARENA_NEW(arena, struct contender, data->run_count);
    size_t *chosen = ARENA_NEW(arena, size_t, data->run_count);
    size_t *places = NULL;
    enum status status = find_places(observations, arena, &places, error);
    if (status == STATUS_OK && (!runs || !chosen))
        status = error_memory(error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < data->run_count; i++)
        runs[i] = (struct contender){.trial = SIZE_MAX, .place = SIZE_MAX};
    for (size_t i = 0; i < observations->count; i++)
        consider(data, observations, places, i, &runs[data->runs[i]]);
    qsort(runs, data->run_count, sizeof *runs, by_place);
    *count = 0;
    for (size_t i = 0; i < data->run_count; i++)
        if (runs[i].trial != SIZE_MAX)
            chosen[(*count)++] = runs[i].trial;
    *trials = chosen;
    return STATUS_OK;
}
