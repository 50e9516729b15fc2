"""What describes providers: predictors of their effects, their class, groups such as regions.

Each column is constant within a provider. Numbers are centred on their mean over providers, each
once, and divided by their sd; levels but one are centred and not scaled. Provider means of a
term (within_between) are on the scale of the term.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from varmodel.errors import Problem, Where, refuse, some
from varmodel.frame.cells import Aggregate
from varmodel.frame.checks.refusals import refuse_where
from varmodel.frame.coded import Coded, group
from varmodel.frame.design.matrix import Design, build_design, collinear_problems, name_problems
from varmodel.frame.design.terms import DesignColumn, TermColumn
from varmodel.frame.providers.presence import Presence
from varmodel.frame.providers.successors import has_own_code
from varmodel.frame.reading import Distinct
from varmodel.frame.reading.numbers import Finding
from varmodel.frame.rows import Rows
from varmodel.spec import ModelSpec
from varmodel.spec.rules import LOG_VOLUME, benchmark_peers, own_price
from varmodel.values import Array, Index

#: A class, or a group of a level, of fewer providers tells no spread of its own.
LEAST_IN_GROUP = 3
VARIES_WITHIN = Finding(
    "CONFIG.VALUE",
    "a column that describes providers differs within a provider",
    "give one value in all rows of a provider (where it changed, that of today)",
)


@dataclass(frozen=True, slots=True, eq=False)
class ProviderTable:
    """What describes the providers of a frame, in their order.

    Attributes
    ----------
    predictors : Design
        Over providers, shape (provider, predictor).
    classes : Coded or None
    levels : mapping of str to Coded
        By column.
    stored : list of dict
        What is kept of the columns of the predictors, to read those of other providers alike.
    peers : mapping of str to ndarray (provider,)
        What says who is like whom, by column.
    price : ndarray (provider,) or None
        Each one's own, where the model names a column of prices.
    """

    predictors: Design
    classes: Coded | None
    levels: dict[str, Coded]
    stored: list[dict[str, object]]
    peers: dict[str, Array] = field(default_factory=dict)
    price: Array | None = None


def check_constant(spec: ModelSpec, rows: Rows, *, distinct: Distinct) -> None:
    """Refuse a column that holds two values in a provider; a successor's own rows count."""
    problems: list[Problem] = []
    own = _own(rows)
    for name, column in zip(spec.provider_columns, rows.describing, strict=True):
        pairs = group((rows.provider, column), len(own))
        held = np.unique(pairs.codes[own])
        owner = rows.provider.codes[pairs.first[held]]
        several = np.bincount(owner, minlength=len(rows.provider.levels)) > 1
        wrong = several[rows.provider.codes] & own
        problems += refuse_where(
            distinct, [spec.provider, name], wrong=wrong, finding=VARIES_WITHIN
        )
    refuse(problems)


def read_providers(
    spec: ModelSpec,
    rows: Rows,
    *,
    cells: Aggregate,
    columns: Sequence[DesignColumn],
    design: Design,
    presence: Presence | None,
) -> ProviderTable:
    """Collect what describes the ranked providers; refuse what cannot be told."""
    named = dict(zip(spec.provider_columns, _by_provider(rows), strict=True))
    classes = named[spec.classes] if spec.classes else None
    levels = {name: named[name] for name in spec.levels}
    groups = {**({spec.classes: classes} if spec.classes and classes else {}), **levels}
    refuse(problem for name, held in groups.items() for problem in _small(name, held))
    size = spec.form.cells(cells.statistics).size
    volume = np.bincount(cells.provider_index, size, len(rows.provider.levels))
    if presence is not None:  # of who lacks a period between others, as if it had sent it
        volume = volume * (presence.periods / presence.divisor)
    described = _described(spec.effect_predictors, named=named, volume=volume)
    each = np.full(len(rows.provider.levels), 1 / len(rows.provider.levels))
    predictors = build_design(described, each)
    means = _means(spec, columns, design=design, cells=cells, size=size)
    joined = _join(predictors, means)
    refuse(_unvaried(joined) or collinear_problems(joined, each))
    stored = [column.stored for column in described if column.column != LOG_VOLUME]
    peers = _peers(spec, named, volume=volume)
    return ProviderTable(joined, classes, levels, stored, peers, _price(spec, rows, named))


def _peers(spec: ModelSpec, named: dict[str, Coded], *, volume: Array) -> dict[str, Array]:
    """Read the numbers by which peers are found; the log of activity is in the frame already.

    Columns by which no distance could be found are refused before anything is fitted.
    """
    peers = benchmark_peers(spec.peers)
    columns = peers.columns if peers else ()
    wanted = [x for x in columns if x != LOG_VOLUME]
    message = "peers are found by numbers, and this column holds text"
    fix = "give a column of numbers, or compare within classes"
    refuse(
        Problem(
            "CONFIG.VALUE", message, Where(column=name), fix=fix, value=str(named[name].levels[0])
        )
        for name in wanted
        if named[name].is_text
    )
    each = np.full(len(volume), 1 / len(volume))
    design = build_design(_described(columns, named=named, volume=volume), each)
    refuse(_unvaried(design) or collinear_problems(design, each))
    return {x: np.asarray(named[x].levels[named[x].codes], dtype=np.float64) for x in wanted}


def _price(spec: ModelSpec, rows: Rows, named: dict[str, Coded]) -> Array | None:
    """Read each provider's own price: a number of at least 0."""
    name = own_price(spec.unit_cost)
    if name is None:
        return None
    column, where = named[name], Where(column=name)
    if column.is_text:
        message = "a price is a number, and this column holds text"
        refuse([Problem("CONFIG.VALUE", message, where, value=str(column.levels[0]))])
    values = np.asarray(column.values, dtype=np.float64)
    least = int(values.argmin())
    if values[least] < 0:
        message = f"the price of {rows.provider.levels[least]} is below 0"
        lowest = f"{values[least]:g}"
        refuse([Problem("VALUE.RANGE", message, where, fix="mend the table", value=lowest)])
    return values


def _own(rows: Rows) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Mark the rows that count: a successor's own where it has any, else all."""
    own = has_own_code(rows.given, provider=rows.provider)
    has = np.zeros(len(rows.provider.levels), dtype=bool)
    has[rows.provider.codes[own]] = True
    return np.asarray(own | ~has[rows.provider.codes])


def _by_provider(rows: Rows) -> list[Coded]:
    """Give each describing column by provider, not by row."""
    own = np.flatnonzero(_own(rows))
    _, place = np.unique(rows.provider.codes[own], return_index=True)
    every = np.ones(len(place), dtype=bool)
    return [Coded(x.levels, x.codes[own[place]]).keep(every) for x in rows.describing]


def _small(name: str, held: Coded) -> Iterator[Problem]:
    """Refuse groups of fewer than three providers."""
    count = np.bincount(held.codes, minlength=len(held.levels))
    few = [str(level) for level in held.levels[count < LEAST_IN_GROUP]]
    if few:
        message = f"fewer than {LEAST_IN_GROUP} providers of {name} {some(few)}"
        fix = "join it with another, or leave the column out"
        where = Where(column=name)
        yield Problem("DESIGN.IDENTIFICATION", message, where, len(few), fix, few[0])


def _described(
    columns: Sequence[str], *, named: dict[str, Coded], volume: Array
) -> list[TermColumn]:
    """Collect columns that describe providers; the volume of each is over all periods."""
    found = []
    for name in columns:
        coded = named.get(name)
        if name == LOG_VOLUME:
            coded = Coded(np.log(volume), np.arange(len(volume)))
        if coded is not None:
            found.append(TermColumn(name, "factor" if coded.is_text else "numeric", coded))
    refuse(name_problems(found))
    return found


def _means(
    spec: ModelSpec,
    columns: Sequence[DesignColumn],
    *,
    design: Design,
    cells: Aggregate,
    size: Array,
) -> Design:
    """Average each column of some terms over each provider's cases."""
    terms = [
        (column.column in spec.within_between and column.kind != "period", name)
        for column in columns
        for name in column.names
    ]
    kept = [place for place, (wanted, _) in enumerate(terms) if wanted]
    total = np.bincount(cells.provider_index, weights=size)
    matrix = np.empty((len(total), len(kept)))
    for k, place in enumerate(kept):
        values = size * design.matrix[cells.pattern_index, place]
        matrix[:, k] = np.bincount(cells.provider_index, weights=values) / total
    mean = matrix.mean(axis=0)
    names = [f"{terms[place][1]}[mean]" for place in kept]
    return Design(names, matrix - mean, mean, np.ones(len(kept)))


def _join(one: Design, other: Design) -> Design:
    return Design(
        [*one.names, *other.names],
        np.column_stack([one.matrix, other.matrix]),
        np.concatenate([one.mean, other.mean]),
        np.concatenate([one.sd, other.sd]),
    )


def _unvaried(design: Design) -> list[Problem]:
    """Refuse a predictor that is the same for all providers."""
    spread = np.ptp(design.matrix, axis=0) > 0 if len(design.names) else np.zeros(0, dtype=bool)
    message, fix = "every ranked provider has the same value", "leave it out of the model"
    return [
        Problem("DESIGN.CONSTANT", f"{name}: {message}", Where(column=name), fix=fix)
        for name, varies in zip(design.names, spread.tolist(), strict=True)
        if not varies
    ]


def between_providers(table: ProviderTable) -> Array:
    """Give the columns by which providers are told apart beside their effects: (provider, k)."""
    matrix = table.predictors.matrix
    if table.classes is not None:
        count = len(table.classes.levels)
        matrix = np.column_stack([matrix, np.eye(count)[table.classes.codes][:, 1:]])
    return matrix


def codes_of(levels: dict[str, Coded], *, providers: int) -> Index:
    """Give the group of each provider in each level, shape (provider, level)."""
    if not levels:
        return np.zeros((providers, 0), dtype=np.int64)
    return np.stack([coded.codes for coded in levels.values()], axis=1)
