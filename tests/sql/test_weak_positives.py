"""Weak positives: which clips they are, and how an epoch uses them."""

import functools
import math
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from support.metadata import write_sounds

from audioset_duck.catalog.build import build
from audioset_duck.config.targets import Target
from audioset_duck.config.training_options import TrainingOptions

Connection = duckdb.DuckDBPyConnection
Opener = Callable[..., Connection]
SIXTH = TrainingOptions(
    pos_weak_per_batch_frac=Decimal("0.125"), weak_neg_per_batch_frac=Decimal("0.375")
)
OTHERS = {"/m/a": 40, "/m/b": 25}


@pytest.fixture(scope="module")
def open_target(tmp_path_factory: pytest.TempPathFactory) -> Opener:
    """Open a catalog of so many positives and weak positives; each is built once."""

    @functools.cache
    def built(positives: int, weak_positives: int, training: TrainingOptions) -> Path:
        folder = tmp_path_factory.mktemp("weak_positives")
        weak = {"/m/gun": weak_positives, "/m/a": 60, "/m/b": 30}
        metadata = write_sounds(folder / "metadata", positives, OTHERS, weak)
        build(folder / "catalog.duckdb", [Target("t", ("/m/gun",), training=training)], metadata)
        return folder / "catalog.duckdb"

    return lambda *options: duckdb.connect(str(built(*options)), read_only=True)


def plan(
    connection: Connection, batch: int, rank: int = 0, world: int = 1, epoch: int = 0
) -> list[tuple]:
    return connection.execute(
        "select step, slot, draw, sample_id, role, label_id, crop_start_seconds"
        f" from (from t.epoch_plan(3, {epoch}, {batch}, {rank}, {world})) as plan"
        " join (select sample_id, role from t.samples) using (sample_id) order by step, slot"
    ).fetchall()


def test_which_clips_are_weak_positives(tmp_path: Path) -> None:
    metadata = write_sounds(
        tmp_path / "metadata",
        1,
        train="s0000000001_0 0.000 1.000 /m/other",
        framed="f0000000001_0 0.000 0.960 /m/other NOT_PRESENT",
        balanced="""
            a0000000001 0.000 10.000 /m/gun
            a0000000002 0.000 10.000 /m/gun,/m/other
            a0000000003 0.000 10.000 /m/gun,/m/ignored
            a0000000004 0.000 10.000 /m/gunshot
            s0000000001 0.000 10.000 /m/gun
            f0000000001 0.000 10.000 /m/gun
            s0000000001 20.000 30.000 /m/gun
            g0000000000 0.000 10.000 /m/other
        """,
        unbalanced="h0000000001 0.000 10.000 /m/gun,/m/09x0r",
        weak_eval="e0000000001 0.000 10.000 /m/gun",
        names="/m/gun Gun\n/m/ignored I\n/m/other O\n/m/gunshot S\n/m/09x0r Speech",
    )
    target = Target("t", ("/m/gun",), ignore=("/m/ignored",))
    build(tmp_path / "catalog.duckdb", [target], metadata, samples={"head_keep_frac": 0})
    with duckdb.connect(str(tmp_path / "catalog.duckdb"), read_only=True) as connection:
        relation = connection.execute("select clip_id from t.weak_positives order by 1").fetchall()
        samples = connection.execute(
            "select clip_id, split, label_ids from t.samples where role = 'weak_positive'"
            " order by clip_id"
        ).fetchall()
        counts = connection.execute(
            "select subset, reason, clip_count, sample_count from t.sample_counts"
            " where role = 'weak_positive' order by all"
        ).fetchall()
    assert [clip_id for (clip_id,) in relation] == [
        "a0000000001_0",
        "a0000000002_0",
        "e0000000001_0",
        "f0000000001_0",
        "h0000000001_0",
        "s0000000001_0",
        "s0000000001_20000",
    ]
    # Head trimming is of negatives only. Another clip of a strongly labelled video is not labelled.
    assert samples == [
        ("a0000000001_0", "train", ["/m/gun"]),
        ("a0000000002_0", "train", ["/m/gun", "/m/other"]),
        ("e0000000001_0", "eval", ["/m/gun"]),
        ("h0000000001_0", "train", ["/m/09x0r", "/m/gun"]),
        ("s0000000001_20000", "train", ["/m/gun"]),
    ]
    assert counts == [
        ("weak_balanced_train", "has_strong_labels", 2, 2),
        ("weak_balanced_train", None, 3, 3),
        ("weak_eval", None, 1, 1),
        ("weak_unbalanced_train", None, 1, 1),
    ]


@pytest.mark.parametrize("batch", [8, 31, 64])
def test_they_have_their_share_of_a_batch(open_target: Opener, batch: int) -> None:
    with open_target(50, 20, SIXTH) as connection:
        rows = plan(connection, batch)
    steps = math.ceil(50 / (batch // 4))
    assert Counter(role for _, _, _, _, role, *_ in rows) == {
        "positive": steps * (batch // 4),
        "weak_positive": steps * (batch // 8),
        "strong_negative": steps * (batch // 4),
        "weak_negative": steps * (batch - 2 * (batch // 4) - batch // 8),
    }
    for _, _, draw, _, role, label_id, crop in rows:
        assert (draw == "weak_positive") == (role == "weak_positive")
        if draw == "weak_positive":
            assert label_id is None
            assert 0 <= crop <= 9


@pytest.mark.parametrize("world", [1, 2, 3])
def test_none_repeats_before_all_of_a_rank_are_used(open_target: Opener, world: int) -> None:
    with open_target(50, 20, SIXTH) as connection:
        ranks = [plan(connection, 16, rank, world) for rank in range(world)]
    used = [[row[3] for row in rows if row[2] == "weak_positive"] for rows in ranks]
    assert len({sample for ids in used for sample in ids}) == sum(len(set(ids)) for ids in used)
    for ids in used:
        own = list(dict.fromkeys(ids))
        assert ids == [own[turn % len(own)] for turn in range(len(ids))]
        if len(ids) >= 20:
            assert len(own) == 20 // world + (20 % world > 0) or len(own) == 20 // world


def test_another_epoch_has_another_order_and_other_crops(
    open_target: Opener,
) -> None:
    with open_target(50, 20, SIXTH) as connection:
        first, second = (
            [
                (row[3], row[6])
                for row in plan(connection, 16, epoch=epoch)
                if row[2] == "weak_positive"
            ]
            for epoch in (0, 1)
        )
    assert [sample for sample, _ in first] != [sample for sample, _ in second]
    assert {crop for _, crop in first}.isdisjoint({crop for _, crop in second})


@pytest.mark.parametrize("training", [TrainingOptions(), SIXTH])
@pytest.mark.parametrize("world", [1, 2])
def test_without_strong_positives_they_fill_the_slots_and_count_the_steps(
    open_target: Opener, training: TrainingOptions, world: int
) -> None:
    with open_target(0, 21, training) as connection:
        ranks = [plan(connection, 16, rank, world) for rank in range(world)]
    slots = 4 + (2 if training is SIXTH else 0)
    steps = math.ceil(21 / (slots * world))
    used: Counter = Counter()
    for rows in ranks:
        assert {step for step, *_ in rows} == set(range(steps))
        ids = [row[3] for row in rows if row[2] == "weak_positive"]
        assert len(ids) == slots * steps
        assert "positive" not in {row[2] for row in rows}
        used.update(set(ids))
    # Every one is used, and none by two ranks.
    assert len(used) == 21
    assert set(used.values()) == {1}


def test_no_weak_negatives_at_a_share_of_0(open_target: Opener) -> None:
    training = TrainingOptions(
        pos_per_batch_frac=Decimal("0.5"),
        strong_neg_per_batch_frac=Decimal("0.5"),
        weak_neg_per_batch_frac=Decimal(0),
    )
    with open_target(10, 2, training) as connection:
        rows = plan(connection, 17)
    assert {row[4] for row in rows} == {"positive", "strong_negative"}
    assert Counter(row[4] for row in rows if row[0] == 0) == {"positive": 8, "strong_negative": 9}
