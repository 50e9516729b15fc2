"""What a quarter is made of, as its configuration declares it.

Everything is read, and every table looked for, before anything is fitted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from varmodel.publish.wording.site.provider import short_each
from varmodel.spec import ModelSpec

CONFIG_SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarterIndicator:
    """An indicator: a model and its table.

    Attributes
    ----------
    spec : ModelSpec
    table : Path
        The CSV or Parquet file.
    shown : str
        What messages call it: the table as the configuration names it.
    cost_of_acting : float or None
        Of a provider, in the model's currency, for the time of its savings; None where none is
        stated.
    described : mapping of str to mapping of str to float
        What the list of providers says of them, by column and code: what the model's peers are
        found by where they are no benchmark's.
    """

    spec: ModelSpec
    table: Path
    shown: str
    cost_of_acting: float | None = None
    described: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The model's name, which is that of the unit's folder."""
        return self.spec.name


@dataclass(frozen=True, slots=True)
class SharedSaving:
    """Indicators that would free the same money.

    Attributes
    ----------
    name : str
    indicators : tuple of str
        At least two.
    cost_base : str
        The indicator whose price x activity x rate is what there is to free at a provider.
    """

    name: str
    indicators: tuple[str, ...]
    cost_base: str


@dataclass(frozen=True, slots=True)
class Displacement:
    """A saving on one indicator of which a part is spent again on another.

    Attributes
    ----------
    source, target : str
        Indicators; ``from`` and ``to`` in the file.
    delta : float
        The part, from 0 to 1.
    """

    source: str
    target: str
    delta: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarterConfig:
    """A quarter, read and checked.

    Attributes
    ----------
    title : str
    indicators : tuple of QuarterIndicator
        In the order of the file; no two have one name.
    disclosure : str
        Name of the policy that all published counts go through.
    names, classes : mapping of str to str
        Name and class of a provider by its code; empty where no list of providers is named.
    shared : tuple of SharedSaving
    displacement : tuple of Displacement
    """

    title: str
    indicators: tuple[QuarterIndicator, ...]
    disclosure: str = "hes"
    names: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, str] = field(default_factory=dict)
    shared: tuple[SharedSaving, ...] = ()
    displacement: tuple[Displacement, ...] = ()

    @property
    def called(self) -> dict[str, str]:
        """What sentences call each indicator, by its name: the first part of its title."""
        return short_each({x.name: x.spec.title or x.name for x in self.indicators})
