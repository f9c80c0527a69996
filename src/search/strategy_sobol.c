/* Sobol's sequence, whose points fill the domain more evenly than random ones do.
 *
 * The seed shifts it digit by digit (exclusive or with one random number a dimension), which keeps
 * how evenly it fills and gives other points for other seeds: P. L'Ecuyer, C. Lemieux: "Recent
 * advances in randomized quasi-Monte Carlo methods" (2002), 5.2. It has NUMERICS_SOBOL_MAX
 * dimensions; those of the domain beyond are random. A point of the sequence that may not be given
 * is passed over. */
#include "search/strategy_private.h"
#include "stats/numerics.h"

#define CHUNK_MIN 64
#define TRIES 10000 /* points passed over before one is drawn instead */

struct sobol {
    size_t dimensions;     /* of the sequence */
    uint64_t next;         /* point of the sequence */
    uint64_t first, count; /* points in `chunk` */
    uint32_t *chunk;
    size_t capacity;
};

static enum status init_sobol(struct strategy *strategy, struct error *error) {
    struct sobol *sobol = ARENA_NEW(&strategy->arena, struct sobol, 1);
    const size_t dimensions = strategy->domain->count;
    strategy->own = sobol;
    if (!sobol)
        return error_memory(error);
    sobol->dimensions = dimensions < NUMERICS_SOBOL_MAX ? dimensions : NUMERICS_SOBOL_MAX;
    return STATUS_OK;
}

/* Have the next point in the chunk. A chunk has as many points as all before it, since its first is
 * reached by computing these. */
static enum status reach(struct strategy *strategy, struct sobol *sobol, struct error *error) {
    if (sobol->next < sobol->first + sobol->count)
        return STATUS_OK;
    const size_t count = sobol->next < CHUNK_MIN ? CHUNK_MIN : (size_t)sobol->next;
    if (count > sobol->capacity) {
        sobol->chunk = ARENA_NEW(&strategy->arena, uint32_t, count * (sobol->dimensions + 1));
        if (!sobol->chunk)
            return error_memory(error);
        sobol->capacity = count;
    }
    sobol->first = sobol->next;
    sobol->count = count;
    return numerics_sobol(sobol->dimensions, sobol->first, count, sobol->chunk, error);
}

static void set_units(struct strategy *strategy, const struct sobol *sobol, struct draws *draws) {
    const struct random_source source = {.seed = strategy->options.seed, .purpose = RANDOM_SHIFT};
    const uint32_t *words = &sobol->chunk[(sobol->next - sobol->first) * sobol->dimensions];
    for (size_t d = 0; d < strategy->domain->count; d++)
        if (d < sobol->dimensions)
            strategy->units[d] =
                ((double)(words[d] ^ random_block(source, d).word[0]) + 0.5) * 0x1p-32;
        else
            strategy->units[d] = draw(draws);
}

static enum status ask_sobol(struct strategy *strategy, double *point, enum strategy_answer *answer,
                             struct error *error) {
    struct sobol *sobol = strategy->own;
    struct draws draws = strategy_draws(strategy);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < TRIES && sobol->next < NUMERICS_SOBOL_POINTS; i++) {
        status = reach(strategy, sobol, error);
        if (status != STATUS_OK)
            return status;
        set_units(strategy, sobol, &draws);
        sobol->next++;
        domain_point(strategy->domain, strategy->units, point);
        if (strategy_may(strategy, point))
            return STATUS_OK;
    }
    *answer = strategy_draw_point(strategy, &draws, point);
    return status;
}

const struct strategy_method strategy_sobol = {
    .name = "sobol", .init = init_sobol, .ask = ask_sobol};
