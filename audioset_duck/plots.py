"""Charts for notebooks, of a catalog or of an audio file."""

from __future__ import annotations

import itertools
from decimal import Decimal
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import altair as alt
import numpy as np
import numpy.typing as npt
import soundfile

from audioset_duck.catalog.connection import open_catalog
from audioset_duck.catalog.state import require_target
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.report.charts import clips as clip_charts
from audioset_duck.report.charts import labels as label_charts
from audioset_duck.report.charts import samples as sample_charts
from audioset_duck.report.charts import targets as target_charts
from audioset_duck.report.charts.base import Chart, Rows, fetch_rows, is_strong
from audioset_duck.sqltext import identifier

if TYPE_CHECKING:
    from audioset_duck.training.dataset import Item

AnyPath: TypeAlias = str | PathLike[str]
Samples: TypeAlias = npt.NDArray[np.float32]

WIDTH = 560
# How finely `show` draws: stretches of the time axis, bands of the frequency axis.
STRETCHES, BANDS = 240, 96


def event_timeline(
    catalog: AnyPath, clip_id: str, target: str | None = None, subset: str | None = None
) -> Chart | alt.VConcatChart:
    """All events of a clip on a time axis; with a target, what they are to it, and its windows.

    Args:
        catalog: Path of the catalog.
        clip_id: `<YouTube id>_<start in milliseconds>`.
        target: Name of a target of the catalog.
        subset: `strong_train`, `strong_eval` or `strong_eval_framed`. None: the first of these
            that has the clip.

    Raises:
        AudiosetDuckError: There is no such clip with events, or no such target.
    """
    with open_catalog(Path(catalog)) as connection:
        found = fetch_rows(
            connection,
            """
            select subset from main.present_events where clip_id = $clip_id
            group by subset order by main.subset_place(subset)
            """,
            {"clip_id": clip_id},
        )
        present = [row["subset"] for row in found]
        if subset not in (present or [""]) and (subset or not present):
            raise AudiosetDuckError(
                f"clip {clip_id!r} has no events in {subset or 'any strong set'}; right is "
                + (" or ".join(present) or "a clip_id of strong_events")
            )
        parameters = {"clip_id": clip_id, "subset": subset or present[0]}
        if target is None:
            events = fetch_rows(connection, _events_query("'other'"), parameters)
            return clip_charts.timeline(events, [], has_target=False)
        require_target(connection, target)
        schema = identifier(target)
        role = f"""
            coalesce((
                select events.role from {schema}.events
                where
                    events.subset = present_events.subset
                    and events.event_id = present_events.event_id
            ), 'other')
        """
        return clip_charts.timeline(
            fetch_rows(connection, _events_query(role), parameters),
            fetch_rows(
                connection,
                f"""
                select
                    title,
                    label_id,
                    role,
                    start_seconds,
                    end_seconds,
                    window_index
                from {schema}.windows
                inner join main.labels using (label_id)
                where clip_id = $clip_id and subset = $subset
                order by event_id, window_index
                """,
                parameters,
            ),
        )


def _events_query(role: str) -> str:
    return f"""
        select
            title,
            label_id,
            {role} as role,
            start_seconds,
            end_seconds
        from main.present_events
        inner join main.labels using (label_id)
        where clip_id = $clip_id and subset = $subset
        order by start_seconds, event_id
    """


def label_distribution(catalog: AnyPath, subset: str, top: int = 20) -> Chart:
    """The largest labels of a data set, by duration if it is strong, by clips if it is weak.

    Args:
        catalog: Path of the catalog.
        subset: Such as `strong_train` or `weak_eval`.
        top: How many labels.

    Raises:
        AudiosetDuckError: There is no such data set in the catalog.
    """
    with open_catalog(Path(catalog)) as connection:
        rows = fetch_rows(
            connection,
            "from main.label_amounts where subset = $subset order by rank",
            {"subset": subset},
        )
        if not rows:
            present = fetch_rows(connection, "from main.subset_key_figures")
            raise AudiosetDuckError(
                f"unknown subset {subset!r}; expected one that this catalog has:"
                f" {', '.join(row['subset'] for row in present)}"
            )
    return label_charts.label_bars(rows, is_strong(subset), top).properties(width=WIDTH)


def overlap_matrix(
    catalog: AnyPath, target: str, subset: str = "strong_train", top: int = 20
) -> Chart:
    """How many events of each label of a target other sounds overlap, the most frequent ones.

    Args:
        catalog: Path of the catalog.
        target: Name of a target of the catalog.
        subset: `strong_train`, `strong_eval` or `strong_eval_framed`.
        top: How many other sounds.

    Raises:
        AudiosetDuckError: There is no such target, or nothing overlaps it in that data set.
    """
    with open_catalog(Path(catalog)) as connection:
        require_target(connection, target)
        overlaps = f"{identifier(target)}.label_overlaps"
        rows = fetch_rows(
            connection,
            f"from {overlaps} where subset = $subset order by other_rank, label_id",
            {"subset": subset},
        )
        if not rows:
            present = fetch_rows(
                connection, f"select distinct subset from {overlaps} order by subset"
            )
            listed = ", ".join(row["subset"] for row in present)
            raise AudiosetDuckError(
                f"no event of {target} is overlapped in the subset {subset!r}; "
                f"there are some in {listed or 'none'}"
            )
    return target_charts.overlap_matrix(rows, top).properties(width=WIDTH)


def epoch_preview(
    catalog: AnyPath,
    target: str,
    epoch: int = 0,
    seed: int = 0,
    batch_size: int = 32,
    batches: int = 10,
) -> Chart:
    """What the first batches of an epoch hold: a row for each batch, a cell for each slot.

    The colour of a cell tells what the slot is kept for, as `draw` of the target's `epoch_plan`;
    its tooltip has the label and the sample's key.

    Args:
        catalog: Path of the catalog.
        target: Name of a target of the catalog.
        epoch: Which epoch, from 0.
        seed: Of the sampler.
        batch_size: Samples in a batch.
        batches: How many batches are shown, if the epoch has so many.

    Raises:
        AudiosetDuckError: There is no such target, a number is out of its range, or no batch can
            be made: the target has no positives to train on, or a batch so small has none.

    Example:
        >>> from audioset_duck import plots
        >>> plots.epoch_preview("catalog.duckdb", "gun", epoch=3, batches=5)
    """
    for name, value, least in (
        ("epoch", epoch, 0),
        ("seed", seed, 0),
        ("batch_size", batch_size, 1),
        ("batches", batches, 1),
    ):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise AudiosetDuckError(f"{name} is {value!r}; right is a whole number from {least}")
    with open_catalog(Path(catalog)) as connection:
        require_target(connection, target)
        schema = identifier(target)
        rows = fetch_rows(
            connection,
            f"""
            select
                epoch_plan.step,
                epoch_plan.slot,
                epoch_plan.draw,
                epoch_plan.label_id,
                labels.title,
                samples.sample_key,
                epoch_plan.crop_start_seconds
            from {schema}.epoch_plan({seed}, {epoch}, {batch_size}) as epoch_plan
            inner join {schema}.samples as samples using (sample_id)
            left join main.labels as labels
                on epoch_plan.label_id = labels.label_id
            where epoch_plan.step < {batches}
            order by epoch_plan.step, epoch_plan.slot
            """,
        )
    if not rows:
        raise AudiosetDuckError(
            f"{target} has no batches of {batch_size}: a batch needs a positive; take a larger"
            f" batch_size, or see what removed the samples in {target}.sample_counts"
        )
    return sample_charts.epoch_grid(rows, batch_size)


def show(
    sample: AnyPath | tuple[AnyPath, float | Decimal, float | Decimal] | Item,
    start_seconds: float = 0,
    end_seconds: float | None = None,
    *,
    sample_rate: int = 32000,
) -> alt.VConcatChart:
    """Play audio in a notebook, and draw its waveform and spectrogram.

    All channels of a file are mixed into one.

    Args:
        sample: A file of a format that libsndfile reads; such a file with the start and the end of
            a slice in seconds, as `samples` has them; or an item of an `AudioSetDataset`.
        start_seconds: Of a file: start of the slice, inclusive.
        end_seconds: Of a file: its end, exclusive. None: the end of the file.
        sample_rate: Of an item, in Hz: that of its dataset.

    Raises:
        AudiosetDuckError: There is no such file, it cannot be read, or the slice is empty.

    Example:
        >>> plots.show(dataset[0], sample_rate=dataset.sample_rate)
    """
    from IPython.display import Audio, display

    if not isinstance(sample, tuple):
        samples, rate = _read(sample, start_seconds, end_seconds)
    elif len(sample) == 3:
        path, start, end = sample
        start_seconds = float(start)
        samples, rate = _read(path, start_seconds, float(end))
    else:
        samples, rate, start_seconds = np.asarray(sample.wav, np.float32), sample_rate, 0
    # As loud as it is; to be made as loud as can be, silence would be divided by 0.
    player = Audio(samples.clip(-1, 1), rate=rate, normalize=False)  # type: ignore[no-untyped-call]
    display(player)  # type: ignore[no-untyped-call]
    return clip_charts.sound(
        _envelope(samples, rate, start_seconds),
        _spectrogram(samples, rate, start_seconds),
        rate / 2 / BANDS,
    )


def _read(
    audio_path: AnyPath, start_seconds: float, end_seconds: float | None
) -> tuple[Samples, int]:
    """A slice of a file as the mean of its channels, and its sample rate."""
    try:
        with soundfile.SoundFile(audio_path) as file:
            rate, frames = file.samplerate, file.frames
            first = round(start_seconds * rate)
            last = frames if end_seconds is None else min(frames, round(end_seconds * rate))
            if not 0 <= first < last:
                raise AudiosetDuckError(
                    f"{audio_path} is {frames / rate:.3f} s long; it has nothing from"
                    f" {start_seconds} s to {end_seconds} s"
                )
            file.seek(first)
            samples = file.read(last - first, dtype="float32", always_2d=True).mean(axis=1)
    except soundfile.LibsndfileError as error:
        raise AudiosetDuckError(f"{audio_path} cannot be read as audio: {error}") from None
    return samples, rate


def _envelope(samples: Samples, rate: int, start_seconds: float) -> Rows:
    """The lowest and highest sample of each of at most `STRETCHES` stretches."""
    edges = np.linspace(0, len(samples), min(STRETCHES, len(samples)) + 1).astype(int)
    return [
        {
            "start": start_seconds + float(first / rate),
            "lowest": round(float(samples[first:last].min()), 4),
            "highest": round(float(samples[first:last].max()), 4),
        }
        for first, last in itertools.pairwise(edges)
    ]


def _spectrogram(samples: Samples, rate: int, start_seconds: float) -> Rows:
    """Levels of the bands in each of at most `STRETCHES` stretches, in dB below the loudest."""
    length = 4 * BANDS
    padded = np.pad(samples, length // 2)
    count = min(STRETCHES, 1 + len(samples) // BANDS)
    edges = np.linspace(0, len(samples), count + 1)
    middles = ((edges[:-1] + edges[1:]) / 2).astype(int)
    frames = np.stack([padded[middle : middle + length] for middle in middles])
    power = np.abs(np.fft.rfft(frames * np.hanning(length))[:, : 2 * BANDS]) ** 2
    bands = power.reshape(count, BANDS, 2).sum(axis=2)
    levels = 10 * np.log10(np.maximum(bands / max(float(bands.max()), 1e-12), 1e-8))
    return [
        {
            "start": start_seconds + float(first / rate),
            "end": start_seconds + float(last / rate),
            "levels": levels[stretch].round().astype(int).tolist(),
        }
        for stretch, (first, last) in enumerate(itertools.pairwise(edges))
    ]
