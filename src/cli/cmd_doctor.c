#include "cli/command.h"

#include "base/json.h"
#include "data/checkup.h"
#include "report/terminal.h"
#include "search/config.h"
#include "search/review.h"
#include "store/checkup.h"
#include "train/checkup.h"
#include "train/schedule.h"

#include <stdio.h>
#include <unistd.h>

struct arguments {
    const char *path; /* of the database; NULL: the standard one, if there is one */
    const char *data_dir, *config;
    enum option_form form;
};

static const struct option options[] = {
    OPTION_DATA_DIR(struct arguments, data_dir),
    OPTION_DB(struct arguments, path),
    OPTION_JSON(struct arguments, form),
    OPTION_CONFIG(struct arguments, config, false),
    {0},
};

/* --- printing --- */

struct doctor {
    size_t counts[FINDING_ERROR + 1];
    struct json *json; /* NULL: for people */
};

static const struct {
    const char *name, *colour;
} levels[] = {[FINDING_OK] = {"ok", "\033[32m"},
              [FINDING_WARNING] = {"warning", "\033[33m"},
              [FINDING_ERROR] = {"error", "\033[31m"}};

static void print_finding(enum finding_level level, const char *subject, const char *text) {
    const bool colour = terminal_colour(stdout);
    char safe[2100], line[2200];
    snprintf(line, sizeof line, "%s%-7s%s  %-8s  %s", colour ? levels[level].colour : "",
             levels[level].name, colour ? "\033[0m" : "", subject,
             terminal_safe(text, safe, sizeof safe));
    terminal_fill(stdout, (size_t)terminal_width(stdout), 0, 19, line);
}

static void take_finding(void *context, enum finding_level level, const char *subject,
                         const char *text) {
    struct doctor *doctor = context;
    doctor->counts[level]++;
    if (!doctor->json) {
        print_finding(level, subject, text);
        return;
    }
    json_begin_object(doctor->json, NULL);
    json_text(doctor->json, "level", levels[level].name);
    json_text(doctor->json, "subject", subject);
    json_text(doctor->json, "text", text);
    json_end(doctor->json);
}

/* --- what is looked at --- */

static void check_database(const struct arguments *arguments, const struct findings *findings) {
    store_checkup(arguments->path ? arguments->path : DATABASE_PATH, arguments->path, findings);
}

static void report_one(const struct findings *findings, enum finding_level level,
                       const struct error *error, const char *corrected) {
    char text[ERROR_TEXT];
    findings_add(findings, level, "config", "%s%s%s", error_text(error, text),
                 corrected ? "; write: " : "", corrected ? corrected : "");
}

/* All problems of the config, or else the error. */
static void report_problems(const struct findings *findings, const struct problems *problems,
                            const struct error *error) {
    const size_t count = problems ? problems->count : 0;
    for (size_t i = 0; i < count && i < PROBLEMS_MAX; i++)
        report_one(findings, FINDING_ERROR, &problems->items[i].error,
                   problems->items[i].corrected);
    if (count > PROBLEMS_MAX)
        findings_add(findings, FINDING_ERROR, "config", "and %zu more problems",
                     count - PROBLEMS_MAX);
    if (count == 0)
        report_one(findings, FINDING_ERROR, error, NULL);
}

static void report_notes(const struct findings *findings, const struct problems *problems) {
    for (size_t i = 0; i < problems->note_count; i++)
        report_one(findings, FINDING_WARNING, &problems->notes[i], NULL);
}

/* What a sweep would make of the data, and of the config if there is one. */
static void check_space(const struct config *config, const struct dataset *dataset,
                        struct arena *arena, const struct findings *findings) {
    struct space space;
    struct error error;
    struct text warnings;
    text_init(&warnings);
    enum status status = config->problems->count > 0
                             ? space_check(config, dataset, arena, &error)
                             : space_expand(config, dataset, arena, &space, &error);
    if (status == STATUS_OK)
        status = review_data(&space, dataset, &warnings, &error);
    findings_add_lines(findings, FINDING_WARNING, "data", warnings.data);
    if (status != STATUS_OK)
        report_problems(findings, config->problems, &error);
    else if (warnings.length == 0)
        findings_add(findings, FINDING_OK, "data", "no fault was found in its images and labels");
    if (status == STATUS_OK && config->path[0])
        findings_add(findings, FINDING_OK, "config", "%s: %zu trial%s", config->path,
                     space.trial_count, text_plural(space.trial_count));
    text_clear(&warnings);
    if (status == STATUS_OK &&
        review_settings(config, &space, dataset, &warnings, &error) != STATUS_OK)
        report_one(findings, FINDING_ERROR, &error, NULL);
    findings_add_lines(findings, FINDING_WARNING, "config", warnings.data);
    text_release(&warnings);
}

/* All that the config names, as far as they are there. */
static bool load_data(struct config *config, const char *data_dir, const struct findings *findings,
                      struct arena *arena, struct dataset *first) {
    const size_t count = config->datasets_vary ? config->dataset_count : 1;
    struct dataset *dataset = first;
    struct error error;
    bool loaded = true;
    for (size_t i = 0; i < count && loaded; i++) {
        const struct dataset_places places = {.data_dir = data_dir,
                                              .options = &config->dataset_options[i]};
        if (i > 0)
            dataset = dataset->next = ARENA_NEW(arena, struct dataset, 1);
        loaded = dataset;
        if (dataset)
            data_checkup(&config->datasets[i], config->datasets_vary ? 1 : config->dataset_count,
                         &places, findings, dataset, &loaded);
    }
    if (!loaded || (datasets_join(first, &error) == STATUS_OK &&
                    config_name_datasets(config, first, &error) == STATUS_OK))
        return loaded;
    report_one(findings, FINDING_ERROR, &error, NULL);
    return false;
}

static void check_data(const struct arguments *arguments, const struct findings *findings) {
    static const char nothing[] = "method: grid\n";
    const struct dataset_places places = {.data_dir = arguments->data_dir};
    struct config config;
    struct dataset dataset = {0};
    struct arena arena;
    struct error error;
    bool loaded = false;
    arena_init(&arena);
    enum status status =
        arguments->config
            ? config_load(arguments->config, NULL, 0, &arena, &config, &error)
            : config_parse("", nothing, sizeof nothing - 1, NULL, 0, &arena, &config, &error);
    const size_t count = config.problems ? config.problems->count : 0;
    if (status != STATUS_MEMORY && config.problems)
        status = config_check_datasets(&config, &places, &arena, &error);
    if (status == STATUS_OK)
        report_notes(findings, config.problems);
    /* Unless the data sets' names are what is wrong. */
    if (status != STATUS_MEMORY && config.dataset_count > 0 && config.problems->count == count)
        loaded = load_data(&config, arguments->data_dir, findings, &arena, &dataset);
    if (loaded)
        check_space(&config, &dataset, &arena, findings);
    else if (status != STATUS_OK)
        report_problems(findings, config.problems, &error);
    dataset_release(&dataset);
    arena_release(&arena);
}

static void check_all(const struct arguments *arguments, struct doctor *doctor) {
    const struct findings findings = {doctor, take_finding};
    check_database(arguments, &findings);
    check_data(arguments, &findings);
    machine_checkup(schedule_default_jobs(), &findings);
}

static enum status report_json(const struct arguments *arguments, struct doctor *doctor,
                               struct error *error) {
    struct json json;
    json_init(&json);
    json_begin_array(&json, "findings");
    doctor->json = &json;
    check_all(arguments, doctor);
    json_end(&json);
    json_integer(&json, "errors", (int64_t)doctor->counts[FINDING_ERROR]);
    json_integer(&json, "warnings", (int64_t)doctor->counts[FINDING_WARNING]);
    enum status status = json_print(&json, JSON_PRETTY, stdout, error);
    doctor->json = NULL;
    json_release(&json);
    return status;
}

static void report(const struct arguments *arguments, struct doctor *doctor) {
    check_all(arguments, doctor);
    const size_t errors = doctor->counts[FINDING_ERROR], warnings = doctor->counts[FINDING_WARNING];
    printf("\n%zu error%s, %zu warning%s\n", errors, text_plural(errors), warnings,
           text_plural(warnings));
}

static int run(int argc, char **argv) {
    struct arguments arguments = {0};
    struct doctor doctor = {0};
    struct error error;
    command_parse(&command_doctor, argc, argv, &arguments);
    if (arguments.form != FORM_JSON)
        report(&arguments, &doctor);
    else if (report_json(&arguments, &doctor, &error) != STATUS_OK)
        return command_fail(&error);
    return doctor.counts[FINDING_ERROR] > 0 ? 1 : 0;
}

const struct command command_doctor = {
    .name = "doctor",
    .help = "check the database, data and machine",
    .description =
        "Check the database, the data and this machine, and say what to do about what is wrong. "
        "With CONFIG, check that too, and the data set it asks for. Nothing is changed.",
    .notes = "Exit status: 0 nothing is wrong, 1 something is.",
    .options = options,
    .run = run,
};
