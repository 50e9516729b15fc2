"""varmodel quarter: every indicator of a quarter, its national figures and its site."""

from collections.abc import Generator, Iterator

from varmodel.batch import Quarter, run_quarter
from varmodel.texts import visible


def run_config(config: str, *, out: str, seed: int, jobs: int | None) -> Quarter:
    """Run a quarter into its folder; one that was stopped goes on.

    Parameters
    ----------
    config : str
        Path of the configuration.
    out : str
        The folder: absent, empty, or that of the same seed.
    seed : int
    jobs : int or None
        Number of processes.

    Returns
    -------
    Quarter
    """
    return run_quarter(config, out, random_seed=seed, jobs=jobs)


def told(found: Quarter, *, out: str) -> Generator[str]:
    """Say what ran, what it comes to, and that the folder is there.

    Yields
    ------
    str
    """
    yield repr(found)
    kept = len(found.facts.indicators) + len(found.facts.refused) - len(found.made)
    if kept:
        yield f"{kept} of them had been done before and had not changed"
    yield f"Written to {out}"


def refusal_lines(found: Quarter) -> Iterator[str]:
    """Say of each indicator that was refused why, in the order of the configuration."""
    for name, error in found.refused.items():
        yield visible(f"refused: {name}: {error}")
