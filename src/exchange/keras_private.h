/* What the files that write Keras code share: its writer, and calls of functions. */
#ifndef SWEEP_EXCHANGE_KERAS_PRIVATE_H
#define SWEEP_EXCHANGE_KERAS_PRIVATE_H

#include "base/argument.h"
#include "exchange/keras.h"
#include "nn/named_input.h"

struct keras_writer {
    const struct keras_request *request;
    struct text notes; /* lines of the comment that the code begins with */
    struct text body;
    struct text arguments; /* of the call at hand, a line each */
    struct text line;      /* scratch */
};

/* Say that a thing is printed by a name that the tables don't know. */
void keras_note_unknown(struct keras_writer *writer, const char *what, const char *name);

/* Append, in quotes, what an input of the model is called: as its array, but where a layer may
 * have that name, which Keras takes once. */
void keras_append_input(const struct network_spec *spec, size_t layer, struct text *text);

/* Add an argument to the call at hand. `name` is "units=", or empty for one that stands by its
 * place; of add_value what it begins with, and the caller appends the rest to `arguments`. */
void keras_add_value(struct keras_writer *writer, const char *name);
void keras_add_text(struct keras_writer *writer, const char *name, const char *code);
void keras_add_name(struct keras_writer *writer, const char *name, const char *string);
void keras_add_number(struct keras_writer *writer, const char *name, double number);
/* As a number with a point, where a whole one makes Keras compute in whole numbers. */
void keras_add_real(struct keras_writer *writer, const char *name, double number);
void keras_add_tuple(struct keras_writer *writer, const char *name, const size_t *numbers,
                     size_t count);
/* The arguments of a table that must be given, in order, and of the others those that are not at
 * their defaults. */
void keras_add_arguments(struct keras_writer *writer, const struct argument_table *table,
                         const void *of);

/* The same with their names: as most of Keras' classes take them. */
void keras_add_named_arguments(struct keras_writer *writer, const struct argument_table *table,
                               const void *of);

/* "cosine_decay" as CosineDecay. */
void keras_append_class(const char *name, struct text *text);

/* Append the call to the body: in a line, or with a line for each argument where that is too long.
 */
void keras_end_call(struct keras_writer *writer, const char *indent, const char *head,
                    const char *tail);

/* What a training follows: "learning_rate = keras.optimizers.schedules.CosineDecay(...)", the class
 * of a schedule that Keras has not (else nothing), and the callbacks. Each has its name as an
 * argument of the call that takes it. */
const char *keras_schedule_definition(const struct network_spec *spec);
void keras_append_schedule(struct keras_writer *writer);
void keras_append_callbacks(struct keras_writer *writer);
void keras_add_callbacks(struct keras_writer *writer);

/* Whether an output's targets are numbers, no classes. Without the data set it is its loss that
 * tells what a further array of that is. */
bool keras_predicts_numbers(const struct keras_writer *writer, const struct network_output *of);

/* Whether Keras takes a loss with the classes' numbers. */
bool keras_is_sparse(const struct loss *loss);

/* The data set: x, y, x_test and y_test, as fit and evaluate take them. */
void keras_append_data(struct keras_writer *writer);

/* The call by which Keras loads the data set; NULL: it has not that one. */
const char *keras_data_origin(const struct keras_request *request);

/* Where the channels of images of that shape stand in the data set's file: "first", say. */
const char *keras_channels_note(const struct keras_request *request, struct shape shape);

/* What puts them last: a function, where the code has to look at the arrays; its call for x and
 * x_test; and data["meta_train"] in one, which is a further array that the network reads. */
void keras_append_channels_function(struct keras_writer *writer, struct shape image);
void keras_append_image_channels(struct keras_writer *writer, struct shape shape);
void keras_append_array(struct keras_writer *writer, const struct named_input *input,
                        const char *part);

/* The network itself: "model = ...". */
void keras_append_model(struct keras_writer *writer);

#endif
