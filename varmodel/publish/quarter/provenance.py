"""Where the figures of an indicator come from, and what was checked of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sampled:
    """How the draws of an indicator came about.

    Attributes
    ----------
    sampler : str
    chains, draws : int
        Draws in all chains together.
    independent : bool
        Whether they are independent draws, which have no chains to mix.
    instead : str
        Why the usual sampler gave way; empty where it did not.
    transient : str
        How providers depart from their lasting level in a period: "none", "iid" or "ar1".
    priors : mapping of str to str
        Of each parameter, defaults among them, as the draws used them.
    model : tuple of (str, str)
        What is measured, how, and what it is compared with: name, words.
    """

    sampler: str
    chains: int
    draws: int
    independent: bool
    instead: str
    transient: str
    priors: Mapping[str, str] = field(default_factory=dict)
    model: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """One check of one indicator.

    Attributes
    ----------
    check : str
        What was looked at.
    result : str
        What was found.
    threshold : str
        What it is held to; empty where it is only told.
    passed : bool or None
        None where there is nothing to pass.
    """

    check: str
    result: str
    threshold: str
    passed: bool | None
