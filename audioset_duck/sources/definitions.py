"""AudioSet's nine metadata files, each listed once: columns, header, subset, address, checksum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

COMPRESSED_ENDINGS = ("", ".gz", ".zst")


@dataclass(frozen=True)
class Source:
    """One official metadata file.

    Attributes:
        file: Its official name.
        staging: Name of the staging model that reads it; for a subset, the name of the subset.
        subset: Name of the subset that it holds; None for files of labels and the ontology.
        columns: The columns of the file and their SQL types.
        header: The lines above the rows; None stands for a comment that differs between releases.
        reader: Options of DuckDB's `read_csv`; empty for JSON.
        error: Call of a macro of sql/validation.sql that validates a row of the staging model.
        line_error: Name of the macro that validates a line; empty if the file is not line by line.
        loss: What a catalog lacks without the file.
        address: Where Google publishes the file.
        sha256: SHA-256 of the published file, in hexadecimal; None if it is not known.
    """

    file: str
    staging: str
    subset: str | None
    columns: Mapping[str, str]
    header: tuple[str | None, ...]
    reader: str
    error: str
    line_error: str
    loss: str
    address: str
    sha256: str | None


_CORPUS = "https://storage.googleapis.com/us_audioset/youtube_corpus"
_TSV = "delim = '\t', quote = '', escape = ''"
_SECONDS = "decimal(9, 3)"
_STRONG_COLUMNS = {
    "segment_id": "varchar",
    "start_time_seconds": _SECONDS,
    "end_time_seconds": _SECONDS,
    "label": "varchar",
}


def _strong(file: str, subset: str, sha256: str) -> Source:
    return Source(
        file=file,
        staging=subset,
        subset=subset,
        columns=_STRONG_COLUMNS,
        header=("\t".join(_STRONG_COLUMNS),),
        reader=_TSV,
        error="strong_error(clip_id, start_seconds, end_seconds, label_id)",
        line_error="strong_line_error",
        loss=f"positive events and strong negatives of {subset}",
        address=f"{_CORPUS}/strong/{file}",
        sha256=sha256,
    )


def _weak(file: str, subset: str, sha256: str) -> Source:
    return Source(
        file=file,
        staging=subset,
        subset=subset,
        columns={
            "ytid": "varchar",
            "start_seconds": _SECONDS,
            "end_seconds": _SECONDS,
            "positive_labels": "varchar",
        },
        header=(None, None, "# YTID, start_seconds, end_seconds, positive_labels"),
        reader="delim = ', ', quote = '\"', escape = '\"'",
        error="weak_error(ytid, video_start_seconds, video_end_seconds, label_ids)",
        line_error="weak_line_error",
        loss=f"weak negatives of {subset}",
        address=f"{_CORPUS}/v1/csv/{file}",
        sha256=sha256,
    )


SOURCES = (
    _strong(
        "audioset_train_strong.tsv",
        "strong_train",
        "29e4646c847c0285cde744cf884843de1fbb647fc24762eb2b244628d276c92b",
    ),
    _strong(
        "audioset_eval_strong.tsv",
        "strong_eval",
        "ffda064647a3e7c7eb473d5fcde944f4800c5ce3a7c1f3dfcf131b95dcd30f60",
    ),
    Source(
        file="audioset_eval_strong_framed_posneg.tsv",
        staging="strong_eval_framed",
        subset="strong_eval_framed",
        columns={**_STRONG_COLUMNS, "present": "varchar"},
        header=("\t".join([*_STRONG_COLUMNS, "present"]),),
        reader=_TSV,
        error="framed_error(clip_id, start_seconds, end_seconds, label_id, is_present)",
        line_error="framed_line_error",
        loss="framed events",
        address=f"{_CORPUS}/strong/audioset_eval_strong_framed_posneg.tsv",
        sha256=None,
    ),
    _weak(
        "unbalanced_train_segments.csv",
        "weak_unbalanced_train",
        "bb2dfd5e4f1ced39db9480633c510f813d7899f4b7472aa83a411b4a43a12698",
    ),
    _weak(
        "balanced_train_segments.csv",
        "weak_balanced_train",
        "3b83e5ff9ed72cfda37d4e36ce08250e107c1ea70f109f6ab6668ac200db5e94",
    ),
    _weak(
        "eval_segments.csv",
        "weak_eval",
        "f7055f53935f70e74e39494a5c8c4c78f1700fce275028bd36e31186f33d45db",
    ),
    Source(
        file="mid_to_display_name.tsv",
        staging="strong_labels",
        subset=None,
        columns={"mid": "varchar", "display_name": "varchar"},
        header=(),
        reader=_TSV,
        error="strong_label_error(label_id, display_name)",
        line_error="strong_label_line_error",
        loss="names of labels that only the strong subsets have",
        address=f"{_CORPUS}/strong/mid_to_display_name.tsv",
        sha256="6aeaa2144223933eab75566ca478366ad80e59f381611e308cbe536913d7ddf7",
    ),
    Source(
        file="class_labels_indices.csv",
        staging="weak_labels",
        subset=None,
        columns={"index": "integer", "mid": "varchar", "display_name": "varchar"},
        header=("index,mid,display_name",),
        reader="delim = ',', quote = '\"', escape = '\"'",
        error="weak_label_error(weak_index, label_id, weak_display_name)",
        line_error="weak_label_line_error",
        loss="indices and names of the weak labels",
        address=f"{_CORPUS}/v1/csv/class_labels_indices.csv",
        sha256="cdd1049833c4b86127c2773ac0d14a2754b6a6d0d1798002ed5c66e699708429",
    ),
    Source(
        file="ontology.json",
        staging="ontology_classes",
        subset=None,
        columns={"id": "varchar", "name": "varchar", "child_ids": "varchar[]"},
        header=(),
        reader="",
        error="ontology_error(label_id, display_name)",
        line_error="",
        loss="descendants of labels, for --descendants and for warnings about negatives",
        address="https://raw.githubusercontent.com/audioset/ontology/master/ontology.json",
        sha256="9c685f4403eecc3ca9be37fd7285cf212feaaea6ff7229d3e7ca89e0d1f2d15d",
    ),
)

# The six subsets, strong ones first.
SUBSETS = tuple(source.subset for source in SOURCES if source.subset)

# Those that audio is extracted for: the framed subset has the clips of strong_eval.
AUDIO_SUBSETS = tuple(subset for subset in SUBSETS if subset != "strong_eval_framed")

# The source file of each subset.
SUBSET_FILES = {source.subset: source.file for source in SOURCES if source.subset}
