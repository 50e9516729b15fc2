"""One file a peer: ``run(data, random_seed) -> draws``; this table says what each can do.

Draws are arrays by name: intercept, provider_sd, [residual_sd] (chain, draw), coefficients
(chain, draw, term), provider_effect (chain, draw, provider), and ``weight`` (chain, draw) where
draws were resampled by importance. Of a panel also transient_sd and transient_rho (chain, draw).
A peer that gives a point estimate gives one draw.
"""

from collections.abc import Mapping
from dataclasses import dataclass

_EVERY = ("binomial", "poisson", "normal", "lognormal")


@dataclass(frozen=True, slots=True)
class Adapter:
    """What is known of a peer before it runs.

    Attributes
    ----------
    name : str
        Of its file, ``name.py`` or ``name.R``.
    language : {"varmodel", "python", "r"}
        Whose interpreter runs it: ours, the peers' Python, Rscript.
    needs : tuple of str
        Packages.
    posterior : bool
        Whether it gives draws; else a point estimate.
    families, effects : tuple of str
        What it can fit.
    passing : {"no", "yes", "only"}
        Whether it fits panels, in which something passes; or nothing else.
    sampling : float
        Share of a warm fit that makes draws: a half where tuning takes as many iterations.
    only : tuple of str
        The only problems it is for; empty for all.
    """

    name: str
    language: str
    needs: tuple[str, ...] = ()
    posterior: bool = True
    families: tuple[str, ...] = _EVERY
    effects: tuple[str, ...] = ("normal",)
    passing: str = "no"
    sampling: float = 0.5
    only: tuple[str, ...] = ()

    def refusal(self, meta: Mapping[str, object]) -> str:
        """Say why a problem is not for this peer; empty where it is."""
        if self.only and meta["name"] not in self.only:
            return f"for {', '.join(self.only)} only"
        if meta["family"] not in self.families:
            return f"does not fit family {meta['family']}"
        if meta["effect"] not in self.effects:
            return f"does not fit effect {meta['effect']}"
        panel = meta["transient"] != "none"
        if panel and self.passing == "no":
            return "does not fit what passes"
        return "fits panels alone" if self.passing == "only" and not panel else ""


_BOTH = ("normal", "student_t")

ADAPTERS = {
    adapter.name: adapter
    for adapter in (
        Adapter("varmodel_marginal", "varmodel", effects=_BOTH, sampling=1.0, passing="yes"),
        Adapter("varmodel_ranks", "varmodel", sampling=1.0, only=("B5",)),
        Adapter("varmodel_nuts", "varmodel", passing="yes"),
        Adapter("pymc_nutpie", "python", ("pymc", "nutpie"), effects=_BOTH, passing="yes"),
        Adapter("walnutpie", "python", ("walnutpie", "numba"), passing="only"),
        Adapter("stanli", "python", ("stanli",), effects=_BOTH),
        Adapter("rustmc", "python", ("rustmc",)),
        Adapter("numpyro", "python", ("numpyro",), effects=_BOTH),
        Adapter("bambi", "python", ("bambi", "nutpie")),
        Adapter("rstanarm", "r", ("rstanarm",)),
        Adapter("lme4_nagq0", "r", ("lme4",), posterior=False),
        Adapter("lme4_nagq1", "r", ("lme4",), posterior=False),
        Adapter("glmmtmb", "r", ("glmmTMB",), posterior=False),
        Adapter("gpboost", "python", ("gpboost",), posterior=False),
    )
}
