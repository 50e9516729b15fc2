"""The models that are shipped, and one wrong file for each mistake."""

import re
from collections import Counter
from pathlib import Path

import pytest

import varmodel as vm
from varmodel.errors import CODES, SpecError
from varmodel.frame import prepare, simulate
from varmodel.frame.simulation.nation import register_kind
from varmodel.spec import Benchmark, ModelSpec, UnitCost, list_models, load_model
from varmodel.spec.rules import benchmark_peers
from varmodel.spec.text_fields import INDICATOR_GROUPS

MODELS = Path(__file__).resolve().parents[2] / "models"
BIBLIOGRAPHY = (MODELS / "references.bib").read_text(encoding="utf-8")
KEYS = re.findall(r"^@\w+\{([\w-]+),$", BIBLIOGRAPHY, flags=re.MULTILINE)
WRONG = sorted((Path(__file__).parent / "wrong").glob("*.toml"))

models = pytest.mark.parametrize("name", list_models())


def test_the_library_has_thirty_models_of_the_programmes_kinds_and_an_example():
    kinds = Counter(load_model(name).group for name in list_models())
    assert dict(kinds) == {
        "clinical": 13 + 1,  # and surgical_mortality
        "prescribing": 6,
        "workforce": 4,
        "procurement": 2,
        "mental health": 3,
        "community": 2,
    }


@models
def test_a_model_comes_back_from_its_text(name):
    spec = load_model(name)
    again = ModelSpec.from_toml(spec.to_toml())
    assert again == spec
    assert (again.digest, again.fit_digest) == (spec.digest, spec.fit_digest)


@models
def test_a_model_says_what_it_is(name):
    spec = load_model(name)
    assert spec.name == name
    assert len(spec.title) > 20
    assert len(spec.why_it_matters) > 100
    assert "\n" not in spec.why_it_matters
    assert len(spec.caveats) >= 3
    assert spec.status == "draft"
    assert spec.caveats[0].startswith("Draft: ")
    assert spec.unit
    assert spec.benchmark is not None
    assert spec.review.authored_by
    assert spec.review.next_review


@models
def test_a_model_without_a_price_says_why_and_one_without_a_direction_has_neither(name):
    spec = load_model(name)
    if spec.better == "neither":
        assert (spec.unit_cost, spec.peers, spec.benchmark) == (None, None, Benchmark("median"))
        assert "ranks nobody and prices nothing" in " ".join(spec.caveats)
    elif spec.unit_cost is None:
        assert "names no unit cost, so that no saving is computed" in spec.caveats[-1]


@models
def test_a_benchmark_among_peers_is_of_models_that_adjust_for_little_and_all_show_a_place(name):
    spec = load_model(name)
    if benchmark_peers(spec.peers) is not None:
        assert not spec.demography
    if spec.peers is None:
        text = (MODELS / f"{name}.toml").read_text(encoding="utf-8")
        assert (spec.better == "neither") != ("# No [peers]: " in text)
    else:
        assert spec.peers.count == 10
        nation = {"trust": "beds", "pct": "deprivation_score"}[register_kind(spec)]
        assert nation in spec.peers.columns  # the list of a nation's providers tells it


@models
def test_sources_stand_in_the_references(name):
    sources = load_model(name).review.sources
    assert sources
    assert set(sources) <= set(KEYS)


@models
def test_a_price_has_a_source_that_is_cited(name):
    spec = load_model(name)
    if spec.unit_cost is None:
        return
    assert isinstance(spec.unit_cost, UnitCost)
    assert spec.unit_cost.price_year
    assert any(key in spec.unit_cost.source for key in spec.review.sources)


def test_references_are_cited_once_and_say_how_far_they_were_seen():
    assert len(KEYS) == len(set(KEYS))
    cited = {key for name in list_models() for key in load_model(name).review.sources}
    assert cited == set(KEYS)
    entries = BIBLIOGRAPHY.split("\n@")[1:]
    assert len(entries) == len(KEYS)
    assert all(re.search(r"note\s*= \{.*([Ss]een|derived|recalled)", entry) for entry in entries)


def test_the_readme_lists_every_model_under_its_kind():
    readme = (MODELS / "README.md").read_text(encoding="utf-8")
    listed = {}
    for group in INDICATOR_GROUPS:
        _, _, below = readme.partition(f"\n### {group.capitalize()}\n")
        table = below.partition("\n\n```")[0].partition("\n### ")[0]
        rows = re.findall(r"^\| \[`(\w+)`\]\(\1\.toml\) \|(.*)\|$", table, flags=re.MULTILINE)
        listed |= {
            name: (group, [cell.strip() for cell in cells.split("|")]) for name, cells in rows
        }
    assert sorted(listed) == list(list_models())
    for name, (group, cells) in listed.items():
        spec = load_model(name)
        assert (spec.group, spec.better, spec.family) == (group, *cells[2:4])
        peers = "" if spec.peers is None else f"{spec.peers.count} by "
        place = f"; a place among {peers}" if peers else ""
        assert cells[5].startswith(f"all{place}" if benchmark_peers(spec.peers) is None else peers)
        assert cells[6].startswith("no price" if spec.unit_cost is None else "GBP ")
        if spec.unit_cost is not None:
            assert f"{spec.unit_cost.mode:g}" in cells[6]


#: Of these the source has no column of periods: the time of the whole table, or its mean month.
WITHOUT_PERIOD = {"low_cost_statin_share", "readmission_ratio", "surgical_mortality"}
#: Periods a year; None where the source does not say what time its table is of.
ANNUAL = {"low_cost_statin_share": 12, "readmission_ratio": None, "surgical_mortality": None}


@models
def test_a_model_says_its_time(name):
    spec = load_model(name)
    assert (spec.period is None) == (name in WITHOUT_PERIOD)
    assert spec.annual_factor == spec.annualise == ANNUAL.get(name, 4)


@pytest.mark.parametrize("periods", [1, 2])
@models
def test_a_model_reads_a_table_of_its_own_columns(name, periods):
    spec = load_model(name)
    if periods > 1 and spec.period is None:
        spec = spec.replace(period="quarter")
    made = simulate(
        spec,
        providers=40,
        periods=periods,
        mean_denominator=300 if spec.value else 2_000,  # nobody without most kinds of patients
        truth={"intercept": 0.0},
        random_seed=1,
    )
    frame = prepare(spec, made.table)
    assert (frame.sizes["provider"], frame.attrs["periods"]) == (40, periods)
    assert frame["term"].values.tolist() == made.truth["term"].values.tolist()


@models
def test_a_model_is_fitted_and_finds_the_truth_of_a_small_table(name):
    spec = load_model(name)
    made = simulate(
        spec,
        providers=12,
        mean_denominator=1_000 if spec.value else 2_000,
        truth={"provider_sd": 0.25},
        random_seed=3,
    )
    fit = vm.fit(spec, prepare(spec, made.table), random_seed=1, draws=250, progressbar=False)
    rates = vm.summarise(vm.adjusted_rates(fit), prob=0.99).set_index("provider")
    held = made.truth["rate"].to_series().between(rates["lower"], rates["upper"])
    assert held.sum() >= 11
    assert vm.rankability(fit).median() > 0.1


# Models that real figures are run on


def test_surgical_mortality_reads_the_published_example():
    spec = load_model("surgical_mortality")
    assert spec.response_columns == {"numerator": "deaths", "denominator": "operations"}
    assert (spec.provider, spec.better, spec.unit_cost) == ("hospital", "lower", None)
    assert (spec.terms, dict(spec.priors)) == ((), {})


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("surgical_mortality", "bugs_surgical"),
        ("low_cost_statin_share", "statins_ccg"),
        ("readmission_ratio", "cms_hrrp_fy2025"),
    ],
)
def test_a_model_fits_its_published_table(name, table, data_dir):
    header = (data_dir / table / "data.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    spec = load_model(name)
    named = {spec.provider, spec.provider_name, *spec.response_columns.values()} - {None}
    named |= set(spec.provider_columns)
    assert named <= set(header)


# One mistake a file


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_a_mistake_is_refused_with_its_code(path):
    code = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    with pytest.raises(SpecError) as caught:
        load_model(path)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert problem.where.file == str(path)
    assert problem.fix
    assert code.startswith("CONFIG.PARSE") or problem.where.column


def test_every_code_of_a_model_file_has_a_mistake():
    stated = {path.read_text(encoding="utf-8").splitlines()[0][2:] for path in WRONG}
    # a file that is not TOML; a missing package; a table of new rows
    of_calls = {"CONFIG.UNSAFE", "CONFIG.EXTRA", "FORMULA.UNKNOWN"}
    assert stated == {c for c in CODES if c.startswith(("CONFIG.", "FORMULA."))} - of_calls
