"""sensitivity: a model's published figures under every choice that can be argued about."""

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from varmodel.errors import SpecError, VarmodelWarning
from varmodel.frame import prepare
from varmodel.inference.progress import Progress
from varmodel.numerics.threads import on_one_blas_thread
from varmodel.spec import ModelSpec, as_unit_cost
from varmodel.spec.library import as_model
from varmodel.studies.nil import require_relevance
from varmodel.studies.universes.comparisons import (
    flips,
    providers_table,
    rank_correlations,
    tornado,
)
from varmodel.studies.universes.kept import Kept
from varmodel.studies.universes.outcomes import Outcome
from varmodel.studies.universes.plan import default_plan
from varmodel.studies.universes.product import (
    Dimensions,
    choose_universes,
    options_alone,
    read_dimensions,
)
from varmodel.studies.universes.runs import Runner
from varmodel.studies.universes.shares import Totals, share_out_variance
from varmodel.studies.universes.universe import Universe
from varmodel.values import check_seed

SHARE_COLUMNS = ("input", "share", "mcse", "variance")


@dataclass(frozen=True, slots=True, eq=False)
class Sensitivity:
    """What is published, under every choice that was tried.

    Attributes
    ----------
    spec : ModelSpec
        The base.
    dimensions : tuple of str
        Names of the choices: columns of ``table``.
    currency : str
        Of the totals; empty where the model has no price.
    table : pandas.DataFrame
        A row a universe, the base first, the index ``universe`` its number. A column a dimension
        (the option), then ``total``, ``lower``, ``upper`` (posterior mean of the total saving and
        its 95 % interval), ``rankability`` (posterior median), ``verdict`` (distinguishable;
        detectable: real, but not shown to matter; chance; provisional: the prior and the data
        disagree), ``code`` (why a universe was refused, else empty), ``seconds``,
        ``rank_correlation`` (of expected ranks, Spearman, with the base's).
    providers : pandas.DataFrame
        ``universe``, ``provider``, ``expected_rank``, ``prob_top_quarter``, ``prob_saving`` and
        what the flips are read from.
    tornado : pandas.DataFrame
        Each option alone about the base: ``dimension``, ``option``, ``universe``, ``total``,
        ``lower``, ``upper``, ``difference`` from the base's total, ``mcse`` (Monte Carlo error of
        the difference: paired where both share a fit, else as of independent ones, which is
        rather too large), ``code``; the dimension that moves the total most first. A difference of
        no more than twice its ``mcse`` is within simulation error: read it as none.
    flips : pandas.DataFrame
        A row a provider of whom some universe says something else: ``provider``, ``verdict``
        (``place``: top, middle, bottom at probability .95, or not sure; ``named``; ``end``: first
        or last by expected rank), what the ``base`` says and what the ``other``, in how many
        ``universes`` of those ``compared``.
    shares : pandas.DataFrame
        Shares of the variance of the total, over universes that weigh alike and over draws:
        ``input`` (each dimension, posterior, price; of a sample of the universes also interactions
        and unexplained), ``share`` (they add up to 1), ``mcse``, ``variance``.
    """

    spec: ModelSpec
    dimensions: tuple[str, ...]
    currency: str
    table: pd.DataFrame
    providers: pd.DataFrame
    tornado: pd.DataFrame
    flips: pd.DataFrame
    shares: pd.DataFrame

    def __repr__(self) -> str:
        """Say how many universes ran, and between what the total lies."""
        ran = self.table[self.table["code"] == ""]
        totals = ran["total"].dropna()
        said = f"Sensitivity of {self.spec.name}: {len(ran)} of {len(self.table)} universes ran"
        if not len(totals):
            return said
        low, high = totals.min(), totals.max()
        return f"{said}; total {totals.iloc[0]:.4g} ({low:.4g} to {high:.4g}) {self.currency}"

    def tables(self) -> dict[str, pd.DataFrame]:
        """Give what can be written: the tables by name, without the times that a run took."""
        universes = self.table.drop(columns="seconds").reset_index()
        rest = ("providers", "tornado", "flips", "shares")
        return {"universes": universes, **{name: getattr(self, name) for name in rest}}


@on_one_blas_thread
def sensitivity(
    spec: "ModelSpec | str | os.PathLike[str]",
    table: "object | str | os.PathLike[str]",
    dimensions: Mapping[str, Mapping[str, Mapping[str, object]]] | None = None,
    *,
    random_seed: int,
    sample: int | None = None,
    folder: "str | os.PathLike[str] | None" = None,
    jobs: int | None = None,
    progressbar: bool = True,
) -> Sensitivity:
    """Publish again under every combination of choices, and set the results side by side.

    Parameters
    ----------
    spec : ModelSpec, str or path-like
        The base.
    table : data frame or path
        As :func:`varmodel.prepare` takes it.
    dimensions : mapping, optional
        Name of a choice -> option -> fields of the model that change; the first option of each
        is the base, mostly ``{}``. Priors are put over the model's, other fields replaced whole.
        Beside the fields an option may state ``releasable``, the share of a saving that is cash
        (a number, or low, mode and high of a PERT distribution), and ``closure``, the share of
        the gap that is closed, as :func:`varmodel.money.released` takes them.
        By default :func:`default_plan`, each option alone about the base unless ``sample`` says
        how many.
    random_seed : int
        At least 0. All universes share it, so that what differs between them is not chance.
    sample : int, optional
        How many universes are run: the base, each option alone, then others by lot. By default
        the product of all options.
    folder : str or path-like, optional
        Keeps what is done: a run that was killed goes on from there, to the same bytes.
    jobs : int, optional
        Processes, as in ``vm.batch.fit_many``; by default one for a handful of fits, else 2. It
        changes no number.
    progressbar : bool
        Whether a terminal shows what is running and how much is left.

    Returns
    -------
    Sensitivity
        Read the range of ``table["total"]`` before any one total, and ``flips`` before any name.
        That nothing moves says that these choices do not matter, not that others would not.
        Universes that differ in benchmark, peers, price or releasable share alone share a fit.
        How uncertain the releasable share is counts as the posterior's part in ``shares``.

    Raises
    ------
    SpecError
        CONFIG.VALUE, CONFIG.KEY for dimensions, a sample or a folder that do not fit.
    VarmodelError
        That of the base where it is refused. Another universe that is refused is a row with its
        code.
    OutputError
        OUTPUT.LOCKED while another process uses the folder; OUTPUT.EXISTS where it holds
        something else.
    """
    spec, seed = as_model(spec), check_seed(random_seed)
    if dimensions is None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VarmodelWarning)  # the run of the base says them
            dimensions = default_plan(spec, prepare(spec, table))
        sample = 1 + len(options_alone(read_dimensions(dimensions))) if sample is None else sample
    read = read_dimensions(dimensions)
    chosen = choose_universes(read, sample=sample, random_seed=seed)
    universes = [_universe_of(read, spec, options) for options in chosen]
    if isinstance(universes[0], Universe):
        require_relevance(universes[0].spec)
    labels = [_label(read, options) for options in chosen]
    with (
        Kept.opened(folder, settings={"random_seed": seed}) as kept,
        Progress(shown=progressbar) as bar,
    ):
        runner = Runner(table, seed, kept, bar, jobs)
        runner.run(universes, labels)
    done = [runner.done[place] for place in range(len(chosen))]
    return _gather(read, chosen=chosen, universes=universes, done=done, random_seed=seed)


def _universe_of(
    dimensions: Dimensions, spec: ModelSpec, options: tuple[int, ...]
) -> Universe | SpecError:
    try:
        return dimensions.universe_of(spec, options)
    except SpecError as error:
        return error


def _label(dimensions: Dimensions, options: tuple[int, ...]) -> str:
    """Name a universe by what it changes."""
    named = dimensions.labels_of(options).items()
    moved = [f"{name}: {label}" for (name, label), k in zip(named, options, strict=True) if k]
    return ", ".join(moved) or "the base"


def _gather(
    dimensions: Dimensions,
    *,
    chosen: Sequence[tuple[int, ...]],
    universes: Sequence[Universe | SpecError],
    done: Sequence[tuple[Outcome, float]],
    random_seed: int,
) -> Sensitivity:
    outcomes = [outcome for outcome, _ in done]
    columns = pd.DataFrame([dimensions.labels_of(options) for options in chosen])
    names = ("total", "lower", "upper", "rankability", "verdict", "code")
    figures = pd.DataFrame({name: [getattr(x, name) for x in outcomes] for name in names})
    figures["seconds"] = [seconds for _, seconds in done]
    figures["rank_correlation"] = rank_correlations(outcomes)
    table = pd.concat([columns, figures], axis=1)
    base = next(x.spec for x in universes if isinstance(x, Universe))
    return Sensitivity(
        spec=base,
        dimensions=dimensions.names,
        currency="" if base.unit_cost is None else as_unit_cost(base.unit_cost).currency,
        table=table.rename_axis("universe"),
        providers=providers_table(outcomes),
        tornado=tornado(dimensions, outcomes, chosen=chosen),
        flips=flips(outcomes),
        shares=_shares(
            dimensions, chosen=chosen, universes=universes, outcomes=outcomes, seed=random_seed
        ),
    )


def _shares(
    dimensions: Dimensions,
    chosen: Sequence[tuple[int, ...]],
    universes: Sequence[Universe | SpecError],
    *,
    outcomes: Sequence[Outcome],
    seed: int,
) -> pd.DataFrame:
    ran = [place for place, outcome in enumerate(outcomes) if np.isfinite(outcome.total)]
    if not ran:
        return pd.DataFrame(columns=list(SHARE_COLUMNS))
    kept = [outcomes[place] for place in ran]
    digests = list(_digests(universes[place] for place in ran))
    number = {digest: place for place, digest in enumerate(dict.fromkeys(digests))}
    gap, gap_sd, price, price_sd, mean, error = (
        np.array([getattr(x, name) for x in kept])
        for name in ("gap_mean", "gap_sd", "price_mean", "price_sd", "total", "mcse")
    )
    variance = price**2 * gap_sd**2 + gap**2 * price_sd**2 + gap_sd**2 * price_sd**2
    totals = Totals(
        names=dimensions.names,
        options=np.array([chosen[place] for place in ran], dtype=np.int64),
        mean=mean,
        error=error,
        fits=np.array([number[digest] for digest in digests], dtype=np.int64),
        gap=gap,
        gap_sd=gap_sd,
        price=price,
        price_sd=price_sd,
        ess=np.divide(variance, error**2, out=np.full(len(ran), np.inf), where=error > 0),
        whole=len(chosen) == dimensions.count,
    )
    return share_out_variance(totals, random_seed=seed)


def _digests(universes: Iterator[Universe | SpecError]) -> Iterator[str]:
    return (one.draws_digest for one in universes if isinstance(one, Universe))
