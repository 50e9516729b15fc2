"""A fit: what was asked, what it was asked of, and the joint posterior draws."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from varmodel.frame.contents import annual_factor
from varmodel.spec import ModelSpec
from varmodel.spec.shown import facts_html, facts_text

#: Attributes of the draws that every figure computed from them carries on.
PROVENANCE = (
    *("provisional", "provisional_reason", "independent_draws", "spec_digest", "source_hash"),
)
#: Coordinate of independent draws: the importance weight of a draw's ancestor. The draws are
#: equally weighted: it measures their Monte Carlo error, and nothing may weight them by it.
WEIGHT = "ancestor_weight"
FAILED_GATE = "the draws failed the gate"


@dataclass(frozen=True, eq=False, slots=True)
class Fit:
    """The joint posterior of one model and one frame.

    Attributes
    ----------
    spec : ModelSpec
        The model.
    frame : xarray.Dataset
        The data, as :func:`varmodel.prepare` gave it.
    draws : xarray.DataTree
        Groups posterior (intercept, coefficients (term) where there are terms, provider_sd,
        provider_effect (provider), the family's own parameters; with a transient its transient_sd,
        transient_rho and transient_effect (provider, period); each with chain and draw, on the
        link scale of centred and scaled columns), sample_stats, observed_data, constant_data.
        Attributes: transient, sampler, random_seed, spec_digest, source_hash, versions,
        attempts, provisional, independent_draws; provisional_reason where that is not the gate.
    """

    spec: ModelSpec
    frame: xr.Dataset
    draws: xr.DataTree

    @property
    def posterior(self) -> xr.Dataset:
        """The posterior group; of a model without terms with coefficients of size 0.

        The draws hold none then, for ArviZ plots no variable of size 0.
        """
        group = self.draws["posterior"].to_dataset()
        if "coefficients" in group or self.frame.sizes.get("term") or "intercept" not in group:
            return group
        level = group["intercept"].variable
        empty = np.empty((*level.shape, 0), level.dtype)
        whole = xr.Variable((*level.dims, "term"), empty, level.attrs)
        return group.assign({"term": self.frame["term"].variable, "coefficients": whole})

    @property
    def annual_factor(self) -> float | None:
        """Periods a year: as the model states, else 4 for quarters and 1 for years.

        None where nothing is annual.
        """
        return annual_factor(self.spec, self.frame)

    @property
    def transient(self) -> str:
        """How providers depart from their lasting level in a period: "none", "iid" or "ar1".

        What was taken, where the model says "auto".
        """
        return str(self.draws.attrs.get("transient", "none"))

    @property
    def provenance(self) -> dict[str, object]:
        """The attributes that figures carry on."""
        return {name: self.draws.attrs[name] for name in PROVENANCE if name in self.draws.attrs}

    @property
    def provisional(self) -> bool:
        """Whether nothing made of the draws may be published: see ``provisional_reason``."""
        return bool(self.draws.attrs.get("provisional", 0))

    @property
    def provisional_reason(self) -> str:
        """Why the fit is provisional; empty where it is not.

        The draws failed the gate and were returned all the same, or, after
        :func:`varmodel.analyse`, the prior and the data disagree.
        """
        return _reason(self.draws.attrs)

    @property
    def stamp(self) -> str:
        """What stands over everything made of a provisional fit; empty where it is not."""
        return stamp_of(self.draws.attrs)

    def __repr__(self) -> str:
        """Say in a few lines what was fitted and how it went."""
        return facts_text(f"Fit of {self.spec.name}", _facts(self))

    def _repr_html_(self) -> str:
        return facts_html(f"Fit: {self.spec.title or self.spec.name}", _facts(self))


def stamp_of(attrs: Mapping[Any, Any]) -> str:
    """Give the stamp of draws, or of what was computed from them, by its attributes."""
    reason = _reason(attrs)
    return f"PROVISIONAL: {reason}; do not publish" if reason else ""


def _reason(attrs: Mapping[Any, Any]) -> str:
    provisional = bool(attrs.get("provisional", 0))
    return str(attrs.get("provisional_reason", FAILED_GATE)) if provisional else ""


def _facts(fit: Fit) -> list[tuple[str, str]]:
    posterior, attrs = fit.posterior, fit.draws.attrs
    sizes = posterior.sizes
    tau = posterior["provider_sd"]
    low, high = tau.quantile([0.025, 0.975]).to_numpy()
    terms = ", ".join(fit.frame["term"].to_numpy()) or "none"
    facts = [
        ("family", f"{fit.spec.family} ({fit.spec.family_row.link_name} link)"),
        ("providers", f"{sizes['provider']} in {fit.frame.attrs['cells_out']} cells"),
        ("terms", terms),
        *([] if fit.transient == "none" else [("transient", fit.transient)]),
        ("draws", f"{sizes['chain']} chains of {sizes['draw']} by {attrs['sampler']}"),
        ("provider_sd", f"{float(tau.mean()):.3g} (95 % {low:.3g} to {high:.3g})"),
    ]
    return facts + [("status", f"PROVISIONAL: {fit.provisional_reason}")] * fit.provisional
