"""Fixtures that all tests share."""

import os
import sys
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from tests.toys import SEED, TOYS
from varmodel import Fit, fit, load_fit, prepare, save_fit

ROOT = Path(__file__).resolve().parents[1]

#: A compilation takes some ten seconds, so a whole run may make only so many (all workers).
MOST_COMPILATIONS = 14

#: Toys of one response form and priors of the same kinds.
COMPILED_TOGETHER = (("share", "surgical"),)

# Two workers share the machine with whatever else runs there: no example has a deadline. Examples
# are the same at every run; whoever looks for others asks for --hypothesis-profile=explore.
settings.register_profile("varmodel", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile("varmodel")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Return the folder of published figures that the repository itself does not hold."""
    folder = Path(os.environ.get("VARMODEL_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no published figures at {folder}: set VARMODEL_DATA to their folder")
    return folder


@pytest.fixture(scope="session")
def fitted(tmp_path_factory, worker_id):
    """Return `toy name -> Fit`: the first worker that asks samples, all load what it saved.

    Toys of one compilation are sampled together: the second costs a second, not ten.
    """
    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / "fits"

    def get(name: str) -> Fit:
        folder.mkdir(exist_ok=True)
        together = next((toys for toys in COMPILED_TOGETHER if name in toys), (name,))
        with FileLock(folder / f"{together[0]}.lock"):
            for one in together:
                if not (folder / one).exists():
                    save_fit(sample(one), folder / one)
        return load_fit(folder / name)

    return get


def sample(name: str) -> Fit:
    """Fit a toy by NUTS, of which other samplers are no part."""
    toy = TOYS[name]()
    frame = prepare(toy.spec, toy.table)
    options = {"sampler": "nuts", "random_seed": SEED, "progressbar": False, **toy.options}
    return fit(toy.spec, frame, **options)


@pytest.fixture(scope="session")
def surgical_fit(fitted) -> Fit:
    """Twelve hospitals, binomial without terms, 4 x 2,000 draws."""
    return fitted("surgical")


@pytest.fixture(scope="session")
def share_fit(fitted) -> Fit:
    """Twenty providers, binomial with a number and a factor, benchmark and price."""
    return fitted("share")


@pytest.fixture(scope="session")
def expected_fit(fitted) -> Fit:
    """Twenty providers, deaths against an expected count."""
    return fitted("expected")


@pytest.fixture(scope="session")
def measurements_fit(fitted) -> Fit:
    """Fifteen providers, normal measurements with a factor."""
    return fitted("measurements")


@pytest.fixture(scope="session")
def published_fit(fitted) -> Fit:
    """Fifteen published values with their standard errors."""
    return fitted("published")


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Return a page in Chromium; whoever asks for it is marked `browser`."""
    from tests.publish.browser import find_browser, open_browser  # pipes: not on Windows

    program = find_browser()
    if program is None:
        pytest.fail("no Chromium on PATH: .ci/browser installs one")
    with open_browser(program, tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.hookimpl(tryfirst=True)  # before the markers choose
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what looks at a page in a browser."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Count what this process compiled; a worker tells the controller."""
    module = sys.modules.get("varmodel.inference.nuts.compiled")
    made = len(module._COMPILED) if module else 0
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["compilations"] = made
        return
    made += session.config.stash.get(_COMPILATIONS, 0)
    if made > MOST_COMPILATIONS:
        print(f"\n{made} NUTS compilations, at most {MOST_COMPILATIONS} in a run")  # noqa: T201
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


_COMPILATIONS = pytest.StashKey[int]()


class _Controller:
    """Adds up what the workers of pytest-xdist compiled."""

    @staticmethod
    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(node) -> None:
        stash = node.config.stash
        made = getattr(node, "workeroutput", {}).get("compilations", 0)
        stash[_COMPILATIONS] = stash.get(_COMPILATIONS, 0) + made


def pytest_configure(config: pytest.Config) -> None:
    """Listen to the workers."""
    config.pluginmanager.register(_Controller(), "varmodel-compilations")
