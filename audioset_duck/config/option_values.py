"""Tables of options, [samples] and [training]: which options they have, and what values."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from audioset_duck.errors import AudiosetDuckError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def _parse_labels(value: object, where: str) -> tuple[str, ...]:
    labels = value.split(",") if isinstance(value, str) else value
    if not isinstance(labels, list) or not all(isinstance(item, str) for item in labels):
        raise AudiosetDuckError(f"{where} is {value!r}; expected a list of strings")
    return tuple(label.strip() for label in labels if label.strip())


def _parse_count(value: object, where: str) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,18}", str(value)):
        raise AudiosetDuckError(f"{where} is {value!r}; expected a whole number, 0 or more")
    return int(str(value))


def _parse_fraction(value: object, where: str) -> Decimal:
    if isinstance(value, bool) or not re.fullmatch(r"0(\.\d{1,9})?|1(\.0{1,9})?", str(value)):
        raise AudiosetDuckError(
            f"{where} is {value!r}; expected a fraction from 0 to 1, with at most 9 decimals"
        )
    return plain(Decimal(str(value)))


# Each table of options, with a parser for the values of each option.
TABLES: Mapping[str, Mapping[str, Callable[[object, str], object]]] = {
    "samples": {
        "head_labels": _parse_labels,
        "head_keep_frac": _parse_fraction,
        "completion_rare_cutoff": _parse_count,
        "seed": _parse_count,
    },
    "training": {
        "pos_per_batch_frac": _parse_fraction,
        "pos_weak_per_batch_frac": _parse_fraction,
        "strong_neg_per_batch_frac": _parse_fraction,
        "weak_neg_per_batch_frac": _parse_fraction,
        "tier_a_fraction": _parse_fraction,
        "primary_fraction": _parse_fraction,
        "tier_a_coverage": _parse_fraction,
    },
}


def parse_options(table: str, options: object, where: str) -> dict[str, Any]:
    """Parse the options of a table, as they are written in audioset-duck.toml or on a command line.

    Args:
        table: A table of `TABLES`.
        options: A mapping from names of options to values or their text.
        where: Where the options were written, for messages.

    Returns:
        The values by name, of those options that were written.

    Raises:
        AudiosetDuckError: An unknown option, one of another table, or a value out of its range.
    """
    if not isinstance(options, Mapping):
        raise AudiosetDuckError(f"{where} is {options!r}; expected a table of options")
    parsed = {}
    for name, value in options.items():
        if name not in TABLES[table]:
            _check_other_tables(name, value, where)
            raise AudiosetDuckError(
                f"{where}: unknown option {name!r}; expected one of {', '.join(TABLES[table])}"
            )
        parsed[name] = TABLES[table][name](value, f"{where}: {name}")
    return parsed


def _check_other_tables(name: str, value: object, where: str) -> None:
    """Raise AudiosetDuckError if an option belongs to another table; the message names it."""
    for table, parsers in TABLES.items():
        if name in parsers:
            assignment = f"{name}={option_text(parsers[name](value, f'{where}: {name}'))}"
            if not re.fullmatch(r"[\w=.,/+-]+", assignment):
                assignment = repr(assignment)
            raise AudiosetDuckError(
                f"{where}: {name!r} is an option of [{table}]; write it there, or as --{table}"
                f" {assignment}"
            )


def plain(number: Decimal) -> Decimal:
    """Return a number without trailing zeros, so that equal numbers are written the same."""
    return Decimal(f"{number.normalize():f}")


def option_text(value: object) -> str:
    """Return the value of an option as it is written on a command line."""
    if isinstance(value, tuple):
        return ",".join(value)
    # Never in exponent notation, as 1E-7, which the parser refuses.
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def options_json(options: DataclassInstance) -> dict[str, Any]:
    """Return options as a JSON object, from which `parse_options` restores them."""
    return {
        name: option_text(value) if isinstance(value, Decimal) else value
        for name, value in dataclasses.asdict(options).items()
    }
