"""Models and tables that the tests of this room start from."""

from pathlib import Path

import pandas as pd

from varmodel.spec import ModelSpec

HOSTILE = Path(__file__).resolve().parents[1] / "hostile"

RESPONSES = {
    "share": {"numerator": "deaths", "denominator": "cases"},
    "trial": {"numerator": "died"},
    "expected": {"numerator": "deaths", "expected": "expected"},
    "exposure": {"numerator": "deaths", "exposure": "days"},
    "measurements": {"value": "los"},
    "log_measurements": {"value": "los"},
    "positive_measurements": {"value": "los"},
    "published": {"value": "rate", "standard_error": "se"},
}
FAMILIES = dict.fromkeys(("share", "trial"), "binomial")
FAMILIES |= dict.fromkeys(("expected", "exposure"), "poisson")
FAMILIES |= dict.fromkeys(("measurements", "published"), "normal")
FAMILIES |= {"log_measurements": "lognormal", "positive_measurements": "gamma"}
SCALE = {"provider_sd": {"dist": "half_normal", "sigma": 0.5}}
RELEVANT = {"smallest_relevant": 0.05}


def make_model(form="share", **fields):
    """Return a model of one response form; more fields may be given."""
    named = {"name": "model", "provider": "trust", "better": "lower", "family": FAMILIES[form]}
    scaled = {"priors": SCALE, "nil": RELEVANT} if form == "published" else {}
    return ModelSpec(**{**named, **RESPONSES[form], **scaled, **fields})


def make_table(**columns):
    """Return a table of six providers with shares; columns may be changed or added."""
    table = {
        "trust": ["RA1", "RA2", "RA3", "RA4", "RA5", "RA6"],
        "deaths": [3, 5, 2, 7, 0, 4],
        "cases": [40, 50, 30, 80, 20, 60],
    }
    return pd.DataFrame({**table, **columns})
