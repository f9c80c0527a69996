#!/usr/bin/env python3
"""Make the golden numbers in tests/golden/stats with SciPy and statsmodels.

    python3 -m venv stats-env
    stats-env/bin/pip install scipy==1.17.1 statsmodels==0.15.0 pandas==3.1.1 numpy==2.4.6
    stats-env/bin/python scripts/stats-golden.py [folder]

tests/test_stats.c replays them. Words and numbers are separated by white space, a case a line; `#`
starts a comment that ends with the line. `nan` stands for "none".

    t_quantile P FREEDOM VALUE             scipy.stats.t.ppf
    t_two_sided T FREEDOM VALUE            2 * scipy.stats.t.sf
    f_upper F FREEDOM FREEDOM VALUE        scipy.stats.f.sf
    holm N p... adjusted...                statsmodels multipletests(method="holm")
    paired N d... MEAN SD LOW HIGH P_T P_FLIPS
                                           scipy.stats.ttest_1samp with its confidence interval, and
                                           scipy.stats.permutation_test(permutation_type="samples")
                                           of all 2^N patterns of signs
    interaction N ROWS COLUMNS means... F P_BOUND P_FLIPS
                                           statsmodels AnovaRM's F, its p with 1 and N - 1 degrees of
                                           freedom, and all patterns of signs, by numpy
    best N OTHERS NOISE d... EXCLUDED      mean(d) > t.ppf(1 - 0.05 / OTHERS, N - 1) * sem(d), of the d up
                                           to far = 50 sqrt(2) NOISE; or some are beyond that, and the mean of
                                           min(d, most) is above least = t.ppf(...) * sqrt(2) NOISE / sqrt(N),
                                           most being 3 least; NOISE 0: only inf is far
    race TREATMENTS REPLICATES scores... BEST p...
                                           scores by treatment; two: scipy.stats.ttest_rel, one-sided;
                                           more: what numpy.var(ddof=1) says of the scores without the
                                           replicates' means, times TREATMENTS / (TREATMENTS - 1), is
                                           averaged with the median of these, the weights being
                                           REPLICATES - 1 and 4, or (TREATMENTS - 2) times the former
                                           where that is less; t.sf of the difference from the best
    anova METHOD COUNT FACTORS levels... parents... (level... value)... PARTS (I J SHARE FREEDOM)...
         HIGHER REST
                                           METHOD exact: statsmodels anova_lm of the full model, whose
                                           sums of squares are divided by the total one; type2: of the
                                           model with two-factor interactions, typ=2; nested: designs
                                           in which statsmodels' contrasts can't be estimated, by the
                                           residuals of numpy.linalg.lstsq. J is -1 for a factor's
                                           own effect; `parents` are sets of factors as bits.
"""

import itertools
import pathlib
import sys
import warnings

import numpy as np
import pandas as pd
import scipy
import statsmodels
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import AnovaRM, anova_lm
from statsmodels.stats.multitest import multipletests

warnings.simplefilter("ignore")  # of samples that SciPy finds too equal


def words(*items):
    flat = []
    for item in items:
        if isinstance(item, (list, tuple, np.ndarray)):
            flat.extend(words(*item).split())
        elif isinstance(item, (float, np.floating)):
            flat.append(repr(float(item)))
        else:
            flat.append(str(item))
    return " ".join(flat)


def distributions():
    for freedom in (1, 2, 3, 4, 5, 7, 10, 19, 30, 100, 1000):
        for p in (0.5, 0.6, 0.9, 0.95, 0.975, 0.99, 0.9995, 1 - 0.05 / 53, 1 - 1e-5, 0.025):
            yield words("t_quantile", float(p), freedom, stats.t.ppf(p, freedom))
        for t in (0.0, 0.1, 1.0, -2.0, 2.5, 4.3, 12.7, 311.0):
            yield words("t_two_sided", t, freedom, 2 * stats.t.sf(abs(t), freedom))
        for numerator in (1, 2, 4, 30):
            for f in (0.01, 0.5, 1.0, 3.9, 18.5, 900.0):
                yield words("f_upper", f, numerator, freedom, stats.f.sf(f, numerator, freedom))


def holm(rng):
    for p in ([0.04], [0.01, 0.04, 0.03], [0.5, 0.5, 0.5], [0.001, 0.2, 0.001, 0.9, 0.02],
              [1.0, 0.0, 0.6], list(rng.random(40) ** 4)):
        yield words("holm", len(p), p, multipletests(p, method="holm")[1])


def flips(d):
    test = stats.permutation_test((d,), np.mean, permutation_type="samples", n_resamples=np.inf)
    return test.pvalue


def paired(rng):
    samples = [rng.normal(mean, 1, n) for n in (3, 4, 5, 6, 7, 8, 10, 12, 14)
               for mean in (0.0, 0.7, 2.0)]
    samples += [rng.normal(1e-3, 1e-4, 6), 1e6 + rng.normal(0, 1, 7), -rng.exponential(1, 9)]
    samples += [np.array(d) for d in ([0.01, 0.02, 0.01, 0.02, 0.01, 0.01], [1.0, -1.0, 1.0, -1.0],
                                      [0.01, 0.0, -0.01, 0.0, 0.03, 0.0, 0.01], [0.5, 1.5],
                                      [0.0, 0.0, 0.1])]
    for d in samples:
        test = stats.ttest_1samp(d, 0)
        low, high = test.confidence_interval(0.95)
        yield words("paired", len(d), d, np.mean(d), np.std(d, ddof=1), low, high, test.pvalue,
                    flips(d))


def vector_flips(vectors):
    n = len(vectors)
    signs = np.array(list(itertools.product((1, -1), repeat=n)))
    squares = ((signs @ vectors) ** 2).sum(axis=1)
    return np.mean(squares >= (vectors.sum(axis=0) ** 2).sum() * (1 - 1e-9))


def interaction(rng):
    for n, rows, columns, size in ((3, 2, 2, 0.0), (3, 3, 3, 0.5), (5, 2, 4, 1.0), (6, 2, 2, 0.7),
                                   (7, 3, 2, 0.0), (8, 3, 3, 0.4), (10, 4, 3, 0.2)):
        effect = rng.normal(0, size, (rows, columns))
        means = (rng.normal(0, 3, (n, 1, 1)) + rng.normal(0, 1, (rows, 1)) + effect
                 + rng.normal(0, 0.5, (n, rows, columns)) + 10)
        table = pd.DataFrame([(s, a, b, means[s, a, b]) for s in range(n) for a in range(rows)
                              for b in range(columns)], columns=["s", "a", "b", "y"])
        f = AnovaRM(table, "y", "s", within=["a", "b"]).fit().anova_table.loc["a:b", "F Value"]
        left = (means - means.mean(axis=1, keepdims=True) - means.mean(axis=2, keepdims=True)
                + means.mean(axis=(1, 2), keepdims=True))
        yield words("interaction", n, rows, columns, means.ravel(), f, stats.f.sf(f, 1, n - 1),
                    vector_flips(left.reshape(n, -1)))


def excludes(d, others, noise):
    n = len(d)
    t = lambda count: stats.t.ppf(1 - 0.05 / others, count - 1)
    unit = np.sqrt(2) * noise
    far = (d > 50 * unit) if noise else np.isposinf(d)
    near = d[~far & np.isfinite(d)]
    least = t(n) * unit / np.sqrt(n) if noise else 1
    scaled = d if noise else np.where(np.isinf(d), d, 0)
    capped = np.where(np.isneginf(d), -3 * least, np.minimum(scaled, 3 * least))
    by_t = len(near) > 2 and near.mean() > t(len(near)) * stats.sem(near)
    return n > 2 and bool(by_t or (far.any() and capped.mean() > least))


def best(rng):
    for n in (2, 3, 5, 10, 30):
        for others in (1, 9, 53):
            for mean in (0.1, 1.0, 4.0, 30.0):
                d = rng.normal(mean, 1, n)
                yield words("best", n, others, 1.0, d, int(excludes(d, others, 1.0)))
    for n in (2, 3, 4, 8, 20):
        for others in (1, 53):
            for count in sorted({1, n // 3, n // 2, n}):
                for noise in (0.0, 0.5):
                    d = rng.normal(0.1, 1, n)
                    d[:count] = 10 ** rng.uniform(20, 24, count)
                    yield words("best", n, others, noise, d, int(excludes(d, others, noise)))
                    d[:count] = np.inf
                    yield words("best", n, others, noise, d, int(excludes(d, others, noise)))
                    d[-1] = -np.inf
                    yield words("best", n, others, noise, d, int(excludes(d, others, noise)))


def race_p(scores):
    k, m = scores.shape
    means = scores.mean(axis=1)
    best = int(means.argmin())
    if k == 2:
        p = stats.ttest_rel(scores[1 - best], scores[best], alternative="greater").pvalue
        return best, [1.0 if i == best else p for i in range(k)]
    left = scores - scores.mean(axis=0)
    own = left.var(axis=1, ddof=1) * k / (k - 1)
    weights = np.array([min(4.0, (k - 2) * (m - 1)), m - 1.0])
    moderated = np.array([np.average([np.median(own), v], weights=weights) for v in own])
    t = (means - means[best]) / np.sqrt((moderated + moderated[best]) / m)
    return best, [1.0 if i == best else stats.t.sf(t[i], weights.sum()) for i in range(k)]


def race(rng):
    for k in (2, 3, 4, 5, 8, 20):
        for m in (2, 3, 5, 10):
            spread = rng.choice([0.2, 1.0, 5.0], (k, 1))
            scores = rng.normal(0, 3, m) + rng.normal(0, 1.5, (k, 1)) + spread * rng.normal(size=(k, m))
            best, p = race_p(scores)
            yield words("race", k, m, scores, best, p)


def anova_case(method, levels, parents, rows, values, parts, higher, rest):
    return words("anova", method, len(rows), len(levels), levels, parents,
                 [[*row, float(value)] for row, value in zip(rows, values)], len(parts),
                 [[i, j, float(share), int(freedom)] for (i, j), (share, freedom) in parts.items()], higher, rest)


def frame(rows, values):
    table = pd.DataFrame(rows, columns=[f"f{i}" for i in range(len(rows[0]))])
    table["y"] = values
    return table


def grid_cases(rng):
    for levels, repeats in (((2, 3), 1), ((3, 3, 2), 3), ((2, 2, 2, 3), 2), ((4,), 5)):
        points = list(itertools.product(*map(range, levels)))
        effects = rng.normal(0, 1, levels)
        rows = [point for point in points for _ in range(repeats)]
        rng.shuffle(rows)
        rows = [tuple(int(v) for v in row) for row in rows]
        values = np.array([effects[row] + rng.normal(0, 0.3) for row in rows])
        k = len(levels)
        model = ols("y ~ " + " * ".join(f"C(f{i})" for i in range(k)), frame(rows, values)).fit()
        table = anova_lm(model)
        squares, freedoms = table["sum_sq"].to_dict(), table["df"].to_dict()
        total = ((values - values.mean()) ** 2).sum()
        parts, higher, rest = {}, 0.0, 0.0
        for term, square in squares.items():
            of = [i for i in range(k) if f"C(f{i})" in term]
            if repeats == 1 and term == "Residual":
                continue
            if term == "Residual":
                rest = square / total
            elif len(of) > 2:
                higher += square / total
            else:
                parts[(of[0], of[1] if len(of) == 2 else -1)] = square / total, freedoms[term]
        parts = dict(sorted(parts.items(), key=lambda p: (p[0][1] >= 0, p[0])))
        yield anova_case("exact", levels, [0] * k, rows, values, parts, higher, rest)


def indicator(rows, of):
    keys = [tuple(row[i] for i in of) for row in rows]
    return np.array([[float(key == wanted) for wanted in sorted(set(keys))] for key in keys])


def residual(rows, values, terms):
    """The sum of squares that a model leaves, and its rank."""
    columns = [np.ones((len(rows), 1))] + [indicator(rows, term) for term in terms]
    x = np.hstack(columns)
    left = ((values - x @ np.linalg.lstsq(x, values, rcond=None)[0]) ** 2).sum()
    return left, np.linalg.matrix_rank(x)


def by_residuals(levels, parents, rows, values):
    """Type II sums of squares with nesting, by their definition."""
    k = len(levels)
    terms = [(i,) for i in range(k)]
    terms += [(i, j) for i in range(k) for j in range(i + 1, k)
              if not (parents[i] >> j & 1 or parents[j] >> i & 1)]

    def ancestry(term):
        return set(term) | {p for i in term for p in range(k) if parents[i] >> p & 1}

    total = ((values - values.mean()) ** 2).sum()
    parts = {}
    for term in terms:
        others = [t for t in terms if t != term and not set(term) <= ancestry(t)]
        without, rank_without = residual(rows, values, others)
        with_it, rank = residual(rows, values, others + [term])
        parts[(term[0], term[1] if len(term) == 2 else -1)] = ((without - with_it) / total,
                                                               rank - rank_without)
    return parts, residual(rows, values, terms)[0] / total


def fit_cases(rng):
    # A full grid with holes, which every interaction survives.
    levels = (3, 3, 2)
    points = list(itertools.product(*map(range, levels)))
    rows = [p for p in points for _ in range(3)]
    rows = [row for i, row in enumerate(rows) if i % 7 != 3]
    values = np.array([row[0] + 0.5 * row[1] * row[2] + rng.normal(0, 0.5) for row in rows])
    model = ols("y ~ (C(f0) + C(f1) + C(f2)) ** 2", frame(rows, values)).fit()
    table = anova_lm(model, typ=2)
    squares, freedoms = table["sum_sq"].to_dict(), table["df"].to_dict()
    total = ((values - values.mean()) ** 2).sum()
    parts = {}
    for i, j in ((0, -1), (1, -1), (2, -1), (0, 1), (0, 2), (1, 2)):
        term = f"C(f{i})" if j < 0 else f"C(f{i}):C(f{j})"
        parts[(i, j)] = squares[term] / total, freedoms[term]
    checked, rest = by_residuals(levels, (0, 0, 0), rows, values)
    assert np.allclose([*parts.values()], [*checked.values()], atol=1e-12), (parts, checked)
    assert np.isclose(rest, squares["Residual"] / total)
    yield anova_case("type2", levels, (0, 0, 0), rows, values, parts, np.nan, rest)
    # f1 applies at f0 = 1 only, as momentum does to sgd: its value 2 stands for "none". Crossed
    # with f2, some points missing.
    for f0_levels, parents in ((2, (0, 1, 0)), (3, (0, 1, 0))):
        points = [(0, 2), (1, 0), (1, 1)] + ([(2, 2)] if f0_levels == 3 else [])
        rows = [(a, b, c) for a, b in points for c in range(3) for _ in range(2)]
        rows = [row for i, row in enumerate(rows) if i % 11 != 5]
        values = np.array([a + 0.3 * b + 0.2 * c * a + rng.normal(0, 0.2) for a, b, c in rows])
        levels = (f0_levels, 3, 3)
        parts, rest = by_residuals(levels, parents, rows, values)
        yield anova_case("nested", levels, parents, rows, values, parts, np.nan, rest)
    # Whole cells missing, so that an interaction has fewer degrees of freedom than it might.
    levels = (4, 3)
    rows = [(a, b) for a in range(4) for b in range(3) if (a, b) not in ((0, 2), (3, 0), (3, 1))
            for _ in range(2)]
    values = np.array([a * b + rng.normal(0, 1) for a, b in rows])
    parts, rest = by_residuals(levels, (0, 0), rows, values)
    yield anova_case("nested", levels, (0, 0), rows, values, parts, np.nan, rest)


def main():
    folder = pathlib.Path(__file__).resolve().parents[1] / "tests" / "golden" / "stats"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else folder
    head = (f"# made by scripts/stats-golden.py, which explains the format; scipy {scipy.__version__},"
            f" statsmodels {statsmodels.__version__}, numpy {np.__version__}\n")
    files = {"distributions": distributions(), "holm": holm(np.random.default_rng(1)),
             "paired": paired(np.random.default_rng(2)),
             "interaction": interaction(np.random.default_rng(3)),
             "best": best(np.random.default_rng(4)),
             "race": race(np.random.default_rng(7)),
             "anova": itertools.chain(grid_cases(np.random.default_rng(5)),
                                      fit_cases(np.random.default_rng(6)))}
    for name, lines in files.items():
        (folder / f"{name}.txt").write_text(head + "".join(line + "\n" for line in lines))


if __name__ == "__main__":
    main()
