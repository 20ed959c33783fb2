"""Labels of a catalog, looked up by MID or by name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

import duckdb

from audioset_duck.config.sample_options import SampleOptions
from audioset_duck.config.targets import MID, Target
from audioset_duck.config.training_options import TrainingOptions
from audioset_duck.errors import AudiosetDuckError


@dataclass(frozen=True)
class ResolvedTarget:
    """A target whose labels are MIDs: the variable `target` of a target's models.

    Attributes:
        name: The target's name, and its schema.
        positive_label_ids: MIDs of the positive labels, without descendants.
        ignored_label_ids: MIDs of the ignored labels.
        descendants: Whether the ontology's descendants of the positive labels are positive too.
        window_seconds: Length of a window, in seconds.
        training: Training options.
    """

    name: str
    positive_label_ids: tuple[str, ...]
    ignored_label_ids: tuple[str, ...]
    descendants: bool
    window_seconds: Decimal
    training: TrainingOptions


def resolve(connection: duckdb.DuckDBPyConnection, target: Target) -> ResolvedTarget:
    """Replace the label names of a target by MIDs.

    Raises:
        AudiosetDuckError: An unknown label (the message lists similar names), a name of several
            labels, a label that is both positive and ignored, or `descendants` without an ontology.
    """
    where = f"target {target.name}: "
    positive, ignored = (
        tuple(dict.fromkeys(_resolve_label(connection, label, where) for label in labels))
        for labels in (target.labels, target.ignore)
    )
    for label_id in set(positive) & set(ignored):
        raise AudiosetDuckError(
            f"{where}{label_id} is both positive and ignored; remove it from one of the two"
        )
    if target.descendants and not connection.execute("from main.ontology limit 1").fetchall():
        raise AudiosetDuckError(
            f"{where}descendants = true needs ontology.json, which is not among the sources; put"
            " the file into the metadata folder and build again"
        )
    return ResolvedTarget(
        target.name,
        positive,
        ignored,
        target.descendants,
        target.window_seconds,
        target.training,
    )


def resolve_samples(connection: duckdb.DuckDBPyConnection, samples: SampleOptions) -> SampleOptions:
    """Replace the names of head labels by MIDs: the variable `samples` of a target's models.

    Raises:
        AudiosetDuckError: An unknown name (the message lists similar ones), or one of several
            labels.
    """
    # A MID that no clip carries trims nothing, but a name must be known.
    head_labels = tuple(
        label
        if MID.fullmatch(label)
        else _resolve_label(connection, label, "head_labels of [samples]: ")
        for label in samples.head_labels
    )
    return replace(samples, head_labels=head_labels)


def nearest_names(connection: duckdb.DuckDBPyConnection, text: str, count: int = 5) -> list[str]:
    """List at most `count` names of labels that resemble a text, the nearest first.

    Names that contain the text come first. No name resembles a MID.
    """
    query = "select name from main.nearest_names(?) where rank <= ? order by rank"
    return [name for (name,) in connection.execute(query, [text, count]).fetchall()]


def _resolve_label(connection: duckdb.DuckDBPyConnection, label: str, where: str) -> str:
    found = connection.execute(
        "select distinct label_id from main.label_names where $label in (label_id, name)"
        " order by label_id",
        {"label": label},
    ).fetchall()
    if len(found) == 1:
        return str(found[0][0])
    if not found and _is_used(connection, label):
        return label
    if found:
        raise AudiosetDuckError(
            f"{where}{label!r} is the name of {len(found)} labels: "
            f"{', '.join(label_id for (label_id,) in found)}; expected the MID of one of them"
        )
    names = nearest_names(connection, label)
    # In another case, it is the one that was meant.
    names = [name for name in names if name.lower() == label.lower()] or names
    raise AudiosetDuckError(
        f"{where}unknown label {label!r}; expected a MID or an exact display name"
        + (f", such as {' or '.join(map(repr, names))}" if names else "")
        + "; search for labels with audioset-duck labels TEXT"
    )


def _is_used(connection: duckdb.DuckDBPyConnection, label: str) -> bool:
    """Whether a label without a name is a MID that data carries, or no label can have a name."""
    if not MID.fullmatch(label):
        return False
    if not connection.execute("from main.label_names limit 1").fetchall():
        return True
    carried = "from main.labels where label_id = ? and label_index is not null"
    return bool(connection.execute(carried, [label]).fetchall())
