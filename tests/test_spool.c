/* What the database can't take is kept beside it, and taken up by the next run. */
#include "store_files.h"

#include "store/spool.h"

#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* --- records --- */

static const double odd[] = {0, -0.0, 1e-310, 1e308, 0.1, -1};

static struct trial_result result_of(size_t epochs, enum trial_outcome outcome,
                                     struct epoch_scores *scores) {
    for (size_t i = 0; i < epochs; i++)
        scores[i] = (struct epoch_scores){
            .train = {odd[i % 6], (double)NAN, {.25, (double)INFINITY}},
            .validation = {(double)i, odd[(i + 1) % 6], {-(double)INFINITY, .5}},
            .seconds = 0};
    struct trial_result result = {.trial = 7,
                                  .outcome = outcome,
                                  .epochs = epochs,
                                  .history = scores,
                                  .validated = epochs % 2 == 1,
                                  .test = {(double)epochs, .5, {1, 2}},
                                  .parameters = 123456789012,
                                  .seconds = 1.5,
                                  .started_at = 1700000000.25,
                                  .finished_at = 1700000001.5};
    strcpy(result.error.message, "out of \"memory\"\n\xc3\xa9");
    return result;
}

/* Bit for bit, NaN and the sign of 0 included. */
static void assert_same(double a, double b) {
    assert_memory_equal(&a, &b, sizeof a);
}

static void assert_same_scores(const struct scores *a, const struct scores *b, size_t further) {
    assert_same(a->loss, b->loss);
    assert_same(a->accuracy, b->accuracy);
    for (size_t i = 0; i < further; i++)
        assert_same(a->metrics[i], b->metrics[i]);
}

static void assert_same_result(const struct trial_result *a, const struct trial_result *b,
                               size_t further) {
    assert_int_equal(a->outcome, b->outcome);
    assert_int_equal(a->epochs, b->epochs);
    assert_int_equal(a->validated, b->validated);
    assert_int_equal(a->parameters, b->parameters);
    assert_same(a->seconds, b->seconds);
    assert_same(a->started_at, b->started_at);
    assert_same(a->finished_at, b->finished_at);
    assert_same_scores(&a->test, &b->test, further);
    for (size_t i = 0; i < a->epochs; i++) {
        assert_same_scores(&a->history[i].train, &b->history[i].train, further);
        assert_same_scores(&a->history[i].validation, &b->history[i].validation, further);
        assert_same(a->history[i].seconds, b->history[i].seconds);
    }
    assert_string_equal(a->outcome == TRIAL_FAILED ? a->error.message : "", b->error.message);
}

#define RECORDS 6
static struct epoch_scores record_scores[RECORDS][8];
static struct trial_result records[RECORDS];
static struct digest record_digests[RECORDS];
static const struct metric *record_metrics[2];

/* The records one after another; ends[i] is where the i-th ends. */
static void write_records(struct text *text, size_t ends[RECORDS]) {
    record_metrics[0] = metric_find("f1_score");
    record_metrics[1] = metric_find("mae");
    text_init(text);
    for (size_t i = 0; i < RECORDS; i++) {
        char name[2] = {(char)('a' + i), '\0'};
        const bool failed = i == 2;
        records[i] = result_of(failed ? 0 : i + 1, failed ? TRIAL_FAILED : i % 2, record_scores[i]);
        record_digests[i] = digest_of_string(name);
        const struct delivery delivery = {record_digests[i].hex, i % 3, record_metrics, &records[i],
                                          NULL};
        const size_t before = text->length;
        spool_append(text, &delivery);
        ends[i] = text->length;
        assert_false(text->failed);
        assert_true(ends[i] - before <= spool_record_bytes(records[i].epochs, i % 3) + 64);
    }
}

/* How many whole records there are; they are the first ones. */
static size_t read_records(const char *bytes, size_t count, enum spool_content *end) {
    struct arena arena;
    struct delivery delivery;
    size_t found = 0;
    arena_init(&arena);
    for (size_t at = 0;
         (*end = spool_next(bytes, count, &at, &arena, &delivery)) == SPOOL_RECORD;) {
        assert_true(found < RECORDS);
        assert_string_equal(delivery.digest, record_digests[found].hex);
        assert_int_equal(delivery.metric_count, found % 3);
        for (size_t i = 0; i < delivery.metric_count; i++)
            assert_ptr_equal(delivery.metrics[i], record_metrics[i]);
        assert_same_result(&records[found], delivery.result, found % 3);
        found++;
    }
    arena_release(&arena);
    return found;
}

static void records_come_back_bit_for_bit(void **state) {
    (void)state;
    struct text text;
    size_t ends[RECORDS];
    enum spool_content end;
    write_records(&text, ends);
    assert_int_equal(read_records(text.data, text.length, &end), RECORDS);
    assert_int_equal(end, SPOOL_END);
    /* Room that was reserved is no record. */
    static const char zeros[1000];
    text_append_bytes(&text, zeros, sizeof zeros);
    assert_int_equal(read_records(text.data, text.length, &end), RECORDS);
    assert_int_equal(end, SPOOL_END);
    assert_int_equal(read_records(zeros, sizeof zeros, &end), 0);
    assert_int_equal(end, SPOOL_END);
    text_release(&text);
}

static bool only_zeros(const char *bytes, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (bytes[i])
            return false;
    return true;
}

/* Cut anywhere, with or without zeros after it: the whole records are read, and no more. */
static void torn_records_are_seen(void **state) {
    (void)state;
    struct text text;
    size_t ends[RECORDS], whole = 0;
    enum spool_content end;
    write_records(&text, ends);
    for (size_t cut = 0; cut < text.length; cut++) {
        whole += whole < RECORDS && cut == ends[whole];
        const bool between = cut == (whole > 0 ? ends[whole - 1] : 0);
        /* Zeros may be just what was cut off. */
        const size_t padded = whole + only_zeros(text.data + cut, ends[whole] - cut);
        char *bytes = calloc(text.length, 1); /* of its own size, for the sanitizer */
        memcpy(bytes, text.data, cut);
        assert_int_equal(read_records(bytes, text.length, &end), padded);
        assert_int_equal(end, between || padded > whole ? SPOOL_END : SPOOL_TORN);
        char *shorter = realloc(bytes, cut + 1);
        assert_int_equal(read_records(shorter, cut, &end), whole);
        assert_int_equal(end, between ? SPOOL_END : SPOOL_TORN);
        free(shorter);
    }
    text_release(&text);
}

static void changed_records_are_seen(void **state) {
    (void)state;
    struct text text;
    size_t ends[RECORDS], whole = 0;
    enum spool_content end;
    write_records(&text, ends);
    for (size_t at = 0; at < text.length; at++) {
        whole += at == ends[whole];
        text.data[at] ^= 0x40;
        assert_int_equal(read_records(text.data, text.length, &end), whole);
        assert_int_equal(end, SPOOL_TORN);
        text.data[at] ^= 0x40;
    }
    text_release(&text);
}

/* A record that is whole but says what cannot be. */
static void strange_records_are_left_out(void **state) {
    (void)state;
    struct text text;
    size_t ends[RECORDS], at, strange = 0;
    write_records(&text, ends);
    const size_t begin = ends[2], length = ends[3] - begin - 72; /* one with an epoch, no metric */
    for (size_t i = 0; i < length; i++)
        for (int bit = 0; bit < 8; bit += 7) {
            struct delivery delivery;
            struct arena arena;
            char *copy = malloc(72 + length);
            memcpy(copy, text.data + begin, 72 + length);
            copy[72 + i] ^= (char)(1 << bit);
            memcpy(copy + 8, digest_of_bytes(copy + 72, length).hex, DIGEST_LENGTH);
            at = 0;
            arena_init(&arena);
            const enum spool_content content =
                spool_next(copy, 72 + length, &at, &arena, &delivery);
            assert_true(content == SPOOL_RECORD || content == SPOOL_STRANGE);
            assert_int_equal(at, 72 + length);
            strange += content == SPOOL_STRANGE;
            arena_release(&arena);
            free(copy);
        }
    /* The lengths and counts, at least: three numbers of eight bytes. */
    assert_true(strange >= 3 * 8);
    text_release(&text);
}

/* Which of the records a reader finds that goes on behind what is damaged, as bits. */
static unsigned find_whole_records(const char *bytes, size_t count, bool *damaged) {
    struct arena arena;
    struct delivery delivery = {0};
    unsigned found = 0;
    *damaged = false;
    arena_init(&arena);
    for (size_t at = 0;
         spool_next_whole(bytes, count, &at, &arena, &delivery, damaged) == SPOOL_RECORD;) {
        size_t i = 0;
        while (i < RECORDS && strcmp(delivery.digest, record_digests[i].hex) != 0)
            i++;
        assert_true(i < RECORDS);
        assert_same_result(&records[i], delivery.result, i % 3);
        found |= 1u << i;
    }
    arena_release(&arena);
    return found;
}

/* Any byte that is another one, is lost or is added costs the record that it is in, and no other.
 */
static void whole_records_are_found_past_damage(void **state) {
    (void)state;
    struct text text;
    size_t ends[RECORDS], record = 0;
    const unsigned all = (1u << RECORDS) - 1;
    bool damaged;
    write_records(&text, ends);
    assert_int_equal(find_whole_records(text.data, text.length, &damaged), all);
    assert_false(damaged);
    char *copy = malloc(text.length + 1);
    for (size_t i = 0; i < text.length; i++) {
        record += i == ends[record];
        const bool last = record == RECORDS - 1;
        const unsigned rest = all & ~(1u << record);
        memcpy(copy, text.data, text.length);
        copy[i] = (char)(copy[i] ^ 1 << i % 8);
        assert_int_equal(find_whole_records(copy, text.length, &damaged), rest);
        assert_int_equal(damaged, !last);
        memcpy(copy + i, text.data + i + 1, text.length - i - 1);
        assert_int_equal(find_whole_records(copy, text.length - 1, &damaged) & rest, rest);
        memcpy(copy, text.data, i);
        copy[i] = 'x';
        memcpy(copy + i + 1, text.data + i, text.length - i);
        assert_int_equal(find_whole_records(copy, text.length + 1, &damaged) & rest, rest);
        assert_int_equal(find_whole_records(text.data, i, &damaged), (1u << record) - 1);
        assert_false(damaged);
    }
    free(copy);
    text_release(&text);
}

/* --- the file --- */

static const struct stat database; /* the superuser's, and nobody else may write it */

static void room_is_reserved_and_given_back(void **state) {
    (void)state;
    struct spool *spool;
    struct stat about;
    struct error error = {0};
    struct arena arena;
    const char *bytes = NULL;
    size_t count = 7;
    arena_init(&arena);
    assert_int_equal(spool_open(in_folder("s"), 300000, &spool, &error), STATUS_OK);
    assert_int_equal(stat(in_folder("s"), &about), 0);
    assert_true(about.st_size >= 300000 && about.st_blocks * 512 >= 300000);
    assert_int_equal(spool_read(in_folder("s"), &database, &arena, &bytes, &count, &error),
                     STATUS_OK);
    assert_int_equal(count, 0);
    spool_close(spool);
    assert_int_equal(access(in_folder("s"), F_OK), -1);

    struct text text;
    size_t ends[RECORDS];
    enum spool_content end;
    write_records(&text, ends);
    assert_int_equal(spool_open(in_folder("s"), 300000, &spool, &error), STATUS_OK);
    assert_int_equal(spool_write(spool, text.data, ends[1], &error), STATUS_OK);
    assert_int_equal(spool_write(spool, text.data + ends[1], text.length - ends[1], &error),
                     STATUS_OK);
    for (int closed = 0; closed < 2; closed++) {
        assert_int_equal(spool_read(in_folder("s"), &database, &arena, &bytes, &count, &error),
                         STATUS_OK);
        assert_int_equal(read_records(bytes, count, &end), RECORDS);
        assert_int_equal(end, SPOOL_END);
        if (!closed)
            spool_close(spool);
    }
    assert_int_equal(stat(in_folder("s"), &about), 0);
    assert_true((size_t)about.st_size < text.length + 100);
    assert_int_equal(spool_remove(in_folder("s"), &error), STATUS_OK);
    assert_int_equal(spool_remove(in_folder("s"), &error), STATUS_OK);
    assert_int_equal(spool_read(in_folder("s"), &database, &arena, &bytes, &count, &error),
                     STATUS_OK);
    assert_int_equal(count, 0);
    text_release(&text);
    arena_release(&arena);
}

static void other_files_are_no_spools(void **state) {
    (void)state;
    struct arena arena;
    struct error error = {0};
    const char *bytes = NULL;
    size_t count = 0;
    arena_init(&arena);
    FILE *stream = fopen(in_folder("s"), "w");
    fputs("sweep spool, version 2\nand more", stream);
    fclose(stream);
    assert_error(spool_read(in_folder("s"), &database, &arena, &bytes, &count, &error), &error,
                 STATUS_INPUT, "not a spool");
    assert_string_equal(error.file, in_folder("s"));
    assert_int_equal(symlink("s", in_folder("link")), 0);
    assert_error(spool_read(in_folder("link"), &database, &arena, &bytes, &count, &error), &error,
                 STATUS_IO, "can't be read");
    struct spool *spool;
    assert_error(spool_open(in_folder("link"), 0, &spool, &error), &error, STATUS_IO, "room");
    assert_error(spool_open(in_folder("none/s"), 0, &spool, &error), &error, STATUS_IO, "No such");
    assert_int_equal(mkdir(in_folder("d"), 0777), 0);
    assert_error(spool_read(in_folder("d"), &database, &arena, &bytes, &count, &error), &error,
                 STATUS_IO, "can't be read");
    /* What a crash may leave of the title. */
    for (size_t size = 0; size < 23; size++) {
        assert_int_equal(spool_open(in_folder("t"), 0, &spool, &error), STATUS_OK);
        assert_int_equal(truncate(in_folder("t"), (off_t)size), 0);
        assert_int_equal(spool_read(in_folder("t"), &database, &arena, &bytes, &count, &error),
                         STATUS_OK);
        assert_int_equal(count, 0);
        spool_close(spool);
    }
    arena_release(&arena);
}

/* --- the store --- */

static const char everything[] =
    "SELECT (SELECT group_concat(digest || status || ifnull(loss, '-') || ifnull(test_loss, '-') ||"
    " ifnull(error, '-'), x'0a') FROM (SELECT * FROM trials ORDER BY trial_id)),"
    " (SELECT sum(trial_id * epoch * loss) || count(*) FROM history),"
    " (SELECT sum(trial_id * epoch * value) || count(*) FROM metrics),"
    " (SELECT group_concat(outcome || started_at || finished_at) FROM"
    " (SELECT * FROM attempts ORDER BY trial_id))";

static void put_one(struct store *store, const struct made *made, size_t i) {
    struct error error = {0};
    struct trial_result result = i == 3 ? failed_trial(i, "no") : completed(made, i, (double)i);
    store_put(store, &made->config, &made->space, &result, &error);
}

/* The same sweep without faults. */
static void make_whole(const struct made *from, char expected[4096]) {
    struct made made = *from;
    struct store *store = open_store("whole.db");
    begin(store, &made);
    for (size_t i = 0; i < 8; i++)
        put_one(store, &made, i);
    assert_int_equal(store_commit(store, NULL), STATUS_OK);
    store_close(store);
    strcpy(expected, ask("whole.db", everything));
}

static const char refuse[] = "CREATE TRIGGER refuse BEFORE INSERT ON history"
                             " WHEN new.trial_id = 5 BEGIN SELECT RAISE(FAIL, 'refused'); END";

/* A database with two results that are committed, and a third and a fifth that are spooled. */
static void make_failed(const char *name, struct made *made) {
    struct store *store = open_store(name);
    begin(store, made);
    put_one(store, made, 0);
    put_one(store, made, 1);
    assert_int_equal(store_commit(store, NULL), STATUS_OK);
    tell(name, refuse);
    put_one(store, made, 2);
    put_one(store, made, 4);
    assert_int_equal(store_spooled(store)->kept, 2);
    store_close(store);
    tell(name, "DROP TRIGGER refuse");
}

static void what_the_database_refuses_is_spooled_and_taken_up(void **state) {
    (void)state;
    char expected[4096];
    struct made made;
    struct error error = {0};
    make(&made, plain_config, "metrics=[f1_score]");
    make_whole(&made, expected);
    struct store *store = open_store("s.db");
    begin(store, &made);
    put_one(store, &made, 0);
    put_one(store, &made, 1);
    assert_int_equal(store_commit(store, &error), STATUS_OK);
    /* The trial's row is written by the time its history fails. */
    tell("s.db", "CREATE TRIGGER refuse BEFORE INSERT ON history WHEN new.trial_id = 6"
                 " BEGIN SELECT RAISE(FAIL, 'refused'); END");
    for (size_t i = 2; i < 8; i++) {
        struct trial_result result =
            i == 3 ? failed_trial(i, "no") : completed(&made, i, (double)i);
        enum status status = store_put(store, &made.config, &made.space, &result, &error);
        assert_int_equal(status, i < 5 ? STATUS_OK : STATUS_IO);
        assert_int_equal(i < 5 || strstr(error.message, "refused") != NULL, 1);
    }
    assert_int_equal(store_commit(store, &error), STATUS_IO);
    assert_contains(error.message, "refused");
    assert_int_equal(store_spooled(store)->kept, 6);
    assert_int_equal(store_spooled(store)->lost, 0);
    store_close(store);
    assert_string_equal(ask("s.db", "SELECT count(*) FROM trials WHERE status <> 'pending'"), "2");
    assert_string_equal(ask("s.db", "SELECT count(*) FROM attempts WHERE outcome = 'running'"),
                        "6");

    /* It stays until the database can take it. */
    assert_int_equal(store_open(in_folder("s.db"), &store, &error), STATUS_IO);
    store_close(store);
    assert_int_equal(access(in_folder("s.db.spool"), F_OK), 0);
    assert_string_equal(ask("s.db", "SELECT count(*) FROM trials WHERE status <> 'pending'"), "2");
    tell("s.db", "DROP TRIGGER refuse");
    size_t count;
    char *spool = whole_file("s.db.spool", &count);
    for (int again = 0; again < 2; again++) {
        store = open_store("s.db");
        assert_int_equal(store_spool_report(store)->taken, 6);
        assert_int_equal(store_spool_report(store)->unknown, 0);
        assert_false(store_spool_report(store)->torn);
        store_close(store);
        assert_only("s.db");
        assert_string_equal(ask("s.db", everything), expected);
        /* Killed between the commit and the removal: the same once more. */
        FILE *stream = fopen(in_folder("s.db.spool"), "wb");
        assert_int_equal(fwrite(spool, 1, count, stream), count);
        fclose(stream);
    }
    free(spool);
    release(&made);
}

static void the_sweep_goes_on_where_the_spool_ended(void **state) {
    (void)state;
    struct made made;
    struct resume_summary summary;
    make(&made, plain_config, NULL);
    make_failed("s.db", &made);
    /* The last record's end is missing, as after a loss of power. */
    struct stat about;
    assert_int_equal(stat(in_folder("s.db.spool"), &about), 0);
    assert_int_equal(truncate(in_folder("s.db.spool"), about.st_size - 1), 0);
    struct store *store = open_store("s.db");
    assert_int_equal(store_spool_report(store)->taken, 1);
    assert_true(store_spool_report(store)->torn);
    begin_as(store, &made, RETRAIN_SOME, &summary);
    assert_int_equal(count_missing(&made), 5);
    assert_int_equal(summary.unfinished, 5);
    assert_true(made.missing[4]);
    store_close(store);
    release(&made);
}

/* They wait until the sweep's trials are there, and are then put where none is overwritten. */
static void results_of_other_databases_are_left_out(void **state) {
    (void)state;
    struct made made, other;
    make(&made, plain_config, NULL);
    make(&other, plain_config, "seed=50");
    for (int i = 1; i < 3; i++) {
        char left[32];
        snprintf(left, sizeof left, i == 1 ? "t.db.spool.left" : "t.db.spool.left.%d", i);
        make_failed("s.db", &made);
        assert_int_equal(rename(in_folder("s.db.spool"), in_folder("t.db.spool")), 0);
        store_close(open_store("t.db"));
        assert_int_equal(access(in_folder("t.db.spool"), F_OK), 0);
        struct store *store = open_store("t.db");
        begin(store, &other);
        assert_int_equal(store_spool_report(store)->taken, 0);
        assert_int_equal(store_spool_report(store)->unknown, 2);
        assert_string_equal(store_spool_report(store)->renamed, in_folder(left));
        store_close(store);
        assert_only("t.db");
        assert_int_equal(access(in_folder(left), F_OK), 0);
        unlink(in_folder("s.db"));
    }
    /* They are found by the sweep that they are of, the same ones in both. */
    struct store *store = open_store("t.db");
    begin(store, &made);
    assert_int_equal(store_spool_report(store)->taken, 2);
    assert_int_equal(store_spool_report(store)->unknown, 0);
    assert_int_equal(count_missing(&made), 6);
    store_close(store);
    assert_int_not_equal(access(in_folder("t.db.spool.left"), F_OK), 0);
    assert_int_not_equal(access(in_folder("t.db.spool.left.2"), F_OK), 0);
    assert_string_equal(ask("t.db", "SELECT group_concat(sweep_id) FROM commands JOIN (SELECT"
                                    " DISTINCT command_id FROM trials) USING (command_id)"),
                        "2");
    release(&made);
    release(&other);
}

/* A version before this one wrote no commands. */
static void results_of_unknown_commands_are_taken_up(void **state) {
    (void)state;
    struct made made;
    struct text written;
    struct spool *spool;
    struct error error = {0};
    make(&made, plain_config, NULL);
    text_init(&written);
    const struct trial_result result = completed(&made, 1, 1);
    const struct delivery delivery = {.digest = made.space.trials[1].digest.hex, .result = &result};
    spool_append(&written, &delivery);
    assert_int_equal(spool_open(in_folder("s.db.spool"), 0, &spool, &error), STATUS_OK);
    assert_int_equal(spool_write(spool, written.data, written.length, &error), STATUS_OK);
    spool_close(spool);
    struct store *store = open_store("s.db");
    begin(store, &made);
    assert_int_equal(store_spool_report(store)->taken, 1);
    assert_false(made.missing[1]);
    store_close(store);
    assert_string_equal(ask("s.db", "SELECT outcome || ifnull(command_id, '-') FROM attempts"
                                    " WHERE trial_id = 2"),
                        "completed-");
    text_release(&written);
    release(&made);
}

/* Whoever made the record: what the database has stays. */
static void a_result_is_not_written_over(void **state) {
    (void)state;
    struct made made;
    char before[4096];
    make(&made, plain_config, "metrics=[f1_score]");
    make_failed("s.db", &made); /* 2 and 4 wait */
    size_t count;
    char *spool = whole_file("s.db.spool", &count);
    struct store *store = open_store("s.db");
    begin(store, &made);
    assert_int_equal(store_spool_report(store)->taken, 2);
    store_close(store);
    static const char *const changes[] = {
        "UPDATE trials SET test_accuracy = 0.5 WHERE trial_id = 3",
        "UPDATE history SET val_loss = 0.5 WHERE trial_id = 3 AND epoch = 1",
        "UPDATE metrics SET value = 0.5 WHERE trial_id = 3 AND name = 'f1_score'",
        "UPDATE trials SET status = 'diverged' WHERE trial_id = 3",
        "DELETE FROM history WHERE trial_id = 3 AND epoch = 1"};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        FILE *stream = fopen(in_folder("s.db.spool"), "wb");
        assert_int_equal(fwrite(spool, 1, count, stream), count);
        fclose(stream);
        tell("s.db", changes[i]);
        strcpy(before, ask("s.db", everything));
        store = open_store("s.db");
        assert_int_equal(store_spool_report(store)->refused, 1);
        assert_int_equal(store_spool_report(store)->taken, 1);
        assert_non_null(store_spool_report(store)->renamed);
        store_close(store);
        assert_only("s.db");
        assert_string_equal(ask("s.db", everything), before);
    }
    free(spool);
    release(&made);
}

/* What another user may have put beside the database is not taken for its own. */
static void what_is_planted_is_refused(void **state) {
    (void)state;
    static const char *const endings[] = {".spool", "-wal", "-journal", "-shm"};
    struct made made;
    make(&made, plain_config, NULL);
    store_close(open_store("s.db"));
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        for (int linked = 0; linked < 2; linked++) {
            struct store *store;
            struct error error = {0};
            char name[32];
            snprintf(name, sizeof name, "s.db%s", endings[i]);
            FILE *stream = fopen(in_folder("theirs"), "w");
            fputs("sweep spool, version 1\n", stream);
            fclose(stream);
            if (linked)
                assert_int_equal(link(in_folder("theirs"), in_folder(name)), 0);
            else if (geteuid() != 0 || chown(in_folder("theirs"), 65534, 65534) != 0 ||
                     rename(in_folder("theirs"), in_folder(name)) != 0)
                continue;
            assert_error(store_open(in_folder("s.db"), &store, &error), &error, STATUS_INPUT,
                         "belongs to another user");
            assert_contains(error.file, name);
            store_close(store);
            assert_int_equal(unlink(in_folder(name)), 0);
            unlink(in_folder("theirs"));
        }
    /* Who may write the database may as well put something beside it. */
    if (geteuid() == 0 && chown(in_folder("s.db"), 65534, 65534) == 0) {
        FILE *stream = fopen(in_folder("s.db.spool"), "w");
        fclose(stream);
        assert_int_equal(chown(in_folder("s.db.spool"), 65534, 65534), 0);
        store_close(open_store("s.db"));
    }
    release(&made);
}

/* --- a database that is lost while it is written --- */

static const char results[] =
    "SELECT (SELECT group_concat(digest || status || ifnull(loss, '-') || ifnull(test_loss, '-') ||"
    " ifnull(error, '-'), x'0a') FROM (SELECT * FROM trials ORDER BY digest)),"
    " (SELECT group_concat(epoch || loss || val_loss) FROM (SELECT * FROM history"
    " JOIN trials USING (trial_id) ORDER BY digest, epoch)),"
    " (SELECT group_concat(name || epoch || value) FROM (SELECT * FROM metrics"
    " JOIN trials USING (trial_id) ORDER BY digest, name, epoch))";

/* All files of a folder. */
static void remove_entries(const char *path) {
    DIR *directory = opendir(path);
    assert_non_null(directory);
    for (const struct dirent *entry; (entry = readdir(directory));)
        unlinkat(dirfd(directory), entry->d_name, 0);
    closedir(directory);
}

enum ways {
    REMOVED,
    REPLACED,
    LINKED,
    EMPTY_FILE,
    MOVED,
    EMPTIED,
    LOG_REMOVED,
    INDEX_REMOVED,
    ALL_REMOVED,
    LOSSES
};

/* Something else of the name s.db. */
static void replace(enum ways way) {
    struct store *store = open_store("l/other.db");
    store_close(store);
    if (way == LINKED)
        assert_int_equal(symlink("other.db", in_folder("l/link.db")), 0);
    if (way == EMPTY_FILE)
        assert_int_equal(truncate(in_folder("l/other.db"), 0), 0);
    assert_int_equal(
        rename(in_folder(way == LINKED ? "l/link.db" : "l/other.db"), in_folder("l/s.db")), 0);
}

static void lose(enum ways way) {
    FILE *stream;
    switch (way) {
    case REMOVED:
        assert_int_equal(unlink(in_folder("l/s.db")), 0);
        break;
    case REPLACED:
    case LINKED:
    case EMPTY_FILE:
        replace(way);
        break;
    case MOVED:
        assert_int_equal(rename(in_folder("l/s.db"), in_folder("l/moved.db")), 0);
        break;
    case EMPTIED:
        stream = fopen(in_folder("l/s.db"), "w");
        fclose(stream);
        break;
    case LOG_REMOVED:
        assert_int_equal(unlink(in_folder("l/s.db-wal")), 0);
        break;
    case INDEX_REMOVED:
        assert_int_equal(unlink(in_folder("l/s.db-shm")), 0);
        break;
    case ALL_REMOVED:
        remove_entries(in_folder("l"));
        break;
    case LOSSES:
        break;
    }
}

static size_t bytes_of(const char *name) {
    struct stat about;
    assert_int_equal(stat(in_folder(name), &about), 0);
    return (size_t)about.st_size;
}

/* What is at the place now is as it was put there, and nothing of the log lies beside it. */
static void check_place_left(enum ways way, size_t bytes) {
    assert_int_not_equal(access(in_folder("l/s.db-wal"), F_OK), 0);
    assert_int_not_equal(access(in_folder("l/s.db-shm"), F_OK), 0);
    if (way == REPLACED || way == LINKED)
        assert_string_equal(ask("l/s.db", "SELECT count(*) FROM trials"), "0");
    if (way == EMPTY_FILE || way == EMPTIED)
        assert_int_equal(bytes, 0);
    if (way == REPLACED || way == LINKED || way == EMPTY_FILE || way == EMPTIED)
        assert_int_equal(bytes_of("l/s.db"), bytes);
    if (way == MOVED) {
        assert_string_equal(
            ask("l/moved.db", "SELECT count(*) FROM trials WHERE status = 'completed'"), "5");
        assert_int_equal(unlink(in_folder("l/moved.db")), 0);
    }
    if (way == LINKED)
        assert_int_equal(rename(in_folder("l/other.db"), in_folder("l/s.db")), 0);
}

/* Trials whose result is of no command on this sweep, or of one that did not attempt it. */
static const char without_origin[] =
    "SELECT count(*) FROM trials t WHERE status = 'completed' AND NOT EXISTS (SELECT 1"
    " FROM commands c JOIN attempts a USING (command_id) WHERE c.command_id = t.command_id"
    " AND c.sweep_id = 1 AND a.trial_id = t.trial_id AND a.outcome = t.status"
    " AND a.finished_at = t.finished_at AND c.host <> '' AND c.pid > 0 AND c.started_at <> '')";
static const char origins[] =
    "SELECT group_concat(arguments || ' ' || jobs || ' ' || outcome || ': ' ||"
    " (SELECT count(*) FROM trials t WHERE t.command_id = c.command_id"
    "  AND status = 'completed'), x'0a') FROM commands c";

/* Whatever is lost, the same sweep begun again has each result that was put. */
static void a_lost_database_loses_no_result(void **state) {
    (void)state;
    static const char *const said[LOSSES] = {
        "was removed or replaced", "was removed or replaced", "was removed or replaced",
        "was removed or replaced", "was moved to ",           "was emptied",
        "its -wal file",           "its -shm file",           "was removed or replaced"};
    char expected[4096];
    struct made made;
    make(&made, plain_config, "metrics=[f1_score]");
    make_whole(&made, expected);
    for (int way = 0; way < LOSSES; way++) {
        struct error error = {0};
        make_folders("l");
        struct store *store = open_store("l/s.db");
        begin(store, &made);
        for (size_t i = 0; i < 4; i++)
            put_one(store, &made, i);
        assert_int_equal(store_commit(store, NULL), STATUS_OK);
        put_one(store, &made, 4);
        lose((enum ways)way);
        put_one(store, &made, 5);
        assert_error(store_commit(store, &error), &error, STATUS_IO, said[way]);
        put_one(store, &made, 6);
        assert_int_equal(store_commit(store, &error), STATUS_IO);
        const struct spool_state *spooled = store_spooled(store);
        /* The third failed, and is not a result. Of an emptied file nothing may be read. */
        assert_true(spooled->kept == 6 || (way == EMPTIED && spooled->kept >= 3));
        assert_int_equal(spooled->lost, 0);
        assert_string_equal(spooled->path, in_folder("l/s.db.spool"));
        const bool is_there = access(in_folder("l/s.db"), F_OK) == 0;
        const size_t bytes = is_there ? bytes_of("l/s.db") : 0;
        store_close(store);
        check_place_left((enum ways)way, bytes);
        store = open_store("l/s.db");
        begin(store, &made);
        assert_int_equal(store_spool_report(store)->unknown, 0);
        assert_true(store_spool_report(store)->taken >= (way == EMPTIED ? 3 : 6));
        for (size_t i = 0; i < 8; i++)
            if (made.missing[i])
                put_one(store, &made, i);
        assert_int_equal(store_finish_sweep(store, NULL), STATUS_OK);
        store_close(store);
        assert_only("l/s.db");
        assert_string_equal(ask("l/s.db", results), ask("whole.db", results));
        assert_string_equal(ask("l/s.db", without_origin), "0");
        if (way == REMOVED)
            assert_string_equal(ask("l/s.db", origins), "sweep run made.yaml 3 interrupted: 6\n"
                                                        "sweep run made.yaml 3 finished: 1");
        remove_entries(in_folder("l"));
    }
    release(&made);
}

/* Also while nothing is put that would be committed. */
static void a_loss_is_noticed_between_results(void **state) {
    (void)state;
    struct made made;
    struct error error = {0};
    make(&made, plain_config, NULL);
    make_folders("l");
    struct store *store = open_store("l/s.db");
    begin(store, &made);
    put_one(store, &made, 0);
    assert_int_equal(store_commit(store, &error), STATUS_OK);
    assert_int_equal(store_commit(store, &error), STATUS_OK);
    lose(REPLACED);
    assert_error(store_commit(store, &error), &error, STATUS_IO, "was removed or replaced");
    assert_int_equal(store_spooled(store)->kept, 1);
    assert_int_not_equal(access(in_folder("l/s.db-wal"), F_OK), 0);
    store_close(store);
    remove_entries(in_folder("l"));
    release(&made);
}

/* A log that a killed process left is not read with the file that has the name now. */
static void a_log_of_another_file_is_refused(void **state) {
    (void)state;
    struct made made;
    struct error error = {0};
    struct store *store;
    make(&made, plain_config, NULL);
    make_folders("l");
    const pid_t child = fork();
    if (child == 0) {
        store = open_store("l/s.db");
        begin(store, &made);
        put_one(store, &made, 0);
        store_commit(store, NULL);
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    /* Its own file is: nothing is lost by the kill. */
    assert_int_equal(store_open_read(in_folder("l/s.db"), &store, &error), STATUS_OK);
    store_close(store);
    lose(REPLACED);
    assert_error(store_open_read(in_folder("l/s.db"), &store, &error), &error, STATUS_INPUT,
                 "belongs to the file that was there before");
    assert_contains(error.file, "l/s.db-wal");
    store_close(store);
    assert_error(store_open(in_folder("l/s.db"), &store, &error), &error, STATUS_INPUT,
                 "belongs to the file that was there before");
    store_close(store);
    assert_int_equal(unlink(in_folder("l/s.db-wal")), 0);
    assert_int_equal(unlink(in_folder("l/s.db-shm")), 0);
    store_close(open_store("l/s.db"));
    assert_only("l/s.db");
    assert_string_equal(ask("l/s.db", "SELECT count(*) FROM trials"), "0");
    remove_entries(in_folder("l"));
    release(&made);
}

/* With its folder, under another name or not at all. */
static void a_lost_folder_is_told(void **state) {
    (void)state;
    struct made made;
    make(&made, plain_config, NULL);
    for (int removed = 0; removed < 2; removed++) {
        struct error error = {0};
        make_folders("l");
        struct store *store = open_store("l/s.db");
        begin(store, &made);
        put_one(store, &made, 0);
        assert_int_equal(store_commit(store, NULL), STATUS_OK);
        if (removed) {
            remove_entries(in_folder("l"));
            assert_int_equal(rmdir(in_folder("l")), 0);
        } else {
            assert_int_equal(rename(in_folder("l"), in_folder("k")), 0);
        }
        put_one(store, &made, 1);
        assert_error(store_commit(store, &error), &error, STATUS_IO,
                     removed ? "was removed or replaced" : in_folder("k/s.db"));
        const struct spool_state *spooled = store_spooled(store);
        assert_int_equal(spooled->kept, removed ? 0 : 2);
        assert_int_equal(spooled->lost, removed ? 2 : 0);
        assert_string_equal(spooled->path, in_folder(removed ? "l/s.db.spool" : "k/s.db.spool"));
        if (removed)
            assert_contains(spooled->error.message, "No such file");
        store_close(store);
    }
    store_close(open_store("k/s.db"));
    assert_only("k/s.db");
    assert_string_equal(ask("k/s.db", "SELECT count(*) FROM trials WHERE status = 'completed'"),
                        "2");
    release(&made);
}

/* --- real limits --- */

/* A child's faults as bits, each for a line of it. */
static int run_child(int (*run)(void)) {
    int how;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(run());
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how));
    return WEXITSTATUS(how);
}

static void limit_files(rlim_t bytes) {
    const struct rlimit limit = {bytes, bytes};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
}

/* No file may grow over what they are now, but the spool's room is there already. */
static int put_under_a_limit(void) {
    struct made made;
    struct error error = {0};
    struct stat about;
    make(&made, plain_config, "metrics=[f1_score]");
    struct store *store = open_store("s.db");
    begin(store, &made);
    stat(in_folder("s.db.spool"), &about);
    limit_files((rlim_t)about.st_size);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < 8; i++) {
        put_one(store, &made, i);
        status = store_commit(store, &error);
    }
    int faults = (status != STATUS_IO) | 2 * (store_spooled(store)->lost != 0) |
                 4 * (store_spooled(store)->kept == 0) | 8 * (error.message[0] == '\0');
    store_close(store);
    return faults;
}

static void a_limit_of_the_file_size_loses_nothing(void **state) {
    (void)state;
    char expected[4096];
    struct made made;
    make(&made, plain_config, "metrics=[f1_score]");
    make_whole(&made, expected);
    assert_int_equal(run_child(put_under_a_limit), 0);
    struct store *store = open_store("s.db");
    assert_true(store_spool_report(store)->taken > 0);
    store_close(store);
    assert_string_equal(ask("s.db", everything), expected);
    assert_string_equal(ask("s.db", "PRAGMA integrity_check"), "ok");
    release(&made);
}

/* Nothing can be written any more: what is lost is counted. */
static int put_without_room(void) {
    struct made made;
    struct error error = {0};
    make(&made, plain_config, NULL);
    struct store *store = open_store("s.db");
    begin(store, &made);
    put_one(store, &made, 0);
    int faults = store_commit(store, &error) != STATUS_OK;
    limit_files(0);
    for (size_t i = 1; i < 8; i++)
        put_one(store, &made, i);
    faults |= 2 * (store_commit(store, &error) != STATUS_IO);
    faults |= 4 * (store_spooled(store)->lost != 7 || store_spooled(store)->kept != 0);
    faults |= 8 * !strstr(store_spooled(store)->error.message, "File too large");
    store_close(store);
    return faults;
}

static void losses_are_counted(void **state) {
    (void)state;
    struct made made;
    struct resume_summary summary;
    assert_int_equal(run_child(put_without_room), 0);
    struct store *store = open_store("s.db");
    make(&made, plain_config, NULL);
    begin_as(store, &made, RETRAIN_SOME, &summary);
    assert_int_equal(count_missing(&made), 7);
    assert_int_equal(summary.unfinished_here, 7);
    store_close(store);
    release(&made);
}

/* Without room for a spool a sweep does not begin. */
static int begin_without_room(void) {
    struct made made;
    struct error error = {0};
    struct resume_summary summary;
    make(&made, plain_config, NULL);
    struct store *store = open_store("s.db");
    const struct sweep_request request = {
        &made.config, &made.dataset, &made.space, "", 1, RETRAIN_SOME, "", false};
    limit_files(1000);
    int faults = store_begin_sweep(store, &request, made.missing, &summary, &error) != STATUS_IO;
    faults |= 2 * (error.message[0] == '\0');
    store_close(store);
    return faults;
}

static void a_sweep_without_room_does_not_begin(void **state) {
    (void)state;
    store_close(open_store("s.db"));
    assert_int_equal(run_child(begin_without_room), 0);
    assert_string_equal(ask("s.db", "SELECT count(*) FROM sweeps"), "0");
    store_close(open_store("s.db"));
    assert_only("s.db");
}

#define CASE(NAME) cmocka_unit_test_setup_teardown(NAME, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(records_come_back_bit_for_bit),
        CASE(torn_records_are_seen),
        CASE(changed_records_are_seen),
        CASE(strange_records_are_left_out),
        CASE(whole_records_are_found_past_damage),
        CASE(room_is_reserved_and_given_back),
        CASE(other_files_are_no_spools),
        CASE(what_the_database_refuses_is_spooled_and_taken_up),
        CASE(the_sweep_goes_on_where_the_spool_ended),
        CASE(results_of_other_databases_are_left_out),
        CASE(results_of_unknown_commands_are_taken_up),
        CASE(a_result_is_not_written_over),
        CASE(what_is_planted_is_refused),
        CASE(a_lost_database_loses_no_result),
        CASE(a_loss_is_noticed_between_results),
        CASE(a_log_of_another_file_is_refused),
        CASE(a_lost_folder_is_told),
        CASE(a_limit_of_the_file_size_loses_nothing),
        CASE(losses_are_counted),
        CASE(a_sweep_without_room_does_not_begin),
    };
    return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
