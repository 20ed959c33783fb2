"""Quoting of names and values for SQL, and the folder of the SQL models."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any


def sql_folder() -> Path:
    """Return the folder of the models: in the installed package, or beside it in a checkout."""
    packaged = Path(__file__).parent / "sql"
    return packaged if packaged.is_dir() else Path(__file__).parents[1] / "sql"


def identifier(name: str) -> str:
    """Quote a name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: Any) -> str:
    """Write a value as a SQL literal: str, bool, int, Decimal, None, or a list of strings."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        # In exponent notation, as 1E-7, it would be a floating point number.
        return f"{value:f}"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return "[" + ", ".join(literal(item) for item in value) + "]::varchar[]"


# Characters of DuckDB's file name patterns.
_GLOB = re.compile(r"[*?[]")


def glob_literal(path: Path) -> str:
    """Write a path as a SQL literal for DuckDB's readers, which else expand `*`, `?` and `[`."""
    return literal(_GLOB.sub(r"[\g<0>]", str(path)))
