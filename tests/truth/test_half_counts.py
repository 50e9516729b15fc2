"""Counts in halves: the likelihood takes them as they are, in every sampler."""

import numpy as np
import pytest
from scipy import special

from tests.toys import SURGICAL
from tests.truth.exact import Grid, posterior
from tests.truth.test_density import check, model_and_table
from tests.truth.test_surgical import LOG_SIGMA, MU, log_prior
from varmodel import ModelSpec, Prior, build_model, fit, prepare
from varmodel.families import Cells
from varmodel.families.outcomes.binomial import draw
from varmodel.inference import resolve_priors
from varmodel.inference.nuts.arrays import structure_of
from varmodel.inference.nuts.centring import centred_share

pytestmark = [
    pytest.mark.filterwarnings("ignore:COUNT.ZERO_DENOMINATOR"),
    pytest.mark.filterwarnings("ignore:DESIGN.NO_INFORMATION"),
]
SHARED = SURGICAL.assign(
    deaths=np.maximum(SURGICAL["deaths"] - 0.5, 0), operations=SURGICAL["operations"] + 1.5
)
SPEC = ModelSpec(
    name="shared",
    provider="hospital",
    numerator="deaths",
    denominator="operations",
    half_counts=True,
    better="lower",
    family="binomial",
    priors={
        "intercept": Prior("normal", mu=0, sigma=10),
        "provider_sd": Prior("half_normal", sigma=1),
    },
)


def test_the_marginal_posterior_is_the_exact_one():
    grid = Grid.of((*MU, 41), (*LOG_SIGMA, 41), z_step=0.15)
    exact = posterior(SHARED["deaths"], SHARED["operations"], grid, log_prior=log_prior)
    fitted = fit(
        SPEC,
        prepare(SPEC, SHARED),
        sampler="marginal",
        draws=2_000,
        random_seed=5,
        progressbar=False,
    ).posterior
    level = fitted["intercept"] + fitted["provider_effect"]
    for found, wanted in (
        (fitted["intercept"], exact.mean(grid.mu)),
        (fitted["provider_sd"], exact.mean(grid.sigma)),
        (special.expit(level), exact.mean_of_each(special.expit)),
    ):
        error = found.std(("chain", "draw")) / np.sqrt(found.sizes["draw"])
        assert (np.abs(found.mean(("chain", "draw")) - wanted) < 4 * error).all()


@pytest.mark.parametrize("form", ["share", "exposure"])
def test_the_model_of_nuts_cuts_no_half_off(form):
    spec, table = model_and_table(form)
    column = spec.numerator
    table = table.assign(**{column: np.maximum(table[column] - 0.5, 0)})
    spec = spec.replace(half_counts=True)
    frame = prepare(spec, table)
    sizes = structure_of(spec, frame, priors=resolve_priors(spec, frame))
    check(build_model(spec, frame), sizes, spec, frame, centred_share(frame))


def test_new_events_of_a_half_trial_are_halves():
    size = np.full(4_000, 2.5)
    cells = Cells(np.zeros(4_000), size)
    events = draw(np.random.default_rng(1), cells, np.zeros(4_000), 1.0)
    assert set(events) == {0, 0.5, 1, 1.5, 2, 2.5}
    assert events.mean() == pytest.approx(1.25, abs=0.05)
