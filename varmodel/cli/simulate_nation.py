"""varmodel simulate-nation: a made-up quarter to run, and its truth, in a folder."""

from collections.abc import Generator

from varmodel.batch.nation import NationSize, write_nation
from varmodel.fits.folder import build_folder, is_empty, reserve


def make_nation(size: NationSize, *, out: str, seed: int) -> Generator[str]:
    """Write a nation's folder whole, or nothing.

    Parameters
    ----------
    size : NationSize
    out : str
        The folder, absent or empty.
    seed : int

    Yields
    ------
    str
        What was made, and where; what to do with it.
    """
    with (
        reserve(out, may_replace=is_empty) as place,
        build_folder(place, may_replace=is_empty) as folder,
    ):
        names = list(write_nation(folder, size, random_seed=seed))
        yield (
            f"A made-up nation: {size.trusts} acute trusts, {size.pcts} primary care trusts, "
            f"{len(names)} indicators, {size.quarters} quarters"
        )
    yield f"Written to {out}; the truth behind its tables is in {out}/truth"
