"""Train a small detector of one sound, in one process or in several.

    python train.py --catalog audioset-duck-demo/catalog.duckdb --target gun
    torchrun --nproc-per-node 2 train.py --catalog audioset-duck-demo/catalog.duckdb --target gun

A run that was killed goes on from its checkpoint when it is started again, and ends with the very
weights that it would have had. The batch size is that of each process. At the end it writes the
scores of all eval samples, for audioset-duck score.
"""

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, Subset

from audioset_duck import AudioSetDataset, Batch, TwoTierBatchSampler, collate, predict
from audioset_duck.errors import AudiosetDuckError


class LogMel(nn.Module):
    """The logarithm of the power in mel bands: float32 (B, T) to (B, 1, bands, frames).

    Frames are 10 ms apart and about 32 ms long. The floor hides the noise of a quiet recording, so
    that the zeros after a short window look like any other silence.
    """

    def __init__(self, sample_rate: int, bands: int = 40, floor: float = 1e-3) -> None:
        super().__init__()
        self.hop, self.floor = sample_rate // 100, floor
        self.size = 2 ** round(np.log2(0.032 * sample_rate))
        # Triangles, each from the middle of the band below to the middle of the band above.
        mels = np.linspace(0, 2595 * np.log10(1 + sample_rate / 2 / 700), bands + 2)
        edges = 700 * (10 ** (mels / 2595) - 1)
        bins = np.linspace(0, sample_rate / 2, self.size // 2 + 1)
        rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
        falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
        bank = np.clip(np.minimum(rising, falling), 0, None)
        self.register_buffer("bank", torch.tensor(bank, dtype=torch.float32), persistent=False)
        self.register_buffer("window", torch.hann_window(self.size), persistent=False)

    def forward(self, wav: torch.Tensor) -> torch.Tensor:
        """Make the features of a batch."""
        spectrum = torch.stft(wav, self.size, self.hop, window=self.window, return_complex=True)
        return (self.bank @ spectrum.abs().square() + self.floor).log().unsqueeze(1)


class Detector(nn.Sequential):
    """A CNN of three layers that hears whether the sound is there: (B, T) to logits (B,).

    It takes the loudest moment of each feature, since a shot is over before the window is.
    GroupNorm has no running statistics, which processes would have to keep alike.
    """

    def __init__(self, sample_rate: int) -> None:
        layers: list[nn.Module] = [LogMel(sample_rate)]
        for inputs, outputs in ((1, 16), (16, 32), (32, 64)):
            layers += [
                nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False),
                nn.GroupNorm(4, outputs),
                nn.ReLU(),
            ]
        super().__init__(*layers, nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(64, 1))

    def forward(self, wav: torch.Tensor) -> torch.Tensor:
        """Logits: above 0 where the sound is present."""
        return super().forward(wav).squeeze(1)


def train_batch(
    model: nn.Module, optimizer: torch.optim.Optimizer, batch: Batch, device: str = "cpu"
) -> tuple[float, list[str]]:
    """Take one step.

    Returns:
        The loss, and the keys of the false positives: negatives that the model took for the target.
    """
    logits = model(batch.wav.to(device))
    label = batch.label.to(device)
    loss = nn.functional.binary_cross_entropy_with_logits(logits, label)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    is_wrong = ((logits > 0) & (label == 0)).tolist()
    return loss.item(), [
        key for key, wrong in zip(batch.sample_keys, is_wrong, strict=True) if wrong
    ]


@torch.no_grad()
def evaluate(
    model: nn.Module, loader: Iterable[Batch], device: str = "cpu"
) -> tuple[np.ndarray, np.ndarray]:
    """Labels and logits of all that a loader gives, both (n,)."""
    model.eval()
    found = [(batch.label, model(batch.wav.to(device)).cpu()) for batch in loader]
    model.train()
    labels, logits = (torch.cat(parts).numpy() for parts in zip(*found, strict=True))
    return labels, logits


def roc_auc(labels: np.ndarray, scores: np.ndarray) -> float:
    """How likely a positive scores higher than a negative; chance is 0.5."""
    negatives, positives = np.sort(scores[labels == 0]), scores[labels == 1]
    below = [np.searchsorted(negatives, positives, side) for side in ("left", "right")]
    return float(np.mean(below) / len(negatives))


def precision_recall(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Precision and recall at each threshold, from the highest score to the lowest."""
    order = np.argsort(-scores, kind="stable")
    last_of_equals = np.flatnonzero(np.diff(scores[order], append=-np.inf))
    hits = np.cumsum(labels[order])[last_of_equals]
    return hits / (last_of_equals + 1), hits / labels.sum()


def average_precision(labels: np.ndarray, scores: np.ndarray) -> float:
    """The mean precision over all recalls; chance is the share of positives."""
    precision, recall = precision_recall(labels, scores)
    return float(np.sum(np.diff(recall, prepend=0) * precision))


def save(checkpoint: Path, parts: dict[str, Any], batches: int) -> None:
    """Write the state of all parts, whole or not at all; every rank has the same.

    Args:
        checkpoint: The file.
        parts: `model`, `optimizer` and `sampler`.
        batches: How many of the epoch are trained on: the sampler alone knows only how many the
            loader has asked it for, which is more.
    """
    if parts["sampler"].rank == 0:
        state = {name: part.state_dict() for name, part in parts.items()}
        state["sampler"] = parts["sampler"].state_dict(batches=batches)
        unfinished = checkpoint.with_suffix(".unfinished")
        torch.save(state, unfinished)
        unfinished.replace(checkpoint)


def main() -> None:
    """Train, evaluate after each epoch, save after each epoch and within it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--catalog", default="audioset-duck-demo/catalog.duckdb", help="[%(default)s]"
    )
    parser.add_argument("--target", default="gun", help="[%(default)s]")
    parser.add_argument("--sample-rate", type=int, default=8000, help="in Hz [%(default)s]")
    parser.add_argument("--epochs", type=int, default=6, help="[%(default)s]")
    parser.add_argument("--batch-size", type=int, default=32, help="of each process [%(default)s]")
    parser.add_argument("--learning-rate", type=float, default=2e-3, help="[%(default)s]")
    parser.add_argument("--seed", type=int, default=0, help="[%(default)s]")
    parser.add_argument("--workers", type=int, default=2, help="of each process [%(default)s]")
    parser.add_argument(
        "--checkpoint", type=Path, default=Path("checkpoint.pt"), help="[%(default)s]"
    )
    parser.add_argument(
        "--predictions", type=Path, default=Path("predictions.parquet"), help="[%(default)s]"
    )
    parser.add_argument(
        "--save-every", type=int, default=50, metavar="BATCHES", help="[%(default)s]"
    )
    parser.add_argument(
        "--eval-every", type=int, default=4, help="take every Nth eval sample [%(default)s]"
    )
    args = parser.parse_args()

    torch.set_num_threads(1)  # The model is small: more would take the cores from the workers.
    # torchrun tells each process who it is; without it there is one.
    if is_distributed := "RANK" in os.environ:
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    device = f"cuda:{os.environ.get('LOCAL_RANK', 0)}" if torch.cuda.is_available() else "cpu"

    # The sampler asks torch.distributed for its rank.
    train = AudioSetDataset(args.catalog, args.target, "train", args.sample_rate)
    sampler = TwoTierBatchSampler(train, args.batch_size, args.seed)
    options = {"collate_fn": collate, "num_workers": args.workers}
    loader = DataLoader(train, batch_sampler=sampler, **options)
    # Each rank evaluates a part.
    eval_set = AudioSetDataset(args.catalog, args.target, "eval", args.sample_rate)
    every = args.eval_every
    part = range(sampler.rank * every, len(eval_set), sampler.num_replicas * every)
    eval_loader = DataLoader(Subset(eval_set, part), batch_size=256, **options)

    torch.manual_seed(args.seed)
    model = Detector(args.sample_rate).to(device)
    parallel = DistributedDataParallel(model) if is_distributed else model
    optimizer = torch.optim.AdamW(model.parameters(), args.learning_rate)
    parts = {"model": model, "optimizer": optimizer, "sampler": sampler}
    batches_done = 0
    if args.checkpoint.exists():
        state = torch.load(args.checkpoint, map_location=device, weights_only=True)
        try:
            sampler.load_state_dict(state["sampler"])
        except AudiosetDuckError as error:
            sys.exit(f"{args.checkpoint}: {error}; name another --checkpoint to start again")
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        batches_done = state["sampler"]["batches"]
        if sampler.epoch >= args.epochs and sampler.rank == 0:
            print(f"{args.checkpoint} has {sampler.epoch} epochs; take more with --epochs")

    if sampler.rank == 0 and sampler.epoch < args.epochs:
        print(
            f"{args.target}: {len(train):,} samples, {len(sampler):,} batches an epoch; training"
            f" begins at epoch {sampler.epoch}, batch {batches_done}",
            flush=True,
        )
    for epoch in range(sampler.epoch, args.epochs):
        sampler.set_epoch(epoch)
        losses, false_positives = [], []
        for batches, batch in enumerate(loader, start=batches_done + 1):
            loss, wrong = train_batch(parallel, optimizer, batch, device)
            losses.append(loss)
            false_positives += wrong
            if batches % args.save_every == 0 and batches < len(sampler):
                # Gathered over all ranks, so that one checkpoint holds everything.
                sampler.extend_hard_buffer(false_positives)
                false_positives = []
                save(args.checkpoint, parts, batches)
        sampler.extend_hard_buffer(false_positives)
        sampler.set_epoch(epoch + 1)
        batches_done = 0
        save(args.checkpoint, parts, batches_done)

        found = evaluate(model, eval_loader, device)
        results = [found] * sampler.num_replicas
        if is_distributed:
            dist.all_gather_object(results, found)
        labels, logits = (np.concatenate(values) for values in zip(*results, strict=True))
        if sampler.rank == 0:
            print(
                f"epoch {epoch}: loss {np.mean(losses):.4f},"
                f" average precision {average_precision(labels, logits):.4f},"
                f" ROC AUC {roc_auc(labels, logits):.4f},"
                f" {len(sampler.hard_buffer)} hard negatives",
                flush=True,
            )
    # Probabilities, of all samples; the command that scores them is printed.
    detector = nn.Sequential(model, nn.Sigmoid())
    predict(detector, eval_set, args.predictions, batch_size=256, num_workers=args.workers)
    if is_distributed:
        dist.destroy_process_group()


if __name__ == "__main__":
    try:
        main()
    except AudiosetDuckError as error:
        sys.exit(str(error))
