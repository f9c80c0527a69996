/* A report: what is read of a sweep, the JSON of it, and the page around that. */
#include "store_files.h"

#include "report/page.h"
#include "report/page_files.h"
#include "store/report_data.h"

#include <json-c/json.h>

/* 6 settings x 2 seeds, of which adam has no momentum; the names stand in the config's order, the
 * numbers against theirs. */
static const char *const wide =
    "optimizer=[{name: sgd, momentum: 0.5}, {name: sgd, momentum: 1e-5}, adam]";

static struct store *fill(struct made *made, const char *name, const char *setting) {
    make(made, plain_config, setting);
    struct store *store = open_store(name);
    begin(store, made);
    return store;
}

static void read_report(const char *name, struct arena *arena, struct report_data *data) {
    struct store *store;
    struct error error = {0};
    assert_int_equal(store_open_read(in_folder(name), &store, &error), STATUS_OK);
    assert_int_equal(store_report(store, 0, arena, data, &error), STATUS_OK);
    store_close(store);
}

static void a_sweep_is_read_whole(void **state) {
    (void)state;
    struct made made;
    struct report_data data;
    struct store *store = fill(&made, "whole.db", wide);
    for (size_t i = 0; i < made.space.trial_count; i++)
        put(store, &made, completed(&made, i, (double)i));
    store_close(store);
    read_report("whole.db", &made.arena, &data);
    assert_int_equal(data.sweep.id, 1);
    assert_string_equal(data.sweep.name, "plain optimizer=[{name: sgd, momentum: 0.5},"
                                         " {name: sgd, momentum: 1e-05}, adam]");
    assert_string_equal(data.sweep.config, plain_config);
    assert_string_equal(data.sweep.dataset_digest, "0123");
    assert_string_equal(data.sweep.warnings, "a warning\n");
    assert_int_equal(data.provenance.count, 1);
    assert_int_equal(data.provenance.commands[0].jobs, 3);
    assert_int_equal(data.provenance.commands[0].trials, 12);
    assert_string_equal(data.provenance.commands[0].arguments, "sweep run made.yaml");
    assert_string_equal(data.provenance.commands[0].outcome, "interrupted");
    assert_int_equal(data.observations[0].count, 12);
    assert_int_equal(data.observations[0].setting_count, 6);
    assert_int_equal(data.run_count, 6);
    assert_int_equal(data.failure_count, 0);
    release(&made);
}

static const struct observations *by_metric(const struct report_data *data, const char *name) {
    for (size_t i = 0; i < data->metric_count; i++)
        if (strcmp(data->observations[i].column, name) == 0)
            return &data->observations[i];
    fail_msg("no metric %s", name);
    return NULL;
}

static void trials_have_their_scores_and_runs(void **state) {
    (void)state;
    struct made made;
    struct report_data data;
    struct store *store = fill(&made, "scores.db", "metrics=[f1_score]");
    for (size_t i = 0; i + 1 < made.space.trial_count; i++) {
        struct trial_result result = completed(&made, i, (double)i);
        if (i == 1) {
            result.outcome = TRIAL_FAILED;
            error_set(&result.error, STATUS_MEMORY, "out of luck");
        }
        put(store, &made, result);
    }
    store_close(store);
    read_report("scores.db", &made.arena, &data);
    const struct observations *own = &data.observations[data.metric];
    assert_int_equal(own->count, 8);
    assert_string_equal(own->column, "val_accuracy");
    assert_close(own->items[2].value, 2.5);
    assert_true(isnan(own->items[7].value));
    assert_close(by_metric(&data, "val_f1_score")->items[2].value, 2.6);
    assert_close(by_metric(&data, "test_f1_score")->items[2].value, 2.9);
    assert_true(by_metric(&data, "val_f1_score")->maximize);
    assert_false(by_metric(&data, "test_loss")->maximize);
    assert_int_equal(data.failure_count, 1);
    assert_int_equal(data.failures[0].trial, own->items[1].trial);
    assert_string_equal(data.failures[0].error, "out of luck");
    /* Trials 0 and 1 have one epoch, 2 and 3 two: seed by seed the same training. */
    assert_int_equal(data.runs[0], data.runs[2]);
    assert_int_equal(data.runs[1], data.runs[3]);
    assert_true(data.runs[0] != data.runs[1] && data.runs[0] != data.runs[4]);
    assert_int_equal(data.run_count, 4);
    release(&made);
}

static void the_sweeps_own_metric_is_known(void **state) {
    (void)state;
    struct made made;
    struct report_data data;
    struct store *store = fill(&made, "own.db", "metric={name: test_loss, goal: minimize}");
    for (size_t i = 0; i < made.space.trial_count; i++)
        put(store, &made, completed(&made, i, (double)i));
    store_close(store);
    read_report("own.db", &made.arena, &data);
    assert_true(data.metric > 0);
    assert_string_equal(data.observations[data.metric].column, "test_loss");
    assert_false(data.observations[data.metric].maximize);
    release(&made);
}

static void a_sweep_without_results_is_read(void **state) {
    (void)state;
    struct made made;
    struct report_data data;
    struct store *store = fill(&made, "empty.db", NULL);
    store_close(store);
    read_report("empty.db", &made.arena, &data);
    assert_int_equal(data.metric_count, 0);
    assert_int_equal(data.observations[0].count, 8);
    assert_int_equal(data.observations[0].factor_count > 0, true);
    release(&made);
}

static void curves_are_the_longest_of_their_runs_the_best_first(void **state) {
    (void)state;
    struct made made;
    struct report_data data;
    struct report_curves curves;
    struct error error = {0};
    const size_t *trials;
    size_t count;
    struct store *store = fill(&made, "curves.db", "epochs=[1, 8]");
    /* Settings: sgd 1, sgd 8, adam 1, adam 8; the best is adam with 1 epoch. */
    static const double base[] = {1, 1, 0, 0, 3, 3, 2, 2};
    for (size_t i = 0; i < 8; i++)
        put(store, &made, completed(&made, i, base[i]));
    assert_int_equal(store_report(store, 0, &made.arena, &data, &error), STATUS_OK);
    assert_int_equal(page_choose_curves(&data, &made.arena, &trials, &count, &error), STATUS_OK);
    assert_int_equal(count, 4);
    assert_int_equal(trials[0], 6);
    assert_int_equal(trials[1], 7);
    assert_int_equal(trials[2], 2);
    assert_int_equal(
        store_report_curves(store, &data, trials, count, 100, 1000, &made.arena, &curves, &error),
        STATUS_OK);
    assert_int_equal(curves.count, 4);
    assert_int_equal(curves.series_count, 4);
    assert_string_equal(curves.series[0].name, "val_accuracy");
    assert_int_equal(curves.curves[0].length, 8);
    assert_close(curves.curves[0].epochs[7], 8);
    assert_close(curves.curves[0].values[7 * 4 + 0], 2.5);
    assert_close(curves.curves[0].values[0 * 4 + 1], 702.4);
    /* Thinned: the first, every third and the last; and no more than there is room for. */
    assert_int_equal(
        store_report_curves(store, &data, trials, count, 3, 10, &made.arena, &curves, &error),
        STATUS_OK);
    assert_int_equal(curves.count, 1);
    assert_int_equal(curves.curves[0].length, 4);
    static const double kept[] = {1, 3, 6, 8};
    for (size_t i = 0; i < 4; i++)
        assert_close(curves.curves[0].epochs[i], kept[i]);
    assert_close(curves.curves[0].values[2 * 4 + 3], 202.1);
    store_close(store);
    release(&made);
}

static char *page_of(const char *name, const struct page_winner *winner, struct arena *arena) {
    struct store *store;
    struct report_data data;
    struct report_curves curves;
    struct page_metrics menu;
    struct error error = {0};
    const size_t *trials;
    size_t count;
    struct text html;
    text_init(&html);
    assert_int_equal(store_open_read(in_folder(name), &store, &error), STATUS_OK);
    assert_int_equal(store_report(store, 0, arena, &data, &error), STATUS_OK);
    assert_int_equal(page_choose_curves(&data, arena, &trials, &count, &error), STATUS_OK);
    assert_int_equal(
        store_report_curves(store, &data, trials, count, 100, 1000, arena, &curves, &error),
        STATUS_OK);
    store_close(store);
    assert_int_equal(page_effects_make(&data, words_english(), arena, &menu, &error), STATUS_OK);
    const struct pareto pareto = {0};
    const struct page_sweep sweep = {.data = &data,
                                     .curves = &curves,
                                     .metrics = &menu,
                                     .pareto = &pareto,
                                     .winner_count = winner != NULL,
                                     .winners = winner};
    const struct page page = {
        .database = name, .words = words_english(), .count = 1, .sweeps = &sweep};
    assert_int_equal(page_append(&page, &html, &error), STATUS_OK);
    return html.data;
}

/* The data in a page, read back. */
static struct json_object *data_in(const char *html) {
    static const char open[] = "<script type=\"application/json\" id=\"data\">";
    const char *begin = strstr(html, open);
    assert_non_null(begin);
    begin += strlen(open);
    const char *end = strstr(begin, "</script>");
    assert_non_null(end);
    for (const char *c = begin; c < end; c++)
        assert_false(*c == '<' || *c == '>' || *c == '&' || strncmp(c, "\xe2\x80\xa8", 3) == 0);
    struct json_tokener *tokener = json_tokener_new();
    struct json_object *json = json_tokener_parse_ex(tokener, begin, (int)(end - begin));
    assert_int_equal(json_tokener_get_error(tokener), json_tokener_success);
    json_tokener_free(tokener);
    return json;
}

static struct json_object *run(struct json_object *object, const char *name) {
    struct json_object *found = NULL;
    if (!json_object_object_get_ex(object, name, &found))
        fail_msg("no %s", name);
    return found;
}

/* The first sweep in a page's data. */
static struct json_object *sweep_in(struct json_object *page) {
    return json_object_array_get_idx(run(page, "sweeps"), 0);
}

/* The hyperparameters that are varied, and their settings' places; every one that has more than one
 * level has places. */
static void print_varied(struct json_object *sweep, struct text *text) {
    struct json_object *all = run(sweep, "hyperparameters"), *settings = run(sweep, "settings");
    assert_int_equal(json_object_array_length(all), HP_COUNT);
    for (size_t i = 0; i < HP_COUNT; i++) {
        struct json_object *places = json_object_array_get_idx(settings, i);
        struct json_object *one = json_object_array_get_idx(all, i);
        assert_int_equal(places != NULL, json_object_array_length(run(one, "levels")) > 1);
        if (json_object_get_boolean(run(one, "varied")))
            text_printf(text, "%s %s\n", json_object_to_json_string_ext(one, 0),
                        json_object_to_json_string_ext(places, 0));
    }
}

/* Column by column: levels in their order, settings by the places of their levels. */
static void settings_are_places_of_levels(void **state) {
    (void)state;
    struct made made;
    struct store *store = fill(&made, "levels.db", wide);
    for (size_t i = 0; i < made.space.trial_count; i++)
        put(store, &made, completed(&made, i, (double)i));
    store_close(store);
    char *html = page_of("levels.db", NULL, &made.arena);
    struct json_object *json = data_in(html), *sweep = sweep_in(json);
    struct text varied;
    text_init(&varied);
    print_varied(sweep, &varied);
    assert_string_equal(varied.data, "{\"name\":\"epochs\",\"number\":true,\"varied\":true,"
                                     "\"aliases\":[],\"log\":null,\"within\":[],"
                                     "\"levels\":[1,2]} "
                                     "[0,1,0,1,0,1]\n"
                                     "{\"name\":\"optimizer\",\"number\":false,\"varied\":true,"
                                     "\"aliases\":[],\"log\":null,\"within\":[],"
                                     "\"levels\":[\"sgd\",\"adam\"]} [0,0,0,0,1,1]\n"
                                     "{\"name\":\"momentum\",\"number\":true,\"varied\":true,"
                                     "\"aliases\":[],\"log\":null,\"within\":["
                                     "\"optimizer\"],"
                                     "\"levels\":[1e-05,0.5,null]} [1,1,0,0,2,2]\n");
    struct json_object *batch =
        json_object_array_get_idx(run(sweep, "hyperparameters"), HP_BATCH_SIZE);
    assert_string_equal(json_object_to_json_string_ext(batch, 0),
                        "{\"name\":\"batch_size\",\"number\":true,\"varied\":false,\"aliases\":[],"
                        "\"log\":null,\"within\":[],"
                        "\"levels\":[32]}");
    text_release(&varied);
    struct json_object *trials = run(sweep, "trials");
    assert_string_equal(json_object_to_json_string_ext(run(trials, "setting"), 0),
                        "[0,0,1,1,2,2,3,3,4,4,5,5]");
    assert_string_equal(json_object_to_json_string_ext(run(trials, "seed"), 0),
                        "[5,6,5,6,5,6,5,6,5,6,5,6]");
    json_object_put(json);
    free(html);
    release(&made);
}

static void names_made_of_html_stay_names(void **state) {
    (void)state;
    static const char name[] = "</script><script>alert(1)</script><!--&amp;\xe2\x80\xa8";
    struct made made;
    make(&made, plain_config, NULL);
    made.config.name = name;
    made.config.text = "# </SCRIPT >";
    struct store *store = open_store("html.db");
    begin(store, &made);
    store_close(store);
    char *html = page_of("html.db", NULL, &made.arena);
    assert_null(strstr(html, "alert(1)</"));
    assert_null(strstr(html, "{{policy}}"));
    assert_null(strstr(html, "{{data}}"));
    struct json_object *json = data_in(html), *first = sweep_in(json), *sweep = run(first, "sweep");
    assert_string_equal(json_object_get_string(run(sweep, "name")), name);
    assert_string_equal(json_object_get_string(run(sweep, "config")), "# </SCRIPT >");
    assert_int_equal(json_object_array_length(run(sweep, "warnings")), 1);
    assert_int_equal(json_object_array_length(run(first, "winners")), 0);
    json_object_put(json);
    free(html);
    release(&made);
}

static void the_winner_is_in_the_data(void **state) {
    (void)state;
    static uint32_t confusion[] = {7, 1, 0, 9};
    static uint8_t pixels[] = {9, 9, 9, 9, 0, 128, 255, 1};
    static struct mistake mistake = {1, 0, 1, 0.75f};
    const struct evaluation evaluation = {.output = "digit",
                                          .classes = 2,
                                          .images = 17,
                                          .hits = 16,
                                          .accuracy = 16.0 / 17,
                                          .confusion = confusion,
                                          .mistake_count = 1,
                                          .mistakes = &mistake};
    struct miss points[] = {{0, 2, 2.5}, {2, 3, (double)NAN}};
    struct evaluation prediction = {.output = "level",
                                    .classes = 1,
                                    .images = 4,
                                    .values = true,
                                    .root_mean_squared_error = 0.5,
                                    .mean_absolute_error = 0.25,
                                    .r2_score = (double)NAN,
                                    .point_count = 2,
                                    .points = points};
    const struct dataset dataset = {
        .rows = 2, .columns = 2, .test = {.count = 2, .pixels = pixels}};
    struct page_winner winner;
    struct error error = {0};
    struct made made;
    struct store *store = fill(&made, "winner.db", NULL);
    for (size_t i = 0; i < made.space.trial_count; i++)
        put(store, &made, completed(&made, i, (double)i));
    store_close(store);
    assert_int_equal(
        page_winner_make(3, &evaluation, &prediction, 1, &dataset, &made.arena, &winner, &error),
        STATUS_OK);
    char *html = page_of("winner.db", &winner, &made.arena);
    struct json_object *json = data_in(html);
    struct json_object *own = json_object_array_get_idx(run(sweep_in(json), "winners"), 0);
    assert_string_equal(
        json_object_to_json_string_ext(own, JSON_C_TO_STRING_NOSLASHESCAPE),
        "{\"trial\":3,\"output\":\"digit\",\"rows\":2,\"columns\":2,\"confusion\":[[7,1],[0,9]],"
        "\"mistakes\":[{\"index\":1,\"label\":0,\"predicted\":1,"
        "\"probability\":0.75,\"pixels\":\"AID/AQ==\"}],\"predictions\":[{\"output\":\"level\","
        "\"examples\":4,\"numbers\":1,\"root_mean_squared_error\":0.5,"
        "\"mean_absolute_error\":0.25,\"r2_score\":null,\"points\":[[0,2,2.5],[2,3,null]]}]}");
    json_object_put(json);
    free(html);
    release(&made);
}

/* Nothing may be loaded, and only what is in the page may run. */
static void the_policy_is_closed(void **state) {
    (void)state;
    struct made made;
    struct store *store = fill(&made, "policy.db", NULL);
    store_close(store);
    char *html = page_of("policy.db", NULL, &made.arena);
    const char *policy = strstr(html, "Content-Security-Policy");
    assert_non_null(policy);
    char *end = strchr(policy, '>');
    *end = '\0';
    assert_non_null(strstr(policy, "default-src 'none'"));
    assert_null(strstr(policy, "unsafe"));
    assert_null(strstr(policy, "http"));
    size_t digests = 0;
    for (const char *at = policy; (at = strstr(at, "'sha256-")); at++)
        digests++;
    assert_int_equal(digests, 3);
    free(html);
    release(&made);
}

static bool contains(const struct page_file *file, const char *text) {
    return memmem(file->begin, (size_t)(file->end - file->begin), text, strlen(text)) != NULL;
}

/* What is in the page as it is must not end the element that it is in. */
static void no_file_ends_its_element(void **state) {
    (void)state;
    assert_false(contains(&page_style, "</style"));
    assert_false(contains(&page_d3, "</script") || contains(&page_d3, "<!--"));
    assert_false(contains(&page_d3_licence, "<"));
    assert_true(page_script_count > 5);
    for (size_t i = 0; i < page_script_count; i++)
        assert_false(contains(&page_scripts[i], "</script") || contains(&page_scripts[i], "<!--"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sweep_is_read_whole),
        cmocka_unit_test(trials_have_their_scores_and_runs),
        cmocka_unit_test(the_sweeps_own_metric_is_known),
        cmocka_unit_test(a_sweep_without_results_is_read),
        cmocka_unit_test(curves_are_the_longest_of_their_runs_the_best_first),
        cmocka_unit_test(settings_are_places_of_levels),
        cmocka_unit_test(names_made_of_html_stay_names),
        cmocka_unit_test(the_winner_is_in_the_data),
        cmocka_unit_test(the_policy_is_closed),
        cmocka_unit_test(no_file_ends_its_element),
    };
    return cmocka_run_group_tests_name("report", tests, make_folder, remove_folder);
}
