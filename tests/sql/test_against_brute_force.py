"""Every relation of a target against the rules written once more in plain Python."""

import gc
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import brute_force
from support.effort import MORE
from support.inventory import found_files
from support.metadata import write_metadata

from audioset_duck.catalog.build import build
from audioset_duck.config.targets import BUILT_IN, Target
from audioset_duck.config.training_options import TrainingOptions

GUN = {"/m/032s66", "/m/04zjc", "/m/073cg4"}
LABELS = {"gun": GUN, "baby_cry": {"/t/dd00002"}, "snore": {"/m/01d3sd", "/m/07q0yl5"}}
EMERGENCY = Target(
    "emergency",
    (
        "Emergency vehicle",
        "Police car (siren)",
        "Ambulance (siren)",
        "Fire engine, fire truck (siren)",
    ),
    ignore=("Civil defense siren",),
)
# Of the real files: all samples of gun, and all events, windows and negatives of another target.
REAL = list(LABELS) if MORE > 1 else ["snore"]


def counted(rows: Iterable[tuple]) -> dict[tuple, int]:
    """How often each row occurs; dicts compare five times as fast as Counters."""
    return dict(Counter(rows))


def event_rows(connection: duckdb.DuckDBPyConnection, relation: str, more: str = "") -> dict:
    """Rows of a relation of events, in milliseconds; times must have three decimals."""
    rows = connection.execute(
        "select subset, event_id, clip_id, cast(start_seconds * 1000 as bigint),"
        f" cast(end_seconds * 1000 as bigint), label_id{more} from {relation}"
    ).fetchall()
    return counted(rows)


def compare(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    expected: brute_force.Target,
) -> None:
    assert event_rows(connection, f"{name}.positive_events", ", is_overlapped") == counted(
        (*event, overlapped) for event, overlapped in expected.positive_events
    )
    assert event_rows(connection, f"{name}.strong_negative_events") == counted(
        tuple(event) for event in expected.negative_events
    )
    assert event_rows(
        connection, f"{name}.positive_windows", ", is_overlapped, window_index"
    ) == counted(
        (*event, overlapped, index) for event, overlapped, index in expected.positive_windows
    )
    assert event_rows(connection, f"{name}.strong_negative_windows", ", window_index") == counted(
        (*event, index) for event, index in expected.negative_windows
    )
    clips = connection.execute(
        "select subset, clip_id, ytid, cast(video_start_seconds * 1000 as bigint),"
        f" cast(video_end_seconds * 1000 as bigint), label_ids from {name}.weak_negatives"
    ).fetchall()
    assert counted((*row[:-1], tuple(row[-1])) for row in clips) == counted(
        tuple(clip) for clip in expected.weak_negatives
    )


def compare_label_indices(
    connection: duckdb.DuckDBPyConnection,
    events: Iterable[brute_force.Event],
    clips: Iterable[brute_force.Clip],
) -> None:
    carried = {event.label for event in events} | {label for clip in clips for label in clip.labels}
    found = connection.execute(
        "select label_index, label_id from labels where label_index is not null order by all"
    )
    assert found.fetchall() == list(enumerate(sorted(carried)))


SAMPLE = """
    sample_key, role, split, subset, clip_id, ytid,
    cast(start_seconds * 1000 as bigint), cast(end_seconds * 1000 as bigint),
    label_id, label_ids, is_overlapped, audio_path
"""


def compare_training(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    candidates: Iterable[tuple[brute_force.Sample, str | None]],
    options: brute_force.Options = brute_force.USUAL,
) -> None:
    """Samples, their numbers, pools and counts."""
    candidates = list(candidates)
    samples = [sample for sample, reason in candidates if reason is None]
    rows = connection.execute(f"select {SAMPLE} from {name}.samples").fetchall()
    assert counted((*row[:9], tuple(row[9]), *row[10:]) for row in rows) == counted(samples)
    compare_numbers(connection, name, samples)
    compare_pools(connection, name, brute_force.pools(samples, options))
    compare_counts(connection, name, candidates)


def compare_numbers(
    connection: duckdb.DuckDBPyConnection, name: str, samples: Iterable[brute_force.Sample]
) -> None:
    """Each sample has an id of its own: weak clips first, then windows clip by clip."""
    ids = dict(connection.execute(f"select sample_key, sample_id from {name}.samples").fetchall())
    assert len(set(ids.values())) == len(ids)
    samples = list(samples)
    windows = sorted(
        (sample for sample in samples if not sample.role.startswith("weak_")),
        key=lambda sample: ids[sample.key],
    )
    order = [
        (list(brute_force.STRONG).index(sample.subset), sample.clip_id, *map(int, numbers))
        for sample in windows
        for numbers in [sample.key.rpartition("/")[2].split(".")]
    ]
    assert order == sorted(order)
    weak = [ids[sample.key] for sample in samples if sample.role.startswith("weak_")]
    assert max(weak, default=-1) < min((ids[sample.key] for sample in windows), default=10**9)


def test_ids_are_the_same_for_all_targets(demo_catalog: Path) -> None:
    with duckdb.connect(str(demo_catalog), read_only=True) as connection:
        ((samples, keys, ids),) = connection.execute("""
            select count(*), count(distinct sample_key), count(distinct sample_id)
            from (
                select sample_key, sample_id from gun.samples
                union
                select sample_key, sample_id from baby_cry.samples
                union
                select sample_key, sample_id from snore.samples
            )
        """).fetchall()
    assert samples == keys == ids


def compare_pools(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    pools: dict[tuple[str, str], brute_force.Pool],
) -> None:
    found = {
        (pool, label): brute_force.Pool(*values)
        for pool, label, *values in connection.execute(
            f"select pool, label_id, sample_count, weight, tier from {name}.label_pools"
        ).fetchall()
    }
    assert {key: (pool.samples, pool.tier) for key, pool in found.items()} == {
        key: (pool.samples, pool.tier) for key, pool in pools.items()
    }
    for key, pool in pools.items():
        assert found[key].weight == pytest.approx(pool.weight, rel=1e-5)


def compare_counts(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    candidates: Iterable[tuple[brute_force.Sample, str | None]],
) -> None:
    samples: Counter = Counter()
    clips: dict[tuple, set[str]] = {}
    for sample, reason in candidates:
        key = (sample.split, sample.role, sample.subset, reason)
        samples[key] += 1
        clips.setdefault(key, set()).add(sample.clip_id)
    found = connection.execute(
        f"select split, role, subset, reason, clip_count, sample_count from {name}.sample_counts"
    ).fetchall()
    assert sorted(found, key=str) == sorted(
        ((*key, len(clips[key]), count) for key, count in samples.items()), key=str
    )


@pytest.mark.parametrize("name", LABELS)
def test_samples_of_the_demo(demo_catalog: Path, demo_metadata: Path, name: str) -> None:
    with duckdb.connect(str(demo_catalog), read_only=True) as connection:
        candidates = brute_force.candidates(demo_metadata, LABELS[name])
        compare_training(connection, name, candidates)


@pytest.mark.parametrize("name", LABELS)
def test_demo(demo_catalog: Path, demo_metadata: Path, name: str) -> None:
    events = brute_force.present_events(demo_metadata)
    clips = brute_force.clips(demo_metadata)
    with duckdb.connect(str(demo_catalog), read_only=True) as connection:
        compare_label_indices(connection, events, clips)
        compare(connection, name, brute_force.target(events, clips, LABELS[name]))


@pytest.fixture(scope="session")
def real_catalog(real_metadata: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    catalog = tmp_path_factory.mktemp("real") / "catalog.duckdb"
    build(catalog, [*BUILT_IN.values(), EMERGENCY], real_metadata)
    return catalog


@pytest.fixture(scope="module")
def real_events(real_metadata: Path) -> Iterator[list[brute_force.Event]]:
    """All events that are heard. Millions of tuples: Python need not look for garbage in them."""
    gc.disable()
    yield brute_force.present_events(real_metadata)
    gc.enable()


@pytest.fixture(scope="module")
def real_clips(real_metadata: Path) -> list[brute_force.Clip]:
    return brute_force.clips(real_metadata)


@pytest.mark.slow
@pytest.mark.xdist_group("real")
@pytest.mark.parametrize("name", REAL)
def test_real_metadata(
    real_catalog: Path,
    real_events: list[brute_force.Event],
    real_clips: list[brute_force.Clip],
    name: str,
) -> None:
    with duckdb.connect(str(real_catalog), read_only=True) as connection:
        compare_label_indices(connection, real_events, real_clips)
        compare(connection, name, brute_force.target(real_events, real_clips, LABELS[name]))


@pytest.mark.slow
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
                f"select subset, count(*) from {name}.weak_negatives group by subset"
            ).fetchall()
        )
    assert [
        counts[key] for key in ("weak_unbalanced_train", "weak_balanced_train", "weak_eval")
    ] == published


@pytest.mark.slow
@pytest.mark.xdist_group("real")
def test_published_count_of_weak_positives(real_catalog: Path) -> None:
    """Of emergency vehicles, as a published data set has them."""
    with duckdb.connect(str(real_catalog), read_only=True) as connection:
        count = connection.execute("select count(*) from emergency.weak_positives").fetchall()
        reasons = connection.execute(
            "select reason, sum(sample_count) from emergency.sample_counts"
            " where role = 'weak_positive' group by reason order by reason nulls first"
        ).fetchall()
    assert count == [(8409,)]
    assert reasons == [(None, 8409 - 1197), ("has_strong_labels", 1197)]


@pytest.mark.slow
@pytest.mark.xdist_group("real")
def test_label_stats_of_real_metadata(
    real_catalog: Path, real_events: list[brute_force.Event], real_clips: list[brute_force.Clip]
) -> None:
    durations: Counter = Counter()
    for event in real_events:
        durations[event.subset, event.label] += event.end - event.start
    counts = Counter((clip.subset, label) for clip in real_clips for label in clip.labels)
    with duckdb.connect(str(real_catalog), read_only=True) as connection:
        strong = connection.execute(
            "select subset, label_id, cast(duration_seconds * 1000 as bigint)"
            " from strong_label_stats"
        ).fetchall()
        weak = connection.execute(
            "select subset, label_id, clip_count from weak_label_stats"
        ).fetchall()
    assert {(subset, label): value for subset, label, value in strong} == durations
    assert {(subset, label): value for subset, label, value in weak} == counts


def text_hash(text: str) -> int:
    return int.from_bytes(hashlib.md5(text.encode()).digest()[:8], "little")


@pytest.mark.slow
@pytest.mark.xdist_group("real")
def test_samples_of_real_metadata(real_catalog: Path, real_metadata: Path) -> None:
    """Some 5 million: the hashes of the rows are added up, by split and role."""
    hashes: Counter = Counter()
    counts: Counter = Counter()

    def kept() -> Iterable[brute_force.Sample]:
        for sample, reason in brute_force.candidates(real_metadata, GUN):
            counts[sample.split, sample.role, sample.subset, reason] += 1
            if reason is None:
                *values, label, labels, overlapped, _ = sample
                text = "|".join(map(str, [*values, label or "", ",".join(labels), overlapped]))
                hashes[sample.split, sample.role] += text_hash(text)
                yield sample

    pools = brute_force.pools(kept())
    with duckdb.connect(str(real_catalog), read_only=True) as connection:
        compare_pools(connection, "gun", pools)
        assert counts == {
            tuple(key): samples
            for *key, samples in connection.execute(
                "select split, role, subset, reason, sample_count from gun.sample_counts"
            ).fetchall()
        }
        assert hashes == {
            (split, role): value
            for split, role, value in connection.execute("""
                select split, role, sum(cast(
                    md5_number(concat_ws(
                        '|', sample_key, role, split, subset, clip_id, ytid,
                        cast(start_seconds * 1000 as bigint), cast(end_seconds * 1000 as bigint),
                        coalesce(label_id, ''), array_to_string(label_ids, ','),
                        case is_overlapped when true then 'True' when false then 'False'
                        else 'None' end
                    )) & 18446744073709551615 as ubigint
                ))
                from gun.samples
                group by split, role
            """).fetchall()
        }


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


audio = st.lists(
    st.tuples(ytids, st.sampled_from(["ok", "ok", "silent", "missing"]), st.integers(0, 20_000)),
    max_size=5,
)


def inventory_rows(rows: list) -> list[dict]:
    return [
        {
            "ytid": ytid,
            "status": status,
            "audio_path": f"/audio/{index}.wav" if status == "ok" else None,
            "duration_seconds": Decimal(duration) / 1000 if duration else None,
        }
        for index, (ytid, status, duration) in enumerate(rows)
    ]


@pytest.mark.slow
@settings(max_examples=8 * MORE, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    train=events,
    evaluation=events,
    frames=framed,
    unbalanced=clips,
    balanced=clips,
    length=st.sampled_from([1, 137, 500, 1000, 2500, 10_000]),
    files=st.none() | audio.map(inventory_rows),
    options=st.builds(
        brute_force.Options,
        st.sets(labels, max_size=3).map(frozenset),
        st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(1)]),
        st.integers(0, 4),
        st.integers(0, 3),
        st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(11, 20), Fraction(1)]),
    ),
)
def test_random_metadata(
    train, evaluation, frames, unbalanced, balanced, length, files, options
) -> None:
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
        samples = {
            "head_labels": sorted(options.head_labels),
            "head_keep_frac": float(options.head_keep_frac),
            "completion_rare_cutoff": options.rare_cutoff,
            "seed": options.seed,
        }
        training = TrainingOptions(
            tier_a_coverage=Decimal(str(float(options.tier_a_coverage))),
        )
        target = Target(
            "t", ("First", "/m/p2"), ("Ignored",), False, Decimal(length) / 1000, training
        )
        inventory = None if files is None else found_files(files)
        build(catalog, [target], metadata, samples=samples, inventory=inventory)
        heard = brute_force.present_events(metadata)
        weak = brute_force.clips(metadata)
        expected = brute_force.target(heard, weak, {"/m/p1", "/m/p2"}, {"/m/ignored"}, length)
        with duckdb.connect(str(catalog), read_only=True) as connection:
            compare_label_indices(connection, heard, weak)
            compare(connection, "t", expected)
            candidates = brute_force.candidates(
                metadata, {"/m/p1", "/m/p2"}, {"/m/ignored"}, length, options, files
            )
            compare_training(connection, "t", candidates, options)
