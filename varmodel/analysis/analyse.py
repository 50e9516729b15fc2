"""analyse: the only place that knows all the steps from a table to published figures."""

import html
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from varmodel.errors import warn
from varmodel.fits import Diagnosis, Fit
from varmodel.fits.diagnostics import gate, require
from varmodel.fits.fit import FAILED_GATE
from varmodel.frame import prepare
from varmodel.frame.checks.saturation import entangled_problem
from varmodel.inference import fit as draw
from varmodel.numerics.threads import on_one_blas_thread
from varmodel.publish import Published, headline, tables_of, write_printed, write_report
from varmodel.spec import ModelSpec
from varmodel.spec.library import as_model
from varmodel.studies import (
    Figures,
    judge_nil,
    judge_order,
    judge_shape,
    make_checks,
    make_figures,
    prior_conflict,
    require_relevance,
    split_problem,
)
from varmodel.studies.figures import require_level
from varmodel.studies.shape import compare_with_like

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Iterable

    from varmodel.studies import Certificate, Sensitivity, Stacking


@dataclass(frozen=True, eq=False)  # slots=True would lose the refusal to set a property
class Analysis(Published):
    """Everything that is published of one model and one table.

    Attributes
    ----------
    fit : Fit
        Joint posterior draws with their frame.
    figures : Figures
        What is computed from the draws: the rates, ranks, savings and rankability below.
    nil : NilVerdict
        Whether there is variation to save on; read it before any saving.
    shape : Shape
        Whether the shape of the effects is believed, and the total with a flexible one; read it
        with any total.
    diagnosis : Diagnosis
        The gate on rates, ranks and totals; ``reasons`` also say where the prior of provider_sd
        and the data disagree, which makes every figure provisional.
    checks : Checks
        Whether performance goes with size (``volume``), whether cells cluster (``clustering``),
        which providers the model does not fit (``exchangeable``), and what each excluded
        provider shows by its own figures (``excluded``).
    sensitivity, certificate, stacking : Sensitivity, Certificate, Stacking, or None
        Other studies of the same table, where they were made: `report` takes them.
    forecast : Forecast or None
        How the last period was foreseen from those before it; ``varmodel run`` fills it in.
    spec : ModelSpec
        The model.
    rates : xarray.DataArray (chain, draw, provider)
        Adjusted rates on the reference population, of what lasts or of the coming period:
        ``attrs["part"]`` says which, and ``figures.lasting`` has what lasts beside it.
    ranks : xarray.Dataset or None
        As :func:`varmodel.rank` gives them; None where ``better`` is "neither".
    savings : xarray.Dataset or None
        Savings, annual where the model says what a year is, as :func:`varmodel.savings` gives
        them, with ``named``; None where direction, benchmark, price or activity is missing.
    rankability : xarray.DataArray (chain, draw)
        Share of the differences between providers that is signal.
    """

    __slots__ = ()

    def tables(self) -> dict[str, pd.DataFrame]:
        """Tabulate what is published.

        Returns
        -------
        dict of str to pandas.DataFrame
            ``rates``, ``ranking``, ``savings``, ``totals``, with the columns of
            docs/reference.md; those that do not apply are left out. A ranking is read with its
            intervals; ``savings`` has no row where the nil rule names nobody.
        """
        return tables_of(self)

    def write_tables(
        self, path: "str | os.PathLike[str]", *, names: "Collection[str] | None" = None
    ) -> None:
        """Write tables ready to be published, with their captions and notes.

        Parameters
        ----------
        path : str or path-like
            The file; one of this name is replaced. Its ending says the form: ``.html`` (a page
            that stands by itself), ``.tex`` (to be read in by a document; its first lines name
            the packages), ``.xlsx`` (a sheet a table, numbers in full precision, texts never
            formulas).
        names : collection of str, optional
            Which of ``ranking``, ``rates``, ``savings``, ``totals``, ``diagnostics``, in this
            order; by default all there are.

        Raises
        ------
        SpecError
            CONFIG.VALUE for another ending or name; CONFIG.EXTRA without xlsxwriter.
        OutputError
            OUTPUT.EXISTS where the path is no file; OUTPUT.LOCKED where another process writes
            it for longer than ten seconds; OUTPUT.DENIED, OUTPUT.DISK.
        """
        write_printed(self, path, names=names)

    def report(
        self,
        path: "str | os.PathLike[str]",
        *,
        highlight: "Iterable[str]" = (),
        sensitivity: "Sensitivity | None" = None,
        certificate: "Certificate | None" = None,
        stacking: "Stacking | None" = None,
    ) -> None:
        """Write the report: one HTML page for readers who are no statisticians.

        It says first what may be read from the ranking and what may not; it holds its pictures,
        asks for nothing from anywhere and works without JavaScript. Equal analyses give equal
        bytes.

        Parameters
        ----------
        path : str or path-like
            The file; one of this name is replaced.
        highlight : iterable of str
            Codes of providers that its table and its pictures mark.
        sensitivity : Sensitivity, optional
            What ``vm.studies.sensitivity`` gave of the same model and table: the page then says
            between what the total lies under other choices, and on which it leans.
        certificate : Certificate, optional
            What ``vm.studies.certify`` gave of the fit: passed or not, and what it would have seen.
        stacking : Stacking, optional
            What ``vm.studies.stack`` gave of this and other models: which predicts best.

        Raises
        ------
        SpecError
            CONFIG.VALUE for a code that is not there, and for universes of another model;
            CONFIG.EXTRA without matplotlib.
        OutputError
            OUTPUT.EXISTS where the path is no file; OUTPUT.LOCKED where another process writes
            it for longer than ten seconds; OUTPUT.DENIED, OUTPUT.DISK.
        """
        write_report(
            self,
            path,
            highlight=highlight,
            sensitivity=sensitivity,
            certificate=certificate,
            stacking=stacking,
        )

    def __repr__(self) -> str:
        """Write the headline: what may be read from the ranking, and its ends."""
        return headline(self)

    def _repr_html_(self) -> str:
        return f"<pre style='white-space:pre-wrap'>{html.escape(repr(self))}</pre>"


@on_one_blas_thread
def analyse(
    spec: "ModelSpec | str | os.PathLike[str]",
    table: "object | str | os.PathLike[str]",
    *,
    random_seed: int,
    sampler: str = "auto",
    draws: int = 1000,
    tune: int = 1000,
    chains: int = 4,
    progressbar: bool = True,
    provisional: bool = False,
) -> Analysis:
    """Take a table to adjusted rates, ranks with their uncertainty, and savings.

    Parameters
    ----------
    spec : ModelSpec, str or path-like
        The model, its name in the library or its file.
    table : data frame or path
        As :func:`varmodel.prepare` takes it.
    random_seed : int
        At least 0; fixes draws, prices and bootstrap tables.
    sampler : {"auto", "marginal", "nuts"}
    draws, tune, chains : int
        As :func:`varmodel.fit` takes them.
    progressbar : bool
        Whether a terminal shows what goes on.
    provisional : bool
        Return figures that failed the gate all the same, stamped as provisional.

    Returns
    -------
    Analysis
        Print it for the headline; ``tables()`` for everything. Where the prior of provider_sd
        and the data disagree it is returned too, every figure stamped as provisional;
        ``fit.provisional_reason`` says so.

    Raises
    ------
    InputError, DesignError, SpecError
        As :func:`varmodel.prepare`; CONFIG.KEY also for published values without
        ``nil.smallest_relevant``; CONFIG.VALUE for a benchmark of more of the best than there are.
    ConvergenceError, IncompleteFitError
        As :func:`varmodel.fit`, also where rates, ranks or totals fail the gate.

    Warns
    -----
    VarmodelWarning
        As :func:`varmodel.prepare`; DESIGN.SATURATED also names the providers of whose
        unreliability more than half comes from the coefficients; DESIGN.SPLIT where the table
        hardly tells what lasts from what passes: ranks and money are then of the coming period.
    """
    spec = as_model(spec)
    require_relevance(spec)
    frame = prepare(spec, table)  # 1. data
    require_level(spec, frame)
    fitted = draw(  # 2. draws, gated
        spec,
        frame,
        random_seed=random_seed,
        sampler=sampler,
        draws=draws,
        tune=tune,
        chains=chains,
        progressbar=progressbar,
        provisional=provisional,
    )
    figures, diagnosis = _gated(fitted, random_seed=random_seed, provisional=provisional)  # 3.
    if figures.entangled:
        warn(entangled_problem(figures.entangled))
    if split := split_problem(fitted):
        warn(split)
    total = None if figures.savings is None else figures.savings["total"]
    nil = judge_nil(fitted, total=total, random_seed=random_seed)  # 4. nil rule
    compared = compare_with_like(fitted, random_seed=random_seed)
    shape = judge_shape(  # 5. shape, with a refit
        fitted, total=total, random_seed=random_seed, progressbar=progressbar, compared=compared
    )
    checks = make_checks(  # 6. size, clusters, the unlike, the excluded
        fitted,
        table=table,
        total=total,
        random_seed=random_seed,
        progressbar=progressbar,
        compared=compared,
    )
    order = judge_order(  # 7. sets for all at once, of more draws
        fitted, figures.order, part=figures.part, progressbar=progressbar
    )
    return Analysis(fitted, replace(figures, order=order), nil, shape, diagnosis, checks)


def _gated(fit: Fit, *, random_seed: int, provisional: bool) -> tuple[Figures, Diagnosis]:
    """Make figures and put them to the gate; stamp them where they fail, or the prior overrules."""
    failed = [fit.provisional_reason] if fit.provisional else []
    conflict = [reason for reason in (prior_conflict(fit),) if reason]
    if conflict:
        _stamp(fit, [*failed, *conflict])
    figures = make_figures(fit, random_seed=random_seed)
    diagnosis = gate(figures.structural, figures.by_provider, reasons=failed)
    if not provisional:
        require(diagnosis, what="figures")
    if not diagnosis.passed:
        stamped = fit.provisional
        _stamp(fit, [FAILED_GATE, *conflict])
        if not stamped:
            figures = make_figures(fit, random_seed=random_seed)  # every one with the stamp
    if conflict:
        diagnosis = replace(diagnosis, passed=False, reasons=(*diagnosis.reasons, *conflict))
    return figures, diagnosis


def _stamp(fit: Fit, reasons: list[str]) -> None:
    fit.draws.attrs.update(provisional=1, provisional_reason="; ".join(reasons))
