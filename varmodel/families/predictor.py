"""What the linear predictor holds beside the national level, the terms and the effects.

Its parameters belong to the structure of a model, whatever the family. They are listed here as a
family lists its own, so that priors, simulation, samplers, labels and gate read one list.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from varmodel.families.family import Family
from varmodel.families.parameters import (
    Parameter,
    Pooled,
    class_mean,
    class_sd,
    effect_coefficients,
    level_sd,
    transient_rho,
    transient_sd,
)
from varmodel.families.priors import Prior

#: Transient -> its parameters.
TRANSIENT_PARAMETERS: dict[str, tuple[Parameter, ...]] = {
    "none": (),
    "iid": (transient_sd(),),
    "ar1": (transient_sd(), transient_rho()),
}


@dataclass(frozen=True, slots=True)
class Predictor:
    """The parts of a linear predictor that a model may have or not.

    Attributes
    ----------
    transient : str
        Key of :data:`TRANSIENT_PARAMETERS`: how a provider departs from its lasting level in a
        period.
    predictors : bool
        Whether columns that describe providers predict their effects.
    classes : bool
        Whether each class of providers has a mean and an sd of its own.
    levels : bool
        Whether groups of providers, such as regions, have effects.
    """

    transient: str = "none"
    predictors: bool = False
    classes: bool = False
    levels: bool = False

    @property
    def own(self) -> tuple[Parameter, ...]:
        """The parameters that no model without these parts has."""
        return (
            *((effect_coefficients(),) if self.predictors else ()),
            *((class_mean(), class_sd()) if self.classes else ()),
            *((level_sd(),) if self.levels else ()),
            *TRANSIENT_PARAMETERS[self.transient],
        )

    def parameters(self, family: Family, form: str) -> tuple[Parameter, ...]:
        """List all parameters of the models of a family, in the posterior's order.

        With classes provider_sd is none: it is worked out from theirs.
        """
        of_family = family.parameters(form)
        kept = [x for x in of_family if not (self.classes and x.name == "provider_sd")]
        listed = (*kept, *self.own)
        return tuple(sorted(listed, key=lambda parameter: parameter.order))

    def priors(
        self, family: Family, form: str, *, pooled: Pooled, stated: Mapping[str, Prior]
    ) -> dict[str, Prior]:
        """Put the stated priors over the defaults, for the parameters that there are.

        One that the model must state and does not is left out.
        """
        found = {**family.default_priors(form, pooled), **stated}
        for x in self.own:
            if x.name in found:
                continue
            if x.like:
                found |= {x.name: found[x.like].times(x.times)} if x.like in found else {}
            elif (prior := x.default(form, pooled)) is not None:
                found[x.name] = prior
        held = {x.name for x in self.parameters(family, form)}
        return {name: prior for name, prior in found.items() if name in held}
