"""The inventory of audio files that exist already."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import soundfile

from audioset_duck.audio import validation
from audioset_duck.audio.ffmpeg import validate_file
from audioset_duck.audio.folders import walk
from audioset_duck.audio.names import (
    AUDIO_ENDINGS,
    FORMATS,
    Skipped,
    audio_names,
    ending_of,
    id_finder,
)
from audioset_duck.audio.validation import ValidationLimits, ValidationResult, header_error
from audioset_duck.catalog.audio_files import FOUND_FILES, load_found
from audioset_duck.catalog.build import replace_inventory
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.progress import progress

log = logging.getLogger(__name__)

# Files that wait for an inspection, and rows that wait to be columns.
_BATCH = 1000


class _File(NamedTuple):
    """An audio file of a clip, as its name says.

    Attributes:
        path: The file.
        name: What names the clip: the name of the file without its ending, or an id.
    """

    path: str
    name: str


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
    found = find_files(audio_root, validate=validate, limits=limits)
    replace_inventory(catalog, lambda connection: load_found(connection, found))


def find_files(
    audio_root: Path,
    *,
    validate: bool = False,
    limits: ValidationLimits | None = None,
) -> pa.Table:
    """Find audio files below a folder, and inspect them.

    Files are recognised by their endings and names: see `main.audio_name_readings`. Links are
    followed. Folders of invalid audio and of what was deleted are skipped. What else is skipped is
    counted in a warning. Nothing is written to the folder.

    Args:
        audio_root: The folder.
        validate: Decode every file and apply the limits. Else only headers are read.
        limits: Limits that a valid file keeps.

    Returns:
        A row for each file, with the columns of `FOUND_FILES`.

    Raises:
        AudiosetDuckError: The folder does not exist, contains no audio file, or contains one whose
            name is not UTF-8.
    """
    if not audio_root.is_dir():
        raise AudiosetDuckError(
            f"there is no folder {audio_root}; name the folder of the audio files with --audio-root"
        )
    skipped = Skipped()
    with id_finder() as finder:
        named = audio_names(walk(audio_root.resolve(), skipped), finder, skipped)
        found = _inspect_all((_File(*each) for each in named), validate, limits)
    _report(audio_root, found, skipped)
    return found


def _report(place: Path, found: pa.Table, skipped: Skipped) -> None:
    """Warn of what was skipped.

    Raises:
        AudiosetDuckError: Nothing was found.
    """
    if len(found):
        if skipped.counts:
            log.warning("skipped in %s: %s", place, skipped)
        return
    others = f"; skipped: {skipped}" if skipped.counts else ""
    raise AudiosetDuckError(
        f"{place} contains no audio file of a clip{others}. Expected names as in"
        f" Y-0049eXE2Zc.wav or -0049eXE2Zc_30.000_40.000.flac, ending in {', '.join(AUDIO_ENDINGS)}"
    )


def _inspect_all(
    files: Iterable[_File], is_decoded: bool, limits: ValidationLimits | None
) -> pa.Table:
    """Inspect files, some at a time, into the columns of `FOUND_FILES`."""
    checked = limits or ValidationLimits()

    def inspect(file: _File) -> dict[str, Any]:
        result = _inspect(file.path, is_decoded, checked)
        return asdict(result) | {
            "name": file.name,
            "audio_path": file.path,
            "bytes": Path(file.path).stat().st_size,
        }

    # libsndfile and ffmpeg do not block other threads.
    with ThreadPoolExecutor() as pool:
        rows = (row for batch in _batches(files) for row in pool.map(inspect, batch))
        counted = progress(rows, name="scan", unit="file")
        return pa.Table.from_batches(
            [pa.RecordBatch.from_pylist(batch, FOUND_FILES) for batch in _batches(counted)],
            FOUND_FILES,
        )


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, _BATCH)):
        yield batch


def _inspect(path: str, is_decoded: bool, limits: ValidationLimits) -> ValidationResult:
    ending = ending_of(path)
    if not Path(path).stat().st_size:
        return ValidationResult("empty", "the file has no bytes")
    if ending not in FORMATS:
        return validate_file(Path(path), limits) if is_decoded else ValidationResult("ok")
    if is_decoded:
        return validation.validate(Path(path).read_bytes(), limits, ending)
    try:
        info = soundfile.info(path)
    except soundfile.LibsndfileError as error:
        return ValidationResult("corrupted", f"it cannot be opened: {error.error_string}")
    except (soundfile.SoundFileError, RuntimeError) as error:
        return ValidationResult("corrupted", f"it cannot be opened: {error}")
    result = ValidationResult("ok", None, info.duration, info.samplerate, info.channels)
    return validation.format_error(result, info.format, ending) or header_error(result) or result
