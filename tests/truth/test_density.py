"""The PyMC model's joint density against the closed forms of the families and priors."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.toys import POSITIVE_TOYS, TOYS
from varmodel import Factor, ModelSpec, Prior, build_model, prepare
from varmodel.families import PRIORS
from varmodel.frame import cells_of
from varmodel.inference import resolve_priors
from varmodel.inference.nuts.arrays import arrays_of, structure_of
from varmodel.inference.nuts.centring import centred_share
from varmodel.inference.nuts.compiled import pad, pad_arrays
from varmodel.inference.nuts.model import build

SD_PRIORS = {
    "half_normal": Prior("half_normal", sigma=0.4),
    "half_cauchy": Prior("half_cauchy", beta=0.3),
    "half_student_t": Prior("half_student_t", nu=3, sigma=0.5),
    "exponential": Prior("exponential", lam=4),
}
POSITIVE = ("provider_sd", "residual_sd")


def trial():
    """Single cases of eight providers, with a factor."""
    rng = np.random.default_rng(3)
    table = pd.DataFrame(
        {
            "trust": np.repeat([f"T{number}" for number in range(8)], 12),
            "sex": rng.choice(["F", "M"], 96),
            "died": rng.integers(0, 2, 96),
        }
    )
    return ModelSpec(
        name="trial",
        provider="trust",
        numerator="died",
        better="lower",
        family="binomial",
        case_mix=(Factor("sex"),),
    ), table


def exposure():
    """Falls in days of stay, one provider with no day at all."""
    rng = np.random.default_rng(4)
    days = np.array([0, *rng.integers(50, 900, 8)])
    table = pd.DataFrame(
        {
            "trust": [f"T{number}" for number in range(9)],
            "falls": rng.poisson(0.02 * days),
            "days": days,
        }
    )
    return ModelSpec(
        name="exposure",
        provider="trust",
        numerator="falls",
        exposure="days",
        better="lower",
        family="poisson",
    ), table


def model_and_table(form):
    if form in ("trial", "exposure"):
        return {"trial": trial, "exposure": exposure}[form]()
    toy = {**TOYS, **POSITIVE_TOYS}[form]()
    return toy.spec, toy.table


pytestmark = [
    pytest.mark.filterwarnings("ignore:COUNT.ZERO_DENOMINATOR"),
    pytest.mark.filterwarnings("ignore:DESIGN.NO_INFORMATION"),
]
FORMS = ("share", "trial", "expected", "exposure", "measurements", "published", *POSITIVE_TOYS)


def random_point(rng, sizes, priors):
    """Parameters on the natural scale, `provider_raw` among them."""
    point = {name: np.exp(rng.normal(-1, 0.7)) for name in POSITIVE if name in priors}
    point["intercept"] = dict(priors["intercept"].parameters)["mu"] + rng.normal(0, 0.7)
    point["coefficients"] = rng.normal(0, 0.7, sizes.terms)
    point["provider_raw"] = rng.normal(0, 0.7, sizes.providers)
    return point


def unconstrained(point):
    """What PyMC's density takes: logs of the sds."""
    logs = {f"{name}_log__": np.log(point[name]) for name in POSITIVE if name in point}
    return {name: value for name, value in point.items() if name not in POSITIVE} | logs


def closed_form(spec, frame, share, point):
    """Log density of (intercept, coefficients, log sds, raw), from families/ and SciPy.

    Whatever a provider's share c of centring, raw = c intercept + sd^(c - 1) effect. Providers
    and terms beyond the frame's are padding: they have their prior and no data.
    """
    providers, terms, sd = frame.sizes["provider"], frame.sizes["term"], point["provider_sd"]
    effect = sd ** (1 - share) * (point["provider_raw"] - share * point["intercept"])
    priors = resolve_priors(spec, frame)
    total = sum(prior.log_density(np.asarray(point[name])).sum() for name, prior in priors.items())
    total += sum(np.log(point[name]) for name in POSITIVE if name in point)  # of the logs
    total += (stats.norm.logpdf(effect, scale=sd) + (1 - share) * np.log(sd)).sum()
    fixed = point["intercept"] + frame["design"].to_numpy() @ point["coefficients"][:terms]
    eta = fixed[frame["pattern_index"]] + effect[:providers][frame["provider_index"]]
    likelihood = spec.family_row.log_likelihood(cells_of(frame), eta, point)
    return total + likelihood.sum() + left_out(spec, cells_of(frame))


def left_out(spec, cells):
    """Constant by which the model's density of normal means and spreads is larger."""
    if cells.spread is None or spec.family == "gamma":
        return 0.0
    return 0.5 * np.sum(np.log(cells.size) + (cells.size - 1) * np.log(2 * np.pi))


def check(model, sizes, spec, frame, share):
    """Compare the two at random points."""
    rng = np.random.default_rng(5)
    density = model.compile_logp(mode="FAST_COMPILE")  # a few points are not worth more
    for _ in range(5):
        point = random_point(rng, sizes, resolve_priors(spec, frame))
        by_model = float(density(unconstrained(point)))
        assert by_model == pytest.approx(closed_form(spec, frame, share, point), abs=1e-8)


def check_share(spec, frame, share):
    priors = resolve_priors(spec, frame)
    sizes = structure_of(spec, frame, priors=priors)
    coords = {name: frame[name].to_numpy() for name in ("provider", "term")}
    check(
        build(sizes, arrays_of(frame, priors, centred=share), coords=coords),
        sizes,
        spec,
        frame,
        share,
    )


@pytest.mark.parametrize("form", FORMS)
def test_the_model_is_the_familys(form):
    spec, table = model_and_table(form)
    frame = prepare(spec, table)
    sizes = structure_of(spec, frame, priors=resolve_priors(spec, frame))
    check(build_model(spec, frame), sizes, spec, frame, centred_share(frame))


@pytest.mark.parametrize(
    "kind", [name for name, row in PRIORS.items() if row.support == (0, np.inf)]
)
def test_the_prior_of_an_sd_is_the_tables(kind):
    spec, table = model_and_table("measurements")
    spec = spec.replace(priors=dict.fromkeys(POSITIVE, SD_PRIORS[kind]))
    frame = prepare(spec, table)
    check_share(spec, frame, centred_share(frame))


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_share_of_centring_changes_no_posterior(share):
    spec, table = model_and_table("share")
    frame = prepare(spec, table)
    check_share(spec, frame, np.full(frame.sizes["provider"], share))


@pytest.mark.parametrize("form", FORMS)
def test_padding_adds_priors_only(form):
    spec, table = model_and_table(form)
    frame = prepare(spec, table)
    priors, share = resolve_priors(spec, frame), centred_share(frame)
    sizes = pad(structure_of(spec, frame, priors=priors))
    arrays = pad_arrays(arrays_of(frame, priors, centred=share), sizes)
    labels = {"provider": sizes.providers, "term": sizes.terms}
    coords = {name: np.arange(count).astype(str) for name, count in labels.items()}
    padded = np.pad(share, (0, sizes.providers - len(share)))
    check(build(sizes, arrays, coords=coords), sizes, spec, frame, padded)
