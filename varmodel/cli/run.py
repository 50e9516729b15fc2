"""varmodel run: from a model and a table to a folder."""

from collections.abc import Generator

from varmodel.analysis.analyse import analyse
from varmodel.analysis.foresee import with_forecast
from varmodel.fits.folder import build_folder, is_empty, reserve
from varmodel.publish import write_run
from varmodel.publish.files import REPORT
from varmodel.spec import load_model
from varmodel.spec.files import NamedFile


def run_model(
    model: str, table: str | NamedFile, *, out: str, seed: int, provisional: bool
) -> Generator[str]:
    """Analyse a table and write its folder whole.

    Parameters
    ----------
    model : str
        A model's name or path.
    table : str or NamedFile
        Path of the table.
    out : str
        The folder, absent or empty.
    seed : int
    provisional : bool
        Whether figures are written though the sampler's checks are not passed.

    Yields
    ------
    str
        The headline, what the forecast took where it was scored, and that the folder is there.
    """
    with reserve(out, may_replace=is_empty) as place:
        spec = load_model(model)
        analysis = analyse(spec, table, random_seed=seed, provisional=provisional)
        analysis, told = with_forecast(analysis, table, random_seed=seed)
        with build_folder(place, may_replace=is_empty) as folder:
            analysis.report(folder / REPORT)
            write_run(folder, x=analysis)
            yield str(analysis)  # before the folder has its name: who cannot print it is refused
            if told:
                yield told
    yield f"Written to {out}"
