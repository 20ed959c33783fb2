"""The journal of an audio root, which records the clips that are finished."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from audioset_duck.catalog.audio_files import journal_lines
from audioset_duck.catalog.models import render_query
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import try_lock

JOURNAL = "audioset-duck-journal.jsonl"


class Journal:
    """A file of the audio root with a line of JSON for each finished place of a clip.

    Only one process at a time can write to it. A line that a crash cut short is skipped, and its
    clip is extracted again.
    """

    def __init__(self, audio_root: Path, options: str) -> None:
        self.path = audio_root / JOURNAL
        # Clips that were extracted with other options are not finished.
        self.options = hashlib.sha256(options.encode()).hexdigest()[:16]

    def __enter__(self) -> Journal:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = self.path.open("ab")
        except OSError as error:
            raise AudiosetDuckError(
                f"{self.path.parent} cannot be written to: {error.strerror}; name another folder"
                " with --audio-root"
            ) from None
        if not try_lock(self._stream.fileno()):
            self._stream.close()
            raise AudiosetDuckError(
                f"another extraction into {self.path.parent} is in progress; wait for it to end"
            )
        # End a line that a crash cut short, so that the next one is a line of its own.
        if self._stream.tell():
            self._stream.write(b"\n")
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def finished(self, files: Sequence[str]) -> pa.Table:
        """Find the places that are finished with the same options and whose files exist.

        Args:
            files: Paths of existing files, relative to the audio root.

        Returns:
            Columns ytid, place, status, archive_fingerprint; no rows if there is no journal yet.
        """
        if not self.path.exists():
            names = ("ytid", "place", "status", "archive_fingerprint")
            return pa.table({name: pa.array([], pa.string()) for name in names})
        columns = ("ytid", "place", "audio_path", "status", "archive_fingerprint", "options")
        _, select = render_query(
            "extraction/finished_files",
            journal=journal_lines(self.path, columns),
            options=self.options,
        )
        with duckdb.connect() as connection:
            connection.register("files", pa.table({"path": pa.array(files, pa.string())}))
            return connection.sql(select).to_arrow_table()

    def write(self, rows: Iterable[dict[str, Any]]) -> None:
        """Write rows, and wait until they are on the disk."""
        lines = "".join(f"{json.dumps(row | {'options': self.options})}\n" for row in rows)
        self._stream.write(lines.encode())
        self._stream.flush()
        os.fsync(self._stream.fileno())
