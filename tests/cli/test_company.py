#!/usr/bin/env python3
"""Networks drawn at random, of every kind of layer, trained side by side and each of them alone: the same digests, scores
and weights, byte for byte. Half of the networks differ from another one in one argument of one layer, so that what
networks of one shape share is shared, and what tells them apart has to be in the digest.

A few rounds; with SWEEP_LONG=1 two hundred. SWEEP_SEED repeats them."""

import random
import re
import unittest

from harness import LONG_FORM, SEED, Case, make_dataset

ACTIVATIONS = ("sigmoid", "tanh", "relu", "softmax", "prelu", "selu", "gelu", "linear", "{leaky_relu: {negative_slope: 0.1}}",
               "{leaky_relu: {negative_slope: 0.3}}", "{elu: {alpha: 0.5}}", "{elu: {alpha: 2}}")
INITIALIZERS = ("glorot_uniform", "he_normal", "lecun_uniform", "random_normal", "ones")
WEIGHTS = {"activation": ACTIVATIONS, "use_bias": ("false",), "bias_initializer": ("ones", "random_normal"), "l1": (0.0001, 0.01),
           "l2": (0.0001, 0.01), "max_norm": (0.3, 2)}
KERNEL = {"kernel_initializer": INITIALIZERS, **WEIGHTS}
SIZES = (1, 2, 3, "3x2", "1x3")
PADDING = {"padding": ("same", "valid")}
POOL = {"pool_size": SIZES, "strides": SIZES, **PADDING}
NORMALIZATION = {"epsilon": (1e-5, 0.1), "center": ("false",), "scale": ("false",)}
# The arguments of each kind, those first that it has to have, and how many these are.
ANYWHERE = {
    "dense": (1, {"units": (1, 2, 7, 16, 33), **KERNEL}),
    "dropout": (1, {"rate": (0.1, 0.5)}),
    "gaussian_noise": (1, {"stddev": (0.1, 1)}),
    "batch_normalization": (0, {"momentum": (0.5, 0.9), **NORMALIZATION}),
    "layer_normalization": (0, NORMALIZATION),
    "leaky_relu": (0, {"negative_slope": (0.1, 0.3)}),
    "prelu": (0, {}),
    "tanh": (0, {}),
}
OF_IMAGES = {
    "conv2d": (3, {"filters": (1, 2, 3, 4, 8, 16), "kernel_size": (3, *SIZES, 5), **PADDING, "dilation_rate": (1, 2, "1x2"), "strides": SIZES,
                   "groups": (2, 3), **KERNEL}),
    "depthwise_conv2d": (2, {"kernel_size": (3, *SIZES), **PADDING, "dilation_rate": (1, 2, "2x1"), "strides": SIZES, "depth_multiplier": (2, 3),
                             "depthwise_initializer": INITIALIZERS, **WEIGHTS}),
    "max_pooling2d": (0, POOL),
    "average_pooling2d": (0, POOL),
    "global_max_pooling2d": (0, {"keepdims": ("true",)}),
    "global_average_pooling2d": (0, {"keepdims": ("true",)}),
    "cropping2d": (1, {"cropping": (1, "0x1", "0/1x1/0")}),
    "zero_padding2d": (1, {"padding": (1, "0x1", "0/1x2/0")}),
    "flatten": (0, {}),
    "prelu": (0, {"shared_axes": ("1", "1/2", "3")}),
}
KINDS = {**ANYWHERE, **OF_IMAGES}
NO_IMAGE = ("dense", "flatten", "global_max_pooling2d", "global_average_pooling2d")  # is given on
TELLING = ("activation", "dilation_rate", "pool_size", "negative_slope", "shared_axes")  # and the shape may stay
MERGES = ("add", "multiply", "subtract", "average", "maximum", "minimum", "concatenate")
OPTIMIZERS = ("sgd", "{name: sgd, momentum: 0.8, nesterov: true}", "rmsprop", "{name: rmsprop, momentum: 0.5, centered: true}", "adam",
              "{name: adam, amsgrad: true}", "nadam", "adamax", "adagrad", "adadelta", "ftrl", "{name: adamw, weight_decay: 0.1}", "lion", "lamb",
              "adafactor", "muon")
# Of each setting, and of all settings of a round.
OWN = {
    "optimizer": OPTIMIZERS,
    "activation": ("relu", "tanh", "leaky_relu", "prelu"),
    "initializer": INITIALIZERS,
    "dropout": (0, 0, 0, 0.3),
    "l2": (0, 0, 0.01),
    "epochs": (1, 2, 3),
    "class_weight": ("none", "none", "balanced", "{0: 1.5, 3: 2}"),
    "label_smoothing": (0, 0, 0.1),
    "early_stopping": ("none", "none", "loss patience=0 min_delta=0.1", "loss patience=1 restore_best_weights=true"),
}
RATES = {
    "learning_rate_schedule": ("constant", "constant", "cosine_decay", "exponential_decay 5 0.5", "one_cycle"),
    "reduce_lr_on_plateau": ("none", "none", "loss patience=1 factor=0.5 min_delta=0.2"),
}
COMMON = {
    "batch_size": (16, 32, 45),
    "validation_split": (0, 0.2),
    "augmentation": ("[]", "[]", "[]", "[random_translation 0.1 0.1, elastic 10 3]"),
    "global_clipnorm": ("none", "none", "none", 0.1),
    "use_ema": ("false", "false", "false", "true"),
    "gradient_accumulation_steps": (1, 1, 1, 2),
}
NOT_SAID = ("none", "[]", "false")


class Draw:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.pick = self.random.choice

    def layer(self, image):
        """A kind and its arguments."""
        kind = self.pick((*ANYWHERE, *OF_IMAGES, *("conv2d", "max_pooling2d") * 2) if image else (*ANYWHERE, "dense", "dense"))
        needed, arguments = (OF_IMAGES if image and kind in OF_IMAGES else ANYWHERE)[kind]
        return kind, {name: self.pick(values) for i, (name, values) in enumerate(arguments.items()) if i < needed or self.random.random() < (0.5 if name in TELLING else 0.2)}

    def chain(self, length, image=True):
        """Layers one after the other, and whether the last one gives an image."""
        layers = []
        for _ in range(length):
            layers.append(self.layer(image))
            image = image and layers[-1][0] not in NO_IMAGE
        return layers, image

    def network(self):
        """Named layers: a kind, arguments, and the layers that it reads if not the one before."""
        if self.random.random() < 0.6:
            return [("", *layer, "") for layer in self.chain(self.random.randint(0, self.pick((2, 7))))[0]]
        trunk, image = self.chain(self.random.randint(1, 3))
        network = [(f"t{i}", *layer, "") for i, layer in enumerate(trunk)]
        units = {"units": self.pick((3, 8, 20))}
        for name in "ab":
            begin = f", inputs: {network[-1][0]}" if name == "a" else f", inputs: t{len(trunk) - 1}"
            for i, layer in enumerate((*self.chain(self.random.randint(0, 2), image)[0], ("dense", units))):
                network.append((f"{name}{i}", *layer, "" if i else begin))
            if name == "a":
                end = network[-1][0]
        if self.random.random() < 0.3:
            network += [("square", "dense", units, ""), ("again", "shared", "square", "")]
        network.append(("merged", self.pick(MERGES), f"[{end}, {network[-1][0]}]", ""))
        return network + [(f"z{i}", *layer, "") for i, layer in enumerate(self.chain(self.random.randint(0, 1), False)[0])]

    def change(self, network):
        """The same but for an argument of a layer."""
        changed = [i for i, (_, kind, *_) in enumerate(network) if kind in KINDS and KINDS[kind][1]]
        if not changed:
            return network
        at = self.pick(changed)
        name, kind, arguments, reads = network[at]
        known = KINDS[kind][1]
        argument = self.pick([*known, *(name for name in TELLING if name in known for _ in known)])
        values = known[argument]
        before = str(arguments.get(argument)).split(":")[0]
        alike = [value for value in values if str(value).startswith(before + ":") and value != arguments[argument]]
        return [*network[:at], (name, kind, {**arguments, argument: self.pick(alike or values)}, reads), *network[at + 1:]]

    def outputs(self):
        losses = [self.pick(("categorical_crossentropy", "mse", "mae")) for _ in range(2)]
        return (f"{{p: {{dense: {{units: 10, activation: softmax}}, loss: {losses[0]}}}, q: {{dense: {{units: 10, activation: softmax}},"
                f" inputs: {self.pick(('t0', 'merged'))}, loss: {losses[1]}, loss_weight: {self.pick((0.1, 2))}}}}}")


def text_of(network, outputs):
    layers = []
    for name, kind, arguments, reads in network:
        inner = "{" + ", ".join(f"{argument}: {value}" for argument, value in arguments.items()) + "}" if isinstance(arguments, dict) else arguments
        layers.append(f"{name}: {{{kind}: {inner}{reads}}}" if name else f"{{{kind}: {inner}}}")
    if not network or not network[0][0]:
        return f"[{', '.join(layers)}]"
    return f"{{{', '.join(layers + ([f'outputs: {outputs}'] if outputs else []))}}}"


def config(common, settings):
    names = {name: None for setting in settings for name in setting}
    values = {name: [setting.get(name) for setting in settings] for name in names}
    lines = ["name: company", "method: grid", "dataset: tiny", "keep_models: all", "seed: 1"]
    if len(settings) > 1:
        lines.append(f"zip: [{', '.join(names)}]")
    lines += ["parameters:", *(f"  {name}: {{value: {value}}}" for name, value in common.items())]
    for name, each in values.items():
        lines += [f"  {name}:", "    values:", *(f"      - {value}" for value in each)]
    return "\n".join(lines) + "\n"


class Company(Case):
    def accepted(self, common, setting):
        """The setting without what has no effect in it, or nothing if it can't be trained."""
        setting = dict(setting)
        while True:
            self.write("one.yaml", config(common, [setting]))
            process = self.start("plan", "one.yaml", "--db", "none.db")
            _, err = process.communicate()
            if process.returncode == 0:
                return setting
            self.assertEqual(process.returncode, 65, err)
            idle = [name for name in re.findall(r": (\w+) has no effect", err) if name in setting]
            if not idle:
                self.assertRegex(err, r"(?m)^sweep: one.yaml:\d+:\d+: ")
                return None
            for name in idle:
                del setting[name]

    def results(self, database):
        """By digest: what was scored, and the weights."""
        found = {}
        for trial, digest, *scores in self.ask("SELECT trial_id, digest, status, loss, accuracy, test_loss, test_accuracy, parameters FROM trials",
                                               database):
            # A sweep's metrics that a model has no output for are NULL.
            found[digest] = scores + [self.ask(sql.replace("?", str(trial)), database) for sql in (
                "SELECT epoch, loss, accuracy, val_loss, val_accuracy FROM history WHERE trial_id = ? ORDER BY epoch",
                "SELECT name, epoch, value FROM metrics WHERE trial_id = ? AND value IS NOT NULL ORDER BY name, epoch",
                "SELECT format, weights FROM models WHERE trial_id = ?")]
        return found

    def compare(self, seed):
        draw = Draw(seed)
        make_dataset(self.folder / str(seed) / "tiny", train=draw.pick((90, 120)), test=30, size=draw.pick((5, 8, 11)))
        self.environment["SWEEP_DATA_DIR"] = str(self.folder / str(seed))
        common = {name: draw.pick(values) for name, values in COMMON.items()}
        common = {name: value for name, value in common.items() if value not in NOT_SAID}
        own = {**OWN, **dict([draw.pick(list(RATES.items()))])}
        full, alone, networks = [], [], []
        while len(full) < 6:
            base = draw.random.randrange(2 * len(full)) if full else 0
            changes = base < len(full) and bool(full)
            network = draw.change(networks[base]) if changes else draw.network()
            outputs = draw.outputs() if network and network[0][0] and draw.random.random() < 0.4 else ""
            setting = dict(full[base]) if changes else {name: draw.pick(values) for name, values in own.items()}
            setting["layers"] = text_of(network, outputs)
            lone = self.accepted(common, setting)
            if lone:
                full.append({**setting, **({"class_weight": "none", "label_smoothing": 0} if outputs else {})})
                alone.append(lone)
                networks.append(network)
        used = {name for setting in alone for name in setting}
        self.write("all.yaml", config(common, [{name: value for name, value in setting.items() if name in used} for setting in full]))
        self.sweep("run", "all.yaml", "-q", "--db", f"{seed}.db")
        together = self.results(f"{seed}.db")
        for i, setting in enumerate(alone):
            self.write(f"{i}.yaml", config(common, [setting]))
            self.sweep("run", f"{i}.yaml", "-qj1", "--db", f"{seed}-{i}.db")
            for digest, result in self.results(f"{seed}-{i}.db").items():
                self.assertIn(digest, together, setting)
                self.assertEqual(repr(result), repr(together[digest]), setting)

    def test_the_same_as_alone(self):
        for seed in range(SEED, SEED + (200 if LONG_FORM else 8)):
            with self.subTest(f"SWEEP_SEED={seed}"):
                self.compare(seed)


if __name__ == "__main__":
    unittest.main()
