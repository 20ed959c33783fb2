"""Each check finds nothing in a valid catalog, and is seen to find a row that is broken."""

import functools
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from support.metadata import write_metadata

from audioset_duck.catalog import checks
from audioset_duck.catalog.build import build
from audioset_duck.catalog.checks import run_checks
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.config.targets import Target
from audioset_duck.sqltext import sql_folder


def as_table(relation: str) -> str:
    """SQL that stores the rows of a view, so that they can be broken."""
    return (
        f"create table t.copied as from t.{relation}; drop view t.{relation};"
        f" alter table t.copied rename to {relation}; "
    )


# Each check: what breaks a row, and how the row is found begins.
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
        (
            "aaaaaaaaaaa",
            ["aaaaaaaaaaa_0"],
            ["strong_eval", "strong_train", "weak_balanced_train"],
        ),
    ),
    "strong_clips_listed": (
        "update internal.strong_clips set events = events[2:] where clip_id = 'aaaaaaaaaaa_0'",
        ("strong_train", 1, "aaaaaaaaaaa_0"),
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
    "positive_events_exist": (
        "update t.positive_events set end_seconds = 3.001",
        ("strong_train", 1, "aaaaaaaaaaa_0", Decimal("0.000"), Decimal("3.001")),
    ),
    "roles_disjoint": (
        "create or replace view t.strong_negative_events as"
        " select subset, event_id, clip_id, start_seconds, end_seconds, label_id"
        " from internal.present_events",
        ("strong_train", "aaaaaaaaaaa_0"),
    ),
    "weak_negative_labels": (
        "create or replace view t.weak_negatives as from weak_clips",
        ("weak_balanced_train", "aaaaaaaaaaa_0", ["/m/gun"]),
    ),
    "weak_positive_labels": (
        "update t.excluded_clips set reason = 'ignored_label' where clip_number = 0",
        ("weak_balanced_train", "aaaaaaaaaaa_0"),
    ),
    "window_times": (
        f"{as_table('windows')} insert into t.windows values"
        " ('positive', 'strong_train', 1, 'aaaaaaaaaaa_0', 2, 3.2, '/m/gun', true, 9)",
        ("positive", "strong_train", 1, "aaaaaaaaaaa_0"),
    ),
    "positive_events_covered": (
        f"{as_table('windows')} delete from t.windows where window_index = 1",
        ("strong_train", 1, "aaaaaaaaaaa_0"),
    ),
    "events_add_up": (
        "create or replace view t.strong_negative_events as"
        " select subset, event_id, clip_id, start_seconds, end_seconds, label_id"
        " from internal.present_events where false",
        ("strong_train", 5, 1, 1, 0),
    ),
    "weak_clips_add_up": (
        "create or replace view t.weak_negatives as from weak_clips where false",
        ("weak_balanced_train", 5, 2, 0),
    ),
    "overlap_flags": (
        "update t.positive_events set is_overlapped = not is_overlapped",
        ("strong_train", 1, "aaaaaaaaaaa_0"),
    ),
    "window_numbers": (
        "update internal_1000ms.clip_windows set first_sample_ids = [9, 11] where clip_number = 6",
        ("strong_train", 4, 11, 10),
    ),
    "positive_sample_windows": (
        "update t.positive_samples set end_ms = 1999 where sample_id = 6",
        (6, "strong_train", 1, 1),
    ),
    "sample_numbers": (
        "update t.positive_samples set sample_id = 7 where sample_id = 6",
        (7, 2),
    ),
    "weak_samples_negative": (
        "delete from t.excluded_clips where clip_number = 0",
        ("weak_balanced_train", "aaaaaaaaaaa_0"),
    ),
    "samples_add_up": (
        "delete from internal.weak_samples where clip_number = 1",
        ("weak_negative", "weak_balanced_train", 2, 3),
    ),
    "sample_counts_add_up": (
        "delete from t.sample_counts where reason = 'has_strong_labels'",
        ("is not listed", "train", "weak_positive", "weak_balanced_train", "has_strong_labels", 1),
    ),
    "weak_positives_sampled": (
        "update t.weak_positive_samples set reason = null where clip_number = 0",
        ("weak_balanced_train", "aaaaaaaaaaa_0", None),
    ),
    "pool_weights": (
        "update t.label_pools set weight = 0.9 where label_id = '/m/rain'",
        ("weak_negative",),
    ),
    "pool_tiers": (
        "update t.label_pools set tier = 'B' where label_id = 'other_rare'",
        ("weak_negative", 3, 2, 2, 1),
    ),
    "member_slices": (
        "delete from internal.weak_members where sample_id = 4 and label_index = 3",
        ("weak_negative", 3),
    ),
    "member_labels": (
        "update internal.weak_members set sample_id = 3 where sample_id = 4",
        ("weak_negative",),
    ),
    "member_holes": (
        "update t.excluded_members set slice = slice + 1 where pool = 'strong_negative'",
        ("strong_negative",),
    ),
    "member_steps": (
        "delete from t.member_shifts where pool = 'weak_negative'",
        ("weak_negative",),
    ),
    "members_are_negatives": (
        "delete from t.excluded_members where pool = 'strong_negative' and label_index = 3",
        ("strong_negative", 3, 8),
    ),
    "rare_member_numbers": (
        "update t.rare_members set member_id = 1 where pool = 'weak_negative'",
        ("weak_negative", 1, 0, 3),
    ),
    "samples_have_audio": (
        "insert into audio_files (ytid, status, audio_path) values ('bbbbbbbbbbb', 'ok', '/b.wav')",
        ("strong_train", "aaaaaaaaaaa_0", None),
    ),
}


TARGET = Target("t", ("Gun",), ("Boom",))
# Clips 0 to 4. Clips 5 to 7 are those of strong_train, and samples from 5 on are their windows.
BALANCED = """
    aaaaaaaaaaa 0.000 10.000 /m/gun
    bbbbbbbbbbb 0.000 10.000 /m/rain
    jjjjjjjjjjj 0.000 10.000 /m/gun,/m/boom
    kkkkkkkkkkk 0.000 10.000 /m/hiss
    lllllllllll 0.000 10.000 /m/rain
"""


@pytest.fixture(scope="module")
def valid_catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("valid")
    metadata = write_metadata(
        folder / "metadata",
        names="/m/gun Gun\n/m/rain Rain\n/m/boom Boom\n/m/hiss Hiss",
        train="""
            aaaaaaaaaaa_0 0.000 3.000 /m/gun
            aaaaaaaaaaa_0 1.000 2.000 /m/rain
            ccccccccccc_0 1.000 2.000 /m/rain
            ccccccccccc_0 3.000 4.000 /m/rain
            hhhhhhhhhhh_0 0.000 1.000 /m/hiss
        """,
        framed="ddddddddddd_0 0.000 0.960 /m/gun NOT_PRESENT",
        balanced=BALANCED,
    )
    path = folder / "catalog.duckdb"
    # Two samples are enough for a label, so that there are rare labels and others.
    build(path, [TARGET], metadata, samples={"completion_rare_cutoff": 2})
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
    assert expected in [row[: len(expected)] for row in found[name]]


def test_a_clip_listed_twice_is_reported(tmp_path: Path) -> None:
    metadata = write_metadata(
        tmp_path / "metadata",
        names="/m/gun Gun\n/m/rain Rain\n/m/boom Boom\n/m/hiss Hiss",
        balanced=f"{BALANCED.strip()}\n{BALANCED.strip()}",
    )
    build(tmp_path / "catalog.duckdb", [TARGET], metadata)
    assert offenders(tmp_path / "catalog.duckdb").keys() == {"unique_clips"}


def test_another_part_of_a_video_is_of_its_split(catalog: Path) -> None:
    """Two parts of a video have the same voices and the same room, and may overlap."""
    with duckdb.connect(str(catalog)) as connection:
        connection.execute(
            "insert into staging.strong_eval"
            " select strong_train.* replace (other.clip_id as clip_id) from"
            " staging.strong_train, (values ('aaaaaaaaaaa_31000'), ('Aaaaaaaaaaa_0'))"
            " as other (clip_id) where label_id = '/m/gun'"
        )
    assert offenders(catalog)["train_eval_disjoint"] == [
        (
            "aaaaaaaaaaa",
            ["aaaaaaaaaaa_0", "aaaaaaaaaaa_31000"],
            ["strong_eval", "strong_train", "weak_balanced_train"],
        )
    ]


# What is stored of samples and of the order of the pools, and what no check notices: what only
# charts read, a row of a set that is there twice, a value that this target does not use, and in the
# place of a member another one of the same label.
STORED = {
    "internal.strong_clips": {"events"},
    "internal.weak_members": {"sample_id"},
    "internal.weak_samples": {"first row", "seconds"},
    "internal.weak_slices": set(),
    "internal_1000ms.clip_windows": {"first_sample_ids"},
    "internal_1000ms.strong_members": {"sample_id"},
    "internal_1000ms.strong_slices": set(),
    "t.excluded_clips": {"a row twice", "reason"},
    "t.excluded_members": set(),
    "t.label_pools": set(),
    "t.member_shifts": set(),
    "t.positive_events": set(),
    "t.positive_samples": {"audio_path"},
    "t.rare_members": set(),
    "t.sample_counts": set(),
    "t.target_labels": {"a row twice", "display_name", "role"},
    "t.weak_positive_samples": {"seconds"},
}


@pytest.mark.slow
@pytest.mark.parametrize("relation", STORED)
def test_a_stored_row_that_is_lost_doubled_or_changed_is_noticed(
    catalog: Path, relation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "read_templates", functools.cache(checks.read_templates))
    first, last = (f"rowid = (select {end}(rowid) from {relation})" for end in ("min", "max"))
    with duckdb.connect(str(catalog)) as connection:
        columns = connection.execute(f"describe {relation}").fetchall()
        broken = {
            "first row": f"delete from {relation} where {first}",
            "last row": f"delete from {relation} where {last}",
            "a row twice": f"insert into {relation} from {relation} where {last}",
        } | {
            column: f"update {relation} set {column} = {changed(column, kind)} where {last}"
            for column, kind, *_ in columns
            if column not in STORED[relation]
        }
        connection.execute(f"create temp table kept as from {relation}")
        for change, statement in broken.items():
            if change not in STORED[relation]:
                connection.execute(statement)
                assert any(check.count for check in run_checks(connection)), change
                connection.execute(f"delete from {relation}; insert into {relation} from temp.kept")


def changed(column: str, kind: str) -> str:
    """SQL of another value than that of a column."""
    if kind == "VARCHAR":
        return "'other'"
    return f"not {column}" if kind == "BOOLEAN" else f"{column} + 1"


@pytest.mark.parametrize("relation", ["pool_members", "sample_spans", "excluded_samples"])
def test_what_is_not_stored_follows_from_what_is(catalog: Path, relation: str) -> None:
    with duckdb.connect(str(catalog)) as connection:
        assert connection.execute(
            "select count(*) from duckdb_views() where schema_name = 't' and view_name = $1",
            [relation],
        ).fetchall() == [(1,)]


def test_a_label_without_members_is_found(catalog: Path) -> None:
    with duckdb.connect(str(catalog)) as connection:
        connection.execute("delete from internal_1000ms.strong_members")
    assert ("strong_negative", 1.0, 1) in offenders(catalog)["pool_weights"]


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("shift = 2", True),
        ("first_member_id = first_member_id + 1", True),
        ("shift = shift", False),
    ],
)
def test_steps_lead_to_places(catalog: Path, statement: str, found: bool) -> None:
    with duckdb.connect(str(catalog)) as connection:
        connection.execute(f"update t.member_shifts set {statement} where pool = 'weak_negative'")
    assert ("member_steps" in offenders(catalog)) == found


@pytest.mark.parametrize(
    ("tiers", "found"),
    [
        ("A A B B", False),
        ("A B B B", True),  # less than 80%
        ("A A A B", True),  # more labels than needed
        ("A B A A", True),  # not the most frequent
        ("B B B B", True),
    ],
)
def test_tier_a_is_the_smallest_set_of_most_frequent_labels(
    catalog: Path, tiers: str, found: bool
) -> None:
    with duckdb.connect(str(catalog)) as connection:
        connection.execute("delete from t.label_pools")
        connection.executemany(
            "insert into t.label_pools values ('strong_negative', ?, ?, 0.25, ?)",
            [
                (f"/m/{count}", count, tier)
                for count, tier in zip((40, 40, 15, 5), tiers.split(), strict=True)
            ],
        )
    assert ("pool_tiers" in offenders(catalog)) == found


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
            f"{as_table('windows')} insert into t.windows values"
            f" ('positive', 'strong_train', 1, 'aaaaaaaaaaa_0', {row}, '/m/gun', true, 9)"
        )
    assert ("window_times" in offenders(catalog)) == found


def test_check_lists_offending_rows_and_exits_1(run, catalog: Path) -> None:
    passed = run("check", "--catalog", catalog)
    assert (passed.exit_code, passed.stdout) == (0, f"{len(BROKEN)} checks passed, 0 failed\n")
    with duckdb.connect(str(catalog)) as connection:
        connection.execute(BROKEN["unique_labels"][0])
    failed = run("check", "--catalog", catalog)
    assert failed.exit_code == 1
    assert "main: unique_labels: 1 found" in failed.stdout
    assert "/m/gun" in failed.stdout
    assert f"{len(BROKEN) - 1} checks passed, 1 failed" in failed.stdout
