/* Grid and random search. */
#include "search/strategy_private.h"

#include <string.h>

static enum status ask_random(struct strategy *strategy, double *point,
                              enum strategy_answer *answer, struct error *error) {
    struct draws draws = strategy_draws(strategy);
    (void)error;
    *answer = strategy_draw_point(strategy, &draws, point);
    return STATUS_OK;
}

struct grid {
    bool begun, ended;
    double *point; /* the last one */
};

static enum status init_grid(struct strategy *strategy, struct error *error) {
    struct grid *grid = ARENA_NEW(&strategy->arena, struct grid, 1);
    strategy->own = grid;
    if (!domain_is_finite(strategy->domain))
        return error_set(error, STATUS_INPUT,
                         "a grid needs values to list: one of the "
                         "hyperparameters is a range of real numbers");
    if (!grid || !(grid->point = ARENA_NEW(&strategy->arena, double, strategy->domain->count + 1)))
        return error_memory(error);
    return STATUS_OK;
}

static enum status ask_grid(struct strategy *strategy, double *point, enum strategy_answer *answer,
                            struct error *error) {
    struct grid *grid = strategy->own;
    if (strategy->options.shuffle)
        return ask_random(strategy, point, answer, error);
    do {
        if (!grid->begun)
            domain_first(strategy->domain, grid->point);
        else
            grid->ended = !domain_next(strategy->domain, grid->point);
        grid->begun = true;
    } while (!grid->ended && !strategy_may(strategy, grid->point));
    memcpy(point, grid->point, strategy->domain->count * sizeof *point);
    *answer = grid->ended ? STRATEGY_EXHAUSTED : STRATEGY_POINT;
    return STATUS_OK;
}

const struct strategy_method strategy_grid = {.name = "grid", .init = init_grid, .ask = ask_grid};
const struct strategy_method strategy_random = {.name = "random", .ask = ask_random};
