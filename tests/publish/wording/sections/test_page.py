from tests.publish.plots.pictures import NIL, analysis
from varmodel.publish.wording.places import BOTTOM, TOP, placed
from varmodel.publish.wording.sections.page import sections_of


def headings(x):
    return [section.heading for section in sections_of(x)]


def test_sections_that_apply():
    x = analysis(providers=20, shape=(2, 300))
    assert headings(x) == [
        "How much providers differ",
        "What is known of the order",
        "The story behind the number",
    ]
    assert headings(analysis(providers=12, better="neither")) == ["How much providers differ"]
    assert "The story behind the number" not in headings(analysis(providers=20, nil=NIL))


def test_stories_are_of_those_surely_at_an_end():
    x = analysis(providers=20, shape=(2, 300))
    told = sections_of(x)[-1].told
    where = dict(zip(x.ranks["provider"].to_numpy(), placed(x.ranks), strict=True))
    codes = [name for name, _ in told]
    assert 2 <= len(codes) <= 6
    assert {where[code] for code in codes} <= {TOP, BOTTOM}
    expected = x.ranks["expected_rank"].to_series()
    assert codes[0] == expected.idxmin()
