"""Every relation of a target against the rules written once more in plain Python."""

from collections import Counter
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import brute_force
import duckdb
import pytest
from conftest import write_metadata
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audioset_duck.build import build
from audioset_duck.targets import BUILT_IN, Target

GUN = {"/m/032s66", "/m/04zjc", "/m/073cg4"}
LABELS = {"gun": GUN, "baby_cry": {"/t/dd00002"}, "snore": {"/m/01d3sd", "/m/07q0yl5"}}


def event_rows(connection: duckdb.DuckDBPyConnection, relation: str, more: str = "") -> Counter:
    """Rows of a relation of events, in milliseconds; times must have three decimals."""
    rows = connection.execute(
        "select dataset, clip_id, cast(start_seconds * 1000 as bigint),"
        f" cast(end_seconds * 1000 as bigint), label_id{more} from {relation}"
    ).fetchall()
    return Counter(rows)


def compare(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    expected: brute_force.Target,
) -> None:
    assert event_rows(connection, f"{name}.positive_events", ", is_overlapped") == Counter(
        (*event, overlapped) for event, overlapped in expected.positive_events
    )
    assert event_rows(connection, f"{name}.strong_negative_events") == Counter(
        tuple(event) for event in expected.negative_events
    )
    assert event_rows(
        connection, f"{name}.positive_segments", ", is_overlapped, segment_index"
    ) == Counter(
        (*event, overlapped, index) for event, overlapped, index in expected.positive_segments
    )
    assert event_rows(connection, f"{name}.strong_negative_segments", ", segment_index") == Counter(
        (*event, index) for event, index in expected.negative_segments
    )
    clips = connection.execute(
        "select dataset, clip_id, ytid, cast(video_start_seconds * 1000 as bigint),"
        f" cast(video_end_seconds * 1000 as bigint), label_ids from {name}.weak_negatives"
    ).fetchall()
    assert Counter((*row[:-1], tuple(row[-1])) for row in clips) == Counter(
        tuple(clip) for clip in expected.weak_negatives
    )


@pytest.mark.parametrize("name", LABELS)
def test_demo(demo_catalog: Path, demo_metadata: Path, name: str) -> None:
    events = brute_force.present_events(demo_metadata)
    clips = brute_force.clips(demo_metadata)
    with duckdb.connect(str(demo_catalog), read_only=True) as connection:
        compare(connection, name, brute_force.target(events, clips, LABELS[name]))


@pytest.fixture(scope="session")
def real_catalog(real_metadata: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    catalog = tmp_path_factory.mktemp("real") / "catalog.duckdb"
    build(catalog, list(BUILT_IN.values()), real_metadata, quiet=True)
    return catalog


@pytest.mark.xdist_group("real")
def test_real_metadata(real_catalog: Path, real_metadata: Path) -> None:
    """All three targets at once: reading the files takes longest."""
    events = brute_force.present_events(real_metadata)
    clips = brute_force.clips(real_metadata)
    with duckdb.connect(str(real_catalog), read_only=True) as connection:
        for name, labels in LABELS.items():
            compare(connection, name, brute_force.target(events, clips, labels))


@pytest.mark.xdist_group("real")
@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("baby_cry", [2_039_519, 22_100, 20_311]),
        ("gun", [2_036_856, 21_979, 20_192]),
        ("snore", [2_039_197, 22_041, 20_251]),
    ],
)
def test_published_counts_of_weak_negatives(
    real_catalog: Path, name: str, published: list[int]
) -> None:
    with duckdb.connect(str(real_catalog), read_only=True) as connection:
        counts = dict(
            connection.execute(
                f"select dataset, count(*) from {name}.weak_negatives group by dataset"
            ).fetchall()
        )
    assert [counts[key] for key in ("unbalanced_train", "balanced_train", "eval")] == published


@pytest.mark.xdist_group("real")
def test_label_stats_of_real_metadata(real_catalog: Path, real_metadata: Path) -> None:
    durations: Counter = Counter()
    for event in brute_force.present_events(real_metadata):
        durations[event.dataset, event.label] += event.end - event.start
    counts = Counter(
        (clip.dataset, label) for clip in brute_force.clips(real_metadata) for label in clip.labels
    )
    with duckdb.connect(str(real_catalog), read_only=True) as connection:
        strong = connection.execute(
            "select dataset, label_id, cast(duration_seconds * 1000 as bigint)"
            " from strong_label_stats"
        ).fetchall()
        weak = connection.execute(
            "select dataset, label_id, clip_count from weak_label_stats"
        ).fetchall()
    assert {(dataset, label): value for dataset, label, value in strong} == durations
    assert {(dataset, label): value for dataset, label, value in weak} == counts


# Few ids, labels and times, so that events meet, touch and coincide.
ytids = st.sampled_from(["-abcdefghi_", "AAAAAAAAAAA", "__________-"])
labels = st.sampled_from(["/m/p1", "/m/p2", "/m/ignored", "/m/p", "/m/p11", "/t/other"])
times = st.integers(0, 40).map(lambda tenths: tenths * 137 % 10_001)
spans = st.tuples(times, times).map(sorted)
events = st.lists(st.tuples(ytids, spans, labels), max_size=25)
framed = st.lists(st.tuples(ytids, spans, labels, st.booleans()), max_size=25)
clips = st.lists(
    st.tuples(ytids, st.lists(labels, min_size=1, max_size=4, unique=True)),
    max_size=8,
    unique_by=lambda clip: clip[0],
)


def seconds(value: int) -> str:
    return f"{value // 1000}.{value % 1000:03d}"


def event_text(rows: list) -> str:
    return "\n".join(
        " ".join(
            [f"{ytid}_30000", seconds(start), seconds(end), label]
            + ["PRESENT" if value else "NOT_PRESENT" for value in present]
        )
        for ytid, (start, end), label, *present in rows
    )


def clip_text(rows: list) -> str:
    return "\n".join(f"{ytid} 30.000 40.000 {','.join(names)}" for ytid, names in rows)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    train=events,
    evaluation=events,
    frames=framed,
    unbalanced=clips,
    balanced=clips,
    length=st.sampled_from([1, 137, 500, 1000, 2500, 10_000]),
)
def test_random_metadata(train, evaluation, frames, unbalanced, balanced, length) -> None:
    with TemporaryDirectory() as folder:
        metadata = write_metadata(
            Path(folder) / "metadata",
            train=event_text(train),
            eval=event_text(evaluation),
            framed=event_text(frames),
            unbalanced=clip_text(unbalanced),
            balanced=clip_text(balanced),
            names="/m/p1 First\n/m/p2 Second\n/m/ignored Ignored",
        )
        catalog = Path(folder) / "catalog.duckdb"
        target = Target("t", ("First", "/m/p2"), ("Ignored",), False, Decimal(length) / 1000)
        build(catalog, [target], metadata, quiet=True)
        expected = brute_force.target(
            brute_force.present_events(metadata),
            brute_force.clips(metadata),
            {"/m/p1", "/m/p2"},
            {"/m/ignored"},
            length,
        )
        with duckdb.connect(str(catalog), read_only=True) as connection:
            compare(connection, "t", expected)
