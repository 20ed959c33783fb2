"""The report on a catalog: its sections, and the files that they are written to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path

import duckdb

from audioset_duck.catalog.state import read_state, require_target
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import atomic_write, exclusive_folder
from audioset_duck.progress import progress
from audioset_duck.report.charts.base import fetch_rows, is_strong
from audioset_duck.report.detector_sections import detector_sections, scored_detectors
from audioset_duck.report.sections import Section
from audioset_duck.report.subset_sections import (
    agreement_section,
    comparison_section,
    subset_section,
)
from audioset_duck.report.target_sections import target_section
from audioset_duck.report.writers import report_files

FORMATS = ("png", "svg", "html", "csv")
DEFAULT_FORMATS = ("png", "html", "csv")


def report(
    connection: duckdb.DuckDBPyConnection,
    out: Path,
    *,
    subsets: Sequence[str] = (),
    targets: Sequence[str] = (),
    top: int = 50,
    formats: Sequence[str] = DEFAULT_FORMATS,
) -> list[Path]:
    """Write charts and statistics of the subsets and targets of a catalog to a folder.

    Each file is replaced as a whole, or not at all.

    Args:
        connection: The catalog.
        out: The folder, created if it does not exist.
        subsets: The subsets to report on. Empty: all of the catalog.
        targets: The targets to report on. Empty: all of the catalog.
        top: How many labels the detailed charts show, at least 1.
        formats: Any of `png`, `svg`, `html` (one page, index.html) and `csv`.

    Returns:
        The paths of the files.

    Raises:
        AudiosetDuckError: A subset or target is not in the catalog, a format is unknown, the
            catalog has no subset or was built by another version, the folder cannot be created, or
            another report to it is in progress.
        OSError: A file cannot be written.
    """
    for name in targets:
        require_target(connection, name)
    make_sections = partial(
        report_sections,
        connection,
        subsets,
        targets or list(read_state(connection).targets),
        top,
    )
    return _write(connection, out, make_sections, formats, "AudioSet catalog report")


def score_report(
    connection: duckdb.DuckDBPyConnection,
    out: Path,
    target: str,
    detectors: Collection[str],
    formats: Sequence[str] = DEFAULT_FORMATS,
) -> list[Path]:
    """Write charts and tables of scored detectors to a folder, as `report` does of a catalog.

    Where others of the target were scored on the same subset, the detectors are compared with them.

    Args:
        connection: The catalog.
        out: The folder, created if it does not exist.
        target: The target.
        detectors: Names of detectors of the target that were scored.
        formats: As of `report`.

    Returns:
        The paths of the files.

    Raises:
        AudiosetDuckError: As `report`, or a detector was not scored.
        OSError: A file cannot be written.
    """
    require_target(connection, target)
    scored = scored_detectors(connection, target)
    for name in detectors:
        if name not in scored:
            raise AudiosetDuckError(
                f"unknown detector {name!r}; expected one that was scored for {target}:"
                f" {', '.join(scored) or 'there is none'}"
            )
    make_sections = partial(detector_sections, connection, target, detectors)
    return _write(connection, out, make_sections, formats, f"Detectors of {target}")


def _write(
    connection: duckdb.DuckDBPyConnection,
    out: Path,
    make_sections: Callable[[], list[Section]],
    formats: Sequence[str],
    heading: str,
) -> list[Path]:
    """Write the files of sections, each as a whole or not at all."""
    for name in formats:
        if name not in FORMATS:
            raise AudiosetDuckError(
                f"unknown format {name!r}; expected one of {', '.join(FORMATS)}"
            )
    written = []
    try:
        sections = make_sections()
        with exclusive_folder(out, "report", "name another folder with --out"):
            drawn = progress(sections, name="charts", unit="section")
            files = list(report_files(connection, out, drawn, formats, heading))
            for path, write in progress(files, name="report", unit="file"):
                with atomic_write(path) as part:
                    write(part)
                written.append(path)
    except duckdb.CatalogException as error:
        raise AudiosetDuckError(
            "the catalog was built by another version of audioset-duck; build it again"
            f" ({str(error).splitlines()[0]})"
        ) from None
    return written


def report_sections(
    connection: duckdb.DuckDBPyConnection,
    subsets: Sequence[str],
    targets: Sequence[str],
    top: int,
) -> list[Section]:
    """The sections of a report in their order; their charts are not drawn yet."""
    key_figures = fetch_rows(
        connection, "from main.subset_key_figures order by main.subset_place(subset)"
    )
    present = [row["subset"] for row in key_figures]
    if not present:
        raise AudiosetDuckError(
            "the catalog has no subset to report on; put source files with events or clips into"
            " the metadata folder, and build it again"
        )
    for name in subsets:
        if name not in present:
            raise AudiosetDuckError(
                f"unknown subset {name!r}; expected one that this catalog has: {', '.join(present)}"
            )
    chosen = [row for row in key_figures if not subsets or row["subset"] in subsets]
    sections = [subset_section(connection, row, top) for row in chosen]
    weak = [row for row in key_figures if not is_strong(row["subset"])]
    if weak and all(row in chosen for row in weak):
        sections.append(comparison_section(connection))
    have_both_labels = connection.execute(
        "select 1 from internal.strongly_labelled_clips limit 1"
    ).fetchall()
    if have_both_labels and len(chosen) == len(present):
        sections.append(agreement_section(connection))
    for name in targets:
        sections.append(target_section(connection, name, top))
        sections += detector_sections(connection, name, scored_detectors(connection, name))
    return sections
