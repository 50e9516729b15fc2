"""varmodel run: from a model and a table to a folder."""

from collections.abc import Generator

from varmodel.analysis.analyse import analyse
from varmodel.fits.folder import build, is_empty, reserve
from varmodel.publish import write_run
from varmodel.publish.files import REPORT
from varmodel.spec import load_model


def run_model(model: str, table: str, *, out: str, seed: int, provisional: bool) -> Generator[str]:
    """Analyse a table and write its folder whole; give the headline, then say that it is there."""
    with reserve(out, may_replace=is_empty) as place:
        spec = load_model(model)
        analysis = analyse(spec, table, random_seed=seed, provisional=provisional)
        with build(place, may_replace=is_empty) as folder:
            analysis.report(folder / REPORT)
            write_run(
                folder,
                fit=analysis.fit,
                nil=analysis.nil,
                shape=analysis.shape,
                tables=analysis.tables(),
            )
            yield str(analysis)  # before the folder has its name: who cannot print it is refused
    yield f"Written to {out}"
