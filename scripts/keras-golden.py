#!/usr/bin/env python3
"""Make the golden vectors in tests/golden/keras with Keras itself.

    python3 -m venv keras-env
    keras-env/bin/pip install keras==3.15.1 tensorflow-cpu==2.21.0 numpy==2.4.6
    keras-env/bin/python scripts/keras-golden.py [folder [file...]]

The default is every file in tests/golden/keras, which takes a quarter of an hour; a file is one of
optimizers, steps, activations, losses, values, shapes, layers, images, kernels, graphs, outputs,
mixed, edges, schedules, callbacks and metrics.

The output depends on the versions above and the processor's arithmetic alone; every draw comes from
a generator seeded with the case's name, so that a new case leaves the others as they are.
tests/test_keras.c replays every *.txt of the folder, so a file made elsewhere (another version of
Keras, another framework) is tested by putting it there.

Format: words and numbers separated by white space; `#` starts a comment that ends with the line.

    data INPUTS CLASSES ROWS DIVISOR       what the training cases that follow are trained on
      x     ROWS * INPUTS integers 0..255; the network gets them divided by DIVISOR, in float32
      labels ROWS integers, or
      targets ROWS * CLASSES numbers, which are to be predicted

    numbers COUNT                          ... and COUNT numbers of each row, for outputs of numbers

    train NAME
      loss NAME
      argument NAME VALUE                  an argument of the loss that is not at Keras' default
      class_weight NUMBERS                 fit's, one for each class; only if there is one
      optimizer NAME                       ... with Keras' defaults, except
      set PARAMETER VALUE                  ... for these; any number of lines; true is 1
      schedule NAME COUNT                  what the learning rate follows, and the arguments that are
        ARGUMENT VALUE                     given; true is 1; a list is its length and its numbers
      l2 VALUE                             strength of an L2 regularizer on every kernel
      batch ROWS                           step s (from 1) trains on the rows from (s - 1) * batch
                                           on, modulo the number of rows
      image ROWS COLUMNS CHANNELS          the shape of a row of x; without this line it is a vector
      layer UNITS ACTIVATION VALUE         first to last; VALUE is the activation's parameter
                                           (negative_slope, alpha, theta) or 0
      kind NAME ACTIVATION VALUE           the same for a layer of any kind; `none`: no activation
      with ARGUMENT VALUE                  an argument of the kind above that is not at Keras'
                                           default; true is 1; a shape is its rank and its sizes,
                                           and rows and columns are a shape of rank 2
      reads COUNT numbers                  the values that the kind above reads, where not that of
                                           the layer before: 0 the rows, K what layer K gives
      shared K                             it is layer K once more, whose weights it has
      output NAME LOSS COUNT classes       of a kind `output`: its name and loss, and the class that
                                           is its target, for each class; 0 of them: the class itself;
                                           or `numbers` instead: those of the data
      weights COUNT numbers                before the first step; layer by layer what get_weights
                                           gives (a dense layer's kernel, inputs x units, row-major,
                                           and its bias), then prelu's alpha
      step S LOSS COUNT numbers            the loss of that step's batch before the step, penalty
                                           included, and the weights after it
      predict COUNT numbers                after the last step: what the network gives for the rows
                                           of the first batch, not training
      averaged COUNT numbers               with use_ema: the weights after finalize_variable_values,
                                           with which fit ends
    end

    rates NAME RATE                        what a schedule makes of a learning rate
      schedule NAME COUNT                  ... as above
      rate STEP NUMBER                     any number of lines
    end

    callbacks NAME RATE                    what callbacks do at the ends of epochs
      early_stopping COUNT                 ... with the arguments that are given, as of a schedule;
      reduce_lr_on_plateau COUNT           a monitor is loss (0) or accuracy (2), a mode its place
                                           among auto, min, max
      epoch NUMBER RATE STOPPED BEST       an epoch's value, and after it the learning rate, whether
                                           the training is stopped, and the epoch (from 1) whose
                                           weights are kept; 0: none. Any number of lines
    end

    metrics NAME ROWS CLASSES
      y     ROWS * CLASSES numbers
      labels ROWS integers
      value METRIC NUMBER                  any number of lines
    end

    losses NAME ROWS CLASSES
      y     ROWS * CLASSES numbers
      labels ROWS integers
      loss NAME                            any number of times; then for each row the loss, and its
                                           gradient with respect to the row of y
    end

A number may be nan or inf. Training cases end in it where a gradient of 0 is no reason for a weight
to stay, as Keras steps every weight: adagrad, say, without epsilon and with a sum that starts at 0
divides 0 by 0 for a pixel that no image of the batch has.

Losses at their edges: where a loss has a bend, the slope is that of the TensorFlow backend, which
is not JAX's or Torch's. sparse_categorical_crossentropy without softmax is JAX's and Torch's, which
is that of categorical_crossentropy: the TensorFlow backend clips y before it divides by the sum, and
the others after. log_cosh is made from its formula in float64, because Keras' loses all its digits
where y is close to t.

Losses with a joint formula: with the TensorFlow backend Keras' softmax and sigmoid leave
`_keras_logits` on their output, and all three cross-entropies then compute from these logits, even
where activation and loss don't belong together (softmax with binary_crossentropy, sigmoid with
categorical_crossentropy), which is not the documented loss and not what its JAX and Torch backends
do. Here tf.identity strips the mark from such pairs, and only from them.

What float32 can decide: the test compares every weight relatively, and a weight that passes by 0
when it is reported has lost its leading digits, in Keras as anywhere. So weights start away from
0, every case is also trained in float64 and in float32 with the rows of each batch in reverse, and
of some tries with other starting weights the first is kept in which Keras' own results agree to
2.5e-6 in every reported weight, or else the best one; in networks of layers of several kinds to
1e-5, and relative to at least a hundredth of an array's largest weight, as the test has it. Ftrl is ill-conditioned by its formula, which
multiplies w / lr by a difference of two powers (TensorFlow's vectorised pow is off by up to 1.4
units in the last place, depending on the element's place in the array): its networks have one layer
and start with small weights, but for one that starts with a small accumulator instead.

Not in Keras: binary_step, thresholded_relu (in Keras 2 a layer, whose formula is used),
root_mean_squared_error as a loss of a row, mean_absolute_scaled_error. They are written below from
their formulas; what these cases test is the way through Keras' autodiff and optimizer.
"""

import math
import os
import pathlib
import sys
import typing
import zlib

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras import ops  # noqa: E402
from keras.src.trainers import compile_utils  # noqa: E402

INPUTS, CLASSES, ROWS, BATCH = 10, 5, 64, 8
REPORTED = (1, 2, 10, 50)
TRIES, CLOSE = 40, 2.5e-6
FLOOR = 1e-2  # of networks with layers of several kinds: tests/test_keras.c's WEIGHT_FLOOR


def generator(name):
    return np.random.default_rng(zlib.crc32(name.encode()))


# What Keras calls things ------------------------------------------------------------------------

ACTIVATIONS = {
    "binary_step": lambda x, p: ops.cast(x >= 0, x.dtype),
    "thresholded_relu": lambda x, p: x * ops.cast(x > p, x.dtype),
    "leaky_relu": lambda x, p: keras.activations.leaky_relu(x, negative_slope=p),
    "elu": lambda x, p: keras.activations.elu(x, alpha=p),
}


def root_mean_squared_error(t, y):
    return ops.sqrt(ops.mean(ops.square(y - t), axis=-1))


def mean_absolute_scaled_error(t, y):
    k = y.shape[-1]
    return ops.mean(ops.abs(y - t), axis=-1) * (k * k / (2 * (k - 1)))


def sparse_categorical_crossentropy(labels, y):
    one_hot = ops.one_hot(ops.cast(labels, "int32"), y.shape[-1], dtype=y.dtype)
    return keras.losses.categorical_crossentropy(one_hot, y)


LOSSES = {
    "categorical_crossentropy": keras.losses.CategoricalCrossentropy,
    "sparse_categorical_crossentropy": lambda: reduced(sparse_categorical_crossentropy),
    "binary_crossentropy": keras.losses.BinaryCrossentropy,
    "mean_squared_error": keras.losses.MeanSquaredError,
    "root_mean_squared_error": lambda: reduced(root_mean_squared_error),
    "mean_absolute_error": keras.losses.MeanAbsoluteError,
    "mean_absolute_scaled_error": lambda: reduced(mean_absolute_scaled_error),
    "poisson": keras.losses.Poisson,
    "kl_divergence": keras.losses.KLDivergence,
    "hinge": keras.losses.Hinge,
    "squared_hinge": keras.losses.SquaredHinge,
    "categorical_hinge": keras.losses.CategoricalHinge,
    "huber": keras.losses.Huber,
    "log_cosh": keras.losses.LogCosh,
    "mean_absolute_percentage_error": keras.losses.MeanAbsolutePercentageError,
    "mean_squared_logarithmic_error": keras.losses.MeanSquaredLogarithmicError,
    "cosine_similarity": keras.losses.CosineSimilarity,
}
# It divides by the targets of all wrong classes, which are 0, taken for 1e-7: no step can be small enough.
OF_CLASSES = [loss for loss in LOSSES if loss != "mean_absolute_percentage_error"]
OF_NUMBERS = (
    "mean_squared_error", "root_mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error", "cosine_similarity", "huber", "log_cosh", "poisson",
)  # fmt: skip
JOINT = {
    ("softmax", "categorical_crossentropy"),
    ("softmax", "sparse_categorical_crossentropy"),
    ("sigmoid", "binary_crossentropy"),
}
OPTIMIZERS = {
    "sgd": keras.optimizers.SGD,
    "rmsprop": keras.optimizers.RMSprop,
    "adam": keras.optimizers.Adam,
    "nadam": keras.optimizers.Nadam,
    "adamax": keras.optimizers.Adamax,
    "adagrad": keras.optimizers.Adagrad,
    "adadelta": keras.optimizers.Adadelta,
    "ftrl": keras.optimizers.Ftrl,
    "adamw": keras.optimizers.AdamW,
    "lion": keras.optimizers.Lion,
    "lamb": keras.optimizers.Lamb,
    "adafactor": keras.optimizers.Adafactor,
    "muon": keras.optimizers.Muon,
}
OF_WEIGHTS = tuple(OPTIMIZERS)[:10]  # that step each weight by itself


class Reduced(keras.losses.Loss):
    """A loss of a row, reduced as Keras' own are."""

    def __init__(self, function):
        super().__init__(reduction="sum_over_batch_size")
        self.function = function

    def call(self, y_true, y_pred):
        return self.function(y_true, y_pred)


def reduced(function):
    return Reduced(function)


# Writing ----------------------------------------------------------------------------------------


def numbers(values):
    """The values, wrapped so that a line stays readable."""
    words = [f"{float(v):.9g}" for v in np.asarray(values).reshape(-1)]
    return "\n".join(" ".join(words[i : i + 10]) for i in range(0, len(words), 10))


def header(title):
    return [
        f"# {title}",
        "# made by scripts/keras-golden.py, which explains the format; "
        f"keras {keras.__version__}, tensorflow {tf.__version__}, numpy {np.__version__}",
    ]


# Training ---------------------------------------------------------------------------------------


class Data:
    """Learnable rows: a label is the largest of a random linear map's outputs. The first row is
    all zeros, so that units without a bias stand at exactly 0, where many activations bend."""

    def __init__(self, name, shape=(INPUTS,)):
        rng = generator(name)
        self.shape, self.predictions = shape, len(shape) > 1
        # As Keras' fit trains; step by step a grouped convolution is compiled anew for each.
        self.in_a_graph = name in ("image_layers", "kernels")
        self.reported = (1, 50) if self.predictions else REPORTED
        inputs = math.prod(shape)
        self.x = rng.integers(0, 256, (ROWS, inputs))
        self.x[0] = 0
        scores = (self.x - 128) @ rng.normal(size=(inputs, CLASSES))
        self.labels = scores.argmax(axis=1)

    def lines(self):
        return [
            f"data {math.prod(self.shape)} {CLASSES} {ROWS} 255",
            "x",
            *(" ".join(map(str, row)) for row in self.x),
            "labels",
            " ".join(map(str, self.labels)),
        ]

    def batch(self, step):
        rows = ((step - 1) * BATCH + np.arange(BATCH)) % ROWS
        x = self.x[rows].astype(np.float32) / np.float32(255)
        x = x.reshape(-1, *self.shape)
        return tf.constant(x, keras.config.floatx()), self.labels[rows]


class Values(Data):
    """Rows with two numbers to be predicted, all well above 0, so that every loss of numbers can be had."""

    def __init__(self, name):
        super().__init__(name)
        rng = generator(f"targets of {name}")
        scores = (self.x / 128 - 1) @ rng.normal(size=(INPUTS, 2))
        self.values = np.exp(0.4 * scores).astype(np.float32)

    def lines(self):
        return [f"data {INPUTS} 2 {ROWS} 255", *super().lines()[1:-2], "targets", numbers(self.values)]

    def batch(self, step):
        rows = ((step - 1) * BATCH + np.arange(BATCH)) % ROWS
        return super().batch(step)[0], self.values[rows]


class Mixed(Values):
    """Rows with a label, and two numbers."""

    def lines(self):
        return [*Data.lines(self), "numbers 2", numbers(self.values)]

    def batch(self, step):
        x, values = super().batch(step)
        labels = Data.batch(self, step)[1]
        return x, np.concatenate([labels[:, None], values.astype(float)], axis=1)


def away_from_zero(rng, low, high, size):
    return rng.uniform(low, high, size) * rng.choice((-1, 1), size)


class Kind(typing.NamedTuple):
    """A layer: its kind as Keras names layers, the arguments that are not at their defaults, and
    the activation of its values with its parameter."""

    name: str
    arguments: dict
    activation: str = "none"
    parameter: float = 0.0
    reads: tuple = ()  # the values of a graph: 0 the rows, k what the k-th layer gives
    shared: int = 0  # the layer (from 1) that this one is once more

    def lines(self):
        yield f"kind {self.name} {self.activation} {self.parameter:.9g}"
        for name, value in self.arguments.items():
            if isinstance(value, tuple):
                value = np.ravel(value)
            words = [len(value), *value] if isinstance(value, np.ndarray) else [value]
            yield f"with {name} " + " ".join(
                word if isinstance(word, str) else f"{float(word):.9g}" for word in words
            )
        if self.reads:
            yield " ".join(map(str, ("reads", len(self.reads), *self.reads)))
        if self.shared:
            yield f"shared {self.shared}"


class Output(Kind):
    """An output of several: the name that it has, its loss and of each class the class that is its
    target; none: the class itself; or "numbers". One unit is to be 1 for the second of two."""

    def lines(self):
        own = dict(self.arguments)
        name, loss, classes, _ = (own.pop(key) for key in ("name", "loss", "target", "one_unit"))
        yield from Kind(*self._replace(arguments=own)).lines()
        target = [classes] if classes == "numbers" else [len(classes), *classes]
        yield " ".join(map(str, ("output", name, loss, *target)))

    def own_loss(self):
        own = {key: self.arguments[key] for key in ("label_smoothing", "delta") if key in self.arguments}
        return LOSSES[self.arguments["loss"]](**own)

    def targets(self, labels):
        classes = self.arguments["target"]
        if labels.ndim == 2:
            labels, values = labels[:, 0].astype(int), labels[:, 1:]
        if classes == "numbers":
            return tf.constant(values, keras.config.floatx())
        labels = np.array(classes)[labels] if classes else labels
        count = max(classes) + 1 if classes else CLASSES
        if self.arguments["one_unit"]:
            return tf.constant(labels[:, None], keras.config.floatx())
        return tf.constant(np.eye(count, dtype=keras.config.floatx())[labels])


class Dense(Kind):
    """A dense layer with a bias, in the short form."""

    def lines(self):
        yield f"layer {self.arguments['units']} {self.activation} {self.parameter:.9g}"


def dense(units, activation, parameter=0.0):
    return Dense("dense", {"units": units}, activation, parameter)


KINDS = {
    "dense": keras.layers.Dense,
    "dropout": keras.layers.Dropout,
    "flatten": keras.layers.Flatten,
    "reshape": keras.layers.Reshape,
    "batch_normalization": keras.layers.BatchNormalization,
    "layer_normalization": keras.layers.LayerNormalization,
    "gaussian_noise": keras.layers.GaussianNoise,
    "conv2d": keras.layers.Conv2D,
    "depthwise_conv2d": keras.layers.DepthwiseConv2D,
    "max_pooling2d": keras.layers.MaxPooling2D,
    "average_pooling2d": keras.layers.AveragePooling2D,
    "global_max_pooling2d": keras.layers.GlobalMaxPooling2D,
    "global_average_pooling2d": keras.layers.GlobalAveragePooling2D,
    "cropping2d": keras.layers.Cropping2D,
    "zero_padding2d": keras.layers.ZeroPadding2D,
}
# The dimensions of a kernel in which an output's weights are.
NORM_AXES = {"dense": 0, "conv2d": [0, 1, 2], "depthwise_conv2d": [0, 1]}
# What a kind calls the regularizer of its kernel.
REGULARIZERS = {
    "dense": "kernel_regularizer",
    "conv2d": "kernel_regularizer",
    "depthwise_conv2d": "depthwise_regularizer",
}
MERGES = {
    "add": keras.layers.Add,
    "subtract": keras.layers.Subtract,
    "multiply": keras.layers.Multiply,
    "average": keras.layers.Average,
    "maximum": keras.layers.Maximum,
    "minimum": keras.layers.Minimum,
    "concatenate": keras.layers.Concatenate,
}
KINDS |= MERGES
ACTIVATION_LAYERS = {
    "relu": lambda p: keras.layers.ReLU(),
    "softmax": lambda p: keras.layers.Softmax(),
    "leaky_relu": lambda p: keras.layers.LeakyReLU(negative_slope=p),
    "elu": lambda p: keras.layers.ELU(alpha=p),
}


class Network:
    def __init__(self, name, inputs, layers, l2, zero_bias, scale):
        self.rng = generator(name)
        self.l2, self.zero_bias, self.scale = l2, zero_bias, scale
        self.steps, self.parts, shapes = [], [], [inputs]
        self.outputs = [number for number, layer in enumerate(layers, 1) if layer.name == "output"]
        for number, layer in enumerate(layers):
            reads, begin, merges = layer.reads or (number,), len(self.steps), layer.name in MERGES
            self.shape = [shapes[value] for value in reads] if merges else shapes[reads[0]]
            if layer.shared:
                steps, self.shape = self.parts[layer.shared - 1][0], shapes[layer.shared]
            else:
                if layer.name in KINDS:
                    self.add(self.layer(layer))
                if layer.activation != "none":
                    self.add(self.activation(layer))
                steps = self.steps[begin:]
            self.parts.append((steps, reads, merges))
            shapes.append(self.shape)
        layers = [step for step in self.steps if isinstance(step, keras.layers.Layer)]
        self.variables = [v for layer in layers for v in layer.weights]
        self.trainable = [v for layer in layers for v in layer.trainable_variables]

    def add(self, step):
        self.steps.append(step)
        if not isinstance(step, keras.layers.Layer):
            return
        several = isinstance(self.shape, list)
        shape = [(None, *own) for own in self.shape] if several else (None, *self.shape)
        if not step.built:
            step.build(shape)
        step.set_weights([self.start(v.path.split("/")[-1], v.shape) for v in step.weights])
        self.shape = tuple(step.compute_output_shape(shape)[1:])

    def start(self, name, shape):
        """Where a layer's numbers start."""
        rng, scale = self.rng, self.scale
        if name.endswith("kernel"):
            limit = scale * np.sqrt(6 / (math.prod(shape[:-1]) + shape[-1]))
            return away_from_zero(rng, 0.1 * limit, limit, shape)
        if name == "bias":
            return scale * away_from_zero(rng, 0.05, 0.2, shape) * (not self.zero_bias)
        if name == "alpha":
            return rng.uniform(0.05, 0.4, shape)
        if name in ("gamma", "moving_variance"):
            return rng.uniform(0.5, 1.5, shape)
        return away_from_zero(rng, 0.1, 0.4, shape)

    def layer(self, layer):
        arguments = dict(layer.arguments)
        l1, l2 = arguments.pop("l1", 0.0), arguments.pop("l2", self.l2)
        max_norm = arguments.pop("max_norm", None)
        if (l1 or l2) and layer.name in REGULARIZERS:
            arguments[REGULARIZERS[layer.name]] = keras.regularizers.L1L2(l1, l2)
        if max_norm:
            axes = NORM_AXES[layer.name]
            name = REGULARIZERS[layer.name].replace("regularizer", "constraint")
            arguments[name] = keras.constraints.MaxNorm(max_norm, axis=axes)
        return KINDS[layer.name](**arguments)

    def activation(self, layer):
        name, parameter = layer.activation, layer.parameter
        if name == "prelu":
            return keras.layers.PReLU(**layer.arguments if layer.name == "activation" else {})
        if layer.name == "activation" and name in ACTIVATION_LAYERS:
            return ACTIVATION_LAYERS[name](parameter)
        if name in ACTIVATIONS:
            return lambda x: ACTIVATIONS[name](x, parameter)
        return keras.activations.get(name)

    def forward(self, x, training):
        values = [x]
        for steps, reads, merges in self.parts:
            x = [values[value] for value in reads] if merges else values[reads[0]]
            for step in steps:
                layer = isinstance(step, keras.layers.Layer)
                x = step(x, training=training) if layer and step._call_has_training_arg else step(x)
            values.append(x)
        return [values[number] for number in self.outputs] or x

    def penalty(self):
        layers = (step for step in self.steps if isinstance(step, keras.layers.Layer))
        return sum(loss for layer in layers for loss in layer.losses)

    def weights(self):
        return np.concatenate([np.asarray(v).reshape(-1) for v in self.variables])


class Schedule(typing.NamedTuple):
    name: str
    rate: float
    arguments: dict

    def of_keras(self):
        rate = {} if self.name == "piecewise_constant_decay" else {"initial_learning_rate": self.rate}
        return SCHEDULES[self.name](**rate, **self.arguments)

    def line(self):
        def words(value):
            return [len(value), *(f"{v:.9g}" for v in value)] if isinstance(value, list) else [f"{float(value):.9g}"]

        pairs = (word for key, value in self.arguments.items() for word in (key, *words(value)))
        return " ".join(map(str, ("schedule", self.name, len(self.arguments), *pairs)))

    def __float__(self):
        return self.rate


SCHEDULES = {
    "exponential_decay": keras.optimizers.schedules.ExponentialDecay,
    "piecewise_constant_decay": keras.optimizers.schedules.PiecewiseConstantDecay,
    "polynomial_decay": keras.optimizers.schedules.PolynomialDecay,
    "inverse_time_decay": keras.optimizers.schedules.InverseTimeDecay,
    "cosine_decay": keras.optimizers.schedules.CosineDecay,
    "cosine_decay_restarts": keras.optimizers.schedules.CosineDecayRestarts,
}


def targets(loss, labels):
    if labels.ndim == 2:
        return tf.constant(labels, keras.config.floatx())
    if loss == "sparse_categorical_crossentropy":
        return tf.constant(labels)
    return tf.constant(np.eye(CLASSES, dtype=keras.config.floatx())[labels])


def compute_in(floatx):
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(floatx)


class Training:
    def __init__(
        self, floatx, name, inputs, layers, loss, optimizer, settings, l2, zero_bias,
        arguments={}, class_weight=None,
    ):  # fmt: skip
        self.floatx = floatx
        compute_in(floatx)
        self.loss_name, self.loss = loss, LOSSES[loss](**arguments)
        self.outputs = [layer for layer in layers if isinstance(layer, Output)]
        if self.outputs:
            self.loss = compile_utils.CompileLoss(
                [output.own_loss() for output in self.outputs],
                [output.arguments["loss_weight"] for output in self.outputs],
            )
        self.class_weight = class_weight
        self.joint = (layers[-1].activation, loss) in JOINT
        if self.joint and loss == "sparse_categorical_crossentropy":
            self.loss = keras.losses.SparseCategoricalCrossentropy()
        settings = {k: v.of_keras() if isinstance(v, Schedule) else v for k, v in settings.items()}
        self.optimizer = OPTIMIZERS[optimizer](**settings)
        scale = 0.001 if optimizer == "ftrl" and len(layers) == 1 else 1.0
        self.network = Network(name, inputs, layers, l2, zero_bias, scale)
        self.optimizer.build(self.network.trainable)
        self.graph = tf.function(self.train)

    def weights(self):
        return self.network.weights()

    def copy_start(self, other):
        for mine, theirs in zip(self.network.variables, other.network.variables):
            mine.assign(np.asarray(theirs))

    def step(self, data, number, order=1):
        compute_in(self.floatx)
        x, labels = data.batch(number)
        x, labels = x[::order], labels[::order]
        weight = self.class_weight and tf.constant(
            [self.class_weight[label] for label in labels], self.floatx
        )
        step = self.graph if data.in_a_graph else self.train
        if self.outputs:
            return float(step(x, [output.targets(labels) for output in self.outputs], weight))
        return float(step(x, targets(self.loss_name, labels), weight))

    def train(self, x, target, weight):
        with tf.GradientTape() as tape:
            y = self.network.forward(x, True)
            if self.outputs:
                pass  # each as it comes from its layer
            elif self.joint:
                assert hasattr(y, "_keras_logits")
            else:
                y = tf.identity(y)
                assert not hasattr(y, "_keras_logits")
            value = self.loss(target, y, weight) + self.network.penalty()
        assert value.dtype == self.floatx
        variables = self.network.trainable
        gradients = tape.gradient(value, [v.value for v in variables], unconnected_gradients="zero")
        self.optimizer.apply(gradients, variables)
        return value

    def finalize(self):
        compute_in(self.floatx)
        self.optimizer.finalize_variable_values(self.network.trainable)

    def predict(self, data):
        compute_in(self.floatx)
        y = self.network.forward(data.batch(1)[0], False)
        return np.asarray(y[0] if self.outputs else y)


def apart(mine, exact, floor):
    """The largest relative difference; weights that are 0 have to be so in both. A weight counts as
    at least `floor` times the largest of its array."""
    worst = 0.0
    for one, other in zip(mine.network.variables, exact.network.variables):
        one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
        sizes = np.maximum(np.abs(other), max(floor * np.abs(other).max(), 1e-30))
        worst = max(worst, float((np.abs(one - other) / sizes).max()))
    return worst


def report(data, allowed, *arguments):
    """The lines of all reported steps, and how far float32 is from float64, either way round; no
    lines if that is not below `allowed`."""
    training, exact = Training("float32", *arguments), Training("float64", *arguments)
    reverse = Training("float32", *arguments)
    exact.copy_start(training)
    start, worst = training.weights(), 0.0
    lines = [f"weights {start.size}", numbers(start)]
    for step in range(1, max(data.reported) + 1):
        exact.step(data, step)
        reverse.step(data, step, -1)
        value = training.step(data, step)
        assert np.isfinite(value)
        if step in data.reported:
            weights = training.weights()
            waits = step < (training.optimizer.gradient_accumulation_steps or 0)
            assert waits or (weights != start).any()
            lines += [f"step {step} {value:.9g} {weights.size}", numbers(weights)]
            floor = FLOOR if data.predictions else 0
            worst = max(worst, apart(training, exact, floor), apart(reverse, exact, floor))
            if worst >= allowed:
                return None, worst
    if data.predictions:
        y = training.predict(data)
        lines += [f"predict {y.size}", numbers(y)]
    if training.optimizer.use_ema:
        for one in (training, exact, reverse):
            one.finalize()
        worst = max(worst, apart(training, exact, 0), apart(reverse, exact, 0))
        weights = training.weights()
        lines += [f"averaged {weights.size}", numbers(weights)]
    return lines, worst


def train(
    data, name, layers, loss, optimizer="sgd", settings=None, l2=0.0, zero_bias=False,
    tries=TRIES, close=CLOSE, arguments=None, class_weight=None,
):  # fmt: skip
    settings, of_loss = settings or {}, arguments or {}
    layers = [layer if isinstance(layer, Kind) else dense(*layer) for layer in layers]
    best, best_worst = None, np.inf
    for attempt in range(tries):
        arguments = (f"{name} {attempt}", data.shape, layers, loss, optimizer, settings, l2, zero_bias)
        lines, worst = report(data, best_worst, *arguments, of_loss, class_weight)
        if lines:
            best, best_worst = lines, worst
        if best_worst <= close:
            break
    print(f"{name}: {attempt + 1} tries, {best_worst:.1e}", file=sys.stderr)
    return [
        f"\ntrain {name}",
        f"loss {loss}",
        *(f"argument {key} {value:.9g}" for key, value in of_loss.items()),
        *([f"class_weight {' '.join(f'{w:.9g}' for w in class_weight)}"] if class_weight else []),
        f"optimizer {optimizer}",
        *(f"set {key} {float(value or 0):.9g}" for key, value in settings.items()),
        *(value.line() for value in settings.values() if isinstance(value, Schedule)),
        f"l2 {l2:.9g}",
        f"batch {BATCH}",
        *([f"image {' '.join(map(str, data.shape))}"] if len(data.shape) > 1 else []),
        *(line for layer in layers for line in layer.lines()),
        *best,
        "end",
    ]


def shape(hidden="tanh", output="softmax", units=7, parameter=0.0):
    return [(units, hidden, parameter), (CLASSES, output)]


def optimizer_cases():
    fast = {
        "sgd": 0.1, "rmsprop": 0.005, "adam": 0.01, "nadam": 0.01, "adamax": 0.01,
        "adagrad": 0.05, "adadelta": 1.0, "ftrl": 0.1, "adamw": 0.01, "lion": 0.005,
    }  # fmt: skip
    for name, rate in fast.items():
        yield name, name, {}
        yield f"{name}_fast", name, {"learning_rate": rate}
    yield "sgd_momentum", "sgd", {"learning_rate": 0.05, "momentum": 0.9}
    yield "sgd_nesterov", "sgd", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True}
    yield "sgd_decay", "sgd", {"learning_rate": 0.1, "weight_decay": 0.01}
    yield "rmsprop_rho", "rmsprop", {"learning_rate": 0.005, "rho": 0.7, "epsilon": 0.001}
    yield "rmsprop_momentum", "rmsprop", {"learning_rate": 0.002, "momentum": 0.8}
    yield "rmsprop_centered", "rmsprop", {"learning_rate": 0.002, "centered": True}
    yield "rmsprop_both", "rmsprop", {"learning_rate": 0.001, "momentum": 0.5, "centered": True}
    yield "adam_betas", "adam", {
        "learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 0.001,
    }  # fmt: skip
    yield "adam_amsgrad", "adam", {"learning_rate": 0.01, "beta_2": 0.9, "amsgrad": True}
    yield "nadam_betas", "nadam", {"learning_rate": 0.01, "beta_1": 0.7, "beta_2": 0.99}
    yield "adamax_betas", "adamax", {"learning_rate": 0.01, "beta_1": 0.7, "beta_2": 0.9}
    yield "adagrad_start", "adagrad", {"learning_rate": 0.05, "initial_accumulator_value": 0.5}
    yield "adadelta_rho", "adadelta", {"learning_rate": 1.0, "rho": 0.8, "epsilon": 1e-5}
    yield "ftrl_power", "ftrl", {"learning_rate": 0.1, "learning_rate_power": -0.7}
    yield "ftrl_start", "ftrl", {"learning_rate": 0.1, "initial_accumulator_value": 0.3}
    yield "ftrl_l1", "ftrl", {"learning_rate": 0.2, "l1_regularization_strength": 0.003}
    yield "ftrl_l2", "ftrl", {"learning_rate": 0.2, "l2_regularization_strength": 0.05}
    yield "ftrl_shrinkage", "ftrl", {
        "learning_rate": 0.1, "l2_shrinkage_regularization_strength": 0.01,
    }  # fmt: skip
    yield "ftrl_beta", "ftrl", {"learning_rate": 0.1, "beta": 0.05}
    yield "ftrl_all", "ftrl", {
        "learning_rate": 0.2, "l1_regularization_strength": 0.002,
        "l2_regularization_strength": 0.01, "l2_shrinkage_regularization_strength": 0.02,
        "beta": 0.1,
    }  # fmt: skip
    yield "adamw_decay", "adamw", {"learning_rate": 0.01, "weight_decay": 0.1}
    yield "adamw_amsgrad", "adamw", {"learning_rate": 0.01, "amsgrad": True}
    yield "lion_betas", "lion", {"learning_rate": 0.003, "beta_1": 0.7, "beta_2": 0.95}


def optimizers(data):
    for name, optimizer, settings in optimizer_cases():
        layers = [(CLASSES, "softmax")] if optimizer == "ftrl" else shape()
        loss = "categorical_crossentropy"
        yield train(data, f"optimizer_{name}", layers, loss, optimizer, settings)
    settings = {"learning_rate": 0.05, "initial_accumulator_value": 0.001}
    yield train(data, "optimizer_ftrl_hidden", shape(), loss, "ftrl", settings)


def step_cases():
    """Optimizers that look at whole arrays, and what Keras does to the gradients before a step and
    with the weights after it."""
    fast = {"lamb": 0.01, "adafactor": 0.01, "muon": 0.003}
    for name, rate in fast.items():
        yield name, name, {}
        yield f"{name}_fast", name, {"learning_rate": rate}
    yield "lamb_betas", "lamb", {
        "learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 0.001,
        "weight_decay": 0.01,
    }  # fmt: skip
    yield "adafactor_arguments", "adafactor", {
        "learning_rate": 0.01, "beta_2_decay": -0.6, "epsilon_1": 1e-6, "epsilon_2": 0.01,
        "clip_threshold": 0.5, "weight_decay": 0.01,
    }  # fmt: skip
    yield "muon_arguments", "muon", {
        "learning_rate": 0.002, "adam_beta_1": 0.8, "adam_beta_2": 0.95, "adam_weight_decay": 0.02,
        "epsilon": 1e-4, "weight_decay": 0.01, "muon_a": 3.0, "muon_b": -4.0, "muon_c": 1.8,
        "adam_lr_ratio": 0.5, "momentum": 0.8, "ns_steps": 3, "nesterov": False, "rms_rate": 0.4,
    }  # fmt: skip
    yield "muon_rms_rate", "muon", {"learning_rate": 0.003, "rms_rate": None, "ns_steps": 2}
    yield "clipvalue", "sgd", {"learning_rate": 0.5, "clipvalue": 0.01}
    yield "clipnorm", "adam", {"learning_rate": 0.01, "clipnorm": 0.05}
    yield "clipnorm_large", "sgd", {"learning_rate": 0.1, "clipnorm": 1000.0}
    yield "global_clipnorm", "sgd", {"learning_rate": 0.5, "momentum": 0.5, "global_clipnorm": 0.1}
    yield "global_clipnorm_large", "rmsprop", {"learning_rate": 0.005, "global_clipnorm": 1000.0}
    yield "clipnorm_muon", "muon", {"clipnorm": 0.05}
    yield "ema", "adam", {"learning_rate": 0.01, "use_ema": True}
    yield "ema_overwrite", "sgd", {
        "learning_rate": 0.5, "use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 3,
    }  # fmt: skip
    yield "accumulation", "adam", {"learning_rate": 0.01, "gradient_accumulation_steps": 3}
    yield "accumulation_nadam", "nadam", {"learning_rate": 0.01, "gradient_accumulation_steps": 2}
    yield "accumulation_all", "adamw", {
        "learning_rate": 0.01, "weight_decay": 0.1, "global_clipnorm": 0.1, "use_ema": True,
        "ema_momentum": 0.9, "ema_overwrite_frequency": 4, "gradient_accumulation_steps": 4,
    }  # fmt: skip
    yield "accumulation_adafactor", "adafactor", {
        "learning_rate": 0.01, "gradient_accumulation_steps": 2,
    }  # fmt: skip


def steps(data):
    loss = "categorical_crossentropy"
    deep = [(17, "tanh"), (8, "tanh"), (CLASSES, "softmax")]
    rate = {"learning_rate": 0.1}
    for name, optimizer, settings in step_cases():
        matrices = optimizer in ("adafactor", "muon")
        l2 = 0.01 if "large" in name or "all" in name else 0.0
        few = {"tries": 10, "close": 7e-6}
        yield train(data, name, deep if matrices else shape(), loss, optimizer, settings, l2, **few)
    smoothed, sharp = {"label_smoothing": 0.1}, {"delta": 0.4}
    weight = [1.0, 3.0, 0.5, 0.0, 2.0]
    for output in ("softmax", "sigmoid", "softplus"):
        for loss in ("categorical_crossentropy", "binary_crossentropy"):
            if output != "softplus" or loss.startswith("categorical"):
                name = f"smoothed_{output}_{loss}"
                yield train(data, name, shape(output=output), loss, settings=rate, arguments=smoothed)
    yield train(data, "huber_delta", shape(output="linear"), "huber", settings=rate, arguments=sharp)
    for loss, output in (
        ("categorical_crossentropy", "softmax"), ("sparse_categorical_crossentropy", "softmax"),
        ("binary_crossentropy", "sigmoid"), ("mean_squared_error", "softmax"),
        ("categorical_hinge", "linear"),
    ):  # fmt: skip
        name = f"class_weight_{loss}"
        yield train(
            data, name, shape(output=output), loss, settings=rate, l2=0.01, class_weight=weight
        )
    yield train(
        data, "class_weight_smoothed", shape(), "categorical_crossentropy", settings=rate,
        arguments=smoothed, class_weight=weight,
    )  # fmt: skip


def activations(data):
    parameters = {
        "linear": (0,), "binary_step": (0,), "sigmoid": (0,), "tanh": (0,), "relu": (0,),
        "softmax": (0,), "leaky_relu": (0.2, 0.05), "prelu": (0,), "elu": (1.0, 0.6),
        "thresholded_relu": (1.0, 0.3), "selu": (0,), "gelu": (0,), "silu": (0,), "mish": (0,),
        "relu6": (0,), "softplus": (0,), "softsign": (0,), "hard_sigmoid": (0,),
        "exponential": (0,),
    }  # fmt: skip
    rate = {"learning_rate": 0.1}
    for activation, values in parameters.items():
        for number, value in enumerate(values):
            yield train(
                data, f"hidden_{activation}" + ("_other" if number else ""),
                shape(activation, parameter=value), "categorical_crossentropy", settings=rate,
                zero_bias=True,
            )  # fmt: skip
    for activation in parameters:
        if activation != "binary_step":
            value = parameters[activation][-1]
            layers = [(7, "tanh"), (CLASSES, activation, value)]
            yield train(data, f"output_{activation}", layers, "mean_squared_error", settings=rate)


def losses(data):
    for loss in OF_CLASSES:
        rate = {"learning_rate": 0.1}
        yield train(data, f"softmax_{loss}", shape(), loss, settings=rate)
    rate = {"learning_rate": 0.1}
    for loss in OF_CLASSES:
        yield train(data, f"sigmoid_{loss}", shape(output="sigmoid"), loss, settings=rate)
    for loss in ("hinge", "squared_hinge", "categorical_hinge", "huber", "log_cosh", "cosine_similarity"):
        yield train(data, f"linear_{loss}", shape(output="linear"), loss, settings=rate)
    for loss in ("categorical_crossentropy", "sparse_categorical_crossentropy", "poisson"):
        yield train(data, f"softplus_{loss}", shape(output="softplus"), loss, settings=rate)


def values(_):
    """Whole trainings of numbers: what `fit` does of a table."""
    data = Values("values")
    yield data.lines()
    for loss in OF_NUMBERS:
        output = "softplus" if loss in ("poisson", "mean_squared_logarithmic_error") else "linear"
        layers = [(7, "tanh"), (2, output)]
        rate = {"learning_rate": 0.0005 if loss.endswith("percentage_error") else 0.05}
        yield train(data, f"values_{loss}", layers, loss, settings=rate)
    layers = [(8, "relu"), (7, "tanh"), (2, "linear")]
    yield train(data, "values_huber_delta", layers, "huber", settings={"learning_rate": 0.05}, arguments={"delta": 0.4})


def shapes(data):
    rate = {"learning_rate": 0.5}
    loss = "categorical_crossentropy"
    yield train(data, "sigmoid_softmax", shape("sigmoid"), loss, settings=rate)
    yield train(data, "no_hidden_layer", [(CLASSES, "softmax")], loss, settings=rate)
    deep = [(8, "relu"), (7, "tanh"), (6, "prelu"), (5, "gelu"), (CLASSES, "softmax")]
    yield train(data, "deep_sgd", deep, loss, settings={"learning_rate": 0.1})
    yield train(data, "deep_adam", deep, loss, "adam", {"learning_rate": 0.01})
    yield train(data, "l2_sgd", shape("sigmoid"), loss, settings=rate, l2=0.01)
    yield train(data, "l2_deep_adam", deep, loss, "adam", {"learning_rate": 0.01}, l2=0.003)
    yield train(
        data, "l2_sigmoid_binary", shape("relu", "sigmoid"), "binary_crossentropy",
        settings=rate, l2=0.02,
    )  # fmt: skip


# Schedules --------------------------------------------------------------------------------------


def schedule_cases():
    """Lengths that 50 steps go beyond, and that divide nothing."""
    yield "exponential", Schedule("exponential_decay", 0.2, {"decay_steps": 7, "decay_rate": 0.8})
    yield "exponential_staircase", Schedule(
        "exponential_decay", 0.2, {"decay_steps": 7, "decay_rate": 0.8, "staircase": True}
    )
    yield "piecewise", Schedule(
        "piecewise_constant_decay", 0.3, {"boundaries": [3, 20], "values": [0.3, 0.1, 0.02]}
    )
    yield "polynomial", Schedule("polynomial_decay", 0.2, {"decay_steps": 37})
    yield "polynomial_cycle", Schedule(
        "polynomial_decay", 0.2,
        {"decay_steps": 11, "end_learning_rate": 0.03, "power": 1.7, "cycle": True},
    )  # fmt: skip
    yield "inverse_time", Schedule("inverse_time_decay", 0.2, {"decay_steps": 5, "decay_rate": 0.6})
    yield "inverse_time_staircase", Schedule(
        "inverse_time_decay", 0.2, {"decay_steps": 5, "decay_rate": 0.6, "staircase": True}
    )
    yield "cosine", Schedule("cosine_decay", 0.2, {"decay_steps": 41})
    yield "cosine_alpha", Schedule("cosine_decay", 0.2, {"decay_steps": 60, "alpha": 0.15})
    yield "cosine_warmup", Schedule(
        "cosine_decay", 0.01,
        {"decay_steps": 33, "alpha": 0.1, "warmup_target": 0.2, "warmup_steps": 9},
    )  # fmt: skip
    yield "restarts", Schedule("cosine_decay_restarts", 0.2, {"first_decay_steps": 7})
    yield "restarts_alike", Schedule(
        "cosine_decay_restarts", 0.2, {"first_decay_steps": 13, "t_mul": 1.0, "m_mul": 0.7}
    )
    yield "restarts_other", Schedule(
        "cosine_decay_restarts", 0.2,
        {"first_decay_steps": 6, "t_mul": 1.5, "m_mul": 0.8, "alpha": 0.05},
    )  # fmt: skip


def schedules(data):
    for name, schedule in schedule_cases():
        lines = [f"\nrates {name} {schedule.rate:.9g}", schedule.line()]
        rate = schedule.of_keras()
        for step in (*range(64), 100, 1000, 54321):
            lines.append(f"rate {step} {float(rate(tf.constant(step, tf.int64))):.9g}")
        yield lines + ["end"]
        for optimizer in ("sgd", "adam") if name == "cosine_warmup" else ("sgd",):
            scaled = Schedule(schedule.name, schedule.rate, dict(schedule.arguments))
            if optimizer == "adam":
                scaled = scaled_by(0.1, schedule)
            yield train(
                data, f"{name}_{optimizer}", shape(), "categorical_crossentropy", optimizer,
                {"learning_rate": scaled}, tries=2,
            )  # fmt: skip


class Watched:
    """A model for callbacks to act on, whose weights are the number of its epoch."""

    class Optimizer:
        def __init__(self, rate):
            self._rate = np.float32(rate)

        learning_rate = property(
            lambda self: self._rate, lambda self, rate: setattr(self, "_rate", np.float32(rate))
        )

    def __init__(self, rate):
        self.optimizer, self.metrics = self.Optimizer(rate), []
        self.stop_training, self.epoch = False, 0

    def get_weights(self):
        return self.epoch


MONITORS, MODES = {"loss": 0, "accuracy": 2}, ("auto", "min", "max")


def arguments_line(name, arguments):
    places = {"monitor": MONITORS.get, "mode": MODES.index}
    pairs = (
        word for key, value in arguments.items()
        for word in (key, f"{float(places.get(key, float)(value)):.9g}")
    )  # fmt: skip
    return " ".join(map(str, (name, len(arguments), *pairs)))


def callback_arguments(rng):
    """Some of the arguments of each, at random."""
    monitor = rng.choice(list(MONITORS))
    base = {"monitor": str(monitor), "mode": "max" if monitor == "accuracy" else "auto"}
    if rng.random() < 0.15:
        base["mode"] = str(rng.choice(["min", "max"]))

    def some(**choices):
        return {k: v for k, v in choices.items() if rng.random() < 0.6}

    stopping = base | some(
        patience=int(rng.integers(0, 6)), min_delta=float(rng.choice([0.05, 0.01, 0.2])),
        baseline=float(rng.choice([0.4, 0.6, 0.8])), start_from_epoch=int(rng.integers(0, 5)),
    ) | {"restore_best_weights": True}  # fmt: skip
    reducing = base | some(
        patience=int(rng.integers(0, 4)), factor=float(rng.choice([0.5, 0.3, 0.0])),
        min_delta=float(rng.choice([0.05, 0.0])), cooldown=int(rng.integers(0, 4)),
        min_lr=float(rng.choice([0.01, 0.03])),
    )  # fmt: skip
    reducing.setdefault("patience", 2)
    return stopping, reducing


def callbacks(_):
    for number in range(80):
        rng = generator(f"callbacks {number}")
        stopping, reducing = callback_arguments(rng)
        model = Watched(0.1)
        called = [
            keras.callbacks.EarlyStopping(**stopping), keras.callbacks.ReduceLROnPlateau(**reducing),
        ]  # fmt: skip
        lines = [
            f"\ncallbacks {number} 0.1",
            arguments_line("early_stopping", stopping),
            arguments_line("reduce_lr_on_plateau", reducing),
        ]
        for callback in called:
            callback.set_model(model)
            callback.on_train_begin()
        # Falls or rises, then goes back and forth on a coarse scale, so that values are equal.
        for epoch in range(24):
            value = 1 / (1 + 0.4 * epoch) + rng.normal() * 0.05
            value = round(1 - value if stopping["monitor"] == "accuracy" else value, 2)
            model.epoch = epoch + 1
            for callback in called:
                callback.on_epoch_end(epoch, {stopping["monitor"]: value})
            best = called[0].best_weights or 0
            rate, stopped = float(model.optimizer.learning_rate), int(model.stop_training)
            lines.append(f"epoch {value:.9g} {rate:.9g} {stopped} {best}")
            if stopped:
                break
        yield lines + ["end"]


def scaled_by(factor, schedule):
    """The same with rates that suit another optimizer."""
    arguments = dict(schedule.arguments)
    for key in ("end_learning_rate", "warmup_target", "values"):
        if key in arguments:
            value = arguments[key]
            arguments[key] = [factor * v for v in value] if isinstance(value, list) else factor * value
    return Schedule(schedule.name, factor * schedule.rate, arguments)


# Layers -----------------------------------------------------------------------------------------


def of(name, activation="none", parameter=0.0, **arguments):
    return Kind(name, arguments, activation, parameter)


def activation_layer(name, parameter=0.0, **arguments):
    return Kind("activation", arguments, name, parameter)


def layer_cases():
    """Networks for images of 3 x 2 places and 2 channels. What a normalization takes away again, as
    a bias before a BatchNormalization, has a gradient of rounding errors only, and is not there."""
    flatten, output = of("flatten"), (CLASSES, "softmax")
    plain = of("dense", units=7, use_bias=False)
    yield "no_bias", (flatten, of("dense", "tanh", units=7, use_bias=False), output)
    yield "no_bias_at_the_output", (
        flatten, (7, "relu"), of("dense", "softmax", units=CLASSES, use_bias=False),
    )  # fmt: skip
    yield "activations", (
        flatten, of("dense", units=9), activation_layer("relu"),
        of("dense", units=7), activation_layer("leaky_relu", 0.3),
        of("dense", units=6), activation_layer("elu", 1.3),
        of("dense", units=5), activation_layer("softmax"),
    )  # fmt: skip
    yield "activations_without_keras_layer", (
        flatten, of("dense", units=7), activation_layer("thresholded_relu", 0.1),
        of("dense", units=6), activation_layer("mish"), activation_layer("tanh"), output,
    )  # fmt: skip
    yield "prelu_of_images", (
        of("layer_normalization"), activation_layer("prelu"), flatten, (7, "prelu"), output,
    )  # fmt: skip
    yield "softmax_of_images", (activation_layer("softmax"), flatten, (7, "tanh"), output)
    yield "reshape", (
        of("reshape", target_shape=(4, 3)), of("layer_normalization"), activation_layer("tanh"),
        of("reshape", target_shape=(2, 1, 6)), of("batch_normalization"), flatten, (7, "tanh"),
        output,
    )  # fmt: skip
    yield "batch_normalization", (flatten, plain, of("batch_normalization"), (6, "tanh"), output)
    yield "batch_normalization_first", (of("batch_normalization"), flatten, (7, "tanh"), output)
    yield "batch_normalization_twice", (
        flatten, plain, of("batch_normalization"), activation_layer("relu"),
        of("dense", units=6, use_bias=False), of("batch_normalization"), activation_layer("tanh"),
        output,
    )  # fmt: skip
    yield "batch_normalization_arguments", (
        flatten, plain, of("batch_normalization", momentum=0.8, epsilon=0.05),
        activation_layer("tanh"), of("dense", units=6), output,
    )  # fmt: skip
    yield "batch_normalization_center", (
        flatten, plain, of("batch_normalization", center=False), (6, "tanh"), output,
    )  # fmt: skip
    yield "batch_normalization_scale", (
        flatten, plain, of("batch_normalization", scale=False), (6, "tanh"), output,
    )  # fmt: skip
    yield "batch_normalization_neither", (
        flatten, plain, of("batch_normalization", scale=False, center=False, momentum=0.0),
        (6, "tanh"), output,
    )  # fmt: skip
    yield "batch_normalization_last", (flatten, plain, of("batch_normalization"), output)
    yield "layer_normalization", (flatten, (7, "tanh"), of("layer_normalization"), output)
    yield "layer_normalization_of_images", (of("layer_normalization"), flatten, (7, "tanh"), output)
    yield "layer_normalization_arguments", (
        flatten, (7, "tanh"), of("layer_normalization", epsilon=0.1, center=False), (6, "tanh"),
        of("layer_normalization", scale=False), (6, "tanh"),
        of("layer_normalization", scale=False, center=False), output,
    )  # fmt: skip
    yield "regularized_nothing", (
        of("gaussian_noise", stddev=0.0), flatten, (7, "tanh"), of("dropout", rate=0.0),
        of("layer_normalization"), of("dropout", rate=0.0), output,
    )  # fmt: skip
    yield "prelu_shared", (
        of("layer_normalization"), activation_layer("prelu", shared_axes=(1, 2)),
        activation_layer("prelu", shared_axes=(3,)), activation_layer("prelu", shared_axes=(2,)),
        flatten, (7, "tanh"), activation_layer("prelu", shared_axes=(1,)), output,
    )  # fmt: skip


def reading(layer, *values, shared=0):
    return layer._replace(reads=values, shared=shared)


def graph_cases():
    """Networks in which layers have several readers or inputs, or are used more than once."""
    flatten, output = of("flatten"), of("dense", "softmax", units=CLASSES)
    seven, relu = of("dense", "tanh", units=7), of("dense", "relu", units=7)
    plain = of("dense", units=7, use_bias=False)
    yield "branches", (
        flatten, seven, reading(relu, 1), reading(of("dense", "tanh", units=5), 1),
        reading(of("concatenate"), 2, 3, 4), (6, "tanh"), output,
    )  # fmt: skip
    yield "all_merges", (
        flatten, seven, reading(seven, 1), reading(seven, 1), reading(of("multiply"), 2, 3, 4),
        reading(of("average"), 2, 3, 5), reading(of("subtract"), 6, 4),
        reading(of("maximum"), 7, 2, 3), reading(of("minimum"), 7, 3, 4),
        reading(of("concatenate"), 8, 9, 1), output,
    )  # fmt: skip
    yield "shared", (
        flatten, seven, seven, reading(seven, 3, shared=3), reading(seven, 4, shared=3),
        reading(of("concatenate"), 3, 4, 5), output,
    )  # fmt: skip
    yield "twins", (
        flatten, reading(of("concatenate"), 1, 1), reading(of("dense", "prelu", units=7), 1),
        reading(of("dense", units=12, use_bias=False), 3), reading(of("add"), 4, 1),
        reading(of("dense", "prelu", units=7), 5, shared=3), reading(of("subtract"), 3, 6),
        reading(of("multiply"), 7, 7), reading(of("concatenate"), 8, 2), output,
    )  # fmt: skip
    yield "shared_normalization", (
        flatten, plain, of("batch_normalization"), activation_layer("tanh"), reading(plain, 4),
        reading(of("batch_normalization"), 5, shared=3), reading(of("add"), 4, 6),
        reading(of("layer_normalization"), 7), reading(of("concatenate"), 7, 8), output,
    )  # fmt: skip


def graphs(_):
    data = Data("images", (3, 2, 2))
    yield data.lines()
    for name, network in graph_cases():
        l2 = 0.01 if name == "shared" else 0.0
        for optimizer, rate in (("sgd", 0.1), ("adam", 0.01)):
            if optimizer == "adam" and not name.startswith("shared"):
                continue
            settings = {"learning_rate": rate}
            yield train(
                data, f"graph_{name}_{optimizer}", network, "categorical_crossentropy", optimizer,
                settings, l2, tries=10, close=1e-5,
            )


def softmax(units, *values):
    return reading(of("dense", "softmax", units=units), *values)


def output(name, value, loss, weight=1.0, target=(), one_unit=False, **arguments):
    own = {"name": name, "loss": loss, "target": target, "one_unit": one_unit, "loss_weight": weight}
    return Output("output", {**own, **arguments}, reads=(value,))


def output_cases():
    """Networks with several outputs on one trunk, whose losses and weights differ."""
    flatten, trunk = of("flatten"), of("dense", "tanh", units=7)
    cross, squares, odd = "categorical_crossentropy", "mean_squared_error", (0, 1, 0, 1, 0)
    yield "weights", (
        flatten, trunk, softmax(CLASSES, 2), output("digit", 3, cross),
        softmax(2, 2), output("odd", 5, cross, 0.3, odd),
    )  # fmt: skip
    yield "losses", (
        flatten, trunk, reading(of("dense", "sigmoid", units=2), 2),
        output("odd", 3, "binary_crossentropy", 0.7, odd), softmax(CLASSES, 2),
        output("digit", 5, squares, 2.5), reading(of("dense", units=3), 1),
        output("third", 7, "huber", 0.5, (0, 0, 1, 2, 2)),
    )  # fmt: skip
    yield "smoothing", (
        flatten, trunk, softmax(CLASSES, 2), output("digit", 3, cross, 0.8, label_smoothing=0.2),
        softmax(2, 1), output("odd", 5, cross, 1.5, odd),
    )  # fmt: skip
    yield "read", (
        flatten, trunk, reading(of("dense", "sigmoid", units=CLASSES), 2),
        output("digit", 3, squares, 0.5), reading(of("concatenate"), 2, 3),
        softmax(2, 5), output("odd", 6, cross, 1.0, odd),
    )  # fmt: skip
    yield "twice", (
        flatten, trunk, reading(of("dense", "sigmoid", units=CLASSES), 2),
        output("square", 3, squares, 0.5), output("hinge", 3, "squared_hinge", 0.25),
        output("first", 3, "binary_crossentropy", 0.1),
    )  # fmt: skip
    yield "normalized", (
        flatten, of("dense", units=7, use_bias=False), of("batch_normalization"),
        activation_layer("tanh"), softmax(CLASSES, 4), output("digit", 5, cross, 1.0),
        softmax(2, 3), output("odd", 7, cross, 0.4, odd),
    )  # fmt: skip
    yield "binary", (
        flatten, trunk, reading(of("dense", "sigmoid", units=1), 2),
        output("odd", 3, "binary_crossentropy", 1.0, odd, True),
    )  # fmt: skip
    yield "one_unit", (
        flatten, trunk, reading(of("dense", "sigmoid", units=1), 2),
        output("odd", 3, "binary_crossentropy", 0.7, odd, True, label_smoothing=0.2),
        output("square", 3, squares, 0.5, odd, True), reading(of("dense", "tanh", units=1), 2),
        output("last", 6, "hinge", 0.6, (0, 0, 1, 1, 1), True), softmax(CLASSES, 1),
        output("digit", 8, cross, 0.3),
    )  # fmt: skip


def mixed(_):
    """Networks with outputs of classes and of numbers."""
    data, trunk = Mixed("mixed"), of("dense", "tanh", units=7)
    yield data.lines()
    cross, odd = "categorical_crossentropy", (0, 1, 0, 1, 0)
    level = reading(of("dense", units=2), 1)
    rate = {"learning_rate": 0.05}
    network = (
        trunk, softmax(CLASSES, 1), output("digit", 2, cross),
        level, output("level", 4, "mean_squared_error", 0.3, "numbers"),
    )  # fmt: skip
    yield train(data, "mixed_sgd", network, cross, "sgd", rate)
    yield train(data, "mixed_adam", network, cross, "adam", {"learning_rate": 0.01})
    network = (
        trunk, level, output("level", 2, "huber", 1.5, "numbers", delta=0.4),
        reading(of("dense", "sigmoid", units=1), 1), output("odd", 4, "binary_crossentropy", 0.6, odd, True),
        reading(of("dense", "softplus", units=2), 1), output("rate", 6, "poisson", 0.2, "numbers"),
    )  # fmt: skip
    yield train(data, "mixed_numbers_first", network, cross, "sgd", rate, 0.01)


def outputs(_):
    data = Data("images", (3, 2, 2))
    yield data.lines()
    for name, network in output_cases():
        l2 = 0.01 if name == "smoothing" else 0.0
        for optimizer, rate in (("sgd", 0.1), ("adam", 0.01)):
            if optimizer == "adam" and name not in ("weights", "losses", "binary"):
                continue
            yield train(
                data, f"outputs_{name}_{optimizer}", network, "categorical_crossentropy", optimizer,
                {"learning_rate": rate}, l2, tries=20, close=5e-6,
            )  # fmt: skip


# What three tries find for these trains to other weights when sums have another order.
ILL_CONDITIONED = {
    "batch_normalization_adam", "batch_normalization_scale_sgd", "regularized_nothing_adam",
    "batch_normalization_of_images_sgd", "layer_normalization_and_prelu_adam", "prelu_shared_adam",
}  # fmt: skip
# Of which none of 8 tries or more agrees with float64 to 1e-5 in Keras itself: adam divides what is left of
# gradients that cancel by their own size. The same networks are trained by sgd.
UNDECIDED = {
    "conv_same_adam", "images_of_vectors_adam", "batch_normalization_of_images_adam",
    "kernels_l1_adam", "kernels_own_l2_adam", "kernels_max_norm_adam", "zero_padding_adam",
}  # fmt: skip


def image_cases():
    """Networks for images of 7 x 5 places and 3 channels, which no window, stride or number of
    channels divides."""
    flatten, output = of("flatten"), (CLASSES, "softmax")
    small = of("conv2d", "tanh", filters=4, kernel_size=(3, 2))
    yield "conv", (small, flatten, output)
    yield "conv_strides", (
        of("conv2d", "relu", filters=5, kernel_size=(3, 3), strides=(2, 1)),
        of("conv2d", "tanh", filters=4, kernel_size=(2, 2), strides=(2, 3), padding="same"),
        flatten, output,
    )  # fmt: skip
    yield "conv_same", (
        of("conv2d", "tanh", filters=5, kernel_size=(4, 3), padding="same"),
        of("conv2d", "tanh", filters=2, kernel_size=(2, 5), padding="same"), flatten, output,
    )  # fmt: skip
    yield "conv_dilation", (
        of("conv2d", "tanh", filters=5, kernel_size=(3, 2), dilation_rate=(2, 3)),
        of("conv2d", "relu", filters=4, kernel_size=(2, 3), dilation_rate=(3, 1), padding="same"),
        flatten, output,
    )  # fmt: skip
    yield "conv_groups", (
        of("conv2d", "relu", filters=4, kernel_size=(2, 3)),
        of("conv2d", "tanh", filters=6, kernel_size=(3, 2), groups=2, strides=(2, 2),
           padding="same"),
        flatten, output,
    )  # fmt: skip
    yield "conv_of_one_place", (
        of("conv2d", "relu", filters=7, kernel_size=(1, 1), use_bias=False),
        of("conv2d", "tanh", filters=3, kernel_size=(1, 1), strides=(3, 2)), flatten, output,
    )  # fmt: skip
    yield "depthwise", (
        of("depthwise_conv2d", "tanh", kernel_size=(3, 2)),
        of("depthwise_conv2d", "tanh", kernel_size=(2, 2), depth_multiplier=2, padding="same"),
        flatten, output,
    )  # fmt: skip
    yield "depthwise_arguments", (
        of("depthwise_conv2d", "tanh", kernel_size=(3, 2), depth_multiplier=3, strides=(2, 2),
           padding="same", use_bias=False),
        of("depthwise_conv2d", "relu", kernel_size=(2, 2), dilation_rate=(2, 1)), flatten, output,
    )  # fmt: skip
    yield "depthwise_strides_and_dilation", (
        of("depthwise_conv2d", "tanh", kernel_size=(3, 2), strides=(2, 2), dilation_rate=(2, 3),
           padding="same"),
        flatten, output,
    )  # fmt: skip
    yield "max_pooling", (small, of("max_pooling2d"), flatten, output)
    yield "max_pooling_arguments", (
        small, of("max_pooling2d", pool_size=(3, 2), strides=(2, 1), padding="same"),
        of("max_pooling2d", pool_size=(2, 3), strides=(1, 3)), flatten, output,
    )  # fmt: skip
    yield "max_pooling_first", (
        of("max_pooling2d", pool_size=(2, 2), padding="same"), flatten, (7, "tanh"), output,
    )  # fmt: skip
    yield "average_pooling", (small, of("average_pooling2d", pool_size=(2, 2)), flatten, output)
    yield "average_pooling_arguments", (
        small, of("average_pooling2d", pool_size=(3, 2), strides=(2, 1), padding="same"),
        of("average_pooling2d", pool_size=(2, 3), strides=(1, 3)), flatten, output,
    )  # fmt: skip
    yield "global_pooling", (small, of("global_average_pooling2d"), (7, "tanh"), output)
    yield "global_max_pooling", (small, of("global_max_pooling2d"), output)
    yield "global_pooling_keepdims", (
        small, of("global_max_pooling2d", keepdims=True), of("conv2d", "tanh", filters=7,
        kernel_size=(1, 1)), of("global_average_pooling2d", keepdims=True), flatten, output,
    )  # fmt: skip
    yield "images_of_vectors", (
        flatten, (24, "tanh"), of("reshape", target_shape=(4, 3, 2)), small,
        of("reshape", target_shape=(2, 2, 4)), of("depthwise_conv2d", "tanh", kernel_size=(2, 2)),
        flatten, output,
    )  # fmt: skip
    yield "batch_normalization_of_images", (
        of("conv2d", filters=5, kernel_size=(3, 3), padding="same", use_bias=False),
        of("batch_normalization"), activation_layer("tanh"),
        of("average_pooling2d", pool_size=(2, 2)),
        of("batch_normalization", momentum=0.8), flatten, output,
    )  # fmt: skip
    yield "layer_normalization_and_prelu", (
        small, of("layer_normalization"), of("conv2d", "prelu", filters=3, kernel_size=(2, 2)),
        of("layer_normalization", center=False), flatten, output,
    )  # fmt: skip
    yield "convnet", (
        of("conv2d", "relu", filters=6, kernel_size=(3, 3), padding="same"),
        of("max_pooling2d", padding="same"), of("conv2d", "relu", filters=7, kernel_size=(2, 2)), of("max_pooling2d"), flatten,
        of("dropout", rate=0.0), output,
    )  # fmt: skip
    yield "cropping", (
        of("cropping2d", cropping=((1, 2), (0, 1))), small, of("cropping2d", cropping=((0, 1), (1, 0))),
        flatten, output,
    )  # fmt: skip
    yield "zero_padding", (
        of("zero_padding2d", padding=((2, 0), (1, 3))), small, of("zero_padding2d"),
        of("conv2d", "tanh", filters=3, kernel_size=(2, 3), strides=(2, 2)), flatten, output,
    )  # fmt: skip


def kernel_cases():
    """What layers say of their own kernels; every third network has an l2 besides."""
    flatten, output = of("flatten"), (CLASSES, "softmax")
    yield "kernels_l1", (flatten, of("dense", "tanh", units=7, l1=0.01), output)
    yield "kernels_l1_l2", (
        of("conv2d", "tanh", filters=4, kernel_size=(3, 2), l1=0.002, l2=0.01), flatten,
        of("dense", "softmax", units=CLASSES, l2=0.005),
    )  # fmt: skip
    yield "kernels_own_l2", (
        flatten, of("dense", "tanh", units=7, l2=0.0), of("dense", "tanh", units=6, l1=0.003), output,
    )  # fmt: skip
    yield "kernels_max_norm", (
        of("conv2d", "tanh", filters=4, kernel_size=(3, 2), max_norm=0.9),
        of("depthwise_conv2d", "tanh", kernel_size=(2, 2), depth_multiplier=2, max_norm=0.7),
        flatten, of("dense", "softmax", units=CLASSES, max_norm=0.8, l2=0.01),
    )  # fmt: skip


def kernels(_):
    yield from trainings_of(Data("kernels", (7, 5, 3)), kernel_cases(), tries=8)


def image_layers(_):
    yield from trainings_of(Data("image_layers", (7, 5, 3)), image_cases(), tries=8)


def layers(_):
    yield from trainings_of(Data("images", (3, 2, 2)), layer_cases(), tries=3)


def trainings_of(data, cases, tries):
    yield data.lines()
    loss = "categorical_crossentropy"
    optimizers = (("sgd", 0.1), ("adam", 0.01))
    for number, (name, network) in enumerate(cases):
        l2 = 0.01 if number % 3 == 2 else 0.0
        for optimizer, rate in optimizers:
            settings = {"learning_rate": rate}
            name_of_case = f"{name}_{optimizer}"
            if name_of_case in UNDECIDED:
                continue
            most, close = (20, 5e-6) if name_of_case in ILL_CONDITIONED else (tries, 1e-5)
            yield train(
                data, name_of_case, network, loss, optimizer, settings, l2, tries=most, close=close
            )


# Edges ------------------------------------------------------------------------------------------


class UnlitData(Data):
    """The same, with an input that is 0 in all rows, and one that is in the first batches."""

    def __init__(self, name):
        super().__init__(name)
        self.x[:, 3] = 0
        self.x[: 2 * BATCH, 7] = 0


def edge_case(data, name, optimizer, settings, steps=(1, 2, 3)):
    layers = [dense(*layer) for layer in shape()]
    training = Training(
        "float32", name, data.shape, layers, "categorical_crossentropy", optimizer, settings, 0.0, False
    )
    start = training.weights()
    lines = [f"weights {start.size}", numbers(start)]
    for step in steps:
        value = training.step(data, step)
        lines += [f"step {step} {value:.9g} {start.size}", numbers(training.weights())]
    return [
        f"\ntrain {name}",
        "loss categorical_crossentropy",
        f"optimizer {optimizer}",
        *(f"set {key} {float(value):.9g}" for key, value in settings.items()),
        "l2 0",
        f"batch {BATCH}",
        *(line for layer in layers for line in layer.lines()),
        *lines,
        "end",
    ]


def edge_trainings(data):
    for optimizer in OF_WEIGHTS:
        settings = {"learning_rate": 0.05}
        if optimizer in ("adagrad", "ftrl"):
            settings["initial_accumulator_value"] = 0.0
        if optimizer not in ("sgd", "ftrl", "lion"):
            settings["epsilon"] = 0.0
        yield edge_case(data, f"edge_{optimizer}", optimizer, settings)
    yield edge_case(data, "edge_adagrad_sum", "adagrad", {"epsilon": 0.0})
    yield edge_case(data, "edge_adagrad_epsilon", "adagrad", {"initial_accumulator_value": 0.0})
    power = {"learning_rate_power": -0.7, "initial_accumulator_value": 0.0}
    yield edge_case(data, "edge_ftrl_power", "ftrl", power)
    yield edge_case(data, "edge_sgd_overflow", "sgd", {"learning_rate": 1e38})
    momentum = {"learning_rate": 0.05, "momentum": 0.9}
    yield edge_case(data, "edge_sgd_momentum", "sgd", momentum)
    momentum = {"learning_rate": 0.002, "momentum": 0.8}
    yield edge_case(data, "edge_rmsprop_momentum", "rmsprop", momentum)
    yield edge_case(data, "edge_sgd_decay", "sgd", {"weight_decay": 0.1})


ROWS_AT_EDGES = (
    # all equal, a perfect row, a wrong one
    [0, 0, 0, 0], [1, 1, 1, 1], [2, 2, 2, 2], [1, 0, 0, 0], [0, 1, 0, 0], [-0.0, 0.0, -0.0, 1],
    # at the margin; rivals that tie, above 0, at it and below
    [1, -1, -1, -1], [2, 1, -1, 1], [0.5, 3, 3, 1], [-1, -2, -3, -4], [-1, 0, 0, -4],
    [2, 1, 1, 0.5], [0.5, 0.5, 0.5, -0.5],
    # divided by the sum or clipped first; at the clip's ends, beyond them, and of either sign
    [2, 3, 4, 0], [1e-7, 1e-7, 1e-7, 1], [1 - 1e-7, 1e-7, 0, 0], [1e-8, 0.5, 0.5, 2],
    [1.0000001, 0, 0, 0], [1.5, -0.5, 0.25, 0.25], [-1e-7, -1e-7, 0.5, 0.5],
    [0.1, 0.2, 0.3, -0.55],
    # close to the target, and far
    [1.0001, 1e-4, -1e-4, 1e-3], [1, 1e-5, -1e-6, 1e-20], [1e10, -1e10, 1e10, 1e10],
    [1e30, 1e30, 0, 0], [-1e30, 1e30, 0, 0], [1e38, 1e38, 1, 1],
    # not numbers
    [np.inf, 0, 0, 0], [0, np.inf, 0, 0], [0, -np.inf, 0, 0], [np.nan, 0, 0, 0], [0, np.nan, 0, 0],
)  # fmt: skip


def log_cosh_by_formula(one_hot, y):
    error = y.astype(np.float64) - one_hot
    near = np.log1p(2 * np.sinh(np.clip(error, -1, 1) / 2) ** 2)
    far = np.abs(error) + np.log1p(np.exp(-2 * np.abs(error))) - np.log(2)
    values = np.where(np.abs(error) < 1, near, far).mean(axis=-1)
    return values, np.tanh(error) / error.shape[-1]


def edge_losses():
    y = np.array(ROWS_AT_EDGES, np.float32)
    labels = np.zeros(len(y), int)
    one_hot = np.eye(y.shape[1], dtype=np.float32)[labels]
    lines = [f"\nlosses edges {y.shape[0]} {y.shape[1]}", "y", numbers(y), "labels"]
    lines.append(" ".join(map(str, labels)))
    for name in LOSSES:
        if name in ("root_mean_squared_error", "cosine_similarity"):
            continue  # at a perfect row, at one of zeros, the slope is 0 here, and NaN by differentiation
        sparse = name.startswith("sparse")
        loss, x = LOSSES[name](), tf.constant(y)
        loss.reduction = None
        with tf.GradientTape() as tape:
            tape.watch(x)
            values = loss.call(tf.constant(labels if sparse else one_hot), x)
        slopes = tape.gradient(values, x)
        if name == "log_cosh":
            values, slopes = log_cosh_by_formula(one_hot, y)
        lines.append(f"loss {name}")
        for value, slope in zip(np.asarray(values), np.asarray(slopes)):
            lines.append(f"{value:.9g} {numbers(slope)}")
    return lines + ["end"]


def edges(_):
    compute_in("float32")
    data = UnlitData("unlit")
    yield data.lines()
    yield from edge_trainings(data)
    data = Data("data")
    yield data.lines()
    for optimizer in ("adam", "rmsprop", "adamax"):
        yield edge_case(data, f"edge_lit_{optimizer}", optimizer, {"epsilon": 0.0})
    from_nothing = {"epsilon": 0.0, "initial_accumulator_value": 0.0}
    yield edge_case(data, "edge_lit_adagrad", "adagrad", from_nothing)
    yield edge_losses()


# Metrics ----------------------------------------------------------------------------------------


def metric_objects(classes):
    m = keras.metrics

    def mean_of(function):
        return m.MeanMetricWrapper(function)

    objects = {
        "accuracy": m.CategoricalAccuracy() if classes > 1 else m.BinaryAccuracy(),
        "binary_accuracy": m.BinaryAccuracy(),
        "top_k_categorical_accuracy": m.TopKCategoricalAccuracy(),
        "categorical_crossentropy": m.CategoricalCrossentropy(),
        "sparse_categorical_crossentropy": mean_of(sparse_categorical_crossentropy),
        "binary_crossentropy": m.BinaryCrossentropy(),
        "kl_divergence": m.KLDivergence(),
        "poisson": m.Poisson(),
        "mean_squared_error": m.MeanSquaredError(),
        "root_mean_squared_error": m.RootMeanSquaredError(),
        "mean_absolute_error": m.MeanAbsoluteError(),
        "mean_absolute_scaled_error": mean_of(mean_absolute_scaled_error),
        "mean_absolute_percentage_error": m.MeanAbsolutePercentageError(),
        "mean_squared_logarithmic_error": m.MeanSquaredLogarithmicError(),
        "cosine_similarity": m.CosineSimilarity(),
        "huber": mean_of(keras.losses.huber),
        "log_cosh": m.LogCoshError(),
        "hinge": m.Hinge(),
        "squared_hinge": m.SquaredHinge(),
        "categorical_hinge": m.CategoricalHinge(),
        "precision": m.Precision(),
        "recall": m.Recall(),
        "f1_score": m.F1Score(average="macro"),
    }
    return {name: each for name, each in objects.items() if classes > 1 or name not in COMPARING}


# What says nothing of one unit.
COMPARING = {
    "top_k_categorical_accuracy", "categorical_crossentropy", "sparse_categorical_crossentropy",
    "mean_absolute_scaled_error", "categorical_hinge", "f1_score",
}  # fmt: skip


def metric_case(name, y, labels):
    y = y.astype(np.float32)
    rows, classes = y.shape
    one_hot = np.eye(classes, dtype=np.float32)[labels] if classes > 1 else labels[:, None]
    lines = [f"\nmetrics {name} {rows} {classes}", "y", numbers(y), "labels"]
    lines.append(" ".join(map(str, labels)))
    for metric, instance in metric_objects(classes).items():
        sparse = metric.startswith("sparse")
        for part in (slice(0, 25), slice(25, rows)):
            instance.update_state(labels[part] if sparse else one_hot[part], y[part])
        value = float(instance.result())
        if np.isfinite(value):  # a logarithm of negative scores is not
            lines.append(f"value {metric} {value:.9g}")
    return lines + ["end"]


def metrics():
    rng = generator("metrics")
    rows, classes = 40, 10
    labels = rng.integers(0, classes, rows)
    scores = rng.normal(size=(rows, classes)) + 2.0 * np.eye(classes)[labels]
    probabilities = np.exp(1.5 * scores)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    yield metric_case("softmax", probabilities, labels)
    yield metric_case("sigmoid", 1 / (1 + np.exp(1.0 - scores)), labels)
    yield metric_case("scores", scores, labels)
    # Ties, the threshold itself, and values at which the logarithms are cut off.
    yield metric_case("quarters", rng.integers(0, 5, (rows, classes)) / 4, labels)
    # Classes that are never predicted or never true, few of them for the top 5.
    few = rng.integers(0, 3, 30)
    yield metric_case("few", rng.random((30, 4)) * (1, 1, 0.2, 1), few)
    rng = generator("one unit")
    labels = rng.integers(0, 2, rows)
    yield metric_case("one", 1 / (1 + np.exp(1.0 - 2.0 * labels[:, None] - rng.normal(size=(rows, 1)))), labels)
    yield metric_case("one_quarters", rng.integers(0, 5, (rows, 1)) / 4, labels)


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "tests/golden/keras")
    folder.mkdir(parents=True, exist_ok=True)
    wanted = sys.argv[2:]
    files = {
        "optimizers", "steps", "activations", "losses", "values", "shapes", "layers", "images", "kernels",
        "graphs", "outputs", "mixed", "edges", "schedules", "callbacks", "metrics",
    }  # fmt: skip
    if unknown := set(wanted) - files:
        sys.exit(f"no such file: {', '.join(sorted(unknown))} (write optimizers, losses, ...)")
    data = Data("data")
    for name, title, cases in (
        ("optimizers", "Every optimizer, with defaults and otherwise", optimizers),
        ("steps", "Steps that look at whole arrays, clipped, averaged; and arguments of losses", steps),
        ("activations", "Every activation, in the hidden and in the output layer", activations),
        ("losses", "Every loss, with outputs it is joint with and others", losses),
        ("values", "Every loss of numbers", values),
        ("shapes", "Other numbers of layers, and l2", shapes),
        ("layers", "Layers of every kind for any shape, and predictions", layers),
        ("images", "Layers of every kind for images, and predictions", image_layers),
        ("kernels", "Penalties and norms of layers' own, and predictions", kernels),
        ("graphs", "Graphs of layers", graphs),
        ("outputs", "Networks with several outputs", outputs),
        ("mixed", "Networks with outputs of classes and of numbers", mixed),
        ("schedules", "Every learning rate schedule, and trainings by them", schedules),
        ("callbacks", "What callbacks do at the ends of epochs", callbacks),
        ("edges", "Optimizers without epsilon, and losses where they bend", edges),
    ):
        if wanted and name not in wanted:
            continue
        own_data = name in ("values", "layers", "images", "kernels", "graphs", "outputs", "mixed", "callbacks")
        lines = header(title) + ([] if own_data else data.lines())
        for case in cases(data):
            lines += case
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n")
        print(f"{name}.txt written", file=sys.stderr)
    if wanted and "metrics" not in wanted:
        return
    compute_in("float32")
    lines = header("Every metric")
    for case in metrics():
        lines += case
    (folder / "metrics.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
