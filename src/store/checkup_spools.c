#include "store/checkup_private.h"

#include "base/text.h"
#include "store/spool.h"
#include "store/store_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is in one of them. */
struct spool_contents {
    size_t counts[SPOOL_FATES];
    bool torn;
    char config[512]; /* the path of that of the first result that waits; "": not known */
};

/* Where the database can't be read, all that is whole waits. */
static void count_records(struct database *database, const char *bytes, size_t count,
                          struct arena *arena, struct spool_contents *contents) {
    struct store store = {.database = database};
    struct delivery delivery = {0};
    enum spool_content content = SPOOL_RECORD;
    for (size_t at = 0; content == SPOOL_RECORD || content == SPOOL_STRANGE;) {
        content = spool_next(bytes, count, &at, arena, &delivery);
        contents->torn |= content == SPOOL_STRANGE || content == SPOOL_TORN;
        if (content != SPOOL_RECORD)
            continue;
        const enum spool_fate fate =
            database ? store_spool_fate(&store, &delivery, arena) : SPOOL_WAITS;
        if (contents->counts[fate]++ == 0 && fate == SPOOL_WAITS && delivery.command)
            snprintf(contents->config, sizeof contents->config, "%s",
                     delivery.command[SPOOL_COMMAND_CONFIG]);
    }
}

static void report_records(const struct findings *findings, const char *path, size_t count,
                           const char *what) {
    if (count > 0)
        findings_add(findings, FINDING_WARNING, SUBJECT, "%s: %zu result%s %s", path, count,
                     text_plural(count), what);
}

static void report_spool(const struct findings *findings, const char *path,
                         const struct spool_contents *contents) {
    char until[700];
    snprintf(until, sizeof until, "for the next `sweep run` of %s to take up",
             *contents->config ? contents->config : "their config");
    report_records(findings, path, contents->counts[SPOOL_WAITS], until);
    report_records(findings, path, contents->counts[SPOOL_WANTED],
                   "for the next `sweep run` on the database to take up");
    report_records(findings, path, contents->counts[SPOOL_IS_THERE],
                   "that the database has already");
    report_records(findings, path, contents->counts[SPOOL_DIFFERS],
                   "unlike those in the database, which stay; remove the file if they are not "
                   "wanted");
    if (contents->torn)
        findings_add(findings, FINDING_WARNING, SUBJECT,
                     "%s has parts that can't be read; their trials will be trained again", path);
}

static void check_spool(const char *path, const char *real, struct database *database,
                        const struct findings *findings) {
    const char *bytes = NULL;
    size_t count = 0;
    struct spool_contents contents = {0};
    struct arena arena;
    struct error error;
    struct stat about = {0};
    stat(real, &about);
    arena_init(&arena);
    if (spool_read(path, &about, &arena, &bytes, &count, &error) != STATUS_OK)
        checkup_report(findings, &error);
    else if (count > 0)
        count_records(database, bytes, count, &arena, &contents);
    arena_release(&arena);
    report_spool(findings, path, &contents);
}

void checkup_spools(const char *real, struct database *database, const struct findings *findings) {
    char *base;
    if (asprintf(&base, "%s.spool", real) < 0)
        return;
    for (int number = 0; number < SPOOL_NAMES; number++) {
        char *path = spool_name(base, number);
        if (path && (number == 0 || access(path, F_OK) == 0))
            check_spool(path, real, database, findings);
        free(path);
    }
    free(base);
}
