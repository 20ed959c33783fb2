"""The labels of a catalog, looked up by MID or by name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

import duckdb

from audioset_duck.config.targets import MID, Target
from audioset_duck.config.training_options import TrainingOptions
from audioset_duck.errors import AudiosetDuckError


@dataclass(frozen=True)
class ResolvedTarget:
    """A target with its labels as MIDs: what the models of a target see as `target`."""

    name: str
    positive_label_ids: tuple[str, ...]
    ignored_label_ids: tuple[str, ...]
    descendants: bool
    window_seconds: Decimal
    training: TrainingOptions


def resolve(connection: duckdb.DuckDBPyConnection, target: Target) -> ResolvedTarget:
    """Find the MIDs of a target's labels in the catalog's label files and ontology.

    Raises:
        AudiosetDuckError: A label that is not there (the nearest names are told), a name that
            stands for several, a label that is both positive and ignored, or `descendants`
            without an ontology.
    """
    where = f"target {target.name}: "
    positive, ignored = (
        tuple(dict.fromkeys(_resolve_label(connection, label, where) for label in labels))
        for labels in (target.labels, target.ignore)
    )
    for label_id in set(positive) & set(ignored):
        raise AudiosetDuckError(
            f"{where}{label_id} is both a label and ignored; right is one of them"
        )
    if target.descendants and not connection.execute("from main.ontology limit 1").fetchall():
        raise AudiosetDuckError(
            f"{where}its descendants are in ontology.json, which is not among the "
            "sources; put it into the metadata folder"
        )
    # A MID that no clip carries trims nothing; a name must be known.
    head_labels = tuple(
        label if MID.fullmatch(label) else _resolve_label(connection, label, where)
        for label in target.training.head_labels
    )
    return ResolvedTarget(
        target.name,
        positive,
        ignored,
        target.descendants,
        target.window_seconds,
        replace(target.training, head_labels=head_labels),
    )


def nearest_names(connection: duckdb.DuckDBPyConnection, text: str, count: int = 5) -> list[str]:
    """Names of labels that look much like a text, those that hold it first; none for a MID."""
    return [
        name
        for (name,) in connection.execute(
            """
            select name
            from main.label_names
            where
                $text not in ('', '%', '_')
                and not starts_with($text, '/')
                and (
                    contains(lower(name), lower($text))
                    or jaro_winkler_similarity(lower(name), lower($text)) > 0.75
                    or damerau_levenshtein(lower(name), lower($text)) = 1
                )
            group by name
            order by
                contains(lower(name), lower($text)) desc,
                jaro_winkler_similarity(lower(name), lower($text)) desc,
                name
            limit $count
            """,
            {"text": text, "count": count},
        ).fetchall()
    ]


def _resolve_label(connection: duckdb.DuckDBPyConnection, label: str, where: str) -> str:
    found = connection.execute(
        """
        select distinct label_id
        from main.label_names
        where label_id = $label or name = $label
        order by label_id
        """,
        {"label": label},
    ).fetchall()
    if len(found) == 1:
        return str(found[0][0])
    if not found and _is_used(connection, label):
        return label
    if found:
        raise AudiosetDuckError(
            f"{where}{label!r} is the name of {len(found)} labels: "
            f"{', '.join(label_id for (label_id,) in found)}; name one by its MID"
        )
    names = nearest_names(connection, label)
    raise AudiosetDuckError(
        f"{where}there is no label {label!r}; right is a MID or an exact display name"
        + (f", such as {' or '.join(map(repr, names))}" if names else "")
        + "; audioset-duck labels TEXT finds some"
    )


def _is_used(connection: duckdb.DuckDBPyConnection, label: str) -> bool:
    """Whether a MID that no label file names stands in the data, or no file could name it."""
    if not MID.fullmatch(label):
        return False
    ((is_used,),) = connection.execute(
        """
        select not exists (from main.label_names)
            or exists (from main.strong_label_stats where label_id = $label)
            or exists (from main.weak_label_stats where label_id = $label)
        """,
        {"label": label},
    ).fetchall()
    return bool(is_used)
