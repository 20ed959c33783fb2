"""Query results as tables: rows under the names of their columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb


@dataclass(frozen=True)
class Table:
    """Rows to show, under the names of their columns."""

    columns: list[str]
    rows: list[tuple[Any, ...]]


def query_table(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    parameters: Any = None,
    headings: Mapping[str, str] | None = None,
) -> Table:
    """Run a query and fetch all its rows.

    Args:
        connection: The catalog.
        query: One SQL query.
        parameters: Values of the query's parameters: a list, or a mapping of names.
        headings: Other names for some columns.
    """
    result = connection.execute(query, parameters)
    names = [column[0] for column in result.description or ()]
    return Table([(headings or {}).get(name, name) for name in names], result.fetchall())
