/* Configs that a person may write by mistake: with the lines that are told at once, they are
 * accepted. */
#include "parsed.h"

#define METHOD "method: random\nbudget: {trials: 20}\n"
#define PARAMETERS                                                                                 \
    "parameters:\n  validation_split: {value: 0.1}\n  epochs: {value: 9}\n"                        \
    "  learning_rate: {min: 0.001, max: 0.1, log: true}\n"
#define TOP(lines) METHOD lines "\n" PARAMETERS
#define BELOW(lines) METHOD PARAMETERS lines "\n"

/* The text with all edits, the last one first; of two insertions at one place there is one. */
static const char *correct(const char *text) {
    const struct problems *problems = sweep.config.problems;
    const struct edit *before = NULL;
    const char *corrected = arena_copy(&sweep.arena, text);
    for (;;) {
        const struct edit *last = NULL;
        for (size_t i = 0; i < problems->count; i++) {
            const struct edit *edit = &problems->items[i].edit;
            const bool left = !before || edit->begin < before->begin ||
                              (edit->begin == before->begin && edit->end < before->end);
            const bool later = !last || edit->begin > last->begin ||
                               (edit->begin == last->begin && edit->end > last->end);
            if (edit->text && left && later)
                last = edit;
        }
        if (!last)
            return corrected;
        /* A line that is put in has the indentation of the one it is put before. */
        size_t indentation = 0, begin = last->begin;
        while (begin > 0 && text[begin - 1] != '\n')
            begin--;
        indentation = strspn(text + begin, " ");
        struct text replacement;
        text_init(&replacement);
        for (const char *c = last->replacement; *c; c++)
            text_printf(&replacement, "%c%*s", *c, *c == '\n' ? (int)indentation : 0, "");
        corrected = arena_printf(&sweep.arena, "%.*s%s%s", (int)last->begin, corrected,
                                 replacement.data, corrected + last->end);
        text_release(&replacement);
        before = last;
    }
}

static void expect_places(const char *text) {
    const struct problems *problems = sweep.config.problems;
    bool any = false;
    for (size_t i = 0; i < problems->count; i++) {
        const struct error *error = &problems->items[i].error;
        if (error->line == 0)
            fail_msg("without a place: %s\n%s", error->message, text);
        if (i > 0 && error->line < problems->items[i - 1].error.line)
            fail_msg("not in the file's order: %s\n%s", error->message, text);
        any |= problems->items[i].corrected != NULL;
    }
    if (!any)
        fail_msg("no corrected line: %s\n%s", problems->items[0].error.message, text);
}

/* A config with faults whose remedies are known. */
static const char *const mended[] = {
    /* the metric */
    TOP("metric: {name: val_acuracy}"),
    TOP("metric: val_loss"),
    TOP("metric: {name: val_loss, goal: min}"),
    TOP("metric: {name: parameters}"),
    TOP("metric: [{name: parameters}]"),
    TOP("metric: {name: test_accuracy}\nearly_terminate: {type: halving}"),
    METHOD "metric: {name: val_loss}\nparameters:\n  epochs: {value: 3}\n",
    METHOD "metric: {name: val_loss}\nparameters: {epochs: {value: 3}}\n",
    METHOD "metric: [{name: val_loss}, {name: val_accuracy}]\nparameters:\n  epochs: {value: 3}\n",
    METHOD "metric: {name: val_loss}\n",
    METHOD "metric: {name: test_loss}\nearly_terminate: {type: median}\nparameters:\n"
           "  epochs: {value: 3}\n",
    METHOD "early_terminate: {type: hyperband}\nparameters:\n  epochs: {value: 9}\n",
    METHOD "early_terminate:\n  type: hyperband\nparameters:\n  epochs:\n    value: 9\n",
    /* early_terminate */
    TOP("early_terminate: halving"),
    TOP("early_terminate: [race]\nrepeats: 5"),
    TOP("early_terminate: true"),
    TOP("early_terminate: {type: }"),
    TOP("early_terminate:\n  type:\n  eta: 3"),
    TOP("early_terminate: {eta: 3}"),
    TOP("early_terminate: {type: halvin}"),
    TOP("early_terminate: {type: bandit}"),
    TOP("early_terminate: {type: halving, min_itr: 3, ets: 2}"),
    TOP("early_terminate: {type: hyperband, max_iter: 27, s: 2}"),
    TOP("early_terminate: {type: hyperband, max_iter: 1}"),
    TOP("early_terminate: {type: hyperband, min_iter: 27}"),
    TOP("early_terminate: {type: median, min_iter: 9}"),
    TOP("early_terminate: {type: hyperband, min_iter: 5, max_iter: 3}"),
    TOP("early_terminate: {type: halving, eta: 1}"),
    TOP("early_terminate: {type: halving, keep: 1}"),
    TOP("early_terminate: {type: halving, finalists: 0}"),
    TOP("early_terminate: {type: halving, s: 2.5}"),
    TOP("early_terminate: {type: race}"),
    TOP("early_terminate: {type: race}\nrepeats: 2"),
    TOP("repeats: 5\nearly_terminate: {type: race, level: 0.7}"),
    TOP("repeats: 5\nearly_terminate: {type: race, eta: 3}"),
    TOP("repeats: 5\nearly_terminate: {eta: 3, type: race}"),
    /* what may be spent */
    "method: randm\n" PARAMETERS,
    "method: [tpe]\n" PARAMETERS,
    "budget: {trials: 5}\n" PARAMETERS,
    "budget: {trials: 5}\nparameters: {epochs: {values: [1, 2]}}\n",
    "method: random\nbudget: {trials: 0}\n" PARAMETERS,
    "method: random\nbudget: {trials: -5}\n" PARAMETERS,
    "method: random\nbudget: {trials: 1e12}\n" PARAMETERS,
    "method: random\nbudget: {trials: 2.5}\n" PARAMETERS,
    "method: random\nbudget: {epochs: 0}\n" PARAMETERS,
    "method: random\nbudget: {seconds: 1h}\n" PARAMETERS,
    "method: random\nbudget: 5\n" PARAMETERS,
    "method: random\nbudget: {trails: 5}\n" PARAMETERS,
    "method: random\nrun_cap: 0\n" PARAMETERS,
    TOP("repeats: 30"),
    TOP("batch: 0"),
    TOP("repeats: 0"),
    /* ranges */
    BELOW("  dropout: {min: 0.5, max: 0}"),
    BELOW("  dropout: {max: 0.5}"),
    BELOW("  dropout: {min: 0.1}"),
    BELOW("  dropout:\n    min: 0"),
    BELOW("  dropout: {min: 0, max: 1}"),
    BELOW("  dropout: {min: 0, max: 0.5, q: 0}"),
    BELOW("  dropout: {min: 0, max: 0.5, q: -0.1}"),
    BELOW("  dropout: {min: 0, max: 0.5, q: -1}"),
    BELOW("  dropout: {distribution: q_uniform, min: 0, max: 0.5, q: 0}"),
    BELOW("  batch_size: {distribution: q_normal, mu: 32, sigma: 10, q: 0}"),
    BELOW("  batch_size: {min: 0, max: 64}"),
    BELOW("  batch_size: {min: 16, max: 1e9}"),
    BELOW("  batch_size: {min: 2.5, max: 64}"),
    BELOW("  l2: {min: 0, max: 0.1, log: true}"),
    BELOW("  l2: {distribution: log_uniform_values, min: 0, max: 0.1}"),
    BELOW("  l2: {distribution: log_uniform_values, min: -1, max: 0.1}"),
    BELOW("  l2: {distribution: log_uniform, min: -9, max: -2}"),
    METHOD "parameters:\n  learning_rate: {min: 0, max: 0.1, log: true}\n",
    METHOD "parameters:\n  learning_rate: {distribution: log_uniform_values, min: 0, max: 0.1}\n",
    METHOD "parameters:\n  learning_rate: {min: -1, max: 0.1}\n",
    METHOD "parameters:\n  learning_rate:\n    distribution: log_uniform_values\n    max: 0.1\n"
           "    min: 0\n",
    BELOW("  dropout: {distribution: unifrom, min: 0, max: 0.5}"),
    BELOW("  dropout: {distribution: uniform, mu: 0.2, sigma: 0.1}"),
    BELOW("  dropout: {distribution: normal, mu: 0.2, sigma: 0}"),
    BELOW("  dropout: {distribution: normal, mu: 0.2, sigma: -0.1}"),
    BELOW("  dropout: {distribution: normal, mu: 0.2, sigma: 1, min: 0.3, max: 0.1}"),
    BELOW("  dropout: {distribution: beta, a: 2}"),
    BELOW("  dropout: {distribution: beta, a: 2, b: -1}"),
    BELOW("  dropout: {distribution: beta, a: 0, b: 1}"),
    /* lists */
    BELOW("  batch_size: [16, 32]"),
    BELOW("  batch_size: 16"),
    BELOW("  batch_size: {value: [16, 32]}"),
    BELOW("  batch_size: {values: [16, 32], probabilities: [0.5, 0.6]}"),
    BELOW("  batch_size: {values: [16, 32], probabilities: [1.5, -0.5]}"),
    BELOW("  batch_size: {values: [16, 32], probabilities: [1]}"),
    BELOW("  batch_size: {probabilities: [0, 0], values: [16, 32]}"),
    GRID "  batch_size: {values: [16, 32], probabilities: [0.5, 0.5]}\n",
    GRID "  learning_rate: {min: 0.001, max: 0.1, log: true}\n",
    GRID "  dropout: {min: 0, max: 0.5}\n",
    BELOW("  layers: {count: {min: 0, max: 1000}, units: {values: [32, 64]}}"),
    BELOW("  layers: {count: [1, 2], units: {min: 0, max: 8}}"),
    /* conditions, zip, exclude */
    BELOW("  optimizer: {values: [{name: adam, momentum: {min: 0, max: 0.9}}, sgd]}"),
    BELOW("  optimizer: {values: [{name: sgd, momentum: {min: 0.9, max: 0.1}}, adam]}"),
    BELOW("  optimizer: {values: [{name: sgd, momentum: {min: 0, max: 2}}, adam]}"),
    TOP("zip: [dropout, batch_size]") "  dropout: {values: [0, 0.1]}\n"
                                      "  batch_size: {values: [1, 2, 3]}\n",
    TOP("zip: {dropout: batch_size}") "  dropout: {values: [0, 0.1]}\n"
                                      "  batch_size: {values: [1, 2]}\n",
    TOP("zip: [dropot, batch_size]") "  dropout: {values: [0, 0.1]}\n"
                                     "  batch_size: {values: [1, 2]}\n",
    TOP("exclude: [\"dropot>0 and lerning_rate<0.01\"]") "  dropout: {values: [0, 0.1]}\n",
    TOP("exclude: [{dropout: 0.1, epochs: 9}]") "  dropout: {values: [0, 0.1]}\n",
    /* W&B's nested parameters */
    METHOD "parameters:\n  optimizer:\n    parameters:\n      name: {values: [adam, sgd]}\n"
           "      # of both\n      lr:\n        min: 0.1\n        max: 0.2\n\n"
           "  # more\n  dropout: {value: 0}\n",
    METHOD "parameters:\n  optimizer: {parameters: {name: {value: adam}, lr: {value: 0.1}}}\n",
    METHOD "parameters:\n  opt:\n    parameters:\n      type:\n        values:\n          - adam\n"
           "          - sgd\n",
    METHOD "parameters:\n  model:\n    parameters:\n      dropout: {values: [0, 0.1]}\n"
           "      layers:\n        values:\n          - [3, 4]\n          - [3]\n",
    METHOD "parameters:\n  model:\n    parameters:\n      optimizer:\n        parameters:\n"
           "          name: {value: adam}\n          lr: {value: 0.1}\n"
           "      dropout: {values: [0, 0.1]}\n",
    /* several at once */
    "program: train.py\nproject: x\nmethod: bayes\nmetric:\n  name: val_loss\n  goal: minimise\n"
    "run_cap: 30\nearly_terminate:\n  type: hyperband\n  min_iter: 30\nparameters:\n"
    "  learning_rate:\n    distribution: log_uniform_values\n    min: 0\n    max: 0.1\n"
    "  fc_layer_size:\n    values: [128, 256]\n  epochs:\n    value: 10\n",
    "{method: random, metric: {name: val_loss}, early_terminate: {type: race}, parameters: "
    "{epochs: {value: 9}, lr: {min: 0, max: 1}}}\n",
};

static void of_what_is_meant(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof mended / sizeof *mended; i++) {
        char copy[4096];
        if (parse_text(&sweep, mended[i]) != STATUS_INPUT)
            fail_msg("accepted: %s", mended[i]);
        expect_places(mended[i]);
        snprintf(copy, sizeof copy, "%s", correct(mended[i]));
        if (parse_text(&sweep, copy) != STATUS_OK)
            fail_msg("%d:%d: %s\n%s", sweep.error.line, sweep.error.column, sweep.error.message,
                     copy);
    }
}

/* What is right, and has no effect or another than may be expected. */
static void notes(void **state) {
    (void)state;
    static const struct {
        const char *text, *fragment;
    } cases[] = {
        {TOP("metric: {name: val_accuracy, target: 0.9}"), "'target' is ignored"},
        {TOP("batch: 100"), "batch 100 is more than the 20 settings of the budget"},
        {"method: tpe\nrun_cap: 12\n" PARAMETERS,
         "tpe draws settings at random until it has 10 results: "
         "with 16 at a time that is all of the budget's 12; it learns with a larger budget"},
        {"method: gp\nrun_cap: 48\nbatch: 48\n" PARAMETERS,
         "that is all of the budget's 48; it learns with smaller batches"},
        {"method: tpe\nmetric: [{name: val_accuracy}, {name: seconds}]\n" PARAMETERS,
         "tpe goes by seconds, which are measured"},
        {"method: sobol\nbudget: {seconds: 60}\n" PARAMETERS,
         "budget: seconds goes by measured times"},
        {"method: random\nrun_cap: 2\nearly_terminate: {type: halving}\n" PARAMETERS,
         "halving stops none of the budget's 2 settings"},
        {BELOW("  dropout: {min: 0.25, max: 0.25}"),
         "dropout: min and max are the same: there is one value, 0.25"},
        {BELOW("  l2: {min: 0.5, max: 0.5, log: true}"), "there is one value, 0.5"},
        {TOP("shuffle: true"), "shuffle has no effect on random"},
        {METHOD, "random has nothing to choose"},
        {BELOW("  dropout: {min: 0, max: 0.5, q: 3}"), "there is one value, 0"},
        {METHOD "early_terminate: {type: halving}\nparameters:\n  validation_split: {value: 0.1}\n"
                "  epochs: {value: 1}\n  dropout: {min: 0, max: 0.5}\n",
         "stops nothing early in trainings of 1 epoch"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(parse_text(&sweep, cases[i].text), STATUS_OK);
        const struct problems *problems = sweep.config.problems;
        bool found = false;
        for (size_t j = 0; j < problems->note_count; j++)
            found |= strstr(problems->notes[j].message, cases[i].fragment) &&
                     problems->notes[j].line > 0;
        if (!found)
            fail_msg("%s", cases[i].text);
    }
    /* In the file's order, whoever found them. */
    assert_int_equal(parse_text(&sweep, "program: x\nbatch: 3\nmethod: grid\nentity: y\n"),
                     STATUS_OK);
    static const int lines[] = {1, 2, 4};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(sweep.config.problems->notes[i].line, lines[i]);
}

/* Nothing is said of the metric that would be taken if none were named. */
static void a_faulty_metric(void **state) {
    (void)state;
    static const char *const texts[] = {
        METHOD "early_terminate: {type: halving}\nmetric: {name: acuracyy}\n",
        METHOD "early_terminate: {type: halving}\nmetric: []\n",
        METHOD "early_terminate: {type: halving}\nmetrc: {name: val_loss}\n",
        METHOD "early_terminate: {type: halving}\nmetric: {nam: val_loss}\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(parse_text(&sweep, texts[i]), STATUS_INPUT);
        assert_int_equal(sweep.config.problems->count, 1);
        assert_int_equal(sweep.error.line, 4);
    }
}

static void order_of_files_and_options(void **state) {
    (void)state;
    static const char text[] = TOP("early_terminate: {type: halving, min_iter: 99}\nmetric: {name: "
                                   "foo}") "  dropout: {value: 3}\n";
    static const char *const settings[] = {"batch=0", "metric={name: bar}"};
    assert_int_equal(config_parse("test.yaml", text, sizeof text - 1, settings, 2, &sweep.arena,
                                  &sweep.config, &sweep.error),
                     STATUS_INPUT);
    const struct problem *items = sweep.config.problems->items;
    assert_int_equal(sweep.config.problems->count, 5);
    assert_int_equal(items[0].error.line, 3);
    assert_int_equal(items[1].error.line, 4);
    assert_int_equal(items[2].error.line, 9);
    assert_string_equal(items[3].error.file, "--set batch=0");
    assert_string_equal(items[4].error.file, "--set metric={name: bar}");
}

/* What is missing can be put into braces alone. */
static void parts_by_options(void **state) {
    (void)state;
    static const struct {
        const char *setting, *corrected;
    } cases[] = {
        {"early_terminate.min_iter=9", NULL},
        {"early_terminate={min_iter: 9}", "--set 'early_terminate={type: halving, min_iter: 9}'"},
        {"early_terminate.type=halvin", "--set early_terminate.type=halving"},
        {"early_terminate={type: race, eta: 2}", "--set 'early_terminate={type: race}'"},
        {"learning_rate={max: 1}", "--set 'learning_rate={min: 0.01, max: 1}'"},
        {"dropout={min: 0, max: 1}", "--set 'dropout={min: 0, max: 0.9}'"},
        {"budget.trials=0", "--set budget.trials=100"},
    };
    static const char text[] = TOP("repeats: 5");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(config_parse("test.yaml", text, sizeof text - 1, &cases[i].setting, 1,
                                      &sweep.arena, &sweep.config, &sweep.error),
                         STATUS_INPUT);
        const char *corrected = sweep.config.problems->items[0].corrected;
        assert_string_equal(corrected ? corrected : "(none)",
                            cases[i].corrected ? cases[i].corrected : "(none)");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(of_what_is_meant), CASE(notes),
        CASE(a_faulty_metric),  CASE(order_of_files_and_options),
        CASE(parts_by_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
