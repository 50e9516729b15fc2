"""What a family is: the protocol that every row of the table keeps."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from varmodel.families.forms import FORMS, Cells, Form
from varmodel.families.links import LINKS, Link
from varmodel.families.parameters import DISPERSION, OWN_ROLES, SCALE, Parameter, Pooled, Values
from varmodel.families.priors import Prior
from varmodel.families.recursion import Recursion
from varmodel.numerics import special
from varmodel.values import Array

#: Gauss-Hermite nodes of a mean over departures, where it has no closed form.
_NODES = 15


@dataclass(frozen=True, slots=True)
class Residual:
    """The scatter of single measurements about their predictor, by the parameter of role scale.

    Attributes
    ----------
    deviation : callable
        ``(Cells, eta) -> (..., cell)``: how far a cell's response lies from its predictor, in
        the units of ``Cells.spread``; the two add up.
    estimate : callable
        Spread and deviation a measurement (any shape) -> the scale that fits them best.
    draw : callable
        ``(rng, Cells, values, count) -> (count,)``: new spreads, summed over the cells.
    shift : callable or None
        ``values -> `` what is added to ``eta`` for the link of a measurement's mean.
    """

    deviation: Callable[[Cells, Array], Array]
    estimate: Callable[[Array], Array]
    draw: Callable[[np.random.Generator, Cells, Values, int], Array]
    shift: Callable[[Values], Array | float] | None = None


def nothing_more(values: Values, pooled_mean: float) -> Values:
    """Work nothing out: the family's functions read its parameters as they are named."""
    del values, pooled_mean
    return {}


@dataclass(frozen=True, slots=True)
class Family:
    """One outcome family.

    All functions are elementwise over cells and broadcast over leading axes of ``eta``; the
    last argument holds the family's own parameters by name: see :meth:`values`.

    Attributes
    ----------
    name : str
        Name in the spec.
    link_name : str
        Key of :data:`LINKS`.
    scale_name : str
        Key of :data:`LINKS`, from a cell's response per unit to ``eta``: the link, but for the
        lognormal, whose responses are logs.
    form_names : tuple of str
        Response forms it accepts, keys of :data:`FORMS`.
    listed : tuple of Parameter
        Its parameters, in the order in which a simulation draws them.
    constant : callable or None
        ``Cells -> (cell,)``: the part of the log likelihood that no parameter touches, where
        there is one.
    log_likelihood : callable
        ``(Cells, eta, values) -> (..., cell)``, with its normalising constants.
    score, information : callable
        First derivative and Fisher information with respect to ``eta``, same shape.
    draw : callable
        ``(rng, Cells, eta, values) -> (..., cell)``: a new response for each cell.
    weight : callable
        ``(Cells, eta, values) -> (..., cell)``: what a response per unit, less its mean, counts
        for in the score of an effect common to cells, up to a factor that they share.
    residual : Residual or None
        How single measurements scatter, in a family of measurements.
    derived : callable
        ``(values, pooled mean) -> values``: what its functions read beside its parameters,
        such as phi of a dispersion.
    reads_pooled_mean : bool
        Whether these depend on the pooled mean.
    is_steady : bool
        Whether the information of a cell is the same whatever ``eta``, and in proportion to
        scale^-2: sums of it over cells hold for all draws.
    recursion : callable or None
        ``(Cells, eta, values) -> Recursion``, shape (cell,): how the probabilities of counts
        follow from each other, where they do; r in proportion to exp(eta).
    """

    name: str
    link_name: str
    scale_name: str
    form_names: tuple[str, ...]
    listed: tuple[Parameter, ...]
    constant: Callable[[Cells], Array] | None
    log_likelihood: Callable[[Cells, Array, Values], Array]
    score: Callable[[Cells, Array, Values], Array]
    information: Callable[[Cells, Array, Values], Array]
    draw: Callable[[np.random.Generator, Cells, Array, Values], Array]
    weight: Callable[[Cells, Array, Values], Array]
    residual: Residual | None = None
    derived: Callable[[Values, float], Values] = nothing_more
    reads_pooled_mean: bool = False
    is_steady: bool = False
    recursion: Callable[[Cells, Array, Values], Recursion] | None = None

    @property
    def link(self) -> Link:
        """The link of the family."""
        return LINKS[self.link_name]

    @property
    def scale(self) -> Link:
        """The link between a cell's response per unit and ``eta``."""
        return LINKS[self.scale_name]

    @property
    def forms(self) -> tuple[Form, ...]:
        """The response forms of the family."""
        return tuple(FORMS[name] for name in self.form_names)

    @property
    def middle(self) -> float:
        """A national rate for where none is known: 1, of shares a half."""
        return min(1.0, self.link.upper / 2)

    @property
    def bounded(self) -> bool:
        """Whether a rate has an upper bound: a share of cases."""
        return bool(np.isfinite(self.link.upper))

    @property
    def adds_up(self) -> bool:
        """Whether cells of one predictor may be added: not where each has a rate of its own."""
        return all(x.role != DISPERSION for x in self.listed)

    def parameters(self, form: str) -> tuple[Parameter, ...]:
        """List the parameters of the models of a response form, in the posterior's order."""
        having = [parameter for parameter in self.listed if parameter.is_in(form)]
        return tuple(sorted(having, key=lambda parameter: parameter.order))

    def own(self, form: str) -> tuple[Parameter, ...]:
        """List the parameters that only this family has: a scale, a dispersion."""
        return tuple(x for x in self.parameters(form) if x.role in OWN_ROLES)

    def residual_name(self, form: str) -> str | None:
        """Name the parameter that single measurements scatter by; None where none does."""
        return next((x.name for x in self.own(form) if x.role == SCALE), None)

    def default_priors(self, form: str, pooled: Pooled) -> dict[str, Prior]:
        """Give each parameter's prior but for those that the model must state."""
        found = {x.name: x.default(form, pooled) for x in self.listed if x.is_in(form)}
        return {name: prior for name, prior in found.items() if prior is not None}

    def values(self, named: Values, pooled_mean: float) -> dict[str, Array | float]:
        """Give what the functions read: the family's own parameters and what derives of them."""
        return {**named, **self.derived(named, pooled_mean)}

    def typical(self, form: str, pooled: Pooled) -> dict[str, Array | float]:
        """Give likely values of the family's own parameters, from which searches start."""
        named = {x.name: x.typical(pooled) for x in self.own(form)}
        return self.values(named, pooled.mean)

    def shift(self, values: Values) -> Array | float:
        """Give what is added to ``eta`` for the link of the mean: 0 but for the lognormal."""
        if self.residual is None or self.residual.shift is None:
            return 0.0
        return self.residual.shift(values)

    def mean(self, eta: Array, values: Values) -> Array:
        """Give the mean of a unit's response on the natural scale, the rate that is published."""
        return self.link.inverse(np.asarray(eta + self.shift(values)))

    def lasting_mean(self, eta: Array, values: Values, *, sd: Array | float) -> Array:
        """Give the mean of :meth:`mean` over departures of the predictor, normal with this sd.

        It increases in ``eta`` (methods 14); ``sd`` broadcasts against ``eta``.
        """
        shifted = np.asarray(eta + self.shift(values))
        if self.link_name == "identity":
            return self.link.inverse(shifted)
        if self.link_name == "log":
            return self.link.inverse(np.asarray(shifted + np.square(sd) / 2))
        nodes, weights = special.roots_hermitenorm(_NODES)
        found = sum(
            weight * self.link.inverse(np.asarray(shifted + sd * node))
            for node, weight in zip(nodes, weights / weights.sum(), strict=True)
        )
        return np.asarray(found)


def canonical_weight(cells: Cells, eta: Array, values: Values) -> Array:
    """Give the weight of cells under a canonical link: whatever eta, that of their sizes."""
    del eta, values
    return cells.weight
