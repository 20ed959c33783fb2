"""The inventory of audio files that exist already."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import soundfile

from audioset_duck.audio import validation
from audioset_duck.audio.ffmpeg import validate_file
from audioset_duck.audio.validation import ValidationLimits, ValidationResult, header_error
from audioset_duck.catalog.audio_files import load_rows
from audioset_duck.catalog.build import replace_inventory
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import check_utf8
from audioset_duck.progress import progress

ENDINGS = (".wav", ".flac", ".mp3", ".ogg", ".m4a")
_NAME = re.compile(r"Y?([0-9A-Za-z_-]{11})")


def scan(
    catalog: Path,
    audio_root: Path,
    *,
    validate: bool = False,
    limits: ValidationLimits | None = None,
) -> None:
    """Create the table `audio_files` of a catalog from the files below a folder.

    Rows of an extraction for clips without a file in the folder are kept.

    Raises:
        AudiosetDuckError: The folder does not exist, contains no audio file, or contains one whose
            name is not UTF-8.
    """
    rows = find_files(audio_root, validate=validate, limits=limits)
    replace_inventory(catalog, lambda connection: load_rows(connection, rows))


def find_files(
    audio_root: Path,
    *,
    validate: bool = False,
    limits: ValidationLimits | None = None,
) -> list[dict[str, Any]]:
    """Find audio files below a folder, and return rows of `audio_files` for them.

    Files are recognised by their names: `Y<id>` or `<id>` with the ending wav, flac, mp3, ogg or
    m4a, in any folder but `invalid_audio/`. Nothing is written to the folder.

    Args:
        audio_root: The folder.
        validate: Decode every file and apply the limits. Else only headers are read.
        limits: Limits that a valid file keeps.

    Raises:
        AudiosetDuckError: The folder does not exist, contains no audio file, or contains one whose
            name is not UTF-8.
    """
    if not audio_root.is_dir():
        raise AudiosetDuckError(
            f"there is no folder {audio_root}; name the folder of the audio files with --audio-root"
        )
    root = audio_root.resolve()
    found = sorted(_find(root))
    if not found:
        raise AudiosetDuckError(
            f"{audio_root} contains no audio file of a clip; expected names as in"
            f" Y-0049eXE2Zc.wav, ending in {', '.join(ENDINGS)}"
        )
    checked = limits or ValidationLimits()

    def row(path: Path) -> dict[str, Any]:
        result = _inspect(path, validate, checked)
        match = _NAME.fullmatch(path.stem)
        return asdict(result) | {
            "ytid": match[1] if match else None,
            "audio_path": str(path),
            "bytes": path.stat().st_size,
        }

    # libsndfile and ffmpeg do not block other threads.
    with ThreadPoolExecutor() as pool:
        return list(progress(pool.map(row, found), name="scan", unit="file", total=len(found)))


def _find(root: Path) -> Iterator[Path]:
    for path in root.rglob("*"):
        if (
            path.suffix.lower() in ENDINGS
            and _NAME.fullmatch(path.stem)
            and "invalid_audio" not in path.relative_to(root).parts
            and path.is_file()
        ):
            yield check_utf8(path)


def _inspect(path: Path, is_decoded: bool, limits: ValidationLimits) -> ValidationResult:
    if not path.stat().st_size:
        return ValidationResult("empty", "the file has no bytes")
    if path.suffix.lower() == ".m4a":
        # libsndfile does not read it.
        return validate_file(path, limits) if is_decoded else ValidationResult("ok")
    if is_decoded:
        return validation.validate(path.read_bytes(), limits, is_wav=path.suffix.lower() == ".wav")
    try:
        info = soundfile.info(path)
    except soundfile.LibsndfileError as error:
        return ValidationResult("corrupted", f"it cannot be opened: {error.error_string}")
    except (soundfile.SoundFileError, RuntimeError) as error:
        return ValidationResult("corrupted", f"it cannot be opened: {error}")
    result = ValidationResult("ok", None, info.duration, info.samplerate, info.channels)
    return header_error(result) or result
