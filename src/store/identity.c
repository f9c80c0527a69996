#include "store/identity.h"

#include "store/store_private.h"
#include "store/values.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { KEY, DIGEST, SETTING, SEED, DATASET, VALUES }; /* columns */

void identity_open(struct identity *identity, struct database *database, const char *key,
                   const char *dataset, const char *from) {
    *identity = (struct identity){.database = database};
    arena_init(&identity->arena);
    text_init(&identity->text);
    for (size_t i = 0; i < HP_COUNT; i++) {
        text_init(&identity->lines[i].raw);
        text_init(&identity->lines[i].line);
    }
    text_printf(&identity->text, "SELECT %s, t.digest, t.setting, t.seed, %s", key, dataset);
    for (size_t i = 0; i < HP_COUNT; i++)
        text_printf(&identity->text, ", t.%s", hyperparameter_column(&hyperparameters[i]));
    text_printf(&identity->text, " FROM %s", from);
    identity->rows = database_prepare_built(database, &identity->text);
}

void identity_close(struct identity *identity) {
    statement_free(identity->rows);
    for (size_t i = 0; i < HP_COUNT; i++) {
        text_release(&identity->lines[i].raw);
        text_release(&identity->lines[i].line);
    }
    text_release(&identity->text);
    arena_release(&identity->arena);
}

static int64_t bits_of(const struct statement *rows, int column, enum value_type type) {
    const double real = statement_real(rows, column);
    int64_t bits = 0;
    if (type != VALUE_REAL)
        return statement_integer(rows, column);
    memcpy(&bits, &real, sizeof bits);
    return bits;
}

/* Neighbouring rows have most values in common. */
static bool is_as_before(const struct identity_line *line, const struct statement *rows, int column,
                         enum value_type type) {
    const bool none = statement_is_null(rows, column);
    if (!line->known || line->none || none)
        return line->known && line->none && none;
    if (type == VALUE_NAME || type == VALUE_LAYERS || type == VALUE_COMPONENTS ||
        type == VALUE_WEIGHTS)
        return strcmp(line->raw.data, statement_text(rows, column)) == 0;
    return line->bits == bits_of(rows, column, type);
}

static void read_line(struct identity *identity, size_t i) {
    struct identity_line *line = &identity->lines[i];
    const enum value_type type = hyperparameters[i].type;
    const int column = VALUES + (int)i;
    if (is_as_before(line, identity->rows, column, type))
        return;
    line->none = statement_is_null(identity->rows, column);
    line->bits = bits_of(identity->rows, column, type);
    text_clear(&line->raw);
    text_clear(&line->line);
    text_append(&line->raw, statement_text(identity->rows, column));
    if (!line->none) {
        text_printf(&line->line, "%s=", hyperparameters[i].name);
        const size_t value = line->line.length;
        value_append_column(identity->rows, column, type, &line->line);
        if (!line->line.failed &&
            hyperparameter_is_untold(&hyperparameters[i], line->line.data + value))
            text_clear(&line->line);
        else
            text_append(&line->line, "\n");
    }
    line->known = !line->raw.failed && !line->line.failed;
    identity->text.failed |= !line->known;
}

/* The digest of the setting as its values are spelled in the row. */
static struct digest digest_as_written(struct identity *identity) {
    text_clear(&identity->text);
    for (size_t i = 0; i < HP_DATASET; i++) {
        read_line(identity, i);
        text_append_bytes(&identity->text, identity->lines[i].line.data,
                          identity->lines[i].line.length);
    }
    return digest_of_bytes(identity->text.data, identity->text.length);
}

/* The digest of the setting in its canonical spelling; "" where the row has no setting. What the
 * canonical spelling is of a name that only a plug-in knows can't be told without that: then it is
 * the digest that the row has. */
static const char *canonical_digest(struct identity *identity, const struct digest *written) {
    struct setting setting;
    struct text scratch;
    if (strcmp(identity->written.hex, written->hex) == 0)
        return identity->canonical.hex;
    identity->written = *written;
    identity->canonical.hex[0] = '\0';
    arena_reset(&identity->arena);
    for (size_t i = 0; i < HP_COUNT; i++) {
        const enum status status =
            value_read(identity->rows, VALUES + (int)i, (enum hyperparameter_id)i, &identity->arena,
                       &setting.values[i], NULL);
        identity->text.failed |= status == STATUS_MEMORY;
        if (status == STATUS_INPUT && strchr(statement_text(identity->rows, VALUES + (int)i), '@'))
            snprintf(identity->canonical.hex, sizeof identity->canonical.hex, "%s",
                     statement_text(identity->rows, SETTING));
        if (status != STATUS_OK)
            return identity->canonical.hex;
    }
    text_init(&scratch);
    if (setting_identify(&setting, &scratch))
        identity->canonical = setting.digest;
    else
        identity->text.failed = true;
    text_release(&scratch);
    return identity->canonical.hex;
}

static bool is_what_its_digest_says(struct identity *identity) {
    const char *setting = statement_text(identity->rows, SETTING);
    const struct digest written = digest_as_written(identity);
    if (strcmp(written.hex, setting) != 0 &&
        strcmp(canonical_digest(identity, &written), setting) != 0)
        return false;
    if (statement_is_null(identity->rows, DATASET))
        return true;
    /* Older programs' trials have the arithmetic of their time. */
    for (int arithmetic = ARITHMETIC_NEWEST; arithmetic > 0; arithmetic--) {
        const struct digest own =
            trial_digest(setting, (uint64_t)statement_integer(identity->rows, SEED),
                         statement_text(identity->rows, DATASET), arithmetic, &identity->text);
        if (strcmp(own.hex, statement_text(identity->rows, DIGEST)) == 0)
            return true;
    }
    return false;
}

bool identity_next_changed(struct identity *identity, int64_t *key) {
    while (statement_step(identity->rows)) {
        const bool same = is_what_its_digest_says(identity);
        if (identity->text.failed) {
            database_fail_memory(identity->database);
            return false;
        }
        *key = statement_integer(identity->rows, KEY);
        if (!same)
            return true;
    }
    return false;
}

void identity_check(struct database *database, int64_t sweep, int64_t trial) {
    struct identity identity;
    int64_t changed = 0;
    identity_open(
        &identity, database, "t.trial_id",
        STORE_OF_DATASET("(SELECT dataset_digest FROM sweeps WHERE sweep_id = ?1)", "t.dataset"),
        "sweep_trials JOIN trials t USING (trial_id) WHERE sweep_id = ?1"
        " AND ?2 IN (0, trial_id)");
    statement_bind_integer(identity.rows, 1, sweep);
    statement_bind_integer(identity.rows, 2, trial);
    if (identity_next_changed(&identity, &changed))
        database_refuse(database, "trial %" PRId64 " was changed: " IDENTITY_REMEDY, changed);
    identity_close(&identity);
}

int64_t identity_count_changed(struct database *database, int64_t *first) {
    struct identity identity;
    int64_t count = 0, changed = 0;
    *first = 0;
    identity_open(
        &identity, database, "t.trial_id",
        STORE_OF_DATASET("(SELECT dataset_digest FROM sweep_trials s JOIN sweeps USING (sweep_id)"
                         " WHERE s.trial_id = t.trial_id LIMIT 1)",
                         "t.dataset"),
        "trials t");
    for (; identity_next_changed(&identity, &changed); count++)
        *first = count == 0 ? changed : *first;
    identity_close(&identity);
    return count;
}
