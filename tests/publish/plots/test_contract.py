"""What every picture keeps: axes in and out, nothing global, literal names, no overlap."""

import importlib.util
import io
import unicodedata
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import varmodel as vm
from tests.publish.plots.pictures import (
    HOSTILE,
    NIL,
    analysis,
    caption,
    overlaps,
    parts,
    relabelled,
    weighted,
    written,
)
from varmodel.errors import SpecError
from varmodel.publish import Published

PANEL = {"periods": 3, "period": "quarter", "transient": "ar1"}
ENDS = {"earlier": "2006Q1", "later": "2006Q3"}


class Plot:
    """A plot, what it asks for beside an analysis, and analyses that it can draw."""

    def __init__(self, name):
        self.verb, self.over_time = getattr(vm, name), name in ("plot_change", "plot_trend")
        self.asked = ENDS if name == "plot_change" else {}

    def __call__(self, x, **options):
        if self.verb is vm.plot_trend:
            known = isinstance(x, Published)
            options["provider"] = str(x.fit.frame["provider"].to_numpy()[0]) if known else "P01"
        return self.verb(x, **self.asked, **options)

    def analysis(self, **fields):
        return analysis(**(PANEL if self.over_time else {}), **fields)

    def made(self, providers):
        shape = (2, 60) if providers < 100 else (2, 20)
        return self.analysis(providers=providers, shape=shape, terms=("age",))


#: Those of many fits take no analysis: tests/publish/plots/universes.
OF_UNIVERSES = {"plot_sensitivity", "plot_tornado"}
PLOTS = {
    name: Plot(name) for name in vm.__all__ if name.startswith("plot_") and name not in OF_UNIVERSES
}
NAMING = (vm.plot_ranks, vm.plot_rates, vm.plot_savings, vm.plot_shrinkage, vm.plot_change)
every = pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS)
#: The waterfall is of one provider alone: there is nobody beside whom to mark it.
MARKING = {name: plot for name, plot in PLOTS.items() if name != "plot_decomposition"}
every_marking = pytest.mark.parametrize("plot", MARKING.values(), ids=MARKING)


@pytest.fixture(scope="module")
def picture():
    """Return `plot, providers -> axes`, each drawn once and only looked at."""
    kept = {}

    def get(plot, providers=12):
        if (plot, providers) not in kept:
            kept[plot, providers] = plot(plot.made(providers))
        return kept[plot, providers]

    return get


def with_frame(found, **attrs):
    """Give an analysis other labels or attributes of its frame."""
    labels = found.fit.frame["provider"].to_numpy()
    return replace(found, fit=relabelled(found.fit, labels, **attrs))


def test_there_are_eleven():
    assert len(PLOTS) == 11


@every
def test_new_axes_in_a_figure_of_their_own(plot):
    before, open_figures = dict(mpl.rcParams), plt.get_fignums()
    ax = plot(plot.made(12))
    assert isinstance(ax, Axes)
    assert plt.get_fignums() == open_figures
    assert dict(mpl.rcParams) == before
    png, size = ax._repr_png_()
    assert png.startswith(b"\x89PNG")
    assert size["width"] == round(100 * ax.figure.get_size_inches()[0])


@every
def test_given_axes_come_back(plot):
    figure = Figure(figsize=(6, 8))
    first, second = figure.subplots(2, 1)
    assert plot(plot.made(12), ax=second) is second
    assert not first.has_data()
    assert figure.axes == [first, second]


@every
@pytest.mark.filterwarnings("ignore:DESIGN.SUPPORT")  # of 300 a few are very small
@pytest.mark.parametrize("providers", [4, 12, 150, 300])
def test_no_text_lies_over_another_or_is_cut_off(plot, picture, providers):
    ax = picture(plot, providers)
    boxes = written(ax)
    assert overlaps(boxes) == []
    width, height = ax.figure.bbox.size
    for text, (left, bottom, right, top) in boxes.items():
        assert min(left, bottom) >= -1, text
        assert right <= width + 1, text
        assert top <= height + 1, text
    assert (ax.figure.get_size_inches() <= (8, 11)).all()


@every
def test_the_title_is_the_models(plot, picture):
    ax = picture(plot)
    assert ax.get_title(loc="left") == "Hand made"
    assert parts(ax, "caption")


@every
def test_names_are_drawn_as_they_stand(plot):
    ax = plot(plot.analysis(providers=len(HOSTILE), names=HOSTILE))
    boxes = written(ax)
    assert overlaps(boxes) == []
    assert not any(text.get_parse_math() for text in boxes if text.get_text() in HOSTILE)
    for text in boxes:
        lines = text.get_text().split("\n")
        signs = {sign for line in lines for sign in line}
        assert not {s for s in signs if unicodedata.category(s) in ("Cc", "Zl", "Zp")}
        assert "\u202e" not in signs


@every
def test_hostile_titles_and_reasons(plot):
    title = r"$\frac{x$ \bfseries " + "very " * 60 + "long title"
    found = plot.analysis(providers=12, title=title)
    excluded = '[{"provider": "X$_1", "observed": null, "reason": "$\\\\alpha$ is\\nodd"}]'
    ax = plot(with_frame(found, excluded=excluded))
    assert overlaps(written(ax)) == []
    assert r"$\frac{x$" in ax.get_title(loc="left")
    assert "Not ranked: X$_1 ($\\alpha$ is\ufffdodd)." in caption(ax)


@every
def test_many_exclusions_are_counted(plot):
    rows = [f'{{"provider": "S{n}", "observed": 0.5, "reason": "special"}}' for n in range(5)]
    ax = plot(with_frame(plot.made(12), excluded=f"[{', '.join(rows)}]"))
    assert "S2 (special), 2 more." in caption(ax)


@every_marking
@pytest.mark.filterwarnings("ignore:DESIGN.SUPPORT")
def test_who_is_looked_for_is_marked(plot):
    made = plot.made(150)
    labels = [str(label) for label in made.fit.frame["provider"].to_numpy()]
    credible = made.savings["named"].to_numpy()
    code = labels[int(np.flatnonzero(credible)[-1])]
    ax = plot(made, highlight=[code])
    if plot.verb is vm.plot_trend:
        assert code in [text.get_text() for text in ax.get_legend().get_texts()]
    elif plot.verb is vm.plot_trace:
        told = [panel.get_title(loc="left") for panel in ax.child_axes]
        assert any(title.startswith(f"provider_effect[{code}]") for title in told)
    else:
        assert parts(ax, "highlight")
        assert not parts(plot(made), "highlight")
    if plot.verb in NAMING:
        name = next(text for text in parts(ax, "name") if text.get_text() == code)
        assert name.get_fontweight() == "bold"
    assert overlaps(written(ax)) == []


@every_marking
def test_a_code_that_is_not_there_is_refused_with_the_nearest(plot):
    for wanted in ("P0O3", ["P003", "P0O3"]):
        with pytest.raises(SpecError, match="the code 'P0O3'; did you mean 'P0") as caught:
            plot(plot.made(12), highlight=wanted)
        assert caught.value.code == "CONFIG.VALUE"


@every
def test_provisional_draws_are_stamped(plot, picture):
    ax = plot(plot.analysis(providers=12, provisional=True))
    assert ax.get_title(loc="left").startswith("PROVISIONAL: the draws failed the gate")
    assert parts(ax, "stamp")
    assert not parts(picture(plot), "stamp")


@every
def test_nil_is_said_by_every_picture(plot):
    ax = plot(plot.analysis(providers=12, nil=NIL))
    assert "cannot be told apart from chance" in caption(ax)


@every
def test_other_styles_and_svg(plot):
    with mpl.rc_context({"text.usetex": False, "axes.grid": True, "text.color": "white"}):
        plot(plot.made(12)).figure.savefig(io.BytesIO(), format="svg")


@every
@pytest.mark.parametrize("x", [None, 3, "rates", np.zeros((4, 5, 6))])
def test_other_things_are_refused(plot, x):
    with pytest.raises(SpecError, match="x must be an Analysis") as caught:
        plot(x)
    assert caught.value.code == "CONFIG.VALUE"


@every
def test_other_axes_are_refused(plot):
    with pytest.raises(SpecError, match="ax must be a matplotlib Axes") as caught:
        plot(plot.made(12), ax=Figure())
    assert caught.value.code == "CONFIG.VALUE"


@every
def test_without_matplotlib_the_extra_is_named(plot, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "matplotlib" else find(name)
    )
    with pytest.raises(SpecError, match=r"varmodel\[plots\]") as caught:
        plot(plot.made(12))
    assert caught.value.code == "CONFIG.EXTRA"


def test_the_marginal_sampler_has_no_trace():
    found = analysis(providers=12)
    ax = vm.plot_trace(weighted(found.fit))
    assert not parts(ax, "trace")
    assert overlaps(written(ax)) == []


@pytest.mark.parametrize("unit", ["%", "per 1,000"])
def test_rates_are_drawn_in_the_models_unit(unit):
    factor = {"%": 100.0, "per 1,000": 1_000.0}[unit]
    for verb, axis in ((vm.plot_rates, "x"), (vm.plot_shrinkage, "x"), (vm.plot_volume, "y")):
        ax = verb(analysis(unit=unit))
        ax.figure.draw_without_rendering()
        scale = getattr(ax, f"{axis}axis")
        assert unit in scale.get_label().get_text()
        ticks = dict(zip(scale.get_ticklocs(), scale.get_ticklabels(), strict=True))
        for place, label in ticks.items():
            assert float(label.get_text().replace("\u2212", "-")) == pytest.approx(factor * place)
        assert len(ticks) > 2
