import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def axe():
    """Return the source of axe-core."""
    path = os.environ.get("VARMODEL_AXE")
    if path is None:
        pytest.fail("VARMODEL_AXE is not the path of axe.min.js: .ci/browser fetches it")
    return Path(path).read_text(encoding="utf-8")
