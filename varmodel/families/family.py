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
        National rate or mean.
    sd : float
        Standard deviation of single measurements (or of published values).
    """

    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class Family:
    """One outcome family.

    All functions are elementwise over cells and broadcast over leading axes of ``eta``; the
    last argument, the residual sd, is read by the normal family only.

    Attributes
    ----------
    name : str
        Name in the spec.
    link_name : str
        Key of :data:`LINKS`.
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
    """

    name: str
    link_name: str
    form_names: tuple[str, ...]
    default_priors: Callable[[str, Pooled], Mapping[str, Prior]]
    constant: Callable[[Cells], Array] | None
    log_likelihood: Callable[[Cells, Array, Array | float], Array]
    score: Callable[[Cells, Array, Array | float], Array]
    information: Callable[[Cells, Array, Array | float], Array]
    draw: Callable[[np.random.Generator, Cells, Array, Array | float], Array]

    @property
    def link(self) -> Link:
        """The link of the family."""
        return LINKS[self.link_name]

    @property
    def forms(self) -> tuple[Form, ...]:
        """The response forms of the family."""
        return tuple(FORMS[name] for name in self.form_names)
