"""Targets: the sounds that a detector is trained to find, and the labels that define them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import duckdb

from audioset_duck.config.training_options import TrainingOptions, parse_training_options
from audioset_duck.errors import AudiosetDuckError

MID = re.compile(r"/[a-z]/\w+", re.ASCII)
DEFAULT_WINDOW_SECONDS = Decimal("1.000")
MAX_WINDOW_SECONDS = 10

# The options of a target: the types of their values, and what is expected, for messages.
_OPTIONS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "labels": (list, "a list of strings"),
    "ignore": (list, "a list of strings"),
    "descendants": (bool, "true or false"),
    "window_seconds": ((int, float, str, Decimal), "a number"),
    "training": (Mapping, "a table"),
}

# Schemas and databases that a catalog has without any target.
RESERVED_NAMES = (
    "main",
    "meta",
    "staging",
    "audioset",
    "internal",
    "memory",
    "temp",
    "system",
    "pg_catalog",
    "information_schema",
)


@dataclass(frozen=True)
class Target:
    """A sound to detect, as the user defines it.

    Attributes:
        name: The target's name, and the name of its schema in the catalog.
        labels: MIDs or display names of the positive labels.
        ignore: MIDs or display names of labels that are neither positive nor negative.
        descendants: Whether the ontology's descendants of `labels` are positive too.
        window_seconds: Length of a window, in seconds: above 0, at most 10, whole milliseconds.
        training: How its samples are drawn.
    """

    name: str
    labels: tuple[str, ...]
    ignore: tuple[str, ...] = ()
    descendants: bool = False
    window_seconds: Decimal = DEFAULT_WINDOW_SECONDS
    training: TrainingOptions = field(default_factory=TrainingOptions)


BUILT_IN = {
    target.name: target
    for target in (
        Target("gun", ("/m/032s66", "/m/04zjc", "/m/073cg4")),
        Target("baby_cry", ("/t/dd00002",)),
        Target("snore", ("/m/01d3sd", "/m/07q0yl5")),
    )
}


def is_reserved(name: str) -> bool:
    """Whether a name is that of a schema or database that a catalog has without any target."""
    return name in RESERVED_NAMES or bool(re.fullmatch(r"internal_\d+ms", name))


def check_name(name: str, where: str = "") -> None:
    """Raise AudiosetDuckError if a name cannot be a target's, which names a schema and folders.

    Args:
        name: The name.
        where: Where it was written, to begin the message with.
    """
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", name):
        raise AudiosetDuckError(
            f"{where}invalid name {name!r} for a target; expected at most 63 lower-case letters,"
            " digits and _, not beginning with a digit, as in baby_cry"
        )
    reserved = duckdb.execute(
        "select 1 from duckdb_keywords()"
        " where keyword_name = ? and keyword_category in ('reserved', 'type_function')",
        [name],
    ).fetchall()
    if is_reserved(name) or reserved:
        raise AudiosetDuckError(
            f"{where}invalid name {name!r} for a target, which is reserved in the catalog or in"
            f" SQL; choose a name such as {name}_sound"
        )


def parse_window_seconds(value: object, where: str = "") -> Decimal:
    """Parse the length of a window in seconds: above 0, at most 10, in whole milliseconds.

    Args:
        value: The length as it was written, a number or its text.
        where: Where it was written, to begin the message with.

    Returns:
        The length with three decimals.

    Raises:
        AudiosetDuckError: The value is not such a length.
    """
    text = str(value).strip()
    if re.fullmatch(r"\d{1,2}(\.\d{1,9})?", text):
        seconds = Decimal(text)
        exact = seconds.quantize(Decimal("0.001"))
        if exact == seconds and 0 < exact <= MAX_WINDOW_SECONDS:
            return exact
    raise AudiosetDuckError(
        f"{where}window_seconds is {value!r}; expected seconds above 0, at most"
        f" {MAX_WINDOW_SECONDS}, with at most 3 decimals, as in 0.5"
    )


def parse_target(
    name: str,
    options: Mapping[str, Any],
    window_seconds: Decimal,
    where: str,
    training: TrainingOptions | None = None,
) -> Target:
    """Parse a target from its table in audioset-duck.toml, or from a catalog's configuration.

    Args:
        name: The target's name.
        options: `labels`, and optionally `ignore`, `descendants`, `window_seconds`, `training`.
        window_seconds: The window length, unless `options` has one.
        where: Where the options were written, for messages.
        training: The training options that `options` does not set; None: the defaults.

    Raises:
        AudiosetDuckError: An invalid name, an unknown option, a value of the wrong type, or no
            label.
    """
    check_name(name, f"{where}: ")
    if not isinstance(options, Mapping):
        raise AudiosetDuckError(f"{where} is {options!r}; expected a table with labels")
    for option, value in options.items():
        if option == "samples":
            raise AudiosetDuckError(
                f"{where}: samples are options of the catalog, the same for all its targets; write"
                " them in the table [samples], outside of the targets"
            )
        if option not in _OPTIONS:
            raise AudiosetDuckError(
                f"{where}: unknown option {option!r}; expected one of {', '.join(_OPTIONS)}"
            )
        kind, expected = _OPTIONS[option]
        is_strings_only = not isinstance(value, list) or all(
            isinstance(item, str) for item in value
        )
        if not isinstance(value, kind) or not is_strings_only:
            raise AudiosetDuckError(f"{where}: {option} is {value!r}; expected {expected}")
    if not options.get("labels"):
        raise AudiosetDuckError(f"{where} has no label; expected for example labels = ['Bark']")
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


def find_targets(known: Mapping[str, Target], names: Sequence[str]) -> list[Target]:
    """Look up targets by name; repeated names count once.

    Raises:
        AudiosetDuckError: A name is not among the known targets.
    """
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name.lower(), known, 1)
            if {part.strip() for part in name.split(",")} <= set(known):
                cure = "; --target may be given several times"
            elif near:
                cure = f"; did you mean {near[0]}?"
            else:
                cure = f", or define a target: audioset-duck build --name {name} --label LABEL"
            raise AudiosetDuckError(
                f"unknown target {name!r}; expected one of {', '.join(known)}{cure}"
            )
    return [known[name] for name in dict.fromkeys(names)]
