"""The digests of trials that a test has changed or made up, as the program makes them."""

import hashlib
import pathlib
import re

SEARCH = pathlib.Path(__file__).resolve().parents[2] / "src/search"
SPACE = SEARCH / "space.h"
ARITHMETIC = re.search(r"#define ARITHMETIC_VERSION (\d+)", SPACE.read_text())[1]
BOOLEANS = ("nesterov", "centered", "amsgrad", "use_ema")
# Hyperparameters that came later, of which a digest has what is not the default.
LATER = {(re.search(r'\.column = "(\w+)"', row) or re.search(r'\.name = "(\w+)"', row))[1]: re.search(r'\.standard = "([^"]*)"', row)[1]
         for row in (SEARCH / "hyperparameter.c").read_text().split("\n    [HP_") if ".later = true" in row}


def number(value):
    """The fewest digits that read back as the same, as the program writes them."""
    texts = (f"{value:.{digits}g}" for digits in (15, 16, 17))
    return next(text for text in texts if float(text) == value)


def line(column, value):
    if isinstance(value, float):
        value = number(value)
    elif column in BOOLEANS:
        value = "true" if value else "false"
    if column in LATER and str(value) == LATER[column]:
        return ""
    return f"{'loss' if column == 'loss_function' else column}={value}\n"


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def identify(connection):
    """Give all trials the digests of what their rows say."""
    columns = [row[1] for row in connection.execute("PRAGMA table_info(trials)")]
    names = columns[columns.index("setting") + 1:columns.index("dataset")]
    rows = connection.execute(
        f"SELECT trial_id, seed, (SELECT dataset_digest FROM sweep_trials s JOIN sweeps USING (sweep_id)"
        f" WHERE s.trial_id = t.trial_id LIMIT 1), {', '.join(names)} FROM trials t").fetchall()
    identities = []
    for trial, seed, dataset, *values in rows:
        setting = digest("".join(line(*pair) for pair in zip(names, values) if pair[1] is not None))
        own = digest(f"setting={setting}\nseed={seed}\ndataset={dataset}\narithmetic={ARITHMETIC}\n")
        identities.append((setting, own, trial))
    # Equal trials can't be told apart, which is no test's affair.
    connection.executemany("UPDATE OR IGNORE trials SET setting = ?, digest = ? WHERE trial_id = ?", identities)
    connection.commit()
