"""The relations of a catalog: created from their models, dropped, and explained."""

from __future__ import annotations

import functools
import graphlib
import re
import tomllib
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import duckdb

from audioset_duck.catalog.connection import ALIAS
from audioset_duck.catalog.models import Model, split_header
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.sqltext import identifier, literal, sql_folder

# A macro, from the comment above it to the end of the statement.
_MACRO = re.compile(r"(?:^--.*\n)+^create or replace macro (?P<name>[\w.]+)\([^;]*;", re.MULTILINE)


def create_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the scalar macros of `sql/macros.sql`, each with the comment above it."""
    text = (sql_folder() / "macros.sql").read_text(encoding="utf-8")
    statements = []
    for statement in _MACRO.finditer(text):
        comment, definition = split_header(statement[0])
        statements.append(definition)
        statements.append(f"comment on macro {statement['name']} is {literal(comment)};")
    _execute_at_once(connection, statements)


def create(connection: duckdb.DuckDBPyConnection, model: Model, live: bool = False) -> None:
    """Create the relation of a model, with its comment; `live` makes a view of every table."""
    if model.materialized == "table_function":
        kind, head = "macro table", f"macro {model.relation}({model.parameters}) as table"
    else:
        kind = "view" if live else model.materialized
        head = f"{kind} {model.relation} as"
    comment = f"comment on {kind} {model.relation} is {literal(model.comment)}"
    _execute_at_once(connection, [f"create {head}\n{model.select}\n;", f"{comment};"])


def create_in_order(
    connection: duckdb.DuckDBPyConnection,
    models: Sequence[Model],
    work: Callable[[duckdb.DuckDBPyConnection, Model], None],
) -> None:
    """Do some work for each model, after it is done for those that the model refers to.

    Two models are worked on at a time, since parts of many a query run on one core.

    Args:
        connection: The catalog; each piece of work gets a cursor of its own.
        models: The models; what else they refer to exists already.
        work: Creates a relation.
    """
    places = {model.relation: place for place, model in enumerate(models)}
    order = graphlib.TopologicalSorter(
        {model.relation: model.refs & places.keys() for model in models}
    )
    order.prepare()

    def run(model: Model) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"use {ALIAS}")
            work(cursor, model)

    running: dict[Future[None], str] = {}
    with ThreadPoolExecutor(max_workers=2) as pool:
        try:
            while order.is_active():
                for relation in sorted(order.get_ready(), key=places.__getitem__):
                    running[pool.submit(run, models[places[relation]])] = relation
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    future.result()
                    order.done(running.pop(future))
        finally:
            pool.shutdown(cancel_futures=True)


def drop(connection: duckdb.DuckDBPyConnection, models: Sequence[Model]) -> None:
    """Drop the relations of models, tables, views or table functions, as far as they are there."""
    kinds = connection.execute(
        "select schema_name, table_name, 'table' from duckdb_tables()"
        " where database_name = current_database()"
        " union all"
        " select schema_name, view_name, 'view' from duckdb_views()"
        " where database_name = current_database()"
    ).fetchall()
    known = {(schema, name): kind for schema, name, kind in kinds}
    for model in models:
        if model.materialized == "table_function":
            connection.execute(f"drop macro table if exists {model.relation}")
        elif kind := known.get((model.schema, model.name)):
            connection.execute(f"drop {kind} {model.relation}")


def explain_columns(
    connection: duckdb.DuckDBPyConnection, relations: Collection[tuple[str, str]]
) -> None:
    """Comment each column of relations, from `sql/columns.toml`.

    A column's meaning is looked up as `relation.column`, then as `column`.

    Args:
        connection: To the catalog.
        relations: Schema and name of each.

    Raises:
        AudiosetDuckError: A column that `columns.toml` does not explain.
    """
    columns = connection.execute(
        "select schema_name, table_name, column_name from duckdb_columns()"
        " where database_name = current_database()"
    ).fetchall()
    meanings = _columns()
    comments = []
    for schema, name, column in columns:
        if (schema, name) not in relations:
            continue
        meaning = meanings.get(f"{name}.{column}", meanings.get(column))
        if meaning is None:
            raise AudiosetDuckError(f"sql/columns.toml does not explain {name}.{column}")
        path = ".".join(map(identifier, (schema, name, column)))
        comments.append(f"comment on column {path} is {literal(meaning)};")
    _execute_at_once(connection, comments)


def _execute_at_once(connection: duckdb.DuckDBPyConnection, statements: Sequence[str]) -> None:
    """Execute statements in a transaction: each by itself would wait for the disk."""
    connection.execute("begin")
    try:
        connection.execute("\n".join(statements))
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


@functools.cache
def _columns() -> dict[str, str]:
    return tomllib.loads((sql_folder() / "columns.toml").read_text(encoding="utf-8"))
