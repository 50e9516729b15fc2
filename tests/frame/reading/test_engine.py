"""CSV and Parquet files: every trap is refused by code, line, count and fix; nothing is left."""

import csv
import gzip
import io
import os
import pickle
import zipfile
from collections import Counter

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from varmodel.errors import InputError
from varmodel.frame.reading import read_table, records, scan

COLUMNS = ("provider", "events", "trials")
HEAD = b"provider,events,trials\n"
ROW = b"R0,1,10\n"


def refused(table, columns=COLUMNS):
    with pytest.raises(InputError) as caught:
        read_table(table, columns)
    error = caught.value
    assert all(problem.fix for problem in error.problems)
    assert len(str(error)) <= 2_000
    return error


@pytest.mark.parametrize(
    ("name", "code", "lines", "count"),
    [
        ("ragged_short.csv", "INPUT.PARSE", (5,), 1),
        ("ragged_long.csv", "INPUT.PARSE", (4,), 1),
        ("trailing_comma.csv", "INPUT.PARSE", (4, 5), 2),
        ("footnote.csv", "INPUT.PARSE", (5,), 1),
        ("blank_line.csv", "INPUT.PARSE", (5,), 1),
        ("open_quote.csv", "INPUT.PARSE", (5,), 1),
        ("stray_quote.csv", "INPUT.PARSE", (4,), 1),
        ("text_after_quote.csv", "INPUT.PARSE", (4,), 1),
        ("empty.csv", "INPUT.EMPTY", (), 1),
        ("blank.csv", "INPUT.EMPTY", (), 1),
        ("header_only.csv", "INPUT.EMPTY", (), 1),
        ("header_blank.csv", "INPUT.EMPTY", (1,), 1),
        ("page.csv", "INPUT.NOT_CSV", (), 1),
        ("near_miss.csv", "SCHEMA.MISSING", (1,), 1),
        ("semicolons.csv", "SCHEMA.MISSING", (1,), 1),
        ("tabs.csv", "SCHEMA.MISSING", (1,), 1),
        ("duplicate_column.csv", "SCHEMA.DUPLICATE", (1,), 2),
        ("broken_header.csv", "SCHEMA.NAME", (1,), 1),
    ],
)
def test_a_hostile_file_is_refused_by_code_line_and_count(hostile, name, code, lines, count):
    error = refused(str(hostile / name))
    assert (error.code, error.where.lines, error.count) == (code, lines, count)
    assert error.where.file == str(hostile / name)


def test_near_misses_and_wrong_delimiters_are_named(hostile):
    assert "did you mean 'event'" in str(refused(hostile / "near_miss.csv"))
    assert "separated by ';'" in refused(hostile / "semicolons.csv").fix
    assert "separated by tabs" in refused(hostile / "tabs.csv").fix


def test_all_missing_columns_are_named_at_once(hostile):
    error = refused(hostile / "near_miss.csv", ("provider", "events", "deaths"))
    assert [problem.where.column for problem in error.problems] == ["events", "deaths"]


def test_columns_that_are_not_named_may_repeat(hostile):
    assert read_table(hostile / "duplicate_ignored.csv", COLUMNS).rows_in == 1


@pytest.mark.parametrize(
    ("data", "code", "lines"),
    [
        (HEAD + ROW + b"R\x001,1,10\n", "INPUT.PARSE", (3,)),
        (HEAD + ROW + b"Caf\xe9,1,10\n", "INPUT.ENCODING", (3,)),
        (HEAD + ROW + b"Caf\xc3", "INPUT.ENCODING", (3,)),
        ((HEAD + ROW).decode().encode("utf-16"), "INPUT.ENCODING", (1,)),
        ((HEAD + ROW).decode().encode("utf-16-le"), "INPUT.ENCODING", (1,)),
        ((HEAD + ROW).decode().encode("utf-16-be"), "INPUT.ENCODING", (1,)),
        ((HEAD + ROW).replace(b"\n", b"\r"), "INPUT.PARSE", (1,)),
        (HEAD + ROW.replace(b"\n", b"\r\n") + ROW, "INPUT.PARSE", (2,)),
        (HEAD.replace(b"\n", b"\r\n") + ROW + ROW, "INPUT.PARSE", (2, 3)),
        (HEAD + ROW + b"R1,1,10\rR2,2,10\n", "INPUT.PARSE", (3,)),
        (gzip.compress(HEAD + ROW, mtime=0), "INPUT.NOT_CSV", ()),
        (pickle.dumps({"provider": ["R0"]}), "INPUT.NOT_CSV", ()),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "INPUT.NOT_CSV", ()),
        (b"\xef\xbb\xbf <?xml version='1.0'?><a/>", "INPUT.NOT_CSV", ()),
        (b"\xef\xbb\xbf", "INPUT.EMPTY", ()),
        (b"pro\x07vider,events,trials\nR0,1,10\n", "SCHEMA.NAME", (1,)),
        (b"provider,events,trials,no\x1bte\nR0,1,10,x\n", "SCHEMA.NAME", (1,)),
        (HEAD + ROW + b"R1," + b"1" * 140_000 + b",10\n", "INPUT.LIMIT", (3,)),
        (HEAD[:-1] + b"," + b"x" * 2_000 + b"\nR0,1,10,\n", "INPUT.LIMIT", (1,)),
        (b"a" + b",a" * 10_000 + b"\n", "INPUT.LIMIT", (1,)),
        (b'provider,"a\nb",events,trials\r\nR0,x,1,10\r\n', "INPUT.PARSE", (1,)),
        (b"x" * 140_000 + b",a\nR0,1\n", "INPUT.LIMIT", (1,)),
    ],
)
def test_hostile_bytes_are_refused_by_code_and_line(write, data, code, lines):
    error = refused(write(data))
    assert (error.code, error.where.lines) == (code, lines)


def test_a_row_of_many_short_fields_above_the_limit_is_refused(write):
    width = 9_000
    names = ",".join(f"c{at}" for at in range(width))
    row = ",".join(["x" * 20] * width)
    error = refused(write(f"{names}\n{row}\n".encode()), ("c0",))
    assert (error.code, error.where.lines) == ("INPUT.LIMIT", (2,))


def test_a_workbook_behind_a_csv_name_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "book.csv", "w") as book:
        book.writestr("xl/workbook.xml", "<workbook/>")
    assert refused(tmp_path / "book.csv").code == "INPUT.NOT_CSV"


def test_what_is_no_regular_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    assert refused(tmp_path / "none.csv").code == "INPUT.NOT_FOUND"
    assert refused(tmp_path / "pipe.csv").code == "INPUT.UNSAFE_PATH"
    assert refused(tmp_path).code == "INPUT.UNSAFE_PATH"
    assert refused("/dev/null").code == "INPUT.UNSAFE_PATH"
    assert refused("https://example.org/table.csv").code == "INPUT.UNSAFE_PATH"


def test_the_documented_size_is_a_limit(write, monkeypatch):
    monkeypatch.setattr(scan, "BYTES_LIMIT", 20)
    assert refused(write(HEAD + ROW)).code == "INPUT.LIMIT"


def test_a_line_without_end_is_refused_before_it_is_read_whole(write, monkeypatch):
    monkeypatch.setattr(scan, "CHUNK", 64)
    monkeypatch.setattr(scan, "LINE_LIMIT", 64)
    assert refused(write(HEAD + ROW + b"x" * 500)).code == "INPUT.LIMIT"


def test_too_little_memory_is_a_limit(write, monkeypatch):
    def exhausted(*_args):
        raise duckdb.OutOfMemoryException("no")

    monkeypatch.setattr("varmodel.frame.reading.engine._distinct", exhausted)
    assert refused(write(HEAD + ROW)).code == "INPUT.LIMIT"


@pytest.mark.parametrize("chunk", [4, 5, 6, 7, 64])
def test_the_scan_does_not_depend_on_its_chunks(write, monkeypatch, chunk):
    data = '\ufeffprovider,"the\r\n""note""",é\r\nR0,"a,""b\n",1\r\n"R1",,2\r\n\r\n'.encode()
    path = write(data)
    monkeypatch.setattr(scan, "CHUNK", chunk)
    assert read_table(path, ("provider", "é")).rows_in == 2


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + HEAD + ROW,
        b'\xef\xbb\xbf"provider",events,trials\n' + ROW,
        (HEAD + ROW).replace(b"\n", b"\r\n"),
        HEAD + ROW[:-1],
        HEAD + ROW + b"\n\n",
        b'provider,note,events,trials\r\nR0,"x\ny",1,10\r\n',
        b'provider,"a\nb",events,trials\nR0,"x\r\ny",1,10\n',
        b'provider,"a\r\nb",events,trials\r\nR0,"x\ny",1,10\r\n',
    ],
)
def test_ordinary_variants_are_read(write, data):
    distinct = read_table(write(data), COLUMNS)
    assert [distinct.columns[name].levels for name in COLUMNS] == [("R0",), ("1",), ("10",)]
    assert distinct.rows_in == 1


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([*'a1é ,,"";\n\n', "\r\n", "\r", '"x,y"', "a,b\n"]), max_size=25))
def test_whatever_is_read_is_what_the_bytes_say(write, parts):
    text = "k,v\n" + "".join(parts)
    path = write(text.encode())
    try:
        distinct = read_table(path, ("k", "v"))
    except InputError:
        return
    _, *rows = [tuple(row) for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    levels = [
        [column.levels[code] for code in column.codes] for column in distinct.columns.values()
    ]
    found = dict(zip(zip(*levels, strict=True), distinct.count.tolist(), strict=True))
    assert found == Counter(rows)
    for row in found:
        assert distinct.where(("k", "v"), [row]).lines


def test_a_header_may_begin_like_an_archive(write):
    assert read_table(write(b"PK,events\n1,2\n"), ("PK",)).columns["PK"].levels == ("1",)


def test_codes_are_kept_as_given(hostile):
    levels = read_table(hostile / "codes.csv", ("provider",)).columns["provider"].levels
    expected = ["007", "NA", "NULL", "5E1", "1-2", "TRUE", " 7", "\\0", 'a "b", c']
    assert levels == tuple(sorted(expected))


@pytest.mark.parametrize(
    "name", ["a*.csv", "b[1]?.csv", "d'\"é.csv", "year=2006/h.csv", "x.csv.gz"]
)
def test_a_path_is_taken_as_it_is(write, name):
    write(HEAD + b"WRONG,1,10\n", "axx.csv")
    write(HEAD + b"WRONG,1,10\n", "b1x.csv")
    path = write(HEAD + ROW, name)
    assert read_table(path, COLUMNS).columns["provider"].levels == ("R0",)


def test_a_link_and_a_relative_path_are_followed(write, tmp_path, monkeypatch):
    (tmp_path / "link.csv").symlink_to(write(HEAD + ROW))
    monkeypatch.chdir(tmp_path)
    assert read_table("link.csv", COLUMNS).file == "link.csv"


def test_lines_of_wanted_values_are_physical(write):
    rows = "".join(f'R{at % 3},"x\ny",{at}\n' for at in range(30))
    distinct = read_table(write(f"provider,note,events\n{rows}".encode()), ("provider", "events"))
    place = distinct.where(["provider"], [("R1",)])
    assert (place.lines, place.rows, place.column) == ((4, 10, 16, 22, 28), (), "provider")
    assert distinct.rows(["provider"], [("R1",)]) == 10
    assert distinct.where(["events", "provider"], [("7", "R1")]).lines == (16,)
    assert distinct.rows(["events", "provider"], [("7", "R2")]) == 0


def test_a_hostile_column_name_never_reaches_the_query(write):
    name = "x'}, filename=true); DROP TABLE t; --"
    path = write(f'"{name}",events\nR0,1\n'.encode())
    assert read_table(path, (name, "events")).columns[name].levels == ("R0",)


def test_the_connection_reads_this_file_only(write, tmp_path):
    from varmodel.frame.reading import engine

    path = write(HEAD + ROW)
    other = write(HEAD + ROW, "other.csv")
    with engine._connect(tmp_path / "table.csv") as connection:
        assert connection.execute("SELECT count(*) FROM read_text($p)", {"p": path}).fetchall()
        for query in (
            f"SELECT * FROM read_text('{other}')",
            f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
            "SET threads = 1",
            "INSTALL httpfs",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(query)


def test_records_and_the_engine_share_one_limit():
    assert csv.field_size_limit() == records.RECORD_LIMIT


def parquet(path, **columns):
    pq.write_table(pa.table(columns), path)
    return str(path)


def test_parquet_has_no_lines(tmp_path):
    path = parquet(tmp_path / "t.parquet", provider=["a", "b", None], events=["1", "x", "2"])
    distinct = read_table(path, ("provider", "events"))
    assert distinct.columns["provider"].levels == (None, "a", "b")
    problem = distinct.problem("VALUE.NUMBER", "m", columns=["events"], wanted=[("x",)], fix="f")
    assert (problem.where.lines, problem.where.rows, problem.count) == ((), (), 1)
    assert (problem.value, problem.where.file) == ("x", path)


def test_parquet_traps(tmp_path, write):
    twice = pa.table([pa.array(["a"]), pa.array(["b"])], names=["x", "x"])
    pq.write_table(twice, tmp_path / "twice.parquet")
    assert refused(tmp_path / "twice.parquet", ("x",)).code == "SCHEMA.DUPLICATE"
    nested = parquet(tmp_path / "nested.parquet", x=[[1]], y=[{"a": 1}], z=["1"])
    assert refused(nested, ("x",)).code == "VALUE.NUMBER"
    assert refused(nested, ("q",)).code == "SCHEMA.MISSING"
    assert read_table(nested, ("z",)).columns["z"].levels == ("1",)
    assert refused(parquet(tmp_path / "none.parquet", x=[]), ("x",)).code == "INPUT.EMPTY"
    assert refused(write(b"", "zero.parquet"), ("x",)).code == "INPUT.EMPTY"
    assert refused(write(HEAD + ROW, "text.parquet")).code == "INPUT.PARSE"
    assert refused(write(b"PAR1" + b"\xff" * 40 + b"PAR1", "bad.parquet")).code == "INPUT.PARSE"
    whole = (tmp_path / "nested.parquet").read_bytes()
    assert refused(write(whole, "named.csv")).code == "INPUT.NOT_CSV"
    assert refused(write(whole[:-9], "cut.parquet")).code == "INPUT.PARSE"
