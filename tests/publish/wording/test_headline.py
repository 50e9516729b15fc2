"""The printed headline: its words, its ends, what it may not say."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from tests.fits.hand_made import whole_fit
from varmodel.fits import Fit
from varmodel.fits.diagnostics import gate
from varmodel.publish import Published
from varmodel.publish.wording.headline import headline
from varmodel.publish.wording.verdict import trust
from varmodel.studies import NilVerdict, Shape, make_figures

FOUND = NilVerdict(distinguishable=True, p_value=0.001, prob_relevant=0.9999, upper=1.0)
NIL = NilVerdict(distinguishable=False, p_value=0.312, prob_relevant=0.8, upper=12_345.0)


def flexible(mean=7_000.0, spread=500.0, *, p_value=0.4):
    """Return a verdict on the shape, its total drawn evenly about a mean."""
    draws = mean + spread * np.random.default_rng(1).uniform(-1, 1, (4, 500))
    return Shape(p_value, p_value >= 0.01, xr.DataArray(draws, dims=("chain", "draw")))


def text_of(fit, nil=FOUND, *, rankability=None, shape=None):
    figures = make_figures(fit, random_seed=1)
    if rankability is not None:
        share = xr.full_like(figures.rankability, rankability)
        figures = replace(figures, rankability=share)
    return headline(Published(fit, figures, nil, shape or flexible(), gate({}, {})))


def relabelled(fit, names, **attrs):
    posterior = fit.posterior.assign_coords(provider=names)
    draws = xr.DataTree.from_dict({"posterior": posterior})
    draws.attrs = fit.draws.attrs
    frame = fit.frame.assign_coords(provider=names).assign_attrs(attrs)
    return Fit(fit.spec, frame, draws)


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "the order is mostly noise"),
        (0.499, "the order is mostly noise"),
        (0.5, "moderate"),
        (0.75, "moderate"),
        (0.751, "high"),
        (1.0, "high"),
    ],
)
def test_how_far_the_order_may_be_trusted(share, words):
    assert trust(share) == words
    assert f": {words}\n" in text_of(whole_fit(shape=(2, 50)), rankability=share)


def test_an_order_of_noise_is_led_by_grades():
    """Ends by grade, each in its own column, and the rate of error of each grade above them."""
    fit = whole_fit(providers=40, shape=(2, 50))
    figures = make_figures(fit, random_seed=1)
    grades = figures.order.graded["grade"].to_series()
    assert grades.max() > 1
    text = text_of(fit, rankability=0.3)
    before, after = text.split("\n provider", 1)
    said = f"The figures part {grades.max()} grades; grade 1 has the lowest rates. Grade 1: "
    assert said in " ".join(before.split())
    assert "probability of another grade" in before
    lines = [line.split() for line in after.splitlines() if names_in(line, fit)]
    shown = {name: int(grade) for name, grade, *_ in lines}
    assert list(shown.values()) == sorted(shown.values())
    assert shown == grades[list(shown)].to_dict()
    assert "grade" not in text_of(fit, rankability=0.5)


def test_the_opening():
    lines = text_of(whole_fit(shape=(2, 50)), rankability=0.666).splitlines()
    assert lines[0] == "Hand made"
    assert lines[1].startswith("12 providers, ")
    assert lines[1].endswith(" rows; lower is better; rankability 0.67: moderate")
    assert "PROVISIONAL" not in "\n".join(lines)


def test_a_model_without_a_title_shows_its_name():
    assert text_of(whole_fit(shape=(2, 50), title="")).startswith("hand\n")


def test_a_provisional_fit_says_so_first():
    first = text_of(whole_fit(shape=(2, 50), provisional=True)).splitlines()[0]
    assert first == "PROVISIONAL: the draws failed the gate; do not publish"


def names_in(text, fit):
    shown = [line.split()[0] for line in text.splitlines() if line.strip()]
    return [name for name in shown if name in fit.frame["provider"].to_numpy()]


def test_a_short_ranking_is_shown_whole_and_in_order():
    fit = whole_fit(shape=(2, 50))
    ranks = make_figures(fit, random_seed=1).ranks["expected_rank"].to_series()
    assert names_in(text_of(fit), fit) == list(ranks.sort_values().index)


def test_of_a_long_ranking_both_ends_are_shown():
    fit = whole_fit(providers=40, shape=(2, 50))
    ranks = make_figures(fit, random_seed=1).ranks["expected_rank"].to_series().sort_values()
    text = text_of(fit)
    assert names_in(text, fit) == [*ranks.index[:5], *ranks.index[-5:]]
    assert "... 30 more ..." in text


def test_savings_stand_beside_what_others_would_publish():
    text = text_of(whole_fit(shape=(4, 500)))
    assert "The providers can be told apart from chance (p = 0.001 without any variation;" in text
    assert "probability that the differences matter >.99)." in text
    assert "\nSaving over the time of the table at the benchmark: GBP " in text
    assert " can be named for a saving." in text
    assert "from unshrunken rates, as usually published (tends to overstate)" in text
    assert "from shrunken means (tends to understate)" in text


def test_nil_names_nobody_and_has_no_lower_end():
    text = text_of(whole_fit(shape=(4, 500), annualise=4), NIL)
    assert "Nil: the providers cannot be told apart from chance (p = 0.312 without any" in text
    (line,) = [line for line in text.splitlines() if line.startswith("Annual saving")]
    assert line.startswith("Annual saving: nil to GBP 12,")
    assert line.endswith(", if this period's gap lasted the year.")
    (beside,) = [line for line in text.splitlines() if "flexible" in line]
    assert beside == "With a flexible shape of the effects: nil to 7,500."
    assert "named" not in text


def test_the_total_stands_beside_that_of_a_flexible_shape():
    text = text_of(whole_fit(shape=(4, 500), annualise=1))
    before, after = text.split("\nWith a flexible shape of the effects: ")
    total, width = before.splitlines()[-2:]
    assert total.startswith("Annual saving at the benchmark: GBP ")
    assert re.fullmatch(r"Of the width of this interval \d+ % is the price of one event, .*", width)
    assert after.startswith("7,000 (95 % 6,500 to 7,500).\n")
    assert "doubted" not in text


@pytest.mark.parametrize(
    ("p_value", "words"), [(0.004, "p = 0.004"), (0.0005, "p < .001"), (0.0099, "p = 0.010")]
)
@pytest.mark.parametrize("nil", [FOUND, NIL])
def test_a_doubted_shape_is_told_before_the_saving(p_value, words, nil):
    text = text_of(whole_fit(shape=(4, 500), annualise=1), nil, shape=flexible(p_value=p_value))
    doubt = f"The shape of the effects is doubted ({words}): look for specialists to exclude."
    advice = "The savings are PROVISIONAL: read the total with a flexible shape."
    assert f"{doubt}\n{advice}\nAnnual saving" in text
    assert not text.startswith("PROVISIONAL")


def test_without_savings_a_doubted_shape_is_told_all_the_same():
    fit = whole_fit(shape=(2, 50), unit_cost=None)
    text = text_of(fit, shape=Shape(0.004, passed=False, total=None))
    assert "The shape of the effects is doubted (p = 0.004)" in text
    assert "PROVISIONAL" not in text


@pytest.mark.parametrize("nil", [FOUND, NIL])
def test_a_refit_without_a_total_says_why(nil):
    shape = Shape(0.4, passed=True, total=None, reason="the draws failed the gate: k-hat 0.9")
    text = text_of(whole_fit(shape=(4, 500)), nil, shape=shape)
    words = "With a flexible shape of the effects: no figure, for the draws failed the gate: k-hat"
    assert words in text
    assert "The savings are PROVISIONAL: without a total of flexible shape" in text


def test_the_price_year_is_told():
    cost = {"low": 1, "mode": 2, "high": 3, "currency": "EUR", "price_year": 2006}
    assert "EUR (2006) " in text_of(whole_fit(shape=(2, 50), unit_cost=cost))


def test_without_a_price_no_saving_is_told():
    text = text_of(whole_fit(shape=(2, 50), unit_cost=None))
    assert "saving" not in text
    assert text.rstrip().endswith("this ranks the time of the table, not lasting performance.")


def test_without_a_direction_there_is_no_order():
    fit = whole_fit(shape=(2, 50), better="neither")
    assert names_in(text_of(fit), fit) == []


def test_excluded_providers_are_told_with_their_reason():
    fit = whole_fit(shape=(2, 50))
    excluded = [{"provider": "[b]X1[/b]", "observed": 0.2, "reason": "specialist"}]
    frame = fit.frame.assign_attrs(excluded=json.dumps(excluded))
    assert "Not ranked: [b]X1[/b] (specialist)" in text_of(Fit(fit.spec, frame, fit.draws))
    idle = [{"provider": f"X{k}", "observed": None, "reason": "no activity"} for k in range(9)]
    many = fit.frame.assign_attrs(
        excluded=json.dumps([*json.loads(frame.attrs["excluded"]), *idle])
    )
    text = text_of(Fit(fit.spec, many, fit.draws))
    assert "Not ranked: X0, X1, X2, X3, X4 and 4 more (no activity)" in text
    assert text.count("Not ranked") == 2


def test_names_are_literal_and_whole():
    names = ["[red]A[/red]", ":smile:", "[/]", "Q" * 50, *(f"T{n}" for n in range(8))]
    text = text_of(relabelled(whole_fit(shape=(2, 50)), names))
    assert all(name in text for name in names[:3])
    assert text.count("Q") == 50
    assert "\x1b" not in text


def test_a_provider_without_cases_has_no_observed_rate():
    fit = whole_fit(shape=(2, 50))
    observed = fit.frame["observed"].copy()
    observed[0] = np.nan
    frame = fit.frame.assign(observed=observed)
    assert "nan" not in text_of(Fit(fit.spec, frame, fit.draws))


def test_a_fall_back_to_nuts_is_told():
    fit = whole_fit(shape=(2, 50))
    fit.draws.attrs["instead_of_marginal"] = "Pareto k of the weights 0.91"
    assert "Sampled by NUTS, for the marginal sampler failed its gate: Pareto k" in text_of(fit)
