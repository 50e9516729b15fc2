"""One adapter on one problem in a fresh process; prints one line of JSON."""

import time

START = time.perf_counter()

import importlib  # noqa: E402
import json  # noqa: E402
import resource  # noqa: E402
import sys  # noqa: E402

from benchmarks.problems import PROBLEMS  # noqa: E402


def main(adapter_name: str, problem_name: str, seed: int) -> None:
    adapter = importlib.import_module(f"benchmarks.adapters.{adapter_name}")
    problem = PROBLEMS[problem_name]
    adapter.run(problem, seed)
    cold = time.perf_counter() - START
    second = time.perf_counter()
    draws = adapter.run(problem, seed + 1)
    warm = time.perf_counter() - second
    size = float(worst_size(adapter, draws))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result = {"cold": cold, "warm": warm, "ess": size, "ess_per_s_cold": size / cold, "mb": peak}
    print(json.dumps(result))


def worst_size(adapter, draws) -> float:
    """Effective sample size of the worst provider effect's mean."""
    from varmodel.fits.convergence import ess_mean

    own = getattr(adapter, "sizes", None)
    return (own(draws) if own else ess_mean(adapter.effects(draws))).min()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
