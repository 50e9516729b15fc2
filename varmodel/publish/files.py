"""A run's folder: the fit, a manifest, and CSV files that no spreadsheet turns into formulas."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from varmodel.fits import save_fit
from varmodel.fits.folder import sha256
from varmodel.numerics.threads import on_one_blas_thread
from varmodel.publish.disclosure.policies import NO_POLICY, policy_of
from varmodel.publish.disclosure.tables import protect
from varmodel.publish.published import Published
from varmodel.publish.quarter.from_analysis import facts_of
from varmodel.publish.tables.data_frames import tables_of

RUN_SCHEMA = 1
RUN_MANIFEST = "manifest.json"
REPORT = "report.html"
_FROM_DRAWS = (
    *("sampler", "instead_of_marginal", "random_seed", "attempts"),
    *("provisional", "provisional_reason"),
)
_NIL = (
    *("distinguishable", "p_value", "prob_relevant", "upper", "alpha"),
    "prior_prob_relevant",
)
#: What a spreadsheet would run, and the same texts once neutralised.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


#: What a run under a policy leaves out, and why: it cannot be protected.
LEFT_OUT = {
    "fit": "the draws and the table behind them hold every count as it was given",
    REPORT: "its pictures and tables show crude figures; the site of a quarter is their like",
    "source_hash": "a guess of the table could be held against it",
}


@on_one_blas_thread
def write_run(folder: Path, *, x: Published, disclosure: str = NO_POLICY) -> None:
    """Write fit/, the CSV files and manifest.json into a folder, which may hold a report.

    Parameters
    ----------
    folder : Path
    x : Published
    disclosure : str
        Name of a policy for small numbers. Under one that hides any the CSV files go through it,
        what cannot be protected (`LEFT_OUT`) is not written, and the manifest says why; the
        folder then holds no report.

    Raises
    ------
    SpecError
        CONFIG.VALUE for an unknown policy.
    """
    policy, tables = policy_of(disclosure), tables_of(x)
    kept: dict[str, object] = describe_run(x)
    if policy.hides:
        tables = protect(tables, facts_of(x), policy=policy)
        told = {"disclosure": policy.words, "left_out": LEFT_OUT}
        kept = {name: value for name, value in kept.items() if name not in LEFT_OUT} | told
    else:
        save_fit(x.fit, folder / "fit")
    write_tables(tables, folder)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    manifest = {
        "schema": RUN_SCHEMA,
        **kept,
        "files": {path.relative_to(folder).as_posix(): sha256(path) for path in files},
    }
    (folder / RUN_MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def describe_run(x: Published) -> dict[str, object]:
    """Say what a run's figures were made of, and both verdicts: text, numbers and None."""
    fit = x.fit
    return {
        "model": fit.spec.name,
        "spec_digest": fit.spec.digest,
        "fit_digest": fit.spec.fit_digest,
        "source_hash": fit.frame.attrs["source_hash"],
        **{name: fit.draws.attrs[name] for name in _FROM_DRAWS if name in fit.draws.attrs},
        "versions": json.loads(fit.draws.attrs["versions"]),
        "nil": {name: _finite(value) for name, value in asdict(x.nil).items() if name in _NIL},
        "shape": {name: getattr(x.shape, name) for name in ("p_value", "passed", "reason")},
    }


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write each table as NAME.csv: UTF-8, full precision, formula starts neutralised."""
    for name, table in tables.items():
        neutral(table).to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")


def neutral(table: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before texts that a spreadsheet would run.

    Nothing is lost: of a text that starts with apostrophes and one of ``= + - @ TAB CR``, the
    first apostrophe is ours.
    """
    texts = [name for name in table.columns if not pd.api.types.is_numeric_dtype(table[name])]
    return table.assign(**{name: table[name].map(_neutral_text) for name in texts})


def _neutral_text(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def _finite(value: float) -> float | None:
    """JSON has no NaN."""
    return value if math.isfinite(value) else None
