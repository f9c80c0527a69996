#!/usr/bin/env python3
"""Draw the road from the deck's network to a good one as a page: road.py DATABASE > road.html

The test error of each step on a logarithmic scale, and what the step gained with its 95 % interval over the seeds, as
`sweep compare` has it. $SWEEP is the program (default: sweep).
"""
import html, json, math, os, sqlite3, subprocess, sys

NAMES = ["the deck", "labels mended", "more epochs", "adam", "wider, relu", "batch normalisation", "augmentation",
         "annealed", "learning rate, too", "convolution"]
VARIED = ["train_label_divisor", "epochs", "optimizer", "layers", "augmentation", "augmentation_schedule",
          "learning_rate_schedule"]
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 1180, 520, 64, 40, 30, 92
LARGEST, SMALLEST = 1.0, 0.004


def settings(database):
    """The settings in the config's order: hyperparameters by name, and their mean test accuracy as "reached"."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    return [dict(row) for row in connection.execute(
        "SELECT *, avg(test_accuracy) AS reached FROM sweep_results WHERE status = 'completed'"
        " GROUP BY setting ORDER BY min(position)")]


def written(value):
    """A hyperparameter's value as `sweep compare` writes it."""
    return value if isinstance(value, str) else f"{value:g}"


def gain(database, before, after):
    """What a step brought: {mean, low, high}."""
    changed = [name for name in VARIED if before[name] != after[name]]
    name, = (name for name in changed if before[name] is not None)
    # What the step alone gives a meaning to is held at what it has from then on.
    held = [f"--where={other}={written(after[other])} or {other}=none" for other in changed if other != name]
    output = subprocess.run([os.environ.get("SWEEP", "sweep"), "compare", "--db", database, "--json", *held,
                             "--reference", written(before[name]), "--", name],
                            check=True, capture_output=True, text=True).stdout
    values = json.loads(output)["hyperparameters"][0]["values"]
    difference, = (each["difference"] for each in values if written(each["value"]) == written(after[name]))
    return difference


def points(number):
    """A difference of accuracies in percentage points, with two digits that count."""
    return f"{100 * number:.{max(0, 1 - math.floor(math.log10(abs(100 * number) or 1)))}f}"


def picture(steps):
    x = lambda i: LEFT + (WIDTH - LEFT - RIGHT) * (i + 0.5) / len(steps)
    y = lambda error: TOP + (HEIGHT - TOP - BOTTOM) * math.log(LARGEST / error) / math.log(LARGEST / SMALLEST)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}">']
    for error in (1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005):
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(error):.1f}" y2="{y(error):.1f}"/>'
                     f'<text class="axis" x="{LEFT - 8}" y="{y(error) + 4:.1f}" text-anchor="end">{100 * error:g} %</text>')
    line = " ".join(f"{x(i):.1f},{y(1 - mean):.1f}" for i, (_, mean, _) in enumerate(steps))
    parts.append(f'<polyline points="{line}"/>')
    for i, (name, mean, difference) in enumerate(steps):
        at = y(1 - mean)
        parts.append(f'<circle cx="{x(i):.1f}" cy="{at:.1f}" r="6"/>'
                     f'<text class="value" x="{x(i) + 9:.1f}" y="{at - 10:.1f}" text-anchor="middle">{100 * mean:.2f} %</text>')
        name = html.escape(name)
        parts.append(f'<text class="step" x="{x(i):.1f}" y="{HEIGHT - BOTTOM + 28}" text-anchor="middle">{name}</text>')
        if difference:
            sign = "+" if difference["mean"] >= 0 else ""
            parts.append(f'<text class="gain" x="{x(i):.1f}" y="{HEIGHT - BOTTOM + 50}" text-anchor="middle">'
                         f'{sign}{points(difference["mean"])}</text>'
                         f'<text class="range" x="{x(i):.1f}" y="{HEIGHT - BOTTOM + 68}" text-anchor="middle">'
                         f'{points(difference["low"])} to {points(difference["high"])}</text>')
    return "\n".join(parts + ["</svg>"])


def main():
    database = sys.argv[1]
    reached = settings(database)
    if len(reached) != len(NAMES):
        sys.exit(f"road.py: {database} has {len(reached)} settings, not the {len(NAMES)} of road.yaml")
    gains = [None, *(gain(database, before, after) for before, after in zip(reached, reached[1:]))]
    steps = [(name, setting["reached"], difference) for name, setting, difference in zip(NAMES, reached, gains)]
    print(f"""<!doctype html>
<meta charset="utf-8">
<title>From the deck's network to a good one</title>
<style>
body {{ margin: 16px; background: #fff; color: #1d2128; font: 14px "DejaVu Sans", sans-serif; }}
.grid {{ stroke: #e1e4ea; }} .axis, .range {{ fill: #5c6470; font-size: 12px; }} .step {{ font-size: 12px; }}
.gain {{ font-weight: bold; font-size: 14px; }} .value {{ font-size: 13px; }}
polyline {{ fill: none; stroke: #2f6fb3; stroke-width: 2.5; }} circle {{ fill: #2f6fb3; }}
</style>
<p>Error on MNIST's test images, the accuracy beside each point, mean over 10 seeds; below, what a step gained in
percentage points, and its 95 % interval.</p>
{picture(steps)}""")


if __name__ == "__main__":
    main()
