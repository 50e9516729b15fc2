"""What a parameter of a model is: its name, role, support, dimensions and default prior.

The one place that knows. A family lists its parameters; the model file's priors, the truth of a
simulation, both samplers, the labels of the draws, the gate, the null model and predictions read
that list, so that a family with a parameter of its own touches none of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from varmodel.families.priors import CORRELATION_SUPPORT, POSITIVE, WHOLE_LINE, Prior
from varmodel.values import Array

#: Parameter -> its value, or an array of values that broadcasts against the linear predictor.
type Values = Mapping[str, Array | float]
type Default = Callable[[str, "Pooled"], Prior | None]

#: Roles, in the order of the posterior: the linear predictor, the spread of provider effects,
#: what passes from period to period, and the family's own: the scale of single measurements, the
#: dispersion of counts.
LOCATION, EFFECT, TRANSIENT = "location", "effect", "transient"
SCALE, DISPERSION = "scale", "dispersion"
ROLES = (LOCATION, EFFECT, TRANSIENT, SCALE, DISPERSION)
#: Roles of the parameters that belong to a family alone.
OWN_ROLES = (SCALE, DISPERSION)


#: Median of the dispersion's default prior, from which searches start.
TYPICAL_DISPERSION = 0.2
#: A phi so large leaves no dispersion.
LARGEST_PHI = 1e12


@dataclass(frozen=True, slots=True)
class Pooled:
    """Figures of all providers together, which scale the default priors.

    Attributes
    ----------
    mean : float
        National rate or mean; the geometric mean for the lognormal. Its link, which is finite,
        is where a national intercept lies.
    sd : float
        sd of single measurements about it, differences between providers included, as the family
        counts it: their sd (also of published values), for the lognormal that of their logs, for
        the gamma their coefficient of variation by maximum likelihood. 1 for counts.
    """

    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class Support:
    """Where the values of a parameter lie.

    Attributes
    ----------
    line : str
        How an error message calls it.
    ends : pair of float
        Those of the support, which a prior must have too.
    closed : bool
        Whether the lower end is a value: a model without what the parameter measures.
    """

    line: str
    ends: tuple[float, float]
    closed: bool = False

    @property
    def positive(self) -> bool:
        """Whether it is the positive half line."""
        return self.ends == POSITIVE

    def holds(self, value: float) -> bool:
        """Say whether a value lies in it."""
        low, high = self.ends
        return low < value < high or (self.closed and value == low)

    @property
    def outside(self) -> str:
        """Say which numbers it does not hold."""
        if self.positive:
            return "below 0" if self.closed else "0 or below"
        return f"outside {self.ends[0]:g} to {self.ends[1]:g}"


SUPPORTS: dict[str, Support] = {
    "real": Support("whole line", WHOLE_LINE),
    "nonnegative": Support("positive half line", POSITIVE, closed=True),
    "positive": Support("positive half line", POSITIVE),
    "correlation": Support("interval from -1 to 1", CORRELATION_SUPPORT),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a family's model, under one name in priors, truth, posterior and tables.

    Attributes
    ----------
    name : str
    role : str
        One of :data:`ROLES`. The null model estimates a scale anew in each table and leaves a
        dispersion as it is.
    support_name : str
        Key of :data:`SUPPORTS`.
    default : callable
        ``(form name, Pooled) -> Prior or None``, on the link scale; None where the model must
        state it.
    typical : callable
        ``Pooled -> float``: a likely value, from which searches start.
    dims : tuple of str
        Dimensions beside chain and draw.
    form_names : tuple of str
        Response forms that have it; empty where all of the family's do.
    like : str
        The parameter whose prior is its own where the model states none; ``default`` otherwise.
    times : float
        By what factor its values are larger.
    """

    name: str
    role: str
    support_name: str
    default: Default
    typical: Callable[[Pooled], float] = lambda _: 1.0
    dims: tuple[str, ...] = ()
    form_names: tuple[str, ...] = ()
    like: str = ""
    times: float = 1.0

    @property
    def support(self) -> Support:
        """Where its values lie."""
        return SUPPORTS[self.support_name]

    @property
    def order(self) -> int:
        """Its place in the posterior: that of its role."""
        return ROLES.index(self.role)

    def is_in(self, form: str) -> bool:
        """Say whether models of a response form have it."""
        return not self.form_names or form in self.form_names


def intercept(default: Default) -> Parameter:
    """Make the national level on the link scale, at the mean of the covariates."""
    return Parameter("intercept", LOCATION, "real", default)


def coefficients(default: Default) -> Parameter:
    """Make the slopes of the terms; all have the same prior."""
    return Parameter("coefficients", LOCATION, "real", default, dims=("term",))


def provider_sd(default: Default) -> Parameter:
    """Make the sd of the provider effects; 0 where providers do not differ."""
    return Parameter("provider_sd", EFFECT, "nonnegative", default)


def residual_sd(form_names: tuple[str, ...] = ()) -> Parameter:
    """Make the sd of single measurements, as the family counts it: see :class:`Pooled`."""

    def default(form: str, pooled: Pooled) -> Prior:
        del form
        return Prior("half_normal", sigma=2.0 * pooled.sd)

    return Parameter(
        "residual_sd",
        SCALE,
        "positive",
        default,
        typical=lambda pooled: pooled.sd,
        form_names=form_names,
    )


def dispersion() -> Parameter:
    """Make the dispersion of counts: about the sd of a unit's own rate on the link scale.

    It is free of the unit's size; 0 is the family without it.
    """
    return Parameter(
        "dispersion",
        DISPERSION,
        "nonnegative",
        lambda *_: Prior("half_normal", sigma=0.3),
        typical=lambda _: TYPICAL_DISPERSION,
    )


def _no_default(form: str, pooled: Pooled) -> None:
    """Give none: the prior is that of another parameter."""
    del form, pooled


def transient_sd() -> Parameter:
    """Make the stationary sd of what passes: a provider's departure of one period."""
    return Parameter(
        "transient_sd",
        TRANSIENT,
        "nonnegative",
        _no_default,
        like="provider_sd",
        times=0.5,
    )


def transient_rho() -> Parameter:
    """Make the correlation of what passes between two periods that follow each other."""
    return Parameter(
        "transient_rho",
        TRANSIENT,
        "correlation",
        lambda *_: Prior("beta", alpha=4.0, beta=2.0),
        typical=lambda _: 1 / 3,
    )


def class_mean() -> Parameter:
    """Make the mean effect of each class of providers, about that of all providers."""
    return Parameter(
        "class_mean", LOCATION, "real", _no_default, dims=("class",), like="coefficients"
    )


def class_sd() -> Parameter:
    """Make the sd of the provider effects of each class."""
    return Parameter(
        "class_sd", EFFECT, "nonnegative", _no_default, dims=("class",), like="provider_sd"
    )


def level_sd() -> Parameter:
    """Make the sd of the effects of groups of providers, such as regions; one a grouping."""
    return Parameter(
        "level_sd",
        EFFECT,
        "nonnegative",
        _no_default,
        dims=("level",),
        like="provider_sd",
        times=0.5,
    )


def effect_coefficients() -> Parameter:
    """Make the slopes of provider effects on what describes providers; all have one prior."""
    return Parameter(
        "effect_coefficients",
        LOCATION,
        "real",
        _no_default,
        dims=("predictor",),
        like="coefficients",
    )


def take(values: Mapping[str, Array], index: Any) -> dict[str, Array]:
    """Index the values of each parameter alike, as one indexes an array."""
    return {name: x[index] for name, x in values.items()}
