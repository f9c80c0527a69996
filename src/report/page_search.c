#include "report/page_search.h"

/* Drawn, not read. */
#define SECONDS_DIGITS 6

static void append_costs(struct json *json, const struct search_history *search) {
    json_begin_array(json, "settings");
    for (size_t i = 0; i < search->count; i++)
        json_integer(json, NULL, (int64_t)search->steps[i].setting);
    json_end(json);
    json_begin_array(json, "trials");
    for (size_t i = 0; i < search->count; i++)
        json_integer(json, NULL, (int64_t)search->steps[i].trials);
    json_end(json);
    json_begin_array(json, "epochs");
    for (size_t i = 0; i < search->count; i++)
        json_number(json, NULL, search->steps[i].epochs);
    json_end(json);
    json_begin_array(json, "seconds");
    for (size_t i = 0; i < search->count; i++)
        json_rounded(json, NULL, search->steps[i].seconds, SECONDS_DIGITS);
    json_end(json);
}

static void append_expected(struct json *json, const struct search_history *search) {
    json_begin_array(json, NULL);
    for (size_t i = 0; i < search->expected_count; i++) {
        json_begin_array(json, NULL);
        json_integer(json, NULL, (int64_t)search->expected[i].settings);
        json_number(json, NULL, search->expected[i].score);
        json_end(json);
    }
    json_end(json);
}

void page_search_append(const struct page_metrics *menu, struct json *json) {
    const struct page_search *search = &menu->search;
    if (!search->searched) {
        json_null(json, "search");
        return;
    }
    json_begin_object(json, "search");
    json_text(json, "method", search->method);
    append_costs(json, &search->history);
    json_begin_array(json, "expected");
    for (size_t i = 0; i < menu->count; i++)
        append_expected(json, &menu->items[i].effects.search);
    json_end(json);
    json_begin_array(json, "notes");
    for (size_t i = 0; i < menu->count; i++)
        json_text(json, NULL, menu->items[i].search_words);
    json_end(json);
    json_begin_array(json, "shares");
    for (size_t i = 0; i < menu->count; i++)
        json_text(json, NULL, menu->items[i].share_words);
    json_end(json);
    json_end(json);
}
