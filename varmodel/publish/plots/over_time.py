"""What the pictures of time read: a fit with a transient, codes of its providers, crude rates."""

import numpy as np

from varmodel.errors import fail, nearest, show
from varmodel.estimands.draws.transient import period_of_cells
from varmodel.fits import Fit
from varmodel.frame import cells_of
from varmodel.publish.plots.annotation import (
    Annotation,
    annotation_of_analysis,
    annotation_of_fit,
    refuse_kind,
)
from varmodel.publish.published import Published
from varmodel.values import Array


def read_fit(x: object) -> tuple[Fit, Annotation]:
    """Take a fit out of an analysis, or as it is given."""
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


def crude_by_period(fit: Fit, provider: int) -> Array | None:
    """Give a provider's crude rate in each period, NaN where it has no cases; None for logs."""
    frame, form = fit.frame, fit.spec.form
    if form.logged:
        return None
    cells, counted = cells_of(frame), form.response == "events"
    mine = frame["provider_index"].to_numpy() == provider
    period, periods = period_of_cells(frame)[mine], frame.sizes["period"]
    size = (cells.size if counted else cells.weight)[mine]
    total = cells.response[mine] * (1.0 if counted else size)
    held, sums = (np.bincount(period, values, periods) for values in (size, total))
    return np.divide(sums, held, out=np.full(periods, np.nan), where=held > 0)
