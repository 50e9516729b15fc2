"""varmodel run: from a model and a table to a folder."""

import warnings
from collections.abc import Generator, Sequence

from varmodel.analysis.analyse import analyse
from varmodel.analysis.foresee import with_forecast
from varmodel.errors import VarmodelWarning
from varmodel.fits.folder import build_folder, is_empty, reserve
from varmodel.frame import prepare
from varmodel.numerics.once import made_once
from varmodel.publish import write_run
from varmodel.publish.disclosure.policies import NO_POLICY, policy_of
from varmodel.publish.files import LEFT_OUT, REPORT
from varmodel.publish.plots.annotation import find_codes
from varmodel.spec import ModelSpec, load_model
from varmodel.spec.files import NamedFile


def run_model(
    model: str,
    table: str | NamedFile,
    *,
    out: str,
    seed: int,
    provisional: bool,
    highlight: Sequence[str] = (),
    report: bool = True,
    disclosure: str = NO_POLICY,
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
    highlight : sequence of str
        Codes of providers that the report marks.
    report : bool
        Whether the page is written: its pictures take longer than most fits.
    disclosure : str
        Name of a policy for small numbers; under one that hides any there is no page.

    Yields
    ------
    str
        The headline, what the forecast took where it was scored, that the folder is there, and
        what a policy left out of it.
    """
    hides = policy_of(disclosure).hides
    with reserve(out, may_replace=is_empty) as place:
        spec = load_model(model)
        _require_codes(spec, table, highlight)
        analysis = analyse(spec, table, random_seed=seed, provisional=provisional)
        analysis, told = with_forecast(analysis, table, random_seed=seed)
        with build_folder(place, may_replace=is_empty) as folder:
            with made_once():  # page, files and headline read the same tables
                if report and not hides:
                    analysis.report(folder / REPORT, highlight=highlight)
                write_run(folder, x=analysis, disclosure=disclosure)
                headline = str(analysis)
            yield headline  # before the folder has its name: who cannot print it is refused
            if told:
                yield told
    yield f"Written to {out}"
    for name, why in LEFT_OUT.items() if hides else ():
        yield f"Left out under {disclosure}: {name}, for {why}"


def _require_codes(spec: ModelSpec, table: str | NamedFile, highlight: Sequence[str]) -> None:
    """Refuse a code that the table has not before anything is fitted."""
    if not highlight:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VarmodelWarning)  # the analysis says them
        frame = prepare(spec, table)
    find_codes([str(code) for code in frame["provider"].to_numpy()], highlight)
