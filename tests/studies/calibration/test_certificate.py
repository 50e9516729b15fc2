"""Certificates: an exact sampler passes, each planted fault fails."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

import varmodel as vm
from tests.fits.hand_made import PASSING, TRUTH, make_spec
from tests.toys import SURGICAL
from varmodel.errors import ConvergenceError, Problem, SpecError, Where
from varmodel.fits import Fit
from varmodel.frame import cells_of
from varmodel.studies import certify
from varmodel.studies.calibration import certificate

SPEC = vm.load_model("surgical_mortality").replace(unit_cost=1_000)
GRID = np.linspace(-8, 8, 321)
DIMS = ("chain", "draw", "provider")


def changed(fit, **values):
    """Put other values into the draws of a fit; (S, ...) each."""
    posterior = fit.posterior
    shape = posterior["intercept"].shape
    new = {
        name: (posterior[name].dims, np.reshape(x, (*shape, *np.shape(x)[1:])))
        for name, x in values.items()
    }
    tree = fit.draws.assign({"posterior": xr.DataTree(posterior.assign(new))})
    return Fit(fit.spec, fit.frame, tree)


def flat(fit, name):
    values = fit.posterior[name].to_numpy()
    return values.reshape(-1, *values.shape[2:])


def read(fit):
    names = ("intercept", "provider_sd", "provider_effect")
    return [(name, flat(fit, name)) for name in names]


def effects_given(fit, *, intercept, sd, seed=1):
    """Draw each effect from its conditional at these parameters (S,), on a grid of sds."""
    cells, owner = cells_of(fit.frame), fit.frame["provider_index"].to_numpy()
    events, trials = (np.bincount(owner, x) for x in (cells.response, cells.size))
    rng = np.random.default_rng(seed)
    effect = sd[:, np.newaxis] * GRID
    eta = intercept[:, np.newaxis] + effect
    base, shown = -(GRID**2) / 2, np.logaddexp(0, eta)
    drawn = np.empty((len(sd), len(events)))
    for j, (y, n) in enumerate(zip(events, trials, strict=True)):
        log = y * eta - n * shown + base
        mass = np.cumsum(np.exp(log - log.max(axis=1, keepdims=True)), axis=1)
        at = (mass < rng.random((len(sd), 1)) * mass[:, -1:]).sum(axis=1)
        drawn[:, j] = sd * (GRID[at] + (rng.random(len(sd)) - 0.5) * (GRID[1] - GRID[0]))
    return drawn


def omitted(fit, frame):
    """The likelihood is left out: draws of the prior."""
    del frame
    rng, size = np.random.default_rng(2), flat(fit, "intercept").size
    sd = np.abs(rng.normal(0, 0.7, size))
    return changed(
        fit,
        intercept=rng.normal(-2.5, 2.5, size),
        provider_sd=sd,
        provider_effect=sd[:, np.newaxis] * rng.normal(size=(size, 12)),
    )


def tau_for_its_square(fit, frame):
    """Effects are drawn as if their variance were the sd."""
    whole = Fit(fit.spec, frame, fit.draws)
    intercept, sd = flat(fit, "intercept"), np.sqrt(flat(fit, "provider_sd"))
    return changed(fit, provider_effect=effects_given(whole, intercept=intercept, sd=sd))


def at_the_mean(fit, frame):
    """Effects are drawn at the posterior mean of the parameters."""
    whole = Fit(fit.spec, frame, fit.draws)
    intercept, sd = (
        np.full_like(x, x.mean()) for x in (flat(fit, "intercept"), flat(fit, "provider_sd"))
    )
    return changed(fit, provider_effect=effects_given(whole, intercept=intercept, sd=sd))


def too_narrow(fit, frame):
    """All posterior sds are .7 of what they are."""
    del frame
    names = ("intercept", "provider_sd", "provider_effect")
    values = {name: flat(fit, name) for name in names}
    return changed(
        fit, **{k: x.mean(axis=0) + 0.7 * (x - x.mean(axis=0)) for k, x in values.items()}
    )


def shifted(fit, frame):
    """Effects are .4 posterior sds too high."""
    del frame
    effect = flat(fit, "provider_effect")
    return changed(fit, provider_effect=effect + 0.4 * effect.std(axis=0))


def twice(frame):
    """Count every cell twice."""
    own = frame[[name for name, x in frame.data_vars.items() if "cell" in x.dims]]
    both = xr.concat([own, own], "cell")
    order = np.argsort(both["provider_index"].to_numpy(), kind="stable")
    return frame.drop_vars(list(own.data_vars)).assign(both.isel(cell=order).data_vars)


FAULTS = {
    "likelihood omitted": omitted,
    "counted twice": None,
    "tau for its square": tau_for_its_square,
    "effects at the mean": at_the_mean,
    "sds x .7": too_narrow,
    "effects shifted": shifted,
}


def sampler_with(fault):
    """Make a sampler with a fault planted in it."""

    def faulty(spec, frame, **options):
        if fault == "counted twice":
            found = vm.fit(spec, twice(frame), **options)
            return Fit(spec, frame, found.draws)
        found = vm.fit(spec, frame, **options)
        return FAULTS[fault](found, frame) if fault else found

    return faulty


def certified(fault, monkeypatch, *, refits):
    sampler = sampler_with(fault)
    monkeypatch.setattr(certificate, "sample", sampler)
    fit = sampler(SPEC, vm.prepare(SPEC, SURGICAL), random_seed=1, progressbar=False)
    return certify(fit, random_seed=1, refits=refits, progressbar=False)


def test_a_sampler_that_is_exact_passes(monkeypatch):
    found = certified("", monkeypatch, refits=20)
    assert found.passed
    assert found.failed == 0
    assert {"intercept", "provider_sd", "log likelihood", "total saving"} < set(
        found.table["quantity"]
    )
    assert found.table["mean_rank"].between(0.2, 0.8).all()
    assert repr(found).startswith("Certificate passed: 20 refits")


def test_draws_that_no_refit_would_give_do_not(surgical_fit, monkeypatch):
    """The sampler hardly moves: all draws lie beyond its own."""
    still = changed(
        surgical_fit,
        **{k: x.mean(axis=0) + 0.1 * (x - x.mean(axis=0)) for k, x in read(surgical_fit)},
    )
    monkeypatch.setattr(certificate, "sample", lambda *_, **__: still)
    found = certify(surgical_fit, random_seed=1, refits=20, progressbar=False)
    assert not found.passed
    assert found.table.set_index("quantity").loc["provider_sd", "spread"] > 1.3


@pytest.mark.long
@pytest.mark.parametrize("fault", ["", *FAULTS])
def test_two_hundred_refits_see_each_planted_fault(fault, monkeypatch):
    assert certified(fault, monkeypatch, refits=200).passed == (not fault)


#: Beside the binomial without a transient.
OTHERS = {
    "poisson": ("expected", {}, 12, 1),
    "measurements": ("measurements", {}, 12, 1),
    "published": ("published", {}, 12, 1),
    "ar1": ("share", {"period": "quarter", "transient": "ar1"}, 12, 5),
}


def certify_other(case, *, refits):
    form, fields, providers, periods = OTHERS[case]
    spec = make_spec(form, **fields)
    made = vm.simulate(
        spec, providers=providers, periods=periods, truth=truth_of(form, spec), random_seed=3
    )
    fit = vm.fit(spec, vm.prepare(spec, made.table), random_seed=1, progressbar=False)
    return certify(fit, random_seed=1, refits=refits, progressbar=False)


def truth_of(form, spec):
    return {**TRUTH[form], **PASSING.get(spec.transient, {})}


@pytest.mark.long
def test_measurements_have_new_scatter_in_each_table():
    """Of normal measurements all conditionals are exact, and residual_sd is one of them."""
    found = certify_other("measurements", refits=20)
    assert found.passed
    assert "residual_sd" in set(found.table["quantity"])


@pytest.mark.long
@pytest.mark.parametrize("case", OTHERS)
def test_other_families_and_panels_pass(case):
    found = certify_other(case, refits=60)
    assert found.passed, found.table
    assert found.failed == 0
    assert found.table["spread"].between(0.75, 1.3).all()


def test_refits_that_fail_their_gate_are_counted(surgical_fit, monkeypatch):
    def failing(*_, **__):
        raise ConvergenceError([Problem("FIT.CONVERGENCE", "no", Where())])

    monkeypatch.setattr(certificate, "sample", failing)
    found = certify(surgical_fit, random_seed=1, refits=20, progressbar=False)
    assert (found.passed, found.failed, len(found.table)) == (False, 20, 0)


def test_more_refits_than_draws_are_refused(surgical_fit):
    with pytest.raises(SpecError, match="from 20 to 8,000"):
        certify(surgical_fit, random_seed=1, refits=19)
    share = SPEC.replace(transient_share={"mean": 0.2, "sd": 0.1})
    with pytest.raises(SpecError, match="transient_share"):
        certify(replace(surgical_fit, spec=share), random_seed=1)
