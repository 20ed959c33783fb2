"""Predictions of detectors: found, read, and distinguished by their columns."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

from audioset_duck.catalog.models import render_query
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import BYTES_TO_PLACEHOLDER, placeholder_reason
from audioset_duck.sources.delimited import delimited_sql, line_of, reading_error
from audioset_duck.sqltext import glob_literal, identifier, literal

# The number of lines above the first row, by ending.
_LINES_ABOVE = {".parquet": 0, ".csv": 1, ".tsv": 1}
_COMPRESSIONS = (".gz", ".zst")
# The forms of predictions: the columns that each must have, the most telling first.
FORMS = {
    "samples": ("sample_key", "score"),
    "lists": ("clip_id", "scores"),
    "frames": ("clip_id", "frame", "score"),
    "starts": ("clip_id", "start_seconds", "score"),
    "clips": ("clip_id", "score"),
}
_EXPECTED = "; ".join(", ".join(columns) for columns in FORMS.values())


@dataclass(frozen=True)
class Predictions:
    """Predictions that are in the table `scoring.predictions`.

    Attributes:
        files: The files, in the order of `file_number`.
        form: One of `FORMS`.
        detectors: The names of the detectors.
        sha256s: SHA-256 of each file.
    """

    files: tuple[Path, ...]
    form: str
    detectors: tuple[str, ...]
    sha256s: tuple[str, ...]

    @property
    def has_frames(self) -> bool:
        """Whether each score is one of many of its clip."""
        return self.form in ("lists", "frames", "starts")

    def place(self, file_number: int, line: int) -> str:
        """Where a row is, for a message.

        Args:
            file_number: Its place in `files`.
            line: As in `scoring.predictions`.
        """
        path = self.files[file_number]
        if _ending(path) == ".parquet":
            return f"{path}, row {line:,}"
        return f"{path}, line {line_of(path, line):,}"


def read_predictions(
    connection: duckdb.DuckDBPyConnection, files: Sequence[Path], detector: str | None
) -> Predictions:
    """Read files of predictions into the table `scoring.predictions`.

    Args:
        connection: The catalog, with the database `scoring`.
        files: Files ending in .parquet, .csv or .tsv, the latter perhaps with .gz or .zst.
        detector: Name of the detector. None: as the files say, or the name of the first file.

    Raises:
        AudiosetDuckError: A file cannot be read, has no columns of a known form or others than the
            first file, or there is not a single row.
    """
    first_form: str | None = None
    for number, file in enumerate(files):
        form = _read_file(connection, number, file, detector, files[0])
        first_form = first_form or form
        if form != first_form:
            raise AudiosetDuckError(
                f"{file} has the columns {', '.join(FORMS[form])}, {files[0]} has"
                f" {', '.join(FORMS[first_form])}; score them one after the other"
            )
    names = connection.execute(
        "select detector from scoring.predictions where detector is not null"
        " group by detector order by min(file_number), detector"
    ).fetchall()
    if not names or first_form is None:
        raise AudiosetDuckError(f"{', '.join(map(str, files))}: there are no predictions")
    sha256s = tuple(_sha256(file) for file in files)
    return Predictions(tuple(files), first_form, tuple(name for (name,) in names), sha256s)


def infer_hop(connection: duckdb.DuckDBPyConnection, predictions: Predictions) -> Decimal:
    """Find the distance of frames from their starts, or from the length of the only one.

    Raises:
        AudiosetDuckError: The predictions do not say it.
    """
    if predictions.form == "starts":
        _, query = render_query("score/files/frame_hop")
        ((hop,),) = connection.execute(query).fetchall()
        if hop is not None and hop > 0:
            return Decimal(hop).normalize()
    raise AudiosetDuckError(
        f"{predictions.files[0]} does not say how far apart its frames are; give that with --hop"
        " SECONDS, as in --hop 0.04"
    )


def _read_file(
    connection: duckdb.DuckDBPyConnection,
    number: int,
    file: Path,
    detector: str | None,
    first: Path,
) -> str:
    """Read one file, and return its form."""
    lines_above = _LINES_ABOVE.get(_ending(file))
    if lines_above is None or not file.is_file():
        problem = "there is no file" if not file.is_file() else "predictions are not read from"
        raise AudiosetDuckError(
            f"{problem} {file}; expected a file ending in {', '.join(_LINES_ABOVE)}, the last two"
            " perhaps with .gz or .zst"
        )
    path = file.resolve()
    with path.open("rb") as stream:
        if reason := placeholder_reason(stream.read(BYTES_TO_PLACEHOLDER)):
            raise AudiosetDuckError(f"{file} has no predictions: {reason}")
    is_parquet = _ending(file) == ".parquet"
    parquet = f"read_parquet({glob_literal(path)}, hive_partitioning = false)"
    source = parquet if is_parquet else delimited_sql(path)
    try:
        columns = connection.sql(f"select * from {source} limit 0").columns
        form = next((form for form, needed in FORMS.items() if {*needed} <= {*columns}), None)
        if form is None:
            raise AudiosetDuckError(
                f"{file} has the columns {', '.join(columns)}; expected those of one of:"
                f" {_EXPECTED}"
            )
        if "detector" in columns and detector is not None:
            raise AudiosetDuckError(
                f"{file} has a column detector, which names its detectors; leave --detector out"
            )
        read = {*columns} & {*FORMS[form], "end_seconds"}
        by_name = {
            name: identifier(name) if name in read else "null"
            for name in ("frame", "start_seconds", "end_seconds", "score", "scores")
        }
        if "detector" in columns:
            named = identifier("detector")
        else:
            named = literal(detector or _stem(first))
        _, query = render_query(
            "score/files/predictions_file",
            file_number=number,
            lines_above=lines_above,
            reader=source,
            named=identifier(FORMS[form][0]),
            given_score=identifier(FORMS[form][-1]),
            detector=named,
            **by_name,
        )
        how = "insert into" if number else "create table"
        connection.execute(f"{how} scoring.predictions {'' if number else 'as'} {query}")
    except duckdb.Error as error:
        raise AudiosetDuckError(f"{file} cannot be read: {reading_error(error, path)}") from None
    return form


def _ending(file: Path) -> str:
    endings = [suffix.lower() for suffix in file.suffixes]
    if endings and endings[-1] in _COMPRESSIONS:
        del endings[-1]
    return endings[-1] if endings else ""


def _stem(file: Path) -> str:
    name = file.name
    for suffix in reversed(file.suffixes):
        if suffix.lower() in (*_LINES_ABOVE, *_COMPRESSIONS):
            name = name.removesuffix(suffix)
    return name


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
