"""One model of `sql/`, run on given rows in the place of the models that it refers to."""

import functools
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import duckdb

from audioset_duck.catalog.corrections import MARKS
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

PREDICTIONS = """
    create table scoring.predictions (
        file_number integer, line bigint, detector varchar, name varchar, frame integer,
        start_seconds decimal(18, 9), end_seconds decimal(18, 9), score double, scores double[],
        bad_score varchar
    )
"""
# Tables that are not models, by the name under which their rows are given.
TABLES = {"audio_files": "main.audio_files", "predictions": "scoring.predictions"}
# How the models of `score` are rendered, unless a test says otherwise.
SCORING: dict[str, Any] = {
    "form": "lists",
    "unit": "frame",
    "subset": "strong_eval",
    "subsets": ["strong_eval"],
    "split": "eval",
    "hop_seconds": "0.5",
    "median_filter": 1,
    "is_logit": False,
    "is_probability": True,
    "implicit_negatives": False,
    "replicates": 0,
    "seed": 0,
    "threshold": "null",
    "alarms_per_hour": "1",
    "criteria": ["alarm"],
    "files": [],
    "sha256s": [],
    "detector": "d",
    "missing_count": 0,
    "missing_positive_count": 0,
    "left_out_count": 0,
    "short_count": 0,
}


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
    scoring: Mapping[str, Any] | None = None,
    **given: str,
) -> str:
    """Create a model over given rows, ask for it, and give the rows as text.

    Models that it refers to and that are not given are created over what they refer to, down to
    source files and predictions without a row.

    Args:
        name: Folder and name of the model, as in `windows/positive_windows`.
        query: What is asked; the target's relations are in the schema `t`.
        target: What it is rendered for. None: `a_target()`.
        sample_options: The options of the catalog. None: the defaults.
        scoring: Variables of the models of `score` that are not as in `SCORING`.
        given: Rows of relations by name: the names of the columns in the first line, then a row a
            line; null as `-`, lists with commas.

    Returns:
        A row a line, in the order of the query; null as `-`.
    """
    renderer = _Renderer(target or a_target(), sample_options or SampleOptions(), scoring or {})
    with _database(renderer.target) as connection:
        for table in given.keys() & TABLES.keys():
            names, *rows = lines(given[table]).splitlines()
            _insert(connection, TABLES[table], names, rows)
        for model in renderer.needed(name, given):
            if model.name in given:
                _fill(connection, model, given[model.name])
            else:
                _create_table(connection, model)
        rows = connection.execute(query).fetchall()
    return "\n".join(" ".join(map(_text, row)) for row in rows)


def lines(text: str) -> str:
    """Rows without the indentation of the test."""
    return "\n".join(" ".join(line.split()) for line in text.strip().splitlines())


def _database(target: ResolvedTarget) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    windows = windows_schema(milliseconds(target.window_seconds))
    for schema in ("staging", "internal", windows, target.name, "scoring"):
        connection.execute(f"create schema {schema}")
    create_macros(connection)
    connection.execute(AUDIO_FILES)
    connection.execute(MARKS)
    connection.execute(PREDICTIONS)
    return connection


@functools.cache
def _templates() -> dict[str, Template]:
    """All templates by folder and name, each after those that it refers to."""
    return {
        f"{template.layer}/{template.name}": template
        for template in read_templates(sql_folder(), LAYERS)
    }


def _create_table(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Create a model as a table, whatever it is stored as: many views above each other are slow."""
    if model.materialized != "table_function":
        model = replace(model, materialized="table")
    create(connection, model)


class _Renderer:
    """Renders models for a target."""

    def __init__(
        self, target: ResolvedTarget, samples: SampleOptions, scoring: Mapping[str, Any]
    ) -> None:
        self.target = target
        unit = scoring.get("unit", SCORING["unit"])
        units = ["frame", "segment", "clip"] if unit == "frame" else [unit]
        self.variables = {
            "samples": samples,
            "source_place": "row_number() over () - 1",
            "source": lambda file: read_sql(
                next(item for item in SOURCES if item.file == file), None
            ),
            **SCORING,
            "units": units,
            **scoring,
        }

    def needed(self, name: str, given: Mapping[str, str]) -> list[Model]:
        """The models that a model is made of, as far as they are not given, and those that are.

        What a template refers to only for other variables is not among them.
        """
        needed: dict[str, Model] = {}
        waiting = [name]
        while waiting:
            key = waiting.pop()
            if key not in needed:
                template = _templates()[key]
                needed[key] = self.render(template)
                if template.name not in given:
                    used = needed[key].refs
                    waiting.extend(
                        other.key
                        for other in template.refs.values()
                        if self.render(other).relation in used
                    )
        for other in given.keys() - TABLES.keys():
            assert other in {model.name for model in needed.values()}, f"{name} never reads {other}"
        return [needed[key] for key in _templates() if key in needed]

    def render(self, template: Template) -> Model:
        (model,) = render_models(
            [template],
            [template.layer],
            self.target if template.layer in TARGET_LAYERS else None,
            milliseconds(self.target.window_seconds) if template.layer in WINDOW_LAYERS else None,
            **self.variables,
        )
        return model


@functools.cache
def _types(name: str) -> dict[str, str]:
    """The columns of a relation, as a catalog without a row has them."""
    with _database(a_target()) as connection:
        for model in _Renderer(a_target(), SampleOptions(), {}).needed(name, {}):
            _create_table(connection, model)
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
