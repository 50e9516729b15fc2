"""The providers of a made-up nation as tables: who they are, what they did not send, who merged."""

from collections.abc import Iterable, Mapping

import pandas as pd

from varmodel.frame.simulation.layout import quarter_label
from varmodel.frame.simulation.nation import FIRST_QUARTER, Absence, Nation, Register, register_kind
from varmodel.spec import ModelSpec
from varmodel.spec.rules import numbers_of_providers, shown_columns

#: What is said of every provider of a kind; primary care trusts have no beds.
_COLUMNS = {
    "trust": ("region", "trust_type", "beds", "deprivation_score", "over_65_share"),
    "pct": ("region", "catchment_population", "deprivation_score", "over_65_share"),
}
#: Those of them that are texts.
_TEXTS = ("region", "trust_type")
#: Those that are whole numbers, or nothing.
_WHOLE = ("beds", "catchment_population")


def provider_table(nation: Nation, models: Mapping[str, ModelSpec]) -> pd.DataFrame:
    """List the providers of the last quarter: code, name, class, and what models compare them by.

    Parameters
    ----------
    nation : Nation
    models : mapping of str to ModelSpec
        Those whose columns of providers are told.
    """
    parts = []
    for kind, register in nation.registers.items():
        asked = {column: column not in _TEXTS for column in _COLUMNS[kind]}
        for spec in (x for x in models.values() if register_kind(x) == kind):
            numbers = numbers_of_providers(spec)
            asked |= {column: column in numbers for column in spec.provider_columns}
            asked |= dict.fromkeys(shown_columns(spec.peers), True)
        who = {"code": register.codes, "name": register.names, "class": register.classes}
        more = {name: register.described(name, text=not asked[name]) for name in asked}
        parts.append(pd.DataFrame({**who, **more}))
    table = pd.concat(parts, ignore_index=True)
    whole = [name for name in _WHOLE if name in table]
    return table.astype(dict.fromkeys(whole, "Int64"))


def merger_table(nation: Nation) -> pd.DataFrame:
    """List the providers that are no more: what became of them, and when."""
    rows = [
        (code, name, register.codes[x.provider], _label(x.quarter), share)
        for register in nation.registers.values()
        for x in register.mergers
        for code, name, share in zip(x.codes, x.names, (x.share, 1 - x.share), strict=True)
    ]
    return pd.DataFrame(rows, columns=["old", "old_name", "now", "from", "share"])


def gap_table(indicator: str, register: Register, *, gaps: Iterable[Absence]) -> pd.DataFrame:
    """List each quarter that a provider did not send, to one table or (no indicator) to any."""
    rows = [
        (indicator, register.codes[gap.provider], gap.why, _label(quarter))
        for gap in gaps
        for quarter in range(gap.start, gap.stop)
    ]
    return pd.DataFrame(rows, columns=["indicator", "provider", "why", "period"])


def _label(quarter: int) -> str:
    return quarter_label(FIRST_QUARTER + quarter)
