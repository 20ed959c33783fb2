"""Each check finds nothing in a valid catalog, and is seen to find a row that is broken."""

import shutil
from pathlib import Path

import duckdb
import pytest
from support.metadata import write_metadata

from audioset_duck.catalog.build import build
from audioset_duck.catalog.checks import run_checks
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.config.targets import Target
from audioset_duck.sqltext import sql_folder

BROKEN = {
    "unknown_labels": (
        "insert into staging.weak_balanced_train values ('zzzzzzzzzzz', 0, 10, ['/m/nobody'])",
        ("weak_clips", "weak_balanced_train", "/m/nobody", 1),
    ),
    "event_times": (
        "insert into staging.strong_train values (9, 'zzzzzzzzzzz_0', 9.0, 10.2, '/m/rain')",
        ("strong_train", 9, "zzzzzzzzzzz_0"),
    ),
    "clip_times": (
        "insert into staging.weak_balanced_train values ('zzzzzzzzzzz', 5, 5, ['/m/rain'])",
        ("weak_balanced_train", "zzzzzzzzzzz_5000"),
    ),
    "unique_clips": (
        "insert into staging.weak_unbalanced_train values ('bbbbbbbbbbb', 30, 40, ['/m/rain'])",
        ("bbbbbbbbbbb", "weak_balanced_train", "bbbbbbbbbbb_0"),
    ),
    "unique_labels_in_clip": (
        "insert into staging.weak_balanced_train"
        " values ('zzzzzzzzzzz', 0, 9, ['/m/rain', '/m/rain'])",
        ("weak_balanced_train", "zzzzzzzzzzz_0"),
    ),
    "unique_labels": (
        "insert into staging.strong_labels values ('/m/gun', 'Gun')",
        ("mid_to_display_name.tsv", "/m/gun", 2),
    ),
    "unique_events": (
        "insert into staging.strong_train from staging.strong_train where label_id = '/m/gun'",
        ("strong_train", "aaaaaaaaaaa_0"),
    ),
    "train_eval_disjoint": (
        "insert into staging.strong_eval from staging.strong_train where label_id = '/m/gun'",
        ("aaaaaaaaaaa_0", ["strong_eval", "strong_train", "weak_balanced_train"]),
    ),
    "target_labels_known": (
        "insert into t.target_labels values ('/m/nobody', null, 'positive')",
        ("/m/nobody", "positive"),
    ),
    "positive_event_labels": (
        "insert into t.positive_events values"
        " ('strong_train', 3, 'ccccccccccc_0', 0, 1, '/m/rain', false)",
        ("strong_train", 3, "ccccccccccc_0"),
    ),
    "roles_disjoint": (
        "create or replace view t.strong_negative_events as"
        " select subset, event_id, clip_id, start_seconds, end_seconds, label_id"
        " from present_events",
        ("strong_train", "aaaaaaaaaaa_0"),
    ),
    "weak_negative_labels": (
        "create or replace view t.weak_negatives as from weak_clips",
        ("weak_balanced_train", "aaaaaaaaaaa_0", "/m/gun"),
    ),
    "window_times": (
        "insert into t.positive_windows values"
        " ('strong_train', 1, 'aaaaaaaaaaa_0', 2, 3.2, '/m/gun', true, 9)",
        ("positive", "strong_train", 1, "aaaaaaaaaaa_0"),
    ),
    "positive_events_covered": (
        "create table t.kept as from t.windows where window_index <> 1 or role <> 'positive';"
        " drop view t.windows; alter table t.kept rename to windows",
        ("strong_train", 1, "aaaaaaaaaaa_0"),
    ),
    "events_add_up": (
        "create or replace view t.strong_negative_events as"
        " select subset, event_id, clip_id, start_seconds, end_seconds, label_id"
        " from present_events where false",
        ("strong_train", 4, 1, 1, 0),
    ),
    "weak_clips_add_up": (
        "create or replace view t.weak_negatives as from weak_clips where false",
        ("weak_balanced_train", 2, 1, 0),
    ),
    "overlap_flags": (
        "update t.positive_events set is_overlapped = not is_overlapped",
        ("strong_train", 1, "aaaaaaaaaaa_0"),
    ),
    "stored_windows": (
        "delete from t.positive_windows where window_index = 1",
        ("is not stored", "strong_train", 1, "aaaaaaaaaaa_0"),
    ),
    "unique_samples": (
        "update t.sample_spans set window_index = 0 where sample_id = 1",
        ("strong_train/aaaaaaaaaaa_0/1.0", 2),
    ),
    "sample_numbers": (
        "update t.sample_spans set sample_id = 2 where sample_id = 1",
        (2, "train"),
    ),
    "weak_samples_negative": (
        "update t.sample_clips set clip_id = 'aaaaaaaaaaa_0' where role = 'weak_negative'",
        ("weak_balanced_train", "aaaaaaaaaaa_0"),
    ),
    "samples_add_up": (
        "delete from t.sample_spans where role = 'weak_negative'",
        ("weak_negative", "weak_balanced_train", 0, 1),
    ),
    "pool_weights": (
        "update t.label_pools set weight = 0.9 where pool = 'weak_negative'",
        ("weak_negative", 0.9, 0),
    ),
    "samples_have_audio": (
        "insert into audio_files (ytid, status, audio_path) values ('bbbbbbbbbbb', 'ok', '/b.wav');"
        " update t.sample_clips set audio_path = '/b.wav' where role <> 'positive'",
        ("strong_train", "aaaaaaaaaaa_0", None),
    ),
}


@pytest.fixture(scope="module")
def valid_catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("valid")
    metadata = write_metadata(
        folder / "metadata",
        names="/m/gun Gun\n/m/rain Rain",
        train="""
            aaaaaaaaaaa_0 0.000 3.000 /m/gun
            aaaaaaaaaaa_0 1.000 2.000 /m/rain
            ccccccccccc_0 1.000 2.000 /m/rain
            ccccccccccc_0 3.000 4.000 /m/rain
        """,
        framed="ddddddddddd_0 0.000 0.960 /m/gun NOT_PRESENT",
        balanced="aaaaaaaaaaa 0.000 10.000 /m/gun\nbbbbbbbbbbb 0.000 10.000 /m/rain",
    )
    path = folder / "catalog.duckdb"
    build(path, [Target("t", ("Gun",))], metadata)
    return path


@pytest.fixture
def catalog(valid_catalog: Path, tmp_path: Path) -> Path:
    """A copy, to be broken."""
    return Path(shutil.copy(valid_catalog, tmp_path))


def offenders(path: Path) -> dict[str, list]:
    with open_catalog(path) as connection:
        results = list(run_checks(connection))
    assert {result.name for result in results} == BROKEN.keys()
    return {result.name: result.rows for result in results if result.count}


def test_every_check_is_seen_to_fail() -> None:
    assert {path.stem for path in (sql_folder() / "checks").rglob("*.sql")} == BROKEN.keys()


def test_a_valid_catalog_passes(catalog: Path) -> None:
    assert offenders(catalog) == {}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_row_is_found(catalog: Path, name: str) -> None:
    statement, expected = BROKEN[name]
    with duckdb.connect(str(catalog)) as connection:
        connection.execute(statement)
    found = offenders(catalog)
    assert found[name][0][: len(expected)] == expected


def test_a_clip_listed_twice_is_reported_once(catalog: Path) -> None:
    with duckdb.connect(str(catalog)) as connection:
        connection.execute(
            "insert into staging.weak_balanced_train from staging.weak_balanced_train"
        )
    assert offenders(catalog).keys() == {"unique_clips"}


@pytest.mark.parametrize("relation", ["positive_events", "positive_windows"])
def test_what_is_lost_is_noticed(catalog: Path, relation: str) -> None:
    with duckdb.connect(str(catalog)) as connection:
        connection.execute(f"delete from t.{relation}")
    assert offenders(catalog)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("update t.sample_spans set sample_id = 9 where sample_id = 4", (9, "train")),
        ("update t.sample_spans set sample_id = -1 where sample_id = 0", (-1, "train")),
        ("update t.sample_spans set split = 'eval' where sample_id = 1", (1, "eval")),
    ],
)
def test_numbers_out_of_their_row(catalog: Path, statement: str, found: tuple) -> None:
    with duckdb.connect(str(catalog)) as connection:
        connection.execute(statement)
    assert found in offenders(catalog)["sample_numbers"]


def test_a_label_without_members_is_found(catalog: Path) -> None:
    with duckdb.connect(str(catalog)) as connection:
        connection.execute("delete from t.pool_members where pool = 'strong_negative'")
    assert offenders(catalog)["pool_weights"] == [("strong_negative", 1.0, 1)]


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("2.000, 3.000", False),
        ("3.000, 3.000", True),  # empty
        ("0.000, 1.001", True),  # longer than a window
        ("2.500, 3.001", True),  # beyond the event
    ],
)
def test_window_times_to_the_millisecond(catalog: Path, row: str, found: bool) -> None:
    with duckdb.connect(str(catalog)) as connection:
        connection.execute(
            "insert into t.positive_windows values"
            f" ('strong_train', 1, 'aaaaaaaaaaa_0', {row}, '/m/gun', true, 9)"
        )
    assert ("window_times" in offenders(catalog)) == found


def test_check_lists_offending_rows_and_exits_1(run, catalog: Path) -> None:
    passed = run("check", "--catalog", catalog)
    assert (passed.exit_code, passed.stdout) == (0, "24 checks passed, 0 failed\n")
    with duckdb.connect(str(catalog)) as connection:
        connection.execute(BROKEN["unknown_labels"][0])
    failed = run("check", "--catalog", catalog)
    assert failed.exit_code == 1
    assert "main: unknown_labels: 1 found" in failed.stdout
    assert "/m/nobody" in failed.stdout
    assert "23 checks passed, 1 failed" in failed.stdout
