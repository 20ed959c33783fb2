"""Scores of a model for samples or frames, as a file that `audioset-duck score` takes."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import shlex
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from torch import nn
from torch.utils.data import DataLoader

from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import exclusive_folder
from audioset_duck.progress import progress, report
from audioset_duck.training.clips import AudioSetClips
from audioset_duck.training.dataset import AudioSetDataset, collate
from audioset_duck.training.model_scores import Detector, Scores
from audioset_duck.training.prediction_parts import PredictionParts
from audioset_duck.training.ranks import Ranks

log = logging.getLogger(__name__)

_LEAST_WINDOW_SECONDS, _MOST_WINDOW_SECONDS = 0.001, 60


def predict(
    model: nn.Module,
    dataset: AudioSetDataset | AudioSetClips,
    out: str | Path,
    *,
    batch_size: int = 32,
    device: str | torch.device | None = None,
    window_seconds: float | None = None,
    detector: str | None = None,
    num_workers: int = 0,
) -> Path:
    """Write the scores of a model as a file that `audioset-duck score` takes.

    For an AudioSetDataset the model returns a score for each sample, (B,) or (B, 1); the columns
    of the file are `sample_key` and `score`. For AudioSetClips it returns scores for each frame,
    (B, F) or (B, F, 1); the columns are `clip_id` and `scores`, a list with one score for each
    frame of the clip, without those of the padding. One more than F is taken too, and dropped:
    many models centre their first frame on the start of a clip, and one more on its end.

    A model of windows scores frames with `window_seconds`: frame k is scored by the window whose
    middle is that of the frame, (k + 1/2) * hop. It has round(window_seconds * sample_rate) audio
    samples, with zeros where it reaches beyond the clip.

    The model runs in evaluation and inference mode, and is then in the mode in which it was.
    Scores may be probabilities or logits; they are written as float32, or float64 if the model
    returns that. The hop is not in the file: the command that is printed at the end gives it.

    The file is written completely or not at all. Until then, what has been predicted is in a folder
    beside it, `out` with `.parts`. If the run is interrupted, call this again to go on: nothing is
    predicted twice, and the file is the same. A model with other weights or another dataset starts
    again, with a warning.

    Under torch.distributed, all ranks call this with the same arguments. Each predicts a part, and
    rank 0 writes the file to a folder that all ranks see.

    Args:
        model: A module that takes float32 (B, T), and returns scores that are higher where the
            target is more likely.
        dataset: The samples or the clips.
        out: The file, which ends in .parquet, .csv, .csv.gz, .tsv or .tsv.gz; one that is there is
            replaced.
        batch_size: How many waveforms the model gets at once: samples, clips or windows.
        device: Where the model runs, and is moved to. None: where its parameters are.
        window_seconds: Length of the windows of a model that scores windows, for AudioSetClips.
        detector: Name of the detector, as a further column. None: `score` names it.
        num_workers: Worker processes that load audio, on each rank.

    Returns:
        The path of the file.

    Raises:
        AudiosetDuckError: The model returns NaN, or not as many scores as the dataset has samples
            or frames; ranks have different models or datasets; a value is out of range; or a file
            cannot be loaded. With `on_error="replace"` in the dataset, a sample or clip that cannot
            be loaded is left out with a warning, and not replaced.

    Example:
        >>> from audioset_duck import AudioSetClips, predict
        >>> clips = AudioSetClips("catalog.duckdb", "gun", sample_rate=8000, hop_seconds=0.5)
        >>> class Loudness(torch.nn.Module):
        ...     def forward(self, wav):  # (B, 80000) to (B, 20)
        ...         return wav.unflatten(1, (20, 4000)).square().mean(2)
        >>> predict(Loudness(), clips, "loudness.parquet").name
        'loudness.parquet'
    """
    _check_arguments(model, dataset, batch_size, window_seconds, detector, num_workers)
    parts = PredictionParts(Path(out))
    if isinstance(model, nn.parallel.DistributedDataParallel):
        # It would wait for all ranks in each batch, of which they may have different numbers.
        model = model.module
    detecting = Detector.of(model, device)
    ranks = Ranks.current()
    run = {
        "target": dataset.target,
        "split": dataset.split,
        "dataset": dataset.fingerprint(),
        "model": _model_digest(model),
        "window_seconds": str(window_seconds),
    }
    if any(other != run for other in ranks.gather(run)):
        raise AudiosetDuckError(
            "ranks have different models or datasets; expected the same weights and catalog on all"
        )
    with contextlib.ExitStack() as opened:
        done = ranks.broadcast(_open_parts(parts, run, opened) if ranks.rank == 0 else None)
        if isinstance(done, Exception):
            raise done
        if ranks.rank == 0:
            _report_earlier(parts.out, len(done), len(dataset))
        batches = _remaining_batches(len(dataset), 1 if window_seconds else batch_size, done)
        with _evaluating(model):
            left_out = _predict_batches(
                _score_function(detecting, dataset, window_seconds, batch_size),
                _loader(dataset, batches[ranks.rank :: ranks.world_size], num_workers, detecting),
                parts,
                is_shown=ranks.rank == 0,
            )
        left_out = sum(ranks.gather(left_out))
        if ranks.rank == 0:
            parts.join(len(dataset) - left_out, *_columns_of(dataset), detector)
        # No rank returns before the file is there.
        ranks.gather(None)
    if ranks.rank == 0:
        _report(dataset, parts.out, left_out)
    return parts.out


def _open_parts(
    parts: PredictionParts, run: dict[str, str], opened: contextlib.ExitStack
) -> list[int] | Exception:
    """Lock the folder of parts, and return the places that are done; or an error for all ranks."""
    try:
        cure = "choose another folder for the predictions"
        opened.enter_context(exclusive_folder(parts.folder, "prediction", cure))
        return parts.open(run)
    except (AudiosetDuckError, OSError) as error:
        return error


def _report_earlier(out: Path, done_count: int, count: int) -> None:
    """Print what there is of an earlier run: some of its predictions, or its file."""
    if done_count:
        report(f"{done_count:,} of {count:,} items of {out} are predicted; resuming")
    elif out.exists():
        report(f"{out} exists; its items are predicted again, and it is replaced at the end")


def _check_arguments(
    model: nn.Module,
    dataset: AudioSetDataset | AudioSetClips,
    batch_size: int,
    window_seconds: float | None,
    detector: str | None,
    num_workers: int,
) -> None:
    if not isinstance(model, nn.Module):
        raise AudiosetDuckError(f"model is a {type(model).__name__}; expected a torch.nn.Module")
    if not isinstance(dataset, AudioSetDataset | AudioSetClips):
        raise AudiosetDuckError(
            f"dataset is a {type(dataset).__name__}; expected an AudioSetDataset or AudioSetClips"
        )
    for name, value, least in (("batch_size", batch_size, 1), ("num_workers", num_workers, 0)):
        if type(value) is not int or value < least:
            raise AudiosetDuckError(f"{name} is {value!r}; expected an integer from {least} on")
    if detector is not None and (not isinstance(detector, str) or not detector):
        raise AudiosetDuckError(f"detector is {detector!r}; expected a name, or None")
    if window_seconds is None:
        return
    if isinstance(dataset, AudioSetDataset):
        raise AudiosetDuckError(
            "window_seconds is for AudioSetClips, and the samples of an AudioSetDataset are windows"
            " already; leave it out"
        )
    is_number = isinstance(window_seconds, int | float) and not isinstance(window_seconds, bool)
    if not is_number or not _LEAST_WINDOW_SECONDS <= window_seconds <= _MOST_WINDOW_SECONDS:
        raise AudiosetDuckError(
            f"window_seconds is {window_seconds!r}; expected a number of seconds from"
            f" {_LEAST_WINDOW_SECONDS} to {_MOST_WINDOW_SECONDS}"
        )


def _columns_of(dataset: AudioSetDataset | AudioSetClips) -> tuple[str, str]:
    """The names of the columns of keys and scores."""
    is_clips = isinstance(dataset, AudioSetClips)
    return ("clip_id", "scores") if is_clips else ("sample_key", "score")


def _model_digest(model: nn.Module) -> str:
    """A hash of the weights of a model and the name of its class."""
    found = hashlib.md5(type(model).__qualname__.encode(), usedforsecurity=False)
    for name, value in sorted(model.state_dict().items()):
        found.update(name.encode())
        if isinstance(value, torch.Tensor):
            found.update(f"{value.dtype} {tuple(value.shape)}".encode())
            flat = value.detach().cpu().contiguous().reshape(-1)
            # NumPy does not have all types of torch.
            found.update(flat.view(torch.uint8).numpy().tobytes())
        else:
            found.update(repr(value).encode())
    return found.hexdigest()


def _remaining_batches(count: int, batch_size: int, done: list[int]) -> list[list[int]]:
    """The batches of the places of a dataset, without the places that are done.

    A batch that is not done at all has the same places as in a run that was not interrupted, since
    a score can depend on the batch in its last bits.
    """
    is_missing = np.ones(count, bool)
    is_missing[done] = False
    batches = [
        (start + np.flatnonzero(is_missing[start : start + batch_size])).tolist()
        for start in range(0, count, batch_size)
    ]
    return [batch for batch in batches if batch]


def _score_function(
    detector: Detector,
    dataset: AudioSetDataset | AudioSetClips,
    window_seconds: float | None,
    batch_size: int,
) -> Callable[[Any], list[Scores]]:
    """The function that scores a batch of a dataset."""
    if isinstance(dataset, AudioSetDataset):
        return detector.score_samples
    if window_seconds is None:
        return partial(detector.score_frames, dataset.frames)
    size = round(window_seconds * dataset.sample_rate)
    starts = dataset.frames.window_starts(size, dataset.sample_rate)
    return partial(detector.score_windows, starts, size, batch_size)


def _loader(
    dataset: AudioSetDataset | AudioSetClips,
    batches: list[list[int]],
    num_workers: int,
    detector: Detector,
) -> DataLoader[Any]:
    """A loader of the given batches."""
    return DataLoader(
        dataset,
        batch_sampler=batches,
        num_workers=num_workers,
        collate_fn=collate if isinstance(dataset, AudioSetDataset) else None,
        pin_memory=detector.device.type == "cuda",
        # Of its own, so that a training run draws the same numbers with predictions or without.
        generator=torch.Generator(),
    )


def _predict_batches(
    score: Callable[[Any], list[Scores]],
    loader: DataLoader[Any],
    parts: PredictionParts,
    *,
    is_shown: bool,
) -> int:
    """Score the batches of a loader, and write them as parts.

    Returns:
        How many items could not be loaded.
    """
    dataset: Any = loader.dataset
    batches: Any = loader.batch_sampler
    total = sum(map(len, batches))
    options: dict[str, Any] = {} if is_shown else {"disable": True}
    left_out = 0
    with progress(name="predict", unit=" items", total=total, **options) as bar:
        try:
            for places, batch in zip(batches, loader, strict=True):
                keys = [dataset.key(place) for place in places]
                rows = [
                    (place, key, scores)
                    for place, key, (scored_key, scores) in zip(
                        places, keys, score(batch), strict=True
                    )
                    # What replaces an item that cannot be loaded has another key.
                    if scored_key == key
                ]
                left_out += len(places) - len(rows)
                if rows:
                    parts.add(_table(rows))
                bar.update(len(places))
        finally:
            # Also if it is interrupted: these need not be predicted again.
            parts.write()
    return left_out


@contextlib.contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """Set a model to evaluation mode, and each of its modules back to its own mode."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True


def _table(rows: Sequence[tuple[int, str, torch.Tensor]]) -> pa.Table:
    """Rows of place, key and a score () or scores (frames,)."""
    places, keys, scores = zip(*rows, strict=True)
    number = pa.float64() if scores[0].dtype == torch.float64 else pa.float32()
    is_single = scores[0].ndim == 0
    return pa.table(
        {
            "place": pa.array(places, pa.int64()),
            "item_key": pa.array(keys, pa.string()),
            "prediction": pa.array(
                [score.item() if is_single else score.numpy() for score in scores],
                number if is_single else pa.list_(number),
            ),
        }
    )


def _report(dataset: AudioSetDataset | AudioSetClips, out: Path, left_out: int) -> None:
    """Print the command that scores a file of predictions, and warn if some are missing."""
    command = ["audioset-duck", "score", "--catalog", str(dataset.catalog)]
    command += ["--target", dataset.target, "--predictions", str(out)]
    # Scoring refuses clips of the subset without scores if it is not asked for.
    is_partial = left_out > 0
    if isinstance(dataset, AudioSetClips):
        command += ["--hop", f"{dataset.frames.hop:f}"]
        command += ["--subset", dataset.subset] if dataset.split == "train" else []
        is_partial |= dataset.clips_without_audio > 0
    command += ["--partial"] if is_partial else []
    if left_out:
        log.warning(
            "%s of %s items cannot be loaded and have no scores in %s",
            f"{left_out:,}",
            f"{len(dataset):,}",
            out,
        )
    report(f"{out} is written; score it with\n  {shlex.join(command)}")
