"""Clips of several lengths with events at and around the edges of frames, and their brute force."""

import random
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import NamedTuple

from audioset_duck.audio.scan import find_files
from audioset_duck.catalog.build import build
from audioset_duck.config.targets import Target
from support.audio import write_audio
from support.metadata import write_metadata, youtube_id

POSITIVE = ("/m/gun", "/m/shot")
LABELS = ("/m/a", *POSITIVE)


class ClipFile(NamedTuple):
    """A clip: its length (None: no weak set lists it) and its audio (None: it has none)."""

    clip_seconds: str | None
    audio_seconds: float | None
    rate: int = 8000
    channels: int = 1
    ending: str = "wav"


# Of strong_eval, in the order of their ids. The longest has no weak row.
CLIPS = [
    ClipFile(None, 10),
    ClipFile("10.000", 9.97, 16_000, 2, "flac"),
    ClipFile("6.705", 6.705),
    ClipFile("3.680", 4.2),
    ClipFile("10.000", None),
    ClipFile("9.960", 10.4, 44_100),
    ClipFile("0.400", 0.4),
    ClipFile("10.000", 2.5),
    ClipFile(None, None),
    ClipFile("10.000", 10),
]


def clip_id(number: int) -> str:
    return f"{youtube_id('c', number)}_0"


def make_events(seed: int = 0) -> dict[str, list[tuple[Decimal, Decimal, str]]]:
    """The events of each clip. The one at the end has none of the target."""
    numbers = random.Random(seed)
    events: dict[str, list[tuple[Decimal, Decimal, str]]] = {}
    for number in range(len(CLIPS)):
        found = [(Decimal("1.000"), Decimal("2.000"), "/m/a")]
        for _ in range(8):
            # Many of them touch frames of 40, 32 or 20 ms.
            grid = numbers.choice([1, 20, 32, 40])
            start = numbers.randrange(0, 9900 // grid) * grid
            end = min(10_000, start + numbers.choice([0, 1, grid, 5 * grid, 17 * grid]))
            label = numbers.choice(LABELS if number < len(CLIPS) - 1 else LABELS[:1])
            found.append((Decimal(start) / 1000, Decimal(end) / 1000, label))
        events[clip_id(number)] = found
    return events


def make_clips(folder: Path) -> Path:
    """A catalog of the target `t` with `CLIPS` and `make_events` as strong_eval."""
    rows = "\n".join(
        f"{clip} {start:.3f} {end:.3f} {label}"
        for clip, events in make_events().items()
        for start, end, label in events
    )
    weak = "\n".join(
        f"{youtube_id('c', number)} 0.000 {clip.clip_seconds} /m/a"
        for number, clip in enumerate(CLIPS)
        if clip.clip_seconds
    )
    names = "\n".join(f"{label} Name of {label[3:]}" for label in LABELS)
    metadata = write_metadata(folder / "metadata", eval=rows, weak_eval=weak, names=names)
    for number, clip in enumerate(CLIPS):
        if clip.audio_seconds:
            path = folder / "audio" / f"{youtube_id('c', number)}.{clip.ending}"
            write_audio(path, clip.audio_seconds, clip.rate, channels=clip.channels)
    catalog = folder / "catalog.duckdb"
    build(catalog, [Target("t", POSITIVE)], metadata, inventory=find_files(folder / "audio"))
    return catalog


def clip_seconds(number: int) -> Decimal:
    return Decimal(CLIPS[number].clip_seconds or 10)


def frames_of(hop: float, seconds: Decimal) -> list[tuple[Decimal, Decimal]]:
    """The frames of a clip by their definition: the last one is cut."""

    def edge(index: int) -> Decimal:
        product = index * Decimal(str(hop))
        return product.quantize(Decimal("0.000001"), ROUND_HALF_UP)

    frames = []
    while edge(len(frames)) < seconds:
        frames.append((edge(len(frames)), min(edge(len(frames) + 1), seconds)))
    return frames


def active_labels(clip: str, start: Decimal, end: Decimal) -> set[str]:
    """The labels that are active at any moment of a frame."""
    return {
        label
        for event_start, event_end, label in make_events()[clip]
        if event_start < event_end and event_start < end and event_end > start
    }
