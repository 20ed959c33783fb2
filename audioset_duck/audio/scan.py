"""The inventory of audio that exists already: in files, or in archives that are read in place."""

from __future__ import annotations

import errno
import itertools
import logging
import posixpath
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

import pyarrow as pa
import soundfile

from audioset_duck.audio import validation
from audioset_duck.audio.archives import find_archives, list_in_place
from audioset_duck.audio.ffmpeg import validate_audio
from audioset_duck.audio.file_lists import read_list
from audioset_duck.audio.folders import require_folder, walk
from audioset_duck.audio.members import MAX_MEMBER_BYTES
from audioset_duck.audio.names import (
    AUDIO_ENDINGS,
    FORMATS,
    NO_ID,
    OTHER_ENDING,
    Skipped,
    ending_of,
    id_finder,
)
from audioset_duck.audio.pyav import unsupported_reason
from audioset_duck.audio.slices import FilePart
from audioset_duck.audio.validation import (
    ValidationLimits,
    ValidationResult,
    header_error,
    open_audio,
    states_length,
)
from audioset_duck.catalog.audio_files import FOUND_FILES, load_found
from audioset_duck.catalog.build import replace_inventory
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import BYTES_TO_PLACEHOLDER, placeholder_reason
from audioset_duck.progress import progress

log = logging.getLogger(__name__)

# What is expected of the path of audio files.
AUDIO_FOLDER = "the folder of the audio files with --audio-root"
# Files that wait for an inspection, and rows that wait to be columns.
_BATCH = 1000


class _File(NamedTuple):
    """An audio file, or a part of an archive that is one.

    Attributes:
        path: The file, or the archive.
        name: An id that stands beside it; None: only its own name says which clip it is.
        member: The name of the part.
        byte_offset: Where the part begins.
        byte_count: How many bytes it has.
    """

    path: str
    name: str | None = None
    member: str | None = None
    byte_offset: int | None = None
    byte_count: int | None = None

    @property
    def file_name(self) -> str:
        """Its own name."""
        return self.member or self.path


def scan(catalog: Path, found: pa.Table) -> None:
    """Create the table `audio_files` of a catalog from what was found.

    Rows of an extraction for clips that were not found are kept.

    Args:
        catalog: The catalog.
        found: From `find_files`, `find_listed` or `find_members`.

    Raises:
        AudiosetDuckError: The catalog cannot be replaced.
    """
    replace_inventory(catalog, lambda connection: load_found(connection, found))


def find_files(
    audio_root: Path, *, validate: bool = False, limits: ValidationLimits | None = None
) -> pa.Table:
    """Find audio files below a folder, and inspect them.

    Files are recognised by their endings and names: see `main.audio_name_readings`. Links are
    followed. Folders of invalid audio and of what was deleted are skipped. What is skipped is
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
    require_folder(audio_root, AUDIO_FOLDER)
    skipped = Skipped()
    files = (_File(path) for path in walk(audio_root.resolve(), skipped))
    return _inspect_all(audio_root, files, skipped, validate, limits)


def find_listed(
    list_file: Path, *, validate: bool = False, limits: ValidationLimits | None = None
) -> pa.Table:
    """Inspect the audio files that a list names: see `find_files` and `read_list`.

    Raises:
        AudiosetDuckError: The list cannot be read, or names no audio file of a clip.
    """
    skipped = Skipped()

    def files() -> Iterator[_File]:
        for path, name in read_list(list_file):
            if Path(path).is_file():
                yield _File(path, name)
            else:
                skipped.add("that do not exist", path)

    return _inspect_all(list_file, files(), skipped, validate, limits)


def find_members(
    archives: Path, *, validate: bool = False, limits: ValidationLimits | None = None
) -> pa.Table:
    """Inspect audio that can be read where it is in archives: in tars, and stored in zips.

    Args:
        archives: The folder of the archives.
        validate: As for `find_files`.
        limits: As for `find_files`.

    Returns:
        As `find_files`; `audio_path` is the archive.

    Raises:
        AudiosetDuckError: No archive was found, or none with audio that can be read in place.
    """
    skipped = Skipped()

    def files() -> Iterator[_File]:
        for archive in find_archives(archives, skipped):
            try:
                members = list_in_place(archive.resolve(), skipped)
            except AudiosetDuckError as error:
                log.warning("%s", error)
                continue
            for member in members:
                yield _File(
                    str(archive.resolve()),
                    member.name,
                    member.member,
                    member.header_offset,
                    member.bytes,
                )

    return _inspect_all(archives, files(), skipped, validate, limits)


def _of_clips(files: Iterable[_File], skipped: Skipped) -> Iterator[_File]:
    """The files that are audio of a clip, as their endings and names say."""
    with id_finder() as have_ids:
        for batch in _batches(files):
            found = have_ids([(file.name, file.file_name) for file in batch])
            for file, has_id in zip(batch, found, strict=True):
                if ending_of(file.file_name) not in AUDIO_ENDINGS:
                    skipped.add(OTHER_ENDING, file.file_name)
                elif not has_id:
                    skipped.add(NO_ID, file.file_name)
                else:
                    yield file


def _inspect_all(
    place: Path,
    files: Iterable[_File],
    skipped: Skipped,
    is_decoded: bool,
    limits: ValidationLimits | None,
) -> pa.Table:
    """Inspect files, some at a time, into the columns of `FOUND_FILES`; warn of what was skipped.

    Raises:
        AudiosetDuckError: None of them is audio of a clip.
    """
    checked = limits or ValidationLimits()

    def inspect(file: _File) -> dict[str, Any]:
        size = None
        try:
            with FilePart(file.path, file.byte_offset or 0, file.byte_count) as part:
                size = part.byte_count
                result = _inspect(part, ending_of(file.file_name), is_decoded, checked)
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
                # Not because of the file: the inventory would be wrong.
                raise
            result = ValidationResult("corrupted", f"it cannot be opened: {error.strerror}")
        except AudiosetDuckError:
            result = ValidationResult("corrupted", "its archive is cut short")
        return asdict(result) | {
            "name": file.name,
            "audio_path": file.path,
            "byte_offset": file.byte_offset,
            "byte_count": file.byte_count,
            "bytes": size,
            "archive": posixpath.basename(file.path) if file.member else None,
            "member": file.member,
        }

    # libsndfile and ffmpeg do not block other threads.
    with ThreadPoolExecutor() as pool:
        batches = _batches(_of_clips(files, skipped))
        rows = (row for batch in batches for row in pool.map(inspect, batch))
        counted = progress(rows, name="scan", unit="file")
        found = pa.Table.from_batches(
            [pa.RecordBatch.from_pylist(batch, FOUND_FILES) for batch in _batches(counted)],
            FOUND_FILES,
        )
    if not len(found):
        others = f"; files skipped: {skipped}" if skipped.counts else ""
        raise AudiosetDuckError(
            f"{place} contains no audio file of a clip{others}. Expected names as in"
            f" Y-0049eXE2Zc.wav or -0049eXE2Zc_30.000_40.000.flac, ending in"
            f" {', '.join(AUDIO_ENDINGS)}"
        )
    if skipped.counts:
        log.warning("files skipped in %s: %s", place, skipped)
    return found


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, _BATCH)):
        yield batch


def _inspect(
    file: FilePart, ending: str, is_decoded: bool, limits: ValidationLimits
) -> ValidationResult:
    if not file.byte_count:
        return ValidationResult("empty", "the file has no bytes")
    if is_decoded:
        result = validate_audio(file.readall() or b"", limits, ending)
    elif reason := placeholder_reason(file.read(BYTES_TO_PLACEHOLDER)):
        result = ValidationResult("corrupted", reason)
    elif ending not in FORMATS:
        result = ValidationResult("ok")
    else:
        result = _inspect_header(file, ending)
    reason = unsupported_reason(ending)
    if result.status == "ok" and reason:
        return replace(result, status="unsupported", reason=reason)
    return result


def _inspect_header(file: FilePart, ending: str) -> ValidationResult:
    """What libsndfile says of a file without decoding it."""
    file.seek(0)
    is_known = states_length(cast(BinaryIO, file))
    file.seek(0)
    try:
        with _opened(file) as opened:
            frames, rate, found = opened.frames, opened.samplerate, opened.format
            channels = opened.channels
    except soundfile.LibsndfileError as error:
        if not is_known:
            # It cannot open FLAC in Ogg, which others read.
            return ValidationResult("ok")
        return ValidationResult("corrupted", f"it cannot be opened: {error.error_string}")
    except (soundfile.SoundFileError, RuntimeError) as error:
        return ValidationResult("corrupted", f"it cannot be opened: {error}")
    result = ValidationResult("ok", None, frames / rate if is_known else None, rate, channels)
    return validation.format_error(result, found, ending) or header_error(result) or result


def _opened(file: FilePart) -> soundfile.SoundFile:
    """A file, opened by libsndfile; read as a whole only if it is FLAC that it rejects."""
    try:
        return soundfile.SoundFile(file)
    except soundfile.LibsndfileError:
        file.seek(0)
        if file.byte_count > MAX_MEMBER_BYTES or file.read(4) != b"fLaC":
            raise
        file.seek(0)
        return open_audio(file.readall() or b"")
