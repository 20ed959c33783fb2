"""AudioSet's metadata files: their names, columns, headers and what each is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

COMPRESSED_ENDINGS = ("", ".gz", ".zst")


@dataclass(frozen=True)
class Source:
    """One official file.

    Attributes:
        file: Its official name.
        staging: The staging model that reads it.
        columns: The columns of the file and their SQL types.
        header: The lines at its top; `None` stands for a line that differs between releases.
        reader: Options of DuckDB's reader.
        error: SQL macro (see sql/validation.sql) and the staging columns that it judges.
        line_error: SQL macro that judges a line; empty where the file has no lines.
        loss: What is lost without the file.
    """

    file: str
    staging: str
    columns: Mapping[str, str]
    header: tuple[str | None, ...]
    reader: str
    error: str
    line_error: str
    loss: str


_TSV = "delim = '\t', quote = '', escape = ''"


_SECONDS = "decimal(9, 3)"


_STRONG_COLUMNS = {
    "segment_id": "varchar",
    "start_time_seconds": _SECONDS,
    "end_time_seconds": _SECONDS,
    "label": "varchar",
}


_STRONG_ERROR = "strong_error(clip_id, start_seconds, end_seconds, label_id)"


def _strong(file: str, staging: str, loss: str) -> Source:
    header = "\t".join(_STRONG_COLUMNS)
    return Source(
        file, staging, _STRONG_COLUMNS, (header,), _TSV, _STRONG_ERROR, "strong_line_error", loss
    )


def _weak(file: str, staging: str, loss: str) -> Source:
    return Source(
        file,
        staging,
        {
            "ytid": "varchar",
            "start_seconds": _SECONDS,
            "end_seconds": _SECONDS,
            "positive_labels": "varchar",
        },
        (None, None, "# YTID, start_seconds, end_seconds, positive_labels"),
        "delim = ', ', quote = '\"', escape = '\"'",
        "weak_error(ytid, video_start_seconds, video_end_seconds, label_ids)",
        "weak_line_error",
        loss,
    )


SOURCES = (
    _strong(
        "audioset_train_strong.tsv",
        "strong_train",
        "positive events and strong negatives of the train split",
    ),
    _strong(
        "audioset_eval_strong.tsv",
        "strong_eval",
        "positive events and strong negatives of the eval split",
    ),
    Source(
        "audioset_eval_strong_framed_posneg.tsv",
        "strong_eval_framed",
        {**_STRONG_COLUMNS, "present": "varchar"},
        ("\t".join([*_STRONG_COLUMNS, "present"]),),
        _TSV,
        "framed_error(clip_id, start_seconds, end_seconds, label_id, is_present)",
        "framed_line_error",
        "framed events",
    ),
    _weak(
        "unbalanced_train_segments.csv",
        "weak_unbalanced_train",
        "weak negatives of weak_unbalanced_train",
    ),
    _weak(
        "balanced_train_segments.csv",
        "weak_balanced_train",
        "weak negatives of weak_balanced_train",
    ),
    _weak("eval_segments.csv", "weak_eval", "weak negatives of weak_eval"),
    Source(
        "mid_to_display_name.tsv",
        "strong_labels",
        {"mid": "varchar", "display_name": "varchar"},
        (),
        _TSV,
        "strong_label_error(label_id, display_name)",
        "strong_label_line_error",
        "names of the labels that only the strong sets have",
    ),
    Source(
        "class_labels_indices.csv",
        "weak_labels",
        {"index": "integer", "mid": "varchar", "display_name": "varchar"},
        ("index,mid,display_name",),
        "delim = ',', quote = '\"', escape = '\"'",
        "weak_label_error(weak_index, label_id, weak_display_name)",
        "weak_label_line_error",
        "numbers and names of the weak labels",
    ),
    Source(
        "ontology.json",
        "ontology_classes",
        {"id": "varchar", "name": "varchar", "child_ids": "varchar[]"},
        (),
        "",
        "ontology_error(label_id, display_name)",
        "",
        "descendants of labels: for --descendants, and to find kinds of a target in its negatives",
    ),
)
