"""What a saving was priced at, and among whom its benchmark was found: the words.

price -> what one event costs         price_words
peers -> whom each is compared with   among
"""

from varmodel.spec import LognormalCost, Peers, Price


def price_words(cost: Price) -> str:
    """Say what one event costs, and that it is one price a draw for all providers.

    Parameters
    ----------
    cost : UnitCost or LognormalCost

    Returns
    -------
    str
    """
    if isinstance(cost, LognormalCost):
        return f"{cost.mean:,g} (sd {cost.sd:,g}, lognormal); one price a draw for all"
    if cost.low == cost.high:
        return f"{cost.mode:,g}"
    return f"{cost.low:,g} to {cost.high:,g}, most likely {cost.mode:,g}; one price a draw for all"


def among(peers: Peers | None, *, providers: int) -> str:
    """Say among whom of so many providers a benchmark is found, where it is not among all.

    It goes on a sentence about the benchmark, and is empty without peers.
    """
    if peers is None:
        return ""
    columns = ", ".join(" ".join(name.split()) for name in peers.columns)
    return f", among the {peers.among(providers)} providers nearest in {columns}"
