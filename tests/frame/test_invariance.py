import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.frame.hand_made import make_model
from varmodel.frame import prepare
from varmodel.spec import Factor

duckdb = pytest.importorskip("duckdb")
pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")

RNG = np.random.default_rng(7)
ROWS = 400
TABLE = pd.DataFrame(
    {
        "trust": [f"R{k:02d}" for k in RNG.integers(0, 12, ROWS)],
        "quarter": [f"200{k // 4}Q{k % 4 + 1}" for k in RNG.integers(0, 6, ROWS)],
        "age": RNG.integers(1, 9, ROWS) * 10.1,
        "sex": np.array(["F", "M", "U"])[RNG.integers(0, 3, ROWS)],
        "deaths": RNG.integers(0, 9, ROWS),
        "cases": RNG.integers(9, 99, ROWS),
        "days": RNG.uniform(1, 99, ROWS).round(3),
        "los": RNG.gamma(2, 3, ROWS).round(2),
    }
)
TERMS = {"period": "quarter", "case_mix": ("age", Factor("sex")), "rows": "records"}
FORMS = ("share", "exposure", "measurements", "log_measurements", "positive_measurements")
MODELS = {form: make_model(form, **TERMS) for form in FORMS}
FRAMES = {form: prepare(spec, TABLE) for form, spec in MODELS.items()}


def assert_same_bytes(one: xr.Dataset, other: xr.Dataset) -> None:
    xr.testing.assert_identical(one, other)
    assert {k: v.values.tobytes() for k, v in one.variables.items()} == {
        k: v.values.tobytes() for k, v in other.variables.items()
    }


@pytest.mark.parametrize("form", MODELS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_rows_changes_no_bit(form, seed):
    shuffled = TABLE.sample(frac=1, random_state=seed)
    assert_same_bytes(prepare(MODELS[form], shuffled), FRAMES[form])


@pytest.mark.parametrize("form", MODELS)
@pytest.mark.parametrize("engine", ["csv", "parquet", "polars", "pyarrow", "duckdb"])
def test_the_engine_changes_no_bit(form, engine, tmp_path):
    path = tmp_path / f"table.{engine}"
    if engine == "csv":
        TABLE.to_csv(path, index=False)
        table = path
    elif engine == "parquet":
        TABLE.to_parquet(path)
        table = path
    elif engine == "duckdb":
        connection = duckdb.connect()
        table = connection.from_df(TABLE)
    else:
        table = pl.from_pandas(TABLE) if engine == "polars" else pa.Table.from_pandas(TABLE)
    assert_same_bytes(prepare(MODELS[form], table), FRAMES[form])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, ROWS - 1), st.floats(0, 1))
def test_a_split_row_changes_only_rows_in(row, share):
    split = pd.concat([TABLE, TABLE.iloc[[row]]], ignore_index=True)
    for column in ("deaths", "cases"):
        part = int(TABLE[column][row] * share)
        split.loc[row, column] -= part
        split.loc[ROWS, column] = part
    split = split[split["cases"] > 0]
    if (split["deaths"] > split["cases"]).any():
        return
    frame = prepare(MODELS["share"], split)
    assert_same_bytes(frame.assign_attrs(rows_in=ROWS), FRAMES["share"])


@pytest.mark.parametrize("form", MODELS)
def test_relabelling_only_permutes(form):
    labels = sorted(set(TABLE["trust"]))
    new = dict(zip(labels, labels[::-1], strict=True))
    frame = prepare(MODELS[form], TABLE.assign(trust=TABLE["trust"].map(new)))
    for name in ("observed", "activity"):
        assert frame[name].values[::-1].tolist() == FRAMES[form][name].values.tolist()
    for name in ("design", "pattern_weight"):
        np.testing.assert_allclose(frame[name].values, FRAMES[form][name].values, rtol=1e-12)


def test_the_unit_of_a_covariate_changes_no_design():
    frame = prepare(MODELS["share"], TABLE.assign(age=TABLE["age"] * 12 + 3))
    np.testing.assert_allclose(frame["design"], FRAMES["share"]["design"], atol=1e-12)
    np.testing.assert_allclose(frame["term_sd"][5], FRAMES["share"]["term_sd"][5] * 12)


def test_the_hash_names_the_cells():
    hashes = {frame.attrs["source_hash"] for frame in FRAMES.values()}
    changed = TABLE.assign(deaths=TABLE["deaths"].where(TABLE.index != 5, TABLE["deaths"] + 1))
    assert len(hashes | {prepare(MODELS["share"], changed).attrs["source_hash"]}) == len(FORMS) + 1
