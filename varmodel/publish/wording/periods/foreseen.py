"""How the last period was foreseen from those before it: one line."""

from varmodel.publish.wording.numbers import probability
from varmodel.studies import Forecast
from varmodel.studies.forecast import FULL, RAW, SHRUNKEN

_NAMES = {
    FULL: "this model",
    SHRUNKEN: "without what passes",
    RAW: "raw figures",
}


def forecast_sentence(forecast: Forecast) -> str:
    """Say how often each forecast held the places that were then seen, and how it scored.

    Parameters
    ----------
    forecast : Forecast

    Returns
    -------
    str
        Of the model, of the same model without a transient, and of unshrunken figures.
    """
    rows = {str(row["method"]): row for row in forecast.table.to_dict("records")}
    held = ", ".join(f"{_NAMES[name]} {probability(rows[name]['covered'])}" for name in _NAMES)
    score = ", ".join(f"{rows[name]['log_score']:,.0f}" for name in _NAMES)
    return (
        f"Forecast of {forecast.period} from the periods before it: {100 * forecast.prob:g} % "
        f"intervals held the place that was seen in these shares of providers: {held} (log scores "
        f"{score}; higher is better)."
    )
