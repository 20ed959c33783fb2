"""A worker: extracts members of an archive to files, in a process with little in memory.

Every worker process imports what this module imports.
"""

from __future__ import annotations

import io
import os
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from audioset_duck.audio.archives import fingerprint, read_members
from audioset_duck.audio.ffmpeg import validate_audio, validate_by_ffmpeg, wav_by_ffmpeg
from audioset_duck.audio.folders import INVALID_FOLDER
from audioset_duck.audio.members import MemberError
from audioset_duck.audio.names import AUDIO_ENDINGS, FORMATS, ending_of, sniffed_ending
from audioset_duck.audio.pyav import unsupported_reason
from audioset_duck.audio.validation import (
    ValidationLimits,
    ValidationResult,
    check_length,
    refuse_if_large,
    rewrite,
    states_length,
)
from audioset_duck.filesystem import atomic_write, link_or_copy


@dataclass(frozen=True)
class Options:
    """How clips are extracted.

    Attributes:
        layout: `audioset`: folders as in the archives; `subset`: a folder for each subset.
        limits: Limits that a valid clip keeps.
        to: The format of the files; `keep`: the bytes of the archive. None: WAV stays WAV, other
            formats keep their bytes, or become FLAC if anything is changed.
        sample_rate: Samples per second and channel; None keeps the rate of the file.
        mono: Mix all channels into one.
        discard_invalid: Do not keep the files of invalid clips.
        validator: The decoder that validates a clip.
    """

    layout: Literal["audioset", "subset"] = "audioset"
    limits: ValidationLimits = field(default_factory=ValidationLimits)
    to: Literal["wav", "flac", "keep"] | None = None
    sample_rate: int | None = None
    mono: bool = False
    discard_invalid: bool = False
    validator: Literal["libsndfile", "ffmpeg"] = "libsndfile"


def extract_unit(unit: dict[str, Any]) -> list[dict[str, Any]]:
    """Extract members of one archive: plain data in, plain data out, on any machine.

    Args:
        unit: `archive`, `archive_fingerprint`, `audio_root`, `options` (as a dict), and `clips`:
            for each its ytid, member, header_offset, bytes, clip_seconds, and `places`: pairs of a
            path below the audio root and the subset that it is for, with whether the clip is
            labelled Silence in it.

    Returns:
        A row of `audio_files` for each place.
    """
    options = Options(**unit["options"] | {"limits": ValidationLimits(**unit["options"]["limits"])})
    rows = []
    for clip, found in zip(unit["clips"], _read(unit), strict=True):
        data = found if isinstance(found, bytes) else None
        ending = ending_of(clip["member"])
        if ending not in AUDIO_ENDINGS:
            ending = sniffed_ending(data or b"")
        result = (
            _validate(found, options, ending, clip["clip_seconds"])
            if isinstance(found, bytes)
            else ValidationResult(found.status, found.reason)
        )
        written: dict[bool, Path] = {}
        for place in clip["places"]:
            rows.append(_place(unit, clip, place, data, ending, result, options, written))
    return rows


def _read(unit: dict[str, Any]) -> Iterator[bytes | MemberError]:
    """Read the members of a unit, unless the archive is no longer the one that was listed."""
    archive = Path(unit["archive"])
    if fingerprint(archive) != unit["archive_fingerprint"]:
        reason = f"{archive} was changed after it was listed; run the same command again"
        return (MemberError("corrupted", reason) for _ in unit["clips"])
    return read_members(archive, [(clip["header_offset"], clip["bytes"]) for clip in unit["clips"]])


def _validate(
    data: bytes, options: Options, ending: str, clip_seconds: Decimal | None
) -> ValidationResult:
    """Validate a file as a clip: as audio of its ending, and by its length."""
    decide = validate_by_ffmpeg if options.validator == "ffmpeg" else validate_audio
    result = decide(data, options.limits, ending)
    if result.status == "ok" and options.sample_rate:
        result = refuse_if_large(result, options.sample_rate)
    result = check_length(result, clip_seconds)
    reason = unsupported_reason(f".{_format(options, ending)}")
    if result.status == "ok" and reason:
        return replace(result, status="unsupported", reason=reason)
    return result


def end_with_parent(parent: int) -> None:
    """End this process when its parent ends, since it would wait for work forever."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _format(options: Options, ending: str) -> str:
    """The format in which a file with an ending is written."""
    if options.to not in (None, "keep"):
        return str(options.to)
    is_changed = options.to is None and (options.sample_rate or options.mono)
    return "flac" if is_changed and ending != ".wav" else ending[1:]


def _place(
    unit: dict[str, Any],
    clip: dict[str, Any],
    place: dict[str, Any],
    data: bytes | None,
    ending: str,
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
    to = _format(options, ending)
    valid = (root / name).with_suffix(f".{to}")
    invalid = root / INVALID_FOLDER / place["subset"] / name.with_suffix(ending).name
    target = valid if is_ok else invalid
    if data is None:
        return row
    if is_ok or not options.discard_invalid:
        target.parent.mkdir(parents=True, exist_ok=True)
        # A worker whose parent was killed may still be writing the same clip.
        with atomic_write(target, f".{uuid.uuid4().hex[:8]}") as part:
            if earlier := written.get(is_ok):
                link_or_copy(earlier, part)
            elif is_ok and (f".{to}" != ending or options.sample_rate or options.mono):
                is_readable = ending in FORMATS and states_length(io.BytesIO(data))
                readable = data if is_readable else wav_by_ffmpeg(data)
                part.write_bytes(rewrite(readable, to, options.sample_rate, options.mono))
            else:
                part.write_bytes(data)
        written[is_ok] = target
        row["bytes"] = target.stat().st_size
        row["audio_path"] = str(target.relative_to(root)) if is_ok else None
    # Files that an earlier run left, with other limits or another archive.
    if is_ok or options.discard_invalid:
        invalid.unlink(missing_ok=True)
    if not is_ok and valid.is_file() and valid.read_bytes() == data:
        valid.unlink()
    return row
