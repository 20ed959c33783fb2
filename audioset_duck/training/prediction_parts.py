"""The parts of a file of predictions: what an interrupted run has done, and how it is joined."""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from audioset_duck.catalog.models import render_query
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import atomic_write
from audioset_duck.interrupts import defer_interrupts
from audioset_duck.sqltext import glob_literal, literal

log = logging.getLogger(__name__)

# What a killed run predicts again, at most.
_SECONDS_OF_A_PART = 60

_CSV, _TSV = "format csv, header", "format csv, header, delimiter '\t'"
# Options of `copy`, by the ending of the file.
_FORMATS = {
    ".parquet": "format parquet, compression zstd",
    ".csv": _CSV,
    ".tsv": _TSV,
    ".csv.gz": f"{_CSV}, compression gzip",
    ".tsv.gz": f"{_TSV}, compression gzip",
}


class PredictionParts:
    """The folder of parts beside a file of predictions.

    Each part has some rows, of some places in the dataset. Ranks write parts of their own.

    Args:
        out: The file of predictions. Its ending is its format.

    Raises:
        AudiosetDuckError: The file has an ending of no format.
    """

    def __init__(self, out: Path) -> None:
        endings = [ending for ending in _FORMATS if out.name.endswith(ending)]
        if not endings or out.is_dir():
            raise AudiosetDuckError(
                f"out is {str(out)!r}; expected a file that ends in {', '.join(_FORMATS)}"
            )
        self.out = out
        self.folder = out.with_name(f"{out.name}.parts")
        self._format = _FORMATS[max(endings, key=len)]
        self._rows: list[pa.Table] = []
        self._written_at = time.monotonic()

    def open(self, run: Mapping[str, str]) -> list[int]:
        """Read what an earlier run has done, if it was the same; else remove its parts.

        Args:
            run: What the predictions depend on.

        Returns:
            The places that have been predicted.

        Raises:
            AudiosetDuckError: The folder has files of something else.
        """
        description = self.folder / "run.json"
        try:
            earlier = json.loads(description.read_text())
        except (OSError, ValueError):
            earlier = {}
        if earlier != run:
            if earlier:
                changed = [name for name in run if run[name] != earlier.get(name)]
                log.warning(
                    "%s has the parts of a run with another %s; they are removed, and it starts"
                    " again",
                    self.folder,
                    ", ".join(changed),
                )
            elif not description.exists() and self._parts():
                raise AudiosetDuckError(
                    f"{self.folder} has files, but not of predictions in progress; move it away, or"
                    " name another file"
                )
            # The description last: without it, parts would not be known as such.
            for part in self._parts():
                part.unlink()
            with atomic_write(description) as file:
                file.write_text(json.dumps(run, indent=2))
        done: list[int] = []
        for part in self._parts():
            try:
                done += pq.read_table(part, columns=["place"])["place"].to_pylist()
            except (OSError, pa.ArrowException):
                # It was not on the disk yet when the machine stopped.
                part.unlink()
        return done

    def add(self, rows: pa.Table) -> None:
        """Add rows of place, item_key and prediction; they are written once a minute."""
        self._rows.append(rows)
        if time.monotonic() - self._written_at > _SECONDS_OF_A_PART:
            self.write()

    def write(self) -> None:
        """Write the rows that have been added since the last part."""
        if self._rows:
            rows = pa.concat_tables(self._rows)
            # No other part has this place, whichever rank writes it.
            with atomic_write(self.folder / f"{rows['place'][0].as_py():09d}.parquet") as part:
                pq.write_table(rows, part)
        self._rows = []
        self._written_at = time.monotonic()

    # DuckDB turns an interrupt of a query into a RuntimeError; what is left takes seconds.
    @defer_interrupts()
    def join(
        self, row_count: int, key_column: str, score_column: str, detector: str | None
    ) -> None:
        """Write the file from all parts, in the order of the dataset, and remove them.

        Args:
            row_count: How many rows all ranks have predicted.
            key_column: Name of the column of keys.
            score_column: Name of the column of scores.
            detector: Name of the detector; None for a file without this column.

        Raises:
            AudiosetDuckError: Rows are missing.
        """
        _, query = render_query(
            "training/predictions_file",
            key_column=key_column,
            score_column=score_column,
            detector=detector,
        )
        # With one thread and from a table, the same rows are written as the same bytes, whatever
        # the parts.
        with duckdb.connect(config={"threads": 1}) as connection:
            paths = ", ".join(map(glob_literal, self._parts()))
            connection.execute(f"create view parts as from read_parquet([{paths}])")
            connection.execute(f"create temp table predictions as {query}")
            ((found,),) = connection.execute("select count(*) from predictions").fetchall()
            if found != row_count:
                raise AudiosetDuckError(
                    f"{self.folder} has {found:,} of {row_count:,} predictions; all ranks have to"
                    " write to the same folder"
                )
            with atomic_write(self.out) as file:
                connection.execute(f"copy predictions to {literal(str(file))} ({self._format})")
        # The description last: without it, parts would not be known as such.
        for part in self._parts():
            part.unlink()
        shutil.rmtree(self.folder)

    def _parts(self) -> list[Path]:
        return sorted(self.folder.glob("*.parquet"))
