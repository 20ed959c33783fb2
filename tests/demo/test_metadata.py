"""The made AudioSet is life-like, the same everywhere, and the example catalog is made of it."""

import csv
import hashlib
import json
from collections import Counter
from pathlib import Path

import duckdb
import pytest
from support import brute_force

from audioset_duck.demo.metadata import created_models, make_metadata
from audioset_duck.filesystem import exclusive_folder
from audioset_duck.sources.definitions import SOURCES

# SHA-256 over all files of seed 0: it stays the same on every machine and DuckDB version.
SEED_0 = "6a51e6ae39fc1015481e2d90d5f7f0b944a497c3dbf6244f839de580a28347e8"
EXAMPLE = Path(__file__).parents[2] / "catalog.duckdb.example"


def digest(folder: Path) -> str:
    together = hashlib.sha256()
    for path in sorted(folder.glob("*.*")):
        together.update(path.name.encode() + path.read_bytes())
    return together.hexdigest()


def test_it_is_the_same_everywhere(demo_metadata: Path) -> None:
    assert digest(demo_metadata) == SEED_0


def test_another_seed_makes_another(demo_metadata: Path, tmp_path: Path) -> None:
    make_metadata(tmp_path, seed=1)
    for path in demo_metadata.glob("*.*"):
        same = (tmp_path / path.name).read_bytes() == path.read_bytes()
        is_label_file = path.name in (
            "class_labels_indices.csv",
            "mid_to_display_name.tsv",
            "ontology.json",
        )
        assert same == is_label_file, path.name


def test_all_official_files_and_no_other(demo_metadata: Path) -> None:
    names = {path.name for path in demo_metadata.iterdir()}
    ours = {"MADE_BY_AUDIOSET_DUCK", "wrong_labels.csv"}
    assert names == {source.file for source in SOURCES} | ours


def test_it_has_what_makes_the_real_one_hard(demo_metadata: Path) -> None:
    clips = brute_force.clips(demo_metadata)
    events = brute_force.present_events(demo_metadata)
    assert Counter(clip.subset for clip in clips) == {
        "weak_unbalanced_train": 3000,
        "weak_balanced_train": 300,
        "weak_eval": 400,
    }
    assert 0.10 < sum("_" in clip.ytid for clip in clips) / len(clips) < 0.20
    assert 0.005 < sum(clip.ytid.startswith("-") for clip in clips) / len(clips) < 0.03
    assert any(clip.end - clip.start < 10_000 for clip in clips)
    assert any(event.end - event.start < 500 for event in events)
    assert any(event.end - event.start == 10_000 for event in events)
    by_clip: dict = {}
    for event in events:
        by_clip.setdefault((event.subset, event.clip_id), []).append(event)
    pairs = [(a, b) for heard in by_clip.values() for a in heard for b in heard if a != b]
    assert sum(a.end == b.start for a, b in pairs) > 100
    assert sum(a.start < b.end and a.end > b.start for a, b in pairs) > 1000
    strong = dict(
        line.split("\t")
        for line in brute_force.read_lines(demo_metadata, "mid_to_display_name.tsv")
    )
    with (demo_metadata / "class_labels_indices.csv").open() as stream:
        weak = {row["mid"]: row["display_name"] for row in csv.DictReader(stream)}
    assert strong.keys() - weak.keys() and weak.keys() - strong.keys()
    assert [mid for mid in strong.keys() & weak.keys() if strong[mid] != weak[mid]]
    used = {event.label for event in events} | {label for clip in clips for label in clip.labels}
    ontology = {row["id"] for row in json.loads((demo_metadata / "ontology.json").read_text())}
    assert used <= strong.keys() | weak.keys() <= ontology


def test_it_says_which_labels_are_wrong(demo_metadata: Path, tmp_path: Path) -> None:
    """By comparison of the files with what sounds; no target gets another label that it has."""
    with created_models(tmp_path, 3000, 0) as connection:
        sounding = Counter(
            connection.execute(
                "select subset, clip_id, cast(start_seconds * 1000 as integer),"
                " cast(end_seconds * 1000 as integer), label_id from demo_events"
            ).fetchall()
        )
    written = Counter(
        (event.subset, event.clip_id, event.start, event.end, event.label)
        for event in brute_force.present_events(demo_metadata)
        if event.subset != "strong_eval_framed"
    )
    added, missed = (
        {(*row[:2], row[4]) for row in rows} for rows in (written - sounding, sounding - written)
    )
    targets = {
        "gun": {"/m/032s66", "/m/04zjc", "/m/073cg4"},
        "baby_cry": {"/t/dd00002"},
        "snore": {"/m/01d3sd", "/m/07q0yl5"},
    }
    every = set().union(*targets.values())
    expected = {("", *row) for row in added if row[2] in every} | {
        (name, *row[:2], "")
        for row in missed
        for name, labels in targets.items()
        if row[2] in labels
    }
    with (demo_metadata / "wrong_labels.csv").open(newline="") as stream:
        marks = list(csv.DictReader(stream))
    assert {mark["verdict"] for mark in marks} == {"incorrect"}
    of_both = {
        (mark["target"], mark["subset"], mark["clip_id"], mark["label_id"])
        for mark in marks
        if mark["subset"] != "strong_eval_framed"
    }
    assert of_both == expected
    framed = {
        event.clip_id
        for event in brute_force.present_events(demo_metadata)
        if event.subset == "strong_eval_framed"
    }
    assert {
        (target, clip, label)
        for target, subset, clip, label in of_both
        if subset == "strong_eval" and clip in framed
    } == {
        (mark["target"], mark["clip_id"], mark["label_id"])
        for mark in marks
        if mark["subset"] == "strong_eval_framed"
    }
    assert len(of_both) > 50
    assert sum(subset == "strong_eval" for _, subset, _, _ in of_both) > 12
    still = {(event.clip_id, event.label) for event in brute_force.present_events(demo_metadata)}
    for target, _, clip, _ in of_both:
        assert not {(clip, label) for label in targets.get(target, ())} & still


def test_sizes_follow_the_real_proportions(tmp_path: Path) -> None:
    make_metadata(tmp_path, clips=50_000)
    counts = Counter(clip.subset for clip in brute_force.clips(tmp_path))
    assert counts == {"weak_unbalanced_train": 50_000, "weak_balanced_train": 543, "weak_eval": 500}
    clips = {
        event.clip_id
        for event in brute_force.present_events(tmp_path)
        if event.subset == "strong_train"
    }
    assert 2_400 < len(clips) < 2_600


@pytest.mark.slow
def test_the_example_catalog_is_the_demo(demo_catalog: Path) -> None:
    assert EXAMPLE.stat().st_size < 5_000_000
    with duckdb.connect(str(EXAMPLE), read_only=True) as connection:
        connection.execute(f"attach '{demo_catalog}' as demo (read_only)")
        relations = connection.execute("""
            select schema_name, table_name from duckdb_tables()
            where database_name = current_database()
            union all
            select schema_name, view_name from duckdb_views()
            where database_name = current_database() and not internal
        """).fetchall()
        assert len(relations) > 40
        assert {schema for schema, _ in relations} == {
            "gun",
            "internal",
            "internal_1000ms",
            "main",
            "meta",
            "staging",
        }
        for schema, name in relations:
            if (schema, name) != ("meta", "builds"):
                example, demo = (
                    connection.execute(f"from {database}{schema}.{name} order by all").fetchall()
                    for database in ("", "demo.")
                )
                assert example == demo, (schema, name)


def test_no_path_of_a_machine_is_in_the_example() -> None:
    data = EXAMPLE.read_bytes()
    for part in (b"/home/", b"/root", b"/tmp/", b"/Users/"):
        assert part not in data


def test_two_at_once(run, tmp_path: Path) -> None:
    with exclusive_folder(tmp_path / "made", "demo", ""):
        result = run("demo", "made", "--no-audio")
    assert result.exit_code == 1
    assert "Error: another demo to made is in progress; wait for it to end" in result.stderr
    assert list((tmp_path / "made").iterdir()) == []


@pytest.mark.parametrize("arguments", [("--clips", "0"), ("--clips", "x"), ("--seed", "x")])
def test_sizes_that_cannot_be(run, arguments: tuple[str, str]) -> None:
    result = run("demo", *arguments)
    assert result.exit_code == 2
    assert arguments[0] in result.stderr
