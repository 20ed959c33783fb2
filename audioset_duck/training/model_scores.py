"""What a model returns for samples, clips or windows of clips: checked, and as scores of each."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

import torch
from torch import nn

from audioset_duck.errors import AudiosetDuckError
from audioset_duck.training.clip_table import Frames
from audioset_duck.training.clips import Clip
from audioset_duck.training.dataset import Batch

# The key of a sample or clip, and its score () or the scores of its frames (frames,): float32 or
# float64, on the CPU.
Scores: TypeAlias = tuple[str, torch.Tensor]


class Detector(NamedTuple):
    """A model, and where it is.

    Its methods raise AudiosetDuckError if the model does not return what it should, or NaN.

    Attributes:
        model: Takes float32 (B, T).
        device: Where waveforms are moved to.
    """

    model: nn.Module
    device: torch.device

    @classmethod
    def of(cls, model: nn.Module, device: str | torch.device | None) -> Detector:
        """Move a model to a device. None: leave it where its first parameter or buffer is."""
        if device is not None:
            return cls(model.to(device), torch.device(device))
        tensors = itertools.chain(model.parameters(), model.buffers())
        return cls(model, next((tensor.device for tensor in tensors), torch.device("cpu")))

    def score_samples(self, batch: Batch) -> list[Scores]:
        """Score samples by a model that returns (B,) or (B, 1)."""
        return _without_nan(batch.sample_keys, self._single_scores(batch.wav, "sample"))

    def score_frames(self, frames: Frames, batch: Clip) -> list[Scores]:
        """Score frames of padded clips by a model that returns (B, F), (B, F, 1) or one frame more.

        Args:
            frames: The F frames of the dataset.
            batch: The clips.
        """
        scores = self._call(batch.wav)
        count, expected = len(batch.wav), len(frames)
        shape = f"{tuple(scores.shape)} for {count} clips"
        if scores.shape in ((count,), (count, 1)) and expected > 1:
            raise AudiosetDuckError(
                f"the model returns one score for each clip, {shape}; expected ({count},"
                f" {expected}), one for each frame. For a model of windows, pass their length as"
                " window_seconds"
            )
        if scores.ndim == 3 and scores.shape[2] == 1:
            scores = scores[:, :, 0]
        if scores.ndim != 2 or len(scores) != count:
            raise AudiosetDuckError(
                f"the model returns scores of shape {shape}; expected ({count}, {expected}), one"
                " score for each frame"
            )
        # Models that centre their first frame on the start of a clip have one on its end, too.
        if scores.shape[1] not in (expected, expected + 1):
            seconds = frames.longest_ms / 1000
            raise AudiosetDuckError(
                f"the model returns {scores.shape[1]:,} scores for a clip of {seconds:g} s, a hop"
                f" of about {seconds / max(1, scores.shape[1]):.4g} s, but the dataset has"
                f" {expected:,} frames of {frames.hop:f} s; create the dataset with the hop_seconds"
                f" of the model, or let the model return {expected:,} scores"
            )
        rows = zip(scores, _frame_counts(batch), strict=True)
        return _without_nan(batch.clip_id, [row[:count] for row, count in rows])

    def score_windows(
        self, starts: list[int], size: int, batch_size: int, batch: Clip
    ) -> list[Scores]:
        """Score the frames of clips by a model of windows that returns (B,) or (B, 1).

        Args:
            starts: Where the window of each frame begins, in audio samples; negative before the
                clip.
            size: Length of the windows, in audio samples; zeros where they reach beyond the clip.
            batch_size: How many windows the model gets at once.
            batch: The clips.
        """
        rows = []
        for wav, count in zip(batch.wav, _frame_counts(batch), strict=True):
            before, after = max(0, -starts[0]), max(0, starts[-1] + size - len(wav))
            windows = nn.functional.pad(wav, (before, after)).unfold(0, size, 1)
            places = torch.tensor(starts[:count]) + before
            chunks = [
                self._single_scores(windows[places[first : first + batch_size]], "window")
                for first in range(0, count, batch_size)
            ]
            rows.append(torch.cat(chunks))
        return _without_nan(batch.clip_id, rows)

    def _call(self, wav: torch.Tensor) -> torch.Tensor:
        """What the model returns for waveforms, as float32 or float64 on the CPU."""
        with torch.inference_mode():
            scores = self.model(wav.to(self.device))
        if not isinstance(scores, torch.Tensor):
            raise AudiosetDuckError(
                f"the model returns a {type(scores).__name__}; expected a tensor of scores: wrap"
                " the model in a module that returns one"
            )
        return (scores if scores.dtype == torch.float64 else scores.float()).cpu()

    def _single_scores(self, wav: torch.Tensor, unit: str) -> torch.Tensor:
        """One score for each waveform: (B,)."""
        scores = self._call(wav)
        count = len(wav)
        if scores.shape not in ((count,), (count, 1)):
            raise AudiosetDuckError(
                f"the model returns scores of shape {tuple(scores.shape)} for {count} {unit}s;"
                f" expected ({count},) or ({count}, 1), one score for each {unit}"
            )
        return scores.reshape(count)


def _frame_counts(batch: Clip) -> list[int]:
    """How many frames each clip of a batch has without padding."""
    counts: list[int] = torch.as_tensor(batch.frame_count).tolist()
    return counts


def _without_nan(keys: Iterable[str], scores: Iterable[torch.Tensor]) -> list[Scores]:
    """Scores with their keys; raise AudiosetDuckError if one of them is not a number."""
    found = list(zip(keys, scores, strict=True))
    for key, row in found:
        if row.isnan().any():
            raise AudiosetDuckError(
                f"the model returns NaN for {key}; expected scores that can be compared"
            )
    return found
