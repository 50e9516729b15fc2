"""Long NUTS runs, made once: 8 chains of 5,000 draws of the hand-written PyMC model.

Kept under results/reference/, not tracked; a reference of other data is refused.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from benchmarks import quality
from benchmarks.data import Data

FOLDER = Path(__file__).parent / "results" / "reference"
CHAINS, DRAWS, SEED, ACCEPT, MOST_DIVERGENCES = 8, 5000, 20060401, 0.95, 10
#: A usual NUTS run, two of which are cut from the long one to see its run-to-run noise.
USUAL_CHAINS, USUAL_DRAWS = 4, 1000


def make(data: Data) -> None:
    """Sample, summarise, and measure how far two usual runs lie apart."""
    from benchmarks.adapters import pymc_nutpie

    draws = pymc_nutpie.run(data, SEED, draws=DRAWS, chains=CHAINS, target_accept=ACCEPT)
    if (divergences := int(draws.pop("diverging").sum())) > MOST_DIVERGENCES:
        print(f"{data.meta['name']}: {divergences} divergences, no reference")
        return
    first, second = (
        quality.summary({name: x[chains, :USUAL_DRAWS] for name, x in draws.items()})
        for chains in (slice(USUAL_CHAINS), slice(USUAL_CHAINS, None))
    )
    noise = quality.distance(first, second)
    about = {"hash": data.meta["hash"], "divergences": divergences, "noise": noise}
    about |= quality.sizes(draws)
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / data.meta["name"]
    np.savez(path.with_suffix(".npz"), **quality.summary(draws))
    path.with_suffix(".json").write_text(json.dumps(about, indent=2), encoding="utf-8")
    print(data.meta["name"], about)


def read(data: Data) -> tuple[dict[str, np.ndarray], dict[str, float]] | None:
    """Read the reference of these data, and the noise of usual runs; None where there is none."""
    path = FOLDER / f"{data.meta['name']}.json"
    if not path.exists():
        return None
    about = json.loads(path.read_text(encoding="utf-8"))
    if about["hash"] != data.meta["hash"]:
        print(f"the reference of {data.meta['name']} is of other data: make it again")
        return None
    with np.load(path.with_suffix(".npz")) as held:
        return dict(held), about["noise"]


def main() -> None:
    from benchmarks.prepared import prepared
    from benchmarks.problems import PROBLEMS

    feasible = [problem.name for problem in PROBLEMS.values() if problem.reference]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", nargs="*", default=feasible, choices=feasible)
    for name in parser.parse_args().problems:
        data = prepared(PROBLEMS[name])
        if data is not None and read(data) is None:
            make(data)


if __name__ == "__main__":
    main()
