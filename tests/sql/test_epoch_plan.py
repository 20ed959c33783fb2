"""The epoch plan: what each batch of each rank holds, against the rules in plain Python."""

import hashlib
import itertools
import math
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import brute_force
from support.commands import SHELLS
from support.effort import MORE
from support.inventory import found_files
from support.metadata import write_sounds

import audioset_duck.catalog.connection
from audioset_duck.catalog.build import build
from audioset_duck.config.targets import BUILT_IN, Target
from audioset_duck.config.training_options import TrainingOptions
from audioset_duck.sqltext import literal

USUAL = TrainingOptions()
WORLDS = (1, 2, 3, 8)
# The least batches that have a positive, ones that divide by nothing, and usual ones.
BATCHES = (4, 7, 13, 31, 32, 100, 256)


class Slot(NamedTuple):
    step: int
    slot: int
    sample_id: int
    draw: str
    label: str | None
    crop: Decimal | None


class Sample(NamedTuple):
    key: str
    role: str
    split: str
    label: str | None
    labels: tuple[str, ...]
    end: Decimal


class Catalog:
    """A target's samples, and its plans."""

    def __init__(
        self, path: Path, target: str, training: TrainingOptions = USUAL, cutoff: int = 10
    ) -> None:
        self.path = path
        self.target = target
        self.training = training
        self.connection = duckdb.connect(str(path), read_only=True)
        self.samples = {
            sample_id: Sample(*values[:4], tuple(values[4]), values[5])
            for sample_id, *values in self.connection.execute(
                "select sample_id, sample_key, role, split, label_id, label_ids, end_seconds"
                f" from {target}.samples"
            ).fetchall()
        }
        self.positives = self.ids("positive")
        counts = Counter(
            (sample.role, label)
            for sample in self.samples.values()
            if sample.split == "train" and sample.role.endswith("_negative")
            for label in sample.labels
            if sample.role == "weak_negative" or label == sample.label
        )
        self.named = {key for key, count in counts.items() if count >= cutoff}

    def ids(self, role: str) -> list[int]:
        return [
            sample_id
            for sample_id, sample in self.samples.items()
            if (sample.role, sample.split) == (role, "train")
        ]

    def pool_labels(self, sample_id: int) -> set[str]:
        """The labels of its pool that a negative is drawn by."""
        sample = self.samples[sample_id]
        labels = sample.labels if sample.label is None else (sample.label,)
        return {label if (sample.role, label) in self.named else "other_rare" for label in labels}

    def weights(self, pool: str) -> dict[str, tuple[float, str]]:
        rows = self.connection.execute(
            f"select label_id, weight, tier from {self.target}.label_pools where pool = ?", [pool]
        ).fetchall()
        return {label: (weight, tier) for label, weight, tier in rows}

    def plan(
        self,
        seed: int,
        epoch: int,
        batch: int,
        rank: int = 0,
        world: int = 1,
        hard: Sequence[int] = (),
    ) -> list[Slot]:
        arguments = f"{seed}, {epoch}, {batch}, {rank}, {world}, {list(hard)}"
        rows = self.connection.execute(
            f"from {self.target}.epoch_plan({arguments}) order by step, slot"
        ).fetchall()
        return [Slot(*row) for row in rows]


@pytest.fixture(scope="module")
def gun(demo_catalog: Path) -> Iterator[Catalog]:
    catalog = Catalog(demo_catalog, "gun")
    yield catalog
    catalog.connection.close()


CHANGED = TrainingOptions(
    pos_per_batch_frac=Decimal("0.3"),
    strong_neg_per_batch_frac=Decimal("0.45"),
    weak_neg_per_batch_frac=Decimal("0.25"),
    tier_a_fraction=Decimal("0.55"),
    primary_fraction=Decimal("0.35"),
    tier_a_coverage=Decimal("0.5"),
)


@pytest.fixture(scope="module", params=["usual", "changed", "all rare"])
def small(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    """Few samples, so that they are used up: with usual options, changed ones, in one bucket."""
    training, cutoff = {
        "usual": (TrainingOptions(), 10),
        "changed": (CHANGED, 3),
        "all rare": (TrainingOptions(), 1000),
    }[request.param]
    folder = tmp_path_factory.mktemp("small")
    sounds = {"/m/a": 60, "/m/b": 25, "/m/c": 11, "/m/d": 10, "/m/e": 9, "/m/f": 2, "/m/g": 1}
    metadata = write_sounds(
        folder / "metadata", 37, sounds, {"/m/a,/m/b": 20, "/m/b,/m/e,/m/f": 3, "/m/c": 12}
    )
    target = Target("t", ("/m/gun",), training=training)
    samples = {"completion_rare_cutoff": cutoff}
    build(folder / "catalog.duckdb", [target], metadata, samples=samples)
    catalog = Catalog(folder / "catalog.duckdb", "t", training, cutoff)
    yield catalog
    catalog.connection.close()


def shares(batch: int, training: TrainingOptions) -> Counter:
    """Rule 9, in exact fractions."""

    def part(whole: int, share: Decimal) -> int:
        return math.floor(whole * Fraction(share))

    positives = part(batch, training.pos_per_batch_frac)
    strong = part(batch, training.strong_neg_per_batch_frac)
    first_tier = part(strong, training.tier_a_fraction)
    primary = part(first_tier, training.primary_fraction)
    return +Counter(
        positive=positives,
        tier_a=primary,
        completion=first_tier - primary,
        tier_b=strong - first_tier,
        weak=batch - positives - strong,
    )


def rank_of(key: str, world: int) -> int:
    """The rank whose slices of the shuffle key hold a negative."""
    shuffle_key = int.from_bytes(hashlib.md5(key.encode()).digest(), "little") >> 96
    return shuffle_key // 2**22 * world // 1024


def check_make_up(plan: list[Slot], batch: int, training: TrainingOptions) -> None:
    """Every batch has the same draws in the same slots; hard negatives take those of tier B."""
    expected = shares(batch, training)
    for _, rows in itertools.groupby(plan, key=lambda row: row.step):
        slots = list(rows)
        assert [row.slot for row in slots] == list(range(batch))
        draws = ["tier_b" if row.draw == "hard" else row.draw for row in slots]
        assert Counter(draws) == expected
        order = ("positive", "tier_a", "completion", "tier_b", "weak")
        assert draws == sorted(draws, key=order.index)


def check_positives(catalog: Catalog, plans: list[list[Slot]]) -> None:
    """Each rank uses all its own before it repeats one, and all ranks together use all."""
    dealt = []
    for plan in plans:
        used = [row.sample_id for row in plan if row.draw == "positive"]
        own = list(dict.fromkeys(used))
        assert used == [own[turn % len(own)] for turn in range(len(used))]
        assert len(used) < 2 * len(own) + shares_of_a_step(used, plan)
        dealt += own
    assert sorted(dealt) == sorted(catalog.positives)


def shares_of_a_step(used: list[int], plan: list[Slot]) -> int:
    return len(used) // (plan[-1].step + 1)


def check_members(catalog: Catalog, plan: list[Slot], rank: int, world: int) -> None:
    """A draw takes a sample of its label and its rank, and none again before all are taken."""
    members: Counter = Counter(
        (catalog.samples[sample_id].role, label)
        for role in ("strong_negative", "weak_negative")
        for sample_id in catalog.ids(role)
        if rank_of(catalog.samples[sample_id].key, world) == rank
        for label in catalog.pool_labels(sample_id)
    )
    walked: dict[tuple[str, str], list[int]] = {}
    for row in plan:
        if row.draw in ("positive", "hard"):
            continue
        sample = catalog.samples[row.sample_id]
        assert sample.role == ("weak_negative" if row.draw == "weak" else "strong_negative")
        assert sample.split == "train"
        assert row.label in catalog.pool_labels(row.sample_id)
        assert rank_of(sample.key, world) == rank
        walked.setdefault((sample.role, row.label), []).append(row.sample_id)
    for key, used in walked.items():
        for start in range(0, len(used), members[key]):
            turn = used[start : start + members[key]]
            assert len(set(turn)) == len(turn), key


def check_crops(catalog: Catalog, plan: list[Slot], length: Decimal) -> None:
    for row in plan:
        sample = catalog.samples[row.sample_id]
        if sample.role == "weak_negative":
            assert 0 <= row.crop <= max(Decimal(0), sample.end - length)
        else:
            assert row.crop is None


def check_completion(catalog: Catalog, plans: list[list[Slot]]) -> None:
    """On one rank: a slot takes a label not seen in the batches before, until all are seen."""
    (plan,) = plans
    labels = set(catalog.weights("strong_negative"))
    seen: set[str] = set()
    for _, rows in itertools.groupby(plan, key=lambda row: row.step):
        batch = list(rows)
        for row in batch:
            if row.draw == "completion":
                assert row.label not in seen or seen == labels
                seen.add(row.label)
        for row in batch:
            # A hard negative may be a weak one: it is of no label of the strong pool.
            if row.draw != "positive" and catalog.samples[row.sample_id].label:
                seen |= catalog.pool_labels(row.sample_id)


def check_epoch(
    catalog: Catalog, seed: int, epoch: int, batch: int, world: int, hard: Sequence[int] = ()
) -> list[list[Slot]]:
    """All that holds of every epoch. Returns the plans of the ranks."""
    plans = [catalog.plan(seed, epoch, batch, rank, world, hard) for rank in range(world)]
    positives = shares(batch, catalog.training)["positive"]
    steps = math.ceil(Fraction(len(catalog.positives), positives * world))
    for rank, plan in enumerate(plans):
        assert len(plan) == steps * batch
        check_make_up(plan, batch, catalog.training)
        check_members(catalog, plan, rank, world)
        check_crops(catalog, plan, Decimal(1))
    check_positives(catalog, plans)
    taken = [{row.sample_id for row in plan} for plan in plans]
    assert sum(map(len, taken)) == len(set().union(*taken))
    if world == 1:
        check_completion(catalog, plans)
    return plans


@pytest.mark.parametrize("world", [33, 64])
def test_many_ranks(gun: Catalog, world: int) -> None:
    """Each has whole batches, and no sample of another rank."""
    plans = [gun.plan(0, 0, 32, rank, world) for rank in (0, world // 2, world - 1)]
    for plan in plans:
        check_make_up(plan, 32, USUAL)
    for first, second in itertools.combinations(plans, 2):
        assert {row.sample_id for row in first}.isdisjoint(row.sample_id for row in second)


def test_ranks_share_the_slices_evenly(gun: Catalog) -> None:
    rows = gun.connection.execute("""
        select world_size, min(slice_count), max(slice_count), count(*), sum(slice_count)
        from (
            select world_size, main.rank_of(cast(slice as smallint), world_size) as on_rank,
                count(*) as slice_count
            from range(1024) as slices (slice),
                unnest([1, 3, 33, 1000, 1024]) as worlds (world_size)
            group by all
        )
        group by world_size
        order by world_size
    """).fetchall()
    assert rows == [
        (world, 1024 // world, -(-1024 // world), world, 1024) for world in (1, 3, 33, 1000, 1024)
    ]


@pytest.mark.parametrize("world", WORLDS)
def test_an_epoch_of_the_demo(gun: Catalog, world: int) -> None:
    plans = check_epoch(gun, 0, 0, 32, world)
    drawn = {row.label for plan in plans for row in plan if row.draw in STRONG_DRAWS}
    assert drawn == set(gun.weights("strong_negative"))


STRONG_DRAWS = ("tier_a", "completion", "tier_b")


@pytest.mark.parametrize("batch", BATCHES)
def test_batches_of_the_demo(gun: Catalog, batch: int) -> None:
    check_epoch(gun, 1, 2, batch, 1)


@pytest.mark.slow
@settings(max_examples=12 * MORE, deadline=None)
@given(
    seed=st.integers(0, 2**62),
    epoch=st.integers(0, 2**31),
    batch=st.integers(4, 60),
    world=st.sampled_from([1, 2, 3]),
    hard=st.integers(0, 40),
)
def test_any_epoch(small: Catalog, seed: int, epoch: int, batch: int, world: int, hard: int):
    negatives = small.ids("strong_negative") + small.ids("weak_negative")
    check_epoch(small, seed, epoch, batch, world, random.Random(seed).sample(negatives, hard))


def test_the_make_up_of_any_batch_size(small: Catalog) -> None:
    for batch in [*range(1, 130), 997, 4096]:
        rows = small.connection.execute(
            "select draw, slot, draw_slot, draw_slot_count"
            f" from t.batch_slots({batch}) order by slot"
        ).fetchall()
        expected = shares(batch, small.training)
        expected["hard"] = expected.pop("tier_b", 0)
        assert Counter(draw for draw, *_ in rows) == +expected
        assert [slot for _, slot, *_ in rows] == list(range(batch))
        assert all(slots == expected[draw] for draw, _, _, slots in rows)


def test_a_batch_without_a_positive_makes_no_epoch(gun: Catalog) -> None:
    assert gun.plan(0, 0, 3) == []


@pytest.mark.parametrize("world", WORLDS)
def test_an_epoch_ends_when_every_positive_is_used(small: Catalog, world: int) -> None:
    """37 positives: the last step may repeat some, none before it does."""
    plans = [small.plan(0, 0, 16, rank, world) for rank in range(world)]
    last = plans[0][-1].step
    early = [
        row.sample_id
        for plan in plans
        for row in plan
        if row.draw == "positive" and row.step < last
    ]
    assert len(set(early)) == len(early) < 37


def test_each_epoch_shuffles_the_positives_again(gun: Catalog) -> None:
    """The place of a positive in an epoch says nothing of its place in the next."""
    orders = [
        [row.sample_id for row in gun.plan(0, epoch, 64) if row.draw == "positive"]
        for epoch in range(2)
    ]
    places = [
        {sample: place for place, sample in reversed([*enumerate(order)])} for order in orders
    ]
    count = len(gun.positives)
    mean = (count - 1) / 2
    covariance = sum((places[0][s] - mean) * (places[1][s] - mean) for s in gun.positives) / count
    # The correlation of two orders of n has a standard deviation of 1 / sqrt(n - 1).
    assert abs(covariance / ((count**2 - 1) / 12)) < 4 / math.sqrt(count - 1)


def chi_square(drawn: Counter, weights: Mapping[str, float]) -> float:
    """How many standard deviations the statistic is from what chance makes it.

    By E. B. Wilson and M. M. Hilferty, "The distribution of chi-square", PNAS 17(12), 1931.
    """
    assert drawn.keys() <= weights.keys()
    total, whole = sum(drawn.values()), sum(weights.values())
    expected = {label: total * weight / whole for label, weight in weights.items()}
    assert min(expected.values()) >= 5
    statistic = sum((drawn[label] - mean) ** 2 / mean for label, mean in expected.items())
    freedom = len(weights) - 1
    spread = 2 / (9 * freedom)
    return ((statistic / freedom) ** (1 / 3) - (1 - spread)) / math.sqrt(spread)


@pytest.fixture(scope="module")
def epochs(gun: Catalog) -> list[Slot]:
    return [row for epoch in range(20) for row in gun.plan(7, epoch, 64)]


def test_labels_are_drawn_by_their_weights(gun: Catalog, epochs: list[Slot]) -> None:
    """Tier A and weak ones by weight, tier B uniformly; and the test could tell."""
    strong, weak = gun.weights("strong_negative"), gun.weights("weak_negative")
    tiers = {
        tier: {label: weight for label, (weight, own) in strong.items() if own == tier}
        for tier in "AB"
    }
    by_weight = {
        "tier_a": tiers["A"],
        "weak": {label: weight for label, (weight, _) in weak.items()},
    }
    for role, weights in by_weight.items():
        drawn = Counter(row.label for row in epochs if row.draw == role)
        assert chi_square(drawn, weights) < 3.5
        assert chi_square(drawn, dict.fromkeys(weights, 1)) > 10
    drawn = Counter(row.label for row in epochs if row.draw == "tier_b")
    assert chi_square(drawn, dict.fromkeys(tiers["B"], 1)) < 3.5
    assert chi_square(drawn, tiers["B"]) > 10


@pytest.mark.slow
def test_members_of_a_label_are_drawn_alike(gun: Catalog) -> None:
    """Over many epochs no member of a label has a better chance than another."""
    label, count = Counter(
        {label: len(members) for label, members in members_of(gun, "weak_negative").items()}
    ).most_common()[-1]
    drawn: Counter = Counter()
    for epoch in range(30):
        drawn.update(
            str(row.sample_id)
            for row in gun.plan(3, epoch, 16)
            if row.draw == "weak" and row.label == label
        )
    # The draws of an epoch are without replacement: they spread more evenly than chance does.
    assert (
        chi_square(drawn, dict.fromkeys(map(str, members_of(gun, "weak_negative")[label]), 1)) < 3
    )
    assert count > 5


def members_of(catalog: Catalog, role: str) -> dict[str, list[int]]:
    members: dict[str, list[int]] = {}
    for sample_id in catalog.ids(role):
        for label in catalog.pool_labels(sample_id):
            members.setdefault(label, []).append(sample_id)
    return members


def test_crops_are_uniform(gun: Catalog, epochs: list[Slot]) -> None:
    """Of a clip of 10 s, at 0.000 to 9.000: 9,001 places."""
    crops = [
        row.crop
        for row in epochs
        if row.draw == "weak" and gun.samples[row.sample_id].end == Decimal(10)
    ]
    assert len(crops) > 10_000
    parts = Counter(str(min(int(crop), 8)) for crop in crops)
    assert chi_square(parts, dict.fromkeys(map(str, range(9)), 1)) < 3.5
    assert max(crops) > Decimal("8.99")
    assert min(crops) < Decimal("0.01")


@pytest.mark.slow
def test_crops_know_the_length_of_the_audio(tmp_path: Path) -> None:
    metadata = write_sounds(tmp_path / "metadata", 8, {"/m/a": 20}, {"/m/b": 3})
    inventory = [
        {"ytid": f"{letter}{number:010d}", "status": "ok", "audio_path": f"/{letter}{number}.wav"}
        for letter, numbers in {"g": range(8), "s": range(20), "w": range(3)}.items()
        for number in numbers
    ]
    lengths = {"w0000000000": "0.400", "w0000000001": "1.003", "w0000000002": "10.007"}
    for row in inventory:
        row["duration_seconds"] = Decimal(lengths.get(row["ytid"], "10.000"))
    target = Target("t", ("/m/gun",))
    build(tmp_path / "catalog.duckdb", [target], metadata, inventory=found_files(inventory))
    catalog = Catalog(tmp_path / "catalog.duckdb", "t")
    crops: dict[str, set[Decimal]] = {}
    for epoch in range(20):
        hard = catalog.ids("weak_negative")
        plan = catalog.plan(0, epoch, 16, hard=hard)
        check_crops(catalog, plan, Decimal(1))
        for row in plan:
            if row.crop is not None:
                crops.setdefault(catalog.samples[row.sample_id].key[-13:-2], set()).add(row.crop)
    catalog.connection.close()
    assert crops["w0000000000"] == {0}
    assert crops["w0000000001"] == {Decimal(thousandths) / 1000 for thousandths in range(4)}
    assert Decimal(8) < max(crops["w0000000002"]) <= Decimal("9.007")


@pytest.mark.parametrize("world", WORLDS)
def test_hard_negatives(gun: Catalog, world: int) -> None:
    """The newest first, each once, on its own rank, and before any draw of tier B."""
    numbers = random.Random(world)
    hard = numbers.sample(gun.ids("strong_negative"), 40) + numbers.sample(
        gun.ids("weak_negative"), 20
    )
    numbers.shuffle(hard)
    # What is found again is used once, as old as its newest finding.
    plans = check_epoch(gun, 0, 3, 32, world, [*hard, *hard[10:0:-1]])
    for rank, plan in enumerate(plans):
        own = [item for item in hard if rank_of(gun.samples[item].key, world) == rank]
        used = [row for row in plan if row.draw in ("hard", "tier_b")]
        assert [row.sample_id for row in used[: len(own)]] == own[: len(used)]
        assert [row.draw for row in used] == ["hard"] * len(own) + ["tier_b"] * (
            len(used) - len(own)
        )
        assert all(row.label == gun.samples[row.sample_id].label for row in used[: len(own)])


def test_more_hard_negatives_than_places(gun: Catalog) -> None:
    hard = gun.ids("strong_negative")[::7]
    plan = check_epoch(gun, 0, 0, 16, 1, hard)[0]
    used = [row.sample_id for row in plan if row.draw == "hard"]
    assert not [row for row in plan if row.draw == "tier_b"]
    assert used == hard[: len(used)]


def test_hard_negatives_change_nothing_but_tier_b_and_completion(gun: Catalog) -> None:
    roles = ("positive", "tier_a", "weak")

    def drawn(plan: list[Slot]) -> list[tuple]:
        return [(row.step, row.slot, row.draw, row.label) for row in plan if row.draw in roles]

    hard = gun.ids("strong_negative")[:50]
    assert drawn(gun.plan(0, 0, 32)) == drawn(gun.plan(0, 0, 32, hard=hard))


def test_a_hard_negative_of_a_rare_label_completes_its_bucket(small: Catalog) -> None:
    if "other_rare" not in small.weights("strong_negative"):
        pytest.skip("no label is rare")
    rare = next(
        sample_id
        for sample_id in small.ids("strong_negative")
        if small.pool_labels(sample_id) == {"other_rare"}
    )
    check_epoch(small, 0, 0, 32, 1, [rare])


@pytest.mark.parametrize("other", [(1, 0, 32, 0, 2), (0, 1, 32, 0, 2), (0, 0, 32, 1, 2)])
def test_another_seed_epoch_or_rank_has_another_plan(gun: Catalog, other: tuple) -> None:
    plan, changed = gun.plan(0, 0, 32, 0, 2), gun.plan(*other)
    for role in ("positive", "tier_a", "tier_b", "weak"):
        ids = [[row.sample_id for row in rows if row.draw == role] for rows in (plan, changed)]
        assert ids[0] != ids[1], role
    crops = [[row.crop for row in rows if row.crop is not None] for rows in (plan, changed)]
    assert crops[0] != crops[1]


# Two strong negatives and a weak one that rank 1 of 3 draws from.
HARD = [1233, 4, 1235]
DIGEST = f"""
    select md5(string_agg(
        concat_ws(':', step, slot, sample_id, draw, label_id, crop_start_seconds), ','
        order by step, slot
    ))
    from gun.epoch_plan(11, 5, 48, 1, 3, {HARD})
"""


@pytest.fixture(scope="module")
def digest(gun: Catalog) -> str:
    rows = gun.plan(11, 5, 48, 1, 3, HARD)
    assert {row.draw for row in rows} == {"positive", *STRONG_DRAWS, "hard", "weak"}
    text = ",".join(":".join(str(value) for value in row if value is not None) for row in rows)
    return hashlib.md5(text.encode()).hexdigest()


@pytest.mark.parametrize("threads", [1, 8])
def test_the_plan_does_not_depend_on_threads(demo_catalog: Path, digest: str, threads: int) -> None:
    with duckdb.connect(config={"threads": threads}) as connection:
        connection.execute(f"attach {literal(str(demo_catalog))} as demo (read_only); use demo")
        assert connection.execute(DIGEST).fetchall() == [(digest,)]


@pytest.mark.parametrize("hash_seed", ["0", "12345"])
def test_the_plan_is_the_same_in_another_process(
    demo_catalog: Path, digest: str, hash_seed: str
) -> None:
    code = (
        f"import duckdb; c = duckdb.connect({str(demo_catalog)!r}, True); print(c.sql({DIGEST!r}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert digest in result.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_the_plan_is_the_same_in_any_shell(demo_catalog: Path, digest: str, shell: Path) -> None:
    result = subprocess.run(
        [shell, "-readonly", "-csv", "-noheader", str(demo_catalog), DIGEST],
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == digest


def test_a_build_by_eight_threads_gives_the_same_plan(
    demo_metadata: Path, tmp_path: Path, digest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = duckdb.connect
    monkeypatch.setattr(
        audioset_duck.catalog.connection.duckdb, "connect", lambda: connect(config={"threads": 8})
    )
    build(tmp_path / "catalog.duckdb", [BUILT_IN["gun"]], demo_metadata)
    with connect(str(tmp_path / "catalog.duckdb"), read_only=True) as connection:
        assert connection.execute(DIGEST).fetchall() == [(digest,)]


def head_clips(metadata: Path, catalog: Path, target: str = "gun") -> dict[bool, Counter]:
    """How many clips with a head label are kept, among those with a rare label and the others."""
    clips = [clip for clip in brute_force.clips(metadata) if clip.subset == "weak_unbalanced_train"]
    carried = Counter(label for clip in clips for label in clip.labels)
    with duckdb.connect(str(catalog), read_only=True) as connection:
        kept = {
            clip_id
            for (clip_id,) in connection.execute(
                f"select clip_id from {target}.samples where subset = 'weak_unbalanced_train'"
            ).fetchall()
        }
        wanted = {
            clip_id
            for (clip_id,) in connection.execute(f"""
                select clip_id from {target}.weak_negatives where subset = 'weak_unbalanced_train'
                and clip_id not in (select clip_id from {target}.positive_events)
            """).fetchall()
        }
    found = {True: Counter(), False: Counter()}
    for clip in clips:
        if clip.clip_id in wanted and {"/m/09x0r", "/m/04rlf"} & set(clip.labels):
            is_rare = min(carried[label] for label in clip.labels) < 10
            found[is_rare][clip.clip_id in kept] += 1
        elif clip.clip_id in wanted:
            assert clip.clip_id in kept
    return found


def test_head_trimming_keeps_a_fifth_and_all_rare_labels(
    demo_catalog: Path, demo_metadata: Path
) -> None:
    found = head_clips(demo_metadata, demo_catalog)
    count = found[False].total()
    assert count > 1000
    assert abs(found[False][True] - 0.2 * count) < 4 * math.sqrt(count * 0.2 * 0.8)


@pytest.mark.slow
def test_head_trimming_of_rare_labels_and_seeds(tmp_path: Path) -> None:
    """1,200 clips of speech, of which 9 are of a rare label; 10 of another are not rare."""
    speech = "\n".join(f"h{number:010d} 0.000 10.000 /m/09x0r,/m/x" for number in range(1181))
    rare = "\n".join(f"r{number:010d} 0.000 10.000 /m/09x0r,/m/rare" for number in range(9))
    ten = "\n".join(f"t{number:010d} 0.000 10.000 /m/09x0r,/m/ten" for number in range(10))
    metadata = write_sounds(tmp_path / "metadata", 1, unbalanced=f"{speech}\n{rare}\n{ten}")
    options = {
        "usual": {},
        "other_seed": {"seed": 1},
        "half": {"seed": 0, "head_keep_frac": 0.5},
        "none": {"head_keep_frac": 0},
        "no_rare": {"completion_rare_cutoff": 0},
        "all_kept": {"completion_rare_cutoff": 10, "head_keep_frac": 1},
        "no_head": {"head_keep_frac": 0, "head_labels": []},
    }
    catalog = tmp_path / "catalog.duckdb"
    build(catalog, [Target("t", ("/m/gun",))], metadata)
    kept = {}
    for name, samples in options.items():
        build(catalog, [], metadata, samples=samples)
        with duckdb.connect(str(catalog), read_only=True) as connection:
            rows = connection.execute("select ytid from t.samples where label_id is null")
            kept[name] = {ytid for (ytid,) in rows.fetchall()}
    assert all(
        sum(ytid[0] == "r" for ytid in kept[name]) == 9 for name in kept if name != "no_rare"
    )
    for name, share in {"usual": 0.2, "other_seed": 0.2, "half": 0.5}.items():
        spread = math.sqrt(1191 * share * (1 - share))
        assert abs(len(kept[name]) - 9 - 1191 * share) < 4 * spread, name
    assert kept["usual"] < kept["half"]
    # Independent choices of a fifth share a 25th.
    both = len(kept["usual"] & kept["other_seed"]) - 9
    assert abs(both - 1191 / 25) < 4 * math.sqrt(1191 / 25)
    assert len(kept["none"]) == 9
    assert len(kept["all_kept"]) == len(kept["no_head"]) == 1200
    assert not kept["no_rare"]
