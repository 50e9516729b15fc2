import base64

import pyarrow as pa
import pytest

from varmodel.frame.reading.arrow_schema import category_columns


def schema_of(**columns):
    return base64.b64encode(pa.table(columns).schema.serialize().to_pybytes())


def test_columns_with_a_dictionary_are_named():
    coded = pa.array(["1", "2"]).dictionary_encode()
    schema = schema_of(plain=["1", "2"], é=coded, number=[1, 2], other=coded, nested=[[1], [2]])
    assert category_columns(schema) == {"é", "other"}
    assert category_columns(schema_of(plain=["1"])) == frozenset()


@pytest.mark.parametrize("data", [b"", b"x", b"!!", b"/////w==", base64.b64encode(bytes(40))])
def test_what_is_no_schema_names_none(data):
    assert category_columns(data) == frozenset()


def test_a_schema_cut_short_names_at_most_what_is_there():
    schema = base64.b64decode(schema_of(a=pa.array(["1"]).dictionary_encode(), b=[1]))
    for end in range(len(schema)):
        assert category_columns(base64.b64encode(schema[:end])) <= {"a"}
