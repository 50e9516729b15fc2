"""Who sent how many of which kind in which quarter: the rows of a nation's table."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from varmodel.frame.simulation.layout import TableLayout, is_by_case, single_rows
from varmodel.frame.simulation.nation.case_mix import levels_for, mix_of, strata_for
from varmodel.frame.simulation.nation.register import Absence, Register
from varmodel.frame.simulation.nation.scales import IndicatorScale, scale_of
from varmodel.numerics.streams import generator
from varmodel.spec import ModelSpec
from varmodel.spec.rules import numbers_of_providers
from varmodel.values import Array, Index

#: Cases in the quarters of a year against its mean; a year.
_SEASON = (1.03, 0.99, 0.97, 1.01)
#: Share of the quarters between the first and the last that one table alone lacks.
_LACKING = 0.004
#: The first quarter, from 2006Q1 (years: from 2006).
FIRST_QUARTER = 4


def gaps_of(spec: ModelSpec, register: Register) -> tuple[Absence, ...]:
    """Choose the quarters that only the table of this indicator lacks."""
    if not register.gaps:
        return ()
    rng = _stream(spec, register, "nation gaps")
    known = {gap.provider for gap in register.gaps} | {x.provider for x in register.mergers}
    inside = range(1, register.quarters - 1)
    chance = rng.random((len(register.codes), register.quarters))
    return tuple(
        Absence(provider, "lacking", quarter, quarter + 1)
        for provider in range(len(register.codes))
        for quarter in inside
        if chance[provider, quarter] < _LACKING and provider not in known
    )


def lay_out_rows(spec: ModelSpec, register: Register) -> TableLayout:
    """Draw how many cases of which kind each provider sent, under the code it then had.

    Parameters
    ----------
    spec : ModelSpec
        As it reads the nation's table.
    register : Register

    Returns
    -------
    TableLayout
        Its cells are of the providers as they are now; a cell of one that was two has two rows.
    """
    rng, scale, levels = _stream(spec, register, "nation table"), scale_of(spec), levels_for(spec)
    strata = strata_for(spec, levels, rng=rng)
    share = mix_of(register, levels, strata=strata)
    held = _draw_cases(spec, register, scale=scale, share=share, rng=rng)
    now, quarter, stratum, code = _sorted_rows(held, register)
    first = np.ones(len(now), dtype=bool)
    first[1:] = (np.diff(now) != 0) | (np.diff(quarter) != 0) | (np.diff(stratum) != 0)
    size = held[code, quarter, stratum]
    layout = TableLayout(
        codes=_all(register.codes, [x.codes for x in register.mergers]),
        names=_all(register.names, [x.names for x in register.mergers]),
        provider=now[first],
        quarter=quarter[first],
        stratum=stratum[first],
        strata=strata,
        row=np.cumsum(first) - 1,
        written=code,
        size=_sizes(spec, size, rng),
        described=dict(_described(spec, register)),
        begins=FIRST_QUARTER if spec.period_style not in {"year", "financial_year"} else 1,
    )
    return single_rows(layout) if is_by_case(spec) else layout


def _stream(spec: ModelSpec, register: Register, what: str) -> np.random.Generator:
    key = f"{register.kind} {what} {spec.name}"
    return generator(register.random_seed, "nation table", source_hash=key)


def _owner(register: Register) -> Index:
    """Give the provider of each code: the codes of now, then those of before."""
    old = [x.provider for x in register.mergers for _ in x.codes]
    return np.array([*range(len(register.codes)), *old], dtype=np.int64)


def _parts(register: Register) -> Array:
    """Give the share of its provider's cases that each code has, shape (code, quarter)."""
    owner = _owner(register)
    found = np.zeros((len(owner), register.quarters))
    found[: len(register.codes)] = 1.0
    for k, merger in enumerate(register.mergers):
        first = len(register.codes) + 2 * k
        found[merger.provider, : merger.quarter] = 0.0
        found[first, : merger.quarter] = merger.share
        found[first + 1, : merger.quarter] = 1 - merger.share
    return found


def _draw_cases(
    spec: ModelSpec,
    register: Register,
    *,
    scale: IndicatorScale,
    share: Array,
    rng: np.random.Generator,
) -> Index:
    """Draw the cases of each code, quarter and stratum, shape (code, quarter, stratum)."""
    owner, parts = _owner(register), _parts(register)
    sent = register.sent
    for gap in gaps_of(spec, register):
        sent[gap.provider, gap.start : gap.stop] = False
    season = np.resize(_SEASON, register.quarters)
    mean = scale.size * register.size[owner][:, None] * season * parts
    cases = np.where(parts > 0, np.maximum(rng.poisson(mean), 1), 0) * sent[owner]
    if scale.each:
        held = np.repeat((cases > 0)[:, :, None], share.shape[1], axis=2)
        return held.astype(np.int64)
    if spec.form.error:
        found = np.zeros((*cases.shape, share.shape[1]), dtype=np.int64)
        which = rng.multinomial(1, share)[owner].argmax(axis=1)
        found[np.arange(len(owner)), :, which] = cases
        return found
    return np.asarray(rng.multinomial(cases, share[owner][:, None, :]))


def _sorted_rows(held: Index, register: Register) -> tuple[Index, Index, Index, Index]:
    """Give the provider, quarter, stratum and code of each row, in this order."""
    code, quarter, stratum = np.nonzero(held)
    now = _owner(register)[code]
    order = np.lexsort((code, stratum, quarter, now))
    return now[order], quarter[order], stratum[order], code[order]


def _sizes(spec: ModelSpec, cases: Index, rng: np.random.Generator) -> Index | Array:
    """Give the size of each row: cases, or expected events that are no whole numbers."""
    if "expected" not in spec.form.columns:
        return cases
    return np.asarray(np.round(cases * rng.uniform(0.9, 1.1, len(cases)), 2))


def _described(
    spec: ModelSpec, register: Register
) -> Iterator[tuple[str, npt.NDArray[np.generic]]]:
    """Give the columns that describe providers, by code."""
    numbers, owner = numbers_of_providers(spec), _owner(register)
    for column in spec.provider_columns:
        yield column, register.described(column, text=column not in numbers)[owner]
    for exclusion in spec.exclusions:
        given = register.described(exclusion.column, text=True)
        if not set(exclusion.values) & set(given.tolist()):  # of a vocabulary of its own
            given = np.where(register.specialist, exclusion.values[0], "ordinary").astype(object)
        yield exclusion.column, given[owner]


def _all(now: tuple[str, ...], before: list[tuple[str, str]]) -> tuple[str, ...]:
    return (*now, *(text for pair in before for text in pair))
