/* Reading a sweep's trials, all or some of them, against what was put into the database. */
#include "store_files.h"

#include "analysis/leaderboard.h"
#include "base/intern.h"
#include "store/observations.h"

static const char mixed_config[] =
    "name: mixed\n"
    "method: grid\n"
    "repeats: 2\n"
    "seed: 5\n"
    "metric: {name: val_loss, goal: minimize}\n"
    "metrics: [f1_score]\n"
    "parameters:\n"
    "  validation_split: {value: 0.25}\n"
    "  layers: {values: [[10], [128, 64 tanh]]}\n"
    "  optimizer: {values: [sgd, {name: sgd, momentum: 0.5, nesterov: true}, adam]}\n"
    "  epochs: {values: [8, 1]}\n";

/* 24 trials; 3 diverged, one failed, 2 are pending. */
static void make_mixed(struct made *made) {
    make(made, mixed_config, NULL);
    struct store *store = open_store("s.db");
    begin(store, made);
    for (size_t i = 0; i < made->space.trial_count - 2; i++) {
        struct trial_result result = completed(made, i, (double)i);
        if (i < 3)
            result.outcome = TRIAL_DIVERGED;
        else if (i == 3)
            result.outcome = TRIAL_FAILED;
        put(store, made, result);
    }
    store_close(store);
}

static enum status observe(const char *const *wheres, size_t count, const char *column,
                           struct arena *arena, struct observations *observations,
                           struct error *error) {
    struct store *store = NULL;
    struct filter filter;
    enum status status = filter_parse("--where", wheres, count, arena, &filter, error);
    const struct selection selection = {.column = column, .filter = &filter};
    if (status == STATUS_OK)
        status = store_open_read(in_folder("s.db"), &store, error);
    if (status == STATUS_OK)
        status = store_observations(store, &selection, arena, observations, error);
    store_close(store);
    return status;
}

static void trials_are_read_with_all_that_varies(void **state) {
    (void)state;
    struct made made;
    struct observations all;
    struct error error = {0};
    make_mixed(&made);
    assert_int_equal(observe(NULL, 0, NULL, &made.arena, &all, &error), STATUS_OK);
    assert_string_equal(all.sweep, "mixed");
    assert_string_equal(all.dataset, "made up");
    assert_string_equal(all.column, "val_loss");
    assert_string_equal(all.test_column, "test_loss");
    assert_string_equal(all.where, "");
    assert_false(all.maximize);
    assert_int_equal(all.count, 24);
    assert_int_equal(all.setting_count, 12);
    assert_int_equal(all.totals[OBSERVATION_COMPLETED], 18);
    assert_int_equal(all.totals[OBSERVATION_DIVERGED], 3);
    assert_int_equal(all.totals[OBSERVATION_FAILED], 1);
    assert_int_equal(all.totals[OBSERVATION_PENDING], 2);
    for (size_t i = 0; i < 24; i++) {
        const struct observation *item = &all.items[i];
        assert_int_equal(item->trial, i + 1);
        assert_int_equal(item->seed, 5 + i % 2);
        assert_int_equal(item->setting, i / 2);
        const bool scored = i >= 4 && i < 22;
        assert_int_equal(isnan(item->value), !scored);
        if (scored) {
            assert_close(item->value, (double)i + .4);
            assert_close(item->test, (double)i + .7);
            assert_close(item->test_accuracy, (double)i + .8);
        }
    }
    release(&made);
}

static void factors_are_what_differs(void **state) {
    (void)state;
    struct made made;
    struct observations all;
    make_mixed(&made);
    assert_int_equal(observe(NULL, 0, NULL, &made.arena, &all, NULL), STATUS_OK);
    static const struct {
        const char *name, *levels[3];
        bool varied;
    } expected[] = {
        {"epochs", {"1", "8"}, true},
        {"layers", {"[10]", "[128, \"64 tanh\"]"}, true},
        {"optimizer", {"sgd", "adam"}, true},
        /* adam's own default */
        {"learning_rate", {"0.001", "0.01"}, false},
        {"momentum", {"0", "0.5", "-"}, true},
        {"nesterov", {"false", "true", "-"}, true},
        {"beta_1", {"0.9", "-"}, false},
        {"beta_2", {"0.999", "-"}, false},
        {"epsilon", {"1e-07", "-"}, false},
        {"amsgrad", {"false", "-"}, false},
    };
    assert_int_equal(all.factor_count, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < all.factor_count; i++) {
        const struct factor *factor = &all.factors[i];
        assert_string_equal(factor->name, expected[i].name);
        assert_int_equal(factor->varied, expected[i].varied);
        for (size_t j = 0; j < factor->level_count; j++) {
            assert_string_equal(factor->levels[j].text, expected[i].levels[j]);
            assert_int_equal(factor->levels[j].none, strcmp(factor->levels[j].text, "-") == 0);
        }
        assert_true(factor->level_count == 3 || !expected[i].levels[factor->level_count]);
    }
    /* The last trial: adam, one epoch, the larger network. */
    const uint32_t *last = all.levels + 23 * all.factor_count;
    static const uint32_t levels[] = {0, 1, 1, 0, 2, 2, 0, 0, 0, 0};
    assert_memory_equal(last, levels, sizeof levels);
    release(&made);
}

/* The trials, counted from 1, that pass. */
static const char *passing(const char *const *wheres, size_t count) {
    static char lists[2][200]; /* two may be compared */
    static size_t turn;
    char *list = lists[turn++ % 2];
    struct observations some;
    struct error error = {0};
    struct arena arena;
    arena_init(&arena);
    list[0] = '\0';
    if (observe(wheres, count, NULL, &arena, &some, &error) != STATUS_OK)
        snprintf(list, sizeof lists[0], "%d: %.150s", error.code, error.message);
    else
        for (size_t i = 0; i < some.count; i++)
            snprintf(list + strlen(list), sizeof lists[0] - strlen(list), "%s%d", i ? " " : "",
                     (int)some.items[i].trial);
    arena_release(&arena);
    return list;
}

static const char *passing_one(const char *where) {
    return passing(&where, 1);
}

static void filters_choose_trials(void **state) {
    (void)state;
    struct made made;
    make_mixed(&made);
    /* Trials: layers slowest, then optimizers in threes, epochs 8 and 1, seeds 5 and 6. */
    assert_string_equal(passing_one("optimizer=adam"), "9 10 11 12 21 22 23 24");
    assert_string_equal(passing_one("optimizer == adam"), "9 10 11 12 21 22 23 24");
    assert_string_equal(passing_one("optimizer in [adam]"), "9 10 11 12 21 22 23 24");
    assert_string_equal(passing_one("optimizer!=sgd"), "9 10 11 12 21 22 23 24");
    assert_string_equal(passing_one("optimizer not in [sgd, ftrl]"), "9 10 11 12 21 22 23 24");
    assert_string_equal(passing_one("momentum=0.5"), "5 6 7 8 17 18 19 20");
    assert_string_equal(passing_one("momentum>0"), "5 6 7 8 17 18 19 20");
    assert_string_equal(passing_one("nesterov=yes"), "5 6 7 8 17 18 19 20");
    /* adam has no momentum: neither 0 nor other than 0.5. */
    assert_string_equal(passing_one("momentum!=0.5"), "1 2 3 4 13 14 15 16");
    assert_string_equal(passing_one("momentum=none"), "9 10 11 12 21 22 23 24");
    assert_string_equal(passing_one("momentum!=none"), "1 2 3 4 5 6 7 8 13 14 15 16 17 18 19 20");
    assert_string_equal(passing_one("lr<0.01"), "9 10 11 12 21 22 23 24");
    assert_string_equal(passing_one("learning_rate >= 1e-2"), passing_one("learning_rate=0.010"));
    assert_string_equal(passing_one("layers=[128, 64 tanh]"), passing_one("layers!=[10]"));
    const char *both[] = {"layers in [[10], [7]]", "epochs<8", "seed>=6"};
    assert_string_equal(passing(both, 3), "4 8 12");
    assert_string_equal(passing_one("seed in [6, 7]"), "2 4 6 8 10 12 14 16 18 20 22 24");
    release(&made);
}

#define EVERY "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24"

/* Whatever the type: a number, a switch, a name, layers, the seed. */
static void empty_lists_are_lists(void **state) {
    (void)state;
    struct made made;
    static const char *const names[] = {"epochs", "learning_rate", "optimizer", "layers", "seed"};
    make_mixed(&made);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char where[64], said[100];
        for (int none = 0; none < 2; none++) {
            snprintf(where, sizeof where, "%s in [%s]", names[i], none && i < 4 ? "none" : "");
            snprintf(said, sizeof said,
                     "2: no trial of this sweep has %s%s; the values it has of %s", names[i],
                     none && i < 4 ? "=none" : " in []", names[i]);
            assert_contains(passing_one(where), said);
        }
        snprintf(where, sizeof where, "%s not in []", names[i]);
        assert_string_equal(passing_one(where), EVERY);
    }
    /* What does not apply is not out of a list either. */
    assert_string_equal(passing_one("momentum not in []"),
                        "1 2 3 4 5 6 7 8 13 14 15 16 17 18 19 20");
    assert_contains(passing_one("nesterov in [ ]"), "2: no trial of this sweep has nesterov in []");
    assert_contains(passing_one("epochs=[]"), "2: no trial of this sweep has epochs in []");
    assert_contains(passing_one("seed = []"), "2: no trial of this sweep has seed in []");
    assert_contains(passing_one("epochs<[]"), "2: epochs: '<' takes one number");
    assert_contains(passing_one("seed>=[]"), "2: seed: '>=' takes one number");
    assert_contains(passing_one("oops in []"), "2: unknown hyperparameter 'oops'");
    /* A network without hidden layers, and a list of that. */
    assert_contains(passing_one("layers=[]"), "2: no trial of this sweep has layers=[];");
    assert_contains(passing_one("layers in [[]]"), "2: no trial of this sweep has layers=[];");
    assert_string_equal(passing_one("layers != []"), EVERY);
    const char *both[] = {"optimizer=adam", "seed not in []"};
    assert_string_equal(passing(both, 2), "9 10 11 12 21 22 23 24");
    release(&made);
}

static void none_may_stand_in_a_list(void **state) {
    (void)state;
    struct made made;
    make_mixed(&made);
    assert_string_equal(passing_one("momentum in [none, 0.5]"),
                        "5 6 7 8 9 10 11 12 17 18 19 20 21 22 23 24");
    assert_string_equal(passing_one("momentum in [0.5, none]"),
                        passing_one("momentum=[none, 0.5]"));
    assert_string_equal(passing_one("momentum in [none]"), passing_one("momentum=none"));
    assert_string_equal(passing_one("momentum not in [none, 0.5]"), "1 2 3 4 13 14 15 16");
    assert_string_equal(passing_one("momentum not in [none]"), passing_one("momentum!=none"));
    assert_contains(passing_one("momentum<none"), "2: momentum: 'none' is not allowed");
    assert_contains(passing_one("seed=none"), "2: seed: 'none' is not allowed");
    release(&made);
}

/* Of these `none` is a value, and applies. */
static void none_may_be_a_value(void **state) {
    (void)state;
    struct made made;
    make(&made,
         "method: grid\nname: none\nparameters:\n  validation_split: {value: 0.25}\n"
         "  epochs: {value: 3}\n  class_weight: {values: [none, balanced]}\n"
         "  early_stopping: {values: [none, val_loss patience=1]}\n"
         "  optimizer: {values: [sgd, adam]}\n",
         NULL);
    struct store *store = open_store("s.db");
    begin(store, &made);
    store_close(store);
    static const char *const cases[][2] = {
        {"early_stopping=none", "1 2 5 6"},
        {"early_stopping!=none", "3 4 7 8"},
        {"early_stopping in [none, val_loss patience=1]", "1 2 3 4 5 6 7 8"},
        {"class_weight=none and momentum=none", "2 4"},
        {"class_weight not in [none]", "5 6 7 8"},
        {"class_weight in [none, balanced]", "1 2 3 4 5 6 7 8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(passing_one(cases[i][0]), cases[i][1]);
    release(&made);
}

/* `and` binds closer than `or`, and several texts have all to hold. */
static void conditions_are_joined(void **state) {
    (void)state;
    struct made made;
    make_mixed(&made);
    assert_string_equal(passing_one("optimizer=adam or optimizer=sgd"), EVERY);
    assert_string_equal(passing_one("optimizer=adam and epochs=1 or momentum=0.5 and epochs=8"),
                        "5 6 11 12 17 18 23 24");
    assert_string_equal(passing_one("momentum=0.5 and epochs=8 or optimizer=adam and epochs=1"),
                        "5 6 11 12 17 18 23 24");
    assert_string_equal(passing_one("optimizer=adam and epochs in [1]\tand seed!=5"), "12 24");
    const char *texts[] = {"optimizer=adam or momentum=0.5", "epochs=1 and seed=5"};
    assert_string_equal(passing(texts, 2), "7 11 19 23");
    /* Not within quotes or brackets, nor as a part of a word. */
    assert_string_equal(passing_one("layers in [[128, \"64 tanh\"], [7]] and seed=5"),
                        "13 15 17 19 21 23");
    assert_contains(passing_one("optimizer='adam or sgd'"), "2: unknown optimizer 'adam or sgd'");
    assert_contains(passing_one("optimizer in [adam or sgd]"), "2: unknown optimizer");
    assert_contains(passing_one("optimizer=adam orsgd"), "2: unknown optimizer 'adam orsgd'");
    static const char *const lacking[] = {"epochs=1 or", "epochs=1 and "};
    for (size_t i = 0; i < sizeof lacking / sizeof *lacking; i++)
        assert_contains(passing_one(lacking[i]), "2: --where: a condition is missing behind");
    assert_contains(passing_one("or epochs=1"), "2: write a hyperparameter");
    assert_contains(passing_one("epochs=1 or and seed=5"), "2: write a hyperparameter");
    assert_contains(passing_one("epochs=8 or optimizer=ada"), "2: unknown optimizer 'ada'");
    assert_contains(passing_one("epochs=7 or seed=9"),
                    "2: no trial of this sweep has epochs=7 or seed=9; the values it has of "
                    "epochs: 1, 8");
    release(&made);
}

static void blanks_and_repetitions_change_nothing(void **state) {
    (void)state;
    struct made made;
    make_mixed(&made);
    static const char *const alike[] = {
        "epochs in [1]",       "epochs in[1]",      "  epochs  in  [ 1 ] ", "epochs\tin\n[1]",
        "epochs in [1, 1, 1]", "epochs in 1",       "epochs = 1",           "epochs not in [8, 8]",
        "epochs not  in[8]",   "epochs\tnot\tin\t8"};
    for (size_t i = 1; i < sizeof alike / sizeof *alike; i++)
        assert_string_equal(passing_one(alike[i]), passing_one(alike[0]));
    static const char *const none[] = {"epochs inn [1]", "epochs notin [1]", "epochs not [1]",
                                       "epochs in",      "epochs not in ",   "in [1]"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_contains(passing_one(none[i]), "2: write a hyperparameter");
    release(&made);
}

/* A list "NAME in [1, 2, ...]" of that many values. */
static char *long_list(struct arena *arena, const char *name, size_t count) {
    struct text text;
    text_init(&text);
    text_printf(&text, "%s in [", name);
    for (size_t i = 0; i < count; i++)
        text_printf(&text, "%s%zu", i > 0 ? ", " : "", i + 1);
    text_append(&text, "]");
    char *copy = arena_copy(arena, text.data);
    text_release(&text);
    return copy;
}

static void long_lists_have_one_limit(void **state) {
    (void)state;
    struct made made;
    make_mixed(&made);
    assert_string_equal(passing_one(long_list(&made.arena, "epochs", 1000)), EVERY);
    assert_string_equal(passing_one(long_list(&made.arena, "seed", 1000)), EVERY);
    static const char *const names[] = {"epochs", "seed", "momentum", "optimizer"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *list = long_list(&made.arena, names[i], i == 1 ? 40000 : 1001);
        struct filter filter;
        struct error error = {0};
        assert_int_equal(filter_parse("--where", &list, 1, &made.arena, &filter, &error),
                         STATUS_USAGE);
        assert_contains(error.message, "values are more than the 1000 that a list may have");
        assert_contains(error.file, "--where ");
        assert_contains(error.file, names[i]);
    }
    const char *many[33];
    for (size_t i = 0; i < 33; i++)
        many[i] = long_list(&made.arena, "seed", 1000);
    assert_string_equal(passing(many, 30), EVERY);
    assert_contains(passing(many, 33), "2: --where: 33000 values are more than the 30000");
    release(&made);
}

static void filters_that_are_none_say_why(void **state) {
    (void)state;
    struct made made;
    static const char *const cases[][2] = {
        {"optimizer=amad", "2: unknown optimizer 'amad'; did you mean 'adam'?"},
        {"optimzer=adam", "2: unknown hyperparameter 'optimzer'; did you mean 'optimizer'?"},
        {"epochs=ten", "2: epochs: 'ten' is not allowed; it takes a whole number from 1"},
        {"epochs=0", "2: epochs: '0' is not allowed"},
        {"optimizer<sgd", "2: optimizer is no number"},
        {"nesterov>=true", "2: nesterov is no number"},
        {"epochs<[1, 2]", "2: epochs: '<' takes one number"},
        {"optimizer={name: sgd, momentum: 0.5}", "2: optimizer: a plain value belongs here"},
        {"seed=-1", "2: seed: '-1' is not allowed"},
        {"epochs", "2: write a hyperparameter, a relation and a value"},
        {"epochs=", "2: write a hyperparameter"},
        {"=3", "2: write a hyperparameter"},
        {"", "2: write a hyperparameter"},
        {"epochs=[1", "2: "},
        {"epochs=7", "2: no trial of this sweep has epochs=7; the values it has of epochs: 1, 8"},
        {"momentum=1", "2: no trial of this sweep has momentum=1; the values it has of momentum: "
                       "none, 0, 0.5"},
        {"amsgrad=true",
         "2: no trial of this sweep has amsgrad=true; the values it has of amsgrad: "
         "none, false"},
        {"nesterov in []", "2: no trial of this sweep has nesterov in []; the values it has of "
                           "nesterov: none, false, true"},
        {"seed=1", "2: no trial of this sweep has seed=1; the values it has of seed: 5, 6"},
        {"optimizer=adam' OR '1'='1", "2: unknown optimizer 'adam' OR '1'='1'"},
        {"optimizer;DROP TABLE trials=1", "2: write a hyperparameter"},
    };
    make_mixed(&made);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strncmp(passing_one(cases[i][0]), cases[i][1], strlen(cases[i][1])) != 0)
            fail_msg("%s: %s", cases[i][0], passing_one(cases[i][0]));
    const char *apart[] = {"optimizer=adam", "optimizer=sgd"};
    assert_string_equal(passing(apart, 2), "2: no trial of this sweep has all of: optimizer=adam, "
                                           "optimizer=sgd; some have each of them");
    assert_string_equal(ask("s.db", "SELECT count(*) FROM trials"), "24");
    release(&made);
}

static void filters_read_as_they_are_written(void **state) {
    (void)state;
    static const char *const wheres[] = {"optimizer in [adam,sgd]",
                                         " lr<0.010 ",
                                         "layers=[10]",
                                         "momentum!=none",
                                         "epochs not in [1, 2]",
                                         "seed == 4",
                                         "loss!=mse",
                                         "rho in [none, 0.9]",
                                         "seed in []",
                                         "l2 not in[]",
                                         "epochs=1 or  epochs = 2 and seed=3"};
    struct filter filter;
    struct arena arena;
    struct text text;
    arena_init(&arena);
    text_init(&text);
    assert_int_equal(filter_parse("--where", wheres, 11, &arena, &filter, NULL), STATUS_OK);
    filter_append(&filter, &text);
    assert_string_equal(text.data, "optimizer in [adam, sgd], learning_rate<0.01, layers=[10], "
                                   "momentum!=none, epochs not in [1, 2], seed=4, "
                                   "loss!=mean_squared_error, rho in [none, 0.9], seed in [], "
                                   "l2 not in [], epochs=1 or epochs=2 and seed=3");
    text_release(&text);
    arena_release(&arena);
}

static void a_filter_leaves_what_still_varies(void **state) {
    (void)state;
    struct made made;
    struct observations some;
    make_mixed(&made);
    const char *sgd[] = {"optimizer=sgd", "epochs=8"};
    assert_int_equal(observe(sgd, 2, "test_f1", &made.arena, &some, NULL), STATUS_OK);
    assert_string_equal(some.column, "test_f1_score");
    assert_string_equal(some.test_column, "test_f1_score");
    assert_string_equal(some.where, "optimizer=sgd, epochs=8");
    assert_true(some.maximize);
    assert_int_equal(some.factor_count, 3);
    assert_string_equal(some.factors[0].name, "layers");
    assert_string_equal(some.factors[1].name, "momentum");
    assert_string_equal(some.factors[2].name, "nesterov");
    assert_true(some.factors[1].varied);
    assert_int_equal(some.count, 8);
    assert_close(some.items[7].value, 17 + .9);
    assert_close(some.items[7].test, 17 + .9);
    /* Nothing is a score of the test images here. */
    assert_int_equal(observe(sgd, 2, "parameters", &made.arena, &some, NULL), STATUS_OK);
    assert_null(some.test_column);
    assert_true(isnan(some.items[7].test));
    release(&made);
}

/* By name, whether the factor varies; -1 where there is none. */
static int varies(const struct observations *all, enum hyperparameter_id id) {
    const struct factor *factor = observations_factor(all, &hyperparameters[id]);
    return factor ? factor->varied : -1;
}

static void what_another_value_implies_does_not_vary(void **state) {
    (void)state;
    struct made made;
    struct observations all;
    struct error error = {0};
    make(&made,
         "method: grid\nparameters:\n  layers: {values: [[10], []]}\n  dropout: {value: 0.2}\n"
         "  initializer: {values: [zeros, ones]}\n",
         NULL);
    struct store *store = open_store("s.db");
    begin(store, &made);
    store_close(store);
    assert_int_equal(observe(NULL, 0, NULL, &made.arena, &all, &error), STATUS_OK);
    assert_int_equal(varies(&all, HP_LAYERS), 1);
    assert_int_equal(varies(&all, HP_INITIALIZER), 1);
    assert_int_equal(varies(&all, HP_ACTIVATION), 0);
    assert_int_equal(varies(&all, HP_DROPOUT), 0);
    release(&made);
    make(&made,
         "method: grid\nparameters:\n  layers: {values: [[10], []]}\n  dropout: {values: [0, "
         "0.2]}\n",
         NULL);
    store = open_store("s.db");
    begin(store, &made);
    store_close(store);
    assert_int_equal(observe(NULL, 0, NULL, &made.arena, &all, &error), STATUS_OK);
    assert_int_equal(varies(&all, HP_DROPOUT), 1);
    assert_int_equal(varies(&all, HP_ACTIVATION), 0);
    release(&made);
}

static void single_trials_are_ranked(void **state) {
    (void)state;
    struct made made;
    struct observations some;
    struct leaderboard board;
    make_mixed(&made);
    const char *first[] = {"layers=[10]"};
    assert_int_equal(observe(first, 1, NULL, &made.arena, &some, NULL), STATUS_OK);
    assert_int_equal(leaderboard_of(&some, true, 0, &made.arena, &board, NULL), STATUS_OK);
    assert_true(board.single);
    assert_string_equal(board.observations->where, "layers=[10]");
    assert_int_equal(board.observations->count, 12);
    assert_int_equal(board.observations->totals[OBSERVATION_COMPLETED], 8);
    assert_int_equal(board.count, 11); /* one failed */
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(board.observations->items[board.standings[i].observation].trial,
                         5 + i); /* losses ascend */
        assert_int_equal(board.observations->items[board.standings[i].observation].seed, 5 + i % 2);
        assert_close(board.standings[i].score.mean, (double)i + 4.4);
        assert_true(isnan(board.standings[i].score.deviation));
    }
    for (size_t i = 8; i < 11; i++) {
        assert_true(isnan(board.standings[i].score.mean));
        assert_int_equal(board.standings[i].diverged, 1);
    }
    assert_int_equal(leaderboard_of(&some, false, 2, &made.arena, &board, NULL), STATUS_OK);
    assert_int_equal(board.count, 2);
    assert_close(board.standings[0].score.mean, 4.9);
    assert_close(board.standings[0].score.deviation, sqrt(.5));
    assert_string_equal(board.standings[0].values[0], "8");
    release(&made);
}

static void equal_strings_have_equal_numbers(void **state) {
    (void)state;
    struct intern intern;
    char text[32];
    bool is_new;
    intern_init(&intern);
    for (size_t round = 0; round < 2; round++)
        for (size_t i = 0; i < 5000; i++) {
            const int length = snprintf(text, sizeof text, "%zu", i);
            assert_int_equal(intern_number(&intern, text, (size_t)length, &is_new), i);
            assert_int_equal(is_new, round == 0);
        }
    assert_int_equal(intern_number(&intern, "", 0, NULL), 5000);
    assert_int_equal(intern_number(&intern, "\0", 1, NULL), 5001);
    assert_int_equal(intern_number(&intern, "", 0, NULL), 5000);
    assert_int_equal(intern.count, 5002);
    intern_release(&intern);
    assert_int_equal(intern.count, 0);
}

#define CASE(NAME) cmocka_unit_test_setup_teardown(NAME, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(trials_are_read_with_all_that_varies),
        CASE(factors_are_what_differs),
        CASE(filters_choose_trials),
        CASE(empty_lists_are_lists),
        CASE(none_may_stand_in_a_list),
        CASE(none_may_be_a_value),
        CASE(conditions_are_joined),
        cmocka_unit_test(blanks_and_repetitions_change_nothing),
        CASE(long_lists_have_one_limit),
        CASE(filters_that_are_none_say_why),
        CASE(filters_read_as_they_are_written),
        CASE(a_filter_leaves_what_still_varies),
        CASE(what_another_value_implies_does_not_vary),
        CASE(single_trials_are_ranked),
        cmocka_unit_test(equal_strings_have_equal_numbers),
    };
    return cmocka_run_group_tests_name("observations", tests, NULL, NULL);
}
