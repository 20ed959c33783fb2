"""Charts for notebooks: of a catalog, or of an audio file."""

from __future__ import annotations

import html
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import altair as alt
import numpy as np
import numpy.typing as npt

from audioset_duck.audio.slices import read_audio
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.catalog.state import require_target
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.report.charts import clips as clip_charts
from audioset_duck.report.charts import labels as label_charts
from audioset_duck.report.charts import targets as target_charts
from audioset_duck.report.charts.base import Chart, Rows, fetch_rows, is_strong
from audioset_duck.sqltext import identifier

if TYPE_CHECKING:
    from audioset_duck.training.dataset import Item

AnyPath: TypeAlias = str | PathLike[str]
Samples: TypeAlias = npt.NDArray[np.float32]

WIDTH = 560
# The resolution of `show`: intervals of the time axis, bands of the frequency axis.
INTERVALS, BANDS = 240, 96


def event_timeline(
    catalog: AnyPath, clip_id: str, target: str | None = None, subset: str | None = None
) -> Chart | alt.VConcatChart:
    """Draw all events of a clip on a time axis; with a target, their roles and its windows.

    Args:
        catalog: Path of the catalog.
        clip_id: `<YouTube id>_<start in milliseconds>`.
        target: Name of a target of the catalog.
        subset: `strong_train`, `strong_eval` or `strong_eval_framed`. None: the first of these
            that has events of the clip.

    Raises:
        AudiosetDuckError: The subset has no events of the clip, or the target is not in the
            catalog.
    """
    with open_catalog(Path(catalog)) as connection:
        found = fetch_rows(
            connection,
            "select subset from internal.present_events where clip_id = $clip_id"
            " group by subset order by main.subset_place(subset)",
            {"clip_id": clip_id},
        )
        present = [row["subset"] for row in found]
        if subset not in (present or [""]) and (subset or not present):
            raise AudiosetDuckError(
                f"clip {clip_id!r} has no events in {subset or 'any strong subset'}; expected "
                + (" or ".join(present) or "a clip_id of strong_events")
            )

        def rows_of(schema: str, relation: str, order: str) -> Rows:
            return fetch_rows(
                connection,
                f"from {schema}.{relation} where clip_id = $clip_id and subset = $subset"
                f" order by {order}",
                {"clip_id": clip_id, "subset": subset or present[0]},
            )

        if target is None:
            events = rows_of("main", "event_titles", "start_seconds, event_id")
            events = [row | {"role": "other"} for row in events]
            return clip_charts.timeline(events, [], has_target=False)
        require_target(connection, target)
        schema = identifier(target)
        return clip_charts.timeline(
            rows_of(schema, "event_roles", "start_seconds, event_id"),
            rows_of(schema, "window_titles", "event_id, window_index"),
        )


def label_distribution(catalog: AnyPath, subset: str, top: int = 20) -> Chart:
    """Draw the largest labels of a subset: by duration if it is strong, by clips if it is weak.

    Args:
        catalog: Path of the catalog.
        subset: Such as `strong_train` or `weak_eval`.
        top: The largest number of labels to show.

    Raises:
        AudiosetDuckError: The subset is not in the catalog.
    """
    with open_catalog(Path(catalog)) as connection:
        rows = fetch_rows(
            connection,
            "from main.label_amounts where subset = $subset order by rank",
            {"subset": subset},
        )
        if not rows:
            present = fetch_rows(
                connection, "from main.subset_key_figures order by main.subset_place(subset)"
            )
            raise AudiosetDuckError(
                f"unknown subset {subset!r}; expected one that this catalog has:"
                f" {', '.join(row['subset'] for row in present)}"
            )
    return label_charts.label_bars(rows, is_strong(subset), top).properties(width=WIDTH)


def overlap_matrix(
    catalog: AnyPath, target: str, subset: str = "strong_train", top: int = 20
) -> Chart:
    """Draw how many events of each label of a target each of the most frequent labels overlaps.

    Args:
        catalog: Path of the catalog.
        target: Name of a target of the catalog.
        subset: `strong_train`, `strong_eval` or `strong_eval_framed`.
        top: The largest number of overlapping labels to show.

    Raises:
        AudiosetDuckError: The target is not in the catalog, or no event of it is overlapped in
            the subset.
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
                f"no event of {target} is overlapped in the subset {subset!r}; expected a subset"
                f" with overlapped events: {listed or 'this catalog has none'}"
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
    """Draw the first batches of an epoch: a row for each batch, a cell for each slot.

    The colour of a cell is what the slot is drawn as, the column `draw` of the target's
    `epoch_plan`; its tooltip has the label and the sample's key.

    Args:
        catalog: Path of the catalog.
        target: Name of a target of the catalog.
        epoch: The epoch, from 0.
        seed: The seed of the sampler, from 0.
        batch_size: The number of samples of a batch, at least 1.
        batches: The largest number of batches to show, at least 1.

    Raises:
        AudiosetDuckError: The target is not in the catalog, a number is out of its range, or the
            epoch has no batches: the train split has no positives, or the batch is too small to
            have one.

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
            raise AudiosetDuckError(
                f"{name} is {value!r}; expected a whole number, at least {least}"
            )
    with open_catalog(Path(catalog)) as connection:
        require_target(connection, target)
        plan = f"{identifier(target)}.epoch_preview({seed}, {epoch}, {batch_size})"
        rows = fetch_rows(connection, f"from {plan} where step < {batches} order by step, slot")
    if not rows:
        raise AudiosetDuckError(
            f"{target} has no batches of {batch_size} samples: a batch needs a positive; use a"
            f" larger batch_size, or see in {target}.sample_counts why samples are excluded"
        )
    return target_charts.epoch_grid(rows, batch_size)


def show(
    sample: AnyPath | tuple[AnyPath, float | Decimal, float | Decimal] | Item,
    start_seconds: float = 0,
    end_seconds: float | None = None,
    *,
    sample_rate: int = 32000,
) -> alt.VConcatChart:
    """Play audio in a notebook, and draw its waveform and spectrogram.

    The channels of a file are averaged.

    Args:
        sample: A file of a format that libsndfile reads; a tuple of such a file and the start and
            end of a slice in seconds, as in `samples`; or an item of an `AudioSetDataset`.
        start_seconds: The start of the slice of a file, inclusive.
        end_seconds: Its end, exclusive. None: the end of the file.
        sample_rate: The sample rate of an item in Hz: that of its dataset.

    Raises:
        AudiosetDuckError: The file does not exist or cannot be read, or the slice is empty.

    Example:
        >>> plots.show(dataset[0], sample_rate=dataset.sample_rate)
    """
    from IPython.display import Audio, display

    if not isinstance(sample, tuple):
        samples, rate = read_audio(sample, start_seconds, end_seconds)
    elif len(sample) == 3:
        path, start, end = sample
        start_seconds = float(start)
        samples, rate = read_audio(path, start_seconds, float(end))
    else:
        samples, rate, start_seconds = np.asarray(sample.wav, np.float32), sample_rate, 0
    # Normalising would divide by 0 for silence.
    player = Audio(samples.clip(-1, 1), rate=rate, normalize=False)  # type: ignore[no-untyped-call]
    display(player)  # type: ignore[no-untyped-call]
    return clip_charts.sound(
        _envelope(samples, rate, start_seconds),
        _spectrogram(samples, rate, start_seconds),
        rate / 2 / BANDS,
    )


@dataclass(frozen=True)
class PageFrame:
    """A page that a notebook shows in a frame: its style and script leave the notebook alone.

    Attributes:
        html: The page.
        height: Height of the frame, in pixels.
    """

    html: str
    height: int

    def _repr_html_(self) -> str:
        source = html.escape(self.html)
        return f'<iframe srcdoc="{source}" width="100%" height="{self.height}"></iframe>'


def listen(
    catalog: AnyPath,
    target: str,
    role: str | None = None,
    *,
    sql: str | None = None,
    keys: Sequence[str] = (),
    detector: str | None = None,
    limit: int = 6,
    height: int = 620,
) -> PageFrame:
    """Show the page of `audioset-duck listen` for a few samples, to play and mark them.

    Args:
        catalog: The catalog file, with an inventory of audio.
        target: The target.
        role: positive, strong_negative, weak_negative, weak_positive, suspects, alarms, misses or
            conflicts.
        sql: Instead of a role, a query that gives sample_key, or clip_id with start_seconds and
            end_seconds.
        keys: Instead of both, keys of samples.
        detector: A detector that was scored; None: the only one.
        limit: The most samples.
        height: Height of the frame, in pixels.

    Returns:
        What a notebook shows as the page.

    Raises:
        AudiosetDuckError: The selection is invalid or gives nothing that can be played.
    """
    from audioset_duck.listen.page import make_page
    from audioset_duck.listen.selection import Selection

    selection = Selection(target, role, sql, tuple(keys), detector, limit=limit)
    with open_catalog(Path(catalog)) as connection:
        page = make_page(connection, selection)
    return PageFrame(page.html, height)


def _envelope(samples: Samples, rate: int, start_seconds: float) -> Rows:
    """The lowest and highest sample of each of at most `INTERVALS` time intervals."""
    edges = np.linspace(0, len(samples), min(INTERVALS, len(samples)) + 1).astype(int)
    return [
        {
            "start": start_seconds + float(first / rate),
            "lowest": round(float(samples[first:last].min()), 4),
            "highest": round(float(samples[first:last].max()), 4),
        }
        for first, last in itertools.pairwise(edges)
    ]


def _spectrogram(samples: Samples, rate: int, start_seconds: float) -> Rows:
    """The level of each band in at most `INTERVALS` time intervals, in dB below the loudest."""
    length = 4 * BANDS
    padded = np.pad(samples, length // 2)
    count = min(INTERVALS, 1 + len(samples) // BANDS)
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
            "levels": levels[interval].round().astype(int).tolist(),
        }
        for interval, (first, last) in enumerate(itertools.pairwise(edges))
    ]
