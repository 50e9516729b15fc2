"""What a rate is called, and what it means, by the form of the response."""

import json

import xarray as xr

from varmodel.errors import some
from varmodel.fits import Fit
from varmodel.publish.names import in_words, literal
from varmodel.publish.tables.cells import Cell
from varmodel.publish.tables.crude import counts_of
from varmodel.spec import ModelSpec

#: The heading of a provider's volume; absent where a form has none.
_VOLUMES = {"expected": "Expected", "exposure": "Exposure"}


def rate_name(fit: Fit) -> str:
    """Name what is compared, in the singular and without a capital."""
    return "adjusted ratio" if is_ratio(fit) else "adjusted rate"


def is_ratio(fit: Fit) -> bool:
    """Whether each provider is held against what was expected of its own patients."""
    return fit.spec.form.name == "expected"


def rate_meaning(fit: Fit) -> str:
    """Say what it is, as the end of a sentence."""
    if is_ratio(fit):
        return (
            "events over those expected of the provider's own patients, drawn towards the others; "
            "the expected counts carry the mix of patients and are taken as known"
        )
    if adjusted_for(fit):
        return "the rate that the provider would have with the mix of patients of all providers"
    return (
        "the provider's rate, drawn towards the others as far as it may be chance; the model "
        "adjusts for no mix of patients"
    )


def left_out(spec: ModelSpec) -> str:
    """Say which effects are not in a rate though the model has them; empty where all are."""
    if not spec.levels_adjusted:
        return ""
    names = map(in_words, [*([spec.classes] if spec.classes else []), *spec.levels])
    return (
        f"Left out of rates, ranks and savings: the effects of {' and '.join(names)} "
        "(levels_adjusted). Providers are held against their like; observed rates have them."
    )


def merged(frame: xr.Dataset) -> str:
    """Say what became of providers that have another code now; empty where none has."""
    codes: dict[str, str] = json.loads(frame.attrs.get("successors", "{}"))
    told = some([f"{literal(old)} in {literal(new)}" for old, new in codes.items()])
    return f"Counted with the provider that it became: {told}." if told else ""


def adjusted_for(fit: Fit) -> list[str]:
    """List the columns that the model adjusts for."""
    terms = json.loads(fit.frame.attrs["terms"])
    kinds = ("period", "interaction")
    return [str(term["column"]) for term in terms if term["kind"] not in kinds]


def volume_name(fit: Fit) -> str:
    """Name what a provider's volume is; empty where the table has none."""
    if "activity" not in fit.frame:
        return ""
    return _VOLUMES.get(fit.spec.form.name, "Cases")


def volumes(fit: Fit) -> dict[str, Cell]:
    """Write each provider's volume over all periods of the table, where it has one."""
    sizes = counts_of(fit)[1]
    if sizes is None:
        return {}
    digits = 1 if fit.spec.form.name in _VOLUMES else 0
    found = zip(fit.frame["provider"].to_numpy(), sizes.tolist(), strict=True)
    return {str(code): Cell(f"{value:,.{digits}f}", value) for code, value in found}
