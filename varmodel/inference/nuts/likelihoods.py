"""Likelihoods of the PyMC models, by family: densities of our own, whose constants are data."""

from collections.abc import Callable, Mapping

import pymc as pm
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from varmodel.families import Form

type Tensors = Mapping[str, TensorVariable]
#: The form, the data, eta, and the family's own parameters by name.
type LikelihoodBuilder = Callable[[Form, Tensors, TensorVariable, Tensors], None]

_LARGE = 16.0  # where Stirling's series begins


def _binomial(form: Form, data: Tensors, eta: TensorVariable, own: Tensors) -> None:
    del own
    _observe_counts(form, data, eta, dist=_events, logp=_events_logp)


def _events(
    n: TensorVariable, eta: TensorVariable, constant: TensorVariable, size: TensorVariable
) -> TensorVariable:
    """Draw events as reals: PyMC would cut an observed 2.5 down to a whole number."""
    del constant
    drawn = pm.Binomial.dist(n=pt.cast(n, "int64"), logit_p=eta, size=size)
    return pt.cast(drawn, "float64")


def _events_logp(
    y: TensorVariable, n: TensorVariable, eta: TensorVariable, constant: TensorVariable
) -> TensorVariable:
    return constant + y * eta - n * pt.softplus(eta)


def _poisson(form: Form, data: Tensors, eta: TensorVariable, own: Tensors) -> None:
    del own
    _observe_counts(form, data, eta, dist=_counts, logp=_counts_logp)


def _counts(
    exposure: TensorVariable, eta: TensorVariable, constant: TensorVariable, size: TensorVariable
) -> TensorVariable:
    del constant
    return pt.cast(pm.Poisson.dist(mu=exposure * pt.exp(eta), size=size), "float64")


def _counts_logp(
    y: TensorVariable, exposure: TensorVariable, eta: TensorVariable, constant: TensorVariable
) -> TensorVariable:
    return constant + y * eta - exposure * pt.exp(eta)


def _observe_counts(
    form: Form, data: Tensors, eta: TensorVariable, **functions: Callable[..., TensorVariable]
) -> None:
    """Observe counts of a size whose density has no parameter but the predictor."""
    parts = (data[name] for name in ("response", "size"))
    _observe(form.response, *parts, eta, data["constant"], **functions)


def _normal(form: Form, data: Tensors, eta: TensorVariable, own: Tensors) -> None:
    sd = own.get("residual_sd")
    error = data["error"] if sd is None else sd / pt.sqrt(data["size"])
    pm.Normal(form.response, mu=eta, sigma=error, observed=data["response"], dims="cell")
    if sd is not None:
        freedom = data["size"] - 1
        _observe(form.spread, data["spread"], freedom, sd, dist=_squares, logp=_squares_logp)


def _lognormal(form: Form, data: Tensors, eta: TensorVariable, own: Tensors) -> None:
    sigma = own["residual_sd"]
    spread, freedom, constant = data["spread"], data["size"] - 1, data["constant"]
    pm.Normal(
        form.response,
        mu=eta,
        sigma=sigma / pt.sqrt(data["size"]),
        observed=data["response"],
        dims="cell",
    )
    _observe(
        form.spread, spread, freedom, sigma, constant, dist=_log_squares, logp=_log_squares_logp
    )


def _squares(freedom: TensorVariable, sd: TensorVariable, size: TensorVariable) -> TensorVariable:
    """Draw sd^2 chi^2(freedom): 0 where a cell holds one measurement."""
    drawn = pm.ChiSquared.dist(nu=pt.maximum(freedom, 1), size=size)
    return pt.switch(freedom > 0, sd**2 * drawn, 0.0)


def _squares_logp(
    squares: TensorVariable, freedom: TensorVariable, sd: TensorVariable
) -> TensorVariable:
    """Give its density, but for the part that no parameter touches."""
    return -freedom * pt.log(sd) - squares / (2 * sd**2)


def _log_squares(
    freedom: TensorVariable, sd: TensorVariable, constant: TensorVariable, size: TensorVariable
) -> TensorVariable:
    del constant
    return _squares(freedom, sd, size)


def _log_squares_logp(
    squares: TensorVariable, freedom: TensorVariable, sd: TensorVariable, constant: TensorVariable
) -> TensorVariable:
    return constant + _squares_logp(squares, freedom, sd)


def _gamma(form: Form, data: Tensors, eta: TensorVariable, own: Tensors) -> None:
    shape, size = own["residual_sd"] ** -2, data["size"]
    _observe(form.response, data["response"], size, eta, shape, dist=_means, logp=_means_logp)
    spread, constant = data["spread"], data["constant"]
    _observe(form.spread, spread, size, shape, constant, dist=_scatters, logp=_scatters_logp)


def _means(
    n: TensorVariable, eta: TensorVariable, shape: TensorVariable, size: TensorVariable
) -> TensorVariable:
    return pm.Gamma.dist(alpha=n * shape, beta=n * shape * pt.exp(-eta), size=size)


def _means_logp(
    mean: TensorVariable, n: TensorVariable, eta: TensorVariable, shape: TensorVariable
) -> TensorVariable:
    """Give the part of the measurements' density that the predictor touches."""
    log_ratio = pt.log(mean) - eta
    return -shape * n * (pt.expm1(log_ratio) - log_ratio)


def _scatters(
    n: TensorVariable, shape: TensorVariable, constant: TensorVariable, size: TensorVariable
) -> TensorVariable:
    """Draw from the gamma of its mean and variance: 0 where a cell holds one measurement."""
    del constant
    several = pt.maximum(n, 2)
    mean = several * (pt.psi(several * shape) - pt.log(several) - pt.psi(shape))
    variance = several * pt.tri_gamma(shape) - several**2 * pt.tri_gamma(several * shape)
    drawn = pm.Gamma.dist(alpha=mean**2 / variance, beta=mean / variance, size=size)
    return pt.switch(n > 1, drawn, 0.0)


def _scatters_logp(
    spread: TensorVariable, n: TensorVariable, shape: TensorVariable, constant: TensorVariable
) -> TensorVariable:
    """Give the rest of it, constants included."""
    normaliser = shape * pt.log(shape) - shape - pt.gammaln(shape)
    return constant + n * normaliser - shape * spread


def _beta_binomial(form: Form, data: Tensors, eta: TensorVariable, own: Tensors) -> None:
    unit = data["pooled_mean"] * (1 - data["pooled_mean"])
    _observe(
        form.response,
        data["response"],
        data["size"].astype("int64"),
        eta,
        1 / (own["dispersion"] ** 2 * unit),
        data["constant"],
        dist=_shares,
        logp=_shares_logp,
    )


def _shares(
    n: TensorVariable,
    eta: TensorVariable,
    phi: TensorVariable,
    constant: TensorVariable,
    size: TensorVariable,
) -> TensorVariable:
    del constant
    a, b = phi * pt.sigmoid(eta), phi * pt.sigmoid(-eta)
    return pt.cast(pm.BetaBinomial.dist(n=n, alpha=a, beta=b, size=size), "float64")


def _shares_logp(
    y: TensorVariable,
    n: TensorVariable,
    eta: TensorVariable,
    phi: TensorVariable,
    constant: TensorVariable,
) -> TensorVariable:
    a, b = phi * pt.sigmoid(eta), phi * pt.sigmoid(-eta)
    more = _log_rising(a, y) + _log_rising(b, n - y) - _log_rising(phi, n)
    return constant + y * eta - n * pt.softplus(eta) + more


def _negative_binomial(form: Form, data: Tensors, eta: TensorVariable, own: Tensors) -> None:
    _observe(
        form.response,
        data["response"],
        data["size"],
        eta,
        own["dispersion"] ** -2,
        data["constant"],
        dist=_spread_counts,
        logp=_spread_counts_logp,
    )


def _spread_counts(
    exposure: TensorVariable,
    eta: TensorVariable,
    phi: TensorVariable,
    constant: TensorVariable,
    size: TensorVariable,
) -> TensorVariable:
    del constant
    drawn = pm.NegativeBinomial.dist(mu=exposure * pt.exp(eta), alpha=phi, size=size)
    return pt.cast(drawn, "float64")


def _spread_counts_logp(
    y: TensorVariable,
    exposure: TensorVariable,
    eta: TensorVariable,
    phi: TensorVariable,
    constant: TensorVariable,
) -> TensorVariable:
    beyond = pt.softplus(pt.log(exposure) + eta - pt.log(phi))  # log(1 + mu / phi)
    return constant + _log_rising(phi, y) + y * eta - (y + phi) * beyond


def _log_rising(a: TensorVariable, m: TensorVariable) -> TensorVariable:
    """Give the sum over k < m of log(1 + k/a), as `varmodel.families.outcomes.rising` does."""
    first = pt.maximum(a, _LARGE)
    last = first + m
    gap = _stirling(last) - _stirling(first)
    series = (last - 0.5) * pt.log1p(m / first) - m + gap
    small = pt.minimum(a, _LARGE)
    directly = pt.gammaln(small + m) - pt.gammaln(small) - m * pt.log(small)
    return pt.switch(a > _LARGE, series, directly)


def _stirling(x: TensorVariable) -> TensorVariable:
    y = x**-2
    return (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y / 1188)))) / x


def _observe(
    name: str, observed: TensorVariable, *parameters: TensorVariable, **functions: object
) -> None:
    """Observe cells by a density of our own: its constant is data, for it costs the most."""
    pm.CustomDist(name, *parameters, observed=observed, dims="cell", **functions)


#: Likelihood of the cells, by family.
LIKELIHOODS: dict[str, LikelihoodBuilder] = {
    "binomial": _binomial,
    "poisson": _poisson,
    "normal": _normal,
    "lognormal": _lognormal,
    "gamma": _gamma,
    "beta_binomial": _beta_binomial,
    "negative_binomial": _negative_binomial,
}
