#include "cli/suggestion.h"

#include "search/config.h"
#include "search/filter.h"
#include "search/hyperparameter.h"
#include "search/score.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define TEXT_SIZE 512

/* The two options: how one's text is understood, and what stands before a list of values. */
struct notation {
    const char *option, *list;
    bool ranges; /* knows {min: 1, max: 5} */
    bool (*accepts)(const char *text, struct arena *arena);
    bool (*explain)(const char *text, struct text *said); /* where no other text is understood */
};

static bool accepts_setting(const char *text, struct arena *arena) {
    static const char minimal[] = "method: grid\nparameters: {validation_split: {value: 0.1}}\n";
    struct config config;
    struct error error = {0};
    return config_parse("", minimal, sizeof minimal - 1, &text, 1, arena, &config, &error) ==
           STATUS_OK;
}

static bool accepts_condition(const char *text, struct arena *arena) {
    struct filter filter;
    struct error error;
    return filter_parse("--where", &text, 1, arena, &filter, &error) == STATUS_OK;
}

/* Signs of others, and ours. Of two that begin alike the longer is first. */
static const struct {
    const char *sign, *ours;
} signs[] = {
    {" is not ", "!="}, {" not in ", " not in "},
    {" between ", "="}, {" like ", "="},
    {" in ", " in "},   {" is ", "="},
    {"<=>", "="},       {"===", "="},
    {"==", "="},        {"!=", "!="},
    {"<>", "!="},       {">=", ">="},
    {"=>", ">="},       {"<=", "<="},
    {"=<", "<="},       {":=", "="},
    {"=~", "="},        {"=", "="},
    {"<", "<"},         {">", ">"},
    {":", "="},         {"~", "="},
    {"!", "!="},
};

/* An option's text in three parts; values are as they were written, without blanks around. */
struct parts {
    char name[64], whole[64]; /* what is set, and as it was written: epochs, parameters.epochs */
    char value[TEXT_SIZE];
    const char *sign; /* ours */
};

static void copy_trimmed(char *to, size_t size, const char *from, size_t length) {
    while (length > 0 && isspace((unsigned char)*from))
        from++, length--;
    while (length > 0 && isspace((unsigned char)from[length - 1]))
        length--;
    snprintf(to, size, "%.*s", (int)length, from);
}

static void lower(char *text) {
    for (; *text; text++)
        *text = (char)tolower((unsigned char)*text);
}

/* Whether the name ends in ".LAST", which is cut off then. */
static bool drop_last(char *name, const char *last) {
    char *dot = strrchr(name, '.');
    if (!dot || strcmp(dot + 1, last) != 0)
        return false;
    *dot = '\0';
    return true;
}

/* --epochs and Epochs are epochs, Batch-Size is batch_size. */
static void take_name(const char *text, size_t length, char name[64]) {
    while (length > 0 && (*text == '-' || *text == ' '))
        text++, length--;
    copy_trimmed(name, 64, text, length);
    lower(name);
    for (char *c = name; *c; c++)
        *c = *c == '-' ? '_' : *c;
}

/* What a part of a mapping is set by: parameters.epochs.value is epochs, metric.goal is metric,
 * optimizer.learning_rate is learning_rate. */
static void take_part(char name[64]) {
    static const char *const whole[] = {"value", "values", "name", "goal"};
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        drop_last(name, whole[i]);
    const char *dot = strrchr(name, '.');
    if (dot)
        memmove(name, dot + 1, strlen(dot + 1) + 1);
}

static bool split(const char *text, struct parts *parts) {
    for (const char *at = text; *at; at++)
        for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
            const char *sign = signs[i].sign;
            if (strncasecmp(at, sign, strlen(sign)) != 0)
                continue;
            const char *value = at + strlen(sign);
            take_name(text, (size_t)(at - text), parts->name);
            snprintf(parts->whole, sizeof parts->whole, "%s", parts->name);
            take_part(parts->name);
            copy_trimmed(parts->value, sizeof parts->value, value, strlen(value));
            parts->sign = signs[i].ours;
            return *parts->name && *parts->value;
        }
    return false;
}

/* --- ways to write it; false where one does not apply --- */

struct writing {
    const struct notation *notation;
    const struct parts *parts;
    char *text;
};

static bool print(struct writing *writing, const char *value) {
    const int length = snprintf(writing->text, TEXT_SIZE, "%s%s%s", writing->parts->name,
                                writing->parts->sign, value);
    return length < TEXT_SIZE;
}

static bool write_plain(struct writing *writing) {
    return print(writing, writing->parts->value);
}

/* epochs="3" */
static bool write_unquoted(struct writing *writing) {
    char value[TEXT_SIZE];
    const size_t length = strlen(writing->parts->value);
    memcpy(value, writing->parts->value, length + 1);
    if (length < 2 || !strchr("\"'", *value) || value[length - 1] != *value)
        return false;
    value[length - 1] = '\0';
    return print(writing, value + 1);
}

static bool write_lower(struct writing *writing) {
    char value[TEXT_SIZE];
    memcpy(value, writing->parts->value, sizeof value);
    lower(value);
    return print(writing, value);
}

/* momentum=null, momentum is None */
static bool write_none(struct writing *writing) {
    static const char *const words[] = {"null", "nil", "none", "nan", "na", "~"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(writing->parts->value, words[i]) == 0)
            return print(writing, "none");
    return false;
}

/* Past what stands between two items of a list, "or NAME=" among it. */
static const char *next_item(const char *at, const char *name) {
    static const char between[] = " ,;|(){}[]\"'";
    at += strspn(at, between);
    if (strncmp(at, "or ", 3) == 0 || strncmp(at, "and ", 4) == 0)
        at += strcspn(at, " ");
    at += strspn(at, between);
    const size_t length = strlen(name);
    return strncmp(at, name, length) == 0 && at[length] == '=' ? at + length + 1 : at;
}

/* The items of "a, b", "(a, b)", "a|b", "a or b", each between `before` and `after`. Returns how
 * many there are. */
static size_t join_items(const struct parts *parts, const char *before, const char *after,
                         char *list) {
    size_t length = 0, count = 0;
    for (const char *at = next_item(parts->value, parts->name); *at && length < TEXT_SIZE;
         at = next_item(at, parts->name)) {
        const size_t bytes = strcspn(at, " ,;|(){}[]\"'");
        length += (size_t)snprintf(list + length, TEXT_SIZE - length, "%s%s%.*s%s",
                                   count++ > 0 ? ", " : "", before, (int)bytes, at, after);
        at += bytes;
    }
    lower(list);
    return length < TEXT_SIZE ? count : 0;
}

/* Whether items between commas have several words: 128 relu, 64; or the one in brackets, where
 * items may: [dropout 0.3]. */
static bool has_phrases(const struct parts *parts) {
    const struct hyperparameter *of = hyperparameter_find(parts->name);
    const bool takes = of && (of->type == VALUE_LAYERS || of->type == VALUE_COMPONENTS);
    const char *value = parts->value;
    const bool numbers = strspn(value, "[]0123456789 ") == strlen(value);
    const char *at = strchr(value, ',') || (takes && *value == '[' && !numbers) ? value : "";
    for (at += strcspn(at, " "); *at; at += strcspn(at, " ")) {
        const bool follows = at > value && at[-1] == ',';
        at += strspn(at, " ");
        if (!follows && *at && *at != ',')
            return true;
    }
    return false;
}

static bool write_items(struct writing *writing, size_t least, const char *before,
                        const char *after) {
    char list[TEXT_SIZE] = "";
    const char *sign = writing->parts->sign;
    const bool unequal = strchr(sign, '!') || strstr(sign, "not");
    if (strpbrk(sign, "<>") || has_phrases(writing->parts) ||
        join_items(writing->parts, before, after, list) < least)
        return false;
    const int length = snprintf(writing->text, TEXT_SIZE, "%s%s[%s]", writing->parts->name,
                                unequal ? " not in " : writing->notation->list, list);
    return length < TEXT_SIZE;
}

static bool write_list(struct writing *writing) {
    return write_items(writing, 1, "", "");
}

static bool write_lists(struct writing *writing) {
    return write_items(writing, 2, "[", "]");
}

/* 128 relu, 64 */
static bool write_whole(struct writing *writing) {
    char value[TEXT_SIZE];
    const int length = snprintf(value, sizeof value, "[%s]", writing->parts->value);
    return length < TEXT_SIZE && print(writing, value);
}

/* The same, of items with arguments: they are not taken apart where they are understood. */
static bool write_items_whole(struct writing *writing) {
    const char *value = writing->parts->value;
    bool apart = false;
    for (const char *at = strchr(value, ' '); at; at = strchr(at + 1, ' '))
        apart |= at > value && !strchr(" ,", at[-1]) && !strchr(" ,", at[1]);
    return apart && write_whole(writing);
}

/* Past the word at `at`, with blanks around it; NULL where another stands. */
static const char *after(const char *at, const char *word) {
    at += strspn(at, " ");
    const size_t length = strlen(word);
    return strncasecmp(at, word, length) == 0 ? at + length + strspn(at + length, " ") : NULL;
}

static const char *after_any(const char *at, const char *const *words) {
    const char *rest = NULL;
    for (; *words && !rest; words++)
        rest = after(at, *words);
    return rest;
}

/* Bytes of a number without sign; two dots are none of it. */
static size_t number_length(const char *at) {
    const size_t length = strspn(at, "0123456789.");
    const char *dots = strstr(at, "..");
    return dots && dots < at + length ? (size_t)(dots - at) : length;
}

/* 1..5, 1-5, 1:5, range(1, 5), 1 to 5, between 1 and 5 */
static bool write_range(struct writing *writing) {
    static const char *const before[] = {"range(", "range", "(", "[", "", NULL};
    static const char *const between[] = {"...", "..", "-", ":", "to", "and", NULL};
    static const char *const ends[] = {")", "]", "", NULL};
    const char *value = writing->parts->value, *name = writing->parts->name;
    const bool call = after(value, "range") != NULL;
    const char *least = after_any(value, before);
    const int from = (int)number_length(least);
    const char *most = after_any(least + from, between);
    if (!most && call)
        most = after(least + from, ",");
    const int to = most ? (int)number_length(most) : 0;
    if (from == 0 || to == 0 || *after_any(most + to, ends) || strpbrk(writing->parts->sign, "<>!"))
        return false;
    const int written = writing->notation->ranges
                            ? snprintf(writing->text, TEXT_SIZE, "%s={min: %.*s, max: %.*s}", name,
                                       from, least, to, most)
                            : snprintf(writing->text, TEXT_SIZE, "%s>=%.*s\n%s<=%.*s", name, from,
                                       least, name, to, most);
    return written < TEXT_SIZE;
}

/* 5<epochs, 1<epochs<10 */
static bool write_turned(struct writing *writing) {
    const char *sign = writing->parts->sign, *value = writing->parts->value;
    const size_t length = strcspn(value, "<>= ");
    if (!strpbrk(sign, "<>") || !isdigit((unsigned char)*writing->parts->name))
        return false;
    const char *turned = sign[0] == '<' ? sign[1] ? ">=" : ">" : sign[1] ? "<=" : "<";
    const int written =
        snprintf(writing->text, TEXT_SIZE, "%.*s%s%s%s%s", (int)length, value, turned,
                 writing->parts->name, value[length] ? "\n" : "", value[length] ? value : "");
    return written < TEXT_SIZE;
}

/* metric=val_loss, metric.goal=minimize */
static bool write_metric(struct writing *writing) {
    static const char *const goals[] = {"minimize", "maximize", "min", "max", NULL};
    const char *value = writing->parts->value, *end = after_any(value, goals);
    const char *usual = strncasecmp(value, "max", 3) == 0 ? "val_accuracy" : "val_loss";
    struct score score;
    if (!score_find(end && !*end ? usual : value, &score))
        return false;
    const int length =
        snprintf(writing->text, TEXT_SIZE, "%s={name: %s, goal: %s}", writing->parts->name,
                 score.name, score.maximize ? "maximize" : "minimize");
    return length < TEXT_SIZE;
}

/* --- the way that is understood --- */

/* Whether each line of the text is. */
static bool accepts_all(const struct notation *notation, const char *text, struct arena *arena) {
    char line[TEXT_SIZE];
    while (*text) {
        const size_t length = strcspn(text, "\n");
        snprintf(line, sizeof line, "%.*s", (int)length, text);
        if (!notation->accepts(line, arena))
            return false;
        text += length + (text[length] == '\n');
    }
    return true;
}

static bool (*const ways[])(struct writing *) = {
    write_plain, write_unquoted, write_lower, write_none,   write_range, write_items_whole,
    write_list,  write_lists,    write_whole, write_turned, write_metric};

/* The first way from `from` on that is understood; TEXT_SIZE bytes. Returns its number, or -1. */
static int find_way(const struct notation *notation, const char *text, int from,
                    struct arena *arena, char *better) {
    struct parts parts;
    if (!split(text, &parts))
        return -1;
    struct writing writing = {notation, &parts, better};
    for (int i = from; i < (int)(sizeof ways / sizeof *ways); i++)
        if (ways[i](&writing) && accepts_all(notation, better, arena))
            return i;
    return -1;
}

/* The length of what joins two conditions at `text`; 0: nothing. */
static size_t joint(const char *text) {
    static const char *const joints[] = {" and ", " && ", "&&", ",", ";", "\r\n", "\n"};
    for (size_t i = 0; i < sizeof joints / sizeof *joints; i++)
        if (strncasecmp(text, joints[i], strlen(joints[i])) == 0)
            return strlen(joints[i]);
    /* or a blank, and what begins as another condition does */
    const char *next = text + strspn(text, " ");
    const size_t word = strspn(next, "abcdefghijklmnopqrstuvwxyz_0123456789");
    return word > 0 && next[word] == '=' ? (size_t)(next - text) : 0;
}

/* Where the first of several conditions ends: at a joint that is not in brackets. */
static const char *end_of_piece(const char *text) {
    int depth = 0;
    for (; *text && (depth > 0 || !joint(text)); text++)
        depth += (*text == '[' || *text == '{') - (*text == ']' || *text == '}');
    return text;
}

/* optimizer=adam and epochs=5 */
static bool find_pieces(const struct notation *notation, const char *text, struct arena *arena,
                        char *better) {
    size_t length = 0;
    for (const char *at = text; *at;) {
        char piece[TEXT_SIZE], written[TEXT_SIZE];
        const char *end = end_of_piece(at);
        copy_trimmed(piece, sizeof piece, at, (size_t)(end - at));
        at = end + joint(end);
        if (!*piece)
            continue;
        if (find_way(notation, piece, 0, arena, written) < 0 || strchr(written, '\n'))
            return false;
        length += (size_t)snprintf(better + length, TEXT_SIZE - length, "%s%s",
                                   length > 0 ? "\n" : "", written);
        if (length >= TEXT_SIZE)
            return false;
    }
    return length > 0;
}

/* "--set 'a=[b, c]'", an option for each line. */
static void append_options(const struct notation *notation, const char *lines, struct text *text) {
    while (*lines) {
        const size_t length = strcspn(lines, "\n");
        const bool plain = strcspn(lines, " <>[]{}()!*?&|;$`\"'\\#~") >= length;
        const char *quote = plain ? "" : memchr(lines, '\'', length) ? "\"" : "'";
        text_printf(text, "%s%s %s%.*s%s", text->length > 0 ? " " : "", notation->option, quote,
                    (int)length, lines, quote);
        lines += length + (lines[length] == '\n');
    }
}

static bool suggest(const struct notation *notation, const char *text, struct arena *arena,
                    struct text *said) {
    char better[TEXT_SIZE] = "", other[TEXT_SIZE] = "";
    const bool lines = strchr(text, '\n') != NULL;
    const int way = lines ? -1 : find_way(notation, text, 0, arena, better);
    if (way < 0 && !find_pieces(notation, text, arena, better))
        return false;
    append_options(notation, better, said);
    /* layers=128,64 may be one value of two layers or two values */
    const int next =
        way >= 0 && ways[way] == write_list ? find_way(notation, text, way + 1, arena, other) : -1;
    if (next < 0 || ways[next] != write_lists)
        return true;
    text_append(said, " for one value, ");
    struct text more;
    text_init(&more);
    append_options(notation, other, &more);
    text_append(said, more.data);
    text_release(&more);
    text_append(said, " for several");
    return true;
}

/* min and max are one mapping, and so is what else has parts that can't be set alone. */
static bool explain_part(const char *text, struct text *said) {
    struct parts parts;
    if (!split(text, &parts))
        return false;
    const bool range = drop_last(parts.whole, "min") || drop_last(parts.whole, "max") ||
                       drop_last(parts.whole, "q");
    const char *owner = parts.whole;
    if (strncmp(owner, "parameters.", strlen("parameters.")) == 0)
        owner += strlen("parameters.");
    const bool part = range || strchr(owner, '.');
    parts.whole[strcspn(owner, ".") + (size_t)(owner - parts.whole)] = '\0';
    if (!part || config_key_has_parts(owner) ||
        (!hyperparameter_find(owner) && !config_has_key(owner)))
        return false;
    text_printf(said, "%s is set as a whole: --set '%s=%s'", owner, owner,
                range ? "{min: ..., max: ...}" : "...");
    return true;
}

/* --where takes what is chosen before training; results are for top and SQL. */
static bool explain_result(const char *text, struct text *said) {
    static const char *const others[] = {"status", "error", "trial_id", NULL};
    struct parts parts;
    struct score score;
    if (!split(text, &parts))
        return false;
    const bool scored = score_find(parts.name, &score), compared = strpbrk(parts.sign, "<>");
    bool other = false;
    for (size_t i = 0; others[i]; i++)
        other |= strcmp(others[i], parts.name) == 0;
    if ((!scored && !other) || (hyperparameter_find(parts.name) && !compared))
        return false;
    text_printf(said, "%s is a result; --where takes hyperparameters and seed", parts.name);
    if (scored)
        text_printf(said, ". `sweep top --trials --by %s` orders by results", score.name);
    if (other || score.in_trials)
        text_printf(said, ". In SQL: SELECT * FROM trials WHERE %s%s%s%s%s",
                    other ? parts.name : score.name, parts.sign, other ? "'" : "", parts.value,
                    other ? "'" : "");
    return true;
}

static enum status suggest_for(const struct notation *notation, const struct option_list *list,
                               struct arena *arena, struct error *error) {
    const enum status status = error->code;
    for (size_t i = 0; i < list->count; i++) {
        const char *text = list->items[i];
        struct text said;
        if (notation->accepts(text, arena))
            continue;
        text_init(&said);
        const bool found = suggest(notation, text, arena, &said);
        if (found)
            error_set(error, status, "write %s", said.data);
        else if (notation->explain(text, &said))
            error_set(error, status, "%s", said.data);
        if (said.length > 0) {
            snprintf(error->file, sizeof error->file, "%s %.200s", notation->option, text);
            text_release(&said);
            break;
        }
        text_release(&said);
    }
    return status;
}

enum status suggestion_for_settings(const struct option_list *settings, struct arena *arena,
                                    struct error *error) {
    static const struct notation notation = {"--set", "=", true, accepts_setting, explain_part};
    return suggest_for(&notation, settings, arena, error);
}

enum status suggestion_for_conditions(const struct option_list *conditions, struct arena *arena,
                                      struct error *error) {
    static const struct notation notation = {"--where", " in ", false, accepts_condition,
                                             explain_result};
    return suggest_for(&notation, conditions, arena, error);
}
