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
        fault: SQL macro (see sql/faults.sql) and the staging columns that it judges.
        line_fault: SQL macro that judges a line; empty where the file has no lines.
        loss: What is lost without the file.
    """

    file: str
    staging: str
    columns: Mapping[str, str]
    header: tuple[str | None, ...]
    reader: str
    fault: str
    line_fault: str
    loss: str


_TSV = "delim = '\t', quote = '', escape = ''"


_SECONDS = "decimal(9, 3)"


_STRONG_COLUMNS = {
    "segment_id": "varchar",
    "start_time_seconds": _SECONDS,
    "end_time_seconds": _SECONDS,
    "label": "varchar",
}


_STRONG_FAULT = "strong_fault(clip_id, start_seconds, end_seconds, label_id)"


def _strong(file: str, staging: str, loss: str) -> Source:
    header = "\t".join(_STRONG_COLUMNS)
    return Source(
        file, staging, _STRONG_COLUMNS, (header,), _TSV, _STRONG_FAULT, "strong_line_fault", loss
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
        "weak_fault(ytid, video_start_seconds, video_end_seconds, label_ids)",
        "weak_line_fault",
        loss,
    )


SOURCES = (
    _strong(
        "audioset_train_strong.tsv",
        "train_strong",
        "positive events and strong negatives of the train split",
    ),
    _strong(
        "audioset_eval_strong.tsv",
        "eval_strong",
        "positive events and strong negatives of the eval split",
    ),
    Source(
        "audioset_eval_strong_framed_posneg.tsv",
        "eval_strong_framed",
        {**_STRONG_COLUMNS, "present": "varchar"},
        ("\t".join([*_STRONG_COLUMNS, "present"]),),
        _TSV,
        "framed_fault(clip_id, start_seconds, end_seconds, label_id, is_present)",
        "framed_line_fault",
        "framed events",
    ),
    _weak(
        "unbalanced_train_segments.csv", "unbalanced_train", "weak negatives of unbalanced_train"
    ),
    _weak("balanced_train_segments.csv", "balanced_train", "weak negatives of balanced_train"),
    _weak("eval_segments.csv", "eval", "weak negatives of eval"),
    Source(
        "mid_to_display_name.tsv",
        "strong_labels",
        {"mid": "varchar", "display_name": "varchar"},
        (),
        _TSV,
        "strong_label_fault(label_id, display_name)",
        "strong_label_line_fault",
        "names of the labels that only the strong sets have",
    ),
    Source(
        "class_labels_indices.csv",
        "weak_labels",
        {"index": "integer", "mid": "varchar", "display_name": "varchar"},
        ("index,mid,display_name",),
        "delim = ',', quote = '\"', escape = '\"'",
        "weak_label_fault(weak_index, label_id, weak_display_name)",
        "weak_label_line_fault",
        "numbers and names of the weak labels",
    ),
    Source(
        "ontology.json",
        "ontology_classes",
        {"id": "varchar", "name": "varchar", "child_ids": "varchar[]"},
        (),
        "",
        "ontology_fault(label_id, display_name)",
        "",
        "descendants of labels: for --descendants, and to find kinds of a target in its negatives",
    ),
)
