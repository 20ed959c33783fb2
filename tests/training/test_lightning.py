"""The guide's recipe for PyTorch Lightning, word for word: killed and resumed, it ends the same."""

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from audioset_duck import AudioSetDataset, TwoTierBatchSampler

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("training"),
    pytest.mark.skipif(not importlib.util.find_spec("lightning"), reason="needs lightning"),
]

GUIDE = (Path(__file__).parents[2] / "notebooks" / "README.md").read_text()
MODULE, FIT = re.findall(r"```python\n([^`]*(?:LightningModule\)|Trainer\()[^`]*)```", GUIDE)

# A model that is often wrong, so that there are hard negatives.
BEFORE = """
import json, os, signal, sys
import torch

kill_at = int(sys.argv[1])

class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.linear = torch.nn.Linear(8, 1)
        self.register_buffer("scale", torch.tensor(9.0))

    def forward(self, wav):
        loudness = wav.reshape(len(wav), 8, -1).abs().mean(dim=-1)
        return self.linear(loudness).squeeze(1) * self.scale + torch.sin(wav.sum(dim=1) * 1e3)

model = Model()
"""
# What no hook of the recipe does: writing down each batch, and dying.
BETWEEN = """
def write(kind, self, batch, *more):
    with open(f"{kind}-{self.global_rank}.jsonl", "a") as file:
        file.write(json.dumps([batch.sample_keys, *more]) + "\\n")

def trained(self, outputs, batch, batch_idx):
    weights = self.model.linear.weight.tolist()
    write("train", self, batch, self.current_epoch, batch_idx, weights)
    if self.global_step == kill_at:
        os.kill(os.getpid(), signal.SIGKILL)

Training.on_train_batch_end = trained
Training.on_validation_batch_end = lambda self, outputs, batch, *_: write("eval", self, batch)
"""


def write_script(folder: Path, demo: Path, every: int, workers: int, **options: object) -> Path:
    """The recipe in a folder with the demo's catalog, with smaller numbers, on the CPU."""
    folder.mkdir()
    (folder / "catalog.duckdb").symlink_to(demo / "catalog.duckdb")
    options = {"accelerator": "cpu", "logger": False, "num_sanity_val_steps": 0} | options
    given = ", ".join(f"{name}={value!r}" for name, value in options.items())
    fit = FIT.replace("every_n_train_steps=1000", f"every_n_train_steps={every}")
    fit = fit.replace("max_epochs=10", given)
    module = MODULE.replace("num_workers=4", f"num_workers={workers}")
    script = folder / "train.py"
    script.write_text(BEFORE + module + BETWEEN + fit)
    return script


def run(script: Path, kill_at: int = -1) -> None:
    """Run it to its end, or until it kills itself after a step."""
    log = script.parent / "log.txt"
    # Not a pipe: a worker that outlives a killed run for a while would keep it open.
    with log.open("w") as stream:
        result = subprocess.run(
            [sys.executable, script, str(kill_at)],
            cwd=script.parent,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            stdout=stream,
            stderr=stream,
            timeout=240,
        )
    expected = 0 if kill_at < 0 else -signal.SIGKILL
    assert result.returncode == expected, log.read_text()


def take(script: Path, kind: str = "train", rank: int = 0) -> list[list]:
    """What a run has written down."""
    path = script.parent / f"{kind}-{rank}.jsonl"
    lines = path.read_text().splitlines()
    path.unlink()
    return [json.loads(line) for line in lines]


def keys_of_epoch(demo: Path, epoch: int, **options: int) -> list[list[str]]:
    dataset = AudioSetDataset(demo / "catalog.duckdb", "gun", sample_rate=8000)
    sampler = TwoTierBatchSampler(dataset, batch_size=32, seed=0, **options)
    sampler.set_epoch(epoch)
    ids = [np.array([sample.sample_id for sample in batch]) for batch in sampler]
    return [dataset._columns.keys_of(dataset._columns.rows_of(batch)) for batch in ids]


SHORT = {"max_epochs": 2, "limit_val_batches": 2}
# Those of an epoch: there are 431 positives, 8 in each batch.
BATCHES = 54


@pytest.fixture(scope="module")
def whole(demo_audio: Path, tmp_path_factory: pytest.TempPathFactory) -> list[list]:
    """Two epochs of `BATCHES` batches without an interruption."""
    folder = tmp_path_factory.mktemp("lightning") / "whole"
    script = write_script(folder, demo_audio, 1000, 2, **SHORT)
    run(script)
    return take(script)


def test_epochs_are_those_of_the_plan(whole: list[list], demo_audio: Path) -> None:
    places = [(epoch, step) for _, epoch, step, _ in whole]
    assert places == [(epoch, step) for epoch in range(2) for step in range(BATCHES)]
    keys = [keys for keys, *_ in whole]
    assert keys[:BATCHES] == keys_of_epoch(demo_audio, 0)
    # These have hard negatives.
    assert keys[BATCHES:] != keys_of_epoch(demo_audio, 1)


@pytest.mark.parametrize(
    ("workers", "every", "killed", "left"),
    [
        pytest.param(0, 10, 75, 70, id="in the second epoch, without workers"),
        pytest.param(2, BATCHES, BATCHES + 2, BATCHES, id="at the last step of an epoch"),
    ],
)
def test_a_killed_run_trains_on_what_is_left(
    demo_audio: Path,
    tmp_path: Path,
    whole: list[list],
    workers: int,
    every: int,
    killed: int,
    left: int,
) -> None:
    """On each batch once, in the same order, to the same weights."""
    script = write_script(tmp_path / "run", demo_audio, every, workers, **SHORT)
    run(script, kill_at=killed)
    assert take(script) == whole[:killed]
    run(script)
    assert take(script) == whole[left:]


def test_two_processes_resume_and_share_the_eval_split(demo_audio: Path, tmp_path: Path) -> None:
    """Of an epoch of 27 batches of each."""
    options = {"devices": 2, "strategy": "ddp", "max_epochs": 1}
    script = write_script(tmp_path / "run", demo_audio, 10, 1, **options)
    run(script, kill_at=23)
    before = [take(script, rank=rank) for rank in range(2)]
    run(script)
    after = [take(script, rank=rank) for rank in range(2)]
    for rank in range(2):
        planned = keys_of_epoch(demo_audio, 0, rank=rank, num_replicas=2)
        assert [keys for keys, *_ in before[rank]] == planned[:23]
        assert [keys for keys, *_ in after[rank]] == planned[20:]
        assert before[rank][20:] == after[rank][:3]
    evaluated = [key for rank in range(2) for (keys,) in take(script, "eval", rank) for key in keys]
    eval_set = AudioSetDataset(demo_audio / "catalog.duckdb", "gun", "eval", sample_rate=8000)
    every_row = np.arange(len(eval_set))
    assert sorted(evaluated) == sorted(eval_set._columns.keys_of(every_row))
