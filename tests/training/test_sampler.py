"""TwoTierBatchSampler hands the catalog's plan out, keeps hard negatives, and resumes exactly."""

import hashlib
import json
import logging
import re
import shutil
import subprocess
import sys
import textwrap
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from support.inventory import found_files
from support.metadata import write_sounds
from torch.utils.data import DataLoader

from audioset_duck import AudioSetDataset, TwoTierBatchSampler, collate
from audioset_duck.catalog.build import build
from audioset_duck.config.targets import Target
from audioset_duck.config.training_options import TrainingOptions
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.training.dataset import Sample
from audioset_duck.training.sample_table import ROLES

# More worker processes than this machine may have processors.
pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")


@pytest.fixture(scope="module")
def dataset(sounds: Path) -> AudioSetDataset:
    return AudioSetDataset(sounds, "t", sample_rate=8000)


@pytest.fixture
def sampler(dataset: AudioSetDataset) -> TwoTierBatchSampler:
    return TwoTierBatchSampler(dataset, batch_size=16, seed=3)


def negatives(dataset: AudioSetDataset, count: int, role: str = "strong_negative") -> list[int]:
    rows = dataset.sql(f"""
        select sample_id from samples where role = '{role}' and split = 'train'
        order by sample_id limit {count}
    """)
    return [sample_id for (sample_id,) in rows.fetchall()]


def hard_ids(sampler: TwoTierBatchSampler, epoch: int) -> list[int]:
    """The hard negatives of an epoch's batches, in their order."""
    sampler.set_epoch(epoch)
    batches = list(sampler)
    slots = sampler.dataset.sql(
        f"select slot from batch_slots({sampler.batch_size}) where draw = 'hard'"
    )
    places = [slot for (slot,) in slots.fetchall()]
    known = set(sampler._hard or [])
    return [
        batch[slot].sample_id
        for batch in batches
        for slot in places
        if batch[slot].sample_id in known
    ]


@pytest.mark.parametrize(("rank", "world"), [(0, 1), (0, 2), (1, 2)])
def test_batches_are_those_of_the_plan(dataset: AudioSetDataset, rank: int, world: int) -> None:
    sampler = TwoTierBatchSampler(dataset, 16, seed=3, num_replicas=world, rank=rank)
    hard = negatives(dataset, 9)
    sampler.extend_hard_buffer(hard)
    sampler.set_epoch(2)
    rows = dataset.sql(f"""
        select step, sample_id, cast(crop_start_seconds as double)
        from epoch_plan(3, 2, 16, {rank}, {world}, {hard[::-1]}) order by step, slot
    """).fetchall()
    batches = list(sampler)
    assert [[step, *sample] for step, batch in enumerate(batches) for sample in batch] == [
        list(row) for row in rows
    ]
    assert all(isinstance(sample, Sample) for batch in batches for sample in batch)
    # 21 positives, 4 a batch and rank.
    assert len(batches) == len(sampler) == {1: 6, 2: 3}[world]


def test_an_epoch_again_is_the_same_and_another_is_not(sampler: TwoTierBatchSampler) -> None:
    first, again = list(sampler), list(sampler)
    sampler.set_epoch(1)
    second = list(sampler)
    sampler.set_epoch(0)
    assert first == again == list(sampler)
    assert second != first
    other = TwoTierBatchSampler(sampler.dataset, 16, seed=4)
    assert list(other) != first


def digests(loader: DataLoader, epochs: int = 2) -> list[str]:
    """Of each batch of some epochs, audio and all, to the last bit."""
    found = []
    for epoch in range(epochs):
        loader.batch_sampler.set_epoch(epoch)
        for wav, label, label_mask, sample_keys in loader:
            digest = hashlib.md5("\n".join(sample_keys).encode())
            for tensor in (wav, label, label_mask):
                digest.update(tensor.numpy().tobytes())
            found.append(digest.hexdigest())
    return found


@pytest.fixture(scope="module")
def in_process(dataset: AudioSetDataset) -> list[str]:
    loader = DataLoader(dataset, batch_sampler=TwoTierBatchSampler(dataset, 16), collate_fn=collate)
    found = digests(loader)
    assert len(set(found)) == len(found) == 12
    return found


@pytest.mark.parametrize(
    ("workers", "context", "persistent"),
    [
        (1, "fork", False),
        (4, "fork", False),
        (2, "fork", True),
        pytest.param(2, "spawn", True, marks=pytest.mark.slow),
        pytest.param(1, "forkserver", False, marks=pytest.mark.slow),
    ],
)
def test_batches_are_the_same_for_any_workers(
    dataset: AudioSetDataset,
    in_process: list[str],
    workers: int,
    context: str,
    persistent: bool,
) -> None:
    loader = DataLoader(
        dataset,
        batch_sampler=TwoTierBatchSampler(dataset, 16),
        num_workers=workers,
        multiprocessing_context=context,
        persistent_workers=persistent,
        collate_fn=collate,
    )
    assert digests(loader) == in_process


@pytest.mark.slow
def test_workers_that_are_spawned_end_in_silence(sounds: Path, tmp_path: Path) -> None:
    """Also with the filters of resampling in them."""
    script = tmp_path / "train.py"
    script.write_text(
        textwrap.dedent(f"""
            from torch.utils.data import DataLoader
            from audioset_duck import AudioSetDataset, TwoTierBatchSampler, collate

            if __name__ == "__main__":
                dataset = AudioSetDataset({str(sounds)!r}, "t", sample_rate=16000)
                loader = DataLoader(
                    dataset,
                    batch_sampler=TwoTierBatchSampler(dataset, 16),
                    num_workers=1,
                    multiprocessing_context="spawn",
                    collate_fn=collate,
                )
                print(len(list(loader)))
        """)
    )
    result = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=120, check=True
    )
    assert (result.stdout, result.stderr) == ("6\n", "")


def test_batches_of_the_plan_have_its_make_up(dataset: AudioSetDataset) -> None:
    loader = DataLoader(dataset, batch_sampler=TwoTierBatchSampler(dataset, 16), collate_fn=collate)
    for batch in loader:
        assert batch.wav.shape == (16, 8000)
        assert batch.label.tolist() == [1.0] * 4 + [0.0] * 12
        roles = [key.split("/")[0] for key in batch.sample_keys]
        assert roles == ["strong_train"] * 8 + ["weak_balanced_train"] * 8
        assert batch.wav.abs().amax(dim=1).min() > 0.4


# Planning without audio.


def test_planning_needs_no_audio(demo_catalog: Path) -> None:
    dataset = AudioSetDataset(demo_catalog, "gun")
    sampler = TwoTierBatchSampler(dataset, 32)
    batches = list(sampler)
    ((positives,),) = dataset.sql(
        "select count(*) from samples where role = 'positive' and split = 'train'"
    ).fetchall()
    assert len(batches) == len(sampler) == -(-positives // 8)
    with pytest.raises(AudiosetDuckError, match="has no inventory of audio; create one with"):
        dataset[batches[0][0]]


# Hard negatives.


@pytest.mark.parametrize("by", ["id", "key", "both"])
def test_hard_negatives_come_in_the_next_epoch_and_are_used_up(
    sampler: TwoTierBatchSampler, by: str
) -> None:
    found = negatives(sampler.dataset, 5) + negatives(sampler.dataset, 3, "weak_negative")
    names = {
        "id": found,
        "key": [sampler.dataset.key(item) for item in found],
        "both": [found[0], *(sampler.dataset.key(item) for item in found[1:])],
    }[by]
    assert hard_ids(sampler, 0) == []
    sampler.extend_hard_buffer(names)
    assert sampler.hard_buffer == found[::-1]
    # The epoch that is in progress is not changed.
    assert hard_ids(sampler, 0) == []
    assert hard_ids(sampler, 1) == found[::-1]
    assert sampler.hard_buffer == []
    assert hard_ids(sampler, 2) == []


def test_keys_of_a_batch_are_hard_negatives(sampler: TwoTierBatchSampler) -> None:
    loader = DataLoader(sampler.dataset, batch_sampler=sampler, collate_fn=collate)
    batch = next(iter(loader))
    wrong = [key for key, label in zip(batch.sample_keys, batch.label, strict=True) if not label]
    sampler.extend_hard_buffer(wrong)
    assert [sampler.dataset.key(item) for item in reversed(sampler.hard_buffer)] == list(
        dict.fromkeys(reversed(wrong))
    )[::-1]


def test_what_an_epoch_has_no_place_for_waits(sampler: TwoTierBatchSampler) -> None:
    """An epoch of 6 batches has 2 places in each."""
    found = negatives(sampler.dataset, 30)
    sampler.extend_hard_buffer(found)
    assert hard_ids(sampler, 0) == found[:17:-1]
    assert sampler.hard_buffer == found[17::-1]
    newer = negatives(sampler.dataset, 4, "weak_negative")
    sampler.extend_hard_buffer(newer)
    assert hard_ids(sampler, 1) == newer[::-1] + found[17:9:-1]
    assert hard_ids(sampler, 2) == found[9::-1]
    assert sampler.hard_buffer == []


def test_the_buffer_is_bounded_and_has_no_doubles(dataset: AudioSetDataset) -> None:
    sampler = TwoTierBatchSampler(dataset, 16, hard_buffer_size=4)
    first, second, third, fourth, fifth = negatives(dataset, 5)
    sampler.extend_hard_buffer([first, second, first, third])
    assert sampler.hard_buffer == [third, first, second]
    sampler.extend_hard_buffer([second])
    assert sampler.hard_buffer == [second, third, first]
    sampler.extend_hard_buffer(iter([fourth, fifth]))
    assert sampler.hard_buffer == [fifth, fourth, second, third]
    sampler.extend_hard_buffer([])
    assert sampler.hard_buffer == [fifth, fourth, second, third]
    none = TwoTierBatchSampler(dataset, 16, hard_buffer_size=0)
    none.extend_hard_buffer([first])
    assert none.hard_buffer == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            "strong_train/g0000000000_0/1.0",
            r"is a positive of the train split; expected a negative of the train split",
        ),
        ("strong_train/s0000000009_0/031.0", r"is not a sample of t"),
        ("strong_eval/f0000000000_0/2.0", r"is a strong_negative of the eval split"),
        (
            "strong_train/nobody",
            r"'strong_train/nobody' is not a sample of t; expected sample keys of its",
        ),
        (10**9, r"'1000000000' is not a sample of t"),
        ("'; drop table", r"is not a sample of t"),
    ],
)
def test_what_is_no_hard_negative_is_refused(
    sampler: TwoTierBatchSampler, wrong: str | int, message: str
) -> None:
    first = negatives(sampler.dataset, 1)
    sampler.extend_hard_buffer(first)
    with pytest.raises(AudiosetDuckError, match=message):
        sampler.extend_hard_buffer([*negatives(sampler.dataset, 3), wrong])
    assert sampler.hard_buffer == first


# Interrupts.

INTERRUPTED = """
    import itertools, signal, sys, threading
    from audioset_duck import AudioSetDataset, TwoTierBatchSampler

    sampler = TwoTierBatchSampler(AudioSetDataset(sys.argv[1], "t"), 16)
    found = [54]
    for epoch in itertools.count():
        sampler.extend_hard_buffer(found)
        sampler.set_epoch(epoch)
        if epoch == 2:
            threading.Timer(float(sys.argv[2]), signal.raise_signal, [signal.SIGINT]).start()
        next(iter(sampler))
"""


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.05, 0.4])
def test_an_interrupt_of_a_query_is_a_keyboard_interrupt(sounds: Path, seconds: float) -> None:
    """Training loops expect that, and DuckDB raises something else."""
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(INTERRUPTED), sounds, str(seconds)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.stderr.splitlines()[-1] == "KeyboardInterrupt"
    assert result.stderr.count("Traceback") == 1


# Ranks.

RANK = """
    import json, sys
    import torch
    from audioset_duck import AudioSetDataset, TwoTierBatchSampler
    from audioset_duck.errors import AudiosetDuckError

    catalog, meeting, rank = sys.argv[1], sys.argv[2], int(sys.argv[3])
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{meeting}", rank=rank, world_size=2
    )
    sampler = TwoTierBatchSampler(AudioSetDataset(catalog, "t"), 16)
    found = {"rank": [sampler.rank, sampler.num_replicas]}
    # One finds some, the other one none; then each its own.
    sampler.extend_hard_buffer([[49, 54, 51], []][rank])
    sampler.extend_hard_buffer([["strong_train/s0000000009_0/31.0"], [65, 49]][rank])
    found["buffer"] = sampler.hard_buffer
    found["state"] = sampler.state_dict()
    found["ids"] = [item.sample_id for batch in sampler for item in batch]
    found["left"] = sampler.hard_buffer
    try:
        sampler.extend_hard_buffer([[], ["nobody"]][rank])
    except AudiosetDuckError as error:
        found["error"] = str(error)
    torch.distributed.destroy_process_group()
    print(json.dumps(found))
"""


@pytest.mark.slow
def test_ranks_of_torch_distributed_plan_the_same(sounds: Path, tmp_path: Path) -> None:
    """Two processes: what one finds, both draw from; what one must not give, both refuse."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(RANK), sounds, tmp_path / "meeting", str(rank)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        answers = [process.communicate(timeout=120) for process in processes]
    finally:
        for process in processes:
            process.kill()
    first, second = (json.loads(out.splitlines()[-1]) for out, _ in answers)
    assert (first["rank"], second["rank"]) == ([0, 2], [1, 2])
    dataset = AudioSetDataset(sounds, "t")
    assert dataset.key(54) == "strong_train/s0000000009_0/31.0"
    assert first["buffer"] == second["buffer"] == [49, 65, 54, 51]
    assert first["state"] == second["state"]
    assert first["left"] == second["left"]
    assert not set(first["ids"]) & set(second["ids"])
    assert {49, 65, 54, 51} - set(first["left"]) <= {*first["ids"], *second["ids"]}
    assert first["error"] == second["error"]
    assert "'nobody' is not a sample of t" in first["error"]


# Resuming.


def run_on(sampler: TwoTierBatchSampler, epochs: range) -> list[list[Sample]]:
    """The batches of some epochs; between them, hard negatives are found."""
    found = []
    for epoch in epochs:
        sampler.set_epoch(epoch)
        found += list(sampler)
        mine(sampler, epoch)
    return found


def mine(sampler: TwoTierBatchSampler, epoch: int) -> None:
    sampler.extend_hard_buffer(negatives(sampler.dataset, 40)[epoch * 7 : epoch * 7 + 15])


SLOW = [(0, 1), (2, 0), (2, 6)]


@pytest.mark.parametrize(
    ("epoch", "batches"), [(2, 4), *(pytest.param(*at, marks=pytest.mark.slow) for at in SLOW)]
)
def test_a_run_goes_on_where_it_was(sampler: TwoTierBatchSampler, epoch: int, batches: int) -> None:
    """In mid-epoch, at its end and into the next, with hard negatives used and waiting."""
    whole = run_on(TwoTierBatchSampler(sampler.dataset, 16, seed=3), range(4))
    run_on(sampler, range(epoch))
    sampler.set_epoch(epoch)
    iterator = iter(sampler)
    for _ in range(batches):
        next(iterator)
    # As a checkpoint is written and read.
    state = json.loads(json.dumps(sampler.state_dict()))
    assert state["batches"] == batches
    left = whole[epoch * 6 + batches :]
    resumed = TwoTierBatchSampler(sampler.dataset, 16, seed=3)
    resumed.load_state_dict(state)
    if batches < 6:
        assert (resumed.epoch, resumed.state_dict()) == (epoch, state)
    # A loop that counts its epochs itself names the one that it was in.
    assert run_on(resumed, range(epoch, 4)) == left
    resumed.load_state_dict(state)
    if batches == 6:
        mine(resumed, epoch)
    assert run_on(resumed, range(resumed.epoch, 4)) == left


def test_the_end_of_an_epoch_is_the_start_of_the_next(sampler: TwoTierBatchSampler) -> None:
    """Without `set_epoch`: Lightning calls it only when workers have begun to load the batches."""
    mine(sampler, 0)
    list(sampler)
    mine(sampler, 1)
    state = sampler.state_dict()
    sampler.set_epoch(1)
    resumed = TwoTierBatchSampler(sampler.dataset, 16, seed=3)
    resumed.load_state_dict(state)
    assert resumed.epoch == 1
    assert resumed.state_dict() == sampler.state_dict()
    assert list(resumed) == list(sampler)
    assert resumed.state_dict() == sampler.state_dict()


def test_epochs_that_are_only_named_use_no_hard_negatives(sampler: TwoTierBatchSampler) -> None:
    """Lightning does this if it resumes from a checkpoint between an epoch's last step and end."""
    mine(sampler, 0)
    sampler.set_epoch(1)
    whole = list(sampler)
    state = sampler.state_dict(batches=0)
    assert state["hard"]
    for epoch in (0, 1):
        sampler.set_epoch(epoch)
    assert sampler.state_dict(batches=0) == state
    assert list(sampler) == whole


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:'set_vital' is deprecated")
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("batches", [1, 4, 6])
def test_a_stateful_loader_resumes_its_batches(
    sampler: TwoTierBatchSampler, workers: int, batches: int
) -> None:
    torchdata = pytest.importorskip("torchdata.stateful_dataloader")

    def keys(sampler: TwoTierBatchSampler, state: dict | None, count: int) -> tuple[list, dict]:
        loader = torchdata.StatefulDataLoader(
            sampler.dataset, batch_sampler=sampler, num_workers=workers, collate_fn=collate
        )
        if state is not None:
            loader.load_state_dict(state)
        found: list[list[str]] = []
        while len(found) < count:
            for batch in loader:
                found.append(batch.sample_keys)
                if len(found) == count:
                    break
            else:
                sampler.set_epoch(sampler.epoch + 1)
        return found, loader.state_dict()

    whole, _ = keys(sampler, None, 15)
    first, state = keys(TwoTierBatchSampler(sampler.dataset, 16, seed=3), None, batches)
    resumed = TwoTierBatchSampler(sampler.dataset, 16, seed=3)
    second, _ = keys(resumed, state, 15 - batches)
    assert first + second == whole


def test_hard_negatives_found_in_mid_epoch_are_resumed(sampler: TwoTierBatchSampler) -> None:
    mine(sampler, 0)
    iterator = iter(sampler)
    next(iterator)
    mine(sampler, 1)
    state = sampler.state_dict()
    resumed = TwoTierBatchSampler(sampler.dataset, 16, seed=3)
    resumed.load_state_dict(state)
    assert list(resumed) == list(iterator)
    for one in (sampler, resumed):
        one.set_epoch(1)
    assert list(resumed) == list(sampler)
    assert resumed.hard_buffer == sampler.hard_buffer


def test_only_the_first_epoch_after_a_resume_is_short(sampler: TwoTierBatchSampler) -> None:
    whole = list(sampler)
    resumed = TwoTierBatchSampler(sampler.dataset, 16, seed=3)
    iterator = iter(sampler)
    next(iterator)
    resumed.load_state_dict(sampler.state_dict())
    # The epoch that a loop names after a resume is the one that is resumed.
    resumed.set_epoch(0)
    assert list(resumed) == whole[1:]
    assert list(resumed) == whole


def test_a_loader_with_workers_is_resumed_by_counting(sampler: TwoTierBatchSampler) -> None:
    """Workers take batches ahead of training: what it has had is known by its own count."""
    loader = DataLoader(sampler.dataset, batch_sampler=sampler, num_workers=1, collate_fn=collate)
    iterator = iter(loader)
    for _ in range(2):
        next(iterator)
    assert sampler.state_dict()["batches"] > 2
    state = sampler.state_dict(batches=2)
    del iterator
    resumed = TwoTierBatchSampler(sampler.dataset, 16, seed=3)
    resumed.load_state_dict(state)
    assert list(resumed) == list(TwoTierBatchSampler(sampler.dataset, 16, seed=3))[2:]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": 4}, r"seed of the state is 3, and of this sampler 4"),
        ({"batch_size": 8}, r"batch_size of the state is 16, and of this sampler 8"),
        ({"num_replicas": 2}, r"num_replicas of the state is 1, and of this sampler 2"),
    ],
)
def test_the_state_of_another_sampler_is_refused(
    sampler: TwoTierBatchSampler, changes: dict, message: str
) -> None:
    options = {"batch_size": 16, "seed": 3} | changes
    other = TwoTierBatchSampler(sampler.dataset, **options, rank=0)
    with pytest.raises(AudiosetDuckError, match=message):
        other.load_state_dict(sampler.state_dict())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batches": 7}, r"batches of the state is 7; expected 0 to 6"),
        ({"batches": -1}, r"batches of the state is -1; expected 0 to 6"),
        ({"target": "gun"}, r"target of the state is 'gun', and of this sampler 't'"),
        ({"catalog": "f00"}, "the state is of other samples of t: of another catalog"),
    ],
)
def test_a_state_that_cannot_be(sampler: TwoTierBatchSampler, changes: dict, message: str) -> None:
    with pytest.raises(AudiosetDuckError, match=message):
        sampler.load_state_dict(sampler.state_dict() | changes)


@pytest.mark.parametrize("batches", [-1, 7])
def test_batches_that_no_epoch_has(sampler: TwoTierBatchSampler, batches: int) -> None:
    with pytest.raises(AudiosetDuckError, match=f"batches is {batches}; expected 0 to 6"):
        sampler.state_dict(batches=batches)


def test_the_sampler_has_a_repr(sampler: TwoTierBatchSampler) -> None:
    assert repr(sampler) == (
        "<TwoTierBatchSampler of t: 6 batches of 16 an epoch, rank 0 of 1, seed 3>"
    )


@pytest.mark.parametrize("name", ["epoch", "hard", "hard_buffer", "catalog"])
def test_a_state_that_lacks_something(sampler: TwoTierBatchSampler, name: str) -> None:
    state = sampler.state_dict()
    del state[name]
    with pytest.raises(
        AudiosetDuckError, match=f"the state has no '{name}'; expected what state_dict"
    ):
        sampler.load_state_dict(state)


# Catalogs that are not the same.


def make_small(folder: Path, positives: int = 8, **options: object) -> Path:
    metadata = write_sounds(folder / "metadata", positives, {"/m/a": 30, "/m/b": 4}, {"/m/c": 12})
    inventory = options.pop("inventory", None)
    build(
        folder / "catalog.duckdb",
        [Target("t", ("/m/gun",), **options)],
        metadata,
        inventory=found_files(inventory) if inventory else None,
    )
    return folder / "catalog.duckdb"


def audio_rows(seconds: str = "10.000", weak: int = 12) -> list[dict]:
    return [
        {
            "ytid": f"{letter}{number:010d}",
            "status": "ok",
            "audio_path": f"/audio/{letter}{number}.wav",
            "duration_seconds": Decimal(seconds),
        }
        for letter, count in {"g": 8, "s": 34, "w": weak}.items()
        for number in range(count)
    ]


CHANGES = {
    "a positive more": {"positives": 9},
    "another window": {"window_seconds": Decimal("0.5")},
    "another option": {"training": TrainingOptions(primary_fraction=Decimal("0.5"))},
    "other audio": {"inventory": audio_rows("9.990")},
    "audio that is gone": {"inventory": audio_rows(weak=11)},
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_small(tmp_path_factory.mktemp("small"), inventory=audio_rows())


@pytest.mark.slow
def test_the_same_catalog_elsewhere_is_the_same(small: Path, tmp_path: Path) -> None:
    sampler = TwoTierBatchSampler(AudioSetDataset(small, "t"), 16)
    other = make_small(tmp_path, inventory=audio_rows())
    same = TwoTierBatchSampler(AudioSetDataset(other, "t"), 16)
    same.load_state_dict(sampler.state_dict())
    assert list(same) == list(sampler)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.slow
def test_another_catalog_is_refused(small: Path, tmp_path: Path, change: str) -> None:
    """Its state, and itself, if it is built while a sampler draws from it."""
    catalog = Path(shutil.copy(small, tmp_path))
    sampler = TwoTierBatchSampler(AudioSetDataset(catalog, "t"), 16)
    state = sampler.state_dict()
    batches = list(sampler)
    make_small(tmp_path, **{"inventory": audio_rows()} | CHANGES[change])
    # What is planned is planned; nothing new can be.
    assert list(sampler) == batches
    sampler.set_epoch(1)
    message = r"was rebuilt since the dataset was created, and t has other samples now; create the"
    with pytest.raises(AudiosetDuckError, match=message):
        next(iter(sampler))
    with pytest.raises(AudiosetDuckError, match=message):
        sampler.extend_hard_buffer([10])
    with pytest.raises(AudiosetDuckError, match=message):
        TwoTierBatchSampler(sampler.dataset, 16)
    changed = TwoTierBatchSampler(AudioSetDataset(catalog, "t"), 16)
    with pytest.raises(AudiosetDuckError, match="the state is of other samples of t: "):
        changed.load_state_dict(state)


@pytest.mark.slow
def test_a_build_that_changes_nothing_disturbs_no_sampler(tmp_path: Path) -> None:
    sampler = TwoTierBatchSampler(AudioSetDataset(make_small(tmp_path), "t"), 16)
    batches = list(sampler)
    build(tmp_path / "catalog.duckdb", [Target("other", ("/m/a",))], tmp_path / "metadata")
    sampler.set_epoch(1)
    list(sampler)
    sampler.set_epoch(0)
    assert list(sampler) == batches


# Bad input.


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, r"batch_size is 0; expected an integer from 1 to 1,000,000"),
        ({"batch_size": 8.0}, r"batch_size is 8.0; expected an integer"),
        ({"batch_size": True}, r"batch_size is True; expected an integer"),
        (
            {"batch_size": 3},
            r"batch_size is 3, too small for a positive by the target's "
            r"pos_per_batch_frac; use a larger one",
        ),
        ({"seed": -1}, r"seed is -1; expected an integer from 0"),
        ({"num_replicas": 0}, r"num_replicas is 0; expected an integer from 1 to 1,024"),
        ({"num_replicas": 2, "rank": 2}, r"rank is 2; expected an integer from 0 to 1$"),
        (
            {"num_replicas": 22, "rank": 0},
            r"there are 22 ranks, but t has only 21 positives; use at most 21 ranks",
        ),
        ({"hard_buffer_size": -1}, r"hard_buffer_size is -1; expected an integer from 0"),
    ],
)
def test_wrong_options_are_refused(dataset: AudioSetDataset, options: dict, message: str) -> None:
    with pytest.raises(AudiosetDuckError, match=message):
        TwoTierBatchSampler(dataset, **{"batch_size": 16} | options)


def test_an_eval_split_is_refused(sounds: Path) -> None:
    with pytest.raises(AudiosetDuckError, match=r"has the eval split; expected AudioSetDataset"):
        TwoTierBatchSampler(AudioSetDataset(sounds, "t", "eval"), 16)


@pytest.mark.parametrize("epoch", [-1, 0.5, True, "1"])
def test_an_epoch_that_cannot_be(sampler: TwoTierBatchSampler, epoch: object) -> None:
    with pytest.raises(AudiosetDuckError, match=f"epoch is {epoch!r}; expected an integer"):
        sampler.set_epoch(epoch)


@pytest.mark.parametrize(
    ("sounds_of", "world", "message"),
    [
        (
            (0, {"/m/a": 20}, {"/m/a": 20}),
            1,
            r"t has no positives in the train split, strong or weak; see audioset",
        ),
        (
            (5, {}, {"/m/a": 20}),
            1,
            r"t has strong negatives of the train split on 0 of 1 ranks; use fewer ranks, add the "
            r"source files of strong labels, or build with --training strong_neg_per_batch_frac=0",
        ),
        ((5, {"/m/a": 20}, {}), 1, r"t has weak negatives of the train split on 0 of 1 ranks"),
        (
            (5, {"/m/a": 20}, {"/m/a": 2}),
            4,
            r"t has weak negatives of the train split on [12] of 4",
        ),
    ],
)
def test_a_role_without_samples(tmp_path: Path, sounds_of: tuple, world: int, message: str) -> None:
    metadata = write_sounds(tmp_path / "metadata", *sounds_of)
    build(tmp_path / "catalog.duckdb", [Target("t", ("/m/gun",))], metadata)
    dataset = AudioSetDataset(tmp_path / "catalog.duckdb", "t")
    with pytest.raises(AudiosetDuckError, match=message):
        TwoTierBatchSampler(dataset, 16, num_replicas=world, rank=0)


def test_a_cure_cures(tmp_path: Path) -> None:
    """What the message says to do without strong negatives works."""
    training = TrainingOptions(
        pos_per_batch_frac=Decimal("0.5"),
        strong_neg_per_batch_frac=Decimal(0),
        weak_neg_per_batch_frac=Decimal("0.5"),
    )
    metadata = write_sounds(tmp_path / "metadata", 5, weak={"/m/a": 20})
    target = Target("t", ("/m/gun",), training=training)
    build(tmp_path / "catalog.duckdb", [target], metadata)
    sampler = TwoTierBatchSampler(AudioSetDataset(tmp_path / "catalog.duckdb", "t"), 8)
    assert [len(batch) for batch in sampler] == [8, 8]
    assert [sample.crop_start_seconds is None for sample in next(iter(sampler))] == [True] * 4 + [
        False
    ] * 4


def test_labels_that_are_all_rare(tmp_path: Path) -> None:
    """They share one bucket, which is tier A; there is no tier B."""
    strong, weak = ({f"/m/{letter}": 2 for letter in letters} for letters in ("abcdef", "ghijkl"))
    metadata = write_sounds(tmp_path / "metadata", 6, strong, weak)
    build(tmp_path / "catalog.duckdb", [Target("t", ("/m/gun",))], metadata)
    dataset = AudioSetDataset(tmp_path / "catalog.duckdb", "t")
    pools = dataset.sql("select pool, label_id, sample_count, tier from label_pools").fetchall()
    assert pools == [
        ("strong_negative", "other_rare", 12, "A"),
        ("weak_negative", "other_rare", 12, "A"),
    ]
    batches = list(TwoTierBatchSampler(dataset, 16))
    assert [len(batch) for batch in batches] == [16, 16]


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.name == "audioset_duck.training.epoch_plan"
    ]


@pytest.mark.slow
def test_labels_that_an_epoch_leaves_out_are_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As many steps as the warning says are enough."""
    strong = {f"/m/{number}": 10 for number in range(30)}
    training = TrainingOptions(primary_fraction=Decimal("0.5"))
    said = {}
    for positives in (8, 120):
        folder = tmp_path / str(positives)
        metadata = write_sounds(folder / "metadata", positives, strong, {"/m/x": 30})
        target = Target("t", ("/m/gun",), training=training)
        build(folder / "catalog.duckdb", [target], metadata)
        dataset = AudioSetDataset(folder / "catalog.duckdb", "t")
        sampler = TwoTierBatchSampler(dataset, 16)
        caplog.clear()
        drawn = {
            label
            for batch in sampler
            for sample in batch
            for (label,) in [dataset_label(dataset, sample.sample_id)]
        }
        said[len(sampler)] = (30 - len(drawn & set(strong)), warnings_of(caplog))
    left_out, (message,) = said[2]
    assert left_out > 0
    assert message == (
        f"{left_out} of 30 labels of strong negatives are in no batch of epoch 0, which has 2"
        " steps; 30 steps are enough for all labels"
    )
    assert said[30] == (0, [])


def dataset_label(dataset: AudioSetDataset, sample_id: int) -> list[str]:
    columns = dataset._columns
    (mask,) = columns.masks_of(columns.rows_of(np.array([sample_id])))
    return [columns.label_ids[column] for column in mask.nonzero().flatten().tolist()]


def test_batches_that_complete_nothing_are_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    training = TrainingOptions(primary_fraction=Decimal(1))
    strong = {f"/m/{number}": 10 for number in range(30)}
    metadata = write_sounds(tmp_path / "metadata", 4, strong, {"/m/x": 30})
    target = Target("t", ("/m/gun",), training=training)
    build(tmp_path / "catalog.duckdb", [target], metadata)
    sampler = TwoTierBatchSampler(AudioSetDataset(tmp_path / "catalog.duckdb", "t"), 16)
    list(sampler)
    (message,) = warnings_of(caplog)
    assert re.fullmatch(
        r"\d+ of 30 labels of strong negatives are in no batch of epoch 0: batches of 16 have no"
        r" completion slot; use a larger batch_size",
        message,
    )


def test_a_hard_negative_of_a_rare_label_leaves_its_bucket_not_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One epoch of one step: what it draws is all known."""
    metadata = write_sounds(tmp_path / "metadata", 2, {"/m/a": 40, "/m/rare": 2}, {"/m/x": 30})
    training = TrainingOptions(primary_fraction=Decimal(1), tier_a_fraction=Decimal("0.5"))
    target = Target("t", ("/m/gun",), training=training)
    build(tmp_path / "catalog.duckdb", [target], metadata)
    dataset = AudioSetDataset(tmp_path / "catalog.duckdb", "t")
    rows = dataset.sql("select sample_id from samples where label_id = '/m/rare'").fetchall()
    with caplog.at_level(logging.WARNING, "audioset_duck.training.epoch_plan"):
        sampler = TwoTierBatchSampler(dataset, 8)
        sampler.extend_hard_buffer([rows[0][0]])
        assert hard_ids(sampler, 0) == [rows[0][0]]
    assert warnings_of(caplog) == []


def test_weak_positives_need_their_role(tmp_path: Path) -> None:
    training = TrainingOptions(
        pos_weak_per_batch_frac=Decimal("0.25"), weak_neg_per_batch_frac=Decimal("0.25")
    )
    metadata = write_sounds(tmp_path / "metadata", 8, {"/m/a": 20}, {"/m/gun": 6, "/m/a": 20})
    catalog = tmp_path / "catalog.duckdb"
    build(catalog, [Target("t", ("/m/gun",), training=training)], metadata)
    with pytest.raises(
        AudiosetDuckError,
        match=r"batches of t have samples of the role weak_positive, which the dataset does not"
        r" have; create it with roles=\('positive', 'strong_negative', 'weak_negative',"
        r" 'weak_positive'\)",
    ):
        TwoTierBatchSampler(AudioSetDataset(catalog, "t"), 16)
    dataset = AudioSetDataset(catalog, "t", roles=ROLES)
    batches = list(TwoTierBatchSampler(dataset, 16))
    ids = [sample.sample_id for batch in batches for sample in batch]
    rows = dataset._columns.rows_of(np.array(ids))
    assert (rows >= 0).all()
    assert dataset._columns.labels_of(rows).mean() == 0.5


def test_a_target_of_weak_positives_alone(tmp_path: Path) -> None:
    metadata = write_sounds(tmp_path / "metadata", 0, {"/m/a": 20}, {"/m/gun": 9, "/m/a": 20})
    catalog = tmp_path / "catalog.duckdb"
    build(catalog, [Target("t", ("/m/gun",))], metadata)
    roles = ("weak_positive", "strong_negative", "weak_negative")
    sampler = TwoTierBatchSampler(AudioSetDataset(catalog, "t", roles=roles), 16)
    assert len(sampler) == len(list(sampler)) == 3
    with pytest.raises(AudiosetDuckError, match=r"10 ranks, but t has only 9 positives"):
        TwoTierBatchSampler(sampler.dataset, 16, num_replicas=10, rank=0)
    with pytest.raises(AudiosetDuckError, match=r"batch_size is 3, too small for a positive"):
        TwoTierBatchSampler(sampler.dataset, 3)


def test_a_share_of_weak_positives_that_there_are_none_of(tmp_path: Path) -> None:
    training = TrainingOptions(
        pos_weak_per_batch_frac=Decimal("0.25"), weak_neg_per_batch_frac=Decimal("0.25")
    )
    metadata = write_sounds(tmp_path / "metadata", 8, {"/m/a": 20}, {"/m/a": 20})
    catalog = tmp_path / "catalog.duckdb"
    build(catalog, [Target("t", ("/m/gun",), training=training)], metadata)
    with pytest.raises(
        AudiosetDuckError,
        match=r"t has no weak positives in the train split; build it with --training"
        r" pos_weak_per_batch_frac=0",
    ):
        TwoTierBatchSampler(AudioSetDataset(catalog, "t", roles=ROLES), 16)
