"""What is ranked is said: lasting performance, the coming period, or the one period."""

from dataclasses import replace

import numpy as np
import pytest

from tests.fits.hand_made import whole_fit
from tests.publish.plots.pictures import BELIEVED, FOUND
from varmodel import persistence_share
from varmodel.fits.diagnostics import gate
from varmodel.publish import Published, headline, tables_of
from varmodel.publish.wording.numbers import probability
from varmodel.publish.wording.periods.ranked import one_period, what_is_ranked
from varmodel.publish.wording.sentences import estimates
from varmodel.studies import make_figures

PANEL = {"periods": 4, "period": "quarter", "transient": "ar1"}


def published(*, split=False, **fields):
    """Make an analysis; with ``split`` its draws do not tell what lasts from what passes."""
    fit = whole_fit(shape=(2, 60), **{**PANEL, **fields})
    if split:
        share = np.random.default_rng(1).uniform(0.1, 0.9, (2, 60))
        fit.draws["posterior"]["provider_sd"][:] = 0.4 * np.sqrt(share)
        fit.draws["posterior"]["transient_sd"][:] = 0.4 * np.sqrt(1 - share)
    return Published(fit, make_figures(fit, random_seed=1), FOUND, BELIEVED, gate({}, {}))


def test_several_periods_rank_what_lasts():
    x = published()
    share = probability(float(persistence_share(x.fit).median()))
    said = what_is_ranked(x)
    assert said.startswith(
        f"Ranked: lasting performance over 2006Q1 to 2006Q4; persistence share {share} (95 % "
    )
    assert said.endswith("; an AR(1) transient.")
    lines = headline(x).splitlines()
    assert lines[2] == said
    assert "only" not in headline(x)


def test_where_the_two_are_not_told_apart_it_is_the_coming_period():
    x = published(split=True)
    assert x.figures.part == "next"
    said = what_is_ranked(x)
    assert said.startswith("Ranked: performance in the coming quarter, 2007Q1, for 4 quarters do")
    text = headline(x)
    assert "Pr top" in text.split("lasting")[1]  # a column of lasting ranks before the places
    assert "Of what lasts alone: " in text
    assert ", if the coming quarter's gap lasted the year." in " ".join(text.split())
    table = x.figures.lasting.ranks["expected_rank"].to_series()
    ranking = tables_of(x)["ranking"].set_index("provider")
    np.testing.assert_allclose(ranking["lasting_rank"].sort_index(), table.sort_index())
    totals = tables_of(x)["totals"].set_index("quantity")
    lasting = float(x.figures.lasting.savings["total"].mean())
    assert totals.loc["saving_lasting", "mean"] == pytest.approx(lasting)
    assert totals.loc["saving", "mean"] != pytest.approx(lasting)


def test_the_share_that_could_be_closed_stands_beside_the_coming_gap_and_nowhere_else():
    x = published(split=True)
    totals = tables_of(x)["totals"].set_index("quantity")
    kept, whole = (y.savings["total"].to_numpy() for y in (x.figures.lasting, x.figures))
    row = totals.loc["closable_share"]
    share = np.minimum(kept / whole, 1)
    assert row["mean"] == pytest.approx(share.mean())
    assert (row["lower"], row["upper"]) == pytest.approx(np.quantile(share, [0.025, 0.975]))
    assert 0 < row["lower"] < row["upper"] <= 1
    told = {e.name: e for e in estimates(x, tables_of(x)["totals"])}["Share that could be closed"]
    assert float(told.figure.split()[0]) == pytest.approx(row["median"], abs=0.05)
    assert "Share of the gap that could be closed" in " ".join(headline(x).split())
    nil = replace(x, nil=replace(x.nil, distinguishable=False))
    assert "could be closed" not in headline(nil)
    for other in (nil, published()):  # nil shows no total, and what lasts can all be closed
        assert "closable_share" not in set(tables_of(other)["totals"]["quantity"])


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"transient": "iid"}, "a transient that is new in each quarter."),
        ({"transient": "none"}, "mean performance over 2006Q1 to 2006Q4; no transient: what"),
        ({"period_style": "financial_year"}, "lasting performance over 2006/07 to 2009/10;"),
    ],
)
def test_other_transients_and_years(fields, said):
    assert said in what_is_ranked(published(**fields))


@pytest.mark.parametrize(("style", "word"), [("quarter", "quarter"), ("year", "year")])
def test_one_period_says_what_persistence_would_do_to_it(style, word):
    x = published(periods=1, transient="auto", period_style=style)
    assert what_is_ranked(x) == ""
    first, second = one_period(x.fit)
    assert first == f"One {word} only: this ranks the {word}, not lasting performance."
    assert "is .95, .8 or .64, a 90 % rank interval" in second
    assert second.endswith("holds the lasting rank in .55, .32 or .23 of cases.")
    assert ("quarter" in second) == (word == "quarter")
    assert first in headline(x)


def test_a_declared_share_is_said_to_be_declared():
    share = {"mean": 0.2, "sd": 0.1}
    x = published(periods=1, transient="auto", transient_share=share)
    (said,) = one_period(x.fit)
    assert said.startswith("One quarter only: this ranks lasting performance, with a share of 0.2")
    assert "The model declares it" in said
