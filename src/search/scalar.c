#include "search/scalar.h"

#include "base/names.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 64 /* characters of a number, with the NUL */

static bool looks_null(const char *text) {
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    return name_is_among(text, nulls);
}

static bool looks_boolean(const char *text, bool *boolean) {
    static const char *const yes[] = {"true", "True", "TRUE", "yes", "Yes",
                                      "YES",  "on",   "On",   "ON",  NULL};
    static const char *const no[] = {"false", "False", "FALSE", "no",  "No",
                                     "NO",    "off",   "Off",   "OFF", NULL};
    *boolean = name_is_among(text, yes);
    return *boolean || name_is_among(text, no);
}

/* Copy `text` without the underscores that YAML 1.1 allows between digits. */
static bool without_underscores(const char *text, char buffer[NUMBER_MAX]) {
    size_t length = 0;
    for (const char *c = text; *c; c++) {
        if (*c == '_' && c > text && c[-1] >= '0' && c[-1] <= '9' && c[1] >= '0' && c[1] <= '9')
            continue;
        if (length + 1 >= NUMBER_MAX)
            return false;
        buffer[length++] = *c;
    }
    buffer[length] = '\0';
    return length > 0;
}

static const char *after_sign(const char *digits) {
    return digits + (*digits == '+' || *digits == '-');
}

/* The base of 0x10, 0o17 and 0b11, else 10. */
static int base_of(const char *digits) {
    const char kind = digits[0] == '0' ? digits[1] : '\0';
    return kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 10;
}

/* 0100: an octal number in YAML 1.1, a decimal one in 1.2. The octal one, or -1 if it is none or
 * the same. */
static double octal_of(const char *digits) {
    const char *whole = after_sign(digits);
    if (whole[0] != '0' || !whole[1] || whole[strspn(whole, "01234567")] != '\0')
        return -1;
    const unsigned long long octal = strtoull(whole, NULL, 8);
    return octal == strtoull(whole, NULL, 10) ? -1 : (double)octal;
}

/* 1:30, which is base 60 in YAML 1.1; -1 if it is none. */
static double sexagesimal_of(const char *digits) {
    double number = 0;
    const char *c = after_sign(digits);
    if (!strchr(c, ':') || *c == '0')
        return -1;
    for (; *c; c += *c == ':') {
        const size_t length = strspn(c, "0123456789");
        if (length == 0 || (c[length] && (c[length] != ':' || !c[length + 1])))
            return -1;
        number = 60 * number + strtod(c, NULL);
        c += length;
    }
    return number;
}

/* What looks like a number, 0100 as in YAML 1.2. */
static bool looks_number(const char *text, double *number) {
    char digits[NUMBER_MAX], *end;
    if (!without_underscores(text, digits))
        return false;
    const char *whole = after_sign(digits);
    const int base = base_of(whole);
    if (base != 10) {
        /* strtod would take hexadecimal fractions and exponents, which YAML does not have. */
        if (!whole[2] || !strchr("0123456789abcdefABCDEF", whole[2]))
            return false;
        *number = (double)strtoull(whole + 2, &end, base);
        *number = *digits == '-' ? -*number : *number;
        return *end == '\0';
    }
    if (digits[strspn(digits, "0123456789+-.eE")] != '\0')
        return false;
    *number = strtod(digits, &end);
    return end != digits && *end == '\0';
}

static bool is_ambiguous(const char *text) {
    char digits[NUMBER_MAX];
    return without_underscores(text, digits) && octal_of(digits) >= 0;
}

bool scalar_is_null(const struct node *node) {
    return node->kind == NODE_SCALAR &&
           (node->type == TYPE_NULL || (node->type == TYPE_OPEN && looks_null(node->text)));
}

bool scalar_number(const struct node *node, double *number) {
    return node->kind == NODE_SCALAR &&
           (node->type == TYPE_OPEN || node->type == TYPE_INTEGER || node->type == TYPE_FLOAT) &&
           !is_ambiguous(node->text) && looks_number(node->text, number);
}

bool scalar_boolean(const struct node *node, bool *boolean) {
    return node->kind == NODE_SCALAR && (node->type == TYPE_OPEN || node->type == TYPE_BOOLEAN) &&
           looks_boolean(node->text, boolean);
}

bool scalar_is_of_type(const struct node *node) {
    static const char *const endless[] = {".inf",  ".Inf",  ".INF",  "+.inf", "+.Inf",
                                          "+.INF", "-.inf", "-.Inf", "-.INF", ".nan",
                                          ".NaN",  ".NAN",  NULL};
    double number;
    bool boolean;
    switch (node->type) {
    case TYPE_OPEN:
    case TYPE_TEXT:
        return true;
    case TYPE_INTEGER:
        return looks_number(node->text, &number) && number == floor(number);
    case TYPE_FLOAT:
        return looks_number(node->text, &number) || name_is_among(node->text, endless);
    case TYPE_BOOLEAN:
        return looks_boolean(node->text, &boolean);
    case TYPE_NULL:
        return looks_null(node->text);
    }
    return false;
}

const char *scalar_hint(const struct node *node, char *buffer, size_t size) {
    double number;
    bool boolean;
    char digits[NUMBER_MAX];
    if (node->kind != NODE_SCALAR || !without_underscores(node->text, digits))
        return "";
    const char *sign = *digits == '-' ? "-" : "";
    if (node->type == TYPE_TEXT)
        return looks_number(node->text, &number) || looks_boolean(node->text, &boolean)
                   ? " (it is a text: write it without quotes or tag)"
                   : "";
    if (octal_of(digits) >= 0)
        snprintf(buffer, size,
                 " (it is %s%.15g in YAML 1.1 and %s%.15g in YAML 1.2: write one of "
                 "these)",
                 sign, octal_of(digits), sign, strtod(after_sign(digits), NULL));
    else if (sexagesimal_of(digits) >= 0)
        snprintf(buffer, size, " (it is %s%.15g in YAML 1.1 and a text in YAML 1.2)", sign,
                 sexagesimal_of(digits));
    else
        return "";
    return buffer;
}
