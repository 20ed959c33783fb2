"""One model of `sql/`, run on given rows in the place of the models that it refers to."""

import functools
from collections.abc import Iterator
from decimal import Decimal

import duckdb

from audioset_duck.catalog.labels import ResolvedTarget
from audioset_duck.catalog.models import (
    LAYERS,
    TARGET_LAYERS,
    WINDOW_LAYERS,
    Model,
    Template,
    milliseconds,
    read_templates,
    render_models,
    windows_schema,
)
from audioset_duck.catalog.relations import create, create_macros
from audioset_duck.config.sample_options import SampleOptions
from audioset_duck.config.training_options import TrainingOptions
from audioset_duck.sources.definitions import SOURCES
from audioset_duck.sources.files import read_sql
from audioset_duck.sqltext import identifier, literal, sql_folder

AUDIO_FILES = """
    create table main.audio_files (
        ytid varchar, audio_path varchar, byte_offset bigint, byte_count bigint, status varchar,
        duration_seconds decimal(9, 3)
    )
"""


def a_target(
    positive: tuple[str, ...] = ("/m/gun",),
    ignored: tuple[str, ...] = (),
    window_seconds: str = "1.000",
    *,
    descendants: bool = False,
    **training: object,
) -> ResolvedTarget:
    """The target `t` that models are rendered for; training options by name."""
    options = TrainingOptions(**training)
    return ResolvedTarget("t", positive, ignored, descendants, Decimal(window_seconds), options)


def run_model(
    name: str,
    query: str,
    target: ResolvedTarget | None = None,
    sample_options: SampleOptions | None = None,
    **given: str,
) -> str:
    """Create a model over given rows, ask for it, and give the rows as text.

    Models that it refers to and that are not given are created over what they refer to, down to
    source files without a row.

    Args:
        name: Folder and name of the model, as in `windows/positive_windows`.
        query: What is asked; the target's relations are in the schema `t`.
        target: What it is rendered for. None: `a_target()`.
        sample_options: The options of the catalog. None: the defaults.
        given: Rows of relations by name: the names of the columns in the first line, then a row a
            line; null as `-`, lists with commas.

    Returns:
        A row a line, in the order of the query; null as `-`.
    """
    target = target or a_target()
    with _database(target) as connection:
        for template in _needed(name, given):
            model = _render(template, target, sample_options or SampleOptions())
            if template.name in given:
                _fill(connection, model, given[template.name])
            else:
                create(connection, model, live=True)
        if "audio_files" in given:
            names, *rows = lines(given["audio_files"]).splitlines()
            _insert(connection, "main.audio_files", names, rows)
        rows = connection.execute(query).fetchall()
    return "\n".join(" ".join(map(_text, row)) for row in rows)


def lines(text: str) -> str:
    """Rows without the indentation of the test."""
    return "\n".join(" ".join(line.split()) for line in text.strip().splitlines())


def _database(target: ResolvedTarget) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    windows = windows_schema(milliseconds(target.window_seconds))
    for schema in ("staging", "internal", windows, target.name):
        connection.execute(f"create schema {schema}")
    create_macros(connection)
    connection.execute(AUDIO_FILES)
    return connection


@functools.cache
def _templates() -> dict[str, Template]:
    """All templates by folder and name, each after those that it refers to."""
    return {
        f"{template.layer}/{template.name}": template
        for template in read_templates(sql_folder(), LAYERS)
    }


def _needed(name: str, given: dict[str, str]) -> Iterator[Template]:
    """The models that a model is made of, as far as they are not given, and those that are."""
    needed, waiting = set(), [name]
    while waiting:
        key = waiting.pop()
        if key not in needed:
            needed.add(key)
            if _templates()[key].name not in given:
                waiting.extend(other.key for other in _templates()[key].refs.values())
    for other in given.keys() - {"audio_files"}:
        assert other in {_templates()[key].name for key in needed}, f"{name} never reads {other}"
    yield from (template for key, template in _templates().items() if key in needed)


def _render(template: Template, target: ResolvedTarget, samples: SampleOptions) -> Model:
    (model,) = render_models(
        [template],
        [template.layer],
        target if template.layer in TARGET_LAYERS else None,
        milliseconds(target.window_seconds) if template.layer in WINDOW_LAYERS else None,
        samples=samples,
        source_place="row_number() over () - 1",
        source=lambda file: read_sql(next(item for item in SOURCES if item.file == file), None),
    )
    return model


@functools.cache
def _types(name: str) -> dict[str, str]:
    """The columns of a relation, as a catalog without a row has them."""
    with _database(a_target()) as connection:
        for template in _needed(name, {}):
            model = _render(template, a_target(), SampleOptions())
            create(connection, model, live=True)
        rows = connection.execute(f"describe {model.relation}").fetchall()
    return {column: kind for column, kind, *_ in rows}


def _fill(connection: duckdb.DuckDBPyConnection, model: Model, text: str) -> None:
    columns = _types(f"{model.layer}/{model.name}")
    listed = ", ".join(f"{identifier(column)} {kind}" for column, kind in columns.items())
    connection.execute(f"create table {model.relation} ({listed})")
    names, *rows = lines(text).splitlines()
    _insert(connection, model.relation, names, rows)


def _insert(
    connection: duckdb.DuckDBPyConnection, relation: str, names: str, rows: list[str]
) -> None:
    kinds = dict(
        connection.execute(f"select column_name, column_type from (describe {relation})").fetchall()
    )
    for row in rows:
        values = [
            _value(text, kinds[column])
            for column, text in zip(names.split(), row.split(), strict=True)
        ]
        connection.execute(
            f"insert into {relation} ({', '.join(names.split())}) values ({', '.join(values)})"
        )


def _value(text: str, kind: str) -> str:
    if text == "-":
        return "null"
    if kind.endswith("[]"):
        return literal([item for item in text.split(",") if item]) + f"::{kind}"
    return f"{literal(text)}::{kind}"


def _text(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return str(value)
