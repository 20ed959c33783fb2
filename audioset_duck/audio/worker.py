"""A worker: extracts members of an archive to files, in a process with little in memory.

Every worker process imports what this module imports.
"""

from __future__ import annotations

import os
import threading
import time
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from audioset_duck.audio.archives import read_members
from audioset_duck.audio.ffmpeg import validate_by_ffmpeg
from audioset_duck.audio.validation import (
    ValidationLimits,
    ValidationResult,
    refuse_if_large,
    rewrite,
    validate,
)
from audioset_duck.filesystem import atomic_write


@dataclass(frozen=True)
class Options:
    """How clips are extracted.

    Attributes:
        layout: `audioset`: folders as in the archives; `subset`: a folder for each subset.
        limits: Limits that a valid clip keeps.
        to: The format of the files.
        sample_rate: Samples per second and channel; None keeps the rate of the file.
        mono: Mix all channels into one.
        discard_invalid: Do not keep the files of invalid clips.
        validator: The decoder that validates a clip.
    """

    layout: Literal["audioset", "subset"] = "audioset"
    limits: ValidationLimits = field(default_factory=ValidationLimits)
    to: Literal["wav", "flac"] = "wav"
    sample_rate: int | None = None
    mono: bool = False
    discard_invalid: bool = False
    validator: Literal["libsndfile", "ffmpeg"] = "libsndfile"


def extract_unit(unit: dict[str, Any]) -> list[dict[str, Any]]:
    """Extract members of one archive: plain data in, plain data out, on any machine.

    Args:
        unit: `archive`, `archive_fingerprint`, `audio_root`, `options` (as a dict), and `clips`:
            for each its ytid, member, header_offset, and `places`: pairs of a path below the audio
            root and the subset that it is for, with whether the clip is labelled Silence in it.

    Returns:
        A row of `audio_files` for each place.
    """
    options = Options(**unit["options"] | {"limits": ValidationLimits(**unit["options"]["limits"])})
    rows = []
    decide = validate if options.validator == "libsndfile" else validate_by_ffmpeg
    offsets = [clip["header_offset"] for clip in unit["clips"]]
    read = read_members(Path(unit["archive"]), offsets)
    for clip, found in zip(unit["clips"], read, strict=True):
        data = found if isinstance(found, bytes) else None
        result = (
            decide(found, options.limits)
            if isinstance(found, bytes)
            else ValidationResult(found.status, found.reason)
        )
        if result.status == "ok" and options.sample_rate:
            result = refuse_if_large(result, options.sample_rate)
        written: dict[bool, Path] = {}
        for place in clip["places"]:
            rows.append(_place(unit, clip, place, data, result, options, written))
    return rows


def end_with_parent(parent: int) -> None:
    """End this process when its parent ends, since it would wait for work forever."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _place(
    unit: dict[str, Any],
    clip: dict[str, Any],
    place: dict[str, Any],
    data: bytes | None,
    result: ValidationResult,
    options: Options,
    written: dict[bool, Path],
) -> dict[str, Any]:
    """Write a clip to one place, as a link if it is written already; return its row."""
    is_ok = result.status == "ok" or (result.status == "silent" and place["is_silence"])
    root = Path(unit["audio_root"])
    row = asdict(result) | {
        "ytid": clip["ytid"],
        "place": place["path"],
        "archive": Path(unit["archive"]).name,
        "archive_fingerprint": unit["archive_fingerprint"],
        "member": clip["member"],
        "audio_path": None,
        "bytes": None,
    }
    if is_ok:
        row |= {"status": "ok", "reason": None}
    name = PurePosixPath(place["path"])
    valid = (root / name).with_suffix(f".{options.to}")
    invalid = root / "invalid_audio" / place["subset"] / name.with_suffix(".wav").name
    target = valid if is_ok else invalid
    if data is None:
        return row
    if is_ok or not options.discard_invalid:
        target.parent.mkdir(parents=True, exist_ok=True)
        # A worker whose parent was killed may still be writing the same clip.
        with atomic_write(target, f".{uuid.uuid4().hex[:8]}") as part:
            if earlier := written.get(is_ok):
                os.link(earlier, part)
            else:
                changes = is_ok and (options.to != "wav" or options.sample_rate or options.mono)
                part.write_bytes(
                    rewrite(data, options.to, options.sample_rate, options.mono)
                    if changes
                    else data
                )
        written[is_ok] = target
        row["bytes"] = target.stat().st_size
        row["audio_path"] = str(target.relative_to(root)) if is_ok else None
    # Files that an earlier run left, with other limits or another archive.
    if is_ok or options.discard_invalid:
        invalid.unlink(missing_ok=True)
    if not is_ok and valid.is_file() and valid.read_bytes() == data:
        valid.unlink()
    return row
