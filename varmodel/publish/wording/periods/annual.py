"""What is said of savings: annual only where the model says what a year is (methods 7)."""

from varmodel.estimands.rates.parts import NEXT
from varmodel.fits import Fit
from varmodel.frame import period_word
from varmodel.numerics.once import once
from varmodel.spec import ModelSpec
from varmodel.studies import published_part


def saving_name(spec: ModelSpec) -> str:
    """Name the saving, without a capital."""
    return f"annual {SAVING}" if is_annual(spec) else f"{SAVING} {OVER_TABLE}"


SAVING = "saving"
OVER_TABLE = "over the time of the table"


def is_annual(spec: ModelSpec) -> bool:
    """Whether the saving is a year's."""
    return spec.annual_factor is not None


def time_of_saving(spec: ModelSpec) -> str:
    """Say over what time a saving is made, after "what would be saved"."""
    return "in a year" if is_annual(spec) else OVER_TABLE


@once(lambda fit: (fit,))
def if_it_lasted(fit: Fit) -> str:
    """Say what a year's saving takes for granted; empty where it takes nothing.

    One period, that of the table or the one to come, is taken for the year, and seldom lasts it:
    four times a quarter overstates. Of a declared share that passes, what lasts is priced.
    """
    factor = fit.annual_factor
    if factor is None or factor == 1 or fit.spec.transient_share is not None:
        return ""
    one = int(fit.frame.attrs["periods"]) == 1
    if not one and published_part(fit) != NEXT:
        return ""
    return f"if {'this' if one else 'the coming'} {period_word(fit.frame)}'s gap lasted the year"
