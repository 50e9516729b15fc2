"""The PyMC models: their tables, their density against the families', their simulation."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
import xarray as xr
from scipy import special, stats

from tests.fits.hand_made import make_spec, whole_fit
from tests.frame.hand_made import make_model
from varmodel.errors import SpecError
from varmodel.families import FAMILIES, FORMS, PRIORS
from varmodel.frame import cells_of, prepare, shared_effect, simulate
from varmodel.frame.simulation.truth import predictor
from varmodel.inference import build_model
from varmodel.inference.nuts import arrays
from varmodel.inference.nuts.centring import centred_share
from varmodel.inference.nuts.likelihoods import LIKELIHOODS, _scatters
from varmodel.inference.nuts.parts import DISTRIBUTIONS

MODE = "FAST_COMPILE"  # a model is read here, not sampled
TERMS = {form: () if form == "published" else ("age", "sex") for form in FORMS}
GROUPS = {"posterior": "prior", "constant_data": "constant_data"}
OBSERVED = {
    "measurements": {"mean", "sum_of_squares"},
    "log_measurements": {"log_mean", "log_sum_of_squares"},
    "positive_measurements": {"mean", "log_ratio"},
    "published": {"value"},
}


@pytest.fixture(params=FORMS)
def form(request):
    return request.param


@pytest.fixture
def fit(form):
    return whole_fit(form, case_mix=TERMS[form])


@pytest.fixture
def model(fit):
    return build_model(fit.spec, fit.frame)


def test_the_tables_have_the_keys_of_families_and_priors():
    assert set(LIKELIHOODS) == set(FAMILIES)
    assert set(DISTRIBUTIONS) == set(PRIORS)


def test_a_model_is_an_ordinary_one_with_named_dims(form, fit, model):
    assert isinstance(model, pm.Model)
    observed = OBSERVED.get(form, {"events"})
    assert {variable.name for variable in model.observed_RVs} == observed
    assert {variable.name for variable in model.free_RVs} == {
        *("intercept", "coefficients", "provider_sd", "provider_raw"),
        *(["residual_sd"] if FORMS[form].spread else []),
    }
    dims = model.named_vars_to_dims
    assert dims["provider_effect"] == dims["provider_raw"] == ("provider",)
    assert dims["coefficients"] == ("term",)
    assert dims["design"] == ("pattern", "term")
    assert {dims[name] for name in observed} == {("cell",)}
    assert model.coords["provider"] == tuple(fit.frame["provider"].to_numpy())
    assert model.coords["term"] == tuple(fit.frame["term"].to_numpy())
    assert not model.potentials


def points(fit, count=3):
    """Give points of the parameters, on the scale of the priors."""
    rng = np.random.default_rng(4)
    posterior = fit.posterior
    for _ in range(count):
        point = {
            name: posterior[name].to_numpy()[0, 0] * rng.uniform(0.8, 1.2) for name in posterior
        }
        point["coefficients"] = rng.normal(0, 0.2, fit.frame.sizes["term"])
        point["provider_effect"] = rng.normal(0, 0.3, fit.frame.sizes["provider"])
        yield point


def raw_of(point, share):
    """Invert the parameterisation: from effects to what the model samples."""
    scale = point["provider_sd"] ** (1 - share)
    return point["provider_effect"] / scale + share * point["intercept"]


def expected(fit, point):
    """Sum the family's log likelihood and the priors of the effects, by the definition."""
    frame = fit.frame
    eta = point["intercept"] + frame["design"].to_numpy() @ point["coefficients"]
    eta = eta[frame["pattern_index"]] + point["provider_effect"][frame["provider_index"]]
    if "transient_effect" in point:
        eta = eta + point["transient_effect"][frame["provider_index"], frame["period_index"]]
    family = fit.spec.family_row
    own = family.values(point, frame.attrs["pooled_mean"])
    total = family.log_likelihood(cells_of(frame), eta, own).sum()
    z = point["provider_effect"] / point["provider_sd"]
    return total - 0.5 * (z**2).sum() - len(z) * np.log(point["provider_sd"])


def test_the_density_is_the_families(fit, model):
    check_density(fit, model)


@pytest.mark.parametrize("family", ["beta_binomial", "negative_binomial"])
def test_the_density_of_overdispersed_counts_is_the_families(family):
    form = "share" if family == "beta_binomial" else "expected"
    fit = whole_fit(form, family=family, dispersion_unit=("trust", "ward"))
    for dispersion in (1e-4, 0.3):
        fit.draws["posterior"]["dispersion"][:] = dispersion
        check_density(fit, build_model(fit.spec, fit.frame))


@pytest.mark.parametrize("transient", ["iid", "ar1"])
def test_the_density_of_what_passes_is_that_of_its_law(form, transient, monkeypatch):
    """Of both kinds of provider: levels are the raw parameters, or standardised departures."""
    fit = whole_fit(form, periods=3, case_mix=TERMS[form], period="quarter", transient=transient)
    centred = np.arange(12)[:, None] + np.zeros((12, 3)) < 6
    monkeypatch.setattr(arrays, "centred_periods", lambda _: centred)
    model = build_model(fit.spec, fit.frame)
    assert model.named_vars_to_dims["transient_effect"] == ("provider", "period")
    check_density(fit, model, centred=centred)


def test_the_density_of_what_providers_share_is_that_of_its_parts():
    spec = make_model(
        case_mix=("age",), effect_predictors=("beds",), classes="type", levels=("region", "city")
    )
    made = simulate(spec, providers=14, random_seed=2)
    frame = prepare(spec, made.table)
    model = build_model(spec, frame)
    raws = ("provider_raw", "class_raw", "level_raw", "intercept_raw")
    parts = [*model.observed_RVs, *(model[name] for name in raws)]
    logp = model.compile_fn(
        model.logp(vars=parts, jacobian=False), inputs=model.value_vars, mode=MODE
    )
    rng, share = np.random.default_rng(5), centred_share(frame)
    classes, groups = frame["class_index"].to_numpy(), frame["level_index"].to_numpy()
    differences = []
    for _ in range(3):
        raw = rng.normal(0, 0.3, 3)
        sds, level_sd = rng.uniform(0.2, 0.5, 3), rng.uniform(0.1, 0.4, 2)
        level_raw, slopes = rng.normal(size=(2, 3)), rng.normal(0, 0.2, 1)
        level = level_sd[:, None] * level_raw
        coords = {"level_region": ["a", "b", "c"], "level_city": ["a", "b", "c"]}
        point = xr.Dataset(
            {
                "intercept": -1.0 + rng.normal(0, 0.1),
                "coefficients": ("term", rng.normal(0, 0.1, 1)),
                "class_mean": ("class", raw - np.bincount(classes) / 14 @ raw),
                "level_effect_region": ("level_region", level[0]),
                "level_effect_city": ("level_city", level[1]),
                "effect_coefficients": ("predictor", slopes),
                "provider_effect": ("provider", rng.normal(0, 0.3, 14)),
            },
            coords=coords,
        )
        shared, effect = shared_effect(frame, point).to_numpy(), point["provider_effect"].to_numpy()
        mean, sd = float(point["intercept"]) + shared, sds[classes]
        shift = level[0][groups[:, 0]].mean() + level[1][groups[:, 1]].mean()
        values = {
            "provider_raw": effect / sd ** (1 - share) + share * mean,
            "class_raw": raw,
            "level_raw": level_raw,
            "intercept_raw": float(point["intercept"]) + shift,
            "class_sd_log__": np.log(sds),
            "level_sd_log__": np.log(level_sd),
            "coefficients": point["coefficients"].to_numpy(),
            "effect_coefficients": slopes,
        }
        eta = predictor(frame, point)
        wanted = spec.family_row.log_likelihood(cells_of(frame), eta, {}).sum()
        wanted += stats.norm(0, sd).logpdf(effect).sum() + ((1 - share) * np.log(sd)).sum()
        wanted += stats.norm.logpdf(raw).sum() + stats.norm.logpdf(level_raw).sum()
        level_mean = special.logit(frame.attrs["pooled_mean"])
        wanted += stats.norm(level_mean, 2.5).logpdf(float(point["intercept"]))
        differences.append(float(logp(values)) - wanted)
    np.testing.assert_allclose(differences, differences[0], rtol=1e-9, atol=1e-6)


def passing(fit, point, *, centred):
    """Give the raw departures of a point, their log density and the log of its Jacobian."""
    frame = fit.frame
    rho = point.get("transient_rho", 0.0)
    cov = point["transient_sd"] ** 2 * rho ** np.abs(np.subtract.outer(range(3), range(3)))
    v, root = point["transient_effect"], np.linalg.cholesky(cov)
    means = np.zeros((3, frame.sizes["term"]))
    first = [str(name).startswith("period") for name in frame["term"].to_numpy()]
    means[frame["period_index"]] = frame["design"].to_numpy()[frame["pattern_index"]] * first
    mean = (point["intercept"] + point["provider_effect"])[:, None] + means @ point["coefficients"]
    raw = np.where(centred, mean + v, np.linalg.solve(root, v.T).T)
    density = stats.multivariate_normal(np.zeros(3), cov).logpdf(v).sum()
    return raw, density, (~centred[:, 0]).sum() * np.log(np.diag(root)).sum()


def check_density(fit, model, *, centred=None):
    transient = centred is not None
    share = centred_share(fit.frame, transient=transient)
    raws = [model["provider_raw"], *([model["transient_raw"]] if transient else [])]
    variables = [*model.observed_RVs, *raws]
    logp = model.compile_fn(
        model.logp(vars=variables, jacobian=False), inputs=model.value_vars, mode=MODE
    )
    differences = []
    for point in points(fit):
        raw = raw_of(point, share)
        values = {**point, "provider_raw": raw}
        # the density of raw is that of the effect times |d effect / d raw|
        wanted = expected(fit, point) + (1 - share).sum() * np.log(point["provider_sd"])
        if transient:
            values["transient_raw"], density, jacobian = passing(fit, point, centred=centred)
            wanted += density + jacobian
        inputs = {}
        for variable in model.free_RVs:
            value = model.rvs_to_values[variable]
            positive = value.name.endswith("_log__")
            if variable.name == "transient_rho_share":
                inputs[value.name] = special.logit((1 + point["transient_rho"]) / 2)
                continue
            given = values[variable.name]
            inputs[value.name] = np.log(given) if positive else given
        differences.append(float(logp(inputs)) - wanted)
    np.testing.assert_allclose(differences, differences[0], rtol=1e-9, atol=1e-6)


def test_it_simulates_without_a_warning(form, fit, model, capsys):
    options = {"model": model, "random_seed": 1, "compile_kwargs": {"mode": MODE}}
    prior = pm.sample_prior_predictive(draws=4, **options)
    assert set(prior["prior_predictive"].data_vars) == OBSERVED.get(form, {"events"})
    drawn = prior["prior_predictive"].to_dataset()
    assert all(variable.dims == ("chain", "draw", "cell") for variable in drawn.values())
    given = xr.DataTree.from_dict(
        {name: prior[group].to_dataset() for name, group in GROUPS.items()}
    )
    posterior = pm.sample_posterior_predictive(given, progressbar=False, **options)
    posterior = posterior["posterior_predictive"].to_dataset()
    frame = fit.frame
    if form in ("share", "trial"):
        assert ((posterior["events"] >= 0) & (posterior["events"] <= frame["trials"])).all()
    if FORMS[form].spread:
        alone = frame["measurements"].to_numpy() == 1
        spread = posterior[FORMS[form].spread].to_numpy()
        assert (spread[..., alone] == 0).all()
        assert (spread[..., ~alone] > 0).all()
    assert all(np.isfinite(variable).all() for variable in posterior.values())


def test_ratios_of_a_gamma_have_the_mean_and_variance_of_their_law():
    size, shape = np.array([1.0, 2.0, 30.0]), 1.7
    parameters = (pt.as_tensor(size), pt.as_tensor(shape), pt.zeros(3))
    drawn = pm.draw(_scatters(*parameters, size=(4000, 3)), random_seed=1, mode=MODE)
    values = [np.random.default_rng(2).gamma(shape, size=(4000, int(count))) for count in size]
    ratios = [x.shape[1] * (np.log(x.mean(1)) - np.log(x).mean(1)) for x in values]
    np.testing.assert_allclose(drawn.mean(axis=0), np.mean(ratios, axis=1), rtol=0.05, atol=1e-9)
    np.testing.assert_allclose(drawn.var(axis=0), np.var(ratios, axis=1), rtol=0.15, atol=1e-9)


def test_squares_have_the_mean_and_variance_of_their_law():
    spec = make_spec("measurements")
    table = simulate(spec, providers=4, mean_denominator=30, random_seed=1).table
    frame = prepare(spec, table)
    model = build_model(spec, frame)
    sd = pm.draw(model["residual_sd"], draws=2, random_seed=2, mode=MODE)
    assert (sd > 0).all()
    fixed = pm.do(model, {"residual_sd": 3.0})
    drawn = pm.draw(fixed["sum_of_squares"], draws=2000, random_seed=1, mode=MODE)
    freedom = frame["measurements"].to_numpy() - 1
    np.testing.assert_allclose(drawn.mean(axis=0), 9 * freedom, rtol=0.05, atol=1e-9)
    np.testing.assert_allclose(drawn.var(axis=0), 81 * 2 * freedom, rtol=0.15, atol=1e-9)


def test_a_model_without_terms_or_with_empty_cells_can_be_built():
    fit = whole_fit()
    model = build_model(fit.spec, fit.frame)
    assert model.coords["term"] == ()
    assert np.isfinite(model.compile_logp(mode=MODE)(model.initial_point()))


def test_a_frame_of_another_model_is_refused():
    fit = whole_fit(case_mix=("age",))
    for other in (
        make_model(),  # other terms
        make_model(case_mix=("sex",)),
        make_model("trial", case_mix=("age",)),
        make_model("expected", case_mix=("age",)),
    ):
        with pytest.raises(SpecError, match="prepare the table with this model") as caught:
            build_model(other, fit.frame)
        assert caught.value.code == "CONFIG.VALUE"
    for wrong in (None, fit.frame.drop_attrs(), {"form": "share"}):
        with pytest.raises(SpecError, match="frame must be what"):
            build_model(fit.spec, wrong)
    with pytest.raises(SpecError, match="spec must be a ModelSpec"):
        build_model("surgical_mortality", fit.frame)
