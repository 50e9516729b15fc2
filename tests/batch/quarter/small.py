"""A small quarter on disk: models and tables of its own, nothing of the library."""

import numpy as np
import pandas as pd

from tests.fits.hand_made import make_spec

SEED = 7
PROVIDERS = ["R01", "R02", "R03", "R04", "R05", "R06"]


def table(*, rate=0.1, seed=1, cases=400):
    """Return six trusts' counts about a rate, far enough apart to be told from chance."""
    rng = np.random.default_rng(seed)
    level = np.array([0.5, 0.7, 0.9, 1.2, 1.5, 1.9]) * rate
    size = rng.integers(cases, 2 * cases, 6)
    return pd.DataFrame({"trust": PROVIDERS, "deaths": rng.binomial(size, level), "cases": size})


def write_quarter(folder, *names, more="", **tables):
    """Write models, tables and the configuration; return its path. Tables may be given."""
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    text = 'schema = 1\ntitle = "A small quarter"\ndisclosure = "none"\n'
    for seed, name in enumerate(names):
        (folder / f"{name}.toml").write_text(make_spec(name=name, title=f"The {name}").to_toml())
        made = tables.get(name, table(seed=seed))
        made.to_csv(folder / "tables" / f"{name}.csv", index=False)
        text += f'[[indicator]]\nmodel = "{name}.toml"\ntable = "tables/{name}.csv"\n'
    path = folder / "quarter.toml"
    path.write_text(text + more)
    return path


def contents(folder, *, without=("seconds.csv",)):
    """Return every file of a folder, by its path within, hidden ones too."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
    return {name: data for name, data in found.items() if name not in without}
