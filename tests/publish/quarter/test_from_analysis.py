"""Facts of an analysis are those of its tables: nothing is computed a second time."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from tests.publish.analysed import EXCLUDED, NIL, analysed
from tests.publish.checked import checks, own_rate
from tests.publish.quarter.made import quarter
from varmodel.errors import SpecError
from varmodel.estimands import adjusted_rates, decompose
from varmodel.estimands.draws.alike import summarise_alike
from varmodel.estimands.money.acting import worth_acting
from varmodel.estimands.money.shares import width_shares
from varmodel.publish.disclosure import policy_of
from varmodel.publish.disclosure.protected import disclosed_indicator
from varmodel.publish.quarter import of_providers
from varmodel.publish.quarter.from_analysis import facts_of
from varmodel.publish.quarter.publication.rows import frames_of
from varmodel.publish.tables import pooled
from varmodel.publish.tables.data_frames import tables_of
from varmodel.spec import Peers


def test_places_rates_and_savings_are_those_of_the_tables():
    x = analysed(excluded=EXCLUDED)
    facts, tables = facts_of(x, costs=900.0), tables_of(x)
    ranking = tables["ranking"]
    assert [own.code for own in facts.providers] == ranking["provider"].to_list()
    held = [own for own in facts.providers if not own.reason]
    ranked = ranking[ranking["ranked"]]
    assert [own.place.expected for own in held] == pytest.approx(ranked["expected_rank"].tolist())
    assert [own.place.lower for own in held] == ranked["lower"].tolist()
    assert [own.placed for own in held] == ranked["placed"].tolist()
    for name in ("rates", "savings"):
        by_code = tables[name].set_index("provider")
        for own in held:
            x_of = own.rate if name == "rates" else own.money.saving
            row = by_code.loc[own.code]
            assert (x_of.mean, x_of.lower, x_of.upper) == (row["mean"], row["lower"], row["upper"])
    prob = worth_acting(x.savings, cost=900.0)["prob_worth"]
    assert {own.code: own.money.prob_worth for own in held} == prob.to_series().to_dict()
    total = tables["totals"].set_index("quantity").loc["saving"]
    assert (facts.total.mean, facts.total.upper) == (total["mean"], total["upper"])
    assert facts.currency == x.savings["saving"].attrs["units"] != ""


def test_acting_on_providers_of_the_same_cells_is_worth_the_same(monkeypatch):
    x = analysed()
    prob = worth_acting(x.savings, cost=900.0)["prob_worth"]
    pairs = np.repeat(np.arange(6), 2)  # twelve providers, as if two by two were alike
    monkeypatch.setattr("varmodel.publish.tables.pooled.sets_alike", lambda _: pairs)
    own = {p.code: p.money.prob_worth for p in facts_of(x, costs=900.0).providers}
    for one, other in prob["provider"].to_numpy().reshape(6, 2):
        assert own[one] == own[other] == float(prob.sel(provider=[one, other]).mean())
    assert len(set(own.values())) > 1


def test_shares_of_a_saving_are_those_of_its_own_width():
    x = analysed()
    own = facts_of(x).providers[-1]
    alone = {"total": x.savings["saving"].sel(provider=own.code), "price": x.savings["price"]}
    shares = width_shares(xr.Dataset(alone))
    assert own.money.price_share == float(shares["price"])
    assert own.money.price_share + own.money.statistics_share == pytest.approx(1)
    assert own.money.prob_worth is None


def test_parts_and_crude_rate_are_those_of_the_decomposition():
    x = analysed()
    parts = decompose(x.fit).mean(("chain", "draw"))
    for own in facts_of(x).providers:
        assert own.observed == pytest.approx(own.events / own.cases)
        gap = sum(part.mean for part in own.parts.values())
        assert gap == pytest.approx(float(parts.sel(provider=own.code).sum()))


def test_a_place_among_peers_is_that_of_the_joint_draws():
    x = analysed(peers=Peers(("log_volume",), 3), better="higher")
    rates = x.rates.to_series().unstack("provider")  # a row a draw
    for own in facts_of(x).providers:
        assert len(own.peers) == 3
        assert own.code not in own.peers
        ahead = (rates[list(own.peers)].gt(rates[own.code], axis=0)).sum(axis=1)
        assert own.among_peers.expected == pytest.approx(1 + float(ahead.mean()))
        assert own.among_peers.among == 4
        assert 1 <= own.among_peers.lower <= own.among_peers.upper <= 4


def test_peers_that_are_only_shown_come_of_the_list_and_move_no_benchmark():
    x = analysed(peers=Peers(("beds",), 3, benchmark=False), better="higher")
    codes = [str(code) for code in x.fit.frame["provider"].to_numpy()]
    beds = {code: 100.0 * place for place, code in enumerate(codes)}
    unknown, first = codes[-1], codes[0]
    del beds[unknown]
    facts = facts_of(x, described={"beds": beds})
    own = {p.code: p for p in facts.providers}
    assert own[first].peers == tuple(codes[1:4])
    assert own[first].among_peers.among == 4
    assert (own[unknown].peers, own[unknown].among_peers) == ((), None)
    assert all(unknown not in p.peers for p in facts.providers)
    assert facts.peers.endswith("the benchmark is that of all")
    plain = analysed(better="higher")
    assert facts.total == facts_of(plain).total
    assert {p.among_peers for p in facts_of(x).providers} == {None}  # nobody said how large
    assert facts_of(x).peers == ""
    few = facts_of(x, described={"beds": {code: beds[code] for code in codes[:3]}})
    assert few.peers.startswith("among the 2 providers nearest in beds;")  # of three known
    assert {p.code: p for p in few.providers}[first].among_peers.among == 3


def test_nil_names_nobody_and_has_an_upper_end_alone():
    facts = facts_of(analysed(nil=NIL), costs=1.0)
    assert not facts.distinguishable
    assert (facts.total.mean, facts.total.lower, facts.total.upper) == (None, None, NIL.upper)
    assert facts.plug_in is None
    assert {(own.money, own.story) for own in facts.providers} == {(None, "")}


def test_the_excluded_stand_last_with_their_reasons():
    facts = facts_of(analysed(excluded=EXCLUDED))
    last = facts.providers[-2:]
    assert [own.reason for own in last] == ["special & odd", "closed\ufffd"]
    assert {(own.place, own.rate, own.money) for own in last} == {(None, None, None)}


def test_the_rate_of_an_excluded_provider_is_not_published_of_a_few_events():
    """Its crude rate is 0.5: of 6 cases and of 400."""
    x = analysed(excluded=(("X8", "special"), ("X9", "special")))
    own = {code: replace(own_rate(0.4444), cases=n) for code, n in (("X8", 6.0), ("X9", 400.0))}
    facts = facts_of(replace(x, checks=checks(x, excluded=own)))
    assert [(p.events, p.cases) for p in facts.providers[-2:]] == [(3, 6), (200, 400)]
    few, many = disclosed_indicator(facts, policy=policy_of("hes")).providers[-2:]
    assert (few.rate, few.observed, few.cases) == (None, None, None)
    assert (many.rate.mean, many.observed, many.events) == (0.44, 0.5, 200)


def test_a_course_is_the_rate_of_each_period_beside_all():
    x = analysed(period="quarter", periods=4, transient="ar1")
    facts = facts_of(x)
    rates = adjusted_rates(x.fit, part="period").mean(("chain", "draw"))
    level = rates.mean("provider").to_numpy()
    for own in facts.providers:
        mine = rates.sel(provider=own.code).to_numpy()
        assert [moment.rate.mean for moment in own.trend] == pytest.approx(mine.tolist())
        assert [moment.national for moment in own.trend] == pytest.approx(level.tolist())
    assert [moment.rate.mean for moment in facts.national] == pytest.approx(level.tolist())
    assert all(moment.low < moment.rate.mean < moment.high for moment in facts.national)
    assert facts.persistence.lower < facts.persistence.mean < facts.persistence.upper


def test_periods_of_which_a_provider_has_no_figures_go_with_it(monkeypatch):
    x = analysed(period="quarter", periods=4, transient="ar1")
    (first, *_), gone = facts_of(x).providers, ("2006Q2",)
    assert first.absent == ()
    monkeypatch.setattr(of_providers, "absent_periods", lambda _: {first.code: gone})
    facts = facts_of(x)
    assert {own.code: own.absent for own in facts.providers if own.absent} == {first.code: gone}
    trend = frames_of(quarter(facts))["trend"].query("not reported")
    assert trend["provider"].to_list() == [first.code]


def test_without_a_direction_nobody_has_a_place():
    facts = facts_of(analysed(better="neither"))
    assert {own.place for own in facts.providers} == {None}
    assert all(own.rate is not None for own in facts.providers)
    assert facts.total is None


def test_a_cost_below_nothing_is_refused():
    with pytest.raises(SpecError, match="negative"):
        facts_of(analysed(), costs=-1.0)


def test_rankability_has_the_median_that_orders_are_judged_by():
    x = analysed()
    assert facts_of(x).rankability.mean == pytest.approx(x.median_rankability)
    assert np.isfinite(facts_of(x).rankability.upper)


def test_draws_that_several_facts_read_are_summarised_once(monkeypatch):
    read = []
    monkeypatch.setattr(
        pooled, "summarise_alike", lambda x, sets: read.append(x.data) or summarise_alike(x, sets)
    )
    facts_of(analysed())
    assert len({id(draws) for draws in read}) == len(read) > 1
