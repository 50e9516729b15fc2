"""The declared share of a provider's departure that passes, where one period cannot tell it."""

from dataclasses import dataclass

from varmodel.errors import refuse
from varmodel.spec.parts import bad
from varmodel.values import is_number


@dataclass(frozen=True, slots=True)
class TransientShare:
    """How much of the variance between providers in one period passes with it (methods 2).

    Parameters
    ----------
    mean, sd : float
        Of a beta distribution of the share.

    Raises
    ------
    SpecError
        CONFIG.VALUE where no beta distribution has them: 0 < mean < 1, sd^2 < mean (1 - mean).
    """

    mean: float
    sd: float

    def __post_init__(self) -> None:
        problems = []
        for name in ("mean", "sd"):
            value = getattr(self, name)
            if not is_number(value) or not 0 < value < 1:
                message = f"{name} must lie between 0 and 1"
                problems.append(bad(f"transient_share.{name}", message, value=value))
        refuse(problems)
        object.__setattr__(self, "mean", float(self.mean))
        object.__setattr__(self, "sd", float(self.sd))
        if self.sd**2 >= self.mean * (1 - self.mean):
            message = "no share has so large an sd about this mean"
            refuse([bad("transient_share.sd", message, value=self.sd)])

    @property
    def shape(self) -> tuple[float, float]:
        """The parameters of the beta distribution."""
        size = self.mean * (1 - self.mean) / self.sd**2 - 1
        return self.mean * size, (1 - self.mean) * size
