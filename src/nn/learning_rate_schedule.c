#include "nn/learning_rate_schedule.h"

#include <math.h>

/* Where Keras computes in single precision, so is it here; powers, logarithms and cosines are
 * rounded from double. */

struct schedule_kind {
    struct component_kind kind; /* the first member: the family's kinds are these */
    float (*rate)(const void *arguments, float initial, float step, float all);
};

static float power(float base, float exponent) {
    return (float)pow((double)base, (double)exponent);
}

static float cosine(float fraction) {
    return 0.5F * (1.0F + (float)cos((double)((float)M_PI * fraction)));
}

/* Rates as arguments; LEFT_OUT: not given. */
#define LEFT_OUT (-1.0)
#define ALL_STEPS "all steps of the training"
#define LARGE 1e30

#define STEPS(NAME, STRUCT, AS)                                                                    \
    {                                                                                              \
        .name = NAME, .type = ARGUMENT_WHOLE, .offset = offsetof(struct STRUCT, steps),            \
        .minimum = 1, .maximum = 4294967295.0, .as = AS, .help = "steps that it takes"             \
    }
#define REAL(NAME, STRUCT, FIELD, STANDARD, LOW, HIGH, HELP)                                       \
    {                                                                                              \
        .name = NAME, .type = ARGUMENT_REAL, .offset = offsetof(struct STRUCT, FIELD),             \
        .standard = (STANDARD), .minimum = (LOW), .maximum = (HIGH), .help = (HELP)                \
    }
#define SWITCH(NAME, STRUCT, FIELD, HELP)                                                          \
    {                                                                                              \
        .name = NAME, .type = ARGUMENT_SWITCH, .offset = offsetof(struct STRUCT, FIELD),           \
        .help = (HELP)                                                                             \
    }
#define INITIAL(STRUCT)                                                                            \
    {                                                                                              \
        .name = "initial_learning_rate", .type = ARGUMENT_REAL,                                    \
        .offset = offsetof(struct STRUCT, initial), .standard = LEFT_OUT, .minimum = 0,            \
        .maximum = LARGE, .as = "the learning_rate", .help = "what it starts from"                 \
    }

/* The rate that the schedule starts from, and the steps that it takes. */
static float initial_of(double own, float learning_rate) {
    return own == LEFT_OUT ? learning_rate : (float)own;
}

static float steps_of(uint32_t own, float all) {
    return own == 0 ? all : (float)own;
}

/* ExponentialDecay: initial * decay_rate ^ (step / decay_steps); InverseTimeDecay:
 * initial / (1 + decay_rate * step / decay_steps). */
struct decay {
    uint32_t steps;
    bool staircase;
    double rate, initial;
};

static const struct argument decay_arguments[] = {
    STEPS("decay_steps", decay, ALL_STEPS),
    REAL("decay_rate", decay, rate, ARGUMENT_REQUIRED, 0, LARGE, "how much it falls in that time"),
    SWITCH("staircase", decay, staircase, "whether it falls at the end of that time alone"),
    INITIAL(decay),
};

static float periods(const struct decay *own, float step, float all) {
    const float fraction = step / steps_of(own->steps, all);
    return own->staircase ? floorf(fraction) : fraction;
}

static float exponential_decay(const void *arguments, float initial, float step, float all) {
    const struct decay *own = arguments;
    return initial_of(own->initial, initial) * power((float)own->rate, periods(own, step, all));
}

static float inverse_time_decay(const void *arguments, float initial, float step, float all) {
    const struct decay *own = arguments;
    return initial_of(own->initial, initial) / (1 + (float)own->rate * periods(own, step, all));
}

/* PiecewiseConstantDecay: values[i] up to and with step boundaries[i]. */
struct piecewise {
    struct numbers boundaries, values;
};

static const struct argument piecewise_arguments[] = {
    {.name = "boundaries",
     .type = ARGUMENT_NUMBERS,
     .offset = offsetof(struct piecewise, boundaries),
     .standard = ARGUMENT_REQUIRED,
     .minimum = 0,
     .maximum = 4294967295.0,
     .help = "the last steps of all values but the last"},
    {.name = "values",
     .type = ARGUMENT_NUMBERS,
     .offset = offsetof(struct piecewise, values),
     .standard = ARGUMENT_REQUIRED,
     .minimum = 0,
     .maximum = LARGE,
     .help = "learning rates one after the other, one more than boundaries"},
};

static const char *piecewise_refuses(const void *arguments) {
    const struct piecewise *own = arguments;
    for (size_t i = 0; i < own->boundaries.count; i++)
        if (own->boundaries.items[i] != floor(own->boundaries.items[i]) ||
            (i > 0 && own->boundaries.items[i] <= own->boundaries.items[i - 1]))
            return "boundaries must be whole numbers of steps, each larger than the one before";
    return own->values.count == own->boundaries.count + 1
               ? NULL
               : "values must be one more than boundaries, as in {boundaries: [1000, 2000], "
                 "values: "
                 "[0.1, 0.01, 0.001]}";
}

static float piecewise_constant_decay(const void *arguments, float initial, float step, float all) {
    const struct piecewise *own = arguments;
    size_t i = 0;
    (void)initial, (void)all;
    while (i < own->boundaries.count && (double)step > own->boundaries.items[i])
        i++;
    return (float)own->values.items[i];
}

/* PolynomialDecay: (initial - end) * (1 - step / decay_steps) ^ power + end; with `cycle`,
 * decay_steps becomes its multiple that is not below the step. */
struct polynomial {
    uint32_t steps;
    bool cycle;
    double end, power, initial;
};

static const struct argument polynomial_arguments[] = {
    STEPS("decay_steps", polynomial, ALL_STEPS),
    REAL("end_learning_rate", polynomial, end, 0.0001, 0, LARGE, "what it comes to"),
    REAL("power", polynomial, power, 1, 0, LARGE, "the polynomial's; 1: a line"),
    SWITCH("cycle", polynomial, cycle,
           "whether it rises again, to less each time, when it is over"),
    INITIAL(polynomial),
};

static float polynomial_decay(const void *arguments, float initial, float step, float all) {
    const struct polynomial *own = arguments;
    const float end = (float)own->end;
    float steps = steps_of(own->steps, all);
    if (own->cycle && step > 0)
        steps *= ceilf(step / steps);
    return (initial_of(own->initial, initial) - end) *
               power(1 - fminf(step, steps) / steps, (float)own->power) +
           end;
}

/* CosineDecay: half a cosine from the rate to alpha times it; after a warm-up, which rises evenly
 * from initial_learning_rate to warmup_target. Keras warms up where there is a warmup_target; where
 * warmup_steps alone are given, here the learning rate is the target, and 0 the start. */
struct cosine {
    uint32_t steps, warmup_steps;
    double alpha, warmup_target, initial;
};

static const struct argument cosine_arguments[] = {
    STEPS("decay_steps", cosine, "all steps of the training behind the warm-up"),
    REAL("alpha", cosine, alpha, 0, 0, LARGE, "the share of the rate that is left at its end"),
    {.name = "warmup_target",
     .type = ARGUMENT_REAL,
     .offset = offsetof(struct cosine, warmup_target),
     .standard = LEFT_OUT,
     .minimum = 0,
     .maximum = LARGE,
     .as = "the learning_rate, from 0 on, with warmup_steps",
     .help = "the rate that it rises to before it falls"},
    {.name = "warmup_steps",
     .type = ARGUMENT_WHOLE,
     .offset = offsetof(struct cosine, warmup_steps),
     .maximum = 4294967295.0,
     .help = "steps in which it rises"},
    INITIAL(cosine),
};

static const char *cosine_refuses(const void *arguments) {
    const struct cosine *own = arguments;
    return own->warmup_steps > 0 && own->warmup_target == LEFT_OUT && own->initial != LEFT_OUT
               ? "with an initial_learning_rate the warm-up needs a warmup_target"
               : NULL;
}

static float cosine_decay(const void *arguments, float initial, float step, float all) {
    const struct cosine *own = arguments;
    const bool bare = own->warmup_target == LEFT_OUT;
    const float warmup = (float)own->warmup_steps, alpha = (float)own->alpha;
    const float low = bare ? 0 : initial_of(own->initial, initial);
    const float high = bare ? initial_of(own->initial, initial) : (float)own->warmup_target;
    const float steps = own->steps == 0 ? fmaxf(all - warmup, 1) : (float)own->steps;
    if (step < warmup)
        return (high - low) * (step / warmup) + low;
    const float fraction = (fminf(step, steps + warmup) - warmup) / steps;
    return high * ((1 - alpha) * cosine(fraction) + alpha);
}

/* CosineDecayRestarts (Loshchilov and Hutter 2017): half a cosine after the other, each t_mul times
 * as long as the one before and from a rate m_mul times as high. */
struct restarts {
    uint32_t steps;
    double t_mul, m_mul, alpha, initial;
};

static const struct argument restarts_arguments[] = {
    {.name = "first_decay_steps",
     .type = ARGUMENT_WHOLE,
     .offset = offsetof(struct restarts, steps),
     .standard = ARGUMENT_REQUIRED,
     .minimum = 1,
     .maximum = 4294967295.0,
     .help = "steps until the first restart"},
    REAL("t_mul", restarts, t_mul, 2, 1, LARGE, "how much longer each one is"),
    REAL("m_mul", restarts, m_mul, 1, 0, LARGE, "how much higher each one starts"),
    REAL("alpha", restarts, alpha, 0, 0, LARGE, "the share of the rate that is left at its end"),
    INITIAL(restarts),
};

static float cosine_decay_restarts(const void *arguments, float initial, float step, float all) {
    const struct restarts *own = arguments;
    const float t_mul = (float)own->t_mul, alpha = (float)own->alpha;
    float fraction = step / (float)own->steps, restart = floorf(fraction);
    (void)all;
    if (t_mul == 1) {
        fraction -= restart;
    } else {
        restart =
            floorf((float)log((double)(1 - fraction * (1 - t_mul))) / (float)log((double)t_mul));
        fraction = (fraction - (1 - power(t_mul, restart)) / (1 - t_mul)) / power(t_mul, restart);
    }
    const float decayed = power((float)own->m_mul, restart) * cosine(fraction);
    return initial_of(own->initial, initial) * ((1 - alpha) * decayed + alpha);
}

/* OneCycleLR, two phases: from max / div_factor to max in the first pct_start of the steps, then to
 * max / div_factor / final_div_factor. Momentum stays as it is. */
struct one_cycle {
    uint32_t steps;
    uint8_t anneal;
    double pct_start, div_factor, final_div_factor;
};

enum { ANNEAL_COS };
static const char *const anneal_names[] = {"cos", "linear", NULL};

static const struct argument one_cycle_arguments[] = {
    STEPS("total_steps", one_cycle, ALL_STEPS),
    REAL("pct_start", one_cycle, pct_start, 0.3, 0, 1, "the share of the steps in which it rises"),
    {.name = "anneal_strategy",
     .type = ARGUMENT_NAME,
     .offset = offsetof(struct one_cycle, anneal),
     .names = anneal_names,
     .help = "how it goes from one rate to the next"},
    REAL("div_factor", one_cycle, div_factor, 25, 1, LARGE, "the learning_rate / where it starts"),
    REAL("final_div_factor", one_cycle, final_div_factor, 1e4, 1, LARGE,
         "where it starts / where it ends"),
};

static double anneal(const struct one_cycle *own, double from, double to, double share) {
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    return own->anneal == ANNEAL_COS ? to + (from - to) / 2 * (1 + cos(M_PI * share))
                                     : from + (to - from) * share;
}

static float one_cycle(const void *arguments, float initial, float step, float all) {
    const struct one_cycle *own = arguments;
    const double steps = (double)steps_of(own->steps, all), most = (double)initial;
    const double top = own->pct_start * steps - 1, start = most / own->div_factor;
    if ((double)step < top)
        return (float)anneal(own, start, most, (double)step / top);
    const double length = steps - 1 - top;
    return (float)anneal(own, most, start / own->final_div_factor,
                         length > 0 ? ((double)step - top) / length : 1);
}

static float constant(const void *arguments, float initial, float step, float all) {
    (void)arguments, (void)step, (void)all;
    return initial;
}

static const struct schedule_kind schedules[] = {
    {{.name = "constant", .help = "the learning_rate all the time"}, constant},
    {{.name = "exponential_decay",
      .help = "times decay_rate every decay_steps",
      .arguments = ARGUMENT_TABLE(decay_arguments, 2)},
     exponential_decay},
    {{.name = "piecewise_constant_decay",
      .help = "one rate after the other",
      .arguments = ARGUMENT_TABLE(piecewise_arguments, 2),
      .refuses = piecewise_refuses},
     piecewise_constant_decay},
    {{.name = "polynomial_decay",
      .help = "down to end_learning_rate, on a line or faster at first",
      .arguments = ARGUMENT_TABLE(polynomial_arguments, 2)},
     polynomial_decay},
    {{.name = "inverse_time_decay",
      .help = "divided by 1 + decay_rate * step / decay_steps",
      .arguments = ARGUMENT_TABLE(decay_arguments, 2)},
     inverse_time_decay},
    {{.name = "cosine_decay",
      .help = "down to alpha times the rate on half a cosine, after a warm-up where wanted",
      .arguments = ARGUMENT_TABLE(cosine_arguments, 1),
      .refuses = cosine_refuses},
     cosine_decay},
    {{.name = "cosine_decay_restarts",
      .aliases = {"sgdr"},
      .help = "half a cosine after the other (Loshchilov and Hutter 2017)",
      .arguments = ARGUMENT_TABLE(restarts_arguments, 1)},
     cosine_decay_restarts},
    {{.name = "one_cycle",
      .aliases = {"one_cycle_lr"},
      .help = "up to the learning_rate and down to next to nothing (Smith 2018; PyTorch's "
              "OneCycleLR without its momentum)",
      .arguments = ARGUMENT_TABLE(one_cycle_arguments, 1)},
     one_cycle},
};

static const struct component_kind *schedule_at(size_t i) {
    return i < sizeof schedules / sizeof *schedules ? &schedules[i].kind : NULL;
}

const struct component_family learning_rate_schedules = {
    .noun = "a schedule", .at = schedule_at, .most = 1};

bool schedule_changes(const struct component *schedule) {
    return schedule->kind != &schedules[0].kind;
}

/* The argument is there and has no value of its own. */
static bool is_left_out(const struct component *schedule, const char *name) {
    const struct argument *argument = argument_find(&schedule->kind->arguments, name);
    return argument && argument_is_standard(schedule->arguments, argument);
}

bool schedule_needs_length(const struct component *schedule) {
    return is_left_out(schedule, "decay_steps") || is_left_out(schedule, "total_steps");
}

bool schedule_has_own_rate(const struct component *schedule) {
    const struct argument_table *table = &schedule->kind->arguments;
    return table->rows == piecewise_arguments || (argument_find(table, "initial_learning_rate") &&
                                                  !is_left_out(schedule, "initial_learning_rate"));
}

uint32_t schedule_warmup(const struct component *schedule) {
    const struct argument *steps = argument_find(&schedule->kind->arguments, "warmup_steps");
    return steps ? *(const uint32_t *)argument_of(schedule->arguments, steps) : 0;
}

float schedule_rate(const struct component *schedule, double learning_rate, uint64_t step,
                    uint64_t all) {
    const struct schedule_kind *kind = (const struct schedule_kind *)schedule->kind;
    return kind->rate(schedule->arguments, (float)learning_rate, (float)step, (float)all);
}
