/* The leaderboard, as views and as the program reads it, against values computed here. */
#include "store_files.h"

#include <time.h>

/* Mean and sample standard deviation, by the book. */
static double mean_of(const double *values, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (double)count;
}

static double deviation_of(const double *values, size_t count) {
    const double mean = mean_of(values, count);
    double squares = 0;
    for (size_t i = 0; i < count; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    return sqrt(squares / (double)(count - 1));
}

/* 2 settings x 4 seeds with these validation accuracies; the last seed of the second diverged. */
static const double accuracies[2][4] = {{0.91, 0.93, 0.92, 0.9}, {0.95, 0.97, 0.93, 0.99}};

static void make_board(struct made *made, const char *name, const char *setting) {
    make(made, plain_config, setting);
    made->config.repeats = 4;
    made->config.axes[2].count = 1; /* one epoch */
    assert_int_equal(space_expand(&made->config, &made->dataset, &made->arena, &made->space, NULL),
                     STATUS_OK);
    struct store *store = open_store(name);
    begin(store, made);
    for (size_t i = 0; i < 8; i++) {
        struct trial_result result = completed(made, i, 0);
        history[0].validation.accuracy = accuracies[i / 4][i % 4];
        result.test.loss = i < 4 ? 1 : 2;
        result.test.metrics[0] = i < 4 ? .25 : .5;
        if (i == 7) {
            result.outcome = TRIAL_DIVERGED;
            result.test = (struct scores){.loss = (double)NAN, .accuracy = (double)NAN};
        }
        put(store, made, result);
    }
    store_close(store);
}

static void the_views_have_means_and_deviations(void **state) {
    (void)state;
    struct made made;
    make_board(&made, "s.db", NULL);
    assert_string_equal(ask("s.db", "SELECT rank, optimizer, n, diverged, parameters"
                                    " FROM leaderboard ORDER BY rank"),
                        "1 sgd 4 0 7960 2 adam 3 1 7960");
    for (size_t i = 0; i < 2; i++) {
        const size_t count = i == 0 ? 4 : 3;
        char sql[200];
        const char *const columns[] = {"score", "score_sd", "val_accuracy", "val_accuracy_sd"};
        for (size_t j = 0; j < 4; j++) {
            snprintf(sql, sizeof sql, "SELECT %s FROM leaderboard WHERE optimizer = '%s'",
                     columns[j], i == 0 ? "sgd" : "adam");
            assert_close(ask_number("s.db", sql), j % 2 ? deviation_of(accuracies[i], count)
                                                        : mean_of(accuracies[i], count));
        }
    }
    /* Equal values deviate by nothing, not by what rounding leaves. */
    assert_true(ask_number("s.db", "SELECT max(loss_sd) FROM leaderboard") < 1e-15);
    assert_string_equal(ask("s.db", "SELECT optimizer, sweep, metric FROM best"),
                        "sgd plain val_accuracy");
    assert_string_equal(ask("s.db", "SELECT count(*), count(score) FROM scored"), "8 8");
    release(&made);
}

static void the_view_ranks_by_the_goal_and_by_any_metric(void **state) {
    (void)state;
    struct made made;
    make_board(&made, "down.db", "metric={name: val_accuracy, goal: minimize}");
    assert_string_equal(ask("down.db", "SELECT optimizer FROM best"), "sgd");
    release(&made);
    make_board(&made, "metric.db", "metric={name: test_f1_score, goal: maximize}");
    assert_string_equal(ask("metric.db", "SELECT optimizer, score FROM leaderboard ORDER BY rank"),
                        "sgd 0.25 adam 0.5");
    release(&made);
}

static enum status board_of(const char *name, int64_t sweep, const char *column, size_t limit,
                            struct arena *arena, struct leaderboard *board, struct error *error) {
    struct store *store;
    assert_int_equal(store_open_read(in_folder(name), &store, error), STATUS_OK);
    enum status status = read_board(store, sweep, column, limit, arena, board, error);
    store_close(store);
    return status;
}

static void the_leaderboard_is_ordered(void **state) {
    (void)state;
    struct made made;
    struct leaderboard board;
    struct error error = {0};
    make_board(&made, "s.db", "metrics=[f1_score]");
    assert_int_equal(board_of("s.db", 0, NULL, 0, &made.arena, &board, &error), STATUS_OK);
    assert_string_equal(board.observations->sweep, "plain metrics=[f1_score]");
    assert_string_equal(board.observations->column, "val_accuracy");
    assert_int_equal(board.observations->count, 8);
    assert_int_equal(board.observations->totals[OBSERVATION_COMPLETED], 7);
    assert_int_equal(board.observations->totals[OBSERVATION_DIVERGED], 1);
    assert_int_equal(board.observations->totals[OBSERVATION_FAILED], 0);
    assert_int_equal(board.count, 2);
    /* The learning rate differs between the optimizers only. */
    assert_int_equal(board.hyperparameter_count, 1);
    assert_string_equal(board.hyperparameters[0], "optimizer");
    /* One that completed all its seeds goes before one that was better in three of four. */
    const struct standing *sgd = &board.standings[0], *adam = &board.standings[1];
    assert_string_equal(sgd->values[0], "sgd");
    assert_int_equal(sgd->n, 4);
    assert_close(sgd->score.mean, mean_of(accuracies[0], 4));
    assert_string_equal(adam->values[0], "adam");
    assert_int_equal(adam->n, 3);
    assert_int_equal(adam->diverged, 1);
    assert_close(adam->score.mean, mean_of(accuracies[1], 3));
    assert_close(adam->score.deviation, deviation_of(accuracies[1], 3));
    assert_close(adam->test_accuracy, .8);

    assert_int_equal(board_of("s.db", 1, "test_loss", 1, &made.arena, &board, &error), STATUS_OK);
    assert_int_equal(board.count, 1);
    assert_false(board.observations->maximize);
    assert_string_equal(board.standings[0].values[0], "sgd");
    assert_close(board.standings[0].score.mean, 1);

    /* An alias of a metric is that metric. */
    assert_int_equal(board_of("s.db", 0, "test_f1", 0, &made.arena, &board, &error), STATUS_OK);
    assert_string_equal(board.observations->column, "test_f1_score");
    assert_close(board.standings[0].score.mean, .25);
    assert_close(board.standings[1].score.mean, .5);
    release(&made);
}

static void what_was_not_recorded_is_no_order(void **state) {
    (void)state;
    struct made made;
    struct leaderboard board;
    struct error error = {0};
    make_board(&made, "s.db", "metrics=[f1_score]");
    for (const char *const *column =
             (const char *const[]){"precision", "test_precision", "bad", "", "optimizer", NULL};
         *column; column++) {
        assert_int_equal(board_of("s.db", 0, *column, 0, &made.arena, &board, &error),
                         STATUS_USAGE);
        assert_non_null(strstr(error.message, "val_accuracy"));
        assert_non_null(strstr(error.message, "val_f1_score"));
        assert_null(strstr(error.message, "recall"));
    }
    assert_int_equal(board_of("s.db", 0, "acuracy", 0, &made.arena, &board, &error), STATUS_USAGE);
    assert_non_null(strstr(error.message, "did you mean 'accuracy'?"));
    assert_int_equal(board_of("s.db", 42, NULL, 0, &made.arena, &board, &error), STATUS_USAGE);
    assert_non_null(strstr(error.message, "1 (plain metrics=[f1_score])"));
    release(&made);
}

static void varied_columns_are_those_within_a_choice(void **state) {
    (void)state;
    struct made made;
    struct leaderboard board;
    struct error error = {0};
    make(&made, plain_config,
         "optimizer=[{name: sgd, nesterov: true, momentum: 0.5}, {name: sgd, momentum: 1e-5},"
         " adam]");
    struct store *store = open_store("s.db");
    begin(store, &made);
    for (size_t i = 0; i < made.space.trial_count; i++)
        put(store, &made, completed(&made, i, -(double)i)); /* in the order of the space */
    store_close(store);
    assert_int_equal(board_of("s.db", 0, NULL, 0, &made.arena, &board, &error), STATUS_OK);
    static const char *const names[] = {"epochs", "optimizer", "momentum", "nesterov"};
    static const char *const first[] = {"1", "sgd", "0.5", "true"};
    static const char *const third[] = {"1", "sgd", "1e-05", "false"};
    static const char *const last[] = {"2", "adam", "-", "-"};
    assert_int_equal(board.hyperparameter_count, 4);
    assert_int_equal(board.count, 6);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(board.hyperparameters[i], names[i]);
        assert_string_equal(board.standings[0].values[i], first[i]);
        assert_string_equal(board.standings[2].values[i], third[i]);
        assert_string_equal(board.standings[5].values[i], last[i]);
    }
    release(&made);
}

static void the_sweep_started_last_comes_first(void **state) {
    (void)state;
    struct made made, other;
    struct leaderboard board;
    struct error error = {0};
    make(&made, plain_config, NULL);
    make(&other, plain_config, "name=other");
    struct store *store = open_store("s.db");
    begin(store, &made);
    begin(store, &other);
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    begin(store, &made);
    store_close(store);
    assert_int_equal(board_of("s.db", 0, NULL, 0, &made.arena, &board, &error), STATUS_OK);
    assert_string_equal(board.observations->sweep, "plain");
    assert_int_equal(board.count, 0);
    assert_int_equal(board_of("s.db", 2, NULL, 0, &made.arena, &board, &error), STATUS_OK);
    assert_string_equal(board.observations->sweep, "other");
    release(&made);
    release(&other);
}

#define CASE(NAME) cmocka_unit_test_setup_teardown(NAME, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(the_views_have_means_and_deviations),
        CASE(the_view_ranks_by_the_goal_and_by_any_metric),
        CASE(the_leaderboard_is_ordered),
        CASE(what_was_not_recorded_is_no_order),
        CASE(varied_columns_are_those_within_a_choice),
        CASE(the_sweep_started_last_comes_first),
    };
    return cmocka_run_group_tests_name("leaderboard", tests, NULL, NULL);
}
