#include "analysis/quantities.h"

#include "base/intern.h"
#include "store/factors.h"

#include <string.h>

static const struct level *level_of(const struct observations *observations,
                                    const struct factor *factor, size_t observation) {
    const size_t place = (size_t)(factor - observations->factors);
    return &factor->levels[observations->levels[observation * observations->factor_count + place]];
}

/* Whether a factor tells a quantity from another with the same levels of the factors before it. An
 * argument that a loss always has at its default does not. */
static bool tells(const struct observations *observations, const struct quantities *quantities,
                  size_t quantity, size_t factor) {
    bool differs = quantities->count < 2;
    for (size_t other = 0; other < quantities->count && !differs; other++)
        for (size_t i = 0; i <= factor && !differs; i++) {
            const struct factor *of = quantities->factors[i];
            if (level_of(observations, of, quantities->first[quantity]) ==
                level_of(observations, of, quantities->first[other]))
                continue;
            differs = i == factor;
            break;
        }
    return differs;
}

/* Without the factors that tell no quantity from another. */
static void drop_idle(const struct observations *observations, struct quantities *quantities) {
    size_t kept = 0;
    for (size_t i = 0; i < quantities->factor_count; i++) {
        bool told = false;
        for (size_t quantity = 0; quantity < quantities->count; quantity++)
            told |= tells(observations, quantities, quantity, i);
        quantities->factors[kept] = quantities->factors[i];
        kept += told;
    }
    quantities->factor_count = kept;
}

enum status quantities_of(const struct observations *observations, struct arena *arena,
                          struct quantities *quantities, struct error *error) {
    struct intern known;
    size_t places[HP_COUNT];
    uint32_t key[HP_COUNT];
    *quantities = (struct quantities){.of = ARENA_NEW(arena, size_t, observations->setting_count),
                                      .first = ARENA_NEW(arena, size_t, observations->count)};
    if (!quantities->of || !quantities->first)
        return error_memory(error);
    for (size_t i = 0; i < observations->factor_count; i++) {
        const struct factor *factor = &observations->factors[i];
        if (factor->part || !score_is_defined_by(&observations->score,
                                                 hyperparameter_id_of(factor->hyperparameter)))
            continue;
        places[quantities->factor_count] = i;
        quantities->factors[quantities->factor_count++] = factor;
    }
    intern_init(&known);
    for (size_t i = 0; i < observations->count; i++) {
        bool is_new = false;
        for (size_t j = 0; j < quantities->factor_count; j++)
            key[j] = observations->levels[i * observations->factor_count + places[j]];
        const size_t quantity =
            intern_number(&known, key, quantities->factor_count * sizeof *key, &is_new);
        quantities->of[observations->items[i].setting] = quantity;
        if (is_new)
            quantities->first[quantity] = i;
    }
    quantities->count = known.count;
    drop_idle(observations, quantities);
    const bool failed = known.failed;
    intern_release(&known);
    return failed ? error_memory(error) : STATUS_OK;
}

static void append(const struct observations *observations, const struct quantities *quantities,
                   size_t quantity, bool brief, struct text *text) {
    const char *separator = "";
    for (size_t i = 0; i < quantities->factor_count; i++) {
        const struct factor *factor = quantities->factors[i];
        const bool alone = brief && factor->hyperparameter->type == VALUE_NAME;
        if (!tells(observations, quantities, quantity, i))
            continue;
        text_printf(text, "%s%s%s%s", separator, alone ? "" : factor->name, alone ? "" : " ",
                    level_of(observations, factor, quantities->first[quantity])->text);
        separator = ", ";
    }
}

void quantities_append(const struct observations *observations, const struct quantities *quantities,
                       size_t quantity, struct text *text) {
    append(observations, quantities, quantity, false, text);
}

void quantities_append_short(const struct observations *observations,
                             const struct quantities *quantities, size_t quantity,
                             struct text *text) {
    append(observations, quantities, quantity, true, text);
}

void quantities_append_note(const struct observations *observations,
                            const struct quantities *quantities, struct text *text) {
    if (quantities->count < 2)
        return;
    text_append(text, "Trials that differ in ");
    for (size_t i = 0; i < quantities->factor_count; i++)
        text_printf(text, "%s%s", i > 0 ? " or " : "", quantities->factors[i]->name);
    text_printf(text,
                " have different quantities as their %s, of which none is better than another: "
                "they are ranked and compared only with those that agree in it. ",
                observations->column);
}

/* Its part of the trials; their levels are still numbered as the whole's. */
static enum status take_trials(const struct observations *whole,
                               const struct quantities *quantities, size_t quantity,
                               struct arena *arena, struct observations *part,
                               struct error *error) {
    const size_t width = whole->factor_count;
    part->items = ARENA_NEW(arena, struct observation, whole->count);
    part->levels = arena_alloc(arena, whole->count, width * sizeof *part->levels);
    if (!part->items || !part->levels)
        return error_memory(error);
    part->count = 0;
    memset(part->totals, 0, sizeof part->totals);
    for (size_t i = 0; i < whole->count; i++) {
        if (quantities->of[whole->items[i].setting] != quantity)
            continue;
        memcpy(part->levels + part->count * width, whole->levels + i * width,
               width * sizeof *part->levels);
        part->items[part->count++] = whole->items[i];
        part->totals[whole->items[i].status]++;
    }
    return STATUS_OK;
}

/* Number the levels anew that the part has, in the order in which they are met. */
static enum status take_levels(struct observations *part, size_t at, struct arena *arena,
                               struct error *error) {
    struct factor *factor = &part->factors[at];
    const struct level *levels = factor->levels;
    uint32_t *numbers = ARENA_NEW(arena, uint32_t, factor->level_count); /* 0: not met */
    factor->levels = ARENA_NEW(arena, struct level, factor->level_count);
    if (!numbers || !factor->levels)
        return error_memory(error);
    factor->varied = false;
    factor->level_count = 0;
    for (size_t i = 0; i < part->count; i++) {
        uint32_t *level = &part->levels[i * part->factor_count + at];
        if (numbers[*level] == 0) {
            factor->levels[factor->level_count++] = levels[*level];
            numbers[*level] = (uint32_t)factor->level_count;
        }
        *level = numbers[*level] - 1;
    }
    return STATUS_OK;
}

static enum status describe(const struct observations *whole, const struct quantities *quantities,
                            size_t quantity, struct arena *arena, struct observations *part,
                            struct error *error) {
    struct text where;
    text_init(&where);
    text_printf(&where, "%s%s", whole->where, *whole->where ? ", " : "");
    quantities_append(whole, quantities, quantity, &where);
    part->where = where.failed ? NULL : arena_copy(arena, where.data);
    text_release(&where);
    return part->where ? STATUS_OK : error_memory(error);
}

enum status quantities_part(const struct observations *whole, const struct quantities *quantities,
                            size_t quantity, struct arena *arena, struct observations *part,
                            struct error *error) {
    *part = *whole;
    if (quantities->count == 1)
        return STATUS_OK;
    part->factors = ARENA_NEW(arena, struct factor, whole->factor_count);
    if (!part->factors)
        return error_memory(error);
    memcpy(part->factors, whole->factors, whole->factor_count * sizeof *part->factors);
    enum status status = take_trials(whole, quantities, quantity, arena, part, error);
    for (size_t i = 0; i < part->factor_count && status == STATUS_OK; i++)
        status = take_levels(part, i, arena, error);
    if (status == STATUS_OK)
        status = factors_settle(part, arena, error);
    return status == STATUS_OK ? describe(whole, quantities, quantity, arena, part, error) : status;
}
