"""One indicator of a made-up nation: its table, and the truth that made it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from varmodel.frame.simulation.given import Given
from varmodel.frame.simulation.layout import TableLayout, fill_table
from varmodel.frame.simulation.nation.effects import (
    DEPARTURE_RHO,
    DEPARTURE_SHARE,
    draw_shortfalls,
    draw_transients,
    loadings_of,
    specialist_shift,
)
from varmodel.frame.simulation.nation.register import PCT, TRUST, Absence, Nation, Register
from varmodel.frame.simulation.nation.rows import gaps_of, lay_out_rows
from varmodel.frame.simulation.nation.scales import IndicatorScale, scale_of
from varmodel.frame.simulation.responses import draw_responses, frame_of_layout, known_columns
from varmodel.frame.simulation.truth import draw_truth, fixed_parts, predictor
from varmodel.frame.transient import transient_of
from varmodel.numerics.streams import generator
from varmodel.spec import ModelSpec
from varmodel.values import Array

#: Columns of providers that are trusts; all others are of primary care trusts.
_TRUSTS = ("trust", "hospital", "facility_id")
#: sd of the slopes of the terms: on the link scale, of an identity link as a share of the level.
_SLOPE, _SHARE_OF_LEVEL, _OF_PRODUCTS, _OF_QUARTERS = 0.15, 0.05, 0.3, 0.25
#: Decimals of measurements in the table.
_DECIMALS = 3


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedIndicator:
    """A table of a made-up nation, and its truth.

    Attributes
    ----------
    spec : ModelSpec
        The model as it reads the table.
    register : Register
        Its providers.
    table : pandas.DataFrame
    frame : xarray.Dataset
        What ``prepare`` makes of the table, but for the responses, which are none yet.
    truth : xarray.Dataset
        As :func:`varmodel.simulate` gives it, of the ranked providers.
    effects, shift : ndarray
        Lasting effect of every provider of the register, on the link scale, and what specialists
        were given in it, shape (provider,).
    transients : ndarray
        Departures, shape (provider, quarter).
    gaps : tuple of Absence
        Quarters that this table alone lacks.
    """

    spec: ModelSpec
    register: Register
    table: pd.DataFrame
    frame: xr.Dataset
    truth: xr.Dataset
    effects: Array
    shift: Array
    transients: Array
    gaps: tuple[Absence, ...]


def register_kind(spec: ModelSpec) -> str:
    """Say whose indicator it is: that of acute trusts, or of primary care trusts."""
    return TRUST if spec.provider in _TRUSTS else PCT


def nation_model(spec: ModelSpec, register: Register) -> ModelSpec:
    """Make the model that reads the nation's table: the library's but for what it says of tables.

    The column of providers is called trust or pct, so that indicators of the same providers are
    known as such; a model without periods gets quarters; who merged is named under successors.
    """
    changes: dict[str, object] = {}
    if spec.provider != register.kind:
        unit = [register.kind if x == spec.provider else x for x in spec.dispersion_unit]
        changes |= {"provider": register.kind, "provider_name": None, "dispersion_unit": unit}
    if spec.period is None:
        changes |= {"period": "quarter", "annualise": 4.0, "transient_share": None}
    if register.successors:
        changes["successors"] = register.successors
    return spec.replace(**changes) if changes else spec


def simulate_indicator(
    spec: ModelSpec, nation: Nation, *, groups: Mapping[str, str]
) -> SimulatedIndicator:
    """Simulate the table of one indicator; no other indicator of the nation changes it.

    Parameters
    ----------
    spec : ModelSpec
        Of the library.
    nation : Nation
    groups : mapping of str to str
        Indicator -> its group, of all indicators whose effects may hang together.

    Returns
    -------
    SimulatedIndicator
    """
    register, scale = nation.registers[register_kind(spec)], scale_of(spec)
    spec = nation_model(spec, register)
    plain = spec.replace(value_range=None)
    layout = lay_out_rows(spec, register)
    known = known_columns(spec, layout, error=scale.sd, at=scale.size)
    frame = frame_of_layout(plain, layout, known=known)
    effects, shift = _effects(spec, register, groups=groups)
    sd = DEPARTURE_SHARE * scale.sd
    transients = draw_transients(register, spec, sd=sd, rho=_rho(spec, frame))
    given = _given(spec, frame, scale=scale, register=register)
    ranked = _places(frame, register)
    given |= {"provider_effect": effects[ranked]}
    if transient_of(spec, frame) != "none":
        given["transient_effect"] = transients[ranked]
    truth = draw_truth(spec, frame, given=Given(given), rng=_rng(spec, register, "truth"))
    eta = _predictor(frame, truth, layout=layout, register=register, of_all=(effects, transients))
    response = draw_responses(
        spec, layout, eta=eta, truth=truth, known=known, rng=_rng(spec, register, "responses")
    )
    table = fill_table(spec, layout, response={**known, **_rounded(spec, response)})
    gaps = gaps_of(spec, register)
    return SimulatedIndicator(spec, register, table, frame, truth, effects, shift, transients, gaps)


def _rng(spec: ModelSpec, register: Register, what: str) -> np.random.Generator:
    key = f"{register.kind} {spec.name} {what}"
    return generator(register.random_seed, "nation table", source_hash=key)


def _rho(spec: ModelSpec, frame: xr.Dataset) -> float:
    return DEPARTURE_RHO if transient_of(spec, frame) == "ar1" else 0.0


def _effects(
    spec: ModelSpec, register: Register, *, groups: Mapping[str, str]
) -> tuple[Array, Array]:
    """Draw every provider's lasting effect, and say what specialists were given in it."""
    worse = -scale_of(spec).sd if spec.better == "higher" else scale_of(spec).sd
    shift = np.where(register.specialist, worse * specialist_shift(register, spec), 0.0)
    return worse * draw_shortfalls(register, loadings_of(spec.name, groups)) + shift, shift


def _places(frame: xr.Dataset, register: Register) -> list[int]:
    """Find the frame's providers, those that are ranked, in the register."""
    place = {code: k for k, code in enumerate(register.codes)}
    return [place[str(code)] for code in frame["provider"].to_numpy()]


def _given(
    spec: ModelSpec, frame: xr.Dataset, *, scale: IndicatorScale, register: Register
) -> dict[str, object]:
    """Choose the parameters: a level and a spread of the right order, slopes at random."""
    family = spec.family_row
    slope = _SHARE_OF_LEVEL * scale.level if family.link_name == "identity" else _SLOPE
    names = [str(name) for name in frame["term"].to_numpy()]
    each = [slope * _OF_PRODUCTS if "]:" in name else slope for name in names]
    for k, name in enumerate(names):
        if spec.period and name.startswith(f"{spec.period}["):
            each[k] = slope * _OF_QUARTERS
    found: dict[str, object] = {
        "intercept": float(family.link.forward(np.asarray(scale.level, dtype=np.float64))),
        "coefficients": np.array(each) * _rng(spec, register, "slopes").standard_normal(len(each)),
        "provider_sd": scale.sd,
        "transient_sd": DEPARTURE_SHARE * scale.sd,
        "transient_rho": DEPARTURE_RHO,
    }
    return found | {x.name: scale.scatter for x in family.own(spec.form.name)}


def _predictor(
    frame: xr.Dataset,
    truth: xr.Dataset,
    *,
    layout: TableLayout,
    register: Register,
    of_all: tuple[Array, Array],
) -> Array:
    """Give the linear predictor of every cell, also of providers that the model excludes."""
    effects, transients = of_all
    is_ranked = np.zeros(len(register.codes), dtype=bool)
    is_ranked[_places(frame, register)] = True
    ranked = is_ranked[layout.provider]
    fixed = np.full((register.quarters, len(layout.strata)), float(truth["intercept"]))
    seen = fixed_parts(frame, truth)[frame["pattern_index"].to_numpy()]
    fixed[layout.quarter[ranked], layout.stratum[ranked]] = seen
    eta = fixed[layout.quarter, layout.stratum] + effects[layout.provider]
    if "transient_effect" in truth:
        eta += transients[layout.provider, layout.quarter]
    eta[ranked] = predictor(frame, truth)
    return np.asarray(eta)


def _rounded(spec: ModelSpec, response: Mapping[str, Array]) -> dict[str, Array]:
    """Write measurements to three decimals, none below 0, in the range that the model allows."""
    if not spec.form.spread:
        return dict(response)
    low, high = spec.value_range or (-np.inf, np.inf)
    least = 10.0**-_DECIMALS if spec.form.positive else 0.0
    return {
        name: np.clip(np.maximum(np.round(values, _DECIMALS), least), low, high)
        for name, values in response.items()
    }
