/* Learning rate schedules and callbacks as Keras' classes, whose names and arguments they have. */
#include "exchange/keras_private.h"

#include "nn/learning_rate_schedule.h"

#include <stdio.h>
#include <string.h>

/* "NAME = MODULE.CLASS(...)", of the arguments that were added. */
static void end_object(struct keras_writer *writer, const char *name, const char *module,
                       const char *class) {
    char head[128];
    snprintf(head, sizeof head, "%s = %s%s", name, module, class);
    keras_end_call(writer, "", head, "");
}

/* --- schedules --- */

#define ONE_CYCLE "OneCycle"

static bool is_one_cycle(const struct network_spec *spec) {
    return spec->schedule && strcmp(spec->schedule->kind->name, "one_cycle") == 0;
}

static const char one_cycle_definition[] =
    "\n"
    "class " ONE_CYCLE "(keras.optimizers.schedules.LearningRateSchedule):\n"
    "    def __init__(self, learning_rate, total_steps, pct_start=0.3,\n"
    "                 anneal_strategy=\"cos\", div_factor=25.0,\n"
    "                 final_div_factor=10000.0):\n"
    "        self.most = learning_rate\n"
    "        self.least = learning_rate / div_factor\n"
    "        self.last = self.least / final_div_factor\n"
    "        self.end = total_steps - 1\n"
    "        self.top = pct_start * total_steps - 1\n"
    "        self.cosine = anneal_strategy == \"cos\"\n"
    "\n"
    "    def anneal(self, begin, end, share):\n"
    "        share = ops.clip(share, 0.0, 1.0)\n"
    "        if self.cosine:\n"
    "            share = (1.0 - ops.cos(3.141592653589793 * share)) / 2.0\n"
    "        return begin + (end - begin) * share\n"
    "\n"
    "    def __call__(self, step):\n"
    "        step = ops.cast(step, \"float32\")\n"
    "        rise = step / self.top if self.top > 0 else 1.0\n"
    "        length = self.end - self.top\n"
    "        fall = (step - self.top) / length if length > 0 else 1.0\n"
    "        return ops.where(step < self.top,\n"
    "                         self.anneal(self.least, self.most, rise),\n"
    "                         self.anneal(self.most, self.last, fall))\n\n\n";

const char *keras_schedule_definition(const struct network_spec *spec) {
    return is_one_cycle(spec) ? one_cycle_definition : "";
}

/* An argument of a schedule that has one of that name, and none of its own value; or NULL. */
static const struct argument *left_out(const struct component *schedule, const char *name) {
    const struct argument *argument = argument_find(&schedule->kind->arguments, name);
    return argument && argument_is_standard(schedule->arguments, argument) ? argument : NULL;
}

/* What the defaults stand for, which Keras has to be told. A warm-up without a target rises from 0
 * to the learning rate. */
static void add_defaults(struct keras_writer *writer, const struct network_spec *spec) {
    const struct component *schedule = spec->schedule;
    const double rate = spec->optimizer_settings.value[OPTIMIZER_LEARNING_RATE];
    const uint64_t warmup = schedule_warmup(schedule);
    const bool rises = warmup > 0 && left_out(schedule, "warmup_target");
    if (left_out(schedule, "initial_learning_rate"))
        keras_add_real(writer, "initial_learning_rate=", rises ? 0 : rate);
    if (left_out(schedule, "decay_steps"))
        keras_add_number(writer,
                         "decay_steps=", spec->steps > warmup ? (double)(spec->steps - warmup) : 1);
    if (rises)
        keras_add_real(writer, "warmup_target=", rate);
    if (is_one_cycle(spec))
        keras_add_real(writer, "learning_rate=", rate);
    if (left_out(schedule, "total_steps"))
        keras_add_number(writer, "total_steps=", (double)spec->steps);
}

void keras_append_schedule(struct keras_writer *writer) {
    const struct network_spec *spec = writer->request->spec;
    struct text class;
    text_init(&class);
    keras_append_class(spec->schedule->kind->name, &class);
    add_defaults(writer, spec);
    keras_add_named_arguments(writer, &spec->schedule->kind->arguments, spec->schedule->arguments);
    end_object(writer, "learning_rate", is_one_cycle(spec) ? "" : "keras.optimizers.schedules.",
               class.failed ? "" : class.data);
    writer->body.failed |= class.failed;
    text_release(&class);
}

/* --- callbacks --- */

static void append_callback(struct keras_writer *writer, const struct component *callback,
                            const char *name, const char *class) {
    if (!callback)
        return;
    keras_add_named_arguments(writer, &callback->kind->arguments, callback->arguments);
    /* Keras does not know which way an output's scores are better. */
    if (network_has_named_outputs(writer->request->spec) && callback_follows_monitor(callback))
        keras_add_name(writer, "mode=", callback_maximizes(callback) ? "max" : "min");
    end_object(writer, name, "keras.callbacks.", class);
}

void keras_append_callbacks(struct keras_writer *writer) {
    const struct callbacks *callbacks = &writer->request->spec->callbacks;
    append_callback(writer, callbacks->early_stopping, "early_stopping", "EarlyStopping");
    append_callback(writer, callbacks->reduce_lr, "reduce_lr", "ReduceLROnPlateau");
}

void keras_add_callbacks(struct keras_writer *writer) {
    const struct callbacks *callbacks = &writer->request->spec->callbacks;
    const bool both = callbacks->early_stopping && callbacks->reduce_lr;
    if (callbacks->early_stopping || callbacks->reduce_lr)
        keras_add_text(writer, "callbacks=",
                       both                        ? "[early_stopping, reduce_lr]"
                       : callbacks->early_stopping ? "[early_stopping]"
                                                   : "[reduce_lr]");
}
