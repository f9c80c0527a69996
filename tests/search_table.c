/* A search method on a table of results that are known: what scripts/search-peers runs.
 *
 *   search_table TABLE.csv --goal minimize|maximize --method M [--budget 80] [--studies 30]
 *                [--seed 0] [--batch 1]
 *
 * The table is CSV without quotes. Its first line names the columns: one for each hyperparameter,
 * whose values are ordered if all of them are numbers, then one or more that begin with
 * "objective", repeated measurements of one quantity. An empty measurement was not made, one of nan
 * diverged. Each further line is a setting. An evaluation of a setting is one of its measurements,
 * drawn at random.
 *
 * It prints a line of JSON a study: the best measurement after 20, 40, ... evaluations and after
 * all of them, and the mean of all measurements at that setting. Results are told in batches of
 * --batch. */
#define PROGRAM "search_table"
#include "tool.h"

#include "base/file.h"
#include "base/json.h"
#include "base/random.h"
#include "search/strategy.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_BYTES_MAX ((size_t)1 << 28)

struct column {
    const char *name;
    const char **levels;
    size_t count;
};

struct table {
    size_t columns, measurements, rows;
    struct column *column;
    struct dimension *dimensions;
    double *objective; /* row by row */
    uint32_t *rows_of; /* by the point's place in the grid: row + 1, or 0 */
    size_t grid;
};

struct run {
    const char *path, *goal;
    const struct strategy_method *method;
    size_t budget, studies, batch;
    uint64_t seed;
    double sign; /* -1 to maximize */
};

static void *need(void *memory) {
    if (!memory)
        fail("memory", "not enough");
    return memory;
}

/* The next cell of a line, cut off in place; NULL at its end. */
static char *next_cell(char **line) {
    char *cell = *line;
    if (!cell)
        return NULL;
    *line = strchr(cell, ',');
    if (*line)
        *(*line)++ = '\0';
    return cell;
}

static bool is_number(const char *text) {
    char *end;
    strtod(text, &end);
    return end != text && *end == '\0';
}

static bool is_ordered(const struct column *column) {
    for (size_t i = 0; i < column->count; i++)
        if (!is_number(column->levels[i]))
            return false;
    return true;
}

static int by_number(const void *a, const void *b) {
    const double x = strtod(*(const char *const *)a, NULL),
                 y = strtod(*(const char *const *)b, NULL);
    return (x > y) - (x < y);
}

static size_t level_of(const struct column *column, const char *text) {
    size_t level = 0;
    while (level < column->count && strcmp(column->levels[level], text) != 0)
        level++;
    return level;
}

static void read_header(struct table *table, char *line, struct arena *arena) {
    struct column columns[256];
    for (char *cell; (cell = next_cell(&line));) {
        if (strncmp(cell, "objective", strlen("objective")) == 0)
            table->measurements++;
        else if (table->measurements > 0 || table->columns == 256)
            fail("hyperparameter after objectives, or too many", cell);
        else
            columns[table->columns++] = (struct column){.name = cell};
    }
    if (table->measurements == 0)
        fail("no column begins with", "objective");
    table->column = need(ARENA_NEW(arena, struct column, table->columns + 1));
    memcpy(table->column, columns, table->columns * sizeof *columns);
}

static size_t count_lines(const char *text) {
    size_t count = 0;
    for (; *text; text++)
        count += *text == '\n';
    return count + 1;
}

static double measurement(const char *cell) {
    if (*cell == '\0')
        return (double)INFINITY; /* not made */
    if (!is_number(cell))
        fail("not a number", cell);
    return strtod(cell, NULL);
}

/* The cells of a line: a hyperparameter's as the texts they are, since the levels' order is known
 * only at the end. */
static void read_row(struct table *table, char *line, const char **cells, struct arena *arena) {
    for (size_t i = 0; i < table->columns + table->measurements; i++) {
        char *cell = next_cell(&line);
        if (!cell)
            fail("too few cells in line", table->columns ? cells[0] : "");
        if (i >= table->columns) {
            table->objective[table->rows * table->measurements + i - table->columns] =
                measurement(cell);
            continue;
        }
        struct column *column = &table->column[i];
        const size_t level = level_of(column, cell);
        if (level == column->count) {
            if ((column->count & (column->count - 1)) == 0) {
                const char **levels = need(ARENA_NEW(arena, const char *, 2 * column->count + 1));
                if (column->count > 0)
                    memcpy(levels, column->levels, column->count * sizeof *levels);
                column->levels = levels;
            }
            column->levels[column->count++] = cell;
        }
        cells[table->rows * table->columns + i] = column->levels[level];
    }
    table->rows++;
}

static void make_domain(struct table *table, const char **cells, struct arena *arena) {
    table->dimensions = need(ARENA_NEW(arena, struct dimension, table->columns + 1));
    table->grid = 1;
    for (size_t i = 0; i < table->columns; i++) {
        struct column *column = &table->column[i];
        const bool ordered = is_ordered(column);
        if (ordered)
            qsort(column->levels, column->count, sizeof *column->levels, by_number);
        table->dimensions[i] = (struct dimension){
            .kind = ordered ? DIMENSION_ORDERED : DIMENSION_CATEGORICAL,
            .levels = column->count,
            .parent = DIMENSION_NONE,
        };
        table->grid *= column->count;
    }
    table->rows_of = need(ARENA_NEW(arena, uint32_t, table->grid));
    for (size_t row = 0; row < table->rows; row++) {
        size_t place = 0;
        for (size_t i = 0; i < table->columns; i++)
            place = place * table->column[i].count +
                    level_of(&table->column[i], cells[row * table->columns + i]);
        table->rows_of[place] = (uint32_t)row + 1;
    }
}

static void read_table(struct table *table, const char *path, struct arena *arena) {
    char *text, *line, *rest;
    size_t length;
    struct error error;
    if (file_read(path, TABLE_BYTES_MAX, arena, &text, &length, &error) != STATUS_OK)
        fail(path, error.message);
    const size_t lines = count_lines(text);
    *table = (struct table){0};
    if (!(line = strtok_r(text, "\r\n", &rest)))
        fail(path, "is empty");
    read_header(table, line, arena);
    table->objective = need(ARENA_NEW(arena, double, lines * table->measurements));
    const char **cells = need(ARENA_NEW(arena, const char *, lines *(table->columns + 1)));
    while ((line = strtok_r(NULL, "\r\n", &rest)))
        read_row(table, line, cells, arena);
    if (table->rows == 0)
        fail(path, "has no settings");
    make_domain(table, cells, arena);
}

static uint32_t row_at(const struct table *table, const double *point) {
    size_t place = 0;
    for (size_t i = 0; i < table->columns; i++)
        place = place * table->column[i].count + (size_t)point[i];
    return table->rows_of[place];
}

static bool is_in_table(void *context, const double *point) {
    return row_at(context, point) != 0;
}

/* The setting's measurements that were made: `draw` of them by a number from 0 to 1, or their mean
 * where it is NaN. */
static double evaluate(const struct table *table, const double *point, double draw) {
    const double *all = &table->objective[(row_at(table, point) - 1) * table->measurements];
    double made[1024], sum = 0;
    size_t count = 0;
    for (size_t i = 0; i < table->measurements && count < 1024; i++)
        if (!isinf(all[i])) {
            sum += all[i];
            made[count++] = all[i];
        }
    if (count == 0)
        return (double)NAN;
    return isnan(draw) ? sum / (double)count : made[(size_t)(draw * (double)count)];
}

static bool is_reported(size_t count, size_t budget) {
    size_t report = 20;
    while (report < count)
        report *= 2;
    return count == report || count == budget;
}

#define REPORTS_MAX 64

struct report {
    char count[24];
    double best, truth;
};

struct study {
    size_t count; /* evaluations */
    double best, truth;
    size_t report_count;
    struct report reports[REPORTS_MAX];
};

static void note(struct study *study, const struct run *run, double value, double truth) {
    study->count++;
    if (!isnan(value) && (isnan(study->best) || run->sign * value < run->sign * study->best)) {
        study->best = value;
        study->truth = truth;
    }
    if (!is_reported(study->count, run->budget) || study->report_count == REPORTS_MAX)
        return;
    struct report *report = &study->reports[study->report_count++];
    *report = (struct report){.best = study->best, .truth = study->truth};
    snprintf(report->count, sizeof report->count, "%zu", study->count);
}

/* Studies of one seed have other numbers than those of the next. */
static uint64_t study_seed(const struct run *run, size_t number) {
    const struct random_source source = {run->seed, RANDOM_TEST, 1};
    const struct random_block block = random_block(source, number);
    return (uint64_t)block.word[0] << 32 | block.word[1];
}

/* Ask for up to a batch of points, and tell of them. False when there are none left. */
static bool step(const struct run *run, const struct table *table, size_t number,
                 struct strategy *strategy, struct study *study, double *point) {
    struct strategy_result *results = need(calloc(run->batch, sizeof *results));
    double *values = need(calloc(run->batch, sizeof *values));
    struct error error;
    enum strategy_answer answer = STRATEGY_POINT;
    size_t count = 0;
    while (count < run->batch && study->count < run->budget) {
        if (strategy_ask(strategy, point, &answer, &error) != STATUS_OK)
            fail("ask", error.message);
        if (answer != STRATEGY_POINT)
            break;
        const struct random_source source = {study_seed(run, number), RANDOM_TEST, 0};
        const double value = evaluate(table, point, random_unit(source, study->count));
        values[count] = run->sign * value;
        results[count] = (struct strategy_result){
            .number = study->count, .means = &values[count], .seeds = 1, .completeness = 1};
        count++;
        note(study, run, value, evaluate(table, point, (double)NAN));
    }
    if (strategy_tell(strategy, results, count, &error) != STATUS_OK)
        fail("tell", error.message);
    free(results);
    free(values);
    return answer == STRATEGY_POINT;
}

static void print(const struct study *study, size_t number) {
    struct json json;
    struct error error;
    json_init(&json);
    json_integer(&json, "study", (int64_t)number);
    json_begin_object(&json, "best");
    for (size_t i = 0; i < study->report_count; i++)
        json_number(&json, study->reports[i].count, study->reports[i].best);
    json_end(&json);
    json_begin_object(&json, "true");
    for (size_t i = 0; i < study->report_count; i++)
        json_number(&json, study->reports[i].count, study->reports[i].truth);
    if (json_print(&json, JSON_ONE_LINE, stdout, &error) != STATUS_OK)
        fail("output", error.message);
    json_release(&json);
}

static void run_study(const struct run *run, struct table *table, size_t number) {
    const struct domain domain = {table->columns, table->dimensions, is_in_table, table};
    const struct strategy_options options = {.seed = study_seed(run, number), .objectives = 1};
    struct strategy *strategy;
    struct study study = {.best = (double)NAN, .truth = (double)NAN};
    struct error error;
    double *point = need(calloc(table->columns + 1, sizeof *point));
    if (strategy_begin(run->method, &domain, &options, &strategy, &error) != STATUS_OK)
        fail("method", error.message);
    while (study.count < run->budget && step(run, table, number, strategy, &study, point))
        continue;
    while (study.count < run->budget) /* the table is exhausted */
        note(&study, run, (double)NAN, (double)NAN);
    print(&study, number);
    strategy_end(strategy);
    free(point);
}

static void read_options(struct run *run, int argc, char **argv) {
    static const struct option options[] = {{"goal", required_argument, NULL, 'g'},
                                            {"method", required_argument, NULL, 'm'},
                                            {"budget", required_argument, NULL, 'b'},
                                            {"studies", required_argument, NULL, 'n'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"batch", required_argument, NULL, 'k'},
                                            {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'g')
            run->goal = optarg;
        else if (option == 'm' && !(run->method = strategy_find(optarg)))
            fail("unknown method", optarg);
        else if (option == 'b')
            run->budget = count_from(optarg);
        else if (option == 'n')
            run->studies = count_from(optarg);
        else if (option == 's')
            run->seed = count_from(optarg);
        else if (option == 'k')
            run->batch = count_from(optarg);
        else if (option == '?')
            exit(2);
    }
    run->path = optind + 1 == argc ? argv[optind] : NULL;
    if (!run->path || !run->method || !run->goal || run->batch == 0)
        fail("usage", "search_table TABLE.csv --goal minimize|maximize --method M [--budget 80] "
                      "[--studies 30] [--seed 0] [--batch 1]");
    if (strcmp(run->goal, "minimize") != 0 && strcmp(run->goal, "maximize") != 0)
        fail("goal must be minimize or maximize, not", run->goal);
    run->sign = strcmp(run->goal, "maximize") == 0 ? -1 : 1;
}

int main(int argc, char **argv) {
    struct run run = {.budget = 80, .studies = 30, .batch = 1};
    struct arena arena;
    struct table table;
    read_options(&run, argc, argv);
    arena_init(&arena);
    read_table(&table, run.path, &arena);
    for (size_t number = 1; number <= run.studies; number++)
        run_study(&run, &table, number);
    arena_release(&arena);
    return 0;
}
