#include "analysis/search_history.h"

#include "analysis/leaderboard.h"
#include "stats/expected_best.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The standing of each setting by its number; NULL: it has none, as where all was stopped. */
static enum status find_standings(const struct observations *observations, struct arena *arena,
                                  const struct standing ***standings, struct error *error) {
    struct leaderboard board;
    enum status status = leaderboard_of(observations, false, 0, arena, &board, error);
    *standings = ARENA_NEW(arena, const struct standing *, observations->setting_count);
    if (status == STATUS_OK && !*standings)
        status = error_memory(error);
    for (size_t i = 0; status == STATUS_OK && i < board.count; i++)
        (*standings)[board.standings[i].setting] = &board.standings[i];
    return status;
}

/* Add what a trial took to its setting's step. */
static void spend(const struct observations *observations, size_t trial,
                  struct search_step *steps) {
    const struct observation *item = &observations->items[trial];
    struct search_step *step = &steps[item->setting];
    if (item->status == OBSERVATION_PENDING)
        return;
    if (step->trials++ == 0)
        step->observation = trial;
    step->epochs += item->epochs;
    step->seconds += isnan(item->seconds) ? 0 : item->seconds;
}

/* Keep the settings of which a trial has run, and add up. */
static void settle(struct search_history *history, const struct standing *const *standings) {
    const struct standing *best = NULL;
    const size_t settings = history->count;
    struct search_step total = {0};
    history->count = 0;
    for (size_t i = 0; i < settings; i++) {
        const struct search_step *own = &history->steps[i];
        const struct standing *standing = standings[i];
        const bool scored = standing && standing->score.n > 0;
        if (own->trials == 0)
            continue;
        total.trials += own->trials;
        total.epochs += own->epochs;
        total.seconds += own->seconds;
        if (scored && (!best || standing->rank < best->rank))
            best = standing;
        history->steps[history->count++] =
            (struct search_step){.setting = i,
                                 .observation = own->observation,
                                 .trials = total.trials,
                                 .epochs = total.epochs,
                                 .seconds = total.seconds,
                                 .score = scored ? standing->score.mean : (double)NAN,
                                 .best = best ? best->score.mean : (double)NAN};
    }
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The scores, the worst first; those that are none take the worst one's place. False: all are none.
 */
static bool sort_scores(const struct search_history *history, bool maximize, double *scores) {
    size_t count = 0;
    for (size_t i = 0; i < history->count; i++)
        if (!isnan(history->steps[i].score))
            scores[count++] = maximize ? history->steps[i].score : -history->steps[i].score;
    if (count == 0)
        return false;
    qsort(scores, count, sizeof *scores, ascending);
    const size_t lacking = history->count - count;
    memmove(scores + lacking, scores, count * sizeof *scores);
    for (size_t i = 0; i < lacking; i++)
        scores[i] = scores[lacking];
    return true;
}

/* The next number of settings: each of the first 50, then 2 % more, and the last. */
static size_t next_number(size_t settings, size_t count) {
    const size_t next = settings + 1 + settings / 50;
    return next > count && settings < count ? count : next;
}

static enum status expect(const struct observations *observations, struct arena *arena,
                          struct search_history *history, struct error *error) {
    double *scores = ARENA_NEW(arena, double, history->count);
    history->expected = ARENA_NEW(arena, struct expected_best_of, history->count);
    if (!scores || !history->expected)
        return error_memory(error);
    if (!sort_scores(history, observations->maximize, scores))
        return STATUS_OK;
    for (size_t i = 0; i < history->count; i++)
        history->scoreless += isnan(history->steps[i].score);
    for (size_t n = 1; n <= history->count; n = next_number(n, history->count)) {
        const double best = expected_best(scores, history->count, n);
        history->expected[history->expected_count++] =
            (struct expected_best_of){n, observations->maximize ? best : -best};
    }
    return STATUS_OK;
}

enum status search_history_of(const struct observations *observations, struct arena *arena,
                              struct search_history *history, struct error *error) {
    const struct standing **standings = NULL;
    *history = (struct search_history){0};
    if (!observations->searched)
        return STATUS_OK;
    enum status status = find_standings(observations, arena, &standings, error);
    history->steps = ARENA_NEW(arena, struct search_step, observations->setting_count);
    if (status == STATUS_OK && !history->steps)
        status = error_memory(error);
    if (status != STATUS_OK)
        return status;
    history->count = observations->setting_count;
    for (size_t i = 0; i < observations->count; i++)
        spend(observations, i, history->steps);
    settle(history, standings);
    history->stopped = observations->totals[OBSERVATION_STOPPED];
    return history->stopped == 0 && observations->method &&
                   strcmp(observations->method, "random") == 0
               ? expect(observations, arena, history, error)
               : STATUS_OK;
}

const struct search_step *search_history_at(const struct search_history *history, double share) {
    const double wanted = share * (double)history->steps[history->count - 1].trials;
    size_t at = 0;
    while (at + 1 < history->count && (double)history->steps[at].trials < wanted)
        at++;
    return &history->steps[at];
}
