"""A quarter analysed once, with draws made by hand."""

import pytest

from tests.batch.quarter.small import SEED, table, write_quarter
from tests.fits.hand_made import sample_by_hand
from varmodel.batch import run_quarter
from varmodel.batch.quarter import gathering
from varmodel.inference import samplers


def write_title(folder, facts):
    (folder / "index.html").write_text(facts.title)


@pytest.fixture
def no_sampling(monkeypatch):
    """Put draws made by hand in the place of a sampler's, and a page in that of all pages."""
    monkeypatch.setattr(gathering, "WRITERS", {"site": write_title})
    monkeypatch.setattr(samplers, "SAMPLERS", dict.fromkeys(("auto", "marginal"), sample_by_hand))


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Return configuration, folder and quarter of two indicators and one that is refused."""
    folder = tmp_path_factory.mktemp("quarter")
    names = ("deaths", "stays", "late")
    config = write_quarter(folder / "in", *names, late=table().head(3))
    with pytest.MonkeyPatch.context() as patch:
        by_hand = dict.fromkeys(("auto", "marginal"), sample_by_hand)
        patch.setattr(samplers, "SAMPLERS", by_hand)
        found = run_quarter(config, folder / "out", random_seed=SEED, jobs=1)
    return config, folder / "out", found
