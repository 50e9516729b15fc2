"""What describes providers: constant in each, centred, told apart, in the frame."""

import json

import numpy as np
import pytest

from tests.frame.hand_made import make_model
from varmodel.errors import DesignError, SpecError
from varmodel.frame import prepare, shared_effect, simulate
from varmodel.inference import fit

FULL = {
    "effect_predictors": ("beds", "log_volume"),
    "within_between": ("age",),
    "classes": "type",
    "levels": ("region",),
}


def spec(**fields):
    return make_model(case_mix=("age",), **{**FULL, **fields})


def made(providers=12, *, model=None, **truth):
    model = model or spec()
    return simulate(model, providers=providers, truth=truth, random_seed=1)


def changed(column, value, *, of="P001"):
    table = made().table
    table.loc[table["trust"] == of, column] = value
    return table


def code_of(model, table, error=DesignError):
    with pytest.raises(error) as caught:
        prepare(model, table)
    return caught.value.code, str(caught.value)


def test_the_frame_holds_what_describes_its_providers():
    table = made().table
    frame = prepare(spec(), table)
    assert list(frame["predictor"].to_numpy()) == ["beds", "log_volume", "age[mean]"]
    first = table.groupby("trust").first()
    size = table.groupby("trust")["cases"].sum()
    age = (table["age"] * table["cases"]).groupby(table["trust"]).sum() / size
    beds, volume, mean = frame["effect_design"].to_numpy().T
    for found, raw in ((beds, first["beds"]), (volume, np.log(size))):
        np.testing.assert_allclose(found, (raw - raw.mean()) / raw.std(ddof=0))
    wanted = (age - age.mean()) / float(frame["term_sd"][0])  # in units of the term
    np.testing.assert_allclose(mean, wanted, atol=1e-12)
    classes = frame["class"].to_numpy()[frame["class_index"].to_numpy()]
    assert classes.tolist() == first["type"].tolist()
    groups = np.array(json.loads(frame.attrs["levels"])["region"])
    assert groups[frame["level_index"].to_numpy()[:, 0]].tolist() == first["region"].tolist()


def test_a_frame_without_any_is_as_it_was():
    frame = prepare(make_model(case_mix=("age",)), made().table)
    assert not {"describing", "levels"} & set(frame.attrs)
    assert not {"predictor", "class", "level"} & set(frame.dims)


@pytest.mark.parametrize("column", ["beds", "type", "region"])
def test_a_column_that_differs_within_a_provider_is_refused(column):
    table = made().table
    row = table.index[table["trust"] == "P003"][0]
    table.loc[row, column] = 1.5 if column == "beds" else "b" if table[column][row] != "b" else "c"
    code, text = code_of(spec(), table, SpecError)
    assert code == "CONFIG.VALUE"
    assert "differs within a provider" in text


@pytest.mark.parametrize("column", ["type", "region"])
def test_a_class_or_group_of_fewer_than_three_is_refused(column):
    code, text = code_of(spec(), changed(column, "lone"))
    assert code == "DESIGN.IDENTIFICATION"
    assert f"fewer than 3 providers of {column} lone" in text


def test_predictors_that_say_nothing_or_the_same_are_refused():
    table = made().table
    assert code_of(spec(), table.assign(beds=5))[0] == "DESIGN.CONSTANT"
    two = spec(effect_predictors=("beds", "rooms"))
    assert code_of(two, table.assign(rooms=2 * table["beds"]))[0] == "DESIGN.COLLINEAR"


def test_they_count_against_the_degrees_of_freedom():
    few = made(9).table
    first = few.drop_duplicates("trust").set_index("trust")
    columns = {
        f"x{k}": few["trust"].map(dict(zip(first.index, x, strict=True)))
        for k, x in enumerate(np.random.default_rng(1).normal(size=(6, 9)))
    }
    model = make_model(effect_predictors=tuple(columns), rows="records")
    code, text = code_of(model, few.assign(**columns))
    assert (code, "leave 2 degrees of freedom" in text) == ("DESIGN.SATURATED", True)
    prepare(make_model(effect_predictors=("x0", "x1"), rows="records"), few.assign(**columns))


def test_a_level_of_text_is_a_factor_of_the_effects():
    table = made().table
    kind = np.where(table["beds"] > table["beds"].median(), "big", "small")
    frame = prepare(spec(effect_predictors=("kind",)), table.assign(kind=kind))
    assert list(frame["predictor"].to_numpy()) == ["kind[small]", "age[mean]"]


def test_the_hash_knows_who_is_of_which_class():
    table = made(30).table
    swapped = table.assign(type=table["type"].replace({"a": "b", "b": "a"}))
    one, other = (prepare(spec(), each).attrs["source_hash"] for each in (table, swapped))
    assert one != other


def test_a_frame_of_another_model_is_refused():
    frame = prepare(spec(), made().table)
    with pytest.raises(SpecError, match="its providers described by other columns"):
        fit(spec(classes=None), frame, random_seed=1)


def test_simulated_effects_have_the_moments_of_their_parts():
    truth = {"class_mean": [0.5, 0.0, -0.5], "class_sd": [0.1, 0.4, 0.8], "level_sd": [0.3]}
    truth["effect_coefficients"] = [0.2, 0.0, 0.0]
    whole = made(1200, **truth)
    frame = prepare(spec(), whole.table)
    own = whole.truth["provider_effect"].to_numpy()
    index = frame["class_index"].to_numpy()
    sds = [own[index == k].std() for k in range(3)]
    np.testing.assert_allclose(sds, truth["class_sd"], rtol=0.12)
    assert float(whole.truth["provider_sd"]) == pytest.approx(np.sqrt(np.mean([0.01, 0.16, 0.64])))
    wanted = np.array(truth["class_mean"])[index] + 0.2 * frame["effect_design"].to_numpy()[:, 0]
    region = whole.truth["level_effect_region"].to_numpy()
    wanted += region[frame["level_index"].to_numpy()[:, 0]]
    np.testing.assert_allclose(shared_effect(frame, whole.truth), wanted)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"within_between": ("sex",)}, "no term of the model"),
        ({"classes": "region"}, "one role only"),
        ({"levels_adjusted": True, "classes": None, "levels": ()}, "neither classes nor levels"),
        ({"effect_predictors": ("beds", "beds")}, "different columns"),
    ],
)
def test_what_cannot_be_is_refused(fields, why):
    with pytest.raises(SpecError, match=why):
        spec(**fields)
