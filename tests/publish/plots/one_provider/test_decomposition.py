"""The waterfall: bars that follow each other from the nation to the provider."""

import itertools

import numpy as np
import pytest

from tests.publish.plots.pictures import analysis, caption
from varmodel import decompose, plot_decomposition
from varmodel.errors import SpecError

PANEL = {"periods": 3, "period": "quarter", "transient": "ar1"}


def bars(ax):
    found = [patch for patch in ax.patches if patch.get_gid() == "part"]
    return [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in found]


def test_bars_go_from_the_nation_to_the_provider():
    x = analysis(providers=12, terms=("age",), **PANEL)
    parts = decompose(x.fit)
    ax = plot_decomposition(x, provider="P003")
    spans = bars(ax)
    assert len(spans) == 4  # demography and level are not in the model
    assert spans[0][0] == pytest.approx(parts.attrs["national_rate"])
    for (_, end), (start, _) in itertools.pairwise(spans):
        assert start == pytest.approx(end)
    crude = x.fit.frame["observed"].sel(provider="P003")
    assert spans[-1][1] == pytest.approx(float(crude))
    own = parts.sel(provider="P003").mean(("chain", "draw"))
    widths = [end - start for start, end in spans]
    kept = ["case_mix", "persistent", "transient", "noise"]
    np.testing.assert_allclose(widths, own.sel(part=kept))
    left, right = ax.get_xlim()
    assert left < min(map(min, spans))
    assert right > max(map(max, spans))


def test_the_furthest_provider_is_drawn_unless_another_is_asked_for():
    x = analysis(providers=12)
    crude = x.fit.frame["observed"]
    gap = abs(crude - decompose(x.fit).attrs["national_rate"])
    furthest = str(crude["provider"][int(np.argmax(gap.to_numpy()))].item())
    title = [text for text in plot_decomposition(x).texts if text.get_gid() == "subtitle"]
    assert title[0].get_text().startswith(f"{furthest}: ")


def test_fit_and_parts_give_the_same_bars():
    x = analysis(providers=12)
    wanted = bars(plot_decomposition(x, provider="P005"))
    assert bars(plot_decomposition(x.fit, provider="P005")) == wanted
    assert bars(plot_decomposition(decompose(x.fit), provider="P005")) == wanted
    assert "95 % intervals" in caption(plot_decomposition(x.fit))


def test_the_axis_is_in_the_unit_and_nothing_lasts_without_a_transient():
    ax = plot_decomposition(analysis(providers=12, unit="%"), provider="P005")
    assert ax.get_xlabel() == "crude rate in %"
    assert ax.xaxis.get_major_formatter()(0.25, 0) == "25"
    told = [label.get_text() for label in ax.get_yticklabels()]
    assert told == ["all providers", "its own", "chance", "this provider"]
    panel = plot_decomposition(analysis(providers=12, **PANEL), provider="P005")
    assert "its own, lasting" in [label.get_text() for label in panel.get_yticklabels()]


def test_a_code_that_there_is_not_is_refused():
    with pytest.raises(SpecError, match="there is no 'P77'"):
        plot_decomposition(analysis(providers=12), provider="P77")
