"""What the pictures of time read: a fit with a transient, codes of its providers."""

from varmodel.errors import fail, nearest, show
from varmodel.fits import Fit
from varmodel.publish.plots.annotation import (
    Annotation,
    annotation_of_analysis,
    annotation_of_fit,
    refuse_kind,
)
from varmodel.publish.published import Published


def read_fit(x: object) -> tuple[Fit, Annotation]:
    """Take a fit out of an analysis, or as it is given.

    Refused is what is neither, with CONFIG.VALUE.
    """
    if isinstance(x, Published):
        return x.fit, annotation_of_analysis(x)
    if not isinstance(x, Fit):
        refuse_kind(x, "an Analysis or a Fit")
    return x, annotation_of_fit(x)


def find_provider(fit: Fit, code: object) -> int:
    """Give the number of a provider; refuse a code that the fit has not."""
    codes = [str(label) for label in fit.frame["provider"].to_numpy()]
    if code not in codes:
        fail("CONFIG.VALUE", f"no provider has the code {show(code)}{nearest(code, codes)}")
    return codes.index(str(code))
