"""Modules that are not among Debian's packages: a test that needs them is run by the Python that has them."""

import importlib
import os
import subprocess
import sys


def needed(name, packages, *modules):
    """Go on where this Python has the modules; else run the test in the one that $SWEEP_PYTHON names (a virtual
    environment's), and without that skip it."""
    try:
        for module in modules:
            importlib.import_module(module)
    except ImportError:
        other = os.environ.pop("SWEEP_PYTHON", "")
        if other:
            sys.exit(subprocess.call([other, "-B", *sys.argv]))
        print(f"skipped: {name} is not installed; `pip install {packages}` in a virtual environment, and set "
              "SWEEP_PYTHON to its python")
        sys.exit(77)


def keras_needed():
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    needed("Keras", "keras tensorflow-cpu", "keras", "numpy")
