"""What a family is: the protocol that every row of the table keeps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from varmodel.families.forms import FORMS, Cells, Form
from varmodel.families.links import LINKS, Array, Link
from varmodel.families.priors import Prior


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
        counts it: their sd (also of
        published values), for the lognormal that of their logs, for the gamma their coefficient
        of variation by maximum likelihood. 1 for counts.
    """

    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class Residual:
    """The scatter of single measurements about their predictor.

    Attributes
    ----------
    deviation : callable
        ``(Cells, eta) -> (..., cell)``: how far a cell's response lies from its predictor, in
        the units of ``Cells.spread``; the two add up.
    estimate : callable
        Spread and deviation a measurement (any shape) -> residual sd.
    draw : callable
        ``(rng, Cells, residual_sd, count) -> (count,)``: new spreads, summed over the cells.
    shift : callable or None
        ``residual_sd -> `` what is added to ``eta`` for the link of a measurement's mean.
    """

    deviation: Callable[[Cells, Array], Array]
    estimate: Callable[[Array], Array]
    draw: Callable[[np.random.Generator, Cells, float, int], Array]
    shift: Callable[[Array | float], Array | float] | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """One outcome family.

    All functions are elementwise over cells and broadcast over leading axes of ``eta``; the
    last argument, the residual sd, is read by the families of measurements only.

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
    default_priors : callable
        ``(form name, Pooled) -> {parameter: Prior}``, on the link scale.
    constant : callable or None
        ``Cells -> (cell,)``: the part of the log likelihood that no parameter touches, where
        there is one.
    log_likelihood : callable
        ``(Cells, eta, residual_sd) -> (..., cell)``, with its normalising constants.
    score, information : callable
        First derivative and Fisher information with respect to ``eta``, same shape.
    draw : callable
        ``(rng, Cells, eta, residual_sd) -> (..., cell)``: a new response for each cell.
    weight : callable
        ``(Cells, eta) -> (..., cell)``: what a response per unit, less its mean, counts for in
        the score of an effect common to cells, up to a factor that they share.
    residual : Residual or None
        Where single measurements scatter by a parameter, ``residual_sd``.
    """

    name: str
    link_name: str
    scale_name: str
    form_names: tuple[str, ...]
    default_priors: Callable[[str, Pooled], Mapping[str, Prior]]
    constant: Callable[[Cells], Array] | None
    log_likelihood: Callable[[Cells, Array, Array | float], Array]
    score: Callable[[Cells, Array, Array | float], Array]
    information: Callable[[Cells, Array, Array | float], Array]
    draw: Callable[[np.random.Generator, Cells, Array, Array | float], Array]
    weight: Callable[[Cells, Array], Array]
    residual: Residual | None = None

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

    def shift(self, residual_sd: Array | float) -> Array | float:
        """Give what is added to ``eta`` for the link of the mean: 0 but for the lognormal."""
        if self.residual is None or self.residual.shift is None:
            return 0.0
        return self.residual.shift(residual_sd)

    def mean(self, eta: Array, residual_sd: Array | float) -> Array:
        """Give the mean of a unit's response on the natural scale, the rate that is published."""
        return self.link.inverse(np.asarray(eta + self.shift(residual_sd)))


def canonical_weight(cells: Cells, eta: Array) -> Array:
    """Give the weight of cells under a canonical link: whatever eta, that of their sizes."""
    del eta
    return cells.weight
