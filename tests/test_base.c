/* The ground floor: arena, text, names, digests, random numbers, errors, memory. */
#include "base/arena.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/status.h"
#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Arena. --------------------------------------------------------------------------------------- */

static void arena_pieces(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    unsigned char *pieces[200];
    for (size_t i = 0; i < 200; i++) {
        const size_t bytes = i * 37;
        pieces[i] = ARENA_NEW(&arena, unsigned char, bytes);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % ARENA_ALIGNMENT, 0);
        for (size_t j = 0; j < bytes; j++)
            assert_int_equal(pieces[i][j], 0);
        memset(pieces[i], (int)i, bytes);
    }
    for (size_t i = 0; i < 200; i++) /* no piece has touched another */
        for (size_t j = 0; j < i * 37; j++)
            assert_int_equal(pieces[i][j], i);
    assert_true(arena.used >= 37 * 199 * 200 / 2);
    arena_release(&arena);
    assert_null(arena.blocks);
    arena_release(&arena); /* again is harmless */
}

static void arena_empty_pieces(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    char *first = arena_alloc(&arena, 0, 8), *second = arena_alloc(&arena, 5, 0);
    assert_non_null(first);
    assert_non_null(second);
    assert_ptr_not_equal(first, second);
    arena_release(&arena);
}

static void arena_overflow(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    assert_null(arena_alloc(&arena, SIZE_MAX, 2));
    assert_null(arena_alloc(&arena, SIZE_MAX / 8 + 2, 8));
    assert_null(arena_alloc(&arena, SIZE_MAX, 1));
    assert_null(arena_alloc(&arena, SIZE_MAX - 64, 1));
    assert_int_equal(arena.used, 0);
    assert_non_null(arena_alloc(&arena, 1, 1)); /* and it still works */
    arena_release(&arena);
}

/* After a reset pieces are zeroed again and come from memory that is already there. */
static void arena_resets(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < 5; i++)
        memset(arena_alloc(&arena, (i + 1) * 100000, 1), 0xff, (i + 1) * 100000);
    arena_reset(&arena);
    assert_int_equal(arena.used, 0);
    const struct arena_block *kept = arena.blocks;
    assert_non_null(kept);
    const unsigned char *piece = arena_alloc(&arena, 500000, 1);
    assert_ptr_equal(arena.blocks, kept);
    for (size_t i = 0; i < 500000; i++)
        assert_int_equal(piece[i], 0);
    arena_release(&arena);
    arena_reset(&arena); /* of an empty arena */
    arena_release(&arena);
}

static void arena_strings(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    char original[] = "seven";
    char *copy = arena_copy(&arena, original);
    original[0] = 'S';
    assert_string_equal(copy, "seven");
    assert_string_equal(arena_copy(&arena, ""), "");
    assert_string_equal(arena_printf(&arena, "%s-%03d", copy, 7), "seven-007");
    const char *wide = arena_printf(&arena, "%100000d", 1);
    assert_int_equal(strlen(wide), 100000);
    arena_release(&arena);
}

/* Text. ---------------------------------------------------------------------------------------- */

static void text_grows(void **state) {
    (void)state;
    struct text text;
    text_init(&text);
    assert_string_equal(text.data, "");
    for (int i = 0; i < 1000; i++) {
        text_printf(&text, "%d", i % 10);
        text_append(&text, ",");
    }
    text_append_bytes(&text, "a\0b", 3);
    assert_int_equal(text.length, 2003);
    assert_int_equal(text.data[2001], '\0');
    assert_int_equal(text.data[2003], '\0');
    assert_memory_equal(text.data + 1990, "5,6,7,8,9,a", 11);
    assert_false(text.failed);
    text_clear(&text);
    assert_string_equal(text.data, "");
    text_append(&text, "x");
    assert_string_equal(text.data, "x");
    text_release(&text);
    assert_string_equal(text.data, ""); /* usable again */
    text_append(&text, "y");
    assert_string_equal(text.data, "y");
    text_release(&text);
}

static void check_double(double value, const char *expected) {
    struct text text;
    text_init(&text);
    text_append_double(&text, value);
    assert_string_equal(text.data, expected);
    if (isfinite(value))
        assert_true(strtod(text.data, NULL) == value);
    text_release(&text);
}

/* As printf has them, also those that are written without it. */
static void doubles_as_printf_has_them(void **state) {
    (void)state;
    uint64_t bits = 1;
    for (int i = 0; i < 200000; i++) {
        char expected[40];
        struct text text;
        bits = bits * 6364136223846793005u + 1442695040888963407u;
        const double scale = pow(10, (double)(bits >> 60));
        double value =
            floor((double)(bits >> 20) / pow(2, 44) * pow(10, (double)(bits >> 16 & 15)));
        value = (bits >> 13 & 1 ? -value : value) / scale;
        if (bits >> 14 & 1)
            value = nextafter(value, 1e300);
        for (int precision = 15; precision <= 17; precision++) {
            snprintf(expected, sizeof expected, "%.*g", precision, value);
            if (strtod(expected, NULL) == value)
                break;
        }
        text_init(&text);
        text_append_double(&text, value);
        assert_string_equal(text.data, expected);
        text_clear(&text);
        text_append_integer(&text, (int64_t)bits);
        snprintf(expected, sizeof expected, "%" PRId64, (int64_t)bits);
        assert_string_equal(text.data, expected);
        text_release(&text);
    }
}

/* The test vectors of RFC 4648, section 10, and a byte with its highest bit set. */
static void text_base64(void **state) {
    (void)state;
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"},
                                           {"\xff\xfe\xfd", "//79"},
                                           {"\xfb", "+w=="}};
    struct text text;
    text_init(&text);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        text_clear(&text);
        text_append_base64(&text, pairs[i][0], strlen(pairs[i][0]));
        assert_string_equal(text.data, pairs[i][1]);
    }
    text_release(&text);
}

static void text_doubles(void **state) {
    (void)state;
    check_double(0.1, "0.1");
    check_double(0.1 + 0.2, "0.30000000000000004");
    check_double(1.0 / 3, "0.3333333333333333");
    check_double(100, "100");
    check_double(-0.0, "-0");
    check_double(1e-7, "1e-07");
    check_double(5e-324, "4.94065645841247e-324");
    check_double((double)NAN, "nan");
    check_double(-(double)NAN, "nan");
    check_double((double)INFINITY, "inf");
    check_double(-(double)INFINITY, "-inf");
}

static void text_out_of_memory(void **state) {
    (void)state;
    struct text text;
    text_init(&text);
    text_append(&text, "kept");
    text_append_bytes(&text, "", SIZE_MAX - 2); /* is refused before a byte is read */
    assert_true(text.failed);
    text_append(&text, " and no more");
    assert_string_equal(text.data, "kept");
    text_release(&text);
}

static const char *escaped(const char *string, enum text_escapes kind) {
    static char all[128];
    char piece[TEXT_PIECE], *at = all;
    while (*string) {
        const size_t length = text_escape(&string, kind, piece);
        memcpy(at, piece, length);
        at += length;
    }
    *at = '\0';
    return all;
}

static void text_escapes_and_back(void **state) {
    (void)state;
    static const struct {
        const char *bytes, *utf8, *harmless;
    } cases[] = {
        {"", "", ""},
        {"a\xff", "a\\xff", "a\\xff"},
        {"\xc3", "\\xc3", "\\xc3"},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80"},
        {"\xe2\x82\xac\xf0\x9f\x98\x80", "\xe2\x82\xac\xf0\x9f\x98\x80",
         "\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\t\n\r\n\r\x1b\x7f", "\t\n\r\n\r\x1b\x7f", "\t\n\r\n\\x0d\\x1b\\x7f"},
        {"\xc2\x9b\xe2\x80\xae", "\xc2\x9b\xe2\x80\xae", "\\xc2\\x9b\\xe2\\x80\\xae"},
        /* What only looks like an escape stays what it is. */
        {"\xff\\xff\\x5c\\", "\\xff\\x5cxff\\x5cx5c\\", "\\xff\\x5cxff\\x5cx5c\\"},
        {"\\x4\xff\\\xff", "\\x4\\xff\\\\xff", "\\x4\\xff\\\\xff"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int kind = TEXT_NOT_UTF8; kind <= TEXT_CONTROLS; kind++) {
            char all[128];
            const char *expected = kind == TEXT_CONTROLS ? cases[i].harmless : cases[i].utf8;
            strcpy(all, escaped(cases[i].bytes, (enum text_escapes)kind));
            assert_string_equal(all, expected);
            assert_false(text_needs_escapes(all, (enum text_escapes)kind));
            text_unescape(all);
            assert_string_equal(all, cases[i].bytes);
        }
    assert_true(text_needs_escapes("\xff", TEXT_NOT_UTF8));
    assert_false(text_needs_escapes("\x1b", TEXT_NOT_UTF8));
    assert_true(text_needs_escapes("\x1b", TEXT_CONTROLS));
    assert_false(text_needs_escapes("\\xff", TEXT_CONTROLS));
}

static void nearest_name(void **state) {
    (void)state;
    const char *const names[] = {"learning_rate", "batch_size", "epochs", "relu", "relu6", "selu"};
    const struct {
        const char *wanted, *nearest;
    } cases[] = {
        {"learning_rat", "learning_rate"},  /* a letter short */
        {"learnign_rate", "learning_rate"}, /* two swapped */
        {"batchsize", "batch_size"},        /* one missing inside */
        {"Batch_Size", "batch_size"},       /* case */
        {"epoch", "epochs"},
        {"epochss", "epochs"},
        {"rellu", "relu"},
        {"relu7", "relu"},  /* relu6 is as near; the first wins */
        {"momentum", NULL}, /* nothing like it */
        {"x", NULL},
        {"", NULL},
        {"a name that is longer than any name of any table can sensibly be, by far", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *nearest = text_nearest(cases[i].wanted, names, 6);
        if (cases[i].nearest) {
            assert_non_null(nearest);
            assert_string_equal(nearest, cases[i].nearest);
        } else {
            assert_null(nearest);
        }
    }
    assert_null(text_nearest("relu", names, 0));
    char endless[200];
    memset(endless, 'r', sizeof endless);
    endless[sizeof endless - 1] = '\0';
    const char *const mixed[] = {endless, "relu"};
    assert_string_equal(text_nearest("rel", mixed, 2), "relu");
    assert_null(text_nearest(endless, mixed, 2));
}

static void endings(void **state) {
    (void)state;
    assert_true(text_ends_with("a.csv", ".csv"));
    assert_true(text_ends_with("A.CSV", ".csv"));
    assert_true(text_ends_with(".csv", ".csv"));
    assert_false(text_ends_with("csv", ".csv"));
    assert_false(text_ends_with("a.csv.gz", ".csv"));
}

/* Digests. ------------------------------------------------------------------------------------- */

/* The examples of FIPS 180-2, appendix B, and the empty message. */
static void digests(void **state) {
    (void)state;
    assert_string_equal(digest_of_string("abc").hex,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_string_equal(
        digest_of_string("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").hex,
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    assert_string_equal(digest_of(NULL, 0).hex,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    const struct digest_piece pieces[] = {{"a", 1}, {"", 0}, {"bc", 2}};
    assert_string_equal(digest_of(pieces, 3).hex, digest_of_string("abc").hex);
    assert_string_equal(digest_of_bytes("abc\0", 3).hex, digest_of_string("abc").hex);
    assert_string_not_equal(digest_of_bytes("abc\0", 4).hex, digest_of_string("abc").hex);
    assert_int_equal(strlen(digest_of_string("").hex), DIGEST_LENGTH);
}

/* Random numbers. ------------------------------------------------------------------------------ */

/* philox4x32 with 10 rounds: the lines of Random123's kat_vectors, all zeros, all ones and the
 * digits of pi. A source's parts are the counter and the key. */
static void philox_known_answers(void **state) {
    (void)state;
    const struct {
        uint32_t counter[4], key[2], answer[4];
    } vectors[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < 3; i++) {
        const struct random_source source = {(uint64_t)vectors[i].key[1] << 32 | vectors[i].key[0],
                                             (enum random_purpose)vectors[i].counter[3],
                                             vectors[i].counter[2]};
        const struct random_block block =
            random_block(source, (uint64_t)vectors[i].counter[1] << 32 | vectors[i].counter[0]);
        assert_memory_equal(block.word, vectors[i].answer, sizeof block.word);
    }
}

#define DRAWS 100000

static void uniform_numbers(void **state) {
    (void)state;
    const struct random_source source = {42, RANDOM_TEST, 0};
    double mean = 0, square = 0, neighbours = 0, before = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        const double u = random_unit(source, i);
        assert_true(u >= 0 && u < 1);
        mean += u / DRAWS;
        square += (u - 0.5) * (u - 0.5) / DRAWS;
        neighbours += (u - 0.5) * (before - 0.5) / DRAWS;
        before = u;
    }
    /* deviations 0.0009, 0.0002 and 0.0003 */
    assert_true(fabs(mean - 0.5) < 0.004);
    assert_true(fabs(square - 1.0 / 12) < 0.001);
    assert_true(fabs(neighbours) < 0.0013);
    assert_true(random_unit_float(0) == 0);
    assert_true(random_unit_float(UINT32_MAX) < 1);
}

static void normal_numbers(void **state) {
    (void)state;
    const struct random_source source = {42, RANDOM_TEST, 1};
    double sum = 0, square = 0, cube = 0, fourth = 0;
    size_t within = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        const double z = random_normal(source, i);
        assert_true(isfinite(z));
        sum += z / DRAWS;
        square += z * z / DRAWS;
        cube += z * z * z / DRAWS;
        fourth += z * z * z * z / DRAWS;
        within += fabs(z) < 1;
    }
    /* deviations 0.003, 0.0045, 0.012, 0.031 and 0.0015 */
    assert_true(fabs(sum) < 0.013);
    assert_true(fabs(square - 1) < 0.018);
    assert_true(fabs(cube) < 0.05);
    assert_true(fabs(fourth - 3) < 0.13);
    assert_true(fabs((double)within / DRAWS - 0.682689) < 0.006);
}

/* Every part of a source matters, and nothing else does. */
static void sources_differ(void **state) {
    (void)state;
    const struct random_source sources[] = {
        {1, RANDOM_TEST, 0},    {2, RANDOM_TEST, 0}, {1 + ((uint64_t)1 << 32), RANDOM_TEST, 0},
        {1, RANDOM_WEIGHTS, 0}, {1, RANDOM_TEST, 1},
    };
    const uint64_t indexes[] = {0, 1, (uint64_t)1 << 32, (uint64_t)1 << 40};
    struct random_block blocks[20];
    for (size_t i = 0; i < 20; i++) {
        blocks[i] = random_block(sources[i / 4], indexes[i % 4]);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(&blocks[i], &blocks[j], sizeof blocks[i]);
    }
    const struct random_block again = random_block(sources[0], 0);
    assert_memory_equal(&again, &blocks[0], sizeof again);
}

static void permutations(void **state) {
    (void)state;
    enum { COUNT = 1000 };
    uint32_t order[COUNT], again[COUNT];
    unsigned char seen[COUNT] = {0};
    random_permutation((struct random_source){3, RANDOM_SHUFFLE, 1}, order, COUNT);
    random_permutation((struct random_source){3, RANDOM_SHUFFLE, 1}, again, COUNT);
    assert_memory_equal(order, again, sizeof order);
    size_t fixed = 0;
    for (size_t i = 0; i < COUNT; i++) {
        assert_in_range(order[i], 0, COUNT - 1);
        assert_int_equal(seen[order[i]]++, 0);
        fixed += order[i] == i;
    }
    assert_in_range(fixed, 0, 6); /* 1 is expected */
    random_permutation((struct random_source){3, RANDOM_SHUFFLE, 2}, again, COUNT);
    assert_memory_not_equal(order, again, sizeof order);
    order[0] = 9;
    random_permutation((struct random_source){3, RANDOM_SHUFFLE, 1}, order, 0);
    assert_int_equal(order[0], 9);
    random_permutation((struct random_source){3, RANDOM_SHUFFLE, 1}, order, 1);
    assert_int_equal(order[0], 0);
}

/* All 24 orders of 4 come equally often: a chi-squared of 23 degrees of freedom stays below 50
 * but for one in a thousand. */
static void permutations_are_uniform(void **state) {
    (void)state;
    size_t counts[256] = {0}, orders = 0;
    double chi_squared = 0;
    for (uint32_t epoch = 0; epoch < 24000; epoch++) {
        uint32_t order[4];
        random_permutation((struct random_source){3, RANDOM_SHUFFLE, epoch}, order, 4);
        counts[order[0] << 6 | order[1] << 4 | order[2] << 2 | order[3]]++;
    }
    for (size_t i = 0; i < 256; i++)
        if (counts[i] > 0) {
            orders++;
            chi_squared += ((double)counts[i] - 1000) * ((double)counts[i] - 1000) / 1000;
        }
    assert_int_equal(orders, 24);
    assert_true(chi_squared < 50);
}

/* Errors. -------------------------------------------------------------------------------------- */

static void errors(void **state) {
    (void)state;
    struct error error = {0};
    assert_int_equal(error_set(&error, STATUS_INPUT, "key '%s' is %d", "seed", 7), STATUS_INPUT);
    assert_int_equal(error.code, STATUS_INPUT);
    assert_string_equal(error.message, "key 'seed' is 7");
    assert_string_equal(error.file, "");
    assert_int_equal(error_place(&error, "grid.yaml", 3, 9), STATUS_INPUT);
    assert_string_equal(error.file, "grid.yaml");
    assert_int_equal(error.line, 3);
    assert_int_equal(error.column, 9);
    assert_string_equal(error.message, "key 'seed' is 7");
    /* a new error forgets the old one's place */
    assert_int_equal(error_memory(&error), STATUS_MEMORY);
    assert_string_equal(error.file, "");
    assert_int_equal(error.line, 0);
    assert_int_equal(error_set(NULL, STATUS_IO, "nobody asks"), STATUS_IO);
}

static void long_errors_are_cut(void **state) {
    (void)state;
    struct error error;
    char path[600];
    memset(path, 'p', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    error_set(&error, STATUS_IO, "%s%s%s", path, path, path);
    error_place(&error, path, 1, 1);
    assert_int_equal(strlen(error.message), sizeof error.message - 1);
    assert_int_equal(strlen(error.file), sizeof error.file - 1);
    memcpy(path + sizeof path - sizeof "/end.db", "/end.db", sizeof "/end.db");
    error_place(&error, path, 1, 1);
    assert_int_equal(strlen(error.file), sizeof error.file - 1);
    assert_memory_equal(error.file, "...ppp", 6);
    assert_string_equal(error.file + strlen(error.file) - 7, "/end.db");
    /* Not within a character. */
    for (size_t i = 0; i + 2 < sizeof path; i += 2)
        memcpy(path + i, "\xc3\xa9", 2);
    path[sizeof path - 2] = 'x';
    for (int i = 0; i < 2; i++) {
        error_place(&error, path + 2 * i, 1, 1);
        assert_true(text_needs_escapes(error.file, TEXT_NOT_UTF8) == false);
        path[sizeof path - 2] = '\0';
    }
}

/* Memory. -------------------------------------------------------------------------------------- */

static char root[] = "/tmp/sweep-base-XXXXXX";

/* A file below the root; of many lines, or none. */
static void put(const char *name, const char *text) {
    char path[300];
    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(path, sizeof path, "%s/%.*s", root, (int)(slash - name), name);
        mkdir(path, 0700);
    }
    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void memory_is_what_all_leave(void **state) {
    (void)state;
    char command[64];
    assert_non_null(mkdtemp(root));
    put("proc/meminfo", "MemTotal:  9000 kB\nMemAvailable:  1000 kB\n");
    assert_int_equal(memory_available_under(root), 1024000);
    /* Version 2: the group has no limit, the one that it is in has. */
    put("proc/self/cgroup", "0::/jobs/7\n");
    put("sys/fs/cgroup/jobs/7/memory.max", "max\n");
    put("sys/fs/cgroup/jobs/7/memory.current", "5000\n");
    put("sys/fs/cgroup/jobs/memory.max", "900000\n");
    put("sys/fs/cgroup/jobs/memory.current", "500000\n");
    assert_int_equal(memory_available_under(root), 400000);
    put("sys/fs/cgroup/jobs/memory.stat", "anon 9\ninactive_file 100000\nactive_file 50000\n");
    assert_int_equal(memory_available_under(root), 550000);
    /* Version 1, in a container that sees its own group at the top. */
    put("proc/self/cgroup", "5:cpu:/c/1\n4:memory:/c/1\n0::/\n");
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "300000\n");
    put("sys/fs/cgroup/memory/memory.usage_in_bytes", "200000\n");
    put("sys/fs/cgroup/memory/memory.stat", "inactive_file 7\ntotal_inactive_file 50000\n");
    assert_int_equal(memory_available_under(root), 150000);
    put("sys/fs/cgroup/memory/memory.usage_in_bytes", "400000\n");
    assert_int_equal(memory_available_under(root), 0);
    snprintf(command, sizeof command, "rm -r %s", root);
    assert_int_equal(system(command), 0);
}

/* The system would promise it, as long as nothing is written there. */
static void arenas_reserve_what_is_available(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    assert_false(arena_reserve(&arena, memory_available() + ((size_t)1 << 30)));
    assert_true(arena_reserve(&arena, (size_t)1 << 27));
    arena_release(&arena);
}

#define ROOM ((rlim_t)100 << 20)

static void memory_is_what_limits_leave(void **state) {
    (void)state;
#ifdef SWEEP_SANITIZED
    skip(); /* sanitizers need more address space than a limit leaves */
#else
    struct rlimit before, limit;
    struct arena arena;
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%zu", &pages), 1);
    fclose(file);
    assert_true(memory_available() > ROOM);
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    limit = before;
    limit.rlim_cur = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + ROOM;
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
    const size_t left = memory_available();
    arena_init(&arena);
    const bool more = arena_reserve(&arena, ROOM + ROOM / 10),
               less = arena_reserve(&arena, ROOM / 2);
    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
    arena_release(&arena);
    assert_true(left <= ROOM && left > ROOM / 2);
    assert_true(!more && less);
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_pieces),
        cmocka_unit_test(arena_empty_pieces),
        cmocka_unit_test(arena_overflow),
        cmocka_unit_test(arena_resets),
        cmocka_unit_test(arena_strings),
        cmocka_unit_test(text_grows),
        cmocka_unit_test(doubles_as_printf_has_them),
        cmocka_unit_test(text_base64),
        cmocka_unit_test(text_doubles),
        cmocka_unit_test(text_out_of_memory),
        cmocka_unit_test(text_escapes_and_back),
        cmocka_unit_test(nearest_name),
        cmocka_unit_test(digests),
        cmocka_unit_test(philox_known_answers),
        cmocka_unit_test(uniform_numbers),
        cmocka_unit_test(normal_numbers),
        cmocka_unit_test(sources_differ),
        cmocka_unit_test(permutations),
        cmocka_unit_test(permutations_are_uniform),
        cmocka_unit_test(endings),
        cmocka_unit_test(errors),
        cmocka_unit_test(long_errors_are_cut),
        cmocka_unit_test(memory_is_what_all_leave),
        cmocka_unit_test(arenas_reserve_what_is_available),
        cmocka_unit_test(memory_is_what_limits_leave),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
