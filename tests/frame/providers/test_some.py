"""A frame of some of its providers: what a table of them gives, but for scaling."""

import numpy as np
import xarray as xr

from tests.toys import share
from varmodel.frame import prepare
from varmodel.frame.providers.some import some_providers

TOY = share()
FRAME = prepare(TOY.spec, TOY.table)


def test_it_holds_the_cells_of_those_kept_and_their_population():
    kept = ~np.isin(FRAME["provider"].to_numpy(), ["R03", "R11"])
    some = some_providers(FRAME, kept)
    alone = prepare(TOY.spec, TOY.table[~TOY.table["trust"].isin(["R03", "R11"])])
    for name in ("provider_index", "pattern_index", "events", "trials", "observed", "activity"):
        xr.testing.assert_equal(some[name], alone[name])
    np.testing.assert_allclose(some["pattern_weight"], alone["pattern_weight"], rtol=1e-12)
    assert some.attrs["cells_out"] == alone.attrs["cells_out"]
    assert some.attrs["source_hash"] != FRAME.attrs["source_hash"]
    xr.testing.assert_equal(some["term_mean"], FRAME["term_mean"])


def test_patterns_that_nobody_has_are_left_out():
    only = np.isin(FRAME["provider"].to_numpy(), ["R00", "R01", "R02", "R03"])
    table = TOY.table.assign(sex=["M" if t > "R03" else "F" for t in TOY.table["trust"]])
    table = table.groupby(["trust", "sex", "age"], as_index=False).sum()
    some = some_providers(prepare(TOY.spec, table), only)
    assert some.sizes["pattern"] == 3
    assert some["pattern_weight"].sum() == 1


def test_all_of_them_are_the_frame_itself():
    assert some_providers(FRAME, np.ones(20, dtype=bool)) is FRAME
