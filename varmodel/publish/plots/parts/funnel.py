"""What a funnel of crude rates is made of: figures, volumes, limits (methods 6)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from varmodel.errors import fail, one_of, show
from varmodel.estimands import observed_rates
from varmodel.estimands.classical.crude import CHANCE_OF, CrudeScale
from varmodel.estimands.classical.funnel import ADDITIVE, MULTIPLICATIVE, NO_MORE
from varmodel.estimands.classical.overdispersion import Spread
from varmodel.fits import Fit
from varmodel.publish.plots.annotation import (
    Annotation,
    annotation_of_analysis,
    annotation_of_fit,
    refuse_kind,
)
from varmodel.publish.published import Published
from varmodel.publish.tables.crude import counts_of
from varmodel.values import Array

#: What may be allowed for beyond chance.
_ALLOWED = (NO_MORE, ADDITIVE, MULTIPLICATIVE)
#: Families whose chance has limits in closed form.
_EXACT = ("binomial", "poisson", "normal")
_COUNTS = ("binomial", "poisson")


@dataclass(frozen=True, slots=True, eq=False)
class Funnel:
    """Crude rate and volume (provider,), and the limits about the overall rate, if any."""

    rate: Array
    volume: Array
    level: float
    form: str
    scale: CrudeScale | None
    spread: Spread | None
    overdispersion: str
    annotation: Annotation

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Who has a case, and so a rate."""
        return np.isfinite(self.rate) & (self.volume > 0)


def read_funnel(x: object, *, overdispersion: str = NO_MORE) -> Funnel:
    """Read an analysis or a fit; refuse another thing, or another word."""
    if isinstance(x, Published):
        fit, annotation = x.fit, annotation_of_analysis(x)
    elif isinstance(x, Fit):
        fit, annotation = x, annotation_of_fit(x)
    else:
        refuse_kind(x, "an Analysis or a Fit")
    if overdispersion not in _ALLOWED:
        what = f"unknown overdispersion {show(overdispersion)}"
        fail("CONFIG.VALUE", f"{what}; {one_of(overdispersion, _ALLOWED)}")
    rate, volume = observed_rates(fit.frame).to_numpy(), _volume(fit)
    scale, known = _scale_of(fit, overdispersion), np.isfinite(rate) & (volume > 0)
    return Funnel(
        rate=rate,
        volume=volume,
        level=float(fit.frame.attrs["pooled_mean"]),
        form=fit.spec.form.name,
        scale=scale,
        spread=scale.spread(rate[known], volume[known]) if scale and known.any() else None,
        overdispersion=overdispersion,
        annotation=annotation,
    )


def _scale_of(fit: Fit, overdispersion: str) -> CrudeScale | None:
    """Say how the figures spread by chance; None where the family's chance has no limits here.

    Those of over-dispersed families are drawn where a spread beyond plain chance is asked for.
    """
    frame, form = fit.frame, fit.spec.form.name
    if fit.spec.family not in _EXACT and overdispersion == NO_MORE:
        return None
    if fit.spec.family not in _EXACT and CHANCE_OF.get(form) not in _COUNTS:
        family = fit.spec.family
        message = f"no limits of {family} measurements are drawn, and none can be widened"
        fail("CONFIG.VALUE", message, fix=f'leave overdispersion "{NO_MORE}"')
    published = form == "published"
    return CrudeScale(
        kind=CHANCE_OF[form],
        level=float(frame.attrs["pooled_mean"]),
        sd=1.0 if published else float(frame.attrs["pooled_sd"]),
        power=1.0 if published else 0.5,
    )


def _volume(fit: Fit) -> Array:
    frame, sizes = fit.frame, counts_of(fit)[1]
    if sizes is not None:
        return sizes
    weight = frame["standard_error"].to_numpy() ** -2.0
    count = frame.sizes["provider"]
    return np.sqrt(np.bincount(frame["provider_index"].to_numpy(), weight, count))


def limits(read: Funnel, volume: Array, *, prob: float) -> tuple[Array, Array]:
    """Give the rates between which ``prob`` of providers of each volume lie; NaN without limits."""
    if read.scale is None or read.spread is None:
        return np.full_like(volume, np.nan), np.full_like(volume, np.nan)
    allowed = read.overdispersion
    return read.scale.limits(volume, prob=prob, overdispersion=allowed, spread=read.spread)
