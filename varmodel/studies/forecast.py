"""Whether a model foresees the next period: the last one is left out, predicted, and scored.

Three forecasts of the same rows: with what passes in a period ("full"), without it ("shrunken"),
and by the unshrunken figures of the periods before ("raw").
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from varmodel.errors import fail, show
from varmodel.estimands.draws.source import read_source
from varmodel.estimands.draws.stacked import mean_own
from varmodel.estimands.money.benchmarks import likeliest_effects
from varmodel.estimands.prediction.effects import WantedEffects, effects_of_rows
from varmodel.estimands.ranks.ranking import mid_ranks
from varmodel.families import Cells, Family, take
from varmodel.fits import Fit
from varmodel.frame import pin_transient, prepare
from varmodel.frame.new.rows import NewRows, new_cells, read_new_rows
from varmodel.frame.periods import find_style, is_ambiguous, place, quarters
from varmodel.frame.providers.successors import successor
from varmodel.frame.reading import read_table
from varmodel.frame.reading.where import text_of
from varmodel.inference import fit as sample
from varmodel.numerics import special
from varmodel.numerics.blocks import blocks
from varmodel.numerics.quantiles import inverted_cdf
from varmodel.numerics.streams import generator
from varmodel.numerics.sums import first_of_each
from varmodel.numerics.threads import on_one_blas_thread, share_out, share_out_rows
from varmodel.spec import ModelSpec
from varmodel.values import Array, Index, Mask, check_seed, is_number

FULL, SHRUNKEN, RAW = METHODS = ("full", "shrunken", "raw")
#: Tables that are drawn by the raw figures, which are a single draw.
_RAW_TABLES = 2_000


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """How three forecasts of the last period did.

    Attributes
    ----------
    period : str
        The period that was left out.
    prob : float
        Probability that is claimed for the rank intervals.
    table : pandas.DataFrame
        A row a method: ``method``, ``providers``; ``log_score``, the log of the probability (of
        measurements, density) that it gave each provider's rows, summed over providers: the
        larger the better; ``covered``, the share of the providers whose crude rank lies in its
        interval of crude ranks; ``places``, the mean width of these intervals.
    """

    period: str
    prob: float
    table: pd.DataFrame


@on_one_blas_thread
def score_forecast(
    spec: ModelSpec,
    table: object,
    *,
    random_seed: int,
    draws: int = 1000,
    chains: int = 4,
    prob: float = 0.9,
    progressbar: bool = True,
) -> Forecast:
    """Leave the last period out, fit what is before it, and score what was foreseen.

    Parameters
    ----------
    spec : ModelSpec
        A model with a period column.
    table : pandas, polars or pyarrow table
        In memory, with one period more than the model needs.
    random_seed : int
        At least 0.
    draws, chains : int
        As :func:`varmodel.fit` takes them.
    prob : float
        Probability of the rank intervals, between 0 and 1.
    progressbar : bool
        Whether a terminal shows the two fits.

    Returns
    -------
    Forecast
        Of providers that have a case in the last period and are in the fits. The noise of counting
        at the sizes of the last period is in the intervals. A method whose ``covered`` falls short
        of ``prob`` is surer of the next period's order than it may be.

    Raises
    ------
    SpecError
        CONFIG.VALUE without a period column, for a table that is not in memory or an argument
        out of range; and whatever ``prepare`` and ``fit`` refuse.
    """
    if not is_number(prob) or not 0 < prob < 1:
        fail("CONFIG.VALUE", f"prob must lie between 0 and 1, not {show(prob)}")
    seed = check_seed(random_seed)
    before, after, spec, period = _split(spec, table)
    frame = prepare(spec, before)
    options: dict[str, Any] = {"draws": draws, "chains": chains, "progressbar": progressbar}
    full, shrunken = (
        sample(model, frame, random_seed=seed, **options) for model in (spec, without_time(spec))
    )
    rows = read_new_rows(spec, frame, table=_known(after, full), fields=spec.form.columns)
    held = _Held.read(spec, rows)
    rng = generator(seed, "forecast", source_hash=str(frame.attrs["source_hash"]))
    rivals = (_posterior(full, rows), _posterior(shrunken, rows), _unshrunken(shrunken, rows))
    count = int(held.ranked.sum())
    found = [
        {"method": method, "providers": count, **_score(rival, held, prob=prob, rng=rng)}
        for method, rival in zip(METHODS, rivals, strict=True)
    ]
    return Forecast(period, float(prob), pd.DataFrame(found))


def without_time(spec: ModelSpec) -> ModelSpec:
    """Give the same model without what passes in a period."""
    return pin_transient(spec, "none")


def _split(spec: ModelSpec, table: Any) -> tuple[Any, Any, ModelSpec, str]:
    """Give the rows that the model reads before its last period, those of it, and its name.

    The model then says how periods are written: 2008-09 to 2011-12 alone might be months.
    """
    import narwhals as nw

    from varmodel.frame.reading.frames import is_supported

    if spec.period is None:
        fail("CONFIG.VALUE", "a forecast needs a model with a period column", fix="name `period`")
    if not is_supported(table):
        message = f"a forecast is scored on a table in memory, not on a {type(table).__name__}"
        fail("CONFIG.VALUE", message, fix="give a pandas, polars or pyarrow table")
    read_table(table, [spec.provider, spec.period], where=spec.where)  # refuses what it lacks
    whole: Any = nw.from_native(table).lazy().collect()
    for column, text in spec.where.items():  # before periods are looked at: others are not its own
        whole = whole.filter([text_of(x) == text for x in whole[column].to_list()])
    labels = [str(text) for text in whole[spec.period].to_list()]
    counts = Counter(labels)
    style = spec.period_style or find_style(counts) or "quarter"
    named = dict(zip(counts, quarters(list(counts), style), strict=True))
    last = max((name for name in named.values() if name), key=place, default="")
    of_last = [named[label] == last for label in labels]
    before, after = (whole.filter(kept) for kept in ([not x for x in of_last], of_last))
    known = spec if is_ambiguous(list(counts)) else spec.replace(period_style=style)
    return before.to_native(), after, known, last


def _known(after: Any, fit: Fit) -> Any:
    """Keep the rows of the providers of a fit, those of codes that they had before too."""
    known = set(fit.frame["provider"].to_numpy().tolist())
    owner = [successor(fit.spec, str(label)) for label in after[fit.spec.provider].to_list()]
    return after.filter([label in known for label in owner]).to_native()


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """The rows that were left out, sorted by provider.

    Attributes
    ----------
    order : ndarray of int, shape (row,)
        Of the rows as they were read.
    starts : ndarray of int, shape (provider,)
        First row of each.
    cells : Cells
        A cell a row.
    size : ndarray, shape (row,)
        What divides responses summed over rows.
    events : bool
        Whether responses are counts, which are summed as they are.
    """

    order: Index
    starts: Index
    cells: Cells
    events: bool

    @staticmethod
    def read(spec: ModelSpec, rows: NewRows) -> "_Held":
        """Take the responses of new rows."""
        order = np.argsort(rows.provider.codes, kind="stable")
        cells = new_cells(spec, rows.response, rows=len(order))
        response = np.log(cells.response) if spec.form.logged else cells.response
        error = None if cells.error is None else cells.error[order]
        ordered = Cells(response[order], cells.size[order], error=error)
        starts = first_of_each(rows.provider.codes[order])
        return _Held(order, starts, ordered, spec.form.response == "events")

    def total(self, values: Array) -> Array:
        """Sum rows within providers, (..., provider)."""
        return np.asarray(np.add.reduceat(values, self.starts, axis=-1))

    @property
    def ranked(self) -> Mask:
        """Who has a case in the period, and so a rank, (provider,)."""
        return np.asarray(self.total(self.cells.size) > 0)

    def ranks(self, response: Array) -> Array:
        """Rank the crude rates of tables (table, row): of who is ranked."""
        weight = np.ones_like(self.cells.size) if self.events else self.cells.weight
        size = self.total(self.cells.size if self.events else weight)
        total = self.total(response * weight)
        return mid_ranks(total[..., self.ranked] / size[self.ranked], sign=1)


@dataclass(frozen=True, slots=True, eq=False)
class _Rival:
    """A forecast: a predictor of each row in each draw, and how often a draw makes a table."""

    family: Family
    eta: Array
    own: Mapping[str, Array]
    repeats: int = 1


def _posterior(fit: Fit, rows: NewRows) -> _Rival:
    """Forecast by the joint draws."""
    source, rng = read_source(fit), np.random.default_rng(0)  # nothing is drawn of known providers
    known = {str(name): k for k, name in enumerate(fit.frame["provider"].to_numpy())}
    held = np.array([known[label] for label in rows.labels])
    effect, column = effects_of_rows(WantedEffects(fit, source, rows, held, False, rng, rng))
    eta = replace(source.stacked.predictor, design=rows.design).eta(slice(None))
    return _Rival(source.family, eta + effect[:, column], source.own)


def _unshrunken(fit: Fit, rows: NewRows) -> _Rival:
    """Forecast by unshrunken effects at the posterior mean of all else: a single draw."""
    source = read_source(fit)
    known = {str(name): k for k, name in enumerate(fit.frame["provider"].to_numpy())}
    effect = likeliest_effects(fit)[:, [known[label] for label in rows.labels]]
    eta = replace(source.stacked.predictor.mean(), design=rows.design).eta(slice(None))
    own = {name: np.reshape(np.asarray(x, np.float64), 1) for name, x in mean_own(fit).items()}
    return _Rival(source.family, eta + effect[:, rows.provider.codes], own, _RAW_TABLES)


def _score(
    rival: _Rival, held: _Held, *, prob: float, rng: np.random.Generator
) -> dict[str, float]:
    """Score one forecast."""

    def log_likelihoods(rows: slice) -> Array:
        own = take(rival.own, (rows, np.newaxis))
        eta = rival.eta[rows][:, held.order]
        return held.total(rival.family.log_likelihood(held.cells, eta, own))

    def ranks(tables: slice, own_rng: np.random.Generator) -> Array:
        rows = np.arange(tables.start, tables.stop) // rival.repeats
        eta, own = rival.eta[rows][:, held.order], take(rival.own, (rows, np.newaxis))
        return held.ranks(rival.family.draw(own_rng, held.cells, eta, own))

    draws, width = rival.eta.shape
    whole = np.concatenate(share_out(log_likelihoods, blocks(draws, width)))
    found = share_out_rows(ranks, draws * rival.repeats, width=width, rng=rng)
    places = np.concatenate(found)
    score = special.logsumexp(whole, axis=0) - np.log(len(whole))
    seen = held.ranks(held.cells.response[np.newaxis])[0]
    tail = (1 - prob) / 2
    low, high = np.floor(inverted_cdf(places.T, tail)), np.ceil(inverted_cdf(places.T, 1 - tail))
    return {
        "log_score": float(score.sum()),
        "covered": float(((low <= seen) & (seen <= high)).mean()),
        "places": float((high - low + 1).mean()),
    }
