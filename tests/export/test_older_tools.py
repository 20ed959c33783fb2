"""The exported files: official formats, the older tool's names, the order of the source."""

import collections
import csv
import json
import math
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from support import brute_force
from support.metadata import write_metadata

from audioset_duck.catalog.build import build
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.config.targets import BUILT_IN, Target
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.export.older_tools import export_target

GUN = {"/m/032s66", "/m/04zjc", "/m/073cg4"}


def seconds(value: int) -> str:
    return f"{value // 1000}.{value % 1000:03d}"


@pytest.fixture(scope="module")
def exported(demo_catalog: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("export")
    with open_catalog(demo_catalog) as connection:
        files = export_target(connection, "gun", out)
    assert sorted(files) == sorted(path for path in out.rglob("*") if path.is_file())
    return out / "gun"


def test_names(exported: Path) -> None:
    strong = [
        "audioset_eval_strong",
        "audioset_eval_strong_framed_posneg",
        "audioset_train_strong",
    ]
    weak = ["balanced_train_segments", "eval_segments", "unbalanced_train_segments"]
    assert sorted(
        str(path.relative_to(exported)) for path in exported.rglob("*.*") if path.is_file()
    ) == sorted(
        [
            "processed/label_mappings.json",
            "processed/metadata.csv",
            "processed/metadata.parquet",
        ]
        + [
            f"{kind}/pos/gun_{ov}_{stem}.tsv"
            for kind in ("raw", "seg1s")
            for ov in ("nov", "ov")
            for stem in strong
        ]
        + [f"{kind}/neg_strong/gun_{stem}.tsv" for kind in ("raw", "seg1s") for stem in strong]
        + [f"raw/neg_weak/gun_neg_weak_{stem}.csv" for stem in weak]
    )


def test_events_and_windows_are_the_source_lines_in_their_order(
    exported: Path, demo_metadata: Path
) -> None:
    """Byte for byte what the rules give on the files, in plain Python."""
    expected = brute_force.target(
        brute_force.present_events(demo_metadata), brute_force.clips(demo_metadata), GUN
    )
    parts = {
        "raw/pos/gun_nov_": [e for e, overlapped in expected.positive_events if not overlapped],
        "raw/pos/gun_ov_": [e for e, overlapped in expected.positive_events if overlapped],
        "raw/neg_strong/gun_": expected.negative_events,
        "seg1s/pos/gun_nov_": [
            e for e, overlapped, _ in expected.positive_windows if not overlapped
        ],
        "seg1s/pos/gun_ov_": [e for e, overlapped, _ in expected.positive_windows if overlapped],
        "seg1s/neg_strong/gun_": [e for e, _ in expected.negative_windows],
    }
    for prefix, events in parts.items():
        for subset, name in brute_force.STRONG.items():
            header = "segment_id\tstart_time_seconds\tend_time_seconds\tlabel"
            present = ""
            if subset == "strong_eval_framed":
                header, present = f"{header}\tpresent", "\tPRESENT"
            lines = [
                f"{event.clip_id}\t{seconds(event.start)}\t{seconds(event.end)}\t{event.label}{present}"
                for event in events
                if event.subset == subset
            ]
            text = (exported / f"{prefix}{name}").read_text()
            assert text.splitlines() == [header, *lines]


@pytest.mark.parametrize("name", ["balanced_train_segments", "eval_segments"])
def test_weak_negatives_are_the_source_lines_in_their_order(
    exported: Path, demo_metadata: Path, name: str
) -> None:
    source = (demo_metadata / f"{name}.csv").read_text().splitlines()
    lines = (exported / "raw" / "neg_weak" / f"gun_neg_weak_{name}.csv").read_text().splitlines()
    kept = [line for line in source[3:] if not GUN & set(line.split('"')[1].split(","))]
    assert lines[3:] == kept
    labels = [label for line in kept for label in line.split('"')[1].split(",")]
    assert lines[0] == "# Segments csv of audioset-duck: weak negatives of gun"
    assert lines[1] == (
        f"# num_ytids={len(kept)}, num_segs={len(kept)}, "
        f"num_unique_labels={len(set(labels))}, num_positive_labels={len(labels)}"
    )
    assert lines[2] == source[2]


def test_an_export_can_be_built_from(exported: Path, tmp_path: Path) -> None:
    metadata = tmp_path / "metadata"
    metadata.mkdir()
    shutil.copy(
        exported / "raw/neg_strong/gun_audioset_train_strong.tsv",
        metadata / "audioset_train_strong.tsv",
    )
    shutil.copy(
        exported / "raw/neg_weak/gun_neg_weak_eval_segments.csv", metadata / "eval_segments.csv"
    )
    build(tmp_path / "catalog.duckdb", [BUILT_IN["gun"]], metadata)


def test_window_seconds_names_the_folder_and_absent_sets_have_no_file(tmp_path: Path) -> None:
    from decimal import Decimal

    metadata = write_metadata(
        tmp_path / "metadata", names="/m/a A", train="aaaaaaaaaaa_0 0.000 1.000 /m/a"
    )
    catalog = tmp_path / "catalog.duckdb"
    build(catalog, [Target("a", ("A",), window_seconds=Decimal("0.500"))], metadata)
    with open_catalog(catalog) as connection:
        files = export_target(connection, "a", tmp_path / "it's out")
    assert sorted(str(path.relative_to(tmp_path / "it's out")) for path in files) == [
        "a/processed/label_mappings.json",
        "a/processed/metadata.csv",
        "a/processed/metadata.parquet",
        "a/raw/neg_strong/a_audioset_train_strong.tsv",
        "a/raw/pos/a_nov_audioset_train_strong.tsv",
        "a/raw/pos/a_ov_audioset_train_strong.tsv",
        "a/seg0.5s/neg_strong/a_audioset_train_strong.tsv",
        "a/seg0.5s/pos/a_nov_audioset_train_strong.tsv",
        "a/seg0.5s/pos/a_ov_audioset_train_strong.tsv",
    ]
    text = (tmp_path / "it's out/a/seg0.5s/pos/a_nov_audioset_train_strong.tsv").read_text()
    assert text.splitlines()[1:] == [
        "aaaaaaaaaaa_0\t0.000\t0.500\t/m/a",
        "aaaaaaaaaaa_0\t0.500\t1.000\t/m/a",
    ]


def test_a_target_that_is_not_built(demo_catalog: Path, tmp_path: Path) -> None:
    with (
        open_catalog(demo_catalog) as connection,
        pytest.raises(
            AudiosetDuckError,
            match="target 'dog' is not in this catalog, which has gun, baby_cry, snore; build",
        ),
    ):
        export_target(connection, "dog", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_samples_of_the_train_split(exported: Path, demo_catalog: Path) -> None:
    """A row for each, in the order of their ids, with the label that each is drawn by."""
    rows = pq.read_table(exported / "processed" / "metadata.parquet").to_pylist()
    with open_catalog(demo_catalog) as connection:
        samples = connection.execute(
            "select sample_id, sample_key, clip_id, role, label_id, label_ids, start_seconds,"
            " end_seconds from gun.samples where split = 'train' and role <> 'weak_positive'"
            " order by sample_id"
        ).fetchall()
    assert len(rows) == len(samples)
    for row, sample in zip(rows, samples, strict=True):
        _, key, clip_id, role, label_id, label_ids, start, end = sample
        assert (row["sample_key"], row["clip_id"]) == (key, clip_id)
        assert (row["start_time"], row["end_time"]) == (float(start), float(end))
        assert row["is_positive"] == (role == "positive")
        assert row["data_type"] == ("weak" if role == "weak_negative" else "strong")
        assert row["label"] == (label_id or ",".join(label_ids))
        drawn_by = {"positive": [], "strong_negative": [label_id], "weak_negative": label_ids}
        assert row["labels"] == drawn_by[role]
    with (exported / "processed" / "metadata.csv").open(newline="") as lines:
        for row, listed in zip(rows, csv.DictReader(lines), strict=True):
            assert listed["sample_key"] == row["sample_key"]
            assert listed["labels"] == ",".join(row["labels"])
            assert float(listed["start_time"]) == row["start_time"]


def test_label_mappings_are_of_the_metadata(exported: Path) -> None:
    rows = pq.read_table(exported / "processed" / "metadata.parquet").to_pylist()
    mappings = json.loads((exported / "processed" / "label_mappings.json").read_text())
    for kind, pool in (("strong", "strong"), ("weak", "weak")):
        carried = collections.defaultdict(list)
        for number, row in enumerate(rows):
            if row["data_type"] == pool:
                for label in row["labels"]:
                    carried[label].append(number)
        rare = [label for label, numbers in carried.items() if len(numbers) < 10]
        expected = {label: n for label, n in carried.items() if label not in rare}
        if rare:
            expected["other_rare"] = sorted({n for label in rare for n in carried[label]})
        assert mappings[f"{kind}_neg_map"] == expected
        assert mappings[f"{kind}_labels"] == sorted(expected)
        roots = [math.sqrt(len(expected[label])) for label in sorted(expected)]
        assert mappings[f"{kind}_probs"] == pytest.approx([r / sum(roots) for r in roots])
