"""Whether the periods of a table tell what lasts from what passes slowly (methods 14)."""

from varmodel.errors import Problem, Where, fail
from varmodel.estimands import persistence_share
from varmodel.estimands.rates.parts import NEXT, PERSISTENT
from varmodel.fits import Fit
from varmodel.spec import ModelSpec

#: Posterior sd of the share that lasts, above which lasting figures lean on a prior.
LARGEST_SPLIT_SD = 0.1


def split_problem(fit: Fit) -> Problem | None:
    """Doubt the parting of what lasts and what passes, where the table hardly tells it.

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    Problem or None
        DESIGN.SPLIT, a warning; None without a transient, with a share that the model declares
        for its one period, and where the posterior sd of the persistence share is .1 or less.
    """
    periods = fit.frame.sizes.get("period", 1)
    if fit.transient == "none" or periods == 1:
        return None
    share = persistence_share(fit)
    sd = float(share.std())
    if sd <= LARGEST_SPLIT_SD:
        return None
    low, high = share.quantile([0.025, 0.975]).to_numpy()
    message = (
        f"lasting and passing differences cannot be told apart in {periods} periods: the share "
        f"that lasts is anywhere from {low:.2f} to {high:.2f}"
    )
    fix = "read the figures of the coming period, or give more periods"
    return Problem("DESIGN.SPLIT", message, Where(column=fit.spec.period), fix=fix)


def published_part(fit: Fit) -> str:
    """Name the part that ranks and money take: what lasts, or the period to come.

    Figures of what lasts move with the prior where the table hardly tells it; those of the coming
    period do not (methods 14).

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    str
        "persistent", or "next" where DESIGN.SPLIT is warned of.
    """
    return PERSISTENT if split_problem(fit) is None else NEXT


def refuse_declared_share(spec: ModelSpec) -> None:
    """Refuse a model whose draws are taken apart after the sampling, where draws are weighed.

    Raises
    ------
    SpecError
        CONFIG.VALUE.
    """
    if spec.transient_share is not None:
        message = "a declared transient_share is taken apart after the sampling"
        fail("CONFIG.VALUE", message, fix="take the model without transient_share")
