"""What is fuzzed: each function takes bytes, and raises what no input should make it raise."""

import contextlib
import math
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
from tqdm import tqdm

from audioset_duck.audio.archives import list_in_place, list_members, read_members
from audioset_duck.audio.members import MAX_MEMBER_BYTES, Member, MemberError
from audioset_duck.audio.names import Skipped
from audioset_duck.audio.validation import (
    MAX_SECONDS,
    SAMPLE_RATES,
    ValidationLimits,
    ValidationResult,
    validate,
)
from audioset_duck.catalog.build import _create_meta
from audioset_duck.catalog.connection import ALIAS, attach_new
from audioset_duck.catalog.corrections import load_corrections, read_corrections
from audioset_duck.catalog.models import RELATION_LAYERS, read_templates
from audioset_duck.catalog.relations import create_macros
from audioset_duck.catalog.staging import load_sources
from audioset_duck.config.toml_file import read_configuration
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.score.predictions import read_predictions
from audioset_duck.sources.definitions import SOURCES
from audioset_duck.sources.files import find_sources
from audioset_duck.sqltext import sql_folder


def load_source(folder: Path, file: str) -> tuple[list[tuple], list[tuple]]:
    """Load the sources in a folder as a build does; gives the rows of one, and those left out."""
    staging = next(source.staging for source in SOURCES if source.file == file)
    catalog = folder / "loaded.duckdb"
    catalog.unlink(missing_ok=True)
    with attach_new(catalog) as connection, tqdm(disable=True) as bar:
        connection.execute("create schema staging")
        _create_meta(connection)
        templates = read_templates(sql_folder(), RELATION_LAYERS)
        load_sources(
            connection, templates, find_sources(folder), bar, live=False, skip_bad_rows=True
        )
        rows = connection.execute(f"from {ALIAS}.staging.{staging}").fetchall()
        return rows, connection.execute(
            "select line, reason, text from meta.rejected_rows order by line"
        ).fetchall()


def load_any_source(folder: Path, data: bytes) -> None:
    """The first byte says which file it is, and how it is compressed."""
    number = data[0] if data else 0
    file = SOURCES[number % len(SOURCES)].file
    path = folder / f"{file}{('', '.gz', '.zst')[number // len(SOURCES) % 3]}"
    path.write_bytes(data[1:])
    try:
        with contextlib.suppress(AudiosetDuckError):
            load_source(folder, file)
    finally:
        path.unlink()


def read_archive(folder: Path, data: bytes, ending: str = ".zip") -> None:
    path = folder / f"fuzzed{ending}"
    path.write_bytes(data)
    try:
        members = list_members(path, Skipped())
    except AudiosetDuckError:
        return
    finally:
        # Each is another archive, of the same name.
        from audioset_duck.audio.zip_archives import _opened

        _opened.cache_clear()
    with contextlib.suppress(AudiosetDuckError):
        list_in_place(path, Skipped())
    # As the plan of an extraction takes them.
    columns = list(zip(*members, strict=True)) or [()] * len(Member._fields)
    pa.table(dict(zip(Member._fields, map(list, columns), strict=True)))
    with contextlib.suppress(AudiosetDuckError):
        for found in read_members(
            path, [(member.header_offset, member.bytes) for member in members]
        ):
            if isinstance(found, bytes):
                assert len(found) <= MAX_MEMBER_BYTES
            else:
                assert isinstance(found, MemberError) and found.status in (
                    "corrupted",
                    "unsupported",
                    "wrong_format",
                )


def read_scores(folder: Path, data: bytes, ending: str = ".csv") -> None:
    """Read predictions; no score that is not a finite number is taken for one."""
    path = folder / f"fuzzed{ending}"
    path.write_bytes(data)
    with duckdb.connect() as connection:
        create_macros(connection)
        connection.execute("attach ':memory:' as scoring")
        with contextlib.suppress(AudiosetDuckError):
            read_predictions(connection, [path], None)
            rows = connection.execute(
                "select score, scores from scoring.predictions where bad_score is null"
            ).fetchall()
            for score, scores in rows:
                assert all(map(math.isfinite, [score] if scores is None else scores))


def read_marks(folder: Path, data: bytes) -> None:
    """Read corrections; what is taken marks something in one of the subsets."""
    path = folder / "fuzzed_marks.csv"
    path.write_bytes(data)
    with duckdb.connect() as connection:
        create_macros(connection)
        connection.execute(
            "create schema internal; create table internal.present_events (subset varchar,"
            " clip_id varchar, event_id bigint, label_id varchar); create table main.weak_clips"
            " (subset varchar, clip_id varchar, ytid varchar, label_ids varchar[])"
        )
        with contextlib.suppress(AudiosetDuckError):
            load_corrections(connection, read_corrections([path]), [])
            rows = connection.execute("select verdict, subset from internal.marks").fetchall()
            for verdict, subset in rows:
                assert verdict in ("correct", "incorrect", "unsure") and subset is not None


def judge_wav(
    data: bytes, by: Callable[[bytes, ValidationLimits], ValidationResult] = validate
) -> None:
    verdict = by(data, ValidationLimits())
    assert (verdict.status == "ok") == (verdict.reason is None)
    if verdict.status == "ok":
        assert verdict.sample_rate_hz in SAMPLE_RATES and verdict.channels
        assert verdict.duration_seconds and verdict.duration_seconds <= MAX_SECONDS
        assert verdict.peak_dbfs is not None and math.isfinite(verdict.peak_dbfs)


def read_toml(folder: Path, data: bytes) -> None:
    path = folder / "fuzzed.toml"
    path.write_bytes(data)
    with contextlib.suppress(AudiosetDuckError):
        read_configuration(path)
