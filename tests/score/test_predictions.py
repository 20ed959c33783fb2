"""Predictions in every form, and what is wrong with them."""

import csv
import gzip
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from support.metadata import write_metadata

from audioset_duck.catalog.build import build
from audioset_duck.catalog.relations import create_macros
from audioset_duck.config.targets import Target
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.score.options import ScoreOptions
from audioset_duck.score.predictions import infer_hop, read_predictions
from audioset_duck.score.scoring import score

# Three clips of 2 s, the second one with the target; frames of 0.5 s.
SCORES = {
    "aaaaaaaaaaa_1000": [0.1, 0.2, 0.4, 0.3],
    "Ybbbbbbbb_b_2000": [0.6, 0.9, 0.8, 0.1],
    "-c_ccccccc__3000": [0.2, 0.2, 0.7, 0.5],
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    metadata = write_metadata(
        folder / "metadata",
        names="/m/gun Gun\n/m/rain Rain\n/m/toy Toy",
        eval="""
            aaaaaaaaaaa_1000 0.000 2.000 /m/rain
            Ybbbbbbbb_b_2000 0.250 1.250 /m/gun
            -c_ccccccc__3000 1.000 1.500 /m/rain
        """,
        train="ddddddddddd_0 0.000 1.000 /m/gun",
        framed="""
            aaaaaaaaaaa_1000 0.000 0.960 /m/gun NOT_PRESENT
            aaaaaaaaaaa_1000 0.960 1.920 /m/rain PRESENT
            Ybbbbbbbb_b_2000 0.000 0.960 /m/gun PRESENT
            Ybbbbbbbb_b_2000 0.000 0.960 /m/toy PRESENT
            Ybbbbbbbb_b_2000 0.960 1.920 /m/gun NOT_PRESENT
            Ybbbbbbbb_b_2000 0.960 1.920 /m/toy PRESENT
        """,
        weak_eval="""
            aaaaaaaaaaa 1.000 3.000 /m/rain
            Ybbbbbbbb_b 2.000 4.000 /m/gun
            -c_ccccccc_ 3.000 5.000 /m/rain
            eeeeeeeeeee 0.000 10.000 /m/toy
            fffffffffff 0.000 10.000 /m/rain
            ggggggggggg 0.000 10.000 /m/gun
        """,
    )
    build(folder / "catalog.duckdb", [Target("t", ("/m/gun",), ignore=("/m/toy",))], metadata)
    return folder / "catalog.duckdb"


@pytest.fixture
def catalog(built: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "catalog.duckdb"
    copy.write_bytes(built.read_bytes())
    return copy


def run(catalog: Path, *files: Path, **options: Any) -> duckdb.DuckDBPyConnection:
    """Score, and open the catalog."""
    if "hop" in options:
        options["hop_seconds"] = Decimal(options.pop("hop"))
    score(catalog, "t", files, ScoreOptions(**{"replicates": 0} | options))
    return duckdb.connect(str(catalog), read_only=True)


def write(path: Path, columns: dict[str, Iterable[Any]]) -> Path:
    """Write columns to a file of the format that its ending says."""
    table = pa.table({name: list(values) for name, values in columns.items()})
    if path.suffix == ".parquet":
        pq.write_table(table, path)
        return path
    rows = [[*map(str, row.values())] for row in table.to_pylist()]
    stream = gzip.open if path.suffix == ".gz" else open
    delimiter = "\t" if ".tsv" in path.name else ","
    with stream(path, "wt", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerows([table.column_names, *rows])
    if path.suffix == ".zst":
        data = path.read_bytes()
        with pa.CompressedOutputStream(str(path), "zstd") as file:
            file.write(data)
    return path


def lists(scores: dict[str, list[float]] = SCORES) -> dict[str, Iterable[Any]]:
    return {"clip_id": scores.keys(), "scores": scores.values()}


def frames(scores: dict[str, list[float]] = SCORES) -> dict[str, list[Any]]:
    rows = [(clip, place, s) for clip, values in scores.items() for place, s in enumerate(values)]
    return {
        "clip_id": [clip for clip, _, _ in rows],
        "frame": [place for _, place, _ in rows],
        "score": [value for _, _, value in rows],
    }


def starts(scores: dict[str, list[float]] = SCORES, hop: float = 0.5) -> dict[str, list[Any]]:
    rows = frames(scores)
    return {
        "clip_id": rows["clip_id"],
        "start_seconds": [place * hop for place in rows["frame"]],
        "score": rows["score"],
    }


def everything(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple]]:
    """All relations of a detector, but for its name and files."""
    relations = ("scores", "ranking_metrics", "event_metrics", "event_curve", "alarms")
    return {
        name: connection.execute(
            f"select * exclude (detector) from t.{name} order by all"
        ).fetchall()
        for name in relations
    }


@pytest.fixture(scope="module")
def expected(built: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple]]:
    """What a parquet file with lists gives."""
    folder = tmp_path_factory.mktemp("expected")
    copy = folder / "catalog.duckdb"
    copy.write_bytes(built.read_bytes())
    with run(copy, write(folder / "b.parquet", lists()), hop="0.5") as connection:
        return everything(connection)


@pytest.mark.parametrize(
    ("file", "columns", "hop"),
    [
        pytest.param("a.csv", lists(), "0.5", id="lists"),
        pytest.param("a.tsv.gz", frames(), "0.5", id="frames"),
        pytest.param("a.parquet", frames(), "0.5", id="frames_parquet", marks=pytest.mark.slow),
        pytest.param("a.csv.zst", starts(), None, id="starts"),
        pytest.param("a.parquet", starts(), None, id="starts_parquet", marks=pytest.mark.slow),
        pytest.param(
            "a.csv",
            starts() | {"other": [1] * 12},
            "0.5",
            id="other_columns",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "a.csv", {name: values[::-1] for name, values in starts().items()}, None, id="backwards"
        ),
    ],
)
def test_forms_of_frames_are_the_same(
    catalog: Path, tmp_path: Path, expected: dict, file: str, columns: dict, hop: str | None
) -> None:
    options = {"hop": hop} if hop else {}
    with run(catalog, write(tmp_path / file, columns), **options) as connection:
        assert everything(connection) == expected
        assert connection.execute("select detector from t.detectors").fetchall() == [("a",)]


def test_names_of_clips(catalog: Path, tmp_path: Path) -> None:
    names = ["aaaaaaaaaaa", "some/folder/YYbbbbbbbb_b.wav", "-c_ccccccc__3000_5000.flac"]
    file = write(tmp_path / "a.csv", {"clip_id": names, "scores": SCORES.values()})
    with run(catalog, file, hop="0.5") as connection:
        found = connection.execute(
            "select clip_id, list(score order by start_seconds) from t.scores where unit = 'frame'"
            " group by all"
        ).fetchall()
    assert dict(found) == SCORES


def test_a_median_and_what_lies_beyond_the_clip(
    catalog: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    longer = {clip: [*scores, 1.0, 1.0] for clip, scores in SCORES.items()}
    with run(catalog, write(tmp_path / "a.parquet", lists(longer)), hop="0.5") as connection:
        (row,) = connection.execute(
            "select left_out_frame_count, score_count from t.detectors"
        ).fetchall()
    assert row == (6, 12)
    assert "frames of a left out" in caplog.text and "at a hop of 0.5 s: 6" in caplog.text


def test_shorter_lists(catalog: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    shorter = SCORES | {"aaaaaaaaaaa_1000": [0.1, 0.2, 0.4]}
    with run(catalog, write(tmp_path / "a.parquet", lists(shorter)), hop="0.5") as connection:
        assert connection.execute("select short_clip_count from t.detectors").fetchall() == [(1,)]
    assert "the frames of 1 clip of a end before the clip does" in caplog.text
    shorter["aaaaaaaaaaa_1000"] = [0.1]
    file = write(tmp_path / "a.parquet", lists(shorter))
    with pytest.raises(AudiosetDuckError, match="--hop"):
        run(catalog, file, hop="0.5")
    run(catalog, file, hop="0.5", partial=True).close()


def test_clips(catalog: Path, tmp_path: Path) -> None:
    columns = {"clip_id": SCORES.keys(), "score": [0.4, 0.9, 0.7]}
    with run(catalog, write(tmp_path / "a.csv", columns)) as connection:
        rows = connection.execute(
            "select unit, score, is_positive from t.scores order by score"
        ).fetchall()
        assert rows == [("clip", 0.4, False), ("clip", 0.7, False), ("clip", 0.9, True)]
        metrics = connection.execute(
            "select unit, average_precision, roc_auc from t.ranking_metrics"
        ).fetchall()
        assert metrics == [("clip", 1, 1)]
        # 6 s of clips, and no false alarm above the threshold of the only positive.
        (point,) = connection.execute(
            "select threshold, recall, precision from t.operating_points where alarms_per_hour = 1"
        ).fetchall()
        assert point == (0.9, 1, 1)


@pytest.mark.parametrize("form", ["clips", pytest.param("lists", marks=pytest.mark.slow)])
def test_a_weak_subset(catalog: Path, tmp_path: Path, form: str) -> None:
    """A clip with an ignored label is not evaluated, and needs no score."""
    best = {"fffffffffff_0": 0.3, "ggggggggggg_0": 0.2, "eeeeeeeeeee_0": 0.9}
    best |= {clip: max(scores) for clip, scores in SCORES.items()}
    if form == "clips":
        columns = {"clip_id": best.keys(), "score": best.values()}
    else:
        lengths = {clip: 2 if clip in SCORES else 10 for clip in best}
        columns = lists({clip: [value] * lengths[clip] for clip, value in best.items()})
    file = write(tmp_path / "a.parquet", columns)
    options = {} if form == "clips" else {"hop": "1"}
    with run(catalog, file, subset="weak_eval", **options) as connection:
        rows = connection.execute(
            "select clip_id, score, is_positive from t.scores order by clip_id"
        ).fetchall()
        labels = connection.execute(
            "select label_id, false_alarm_count, round(hours * 3600)"
            " from t.false_alarm_labels order by all"
        ).fetchall()
    positives = {"Ybbbbbbbb_b_2000", "ggggggggggg_0"}
    assert rows == sorted(
        (clip, value, clip in positives) for clip, value in best.items() if clip[0] != "e"
    )
    assert labels == [("/m/rain", 0, 14)]


def test_frames_of_the_framed_subset(catalog: Path, tmp_path: Path) -> None:
    """Evaluated are a verified negative and a positive; the toy is ignored, rain says nothing."""
    given = {clip: scores[:2] for clip, scores in SCORES.items() if clip[0] != "-"}
    with run(catalog, write(tmp_path / "a.csv", starts(given, 0.96))) as connection:
        rows = connection.execute(
            "select clip_id, start_seconds, end_seconds, score, is_positive from t.scores"
            " where unit = 'framed' order by clip_id"
        ).fetchall()
        assert connection.execute("select subset, unit from t.detectors").fetchall() == [
            ("strong_eval_framed", "framed")
        ]
    assert rows == [
        ("Ybbbbbbbb_b_2000", Decimal(0), Decimal("0.96"), 0.6, True),
        ("aaaaaaaaaaa_1000", Decimal(0), Decimal("0.96"), 0.1, False),
    ]


def test_implicit_negatives(catalog: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "a.parquet", lists())
    options = {"subset": "strong_eval_framed", "hop": "0.5", "implicit_negatives": True}
    columns = lists({clip: scores for clip, scores in SCORES.items() if clip[0] != "-"})
    file = write(tmp_path / "a.parquet", columns)
    with run(catalog, file, **options) as connection:
        rows = connection.execute(
            "select clip_id, start_seconds, score, is_positive from t.scores order by all"
        ).fetchall()
    assert rows == [
        ("Ybbbbbbbb_b_2000", Decimal(0), 0.9, True),
        ("aaaaaaaaaaa_1000", Decimal(0), 0.2, False),
        ("aaaaaaaaaaa_1000", Decimal("0.96"), 0.4, False),
    ]


def sample_rows(catalog: Path, where: str = "true") -> list[tuple[str, bool]]:
    with duckdb.connect(str(catalog), read_only=True) as connection:
        return connection.execute(
            "select sample_key, role in ('positive', 'weak_positive') from t.samples"
            f" where split = 'eval' and role <> 'weak_positive' and {where} order by sample_key"
        ).fetchall()


def test_samples(catalog: Path, tmp_path: Path) -> None:
    samples = sample_rows(catalog)
    keys = [key for key, _ in samples]
    columns = {"sample_key": keys, "score": [place / 100 for place in range(len(keys))]}
    with run(catalog, write(tmp_path / "a.csv", columns)) as connection:
        rows = connection.execute(
            "select sample_key, is_positive from t.scores order by sample_key"
        ).fetchall()
        assert rows == samples
        ((hours, subset),) = connection.execute("select hours, subset from t.detectors").fetchall()
    assert subset is None
    # The union of negative windows: of strong_eval 2 s and 0.5 s, of the framed subset 0.96 s, and
    # three clips of weak_eval.
    assert hours * 3600 == pytest.approx(2 + 0.5 + 0.96 + 2 + 2 + 10)


def test_weak_positives_are_asked_for_if_there_are_any(catalog: Path, tmp_path: Path) -> None:
    keys = [key for key, _ in sample_rows(catalog)]
    columns = {"sample_key": [*keys, "weak_eval/ggggggggggg_0"], "score": [0.5] * (len(keys) + 1)}
    with run(catalog, write(tmp_path / "a.csv", columns)) as connection:
        ((count,),) = connection.execute("select positive_count from t.ranking_metrics").fetchall()
    assert count == sum(is_positive for _, is_positive in sample_rows(catalog)) + 1


@pytest.mark.parametrize("column", ["clip_id", "sample_key"])
def test_files_of_two_detectors_given_together(catalog: Path, tmp_path: Path, column: str) -> None:
    """Files are parts of the scores of one detector."""
    names = list(SCORES) if column == "clip_id" else [key for key, _ in sample_rows(catalog)]
    columns = {column: names, "score": [0.5] * len(names)}
    files = [write(tmp_path / name, columns) for name in ("one.csv", "other.csv")]
    with pytest.raises(
        AudiosetDuckError, match=r"other\.csv, line .* is given 2 times, in 2 files of one detector"
    ):
        run(catalog, *files)
    with run(catalog, write(tmp_path / "mine.csv", columns)) as connection:
        assert connection.execute("select detector from t.detectors").fetchall() == [("mine",)]


@pytest.mark.slow
def test_several_detectors_in_one_file(catalog: Path, tmp_path: Path) -> None:
    worse = {clip: [1 - value for value in scores] for clip, scores in SCORES.items()}
    columns = {
        "detector": ["good"] * 3 + ["bad <1>"] * 3,
        "clip_id": [*SCORES, *SCORES],
        "scores": [*SCORES.values(), *worse.values()],
    }
    file = write(tmp_path / "a.parquet", columns)
    with run(catalog, file, hop="0.5", replicates=20) as connection:
        rows = connection.execute(
            "select detector, roc_auc from t.ranking_metrics where unit = 'frame' order by 1"
        ).fetchall()
        assert [name for name, _ in rows] == ["bad <1>", "good"]
        assert rows[0][1] == pytest.approx(1 - rows[1][1])
        (difference,) = connection.execute(
            "select difference, better_share from t.detector_differences"
            " where metric = 'roc_auc' and unit = 'frame' and detector = 'good'"
        ).fetchall()
        assert difference[0] == pytest.approx(rows[1][1] - rows[0][1])
    # One of the same name is replaced, the other one stays.
    with run(catalog, write(tmp_path / "good.csv", lists(worse)), hop="0.5") as connection:
        rows = connection.execute(
            "select detector, roc_auc from t.ranking_metrics where unit = 'frame' order by 1"
        ).fetchall()
        assert rows[0][1] == pytest.approx(rows[1][1])
        counts = connection.execute("select count(*) from t.detectors").fetchall()
        assert counts == [(2,)]


@pytest.mark.parametrize("threshold", ["0.65", "2"])
def test_a_given_threshold(catalog: Path, tmp_path: Path, threshold: str) -> None:
    file = write(tmp_path / "a.parquet", lists())
    with run(catalog, file, hop="0.5", threshold=Decimal(threshold)) as connection:
        rows = connection.execute("select threshold from t.detectors").fetchall()
        assert rows == [(float(threshold),)]
        alarms = connection.execute(
            "select clip_id, cast(start_seconds as double) from t.alarms order by all"
        ).fetchall()
        recalls = connection.execute(
            "select event_count, recall from t.recall_by where grouping = 'label'"
        ).fetchall()
    above = [("-c_ccccccc__3000", 1.0), ("Ybbbbbbbb_b_2000", 0.5)]
    assert alarms == (above if threshold == "0.65" else [])
    assert recalls == [(1, float(threshold == "0.65"))]


@pytest.mark.slow
def test_what_is_scored_first_makes_no_difference(
    catalog: Path, built: Path, tmp_path: Path
) -> None:
    """Samples and clips have no PSDS, and samples no one subset; large seeds are numbers too."""
    keys = [key for key, _ in sample_rows(catalog)]
    samples = write(tmp_path / "a.csv", {"sample_key": keys, "score": [0.5] * len(keys)})
    clips = write(tmp_path / "b.csv", {"clip_id": SCORES.keys(), "score": [0.1, 0.2, 0.3]})
    frames = write(tmp_path / "c.csv", lists())
    query = (
        "select psds, subset, replicate_count, seed from t.event_metrics"
        " inner join t.detectors using (detector) where detector = 'c' order by criterion"
    )
    with run(catalog, frames, hop="0.5", seed=2**40, replicates=3) as connection:
        expected = connection.execute(query).fetchall()
        types = connection.execute(
            "select table_name, column_name, data_type from duckdb_columns()"
            " where schema_name = 't'"
        ).fetchall()
    catalog.write_bytes(built.read_bytes())
    run(catalog, samples).close()
    run(catalog, clips, replicates=2).close()
    with run(catalog, frames, hop="0.5", seed=2**40, replicates=3) as connection:
        assert connection.execute(query).fetchall() == expected
        found = connection.execute(
            "select table_name, column_name, data_type from duckdb_columns()"
            " where schema_name = 't'"
        ).fetchall()
    assert sorted(found) == sorted(types)


@pytest.fixture
def reading() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that predictions can be read into, without a catalog."""
    with duckdb.connect() as connection:
        connection.execute("create schema scoring")
        create_macros(connection)
        yield connection


SHARES = [0.25, 0.75, 0.0]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"score": pa.array(np.array(SHARES, np.float16))}, SHARES),
        ({"score": pa.array(map(Decimal, SHARES), pa.decimal128(9, 3))}, SHARES),
        ({"score": pa.array(SHARES).dictionary_encode()}, SHARES),
        ({"score": [False, True, False]}, [0, 1, 0]),
        ({"score": pa.array([0, 1, 0], pa.int8())}, [0, 1, 0]),
        ({"clip_id": pa.array(SCORES, pa.binary()), "score": SHARES}, SHARES),
        ({"clip_id": pa.array(SCORES).dictionary_encode(), "score": SHARES}, SHARES),
        ({"scores": pa.array([[0.5, 1]] * 3, pa.list_(pa.float32(), 2))}, [[0.5, 1]] * 3),
        ({"scores": pa.array([np.float16([0.5, 1])] * 3)}, [[0.5, 1]] * 3),
    ],
)
def test_types_of_scores(
    reading: duckdb.DuckDBPyConnection, columns: dict, expected: list, tmp_path: Path
) -> None:
    """Halves, lists of a fixed length, booleans, and what pandas and Arrow make of texts."""
    pq.write_table(pa.table({"clip_id": list(SCORES)} | columns), tmp_path / "a.parquet")
    read_predictions(reading, [tmp_path / "a.parquet"], None)
    found = reading.execute(
        "select name, coalesce(scores::varchar, score::varchar), bad_score from scoring.predictions"
    ).fetchall()
    values = [str(list(map(float, v))) if isinstance(v, list) else str(float(v)) for v in expected]
    assert found == [(name, text, None) for name, text in zip(SCORES, values, strict=True)]


@pytest.mark.parametrize("hop", [0.04, 0.1, 1024 / 44_100, 0.96, 1 / 3, 0.16])
def test_the_hop_of_starts_that_are_rounded(
    reading: duckdb.DuckDBPyConnection, hop: float, tmp_path: Path
) -> None:
    """To 32 bits or to a millisecond; some frames may be missing."""
    exact = np.arange(int(10 / hop)) * hop
    gaps = np.delete(exact, [1, 2, 5])
    forms = {"32 bits": exact.astype(np.float32), "64": exact, "ms": exact.round(3), "gaps": gaps}
    forms["twice"] = np.repeat(exact, 2)
    for name, starts in forms.items():
        table = pa.table(
            {"clip_id": ["x"] * len(starts), "start_seconds": starts, "score": [0.5] * len(starts)}
        )
        pq.write_table(table, tmp_path / "a.parquet")
        reading.execute("drop table if exists scoring.predictions")
        found = infer_hop(reading, read_predictions(reading, [tmp_path / "a.parquet"], None))
        # The last frame is where it should be: to the rounding of its start.
        most = 0.0005 if name == "ms" else 1e-6
        assert abs(float(found) - hop) * (len(exact) - 1) <= most, name
        if Decimal(str(hop)) == round(Decimal(str(hop)), 3):
            assert found == Decimal(str(hop)), name


def test_a_pointer_in_the_place_of_predictions(
    reading: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "a.parquet"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n")
    with pytest.raises(AudiosetDuckError, match=r"a\.parquet has no predictions: .*git lfs pull"):
        read_predictions(reading, [path], None)


def test_a_row_of_another_length_is_not_left_out(catalog: Path, tmp_path: Path) -> None:
    """Nor are the rows above it, though what follows is a table too."""
    rows = [f"{clip},0.5" for clip in SCORES]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["clip_id,score", *rows, f"{rows[0]},mine", ""]))
    with pytest.raises(AudiosetDuckError, match=r"a\.csv cannot be read: line 5 has 3 columns"):
        run(catalog, path)
    path.write_text("\n".join(["clip_id;score", *rows, ""]).replace(",", ";"))
    run(catalog, path).close()


def test_errors_name_the_line_of_the_file(catalog: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('\nclip_id,score,note\n\nx_0,0.5,"a\nb"\n\ny_0,0.5,\n')
    with pytest.raises(AudiosetDuckError, match=r"a\.csv, line 4: .*x_0.*a\.csv, line 7: .*y_0"):
        run(catalog, tmp_path / "a.csv")


def changed(columns: dict[str, Iterable[Any]], name: str, place: int, value: Any) -> dict:
    values = [str(item) for item in columns[name]]
    values[place] = value
    return {**columns, name: values}


@pytest.mark.parametrize(
    ("columns", "options", "parts"),
    [
        ({"a": [1], "b": [2]}, {}, ["a, b", "clip_id, scores"]),
        (changed(frames(), "score", 2, "loud"), {"hop": "0.5"}, ["line 4", "loud"]),
        (changed(frames(), "score", 2, ""), {"hop": "0.5"}, ["line 4", "null"]),
        (changed(frames(), "score", 2, "nan"), {"hop": "0.5"}, ["line 4", "nan"]),
        (changed(frames(), "score", 0, "inf"), {"hop": "0.5"}, ["line 2", "inf"]),
        (changed(lists(), "scores", 1, "[0.1, nan]"), {"hop": "0.5"}, ["line 3", "nan"]),
        (changed(lists(), "scores", 1, "0.5"), {"hop": "0.5"}, ["line 3", "0.5", "list"]),
        (
            changed(lists(), "scores", 1, "[0.1 0.2]"),
            {"hop": "0.5"},
            ["line 3", "[0.1 0.2]", "list"],
        ),
        (changed(frames(), "score", 2, "tensor(0.5)"), {"hop": "0.5"}, ["line 4", "tensor(0.5)"]),
        (changed(frames(), "frame", 1, "0"), {"hop": "0.5"}, ["frame 0 of aaaaaaaaaaa_1000", "2"]),
        (changed(frames(), "frame", 1, "x"), {"hop": "0.5"}, ["line 3", "whole number"]),
        (changed(frames(), "frame", 3, "5"), {"hop": "0.5"}, ["aaaaaaaaaaa_1000", "number 5"]),
        (changed(starts(), "start_seconds", 1, "0.7"), {"hop": "0.5"}, ["line 3", "0.7", "0.5"]),
        (changed(starts(), "start_seconds", 1, ""), {"hop": "0.5"}, ["line 3", "start_seconds"]),
        (changed(starts(), "start_seconds", 0, "999999999"), {"hop": "0.04"}, ["line 2", "99999"]),
        (changed(lists(), "clip_id", 0, "zzzzzzzzzzz_0"), {"hop": "0.5"}, ["line 2", "zzzzzzz"]),
        (
            changed(lists(), "clip_id", 0, "ddddddddddd_0"),
            {"hop": "0.5"},
            ["line 2", "strong_train", "--subset"],
        ),
        (changed(lists(), "clip_id", 2, "aaaaaaaaaaa"), {"hop": "0.5"}, ["line 4", "2 times"]),
        (changed(lists(), "clip_id", 2, ""), {"hop": "0.5"}, ["line 4", "clip_id"]),
        (lists(), {}, ["--hop"]),
        (
            lists(dict(list(SCORES.items())[1:])),
            {"hop": "0.5"},
            ["1 clip of", "0 of", "--part"],
        ),
        (lists(), {"hop": "0.5", "median_filter": 4}, ["--median-filter", "4", "odd"]),
        (lists(), {"hop": "0"}, ["--hop"]),
        (lists(), {"hop": "0.5", "subset": "eval"}, ["'eval'", "strong_eval"]),
        ({"clip_id": [], "score": []}, {}, ["no predictions"]),
        (
            {"sample_key": ["strong_eval/x/1.0"], "score": [1]},
            {},
            ["line 2", "strong_eval/x/1.0", "not a sample"],
        ),
        (
            {"sample_key": ["strong_eval/x/1.0", "strong_train/x/1.0"], "score": [1, 1]},
            {},
            ["both splits"],
        ),
    ],
)
def test_what_is_wrong_is_named(
    catalog: Path, tmp_path: Path, columns: dict, options: dict, parts: list[str]
) -> None:
    before = catalog.read_bytes()
    with pytest.raises(AudiosetDuckError) as error:
        run(catalog, write(tmp_path / "a.csv", columns), **options)
    for part in parts:
        assert part in str(error.value)
    assert catalog.read_bytes() == before


def test_three_errors_and_the_number_of_others(catalog: Path, tmp_path: Path) -> None:
    columns = frames()
    columns["score"] = ["x"] * len(columns["score"])
    with pytest.raises(AudiosetDuckError, match=r"line 2.*line 3.*line 4.*and 9 more errors"):
        run(catalog, write(tmp_path / "a.csv", columns), hop="0.5")


@pytest.mark.parametrize("missing", ["Ybbbbbbbb_b_2000", "aaaaaaaaaaa_1000"])
def test_partial(
    catalog: Path, tmp_path: Path, missing: str, caplog: pytest.LogCaptureFixture
) -> None:
    given = {clip: scores for clip, scores in SCORES.items() if clip != missing}
    file = write(tmp_path / "a.csv", lists(given))
    with run(catalog, file, hop="0.5", partial=True) as connection:
        (row,) = connection.execute(
            "select clip_count, missing_clip_count, missing_positive_count, hours * 3600"
            " from t.detectors"
        ).fetchall()
        assert row == (2, 1, int(missing[0] == "Y"), pytest.approx(4))
        metrics = connection.execute(
            "select average_precision, roc_auc, d_prime, best_f1 from t.ranking_metrics"
        ).fetchall()
        assert all((value is None) == (missing[0] == "Y") for row in metrics for value in row)
    assert missing in caplog.text


def test_scores_that_are_no_probabilities(
    catalog: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    loud = {clip: [4 * value for value in scores] for clip, scores in SCORES.items()}
    with run(catalog, write(tmp_path / "a.csv", lists(loud)), hop="0.5") as connection:
        rows = connection.execute("select brier, ece from t.ranking_metrics").fetchall()
    assert set(rows) == {(None, None)}
    assert "--logits" in caplog.text


def test_constant_scores(catalog: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    same = {clip: [0.5] * 4 for clip in SCORES}
    with run(catalog, write(tmp_path / "a.csv", lists(same)), hop="0.5") as connection:
        rows = connection.execute("select roc_auc from t.ranking_metrics").fetchall()
    assert rows == [(0.5,)] * 3
    assert "all scores of a are 0.5" in caplog.text


def test_a_detector_that_knows_the_truth(catalog: Path, tmp_path: Path) -> None:
    """At a hop at which frames end where events do, all is 1."""
    truth = {
        clip: [float(clip[0] == "Y" and 1 <= place < 5) for place in range(8)] for clip in SCORES
    }
    with run(catalog, write(tmp_path / "a.parquet", lists(truth)), hop="0.25") as connection:
        ranking = connection.execute(
            "select average_precision, balanced_average_precision, roc_auc, partial_roc_auc,"
            " best_f1, d_prime from t.ranking_metrics"
        ).fetchall()
        events = connection.execute(
            "select best_f1, precision, recall, error_rate, coalesce(psds, 1) from t.event_metrics"
        ).fetchall()
    assert ranking == [(1, 1, 1, 1, 1, float("inf"))] * 3
    assert events == [(1, 1, 1, 0, 1)] * 5


def test_the_train_split_is_said(
    catalog: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = write(tmp_path / "a.csv", lists({"ddddddddddd_0": [0.1] * 20}))
    with run(catalog, file, hop="0.5", subset="strong_train") as connection:
        rows = connection.execute(
            "select unit, roc_auc, average_precision from t.ranking_metrics order by unit"
        ).fetchall()
    assert rows == [("clip", None, None), ("frame", 0.5, 0.1), ("segment", 0.5, 0.1)]
    assert "train split" in caplog.text
    assert "a has no negatives of unit clip" in caplog.text


def test_float32_and_files_that_are_not_there(catalog: Path, tmp_path: Path) -> None:
    table = pa.table(
        {"clip_id": list(SCORES), "scores": pa.array(SCORES.values(), pa.list_(pa.float32()))}
    )
    pq.write_table(table, tmp_path / "a.parquet")
    with run(catalog, tmp_path / "a.parquet", hop="0.5") as connection:
        ((highest,),) = connection.execute("select max(score) from t.scores").fetchall()
    assert highest == pc.cast(pa.scalar(0.9, pa.float32()), pa.float64()).as_py()
    for name in ("b.parquet", "c.json"):
        with pytest.raises(AudiosetDuckError, match=name):
            run(catalog, tmp_path / name, hop="0.5")
    (tmp_path / "d.parquet").write_bytes(b"not parquet")
    with pytest.raises(AudiosetDuckError, match=r"d\.parquet cannot be read"):
        run(catalog, tmp_path / "d.parquet", hop="0.5")


@pytest.mark.slow
def test_a_rebuilt_target_tells_which_scores_are_dropped(
    catalog: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run(catalog, write(tmp_path / "mine.csv", lists()), hop="0.5").close()
    build(catalog, [Target("t", ("/m/rain",))])
    assert "scores of its detectors are dropped (mine)" in caplog.text
    with duckdb.connect(str(catalog), read_only=True) as connection:
        names = connection.execute("select table_name from duckdb_tables()").fetchall()
    assert ("detectors",) not in names
    run(catalog, write(tmp_path / "mine.csv", lists()), hop="0.5").close()


def test_a_catalog_of_another_version(catalog: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(catalog)) as connection:
        connection.execute("update meta.builds set versions = replace(versions, 'models', 'older')")
    with pytest.raises(
        AudiosetDuckError, match=r"another version of audioset-duck, 0\..*audioset-duck build"
    ):
        run(catalog, write(tmp_path / "mine.csv", lists()), hop="0.5")


@pytest.mark.slow
def test_the_first_detector_does_not_choose_the_types(
    catalog: Path, built: Path, tmp_path: Path
) -> None:
    """The relations are the same, whatever the predictions of the first detector are of."""
    keys = [key for key, _ in sample_rows(catalog)]
    framed = {clip: scores[:2] for clip, scores in SCORES.items() if clip[0] != "-"}
    files = {
        "frame": (write(tmp_path / "a.parquet", lists()), {"hop": "0.5"}),
        "sample": (
            write(tmp_path / "b.csv", {"sample_key": keys, "score": [0.5] * len(keys)}),
            {},
        ),
        "clip": (write(tmp_path / "c.csv", {"clip_id": SCORES, "score": [0.1, 0.2, 0.3]}), {}),
        "framed": (write(tmp_path / "d.csv", starts(framed, 0.96)), {}),
    }
    types = {}
    for unit, (file, options) in files.items():
        catalog.write_bytes(built.read_bytes())
        with run(catalog, file, replicates=2, **options) as connection:
            types[unit] = connection.execute(
                "select table_name, column_name, data_type from duckdb_columns()"
                " where schema_name = 't' and database_name = current_database() order by all"
            ).fetchall()
        for other, more in files.values():
            run(catalog, other, **more).close()
    for unit, found in types.items():
        assert found == types["frame"], unit


def test_frames_of_the_framed_subset_that_are_missing(
    catalog: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    given = {"aaaaaaaaaaa_1000": [0.1, 0.2], "Ybbbbbbbb_b_2000": [0.6, 0.7]}
    columns = {name: values[1:] for name, values in starts(given, 0.96).items()}
    file = write(tmp_path / "a.csv", columns)
    with pytest.raises(
        AudiosetDuckError, match=r"1 frames of .*aaaaaaaaaaa_1000 from 0.*--partial"
    ):
        run(catalog, file)
    with run(catalog, file, partial=True) as connection:
        rows = connection.execute("select clip_id from t.scores").fetchall()
    assert rows == [("Ybbbbbbbb_b_2000",)]
    assert "they are not evaluated" in caplog.text


def test_scores_of_samples_that_were_corrected(
    catalog: Path, built: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The file of a detector is scored again as it is; what is corrected is counted."""
    with duckdb.connect(str(catalog), read_only=True) as connection:
        keys = connection.execute(
            "select sample_key from t.samples where split = 'eval' order by sample_key"
        ).fetchall()
    file = write(
        tmp_path / "mine.parquet",
        {"sample_key": [key for (key,) in keys], "score": [0.5] * len(keys)},
    )
    marked = "strong_eval/aaaaaaaaaaa_1000/"
    key = next(key for (key,) in keys if key.startswith(marked))
    corrections = tmp_path / "corrections.csv"
    corrections.write_text(f"target,sample_key,verdict\nt,{key},incorrect\n")
    target = Target("t", ("/m/gun",), ignore=("/m/toy",))
    build(catalog, [target], built.parent / "metadata", corrections=[corrections])
    of_the_clip = [key for (key,) in keys if "/aaaaaaaaaaa_1000" in key]
    assert len({key.split("/")[0] for key in of_the_clip}) == 3
    with run(catalog, file) as connection:
        ((count,),) = connection.execute("select score_count from t.detectors").fetchall()
    assert count == len(keys) - len(of_the_clip)
    assert f"{len(of_the_clip)} scores of mine are of samples that corrections" in caplog.text
    # A key of another clip that is no sample is wrong as ever.
    with pytest.raises(AudiosetDuckError, match="is not a sample of t"):
        run(
            catalog,
            write(tmp_path / "m.csv", {"sample_key": ["weak_eval/zzzzzzzzzzz_0"], "score": [1]}),
        )
