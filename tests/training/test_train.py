"""notebooks/train.py: its scores and features, and runs of it, of one process and of two."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from audioset_duck import AudioSetDataset, TwoTierBatchSampler

SCRIPT = Path(__file__).parents[2] / "notebooks" / "train.py"
LAUNCHERS = {
    1: [sys.executable],
    2: [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"],
}


@pytest.fixture
def train(monkeypatch: pytest.MonkeyPatch):
    """The script as a module."""
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    import train

    return train


@pytest.mark.parametrize("levels", [3, 10_000])
def test_scores_are_what_their_definitions_say(train, levels: int) -> None:
    """With many equal scores, and with hardly any."""
    random = np.random.default_rng(levels)
    labels = (random.random(300) < 0.2).astype(np.float32)
    scores = (random.integers(levels, size=300) + labels * levels / 3).astype(np.float32)
    positives, negatives = scores[labels == 1], scores[labels == 0]
    pairs = [(p > n) + (p == n) / 2 for p in positives for n in negatives]
    assert train.roc_auc(labels, scores) == pytest.approx(sum(pairs) / len(pairs))
    area, found_before = 0.0, 0
    for threshold in sorted(set(scores.tolist()), reverse=True):
        found = int((positives >= threshold).sum())
        precision = found / int((scores >= threshold).sum())
        area += (found - found_before) / len(positives) * precision
        found_before = found
    assert train.average_precision(labels, scores) == pytest.approx(area)


@pytest.mark.parametrize("rate", [8000, 16000, 32000])
@pytest.mark.parametrize("hertz", [300, 1000, 3000])
def test_features_put_a_tone_into_its_band(train, rate: int, hertz: int) -> None:
    seconds = torch.arange(rate) / rate
    features = train.LogMel(rate)(torch.sin(2 * torch.pi * hertz * seconds)[None])
    assert features.shape == (1, 1, 40, 101)
    top, of_tone = (2595 * np.log10(1 + f / 700) for f in (rate / 2, hertz))
    middles = top / 41 * np.arange(1, 41)
    loudest = int(features[0, 0].mean(dim=1).argmax())
    assert abs(middles[loudest] - of_tone) <= top / 41


def test_lightning_finds_what_it_looks_for(demo_catalog: Path) -> None:
    """It calls `set_epoch` of a batch sampler's sampler; one with drop_last it would replace."""
    dataset = AudioSetDataset(demo_catalog, "gun")
    loader = DataLoader(dataset, batch_sampler=TwoTierBatchSampler(dataset, 32))
    loader.batch_sampler.sampler.set_epoch(3)
    assert loader.batch_sampler.epoch == 3
    assert not hasattr(loader.batch_sampler, "drop_last")


def start(folder: Path, demo: Path, processes: int) -> subprocess.Popen[str]:
    """Start two epochs, in a folder of its own."""
    folder.mkdir(exist_ok=True)
    options = ["--catalog", demo / "catalog.duckdb", "--epochs", 2, "--workers", 1]
    command = [*LAUNCHERS[processes], SCRIPT, *options, "--save-every", 10, "--eval-every", 8]
    return subprocess.Popen(
        list(map(str, command)),
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str], folder: Path) -> tuple[str, dict]:
    """What a run printed of its last epoch, and its checkpoint."""
    printed, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    *_, last = printed.splitlines()
    return last, torch.load(folder / "checkpoint.pt", weights_only=True)


@pytest.mark.slow
@pytest.mark.xdist_group("training")
@pytest.mark.parametrize("processes", [1, 2])
def test_a_run_learns_and_a_killed_one_ends_the_same(
    demo_audio: Path, tmp_path: Path, processes: int
) -> None:
    whole, whole_state = finish(
        start(tmp_path / "whole", demo_audio, processes), tmp_path / "whole"
    )
    precision, auc = (
        float(re.search(rf"{name} ([\d.]+)", whole)[1]) for name in ("precision", "AUC")
    )
    # By chance 0.5 and 0.017; by the length of the window alone 0.69.
    assert auc > 0.85
    assert precision > 0.2

    folder = tmp_path / "killed"
    process = start(folder, demo_audio, processes)
    deadline = time.monotonic() + 200
    while not (folder / "checkpoint.pt").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    # torchrun ends its processes itself, if it is asked.
    process.send_signal(signal.SIGKILL if processes == 1 else signal.SIGTERM)
    process.communicate(timeout=300)
    assert process.returncode != 0
    state = torch.load(folder / "checkpoint.pt", weights_only=True)["sampler"]
    assert state["num_replicas"] == processes
    assert (state["epoch"], state["batches"]) < (1, 1)
    assert state["batches"] % 10 == 0

    resumed, resumed_state = finish(start(folder, demo_audio, processes), folder)
    assert resumed_state["sampler"] == whole_state["sampler"]
    for name, weights in whole_state["model"].items():
        assert torch.equal(resumed_state["model"][name], weights), name
    # The loss and the hard negatives too: the second epoch is one that both had in full.
    assert resumed == whole


@pytest.mark.slow
@pytest.mark.xdist_group("training")
def test_a_checkpoint_of_another_run(demo_audio: Path, tmp_path: Path) -> None:
    catalog = demo_audio / "catalog.duckdb"
    sampler = TwoTierBatchSampler(AudioSetDataset(catalog, "snore"), 32)
    torch.save({"sampler": sampler.state_dict()}, tmp_path / "checkpoint.pt")
    process = start(tmp_path, demo_audio, 1)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 1
    assert errors.startswith("checkpoint.pt: target of the state is 'snore', and of this")
    assert errors.endswith("; name another --checkpoint to start again\n")
