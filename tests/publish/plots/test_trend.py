"""The trend of one provider: its own figures, among those of all."""

import numpy as np
import pytest

from tests.publish.plots.pictures import analysis, caption, parts, segments
from varmodel import adjusted_rates, summarise
from varmodel.errors import SpecError
from varmodel.publish import plot_trend

PANEL = {"periods": 4, "period": "quarter", "transient": "ar1"}


def panel(**fields):
    return analysis(**PANEL, **fields)


@pytest.mark.parametrize("of", ["analysis", "fit"])
def test_points_bars_and_bands_are_those_of_the_rates(of):
    found = panel()
    ax = plot_trend(found if of == "analysis" else found.fit, provider="P003")
    rates = adjusted_rates(found.fit, part="period")
    (line,) = parts(ax, "estimate")
    own = rates.sel(provider="P003", drop=True)
    np.testing.assert_allclose(line.get_ydata(), own.mean(("chain", "draw")))
    bars = np.array(parts(ax, "interval")[0].get_segments())
    table = summarise(own)
    np.testing.assert_allclose(bars[:, :, 1], table[["lower", "upper"]])
    wide, inner = (band.get_paths()[0].vertices[:, 1] for band in parts(ax, "band"))
    for vertices, tail in ((wide, 0.1), (inner, 0.25)):
        levels = np.quantile(rates, [tail, 1 - tail], axis=2).mean(axis=(1, 2))
        np.testing.assert_allclose(
            [vertices.min(), vertices.max()], [levels[0].min(), levels[1].max()]
        )


def test_the_crude_rate_is_that_of_the_rows_of_the_period():
    found = panel(terms=("age",))
    (marks,) = parts(plot_trend(found, provider="P002"), "crude")
    frame = found.fit.frame
    mine = frame["provider_index"].to_numpy() == 1
    for period, crude in enumerate(marks.get_ydata()):
        held = mine & (frame["period_index"].to_numpy() == period)
        expected = frame["events"].to_numpy()[held].sum() / frame["trials"].to_numpy()[held].sum()
        assert crude == pytest.approx(expected)


def test_others_stand_beside_it_under_their_names():
    ax = plot_trend(panel(), provider="P003", highlight=["P001", "P003", "P002"])
    assert [line.get_label() for line in parts(ax, "other")] == ["P001", "P002"]
    assert "Adjusted rate of P003 by quarter" in parts(ax, "subtitle")[0].get_text()
    assert "Crude rates carry case mix" in caption(ax)


def test_years_are_called_years():
    ax = plot_trend(panel(period_style="year"), provider="P003")
    assert "by year" in parts(ax, "subtitle")[0].get_text()
    assert [text.get_text() for text in ax.get_xticklabels()] == ["2006", "2007", "2008", "2009"]


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"provider": "P03"}, "P003"),
        (
            {"provider": "P001", "highlight": "nobody"},
            "highlight: no provider",
        ),
        ({"provider": "P001", "highlight": 3}, "codes of providers"),
        ({"provider": "P001", "highlight": [f"P00{k}" for k in range(2, 8)]}, "at most 5"),
    ],
)
def test_who_is_not_there_is_refused(options, word):
    with pytest.raises(SpecError, match=word) as caught:
        plot_trend(panel(), **options)
    assert caught.value.code == "CONFIG.VALUE"


def test_without_a_transient_there_is_no_trend():
    with pytest.raises(SpecError, match="no transient"):
        plot_trend(analysis(), provider="P001")


def test_segments_are_in_the_order_of_the_periods():
    ax = plot_trend(panel(), provider="P001")
    assert segments(ax)[0][:, 0].tolist() == [0, 1, 2, 3]
