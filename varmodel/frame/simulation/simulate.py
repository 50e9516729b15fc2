"""simulate: a table from any model, with the truth that made it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeGuard

import numpy as np
import pandas as pd
import xarray as xr

from varmodel.errors import Problem, refuse, show
from varmodel.frame.prepare import MINIMUM_PROVIDERS
from varmodel.frame.simulation.layout import fill_table, lay_out, levels_of
from varmodel.frame.simulation.responses import draw_responses, frame_of_layout, known_columns
from varmodel.frame.simulation.truth import draw_truth, predictor, priors_of, read_given
from varmodel.numerics.streams import generator
from varmodel.spec import ModelSpec
from varmodel.spec.shown import facts_html, facts_text
from varmodel.values import is_number, is_whole

#: Providers, and periods, at most.
_MOST = 10_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Simulation:
    """A simulated table and the truth that made it.

    Attributes
    ----------
    table : pandas.DataFrame
        Ready for :func:`varmodel.prepare` with the same model.
    truth : xarray.Dataset
        intercept, coefficients (term), provider_sd, provider_effect (provider), the family's own
        parameters (residual_sd of measurements), all on the link scale of the centred design,
        effect_nu, effect_weight and effect_distance, or effect_shape (effect_term) where the
        model's effects have that distribution; with a transient transient_sd, transient_rho and
        transient_effect (provider, period); and rate (provider) on the natural scale.
    """

    table: pd.DataFrame
    truth: xr.Dataset

    def __repr__(self) -> str:
        """Say how large the table is and what made it."""
        return facts_text("Simulation", _facts(self))

    def _repr_html_(self) -> str:
        return facts_html("Simulation", _facts(self))


def _facts(made: Simulation) -> list[tuple[str, str]]:
    truth, rate = made.truth, made.truth["rate"].to_numpy()
    own = (str(name) for name in truth if not truth[name].dims)
    known = [(name, f"{float(truth[name]):.3g}") for name in own]
    return [
        ("table", f"{len(made.table):,} rows: {', '.join(map(str, made.table.columns))}"),
        ("providers", str(len(rate))),
        *known,
        ("terms", ", ".join(truth["term"].to_numpy().tolist()) or "none"),
        ("true rates", f"{rate.min():.3g} to {rate.max():.3g}"),
    ]


def simulate(
    spec: ModelSpec,
    *,
    providers: int = 150,
    periods: int = 1,
    mean_denominator: float = 200,
    truth: xr.Dataset | Mapping[str, object] | None = None,
    random_seed: int,
) -> Simulation:
    """Simulate a table for a model, providers of unequal size and case mix, truth known.

    Parameters
    ----------
    spec : ModelSpec
        The model: response form, family, terms, priors, period style.
    providers : int
        Number of providers, at least 4, labelled P001 on.
    periods : int
        Number of quarters from 2006Q1, or years from 2006; above 1 only where the model names a
        period column.
    mean_denominator : float
        Mean number of cases (or of expected events, exposure, measurements) of a provider and
        quarter; sizes are lognormal with sd .9 of the log, at least 1. For published values it
        scales the standard errors: that of the average provider is the prior median of
        provider_sd.
    truth : xarray.Dataset or mapping, optional
        Any of intercept, coefficients, provider_sd, provider_effect, the family's own parameters
        and those of the effects' distribution, as in :attr:`Simulation.truth`; a provider_sd of 0
        is allowed. With a declared transient_share, provider_sd and provider_effect are given as
        those of what lasts and passes together. Coefficients given by name of
        term also choose a factor's levels. The rest is drawn from the model's priors, defaults
        that depend on data taken for a national mean and sd of 1, of a share for a mean of .5.
    random_seed : int
        At least 0. The same seed gives the same table.

    Returns
    -------
    Simulation
        ``rate`` in its truth is what :func:`varmodel.adjusted_rates` estimates: each provider's
        rate if it treated the national mix of patients.

    Raises
    ------
    SpecError
        CONFIG.VALUE for an argument out of range.
    """
    _check_arguments(
        spec,
        providers=providers,
        periods=periods,
        mean_denominator=mean_denominator,
        random_seed=random_seed,
    )
    given = read_given(spec, truth)
    layout_rng, truth_rng, rng = (
        generator(random_seed, f"simulate {part}") for part in ("layout", "truth", "responses")
    )
    layout = lay_out(  # 1. keys, case mix, sizes
        spec,
        levels_of(spec, given.term_names),
        providers=providers,
        periods=periods,
        mean_denominator=mean_denominator,
        rng=layout_rng,
    )
    known = known_columns(spec, layout, error=_usual_error(spec), at=mean_denominator)
    plain = spec.replace(exclusions=(), value_range=None)
    frame = frame_of_layout(plain, layout, known=known)  # 2. the very design of the table
    drawn = draw_truth(spec, frame, given=given, rng=truth_rng)  # 3. truth
    eta = predictor(frame, drawn)
    response = draw_responses(
        spec, layout, eta=eta, truth=drawn, known=known, rng=rng
    )  # 4. response
    return Simulation(fill_table(spec, layout, response={**known, **response}), drawn)


def _check_arguments(spec: ModelSpec, **given: object) -> None:
    rules = {
        "providers": _between(given["providers"], MINIMUM_PROVIDERS, _MOST),
        "periods": _between(given["periods"], 1, _MOST),
        "random_seed": (_least(0), _is_whole(given["random_seed"], 0)),
        "mean_denominator": ("a positive number", _is_positive(given["mean_denominator"])),
    }
    if spec.period is None:
        rules["periods"] = ("1: the model names no period column", given["periods"] == 1)
    refuse(
        Problem("CONFIG.VALUE", f"{name} must be {rule}", value=show(given[name]))
        for name, (rule, kept) in rules.items()
        if not kept
    )


def _between(value: object, lower: int, upper: int) -> tuple[str, bool]:
    rule = f"a whole number from {lower} to {upper:,}"
    return rule, _is_whole(value, lower) and value <= upper


def _least(lower: int) -> str:
    return f"a whole number of at least {lower}"


def _is_whole(value: object, lower: int) -> TypeGuard[int]:
    return is_whole(value) and value >= lower


def _is_positive(value: object) -> bool:
    return is_number(value) and value > 0


def _usual_error(spec: ModelSpec) -> float:
    """Give the standard error of a usual provider: the prior median of the providers' sd."""
    if not spec.form.error:
        return float("nan")
    return float(np.median(priors_of(spec)["provider_sd"].draw(np.random.default_rng(0), 999)))
