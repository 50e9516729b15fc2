"""Who is compared on patients that it does not have is marked, everywhere."""

from tests.publish.analysed import analysed, supported
from varmodel.publish.plots.annotation import annotation_of_analysis
from varmodel.publish.report import report_html
from varmodel.publish.wording import sentences
from varmodel.publish.wording.support import FLAG, flagged, support_note


def test_below_one_half_is_flagged_and_said():
    x = supported(analysed(), P003=0.499, P005=0.5)
    assert flagged(x.fit.frame) == ["P003"]
    assert support_note(x.fit.frame).startswith(f"* {FLAG}: ")
    assert "P003 *" in repr(x)
    assert support_note(x.fit.frame).split(".")[0] in " ".join(repr(x).split())
    assert f"{FLAG.capitalize()}: P003." in annotation_of_analysis(x).notes
    assert f"The place of a provider that is {FLAG} (marked *): P003." in sentences.may_not_read(x)
    assert FLAG in report_html(x)


def test_where_support_is_not_known_or_whole_nothing_is_said():
    for x in (analysed(), supported(analysed())):
        assert flagged(x.fit.frame) == []
        assert support_note(x.fit.frame) == ""
        assert FLAG not in repr(x)
