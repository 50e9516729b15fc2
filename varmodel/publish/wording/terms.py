"""What a saving was priced at, and among whom its benchmark was found: the words.

price -> what one event costs           price_words
benchmark -> what others are held to    benchmark_words
peers -> whom each is compared with     among
their overlap -> what they share        overlap_words
"""

from varmodel.publish.names import in_words
from varmodel.publish.wording.numbers import unit_factor
from varmodel.spec import Benchmark, LognormalCost, ModelSpec, OwnCost, Peers, Price
from varmodel.spec.rules import benchmark_peers


def price_words(cost: Price) -> str:
    """Say what one event costs, and whether it is one price a draw for all providers.

    Parameters
    ----------
    cost : UnitCost, LognormalCost or OwnCost

    Returns
    -------
    str
    """
    if isinstance(cost, OwnCost):
        times = "" if cost.factor == 1 else f", times {cost.factor:g}"
        return f"each provider's own, as the table has it ({in_words(cost.column)}){times}"
    if isinstance(cost, LognormalCost):
        return f"{cost.mean:,g} (sd {cost.sd:,g}, lognormal); one price a draw for all"
    if cost.low == cost.high:
        return f"{cost.mode:,g}"
    return f"{cost.low:,g} to {cost.high:,g}, most likely {cost.mode:,g}; one price a draw for all"


def benchmark_words(benchmark: Benchmark, *, spec: ModelSpec, providers: int) -> str:
    """Say what the others are compared with, and whether it is as uncertain as the rates are.

    Parameters
    ----------
    benchmark : Benchmark
    spec : ModelSpec
        Its unit and its peers count.
    providers : int
        How many there are.

    Returns
    -------
    str
    """
    value = benchmark.value or 0.0
    if benchmark.kind == "external":
        level = " ".join(filter(None, [f"{unit_factor(spec) * value:g}", spec.unit]))
        return f"{level}, set from outside: the same in every draw"
    level = _LEVELS[benchmark.kind].format(share=f"{100 * value:g} %", m=f"{value:g}")
    whom = among(benchmark_peers(spec.peers), providers=providers)
    return f"{level}, found anew in each draw{whom}"


_LEVELS = {
    "quantile": "the level that {share} of the providers are at or worse than",
    "superpopulation": "the level that {share} of all such providers would be at or worse than",
    "conditional": "the level that {share} of all providers like it would be at or worse than",
    "best_m": "the mean of the best {m}",
    "median": "the median of the providers",
    "mean": "the mean of the providers, each counted once",
    "national": "the mean of the providers, each counted by its activity",
}


def among(peers: Peers | None, *, providers: int) -> str:
    """Say among whom of so many providers a benchmark is found, where it is not among all.

    It goes on a sentence about the benchmark, and is empty without peers.
    """
    if peers is None:
        return ""
    columns = ", ".join(map(in_words, peers.columns))
    return f", among the {peers.among(providers)} providers nearest in {columns}"


def overlap_words(overlap: float) -> str:
    """Say how many of their peers two providers share; ``overlap`` is the mean over all pairs."""
    return (
        f"two providers share {100 * overlap:.0f} % of their peers, on average. The fewer they "
        "share, the less their savings compare: each is held to a level of its own."
    )
