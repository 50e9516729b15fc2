"""Models that the tests of this room start from."""

import pytest

from varmodel.spec import ModelSpec


@pytest.fixture
def spec():
    """Return the smallest model of shares."""
    return ModelSpec(
        name="smallest",
        provider="trust",
        numerator="events",
        denominator="cases",
        better="lower",
        family="binomial",
    )


@pytest.fixture
def full():
    """Return a model in which every part is stated."""
    return ModelSpec.from_toml(FULL)


@pytest.fixture
def full_text():
    """Return the file of that model."""
    return FULL


FULL = """
schema = 1
name = "full"
title = "Every part"
status = "published"

[indicator]
provider = "trust"
provider_name = "trust_name"
period = "quarter"
period_style = "financial_quarter"
rows = "records"
numerator = "events"
denominator = "cases"
better = "higher"
annualise = 4
why_it_matters = "It does."
caveats = ["one", "two"]

[exclusions]
type = { values = ["specialist", "007"], reason = "different case mix" }
region = { values = ["Wales"], reason = "not in England" }

[model]
family = "binomial"
case_mix = ["age", { column = "sex", factor = true }, { column = "bmi", factor = false }]
demography = [{ column = "imd", factor = true }]
effect = "normal"

[priors]
provider_sd = { dist = "half_student_t", nu = 4, sigma = 0.5 }
intercept = { dist = "normal", sigma = 10 }

[benchmark]
kind = "quantile"
value = 0.75

[unit_cost]
low = 205
mode = 225
high = 273
currency = "GBP"
price_year = 2006
source = "a page"

[nil]
smallest_relevant_mor = 1.1
alpha = 0.01
prob = 0.9

[review]
authored_by = "A"
checked_by = "B"
next_review = "2027-01"
sources = ["key"]
"""
