"""Own case mix with the nation's demography, where an interaction is of columns of both."""

import numpy as np
import pandas as pd
import pytest

from tests.estimands.hand_made import make_fit
from varmodel import Interaction, ModelSpec, Spline, prepare
from varmodel.estimands.draws.stacked import read_draws
from varmodel.estimands.variation.crossing import read_crossing


@pytest.fixture(scope="module")
def panel():
    """Factors with three and two levels, a number, a curve, two periods, products of both lists."""
    rng = np.random.default_rng(1)
    count = 400
    table = pd.DataFrame(
        {
            "trust": rng.choice(list("ABCDEF"), count),
            "quarter": rng.choice(["2006Q1", "2006Q2"], count),
            "age": rng.choice([40, 55, 70, 85], count),
            "stage": rng.choice(["I:a", "I:b", "II"], count),
            "sex": rng.choice(["F", "M"], count),
            "imd": rng.choice([1, 2, 3, 4, 5], count),
        }
    ).assign(cases=rng.integers(1, 20, count))
    table["events"] = rng.binomial(table["cases"], 0.3)
    spec = ModelSpec(
        name="mixed",
        provider="trust",
        period="quarter",
        numerator="events",
        denominator="cases",
        rows="records",
        better="lower",
        family="binomial",
        case_mix=(Spline("age", 2), "stage"),
        demography=("sex", "imd", Interaction(("stage", "sex")), Interaction(("age", "imd"))),
    )
    frame = prepare(spec, table)
    terms, shape = frame.sizes["term"], (1, 3)
    posterior = {
        "intercept": rng.normal(-1, 0.1, shape),
        "coefficients": rng.normal(0, 0.4, (*shape, terms)),
        "provider_sd": np.full(shape, 0.3),
        "provider_effect": rng.normal(0, 0.3, (*shape, 6)),
    }
    return make_fit(spec, frame, **posterior)


def test_products_of_both_lists_are_made_anew(panel):
    """Each pattern's case mix with each pattern's demography, columns multiplied one by one."""
    frame = panel.frame
    names = frame["term"].to_numpy().tolist()
    design, mean = frame["design"].to_numpy(), frame["term_mean"].to_numpy()
    weight = frame["pattern_weight"].to_numpy()
    predictor = read_draws(panel).predictor
    crossing = read_crossing(frame, panel.spec)
    rates = np.concatenate([part for _, part in crossing.rates(predictor, cells=2)])[
        :, crossing.case_of
    ]
    raw = design + np.where(
        [name.startswith(("stage", "sex", "period")) for name in names], mean, 0
    )
    place = next(k for k, name in enumerate(names) if "]:" in name)  # products stand last
    of_demography = [name.startswith(("sex", "imd")) for name in names]
    for pattern in range(0, len(design), 17):
        rows = np.where(of_demography, design, design[pattern])
        values = np.where(of_demography, raw, raw[pattern])
        for term, name in enumerate(names):
            if "]:" in name:
                pairs = ((a, b) for a in range(place) for b in range(place))
                one, two = next(p for p in pairs if f"{names[p[0]]}:{names[p[1]]}" == name)
                rows[:, term] = values[:, one] * values[:, two] - mean[term]
        eta = predictor.intercept[:, None] + predictor.coefficients @ rows.T
        wanted = (1 / (1 + np.exp(-eta))) @ weight
        np.testing.assert_allclose(rates[:, pattern], wanted, rtol=1e-10)


def test_a_product_within_one_list_needs_nothing_anew(panel):
    spec = panel.spec.replace(
        case_mix=("stage", "sex", Interaction(("stage", "sex"))), demography=("imd",)
    )
    found = read_crossing(panel.frame, spec)
    assert len(found.mixed) == 2  # age:imd of the frame; the products of stage and sex are not
    assert found.share.sum() == pytest.approx(1)
    assert len(found.demography) == 5
