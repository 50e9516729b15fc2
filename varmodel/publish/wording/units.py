"""A rate in the unit of its readers: 45.4 %, 12 per 1,000, 3.2 days."""

from varmodel.publish.wording.numbers import supported
from varmodel.spec import ModelSpec
from varmodel.spec.fields import UNIT_SIZE

_PERCENT = 100.0


def unit_factor(spec: ModelSpec) -> float:
    """Give what a rate is multiplied by in the model's unit: 100 for %, 1,000 for per 1,000.

    A measurement is in its own unit already: 1.
    """
    unit = spec.unit or ""
    if spec.value is not None:
        return 1.0
    if found := UNIT_SIZE.fullmatch(unit):
        return float(found[1].replace(",", ""))
    return _PERCENT if unit == "%" else 1.0


def in_unit(spec: ModelSpec, rate: float, *, mcse: float = 0.0) -> str:
    """Write a rate in the model's unit, with the digits that its Monte Carlo error supports.

    Parameters
    ----------
    spec : ModelSpec
        Its ``unit``; a rate of a model without one is written as it is.
    rate : float
        On the natural scale.
    mcse : float
        Monte Carlo error of the rate; 0 for a figure that has none.

    Returns
    -------
    str
        Number and unit, empty where the rate is not finite.
    """
    factor = unit_factor(spec)
    number = supported(factor * rate, factor * mcse)
    return f"{number} {spec.unit}" if number and spec.unit else number
