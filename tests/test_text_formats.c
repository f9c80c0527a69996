/* JSON and CSV as the commands write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "exchange/csv.h"

static void assert_json(struct json *json, enum json_layout layout, const char *expected) {
    struct text text;
    text_init(&text);
    assert_int_equal(json_append(json, layout, &text, NULL), STATUS_OK);
    assert_string_equal(text.data, expected);
    text_release(&text);
    json_release(json);
}

static void json_of_a_string_alone(void **state) {
    (void)state;
    struct text text;
    text_init(&text);
    text_append(&text, "[");
    json_append_text(&text, "a\"b\\c\n\x01/\xc3\xa9\xff");
    json_append_text(&text, "");
    assert_string_equal(text.data, "[\"a\\\"b\\\\c\\n\\u0001/\xc3\xa9\xef\xbf\xbd\"\"\"");
    assert_false(text.failed);
    text_release(&text);
}

static void json_has_every_kind_of_value(void **state) {
    (void)state;
    struct json json;
    json_init(&json);
    json_text(&json, "text", "a\"b\\c\n\t\x01/\xc3\xa9");
    json_text(&json, "nothing", NULL);
    json_boolean(&json, "true", true);
    json_integer(&json, "integer", INT64_MIN);
    json_begin_array(&json, "list");
    json_number(&json, NULL, 0.1);
    json_null(&json, NULL);
    json_begin_object(&json, NULL);
    json_end(&json);
    json_end(&json);
    json_text(&json, "last", "");
    assert_json(&json, JSON_ONE_LINE,
                "{\"text\":\"a\\\"b\\\\c\\n\\t\\u0001/\xc3\xa9\",\"nothing\":null,\"true\":true,"
                "\"integer\":-9223372036854775808,\"list\":[0.1,null,{}],\"last\":\"\"}\n");
    json_init_array(&json);
    json_begin_array(&json, NULL); /* left open */
    assert_json(&json, JSON_ONE_LINE, "[[]]\n");
    json_init(&json);
    json_integer(&json, "a", 1);
    assert_json(&json, JSON_PRETTY, "{\n  \"a\": 1\n}\n");
}

static void json_numbers_read_back_and_are_never_nan(void **state) {
    (void)state;
    static const double numbers[] = {0.1, 1.0 / 3, -0.0, 1e300,         5e-324,
                                     3,   1e-05,   1e22, -123456789.25, 0.30000000000000004};
    struct json json;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct text text;
        text_init(&text);
        json_init_array(&json);
        json_number(&json, NULL, numbers[i]);
        assert_int_equal(json_append(&json, JSON_ONE_LINE, &text, NULL), STATUS_OK);
        assert_true(strtod(text.data + 1, NULL) == numbers[i]);
        text_release(&text);
        json_release(&json);
    }
    json_init_array(&json);
    json_number(&json, NULL, (double)NAN);
    json_number(&json, NULL, (double)INFINITY);
    json_number(&json, NULL, -(double)INFINITY);
    assert_json(&json, JSON_ONE_LINE, "[null,null,null]\n");
}

static void json_is_always_utf_8(void **state) {
    (void)state;
    static const struct {
        const char *bytes, *written;
    } cases[] = {
        {"a\xff"
         "b",
         "a\xef\xbf\xbd"
         "b"},
        {"\xc3", "\xef\xbf\xbd"},                                 /* cut off */
        {"\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd"},                 /* overlong */
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* a surrogate */
        {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json json;
        char expected[64];
        snprintf(expected, sizeof expected, "[\"%s\"]\n", cases[i].written);
        json_init_array(&json);
        json_text(&json, NULL, cases[i].bytes);
        assert_json(&json, JSON_ONE_LINE, expected);
    }
}

/* ASCII's control characters are escaped by JSON's own rule, the others by this program. */
static void json_has_no_control_characters(void **state) {
    (void)state;
    static const char text[] =
        "\x1b[1m\x7f \xc2\x9b \xe2\x80\xae\xe2\x81\xa6 \xc3\xa9\xe2\x82\xac\xe2";
    static const char written[] =
        "\\u001b[1m\\u007f \\u009b \\u202e\\u2066 \xc3\xa9\xe2\x82\xac\xef\xbf\xbd";
    struct json json;
    char expected[128];
    json_init(&json);
    json_text(&json, text, text);
    snprintf(expected, sizeof expected, "{\"%s\":\"%s\"}\n", written, written);
    assert_json(&json, JSON_ONE_LINE, expected);
}

static void csv_follows_the_rfc(void **state) {
    (void)state;
    char *written = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&written, &size);
    struct csv csv;
    csv_init(&csv, stream);
    csv_text(&csv, "plain");
    csv_text(&csv, "with \"quotes\"");
    csv_text(&csv, "a,b");
    csv_text(&csv, "two\nlines");
    csv_text(&csv, NULL);
    csv_end(&csv);
    /* Texts that would be formulas, and numbers that only look like them. */
    csv_text(&csv, "=1+1");
    csv_text(&csv, "@x");
    csv_text(&csv, "-x,y");
    csv_number(&csv, -0.5);
    csv_integer(&csv, -3);
    csv_number(&csv, (double)NAN);
    csv_text(&csv, "a=b");
    csv_end(&csv);
    csv_text(&csv, "\x1b[1m\r\x7f,\xc2\x9b\xff \xc3\xa9\t\\x1b");
    csv_text(&csv, "\\x1b");
    csv_end(&csv);
    fclose(stream);
    assert_string_equal(written,
                        "plain,\"with \"\"quotes\"\"\",\"a,b\",\"two\nlines\",\r\n"
                        "'=1+1,'@x,\"'-x,y\",-0.5,-3,,a=b\r\n"
                        "\"\\x1b[1m\\x0d\\x7f,\\xc2\\x9b\\xff \xc3\xa9\t\\x5cx1b\",\\x1b\r\n");
    free(written);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_of_a_string_alone),
        cmocka_unit_test(json_has_every_kind_of_value),
        cmocka_unit_test(json_numbers_read_back_and_are_never_nan),
        cmocka_unit_test(json_is_always_utf_8),
        cmocka_unit_test(json_has_no_control_characters),
        cmocka_unit_test(csv_follows_the_rfc),
    };
    return cmocka_run_group_tests_name("text_formats", tests, NULL, NULL);
}
