"""Power scaling against real refits: priors raised to a power, and the collapsed likelihood."""

import numpy as np
import pytest

import varmodel as vm
from tests.toys import SURGICAL
from varmodel.errors import SpecError
from varmodel.frame import resolve_priors
from varmodel.inference.marginal.quadrature.evaluator import QuadratureEvaluator
from varmodel.studies import figures

SPEC = vm.load_model("surgical_mortality").replace(unit_cost=1_000)
FRAME = vm.prepare(SPEC, SURGICAL)
MANY = {"random_seed": 1, "progressbar": False, "draws": 30_000}


def by_prior(alpha, monkeypatch):
    """Fit with normal and half-normal priors to the power alpha: their sds over its root."""
    del monkeypatch
    priors = resolve_priors(SPEC, FRAME)
    powered = {k: x.times(alpha**-0.5) for k, x in priors.items() if k != "coefficients"}
    spec = SPEC.replace(priors=powered)
    return vm.fit(spec, FRAME, **MANY)


def by_likelihood(alpha, monkeypatch):
    """Fit with the evidence, that is the likelihood without effects, to the power alpha."""
    whole = QuadratureEvaluator.log_posterior

    def powered(self, chi, psi, *, starts):
        prior = self.problem.log_prior(chi, psi)
        return prior + alpha * (whole(self, chi, psi, starts=starts) - prior)

    with monkeypatch.context() as patch:
        patch.setattr(QuadratureEvaluator, "log_posterior", powered)
        return vm.fit(SPEC, FRAME, **MANY)


REFITS = {"prior": by_prior, "likelihood": by_likelihood}


def read(fit):
    """Give provider_sd and total (quantity, S), and ranks (S, provider)."""
    total = figures.annual_savings(fit, random_seed=1)["total"]
    numbers = np.stack([x.to_numpy().ravel() for x in (fit.posterior["provider_sd"], total)])
    ranks = vm.rank(vm.adjusted_rates(fit), better="lower")["rank"].to_numpy()
    return numbers, ranks.reshape(-1, ranks.shape[-1])


@pytest.fixture(scope="module")
def fit():
    return vm.fit(SPEC, FRAME, **MANY)


@pytest.fixture(scope="module")
def found(fit):
    return vm.studies.power_scaling(fit, random_seed=1, alphas=(0.8, 0.9, 1.1, 1.25))


def near(found, fit, monkeypatch, *, component, alpha):
    """Hold weighted figures to those of a refit, in posterior sds."""
    here = found.sel(component=component, alpha=alpha)
    assert float(here["pareto_k"]) < found.attrs["largest_k"]
    again = read(REFITS[component](alpha, monkeypatch))
    whole = read(fit)
    moved = (here["mean"].to_numpy() - again[0].mean(axis=1)) / whole[0].std(axis=1)
    assert np.abs(moved).max() < 0.02
    ranks = (here["expected_rank"].to_numpy() - again[1].mean(axis=0)) / whole[1].std(axis=0)
    assert np.abs(ranks).max() < 0.02
    for name, q in (("lower", 0.025), ("upper", 0.975)):
        ends = np.quantile(again[0], q, axis=1)
        assert np.abs((here[name].to_numpy() - ends) / whole[0].std(axis=1)).max() < 0.08


def test_raising_the_likelihood_is_refitting_with_it(found, fit, monkeypatch):
    near(found, fit, monkeypatch, component="likelihood", alpha=0.8)
    assert abs(found["shift"].sel(component="likelihood", alpha=0.8)).max() > 0.1


@pytest.mark.long
@pytest.mark.parametrize("component", REFITS)
@pytest.mark.parametrize("alpha", [0.8, 0.9, 1.1, 1.25])
def test_every_power_is_a_refit(component, alpha, found, fit, monkeypatch):
    near(found, fit, monkeypatch, component=component, alpha=alpha)


def test_sensitivities_are_those_of_arviz(fit):
    import arviz_stats

    some = vm.fit(SPEC, FRAME, random_seed=2, progressbar=False)
    found = vm.studies.power_scaling(some, random_seed=1)["sensitivity"]
    dense = vm.with_log_densities(some).draws
    for component in ("prior", "likelihood"):
        theirs = arviz_stats.psense(dense, var_names=["provider_sd"], group=component)
        ours = float(found.sel(component=component, quantity="provider_sd"))
        assert ours == pytest.approx(float(theirs["provider_sd"]), rel=0.03)


def test_it_says_which_priors_it_raises(found):
    assert found.attrs["powered"] == "intercept provider_sd"
    assert found["quantity"].to_numpy().tolist() == ["provider_sd", "total saving"]


def test_a_declared_share_is_refused(fit):
    share = SPEC.replace(transient_share={"mean": 0.2, "sd": 0.1})
    parted = type(fit)(share, fit.frame, fit.draws)
    for study in (vm.studies.power_scaling, vm.studies.leave_one_out):
        with pytest.raises(SpecError, match="transient_share"):
            study(parted, random_seed=1)
    with pytest.raises(SpecError, match="transient_share"):
        vm.studies.stack({"a": SPEC, "b": share}, SURGICAL, random_seed=1)


@pytest.mark.parametrize("alphas", [(), (0.0,), (50,), "high", (np.nan,)])
def test_powers_that_weights_cannot_stand_for_are_refused(alphas, fit):
    with pytest.raises(SpecError, match=r"powers from 0\.1 to 10"):
        vm.studies.power_scaling(fit, random_seed=1, alphas=alphas)
