"""The funnel in words says what the funnel gives, and names nobody."""

import pytest

from tests.fits.hand_made import whole_fit
from varmodel import classical
from varmodel.publish.wording.sections.funnel import ASK_FIRST, funnel_words


@pytest.mark.parametrize("form", ["share", "expected"])
def test_what_is_told_is_what_the_funnel_gives(form):
    fit = whole_fit(form, shape=(2, 60), providers=40)
    first, spread, last = funnel_words(fit)
    chance = classical.funnel(fit, overdispersion="none", prob=0.998)
    wider = classical.funnel(fit, prob=0.998)
    outside, others = ((table["outside"] > 0).sum() for table in (chance, wider))
    assert outside > max(others, 1)
    assert f"average provider, {outside} of 40 providers lie outside the 99.8 % limits" in first
    assert "by chance alone about 0.08 would." in first
    for name, shown in (("phi", "phi {:.2f} with"), ("phi_untrimmed", "{:.2f} without")):
        assert shown.format(wider.attrs[name]) in spread
    assert f"tau2 {wider.attrs['tau2']:.2g})" in spread
    told = {0: "none of 40 providers lies", 1: "1 of 40 providers lies"}
    assert f"With that spread allowed for, {told[others]} outside." in spread
    flagged = (wider["flag"] != "").sum()
    assert (f"{flagged} is flagged as unlike" in spread) == (flagged == 1)
    assert last == ASK_FIRST
    assert not any(code in first + spread for code in chance["provider"])


def test_measurements_have_no_funnel_of_ratios():
    assert funnel_words(whole_fit("measurements", shape=(2, 60))) == []
