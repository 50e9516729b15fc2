"""Compile ahead what a first run would have to wait for: a small analysis of each kind."""

import itertools
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from varmodel.analysis.analyse import analyse
from varmodel.errors import VarmodelWarning
from varmodel.families import FAMILIES
from varmodel.frame import simulate
from varmodel.numerics.loops.cache import ensure_cache
from varmodel.spec import ModelSpec

#: Families of the library's models, but for those that read what another one has compiled.
LIBRARY_FAMILIES = ("binomial", "poisson", "normal", "negative_binomial")
#: Family -> the one of the same kind of likelihood.
SAME_KERNELS = {"lognormal": "normal", "gamma": "poisson"}
#: Distributions of effects whose loops are not the same: many points at once, and one by one.
LOOPS_OF_EFFECTS = ("normal", "student_t")
_USUAL = LOOPS_OF_EFFECTS[:1]
#: Periods -> providers. Of one period so many that the sets for all of them are made of more
#: than twice the draws of a fit: only then are several drawn at one point.
_PROVIDERS, _SEVERAL, _SIZE = {1: 64, 4: 12}, 4, 50
_PROCESSES = 2
_SHARE, _RATIO = (
    'numerator = "events"\ndenominator = "cases"',
    'numerator = "events"\nexpected = "expected"',
)
_RESPONSES = {
    "binomial": _SHARE,
    "beta_binomial": _SHARE,
    "poisson": _RATIO,
    "negative_binomial": _RATIO,
}
_MODEL = """
schema = 1
name = "kernels"
title = "A model whose kernels are compiled"
[indicator]
provider = "provider"
period = "period"
better = "lower"
{response}
[model]
family = "{family}"
case_mix = ["sex"]
[benchmark]
kind = "quantile"
value = 0.75
[unit_cost]
value = 100
"""


def compile_kernels(
    families: Sequence[str] = LIBRARY_FAMILIES, *, effects: Sequence[str] = _USUAL
) -> Iterator[str]:
    """Compile the samplers' inner loops, of one period and of several, into the user's cache.

    They are compiled where they are first used, some 10 to 30 seconds a family, and kept until
    varmodel or a package below it changes. Whoever makes an environment for others does it once.
    Two processes share the work.

    Parameters
    ----------
    families : sequence of str
        Of :data:`varmodel.families.FAMILIES`.
    effects : sequence of str
        Distributions of the effects of one period; several periods have loops that serve all.

    Yields
    ------
    str
        What has been compiled, as it is done.
    """
    from joblib import Parallel, cpu_count, delayed

    _compile_ahead()
    kinds = ((_SEVERAL, _USUAL[0]), *((1, effect) for effect in effects))  # the longest first
    work = (
        delayed(_analyse_one)(family, periods=periods, effect=effect)
        for family, (periods, effect) in itertools.product(families, kinds)
    )
    yield from Parallel(n_jobs=min(_PROCESSES, cpu_count()), return_as="generator_unordered")(work)


def _compile_ahead() -> None:
    """Compile what only tables of some size ask for."""
    ensure_cache()
    from varmodel.numerics.loops import counts, filtering, ranks, series, sums

    counts.compile_counts()
    sums.compile_sums()
    filtering.compile_filter()
    ranks.compile_ranks()
    series.compile_series()


def _analyse_one(family: str, *, periods: int, effect: str) -> str:
    """Take the road of every run on a small simulated table; figures and page are of no use."""
    spec = _model(family, periods=periods).replace(effect=effect)
    made = simulate(
        spec,
        providers=_PROVIDERS[periods],
        periods=periods,
        mean_denominator=_SIZE,
        random_seed=1,
    )
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore", VarmodelWarning)
        analysis = analyse(spec, made.table, random_seed=1, progressbar=False, provisional=True)
        analysis.report(Path(folder) / "page.html")  # its first picture looks for all fonts
    told = f"{family}, {'one period' if periods == 1 else 'several periods'}"
    return told if effect in _USUAL else f"{told}, {effect} effects"


def _model(family: str, *, periods: int) -> ModelSpec:
    response = _RESPONSES.get(family, 'value = "value"')
    spec = ModelSpec.from_toml(_MODEL.format(response=response, family=family))
    spec = spec.replace(period=None) if periods == 1 else spec
    if any(parameter.name == "dispersion" for parameter in FAMILIES[family].listed):
        units = ("provider", "sex", "period")
        spec = spec.replace(dispersion_unit=units[: 2 if periods == 1 else 3])
    return spec


def named_kinds(*, every: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give families and distributions of effects to compile: the library's, or all."""
    return (tuple(FAMILIES), LOOPS_OF_EFFECTS) if every else (LIBRARY_FAMILIES, _USUAL)
