"""New rows: what they would show, of providers of the fit and of others."""

from dataclasses import replace

import numpy as np
import xarray as xr

from varmodel.errors import Problem, Where, fail, nearest, one_of, refuse, show
from varmodel.estimands.draws.labelled import DRAW_DIMS
from varmodel.estimands.draws.source import read_source
from varmodel.estimands.prediction.effects import Places, WantedEffects, effects_of_rows
from varmodel.fits import Fit
from varmodel.frame.checks.responses import size_field
from varmodel.frame.new.rows import NewRows, new_cells, read_new_rows
from varmodel.numerics.blocks import blocks
from varmodel.numerics.streams import generator
from varmodel.spec.rules import LOG_VOLUME
from varmodel.values import Array, check_seed

KINDS = ("rate", "response")
REFUSE, POPULATION, GIVEN = "refuse", "population", "given_response"
NEW_PROVIDERS = (REFUSE, POPULATION, GIVEN)


def predict(
    fit: Fit,
    table: object,
    *,
    kind: str = "rate",
    new_providers: str = REFUSE,
    random_seed: int | None = None,
) -> xr.DataArray:
    """Predict new rows, of providers of the fit or of others, in every draw.

    Parameters
    ----------
    fit : Fit
        Joint posterior draws with their frame.
    table : pandas, polars or pyarrow table
        New rows in memory: the provider column and the columns of the model's terms, coded as
        in the fitted table; further columns as below. Periods are those of the fitted table or
        the one after its last, which has the last one's national level and, in a model with a
        transient, departures drawn given those of the last.
    kind : {"rate", "response"}
        ``"rate"``: the mean response of a unit, on the natural scale. ``"response"``: a new
        response of the row, noise and all; the table names its size (denominator, expected or
        exposure column) or its standard error; otherwise a row is one case, one measurement.
    new_providers : {"refuse", "population", "given_response"}
        Providers that the fit has not, excluded ones among them. ``"population"``: an effect
        drawn from the distribution of the effects, one a provider and draw, shared by its rows.
        ``"given_response"``: drawn from it given the responses of these very rows, which the
        table then holds (methods 2: how an excluded provider is shown, not ranked). All
        parameters stay those of the fit.
    random_seed : int, optional
        At least 0; needed where responses or effects are drawn.

    Returns
    -------
    xarray.DataArray, dims (chain, draw, row)
        ``row`` is the position in the table, from 0; coordinates ``provider`` and
        ``new_provider`` (row). :func:`varmodel.summarise` gives one line a row, in the table's
        order. The interval of a rate holds what is not known of it; that of a response also
        what chance will do. Chance is that of the model: over-dispersion is
        in it where the family has it, each row a unit of its own.

    Raises
    ------
    SpecError
        CONFIG.VALUE for an argument out of range or a table that is not in memory;
        FORMULA.UNKNOWN for an absent column.
    InputError
        VALUE.RANGE for a provider or level that the fit has not, the nearest named;
        PERIOD.FORMAT for a period more than one after the last; KEY, COUNT and other VALUE
        codes as :func:`varmodel.prepare`.

    Warns
    -----
    VarmodelWarning
        VALUE.RANGE for numbers beyond those that a straight line was fitted to. Splines are
        held at their ends.
    """
    _check(kind, new_providers)
    fields = _fields(fit, kind=kind, new_providers=new_providers)
    describing = new_providers != REFUSE
    rows = read_new_rows(fit.spec, fit.frame, table=table, fields=fields, describing=describing)
    place = _places(fit, rows)
    _refuse_strangers(fit, rows, place=place, new_providers=new_providers)
    drawn = kind == "response" or (place < 0).any()
    seed, table = check_seed(random_seed) if drawn else 0, str(fit.frame.attrs["source_hash"])
    for_effects, for_periods, for_responses = (
        generator(seed, f"predicted {what}", source_hash=table)
        for what in ("effects", "departures", "responses")
    )
    given = new_providers == GIVEN
    wanted = WantedEffects(fit, read_source(fit), rows, place, given, for_effects, for_periods)
    effect, column = effects_of_rows(wanted)
    values = _values(wanted, effect, column, kind=kind, rng=for_responses)
    return _label(fit, values, rows=rows, place=place, kind=kind)


def _check(kind: object, new_providers: object) -> None:
    for name, value, allowed in (
        ("kind", kind, KINDS),
        ("new_providers", new_providers, NEW_PROVIDERS),
    ):
        if value not in allowed:
            fail("CONFIG.VALUE", f"unknown {name} {show(value)}; {one_of(value, allowed)}")


def _fields(fit: Fit, *, kind: str, new_providers: str) -> tuple[str, ...]:
    """Name the fields of the response that the table must hold."""
    columns = fit.spec.form.columns
    if new_providers == GIVEN:
        return columns
    if kind == "response":
        return columns[1:]
    size = size_field(fit.spec.form)
    known_by_size = new_providers == POPULATION and LOG_VOLUME in fit.spec.effect_predictors
    return (size,) if known_by_size and size else ()


def _places(fit: Fit, rows: NewRows) -> Places:
    """Find each provider of the rows in the fit; -1 for those that it has not."""
    known = {str(name): k for k, name in enumerate(fit.posterior["provider"].to_numpy())}
    return np.array([known.get(label, -1) for label in rows.labels], dtype=np.int64)


def _refuse_strangers(
    fit: Fit,
    rows: NewRows,
    *,
    place: Places,
    new_providers: str,
) -> None:
    if new_providers != REFUSE or not (place < 0).any():
        return
    of_strangers = place[rows.provider.codes] < 0
    at = np.flatnonzero(of_strangers)
    first = str(rows.provider.values[at[0]])
    known = fit.posterior["provider"].to_numpy().tolist()
    message = f"a provider that the model was not fitted to{nearest(first, known)}"
    where = Where(column=fit.spec.provider, rows=tuple(at[:5].tolist()))
    fix = f'correct the label, or say new_providers="{POPULATION}" or "{GIVEN}"'
    refuse([Problem("VALUE.RANGE", message, where, len(at), fix, first)])


def _values(
    wanted: WantedEffects, effect: Array, column: Places, *, kind: str, rng: np.random.Generator
) -> Array:
    """Work the rows out some draws at a time, shape (S, row)."""
    fit, source, rows = wanted.fit, wanted.source, wanted.rows
    predictor = replace(source.stacked.predictor, design=rows.design)
    values = np.empty((len(effect), len(rows.design)))
    cells = (
        new_cells(fit.spec, rows.response, rows=len(rows.design)) if kind == "response" else None
    )
    for draws in blocks(*values.shape):
        eta = predictor.eta(draws) + effect[draws][:, column]
        if cells is None:
            values[draws] = source.rates(draws, eta=eta)
        else:
            drawn = source.responses(draws, cells=cells, eta=eta, rng=rng)
            values[draws] = np.exp(drawn) if fit.spec.form.logged else drawn
    return values


def _label(
    fit: Fit,
    values: Array,
    *,
    rows: NewRows,
    place: Places,
    kind: str,
) -> xr.DataArray:
    template = fit.posterior["intercept"].transpose(*DRAW_DIMS)
    coords = {
        **dict(template.coords),
        "row": np.arange(values.shape[1]),
        "provider": ("row", np.array(rows.labels, dtype=str)[rows.provider.codes]),
        "new_provider": ("row", (place < 0)[rows.provider.codes]),
    }
    shaped = values.reshape(*template.shape, -1)
    attrs = fit.provenance | {"better": fit.spec.better}
    return xr.DataArray(shaped, coords, (*DRAW_DIMS, "row"), name=kind, attrs=attrs)
