/* Search and early stopping on a sweep of which everything was trained: what experiments/04-search
 * tells.
 *
 *   search_truth DATABASE [--part all|tune|report] [--sweeps N] [--settings N] [--seeds N]
 *                [--seed N] [CASE...]
 *
 * The truth is the sweep of DATABASE that was started last: settings x seeds, with the metric after
 * each epoch. A setting's true score is its mean over all seeds after the last epoch. A case is
 * tried on many sweeps, each of some of the settings and seeds, drawn at random; a trial's scores
 * are looked up. It prints the epochs that were spent, in percent of those of all settings and
 * seeds of the sweep, and the regret: by how many points the setting that is named the best is
 * truly worse than the truly best one of the sweep's. A sweep's own seeds are few, so that not even
 * training everything always names the truly best; what is lost against that comes next; and how
 * often the setting that training everything would have named was not stopped.
 *
 * A case: the word `grid` (settings in random order) or a method of searching, perhaps + and a rule
 * of early_terminate, then keys of that rule (min_iter, eta, keep, ...) and of the case:
 *   settings=N  of the sweep (without: --settings; search takes all)    seeds=N  the same
 *   batch=N     settings that are asked for at once (search: 16)
 *   budget=X    the share of the epochs that may be spent; a batch that was begun is ended
 *   top=N       the settings are drawn from the truly best N
 * "gp+halving budget=0.1". Settings are in two halves, by chance: --part tune has one, report the
 * other, so that what was chosen on the one can be judged on the other. */
#include "truth.h"

#include "search/stopper.h"
#include "search/strategy.h"

#include <getopt.h>

struct try {
    char text[200];
    const struct strategy_method *method; /* NULL: grid */
    const struct stopper_rule *rule;      /* NULL: all is trained */
    struct stopper_options options;
    size_t settings, seeds, batch, top;
    double budget;
};

/* A sweep. */

struct sweep {
    const struct truth *truth;
    const struct try *try;
    uint32_t *seeds;         /* those it has */
    size_t count;            /* settings that were asked for */
    size_t *setting;         /* by number: that of the truth */
    size_t *trained, *whole; /* by number: epochs of the first seed; seeds trained to the end */
    bool *in;                /* by setting of the truth: belongs to the sweep */
    double epochs, all;      /* spent, and what all would take */
};

static double look_up(const struct sweep *sweep, size_t number, size_t seed, size_t epochs) {
    const size_t setting = sweep->setting[number];
    for (size_t epoch = 1; epoch <= epochs; epoch++)
        if (isnan(*score_in(sweep->truth, setting, sweep->seeds[seed], epoch)))
            return (double)NAN;
    return (double)*score_in(sweep->truth, setting, sweep->seeds[seed], epochs);
}

static double score_of(void *context, size_t number, size_t seed, size_t epochs) {
    return look_up(context, number, seed, epochs);
}

static void train(struct sweep *sweep, size_t number, size_t epochs, size_t seeds) {
    const size_t last = sweep->truth->epochs;
    const double before =
        (double)(sweep->whole[number] > 0 ? sweep->whole[number] * last : sweep->trained[number]);
    sweep->trained[number] = epochs;
    sweep->whole[number] = epochs == last ? seeds : 0;
    sweep->epochs += (double)(epochs == last ? seeds * last : epochs) - before;
}

static void take_steps(struct sweep *sweep, struct stopper *stopper) {
    struct stopper_step step;
    struct error error;
    while (stopper_next(stopper, &step)) {
        for (size_t i = 0; i < step.count; i++)
            train(sweep, step.settings[i], step.epochs, step.seeds);
        if (stopper_look(stopper, score_of, sweep, &error) != STATUS_OK)
            fail("look", error.message);
    }
}

static void take_batch(struct sweep *sweep, struct stopper *stopper, size_t count) {
    struct error error;
    if (stopper && stopper_enter(stopper, count, &error) != STATUS_OK)
        fail("enter", error.message);
    if (stopper)
        take_steps(sweep, stopper);
    for (size_t i = sweep->count - count; !stopper && i < sweep->count; i++)
        train(sweep, i, sweep->truth->epochs, sweep->try->seeds);
}

/* The mean over the seeds that were trained to the end, else of the first as far as it came. */
static double mean_of(const struct sweep *sweep, size_t number) {
    const size_t seeds = sweep->whole[number] > 0 ? sweep->whole[number] : 1;
    double sum = 0;
    for (size_t seed = 0; seed < seeds; seed++)
        sum += look_up(sweep, number, seed, sweep->trained[number]);
    return sum / (double)seeds;
}

/* More completed seeds first, then the mean: stats/ranking.h. */
static size_t best_of(const struct sweep *sweep) {
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < sweep->count; i++) {
        if (sweep->whole[i] == 0 || isnan(mean_of(sweep, i)))
            continue;
        if (best == SIZE_MAX || sweep->whole[i] > sweep->whole[best] ||
            (sweep->whole[i] == sweep->whole[best] && mean_of(sweep, i) < mean_of(sweep, best)))
            best = i;
    }
    return best;
}

static size_t setting_at(const struct truth *truth, const double *point) {
    size_t place = 0;
    for (size_t d = 0; d < truth->domain.count; d++)
        place = place * truth->domain.dimensions[d].levels + (size_t)point[d];
    return truth->by_place[place];
}

static bool allows(void *context, const double *point) {
    const struct sweep *sweep = context;
    const size_t setting = setting_at(sweep->truth, point);
    return setting > 0 && sweep->in[setting - 1];
}

static size_t ask(struct sweep *sweep, struct strategy *strategy, double *point) {
    enum strategy_answer answer = STRATEGY_POINT;
    struct error error;
    size_t count = 0;
    while (count < sweep->try->batch) {
        if (strategy_ask(strategy, point, &answer, &error) != STATUS_OK)
            fail("ask", error.message);
        if (answer != STRATEGY_POINT)
            break;
        sweep->setting[sweep->count++] = setting_at(sweep->truth, point) - 1;
        count++;
    }
    return count;
}

static void tell(const struct sweep *sweep, struct strategy *strategy, size_t first) {
    struct error error;
    for (size_t i = first; i < sweep->count; i++) {
        const double mean = mean_of(sweep, i);
        const struct strategy_result result = {.number = i,
                                               .means = &mean,
                                               .seeds = sweep->whole[i] > 0 ? sweep->whole[i] : 1,
                                               .completeness = (double)sweep->trained[i] /
                                                               (double)sweep->truth->epochs};
        if (strategy_tell(strategy, &result, 1, &error) != STATUS_OK)
            fail("tell", error.message);
    }
}

/* Whether another batch may be asked for: the finalists' further seeds have to be paid, too. */
static bool may_go_on(const struct sweep *sweep) {
    const struct stopper_options *options = &sweep->try->options;
    const size_t share = sweep->count / 50, least = share > 5 ? share : 5;
    const size_t finalists = options->finalists > 0 ? options->finalists : least;
    const size_t later = sweep->try->rule ? finalists * (sweep->try->seeds - 1) : 0;
    return sweep->epochs + (double)(later * sweep->truth->epochs) < sweep->try->budget * sweep->all;
}

static void search(struct sweep *sweep, struct stopper *stopper, uint64_t seed) {
    struct domain domain = sweep->truth->domain;
    const struct strategy_options options = {.seed = seed, .objectives = 1};
    struct strategy *strategy;
    struct error error;
    double *point = need(domain.count, sizeof *point);
    domain.allows = allows;
    domain.context = sweep;
    if (strategy_begin(sweep->try->method, &domain, &options, &strategy, &error) != STATUS_OK)
        fail("begin", error.message);
    for (size_t asked = 1; asked > 0 && may_go_on(sweep);) {
        asked = ask(sweep, strategy, point);
        take_batch(sweep, stopper, asked);
        tell(sweep, strategy, sweep->count - asked);
    }
    strategy_end(strategy);
    free(point);
}

/* Trying a case. */

/* By how much the setting that is named falls short of the best one. */
struct regret {
    double points;
    size_t within_1, within_3; /* whether it is at most 0.1, 0.3 */
};

struct outcome {
    double epochs;            /* in percent */
    struct regret truth, own; /* by the true scores; by the sweep's own seeds: what is lost against
                                 training everything */
    size_t kept;              /* whether the best by the sweep's own seeds was not stopped */
};

static const double *sorted_means;

static int by_mean(const void *a, const void *b) {
    const size_t i = *(const size_t *)a, j = *(const size_t *)b;
    return sorted_means[i] < sorted_means[j] ? -1 : sorted_means[i] > sorted_means[j] ? 1 : i > j;
}

/* Settings from which the sweep's are drawn, best first where only some may be. */
static size_t *candidates(const struct truth *truth) {
    size_t *order = need(truth->settings, sizeof *order);
    for (size_t i = 0; i < truth->settings; i++)
        order[i] = i;
    sorted_means = truth->means;
    qsort(order, truth->settings, sizeof *order, by_mean);
    return order;
}

static size_t limit(size_t wanted, size_t most) {
    return wanted > 0 && wanted < most ? wanted : most;
}

/* Draw the sweep's seeds and settings; how many settings. */
static size_t draw(struct sweep *sweep, const size_t *order, uint64_t seed) {
    const struct truth *truth = sweep->truth;
    const size_t from = limit(sweep->try->top, truth->settings),
                 count = limit(sweep->try->settings, from);
    uint32_t *permutation = need(from, sizeof *permutation);
    random_permutation((struct random_source){seed, RANDOM_TEST, 1}, sweep->seeds, truth->seeds);
    random_permutation((struct random_source){seed, RANDOM_TEST, 2}, permutation, from);
    for (size_t i = 0; i < count; i++) {
        sweep->in[order[permutation[i]]] = true;
        sweep->setting[i] = order[permutation[i]];
    }
    free(permutation);
    return count;
}

/* The mean of a setting of the truth over all of the sweep's seeds; infinite if one diverged. */
static double own_mean(const struct sweep *sweep, size_t setting) {
    const struct truth *truth = sweep->truth;
    double sum = 0;
    for (size_t seed = 0; seed < sweep->try->seeds; seed++)
        sum += (double)*score_in(truth, setting, sweep->seeds[seed], truth->epochs);
    return isnan(sum) ? (double)INFINITY : sum / (double)sweep->try->seeds;
}

static struct regret regret_of(double chosen, double best) {
    const double points = chosen - best;
    return (struct regret){points, points <= 0.1 + 1e-6, points <= 0.3 + 1e-6};
}

/* Judge what was found. */
static struct outcome judge(const struct sweep *sweep, const struct stopper *stopper) {
    const struct truth *truth = sweep->truth;
    double true_best = (double)INFINITY, own_best = (double)INFINITY;
    size_t best = 0;
    for (size_t i = 0; i < truth->settings; i++) {
        if (!sweep->in[i])
            continue;
        const double own = own_mean(sweep, i);
        true_best = fmin(true_best, truth->means[i]);
        best = own < own_best ? i : best;
        own_best = fmin(own_best, own);
    }
    const size_t number = best_of(sweep),
                 chosen = number == SIZE_MAX ? SIZE_MAX : sweep->setting[number];
    struct outcome outcome = {.epochs = 100 * sweep->epochs / sweep->all,
                              .truth = {.points = 100},
                              .own = {.points = 100}};
    if (chosen != SIZE_MAX) {
        outcome.truth = regret_of(truth->means[chosen], true_best);
        outcome.own = regret_of(own_mean(sweep, chosen), own_best);
    }
    for (size_t i = 0; i < sweep->count; i++)
        outcome.kept |= sweep->setting[i] == best &&
                        (!stopper || stopper_verdict(stopper, i)->fate == STOPPER_GOES_ON);
    return outcome;
}

static struct outcome run_sweep(const struct truth *truth, const struct try *try,
                                const size_t *order, uint64_t seed) {
    struct sweep sweep = {.truth = truth,
                          .try = try,
                          .seeds = need(truth->seeds, sizeof *sweep.seeds),
                          .setting = need(truth->settings + try->batch, sizeof *sweep.setting),
                          .trained = need(truth->settings, sizeof *sweep.trained),
                          .whole = need(truth->settings, sizeof *sweep.whole),
                          .in = need(truth->settings, sizeof *sweep.in)};
    struct stopper *stopper = NULL;
    struct error error;
    const size_t count = draw(&sweep, order, seed);
    sweep.all = (double)(count * try->seeds * truth->epochs);
    if (try->rule && stopper_begin(try->rule, &try->options, &stopper, &error) != STATUS_OK)
        fail(try->text, error.message);
    if (try->method)
        search(&sweep, stopper, seed);
    else
        take_batch(&sweep, stopper, sweep.count = count);
    if (stopper) {
        stopper_finish(stopper);
        take_steps(&sweep, stopper);
    }
    const struct outcome outcome = judge(&sweep, stopper);
    stopper_end(stopper);
    free(sweep.seeds);
    free(sweep.setting);
    free(sweep.trained);
    free(sweep.whole);
    free(sweep.in);
    return outcome;
}

static void add(struct regret *sum, const struct regret *one) {
    sum->points += one->points;
    sum->within_1 += one->within_1;
    sum->within_3 += one->within_3;
}

static void print(const struct regret *sum, double count) {
    printf("   %6.3f  %4.0f %%  %4.0f %%", sum->points / count, 100 * (double)sum->within_1 / count,
           100 * (double)sum->within_3 / count);
}

static void run_case(const struct truth *truth, const struct asked *asked, const struct try *try) {
    struct outcome sum = {0};
    size_t *order = candidates(truth);
    for (size_t i = 0; i < asked->sweeps; i++) {
        const struct outcome one = run_sweep(truth, try, order, asked->seed + i);
        sum.epochs += one.epochs;
        add(&sum.truth, &one.truth);
        add(&sum.own, &one.own);
        sum.kept += one.kept;
    }
    free(order);
    const double count = (double)asked->sweeps;
    printf("%-42s %6.1f", try->text, sum.epochs / count);
    print(&sum.truth, count);
    print(&sum.own, count);
    printf("   %4.0f %%\n", 100 * (double)sum.kept / count);
    fflush(stdout);
}

/* What is asked. */

static bool read_key(struct try *try, const char *key, double value) {
    struct stopper_options *options = &try->options;
    const struct {
        const char *key;
        size_t *count;
        double *number;
    } keys[] = {{"min_iter", &options->min_iter, NULL},
                {"max_iter", &options->max_iter, NULL},
                {"s", &options->s, NULL},
                {"finalists", &options->finalists, NULL},
                {"settings", &try->settings, NULL},
                {"seeds", &try->seeds, NULL},
                {"batch", &try->batch, NULL},
                {"top", &try->top, NULL},
                {"eta", NULL, &options->eta},
                {"keep", NULL, &options->keep},
                {"level", NULL, &options->level},
                {"budget", NULL, &try->budget}};
    if (strcmp(key, "strict") == 0)
        options->strict = value != 0;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(keys[i].key, key) == 0) {
            if (keys[i].count)
                *keys[i].count = (size_t)value;
            else
                *keys[i].number = value;
            return true;
        }
    return strcmp(key, "strict") == 0;
}

static void read_methods(struct try *try, char *word) {
    char *rule = strchr(word, '+');
    if (rule)
        *rule++ = '\0';
    if (strcmp(word, "grid") != 0 && !(try->method = strategy_find(word)) && !rule)
        rule = word;
    if (rule && !(try->rule = stopper_find(rule)))
        fail("no method or rule", rule);
}

static struct try read_case(const char *text, const struct asked *asked,
                            const struct truth *truth) {
    struct try try = {.budget = 1, .batch = 16, .seeds = asked->seeds};
    char words[200], *rest, *word;
    snprintf(try.text, sizeof try.text, "%s", text);
    snprintf(words, sizeof words, "%s", text);
    word = strtok_r(words, " ", &rest);
    if (!word)
        fail("a case has no words", text);
    read_methods(&try, word);
    try.settings = try.method ? 0 : asked->settings;
    while ((word = strtok_r(NULL, " ", &rest))) {
        char *value = strchr(word, '=');
        if (value)
            *value++ = '\0';
        if (!value || !read_key(&try, word, strtod(value, NULL)))
            fail("a case does not know the key", word);
    }
    if (try.seeds == 0 || (try.method && try.batch == 0))
        fail("no seeds, or no batch", text);
    try.options.epochs = truth->epochs;
    try.options.seeds = try.seeds;
    return try;
}

static void read_options(struct asked *asked, int argc, char **argv) {
    static const struct option options[] = {
        {"part", required_argument, NULL, 'p'},     {"sweeps", required_argument, NULL, 'n'},
        {"settings", required_argument, NULL, 'c'}, {"seeds", required_argument, NULL, 'k'},
        {"seed", required_argument, NULL, 's'},     {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'p')
            asked->part = *optarg;
        else if (option == 'n')
            asked->sweeps = count_from(optarg);
        else if (option == 'c')
            asked->settings = count_from(optarg);
        else if (option == 'k')
            asked->seeds = count_from(optarg);
        else if (option == 's')
            asked->seed = count_from(optarg);
        else
            exit(2);
    }
    if (optind == argc || !strchr("atr", asked->part) || asked->sweeps == 0)
        fail("usage", "search_truth DATABASE [--part all|tune|report] [--sweeps N] [--settings N] "
                      "[--seeds N] [--seed N] [CASE...]");
    asked->path = argv[optind];
}

static const char *const usual[] = {
    "grid",
    "halving",
    "halving keep=0.4",
    "halving eta=3",
    "halving min_iter=1 eta=3",
    "hyperband",
    "hyperband min_iter=1 eta=3",
    "median",
    "median min_iter=1",
    "grid seeds=10",
    "halving seeds=10",
    "median seeds=10",
    "race seeds=10 settings=96",
    "race seeds=10 settings=24 top=475",
    "race seeds=10 settings=24 top=40",
    "race seeds=10 settings=96 strict=1",
    "race seeds=5 settings=96",
    "race seeds=3 settings=96",
};

int main(int argc, char **argv) {
    struct asked asked = {.part = 'a', .sweeps = 200, .settings = 500, .seeds = 3, .seed = 1};
    struct arena arena;
    struct truth truth;
    read_options(&asked, argc, argv);
    const char *const *cases = argc > optind + 1 ? (const char *const *)argv + optind + 1 : usual;
    const size_t count =
        argc > optind + 1 ? (size_t)(argc - optind - 1) : sizeof usual / sizeof *usual;
    arena_init(&arena);
    read_truth(&truth, &asked, &arena);
    printf("%zu settings x %zu seeds x %zu epochs; %zu sweeps a case\n\n", truth.settings,
           truth.seeds, truth.epochs, asked.sweeps);
    printf("%-42s %6s   %22s   %22s   %6s\n", "", "epochs", "regret", "against the whole sweep",
           "best");
    printf("%-42s %6s   %6s  %6s  %6s   %6s  %6s  %6s   %6s\n", "case", "%", "mean", "<= 0.1",
           "<= 0.3", "mean", "<= 0.1", "<= 0.3", "kept");
    for (size_t i = 0; i < count; i++) {
        const struct try try = read_case(cases[i], &asked, &truth);
        if (try.seeds <= truth.seeds)
            run_case(&truth, &asked, &try);
        else
            printf("%-42s needs %zu seeds\n", try.text, try.seeds);
    }
    arena_release(&arena);
    return 0;
}
