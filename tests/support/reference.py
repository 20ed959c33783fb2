"""The tables of sql/README.md, from a catalog: `python tests/support/reference.py` writes them."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb

from audioset_duck.catalog.build import build
from audioset_duck.config.targets import BUILT_IN
from audioset_duck.demo.metadata import make_metadata
from audioset_duck.sqltext import sql_folder

README = sql_folder() / "README.md"
# Relations that others are computed from, and that are nobody's to query.
INTERNAL = {
    "target_clips",
    "excluded_clips",
    "events",
    "windows",
    "positive_samples",
    "weak_positive_samples",
    "weak_spans",
    "sample_clips",
    "corrected_clips",
    "carrying_clips",
    "sample_spans",
    "excluded_members",
    "member_shifts",
    "rare_members",
    "pool_members",
    "batch_slots",
    "epoch_slots",
    "rank_labels",
    "label_choices",
    "label_draws",
    "excluded_samples",
    "left_members",
    "mask_labels",
    "negative_samples",
    "hard_queue",
    "negative_labels",
    "positive_draws",
    "negative_draws",
    "sample_composition",
    "positive_durations",
    "criterion_totals",
    "detections",
    "detector_suspects",
    "event_points",
    "scored_spans",
    "collar_changes",
    "intersection_changes",
}
# A value for each parameter of a table function.
VALUES = {
    "seed": "0",
    "epoch": "0",
    "batch_size": "32",
    "search": "'dog'",
    "detector": "'A'",
    "threshold": "0.5",
    "dtc": "0.5",
    "gtc": "0.5",
    "onset_collar": "0.2",
    "offset_collar": "0.2",
    "offset_share": "0.2",
}
SCHEMAS = ("main", "gun", "meta")


def first_sentence(comment: str) -> str:
    return re.split(r"(?<=[a-z0-9)])[.:](?: |$)", comment)[0].replace("|", "\\|")


def table_functions(
    connection: duckdb.DuckDBPyConnection,
) -> list[tuple[str, str, list[str], str]]:
    """The schema, name, parameters and comment of each, also of the internal ones."""
    return connection.execute(
        """
        select schema_name, function_name, parameters, comment
        from duckdb_functions()
        where
            list_contains($schemas, schema_name)
            and function_type = 'table_macro'
            and not internal
        order by list_position($schemas, schema_name), function_name
        """,
        {"schemas": list(SCHEMAS)},
    ).fetchall()


def call(schema: str, name: str, parameters: list[str]) -> str:
    """The call of a table function; parameters that have a default keep it."""
    values = [VALUES[parameter] for parameter in parameters if parameter in VALUES]
    return f"{schema}.{name}({', '.join(values)})"


def relations(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """A row of the table for each relation, table functions included."""
    rows = connection.execute(
        """
        with commented as (
            select schema_name, table_name as name, comment from duckdb_tables()
            where database_name = current_database()
            union all
            select schema_name, view_name, comment from duckdb_views()
            where database_name = current_database() and not internal
        )

        select schema_name, name, commented.comment, list(column_name order by column_index)
        from commented
        inner join duckdb_columns() as columns using (schema_name)
        where columns.table_name = commented.name and list_contains($schemas, schema_name)
        group by schema_name, name, commented.comment
        order by list_position($schemas, schema_name), name
        """,
        {"schemas": list(SCHEMAS)},
    ).fetchall()
    for schema, name, comment, columns in rows:
        if name not in INTERNAL:
            prefix = {"main": "", "gun": "TARGET.", "meta": "meta."}[schema]
            yield f"| {prefix}{name} | {first_sentence(comment)} | {', '.join(columns)} |"
    for schema, name, parameters, comment in table_functions(connection):
        if name not in INTERNAL:
            called = call(schema, name, parameters)
            prefix = "TARGET." if schema == "gun" else ""
            columns = connection.execute(
                f"select column_name from (describe from {called})"
            ).fetchall()
            yield (
                f"| {prefix}{name}({', '.join(parameters)}) | {first_sentence(comment)}"
                f" | {', '.join(column for (column,) in columns)} |"
            )


def macros(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """A row of the table for each scalar macro."""
    for name, parameters, comment in connection.execute(
        """
        select function_name, parameters, comment
        from duckdb_functions()
        where schema_name = 'main' and function_type = 'macro' and not internal
        order by function_name
        """
    ).fetchall():
        yield f"| {name}({', '.join(parameters)}) | {first_sentence(comment or '')} |"


def with_tables(text: str, connection: duckdb.DuckDBPyConnection) -> str:
    """The text with its tables written again."""
    for name, rows in (("relations", relations(connection)), ("macros", macros(connection))):
        head, rest = text.split(f"<!-- {name} -->\n", 1)
        table, tail = rest.split(f"<!-- /{name} -->", 1)
        title = "\n".join(table.strip().splitlines()[:2])
        listed = "\n".join([title, *rows])
        text = f"{head}<!-- {name} -->\n\n{listed}\n\n<!-- /{name} -->{tail}"
    return text


def main() -> None:
    # Beside this file, which is run as a script.
    from scored import score_demo

    with tempfile.TemporaryDirectory() as folder:
        make_metadata(Path(folder) / "metadata")
        catalog = Path(folder) / "catalog.duckdb"
        build(catalog, [BUILT_IN["gun"]], Path(folder) / "metadata")
        score_demo(catalog, Path(folder))
        with duckdb.connect(str(catalog), read_only=True) as connection:
            README.write_text(with_tables(README.read_text(), connection))


if __name__ == "__main__":
    main()
