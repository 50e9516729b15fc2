"""What is published of one fit, once: plots, tables, headline, notes and report take it.

A figure is made in :class:`varmodel.studies.Figures`; what can be read off the parts is a property.
"""

from dataclasses import dataclass

import xarray as xr

from varmodel.fits import Diagnosis, Fit, diagnose
from varmodel.numerics.once import once
from varmodel.spec import ModelSpec
from varmodel.studies import (
    Certificate,
    Checks,
    Figures,
    Forecast,
    NilVerdict,
    Sensitivity,
    Shape,
    Stacking,
)

NOTHING_LOOKED_AT = Checks()


@once(lambda fit: (fit,))
def diagnosed(fit: Fit) -> Diagnosis:
    """Put the draws of a fit to their gate: see ``diagnose``."""
    return diagnose(fit)


@dataclass(frozen=True, slots=True, eq=False)
class Published:
    """A fit with its figures and the verdicts on them.

    Attributes
    ----------
    fit : Fit
        Joint posterior draws with their frame.
    figures : Figures
        What is computed from the draws: rates, ranks, savings, rankability.
    nil : NilVerdict
        Whether there is variation to save on.
    shape : Shape
        Whether the distribution of the effects is believed, and the total without it.
    diagnosis : Diagnosis
        The gate on rates, ranks and totals.
    checks : Checks
        What was looked for beside chance and shape.
    forecast : Forecast or None
        How the last period was foreseen from those before it; None where it was not scored.
    sensitivity : Sensitivity or None
        The figures under other choices; None where they were not made.
    certificate : Certificate or None
        Whether the sampler gives the posterior on this table; None where nobody looked.
    stacking : Stacking or None
        Which of several models predicts unseen providers best; None where they were not compared.
    """

    fit: Fit
    figures: Figures
    nil: NilVerdict
    shape: Shape
    diagnosis: Diagnosis
    checks: Checks = NOTHING_LOOKED_AT
    forecast: Forecast | None = None
    sensitivity: Sensitivity | None = None
    certificate: Certificate | None = None
    stacking: Stacking | None = None

    @property
    def spec(self) -> ModelSpec:
        """The model."""
        return self.fit.spec

    @property
    def rates(self) -> xr.DataArray:
        """Adjusted rates on the reference population: (chain, draw, provider)."""
        return self.figures.rates

    @property
    def ranks(self) -> xr.Dataset | None:
        """As :func:`varmodel.rank` gives them; None where ``better`` is "neither"."""
        return self.figures.ranks

    @property
    def savings(self) -> xr.Dataset | None:
        """As :func:`varmodel.savings` gives them, with ``named``; None where there are none."""
        return self.figures.savings

    @property
    def rankability(self) -> xr.DataArray:
        """Share of the differences between providers that is signal: (chain, draw)."""
        return self.figures.rankability

    @property
    @once(lambda self: (self.figures,))
    def median_rankability(self) -> float:
        """Posterior median of the rankability: the figure by which the order is judged."""
        return float(self.rankability.median())

    @property
    def doubted(self) -> bool:
        """Whether totals are provisional: by the shape of the effects, or because size matters."""
        volume = self.checks.volume
        return self.shape.provisional or (volume is not None and not volume.passed)
