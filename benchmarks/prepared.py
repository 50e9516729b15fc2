"""The prepared files of a problem, written when they are first needed."""

from pathlib import Path

import varmodel as vm
from benchmarks import store
from benchmarks.data import META, Data
from benchmarks.problems import Problem

FOLDER = Path(__file__).parent / "results" / "data"


def prepared(problem: Problem) -> Data | None:
    """Give a problem's files; None, with the reason said, where varmodel refuses the model."""
    folder = FOLDER / problem.name
    try:
        wanted = store.identity(problem)
    except vm.VarmodelError as error:
        print(f"skipped {problem.name}: {error}")
        return None
    data = Data(folder)
    if not (folder / META).exists() or data.meta["identity"] != wanted:
        store.write(problem, folder)
    return Data(folder)
