"""Rows of a query, with the names of their columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb


@dataclass(frozen=True)
class Table:
    """Rows to show, under the names of their columns."""

    columns: list[str]
    rows: list[tuple[Any, ...]]


def query_table(connection: duckdb.DuckDBPyConnection, query: str, parameters: Any = None) -> Table:
    """Run a query and take all its rows."""
    result = connection.execute(query, parameters)
    columns = [column[0] for column in result.description or ()]
    return Table(columns, result.fetchall())
