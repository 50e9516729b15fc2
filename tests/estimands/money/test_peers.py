import numpy as np
import pandas as pd
import pytest
import xarray as xr

from tests.estimands.hand_made import random_fit
from tests.frame.hand_made import make_model
from varmodel.errors import DesignError, SpecError
from varmodel.estimands import adjusted_rates, benchmark_rates, provider_effects, unshrunken_rates
from varmodel.estimands.money import own_list, peer_overlap, peers, within_class
from varmodel.estimands.money.peers import peers_in_table
from varmodel.fits import Fit
from varmodel.frame import prepare, simulate
from varmodel.spec import Benchmark

QUARTER = Benchmark("quantile", 0.75)


def described(providers=12, seed=2):
    """A fit, and two columns of its providers that correlate."""
    fit = random_fit("exposure", providers=providers)
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(providers, 2)) @ np.array([[1.0, 0.8], [0, 0.6]]) * [50, 0.1]
    names = fit.frame["provider"].to_numpy()
    return fit, {f"x{k}": pd.Series(x[:, k], index=names) for k in range(2)}, x


def test_the_nearest_by_mahalanobis_distance():
    fit, columns, x = described()
    weight = peers(fit, columns=columns, count=3)
    assert weight.dims == ("chain", "draw", "provider", "other")
    inverse = np.linalg.inv(np.cov(x.T))
    for j in range(12):
        far = [(a - x[j]) @ inverse @ (a - x[j]) for a in x]
        nearest = np.argsort(far)[1:4]  # itself is first
        row = weight[0, 0, j].to_numpy()
        assert set(np.flatnonzero(row)) == set(nearest)
        np.testing.assert_allclose(row[nearest], 1 / 3)
    stretched = {"x0": 7 * columns["x0"] + 3 * columns["x1"], "x1": -columns["x1"]}
    assert peers(fit, columns=stretched, count=3).equals(weight)  # no unit matters


def test_a_column_that_is_an_estimate_gives_peers_of_each_draw():
    fit, _, _ = described()
    effects = provider_effects(fit)
    weight = peers(fit, columns={"effect": effects}, count=2)
    for draw in (0, 7):
        one = effects[1, draw].to_numpy()
        for j in range(12):
            nearest = np.argsort(np.abs(one - one[j]))[1:3]
            assert set(np.flatnonzero(weight[1, draw, j])) == set(nearest)
    np.testing.assert_allclose(weight.sum("other"), 1)
    same = peers(fit, columns={"effect": 0 * effects + effects[0, 0]}, count=2)
    fixed = effects[0, 0].drop_vars(("chain", "draw"))
    np.testing.assert_array_equal(same, peers(fit, columns={"effect": fixed}, count=2))


@pytest.mark.parametrize(
    "kind", [QUARTER, Benchmark("median"), Benchmark("mean"), Benchmark("best_m", 2)]
)
def test_peers_are_all_others(kind):
    """On a log link the level over the reference rate at effect 0 is that of exp(effects)."""
    fit, columns, _ = described()
    weight = peers(fit, columns=columns, count=11)
    effects = provider_effects(fit)
    at_zero = adjusted_rates(fit)[..., 0] / np.exp(effects[..., 0])
    found = benchmark_rates(fit, kind, population="reference", peers=weight)
    for j in (0, 5):
        rest = np.sort(effects.drop_isel(provider=j).to_numpy(), axis=-1)
        level = {
            "quantile": np.exp(np.quantile(rest, 0.75, axis=-1)),
            "median": np.exp(np.median(rest, axis=-1)),
            "mean": np.exp(rest).mean(axis=-1),
            "best_m": np.exp(rest)[..., -2:].mean(axis=-1),
        }[kind.kind]
        np.testing.assert_allclose(found[..., j] / at_zero, level, rtol=1e-9)


def test_own_lists_and_classes():
    fit, _, _ = described(providers=6)
    names = [str(x) for x in fit.frame["provider"].to_numpy()]
    lists = {name: [x for x in names if x != name][:2] for name in reversed(names)}
    weight = own_list(fit, lists)
    np.testing.assert_array_equal(weight[0], [0, 0.5, 0.5, 0, 0, 0])
    np.testing.assert_array_equal(weight[3], [0.5, 0.5, 0, 0, 0, 0])
    groups = pd.Series(["x", "y", "x", "y", "x", "y"], index=names)
    classes = within_class(fit, groups)
    np.testing.assert_array_equal(classes[1], [0, 0, 0, 0.5, 0, 0.5])
    overlap = peer_overlap(classes)
    assert (float(overlap[0, 0]), float(overlap[0, 1]), float(overlap[0, 2])) == (1, 0, 0.5)
    level = benchmark_rates(fit, Benchmark("median"), peers=classes)
    assert level.dims == ("chain", "draw", "provider")
    assert unshrunken_rates(fit, QUARTER, peers=weight)["benchmark"].dims == ("provider",)


def test_the_overlap_is_a_mean_over_draws():
    fit, _, _ = described()
    weight = peers(fit, columns={"effect": provider_effects(fit)}, count=2)
    flat = weight.to_numpy().reshape(-1, 12, 12)
    by_hand = np.mean([np.minimum(x[3], x[8]).sum() for x in flat])
    overlap = peer_overlap(weight)
    np.testing.assert_allclose(overlap[3, 8], by_hand)
    pairs = overlap.to_numpy()[~np.eye(12, dtype=bool)]
    assert weight.attrs["overlap"] == pytest.approx(pairs.mean())
    level = benchmark_rates(fit, QUARTER, peers=weight)
    assert level.attrs["peer_overlap"] == weight.attrs["overlap"]


def test_columns_of_the_model_file():
    spec = make_model(peers={"columns": ["beds", "log_volume"], "count": 4})
    made = simulate(spec, providers=10, truth={}, random_seed=1)
    frame = prepare(spec, made.table)
    first = made.table.groupby("trust").first()
    np.testing.assert_allclose(frame["peer_values"].sel(peer_column="beds"), first["beds"])
    without = prepare(spec.replace(peers=None), made.table)
    assert "peer_values" not in without
    assert without.attrs["source_hash"] == frame.attrs["source_hash"]  # the same draws
    fit, _, _ = described(providers=10)
    wanted = {name: pd.Series(first[name]) for name in ("beds",)}
    wanted["v"] = np.log(frame["activity"].to_series())
    renamed = Fit(spec, frame, fit.draws)
    by_name = peers(renamed, columns=spec.peers.columns, count=4)
    np.testing.assert_array_equal(by_name, peers(renamed, columns=wanted, count=4))
    with pytest.raises(SpecError, match="holds text"):
        prepare(spec, made.table.assign(beds=made.table["beds"].astype(str) + " beds"))


def test_columns_without_a_distance_are_refused_before_anything_is_fitted():
    spec = make_model(peers={"columns": ["beds", "staff"], "count": 4})
    table = simulate(spec, providers=10, truth={}, random_seed=1).table
    with pytest.raises(DesignError, match="staff: every ranked provider has the same value"):
        prepare(spec, table.assign(staff=5))
    with pytest.raises(DesignError, match=r"DESIGN\.COLLINEAR"):
        prepare(spec, table.assign(staff=3 * table["beds"] + 1))


def test_a_list_that_tells_the_providers_of_a_table_not_apart_gives_nobody_peers():
    """Of all the list the columns differ; of the three of this table they say the same."""
    listed = pd.DataFrame(
        {"beds": [1.0, 2, 4, 3, 9], "wards": [2.0, 4, 8, 5, 1]}, index=list("abcde")
    )
    assert peers_in_table(listed, count=2).sum("other").to_numpy().tolist() == [1.0] * 5
    assert peers_in_table(listed.iloc[:3], count=2) is None
    assert peers_in_table(listed.iloc[:3, :1], count=1).to_numpy().argmax(axis=1).tolist() == [
        1,
        0,
        1,
    ]


def test_refusals(refused):
    fit, columns, _ = described()
    for count in (1, 12, 2.5, "3"):
        with refused("CONFIG.VALUE", "from 2 to 11"):
            peers(fit, columns=columns, count=count)
    with refused("CONFIG.VALUE", "did you mean 'log_volume'"):
        peers(fit, columns=["log_volumes"], count=3)
    with refused("CONFIG.VALUE", "say the same"):
        peers(fit, columns={**columns, "x2": columns["x0"] - columns["x1"]}, count=3)
    with refused("CONFIG.VALUE", "same for all"):
        peers(fit, columns={"x": 0 * columns["x0"]}, count=3)
    with refused("CONFIG.VALUE", "no classes"):
        within_class(fit)
    weight = peers(fit, columns=columns, count=3)[0, 0].drop_vars(("chain", "draw"))
    for kind in ("national", "external"):
        with refused("CONFIG.VALUE", "whoever the peers are"):
            benchmark_rates(fit, Benchmark(kind, 0.5 if kind == "external" else None), peers=weight)
    with refused("CONFIG.VALUE", "best_m asks for 4 of 3"):
        benchmark_rates(fit, Benchmark("best_m", 4), peers=weight)
    with refused("CONFIG.VALUE", "no shares of 1"):
        benchmark_rates(fit, QUARTER, peers=2 * weight)
    with refused("CONFIG.VALUE", "peers"):
        benchmark_rates(fit, QUARTER, peers=xr.DataArray([1.0], dims="other"))
    names = [str(name) for name in fit.frame["provider"].to_numpy()]
    with refused("CONFIG.VALUE", "is its own peer"):
        own_list(fit, {name: [names[0]] for name in names})
    numbered = [str(place) for place in range(len(names))]
    other = Fit(fit.spec, fit.frame.assign_coords(provider=numbered), fit.draws)
    with refused("CONFIG.VALUE", "is its own peer"):
        own_list(other, {name: [int(name)] for name in numbered})
