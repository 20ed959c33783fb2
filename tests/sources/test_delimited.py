"""Delimited files of users, against Python's csv module: a row is read, or an error names it."""

import csv
import gzip
import io
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.effort import MORE

from audioset_duck.errors import AudiosetDuckError
from audioset_duck.sources.delimited import delimited_sql, line_of, reading_error

CONNECTION = duckdb.connect()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("delimited")


def rows_of(path: Path) -> list[list[str | None]]:
    relation = CONNECTION.sql(f"from {delimited_sql(path)}")
    return [relation.columns, *map(list, relation.fetchall())]


@settings(deadline=None, max_examples=25 * MORE)
@given(
    table=st.lists(
        st.lists(st.text("aZ9é/.[ ],;\t|\"'#-", max_size=9), min_size=2, max_size=2),
        min_size=1,
        max_size=6,
    ),
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
    mark=st.sampled_from(["", "\ufeff"]),
)
def test_rows_are_those_of_python(folder: Path, table, delimiter, end, mark) -> None:
    text = io.StringIO()
    # Quotes as pandas and Python write them, where they are needed.
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    writer.writerows([["path", "labels of it"], *table])
    path = folder / "a.csv"
    path.write_bytes(f"{mark}{text.getvalue()}".encode())
    expected = [[field or None for field in row] for row in table]
    assert rows_of(path) == [["path", "labels of it"], *expected]


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".tsv.zst"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (",path,\n0,a,b\n", [["column0", "path", "column2"], ["0", "a", "b"]]),
        ("path, Path,path\na,b,c\n", [["path", "Path_", "path__"], ["a", "b", "c"]]),
        ("'a,b'\nx,y", [["'a", "b'"], ["x", "y"]]),
        ("a\n1\n\n2\n", [["a"], ["1"], ["2"]]),
        ("\n\npath,labels\na,b\n", [["path", "labels"], ["a", "b"]]),
        ("\r\n\r\npath,labels\r\na,b\r\n", [["path", "labels"], ["a", "b"]]),
        ("path,labels\na,/m/a\n\nb,/m/b\n\n", [["path", "labels"], ["a", "/m/a"], ["b", "/m/b"]]),
    ],
)
def test_headers(tmp_path: Path, text: str, expected: list[list[str]], ending: str) -> None:
    path = tmp_path / f"a{ending}"
    path.write_bytes(text.encode())
    if ending.endswith("gz"):
        path.write_bytes(gzip.compress(text.encode()))
    elif ending.endswith("zst"):
        with pa.CompressedOutputStream(str(path), "zstd") as stream:
            stream.write(text.encode())
    found = rows_of(path)
    # Of one column, an empty line is a row too.
    assert [row for row in found if row != [None]] == expected


@pytest.mark.parametrize("wide", [1, 2, 50, 3000])
def test_rows_of_another_length_are_an_error(tmp_path: Path, wide: int) -> None:
    """Wherever they begin. Labels that are separated by commas are such rows."""
    rows = ["path,labels", *(f"{number}.wav,/m/a" for number in range(1, wide))]
    rows += [f"{number}.wav,/m/a,/m/b" for number in range(wide, wide + 100)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(rows) + "\n")
    with pytest.raises(duckdb.Error) as caught:
        rows_of(path)
    message = f"line {wide + 1:,} has 3 columns; expected 2"
    assert reading_error(caught.value, path).startswith(message)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("path,labels\na,b\n".encode("utf-16"), "is not UTF-8; save it as UTF-8"),
        (b"", "has no header"),
        (b"\n \n", "has no header"),
    ],
)
def test_what_has_no_header(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(AudiosetDuckError, match=message):
        delimited_sql(path)
    (tmp_path / "a.csv.gz").write_bytes(b"no gzip")
    with pytest.raises(AudiosetDuckError, match=r"a\.csv\.gz is damaged or cannot be opened"):
        delimited_sql(tmp_path / "a.csv.gz")


def test_bytes_that_are_not_utf8_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"path,labels\na,b\n\xe4,b\n")
    with pytest.raises(duckdb.Error) as caught:
        rows_of(path)
    assert reading_error(caught.value, path).startswith("line 3: Invalid unicode")


@pytest.mark.parametrize("ending", [".csv", ".csv.gz"])
@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("path,labels\na,b\nBAD", 3),
        ("\n\npath,labels\n\na,b\n\n\nBAD", 8),
        ('path,labels\r\n\r\na,"b\r\n\r\nc"\r\n\r\nBAD', 7),
        ('path,labels\na,"b ""c\n"", d"\nBAD', 4),
    ],
)
def test_the_line_is_that_of_the_file(tmp_path: Path, text: str, line: int, ending: str) -> None:
    path = tmp_path / f"a{ending}"

    def write(row: bytes) -> None:
        data = text.encode().replace(b"BAD", row)
        path.write_bytes(gzip.compress(data) if ending.endswith("gz") else data)

    write(b"x,y")
    assert line_of(path, 1 + len(CONNECTION.sql(f"from {delimited_sql(path)}").fetchall())) == line
    for row, reason in ((b"x,y,z", " has 3 columns"), (b"x,\xe4", ": Invalid"), (b'x,"y', ": Val")):
        write(row)
        with pytest.raises(duckdb.Error) as caught:
            rows_of(path)
        assert reading_error(caught.value, path).startswith(f"line {line}{reason}")
