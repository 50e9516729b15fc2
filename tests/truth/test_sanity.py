"""What a whole analysis must do with no variation, with more of the same, and out of order."""

import numpy as np
import pandas as pd
import pytest

from varmodel import Benchmark, ModelSpec, analyse

LABELS = [f"P{number:02d}" for number in range(30)]
SPEC = ModelSpec(
    name="sanity",
    provider="trust",
    numerator="events",
    denominator="cases",
    better="lower",
    family="binomial",
    benchmark=Benchmark("quantile", 0.75),
    unit_cost=100.0,
)


def analysis_of(events, cases, order=None):
    table = pd.DataFrame({"trust": LABELS, "events": events, "cases": cases})
    ordered = table if order is None else table.iloc[order]
    return analyse(SPEC, ordered, random_seed=1, progressbar=False)


@pytest.fixture(scope="module")
def varied():
    rng = np.random.default_rng(0)
    cases = rng.integers(100, 600, len(LABELS))
    return rng.binomial(cases, 1 / (1 + np.exp(2 - rng.normal(0, 0.3, len(LABELS))))), cases


@pytest.mark.filterwarnings("ignore:DESIGN.UNDERDISPERSED")  # chance would not make them equal
def test_equal_providers_are_nil_and_nobody_is_named():
    found = analysis_of(40, 400)
    assert not found.nil.distinguishable
    assert found.nil.p_value == 1
    tables = found.tables()
    assert tables["savings"].empty
    saving = tables["totals"].set_index("quantity").loc["saving"]
    assert np.isnan(saving["lower"])
    assert saving["upper"] == found.nil.upper > 0


def test_a_thousand_times_the_data_is_certain(varied):
    events, cases = varied
    found = analysis_of(997 * events, 997 * cases)  # a thousand would look rounded
    assert found.rankability.min() > 0.99
    np.testing.assert_allclose(found.rates.mean(("chain", "draw")), events / cases, rtol=2e-3)
    order = (events / cases).argsort().argsort() + 1
    assert np.corrcoef(found.ranks["expected_rank"], order)[0, 1] > 0.999
    totals = found.tables()["totals"].set_index("quantity")["mean"]
    assert totals["saving"] == pytest.approx(totals["plug_in_observed"], rel=0.02)


def test_the_order_of_rows_changes_no_figure(varied):
    one = analysis_of(*varied)
    other = analysis_of(*varied, order=np.random.default_rng(1).permutation(len(LABELS)))
    for name, table in one.tables().items():
        pd.testing.assert_frame_equal(table, other.tables()[name], check_exact=True)
    assert one.nil == other.nil
