"""Targets: the sounds that a detector is trained for, and the labels that stand for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import duckdb

from audioset_duck.config.training_options import TrainingOptions, parse_training_options
from audioset_duck.errors import AudiosetDuckError

MID = re.compile(r"/[a-z]/\w+", re.ASCII)


RESERVED_NAMES = (
    "main",
    "meta",
    "staging",
    "audioset",
    "memory",
    "temp",
    "system",
    "pg_catalog",
    "information_schema",
)


@dataclass(frozen=True)
class Target:
    """What a user asks for.

    Attributes:
        name: The target's schema in the catalog.
        labels: MIDs or display names of what is positive.
        ignore: MIDs or display names of what is neither positive nor negative.
        descendants: Whether all that the ontology puts below `labels` is positive too.
        window_seconds: Length of a window, in seconds, in whole milliseconds.
        training: How its samples are kept and drawn.
    """

    name: str
    labels: tuple[str, ...]
    ignore: tuple[str, ...] = ()
    descendants: bool = False
    window_seconds: Decimal = Decimal("1.000")
    training: TrainingOptions = field(default_factory=TrainingOptions)


BUILT_IN = {
    target.name: target
    for target in (
        Target("gun", ("/m/032s66", "/m/04zjc", "/m/073cg4")),
        Target("baby_cry", ("/t/dd00002",)),
        Target("snore", ("/m/01d3sd", "/m/07q0yl5")),
    )
}


def check_name(name: str, where: str = "") -> None:
    """Raise AudiosetDuckError unless a name can be a target's: it names a schema and folders."""
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", name):
        raise AudiosetDuckError(
            f"{where}{name!r} is no name for a target; right are lower-case letters, digits and _,"
            " not beginning with a digit, at most 63, as in baby_cry"
        )
    reserved = duckdb.execute(
        "select 1 from duckdb_keywords()"
        " where keyword_name = ? and keyword_category in ('reserved', 'type_function')",
        [name],
    ).fetchall()
    if name in RESERVED_NAMES or reserved:
        raise AudiosetDuckError(
            f"{where}{name!r} is no name for a target: it means something else in the catalog or in"
            f" SQL; right is a name such as {name}_sound"
        )


def parse_window_seconds(value: object, where: str = "") -> Decimal:
    """Read a clip length in seconds: more than 0, at most 10, in whole milliseconds.

    Args:
        value: As it was written, a number or its text.
        where: Where that is, to begin the message with.

    Raises:
        AudiosetDuckError: It is no such length.
    """
    text = str(value).strip()
    if re.fullmatch(r"\d{1,2}(\.\d{1,9})?", text):
        seconds = Decimal(text)
        exact = seconds.quantize(Decimal("0.001"))
        if exact == seconds and 0 < exact <= 10:
            return exact
    raise AudiosetDuckError(
        f"{where}the clip length is {value!r}; right are seconds, above 0 and up to 10, with at"
        " most 3 decimals, as in 0.5"
    )


def parse_target(
    name: str,
    options: Mapping[str, Any],
    window_seconds: Decimal,
    where: str,
    training: TrainingOptions | None = None,
) -> Target:
    """Make a target from its table in audioset-duck.toml, or from a catalog's configuration.

    Args:
        name: The target's name.
        options: `labels`, and if wanted `ignore`, `descendants`, `window_seconds`, `training`.
        window_seconds: The clip length of a target that names none.
        where: Where the options stand, for messages.
        training: What holds for training options that it does not name; None: the defaults.

    Raises:
        AudiosetDuckError: A name that cannot be, an unknown option, a value of the wrong kind,
            or no label.
    """
    check_name(name, f"{where}: ")
    wanted = {
        "labels": "a list of texts",
        "ignore": "a list of texts",
        "descendants": "true or false",
        "window_seconds": "a number",
        "training": "a table",
    }
    kinds: dict[str, type | tuple[type, ...]] = {
        "labels": list,
        "ignore": list,
        "descendants": bool,
        "window_seconds": (int, float, str, Decimal),
        "training": Mapping,
    }
    if not isinstance(options, Mapping):
        raise AudiosetDuckError(f"{where} is {options!r}; right is a table with labels")
    for option, value in options.items():
        if option not in kinds:
            raise AudiosetDuckError(
                f"{where}: there is no option {option!r}; right are {', '.join(kinds)}"
            )
        is_texts = not isinstance(value, list) or all(isinstance(item, str) for item in value)
        if not isinstance(value, kinds[option]) or not is_texts:
            raise AudiosetDuckError(f"{where}: {option} is {value!r}; right is {wanted[option]}")
    if not options.get("labels"):
        raise AudiosetDuckError(f"{where} names no label; right is, for example, labels = ['Bark']")
    return Target(
        name,
        tuple(options["labels"]),
        tuple(options.get("ignore", ())),
        options.get("descendants", False),
        parse_window_seconds(options["window_seconds"], f"{where}: ")
        if "window_seconds" in options
        else window_seconds,
        parse_training_options(
            options.get("training", {}), training or TrainingOptions(), f"{where}.training"
        ),
    )
