"""varmodel demo: its folder, and no other; draws made by hand stand in for NUTS."""

import csv

import pytest

from varmodel.batch.nation import NationSize
from varmodel.batch.quarter import gathering
from varmodel.cli import demo
from varmodel.publish import report
from varmodel.publish.inline import Figure

MODELS = ["day_case_rate", "length_of_stay", "low_cost_statin_share", "surgical_mortality"]


@pytest.fixture(autouse=True)
def small(monkeypatch, no_sampling):
    """Make what is simulated small, in this process, and leave pictures and site out."""
    monkeypatch.setattr(demo, "SIMULATED_PROVIDERS", 12)
    monkeypatch.setattr(report, "draw_figure", unseen)
    monkeypatch.setattr(demo, "NATION", NationSize(trusts=8, pcts=8, quarters=1, indicators=1))
    monkeypatch.setattr(demo, "NATION_JOBS", 1)
    monkeypatch.setattr(gathering, "WRITERS", {})


def unseen(drawing, *, providers):
    """Leave a picture out."""
    del providers
    return Figure(drawing.name, "", drawing.alt)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out" / "demo"


def test_the_demo_writes_four_models_and_a_nation_and_replaces_only_its_own(
    command, out, monkeypatch
):
    found = command("demo", "--out", out)
    assert found.code == 0, found.err
    assert sorted(path.name for path in out.iterdir()) == sorted(
        [*MODELS, "demo.json", "nation", "quarter"]
    )
    assert found.out.startswith("Deaths after heart surgery in babies")
    assert "Simulated: 12 trusts, truth known" in found.out
    assert "A made-up nation: 8 acute and 8 primary care trusts, 1 indicators, 1 quarters\n" in (
        found.out
    )
    assert "1 of 1 indicators\n" in found.out
    *_, written, site, page = found.out.splitlines()
    assert written == f"Written to {out}"
    assert site.startswith(f"Open {out}/quarter/site/index.html: ")
    assert page.startswith(f"Open {out}/surgical_mortality/report.html: ")
    assert (out / "quarter" / "units" / "day_case_rate" / "facts.json").is_file()
    for model in MODELS:
        there = {path.name for path in (out / model).iterdir()}
        assert {"fit", "manifest.json", "report.html", "ranking.csv", "totals.csv"} <= there
        assert ("truth.csv" in there) == (model != "surgical_mortality")
    with (out / "day_case_rate" / "truth.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12
    assert list(rows[0])[:4] == ["provider", "true_rate", "observed", "mean"]
    (out / "theirs").touch()
    monkeypatch.setattr(demo, "SIMULATED", ())  # the second time only what it replaces matters
    monkeypatch.setattr(demo, "_nation", lambda _: "no nation")
    assert command("demo", "--out", out).code == 0
    assert {path.name for path in out.iterdir()} == {"surgical_mortality", "demo.json"}


@pytest.mark.parametrize("content", [None, "", "{}", "[1]", '{"random_seed": 1, "of": "mine"}'])
def test_a_folder_of_others_is_refused_before_any_work(command, out, monkeypatch, content):
    out.mkdir(parents=True)
    (out / "theirs").touch()
    if content is not None:
        (out / "demo.json").write_text(content)
    before = sorted(out.iterdir())
    monkeypatch.setattr(demo, "analyse", None)
    found = command("demo", "--out", out)
    assert found.code == 4
    assert found.err.startswith("OUTPUT.EXISTS: ")
    assert sorted(out.iterdir()) == before


def test_an_interrupt_keeps_the_earlier_demo_and_leaves_nothing_else(command, out, monkeypatch):
    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "simulate", stop)
    assert command("demo", "--out", out).code == 130
    assert list(out.parent.parent.iterdir()) == []
    out.mkdir(parents=True)
    (out / "demo.json").write_text('{"random_seed": 1}')
    assert command("demo", "--out", out).code == 130
    assert [path.name for path in out.parent.iterdir()] == ["demo"]
    assert [path.name for path in out.iterdir()] == ["demo.json"]


def test_the_published_table_is_that_of_the_book():
    assert sum(demo.SURGICAL["operations"]) == 2814
    assert sum(demo.SURGICAL["deaths"]) == 208
