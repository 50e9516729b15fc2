"""varmodel run: from a model and a table to a folder."""

from varmodel.analysis import analyse
from varmodel.fits.folder import build, is_empty, reserve
from varmodel.publish import write_run
from varmodel.publish.files import REPORT
from varmodel.spec import load_model


def run_model(model: str, table: str, *, out: str, seed: int, provisional: bool) -> str:
    """Analyse a table, write its folder whole, and give the headline."""
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
    return f"{analysis}\nWritten to {out}\n"
