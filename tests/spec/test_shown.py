"""What a value shows of itself."""

from tests.frame.hand_made import make_model
from varmodel.spec import Factor, Interaction, ModelSpec, Spline, UnitCost
from varmodel.spec.shown import facts_html, facts_text


def test_texts_are_escaped():
    page = facts_html("<b>&", [("a\"'", "<script>alert(1)</script>")])
    assert "<script" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;" in page
    assert page.startswith("<table>")


def test_lines_stand_in_two_columns():
    text = facts_text("Head", [("one", "1"), ("a very long name", "2")])
    assert text.splitlines() == ["Head", "  one              1", "  a very long name 2"]


def test_a_model_says_what_it_is():
    spec = make_model(
        case_mix=("age", Factor("sex"), Interaction(["age", "sex"])),
        demography=(Spline("imd", 3),),
        benchmark={"kind": "quantile", "value": 0.75},
        unit_cost=UnitCost(1, 2, 3, price_year=2006),
        exclusions={"kind": {"values": ["a", "b"], "reason": "other"}},
        priors={"provider_sd": {"dist": "half_normal", "sigma": 0.5}},
    )
    facts = dict(line.split(maxsplit=1) for line in repr(spec).splitlines())
    assert facts["ModelSpec"] == "model"
    assert facts["response"] == "deaths / cases (binomial, logit link)"
    assert facts["demography"] == "imd (spline, 3)"
    assert facts["benchmark"] == "quantile 0.75"
    assert facts["priors"] == "provider_sd Prior('half_normal', sigma=0.5)"
    assert facts["excluded"] == "kind = a or b"
    assert "case mix     age, sex (factor), age x sex" in repr(spec)
    assert "unit cost    1 to 3, mode 2, GBP (2006)" in repr(spec)
    assert "period" not in facts
    assert len(repr(spec)) < 600


def test_a_constant_price_and_a_kind_alone():
    spec = make_model(benchmark={"kind": "median"}, unit_cost=250)
    assert "unit cost    250\n" in repr(spec)
    assert "benchmark    median" in repr(spec)


def test_a_notebook_gets_escaped_models():
    spec = make_model(title="<script>alert(1)</script>")
    assert isinstance(spec, ModelSpec)
    assert "<script" not in spec._repr_html_()
