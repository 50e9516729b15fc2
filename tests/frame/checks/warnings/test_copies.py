import numpy as np
import pandas as pd
import pytest

from tests.frame.checks.warnings.test_covariates import found
from tests.frame.hand_made import make_model
from varmodel.frame.checks.warnings.agreement import evidence_of
from varmodel.frame.reading import read_table
from varmodel.frame.rows import columns_of, read_rows

RNG = np.random.default_rng(6)
QUARTERS = [f"2006Q{k}" for k in (1, 2, 3, 4)]
TRUSTS = [f"R{k:02d}" for k in range(20)]


def table():
    """Twenty providers, four quarters, counts and measurements that do not repeat."""
    rows = pd.MultiIndex.from_product([TRUSTS, QUARTERS], names=["trust", "quarter"])
    made = rows.to_frame(index=False)
    made["cases"] = RNG.integers(50, 900, len(made))
    made["deaths"] = RNG.binomial(made["cases"], 0.1)
    made["expected"] = (made["cases"] / 9.7).round(2)
    made["rate"], made["se"] = (made["deaths"] / made["cases"]).round(4), 0.01
    made["se"] = (made["rate"] / np.sqrt(made["cases"])).round(5)
    return made


def copied(made, *pairs):
    """Give the later of each pair the rows of the earlier."""
    for source, target in pairs:
        rows = made[made["trust"] == source].assign(trust=target)
        made = pd.concat([made[made["trust"] != target], rows], ignore_index=True)
    return made


@pytest.mark.parametrize("form", ["share", "expected", "published"])
def test_copied_rows_are_found(form):
    spec, made = make_model(form, period="quarter"), table()
    assert found(spec, made) == {}
    said = found(spec, copied(made, ("R03", "R11"), ("R03", "R12")))
    assert "R03, R11, R12 have exactly the same rows (3 times" in said["DESIGN.IDENTICAL"]


def test_the_order_of_the_copied_rows_does_not_matter():
    made = copied(table(), ("R03", "R11")).sample(frac=1, random_state=1)
    assert "R03, R11" in found(make_model(period="quarter"), made)["DESIGN.IDENTICAL"]


def test_one_figure_that_differs_makes_no_copy():
    made = copied(table(), ("R03", "R11"))
    made.loc[made.index[-1], "deaths"] += 1
    assert found(make_model(period="quarter"), made) == {}
    made = copied(table(), ("R03", "R11"))
    made.loc[made["trust"] == "R11", "quarter"] = list(reversed(QUARTERS))
    assert found(make_model(period="quarter"), made) == {}


def test_one_row_of_large_counts_is_enough():
    made = table().query("quarter == '2006Q1'")
    made["cases"] *= 50
    made["deaths"] *= 50
    assert "R03, R11" in found(make_model(), copied(made, ("R03", "R11")))["DESIGN.IDENTICAL"]


def test_small_figures_agree_by_chance():
    small = pd.DataFrame({"trust": TRUSTS, "deaths": [0, 1] * 10, "cases": [3, 4, 3, 5] * 5})
    assert found(make_model(), small) == {}
    single = pd.DataFrame(
        {"trust": np.repeat(TRUSTS, 2), "died": [0, 1] * 20, "age": [60, 70] * 20}
    )
    assert found(make_model("trial", case_mix=("age",), rows="records"), single) == {
        "DESIGN.SEPARATION": found(make_model("trial", case_mix=("age",), rows="records"), single)[
            "DESIGN.SEPARATION"
        ]
    }


def test_sizes_that_are_alike_by_design_prove_little():
    made = pd.DataFrame({"trust": TRUSTS, "deaths": [3, 4, 5, 6] * 5, "cases": 1000})
    assert found(make_model(), made) == {}


def test_measurements_copied_one_by_one_are_found():
    days = RNG.gamma(2, 3, 20 * 30).round(2)
    made = pd.DataFrame({"trust": np.repeat(TRUSTS, 30), "los": days})
    spec = make_model("measurements")
    assert found(spec, made) == {}
    assert "R05, R06" in found(spec, copied(made, ("R05", "R06")))["DESIGN.IDENTICAL"]


def test_empty_rows_are_no_copies():
    made = table()
    made.loc[made["trust"].isin(["R01", "R02"]), ["deaths", "cases"]] = 0
    assert set(found(make_model(period="quarter"), made)) == {
        "COUNT.ZERO_DENOMINATOR",
        "DESIGN.NO_INFORMATION",
    }


def records(count):
    """One row a case: twenty providers, four bands, unlike numbers of rows."""
    rng = np.random.default_rng(7)
    made = pd.DataFrame(
        {"trust": rng.choice(TRUSTS, count), "band": rng.choice(list("abcd"), count)}
    )
    return made.assign(
        died=rng.binomial(1, 0.2, count), quarter=rng.choice(["2006Q1", "2006Q2"], count)
    )


@pytest.mark.parametrize("times", [2, 3])
def test_a_file_appended_to_itself(times):
    once, spec = records(3000), make_model("trial", case_mix=("band",))
    assert found(spec, once) == {}
    said = found(spec, pd.concat([once] * times))["DESIGN.TWICE"]
    assert f"every row of the table stands {times} times" in said


def test_one_quarter_and_one_provider_sent_twice():
    once, spec = records(3000), make_model("trial", case_mix=("band",), period="quarter")
    again = pd.concat([once, once[once["quarter"] == "2006Q2"]])
    assert "every row of period 2006Q2 stands 2 times" in found(spec, again)["DESIGN.TWICE"]
    days = RNG.gamma(2, 3, 20 * 30).round(2)
    made = pd.DataFrame({"trust": np.repeat(TRUSTS, 30), "los": days})
    said = found(make_model("measurements"), pd.concat([made, made[made["trust"] == "R05"]]))
    assert "provider R05" in said["DESIGN.TWICE"]


def test_few_unlike_rows_prove_nothing():
    made = pd.DataFrame({"trust": np.repeat(TRUSTS[:5], 60), "died": [0, 0, 1] * 100})
    assert "DESIGN.TWICE" not in found(make_model("trial"), made)


def one_row_each(seed, count=150):
    """Providers of unlike sizes, one row each; the first has 300 events of 900 cases."""
    rng = np.random.default_rng(seed)
    cases = rng.integers(100, 3000, count)
    rate = 1 / (1 + np.exp(0.7 + 0.3 * rng.normal(size=count)))
    deaths = rng.binomial(cases, rate)
    trusts = [f"T{k:03d}" for k in range(count)]
    cases[0], deaths[0] = 900, 300
    return pd.DataFrame({"trust": trusts, "deaths": deaths, "cases": cases})


def test_a_copy_does_not_make_copies_likely():
    """Single rows of large counts: copies are found, and independent providers hardly ever."""
    doubted = copies = 0
    for seed in range(20):
        made = one_row_each(seed)
        doubted += "DESIGN.IDENTICAL" in found(make_model(), made)
        copies += "DESIGN.IDENTICAL" in found(make_model(), copied(made, ("T000", "T001")))
    assert doubted <= 1
    assert copies >= 15


@pytest.mark.parametrize("form", ["share", "expected", "trial"])
def test_evidence_lies_within_its_bound(form):
    """What the bound leaves unasked would not have been told."""
    spec = make_model(form, case_mix=("band",), rows="records")
    for seed in range(20):
        rng = np.random.default_rng(seed)
        made = pd.DataFrame({"trust": np.repeat(TRUSTS, 6), "band": list("abc") * 40})
        made["cases"] = 1 + rng.poisson(rng.choice([2, 30, 500]), 120)
        made["deaths"], made["expected"] = rng.binomial(made["cases"], 0.3), made["cases"] * 0.3
        made["died"] = rng.integers(0, 2, 120)
        evidence = evidence_of(spec, read_rows(spec, read_table(made, columns_of(spec))))
        for alike in ([0, 1], [7], [3, 4, 19]):
            assert evidence.of(alike) <= evidence.at_most(alike) + 1e-9


def test_cases_of_equal_numbers_by_provider_are_rarely_doubted():
    spec, doubted = make_model("trial", case_mix=("band",)), 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        made = pd.DataFrame({"trust": np.repeat(TRUSTS[:10], 60)})
        made["died"], made["band"] = rng.binomial(1, 0.26, 600), rng.choice(list("ab"), 600)
        doubted += "DESIGN.IDENTICAL" in found(spec, made)
    assert doubted <= 1
