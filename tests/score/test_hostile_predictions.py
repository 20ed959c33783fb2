"""Predictions that are damaged or mean harm: an error that names the row, and no other end."""

import datetime
import math
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.metadata import write_metadata

from audioset_duck.catalog.build import build
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.catalog.relations import create_macros
from audioset_duck.config.targets import Target
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.score.options import ScoreOptions
from audioset_duck.score.predictions import read_predictions
from audioset_duck.score.scoring import score
from audioset_duck.score.scoring_plan import check_options

CLIP = "aaaaaaaaaaa_0"


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scored")
    metadata = write_metadata(
        folder / "metadata",
        names="/m/gun Gun\n/m/a A",
        eval=f"{CLIP} 1.000 2.000 /m/gun\nbbbbbbbbbbb_0 1.000 2.000 /m/a",
    )
    build(folder / "c.duckdb", [Target("t", ("/m/gun",))], metadata)
    return folder / "c.duckdb"


def read(path: Path) -> list[tuple]:
    """What is read of a file, before it is compared with a catalog."""
    with duckdb.connect() as connection:
        create_macros(connection)
        connection.execute("attach ':memory:' as scoring")
        read_predictions(connection, [path], None)
        return connection.execute(
            "select frame, score, scores, bad_score from scoring.predictions order by line"
        ).fetchall()


@pytest.mark.parametrize(
    ("column", "values", "bad"),
    [
        ("scores", [[0.5, math.nan]], "nan"),
        ("scores", [[0.5, -math.inf]], "-inf"),
        ("scores", [[0.5, None]], "[0.5, NULL]"),
        ("scores", [None], "null"),
        ("scores", [[[0.5]]], "[[0.5]]"),
        ("scores", [[{"a": 0.5}]], "[{'a': 0.5}]"),
        ("scores", [["0.5", "x"]], "[0.5, x]"),
        ("scores", ["0.5, 0.6"], "0.5, 0.6"),
        ("scores", [{"a": 0.5}], "{'a': 0.5}"),
        ("scores", [0.5], "0.5"),
        ("scores", [[datetime.date(2020, 1, 1)]], "[2020-01-01]"),
        ("score", [[0.5]], "[0.5]"),
        ("score", [math.nan], "nan"),
        ("score", ["x"], "x"),
        ("score", [datetime.datetime(2020, 1, 1)], "2020-01-01 00:00:00"),
        ("score", [b"0.5"], "0.5"),
        ("score", [None], "null"),
    ],
)
def test_scores_of_other_types(tmp_path: Path, column: str, values: list, bad: str) -> None:
    pq.write_table(pa.table({"clip_id": [CLIP], column: values}), tmp_path / "a.parquet")
    ((*_, bad_score),) = read(tmp_path / "a.parquet")
    assert bad_score == bad


@pytest.mark.parametrize(
    ("values", "frames"),
    [
        (["0", "1.4", "2e0", "x", "", "-1"], [0, None, 2, None, None, -1]),
        ([0.0, 1.5, math.nan, math.inf, 1e300, 2**31], [0, None, None, None, None, None]),
        ([2**31 - 1, 2**40, None], [2**31 - 1, None, None]),
    ],
)
def test_a_frame_is_a_whole_number(tmp_path: Path, values: list, frames: list) -> None:
    """A fraction is not rounded to the frame of another score."""
    columns = {"clip_id": [CLIP] * len(values), "frame": values, "score": [0.5] * len(values)}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    assert [frame for frame, *_ in read(tmp_path / "a.parquet")] == frames


@pytest.mark.parametrize(
    "content", [b"", b"PAR1", b"\xff" * 3000, b"\0" * 3000], ids=["empty", "magic", "ff", "00"]
)
@pytest.mark.parametrize("ending", [".parquet", ".csv", ".tsv.gz", ".csv.zst"])
def test_no_predictions_at_all(tmp_path: Path, content: bytes, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    path.write_bytes(content)
    with pytest.raises(AudiosetDuckError, match=path.name) as error:
        read(path)
    assert len(str(error.value)) < 4000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,0.1\nb,0.2,7\n", "line 3 has 3 columns; expected 2"),
        ("a,0.1\nb\n", "line 3 has 1 column; expected 2"),
        ("a,0.1,7\nb,0.2,7\n", "line 2 has 3 columns; expected 2"),
        ("a,0.1\nb,caf\udce9\n", "line 3: Invalid unicode"),
    ],
)
def test_rows_that_are_not_csv(tmp_path: Path, text: str, message: str) -> None:
    data = f"clip_id,score\n{text}".encode(errors="surrogateescape")
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(AudiosetDuckError, match=rf"a\.csv cannot be read: .*{message}"):
        read(tmp_path / "a.csv")


def test_folders_do_not_add_columns(tmp_path: Path) -> None:
    folder = tmp_path / "detector=x" / "score=1"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text(f"clip_id,score\n{CLIP},0.5\n")
    pq.write_table(pa.table({"clip_id": [CLIP], "score": [0.5]}), folder / "a.parquet")
    assert read(folder / "a.csv") == read(folder / "a.parquet") == [(None, 0.5, None, None)]


def test_a_name_that_is_megabytes_long(run, catalog: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"clip_id,score\n{'x' * 1_000_000},0.5\n")
    result = run("score", "--target", "t", "--predictions", "a.csv", "--catalog", catalog)
    assert result.exit_code == 1
    assert "a.csv, line 2: xxxx" in result.stderr and len(result.stderr) < 1000


@pytest.mark.parametrize(
    "options",
    [
        {"hop_seconds": Decimal("1e-9")},
        {"hop_seconds": Decimal("1e-999999")},
        {"hop_seconds": Decimal("nan")},
        {"median_filter": 2**31 - 1},
        {"median_filter": 10**30 + 1},
        {"threshold": Decimal("1e999999")},
        {"threshold": Decimal("-1e-999999")},
        {"alarms_per_hour": Decimal("1e999999")},
        {"alarms_per_hour": Decimal(-1)},
        {"seed": 10**30},
    ],
    ids=str,
)
def test_options_without_measure(options: dict) -> None:
    (name,) = options
    word = name.removesuffix("_seconds").replace("_", "-")
    with pytest.raises(AudiosetDuckError, match=rf"--{word} is .*; expected"):
        check_options(ScoreOptions(**options))


def test_starts_closer_than_a_millisecond(catalog: Path, tmp_path: Path) -> None:
    rows = "".join(f"{CLIP},{start},0.5\n" for start in ("0", "0.000001"))
    (tmp_path / "a.csv").write_text(f"clip_id,start_seconds,score\n{rows}")
    with pytest.raises(AudiosetDuckError, match=r"a\.csv is 0\.000001; expected seconds, from"):
        score(catalog, "t", [tmp_path / "a.csv"], ScoreOptions(partial=True))


@pytest.mark.slow
def test_names_of_detectors(catalog: Path, tmp_path: Path) -> None:
    """They stay what they are, also where queries are written into queries."""
    names = [
        '"scoring"."located_predictions"',
        "'; drop schema t cascade; --",
        "{{ 7 * 7 }}{% raw %}",
        "-- '",
        "a\nb\x1b[31m/../c",
        "</script>\u2028",
    ]
    rows = [
        {"detector": name, "clip_id": clip, "score": 0.5}
        for name in names
        for clip in (CLIP, "bbbbbbbbbbb_0")
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    assert set(score(catalog, "t", [tmp_path / "a.parquet"], ScoreOptions(replicates=0))) == {
        *names
    }
    with open_catalog(catalog) as connection:
        for relation in ("detectors", "scores", "ranking_metrics"):
            found = connection.execute(f"select distinct detector from t.{relation}").fetchall()
            assert {name for (name,) in found} == set(names), relation
