"""varmodel run: from a model and a table to a folder."""

from collections.abc import Generator

from varmodel.analysis.analyse import analyse
from varmodel.fits.folder import build_folder, is_empty, reserve
from varmodel.publish import write_run
from varmodel.publish.files import REPORT
from varmodel.spec import load_model


def run_model(model: str, table: str, *, out: str, seed: int, provisional: bool) -> Generator[str]:
    """Analyse a table and write its folder whole.

    Parameters
    ----------
    model, table, out : str
        A model's name or path; path of the table; the folder, absent or empty.
    seed : int
    provisional : bool
        Whether figures are written though the sampler's checks are not passed.

    Yields
    ------
    str
        The headline, then that the folder is there.
    """
    with reserve(out, may_replace=is_empty) as place:
        spec = load_model(model)
        analysis = analyse(spec, table, random_seed=seed, provisional=provisional)
        with build_folder(place, may_replace=is_empty) as folder:
            analysis.report(folder / REPORT)
            write_run(folder, x=analysis)
            yield str(analysis)  # before the folder has its name: who cannot print it is refused
    yield f"Written to {out}"
