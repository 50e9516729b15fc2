"""The truth of a made-up nation as tables: a row a parameter, an effect, a rate, a saving."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import xarray as xr

from varmodel.batch.nation.providers import gap_table, merger_table
from varmodel.estimands import adjusted_rates
from varmodel.frame import annual_factor
from varmodel.frame.simulation.nation import Nation, SimulatedIndicator
from varmodel.studies.figures import annual_savings, mean_price
from varmodel.studies.truth import fit_of_truth

#: Variables of a truth that are tables of their own.
_BY_PROVIDER = ("provider_effect", "transient_effect", "rate")


@dataclass(slots=True, eq=False)
class TruthTables:
    """Rows of the truth's tables, collected one indicator after the other.

    Attributes
    ----------
    rows : dict of str to list of DataFrame
        Name of a table -> its parts.
    savings, costs : dict of str to Series
        Indicator -> true saving a year, and the cost of all that it counts a year, by provider.
    """

    rows: dict[str, list[pd.DataFrame]] = field(default_factory=dict)
    savings: dict[str, "pd.Series[float]"] = field(default_factory=dict)
    costs: dict[str, "pd.Series[float]"] = field(default_factory=dict)

    def add_nation(self, nation: Nation) -> None:
        """Add the mergers, and the quarters that providers sent to no table."""
        self.rows["mergers"] = [merger_table(nation)]
        self.rows["gaps"] = [
            gap_table("", register, gaps=register.gaps) for register in nation.registers.values()
        ]

    def add(self, made: SimulatedIndicator) -> None:
        """Add the truth of one indicator."""
        name = made.spec.name
        self._add_money(made)
        tables = {
            "parameters": _parameters(made.truth),
            "effects": _effects(made),
            "transients": _transients(made),
            "rates": self._rates(made),
        }
        for found in tables.values():
            found.insert(0, "indicator", name)
        tables["gaps"] = gap_table(name, made.register, gaps=made.gaps)
        for table, found in tables.items():
            self.rows.setdefault(table, []).append(found)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Give every table whole."""
        return {name: pd.concat(parts, ignore_index=True) for name, parts in self.rows.items()}

    def _add_money(self, made: SimulatedIndicator) -> None:
        """Price the true gaps, and all that is counted."""
        spec, frame = made.spec, made.frame
        fit = fit_of_truth(spec, frame, truth=made.truth)
        found = annual_savings(fit, random_seed=0)
        if found is None:
            return
        codes = frame["provider"].to_numpy().astype(str)
        rates = adjusted_rates(fit, population="own").to_numpy().ravel()
        counted = frame["activity"].to_numpy() * (annual_factor(spec, frame) or 1.0) * rates
        self.costs[spec.name] = pd.Series(mean_price(found).to_numpy() * counted, codes)
        self.savings[spec.name] = pd.Series(found["saving"].to_numpy().ravel(), codes)

    def _rates(self, made: SimulatedIndicator) -> pd.DataFrame:
        """Give each provider's true rate, and its true saving where there is a price."""
        rate = made.truth["rate"].to_series()
        table = pd.DataFrame({"provider": made.register.codes})
        table["rate"] = table["provider"].map(rate)
        table["saving"] = table["provider"].map(self.savings.get(made.spec.name, {}))
        table.insert(1, "ranked", np.where(table["rate"].notna(), "yes", "no"))
        return table


def _parameters(truth: xr.Dataset) -> pd.DataFrame:
    """List the parameters: one a row, those of several terms (classes, predictors) by name."""
    parts = []
    for name, values in truth.drop_vars(_BY_PROVIDER, errors="ignore").items():
        labels = values[values.dims[0]].to_numpy() if values.dims else [""]
        column = {"parameter": str(name), "term": labels, "value": np.atleast_1d(values.to_numpy())}
        parts.append(pd.DataFrame(column))
    return pd.concat(parts, ignore_index=True)


def _effects(made: SimulatedIndicator) -> pd.DataFrame:
    """List the lasting effects, on the link scale; also of those that the model excludes."""
    codes = made.register.codes
    return pd.DataFrame({"provider": codes, "effect": made.effects, "shift": made.shift})


def _transients(made: SimulatedIndicator) -> pd.DataFrame:
    """List what passed, on the link scale, by quarter; nothing where the model has no quarters."""
    if "transient_effect" not in made.truth:
        return pd.DataFrame({"provider": [], "period": [], "effect": []})
    periods = made.truth["period"].to_numpy().astype(str)
    codes = np.array(made.register.codes)
    return pd.DataFrame(
        {
            "provider": np.repeat(codes, len(periods)),
            "period": np.tile(periods, len(codes)),
            "effect": made.transients.ravel(),
        }
    )
