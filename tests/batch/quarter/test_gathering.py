"""What of a run may leave the house: no small number, no estimate without its uncertainty."""

import pytest

from tests.batch.quarter.small import SEED, table, write_quarter
from tests.fits.hand_made import sample_by_hand
from tests.publish.disclosure.attack import read, solutions, sum_over
from tests.publish.quarter.walked import faults
from varmodel.batch import run_quarter
from varmodel.inference import samplers
from varmodel.publish.disclosure.policies import DEFAULT_POLICY, HIDDEN, policy_of

#: Deaths of the first trust: a small number that no rounding makes.
FEW = 3


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """Run an indicator with a small number by the policy that is the default."""
    folder = tmp_path_factory.mktemp("published")
    small = table(seed=5).assign(cases=lambda rows: rows["cases"] + 1)
    small.loc[0, ["deaths", "cases"]] = FEW, 431
    config = write_quarter(folder / "in", "deaths", deaths=small)
    config.write_text(config.read_text().replace('disclosure = "none"\n', ""))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(samplers, "SAMPLERS", dict.fromkeys(("auto", "marginal"), sample_by_hand))
        run_quarter(config, folder / "out", random_seed=SEED, jobs=1)
    return folder / "out"


def test_no_file_holds_an_estimate_without_its_uncertainty(out):
    assert faults(out) == []


def test_a_small_number_has_more_than_one_solution(out):
    policy = policy_of(DEFAULT_POLICY)
    found = read(out / "publication", range(1))
    assert found.events["R01"] == HIDDEN
    asked = sum_over(range(1), 0, 1)
    assert solutions([found], "R01", policy=policy, wanted=asked) == (1, policy.highest)


def test_no_text_holds_the_crude_rate_of_a_small_number(out):
    texts = {
        path.relative_to(out).as_posix(): path.read_text(encoding="utf-8")
        for path in out.rglob("*")
        if path.suffix in {".csv", ".md", ".html", ".tex", ".js", ".svg"}
    }
    crude = repr(FEW / 431)[:8]
    assert len(texts) > 20
    assert [name for name, text in texts.items() if crude in text] == []
