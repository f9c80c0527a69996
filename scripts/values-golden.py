#!/usr/bin/env python3
"""What Keras and scikit-learn say of targets that are numbers, for tests/test_values.c:

    scripts/values-golden.py > tests/golden/values/values.txt

Needs Keras with the TensorFlow backend, NumPy and scikit-learn from PyPI, and says with which versions it was
made. Each line is a name, a count and so many numbers:

    features ROWS*10, targets ROWS     the first rows of scikit-learn's diabetes table
    normalized ROWS*10                 Keras' Normalization, adapted to the first ADAPTED rows, of all of them
    predictions ROWS*2, pairs ROWS*2   predictions of two numbers a row, and the targets
    loss NAME ROWS, gradient NAME ROWS*2   a loss of each row, and its gradient with respect to the predictions
    metric NAME 1                      a metric over all rows, given in two batches
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy
import sklearn
import tensorflow
from sklearn.datasets import load_diabetes

ROWS, ADAPTED = 40, 30
LOSSES = {
    "mean_squared_error": keras.losses.MeanSquaredError,
    "mean_absolute_error": keras.losses.MeanAbsoluteError,
    "huber": keras.losses.Huber,
    "log_cosh": keras.losses.LogCosh,
    "poisson": keras.losses.Poisson,
    "mean_absolute_percentage_error": keras.losses.MeanAbsolutePercentageError,
    "mean_squared_logarithmic_error": keras.losses.MeanSquaredLogarithmicError,
    "cosine_similarity": keras.losses.CosineSimilarity,
}
METRICS = {
    "mean_squared_error": keras.metrics.MeanSquaredError,
    "mean_absolute_error": keras.metrics.MeanAbsoluteError,
    "root_mean_squared_error": keras.metrics.RootMeanSquaredError,
    "r2_score": keras.metrics.R2Score,
    "mean_absolute_percentage_error": keras.metrics.MeanAbsolutePercentageError,
    "mean_squared_logarithmic_error": keras.metrics.MeanSquaredLogarithmicError,
    "cosine_similarity": keras.metrics.CosineSimilarity,
}


def line(name, values):
    values = numpy.asarray(values).ravel()
    print(name, len(values), *(f"{value:.9g}" for value in values))


def main():
    print(f"# Keras {keras.__version__}, scikit-learn {sklearn.__version__}")
    data = load_diabetes()
    features, targets = data.data[:ROWS].astype("float32"), data.target[:ROWS].astype("float32")
    layer = keras.layers.Normalization()
    layer.adapt(features[:ADAPTED])
    line("features", features)
    line("targets", targets)
    line("normalized", layer(features))
    rng = numpy.random.default_rng(13)
    pairs = numpy.stack([targets / 100, features[:, 2] * 20], axis=1).astype("float32")
    predictions = (pairs + rng.normal(size=pairs.shape)).astype("float32")
    predictions = numpy.where(predictions < 0.1, 0.1 - predictions, predictions).astype("float32")
    line("pairs", pairs)
    line("predictions", predictions)
    for name, make in LOSSES.items():
        y = tensorflow.Variable(predictions)
        with tensorflow.GradientTape() as tape:
            rows = make(reduction=None)(pairs, y)
            total = tensorflow.reduce_sum(rows)
        line(f"loss {name}", rows)
        line(f"gradient {name}", tape.gradient(total, y))
    for name, make in METRICS.items():
        metric = make()
        metric.update_state(pairs[:25], predictions[:25])
        metric.update_state(pairs[25:], predictions[25:])
        line(f"metric {name}", [metric.result()])


main()
