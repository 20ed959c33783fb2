"""The SQL models: templates in, relations of the catalog out, in the order of their `ref()`s."""

from __future__ import annotations

import functools
import graphlib
import hashlib
import itertools
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import jinja2
from jinja2 import nodes

from audioset_duck.errors import AudiosetDuckError
from audioset_duck.sqltext import identifier, literal, sql_folder

# Each layer reads only from itself and from layers before it.
RELATION_LAYERS = ("staging", "shared", "target", "segments", "training", "analysis")


CHECKS_LAYER = ("checks",)


LAYERS = RELATION_LAYERS + CHECKS_LAYER


SHARED_SCHEMAS = {"staging": "staging", "shared": "main", "demo": "main"}


TARGET_LAYERS = ("target", "segments", "training")


@dataclass(frozen=True)
class Template:
    """One file of `sql/`: a SELECT that may `ref()` other models, before it is rendered."""

    name: str
    layer: str
    text: str
    refs: frozenset[str]


@dataclass(frozen=True)
class Model:
    """One rendered model.

    Attributes:
        name: The stem of the file, and the name of the relation.
        layer: The folder of the file.
        schema: The schema of the relation: `staging`, `main`, or a target's name.
        select: The SELECT.
        is_table: Stored as a table; else a view, or a table macro.
        parameters: Of a table macro, as SQL; None: the relation takes none.
        comment: What a row is, from the comment at the head of the file.
    """

    name: str
    layer: str
    schema: str
    select: str
    is_table: bool
    parameters: str | None
    comment: str

    @property
    def kind(self) -> str:
        """What the relation is: `table`, `view`, or `macro table`, which takes parameters."""
        if self.parameters is not None:
            return "macro table"
        return "table" if self.is_table else "view"

    @property
    def relation(self) -> str:
        """The quoted name with its schema, as SQL."""
        return f"{identifier(self.schema)}.{identifier(self.name)}"


def fingerprint(more: str) -> str:
    """SHA-256 over the models that a catalog is made by, and over `more` that decides of it."""
    digest = hashlib.sha256(more.encode())
    folder = sql_folder()
    layers = (path for layer in RELATION_LAYERS for path in (folder / layer).glob("*.sql"))
    for path in sorted([*folder.glob("*.sql"), *layers, folder / "columns.toml"]):
        digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def read_templates(folder: Path, layers: Iterable[str] = LAYERS) -> dict[str, Template]:
    """Read the models of some layers, each after the models that it refers to.

    Raises:
        AudiosetDuckError: Two models of one name, a syntax error, a `ref()` to a model that is
            not there, or models that refer to each other in a circle; all by name.
    """
    environment = _environment()
    templates: dict[str, Template] = {}
    for layer in layers:
        for path in sorted((folder / layer).glob("*.sql")):
            text = path.read_text(encoding="utf-8")
            try:
                calls = environment.parse(text).find_all(nodes.Call)
            except jinja2.TemplateSyntaxError as error:
                raise AudiosetDuckError(f"{path}, line {error.lineno}: {error.message}") from None
            try:
                refs = frozenset(
                    call.args[0].as_const()
                    for call in calls
                    if isinstance(call.node, nodes.Name) and call.node.name == "ref"
                )
            except nodes.Impossible:
                raise AudiosetDuckError(
                    f"{path}: ref() takes the name of a model in quotes"
                ) from None
            if path.stem in templates:
                raise AudiosetDuckError(
                    f"{path}: {templates[path.stem].layer}/ has a model {path.stem} already"
                )
            templates[path.stem] = Template(path.stem, layer, text, refs)
    for template in templates.values():
        for name in sorted(template.refs - templates.keys()):
            raise AudiosetDuckError(
                f"{template.layer}/{template.name}.sql refers to {name!r}, which is no model"
            )
    graph = {name: sorted(template.refs) for name, template in templates.items()}
    try:
        order = list(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        raise AudiosetDuckError(
            f"models refer to each other: {' -> '.join(error.args[1])}"
        ) from None
    return {name: templates[name] for name in order}


def render_models(
    templates: Mapping[str, Template],
    layers: Collection[str],
    target: Any = None,
    **variables: Any,
) -> list[Model]:
    """Render the models of one target, or with no target the shared ones, in building order.

    Args:
        templates: From `read_templates`.
        layers: Of which layers.
        target: What `{{ target }}` is in the models; its `name` is the schema.
        **variables: What else the models may use, such as `source`: a function that gives the
            SQL of a relation that reads the source file of a name.

    Raises:
        AudiosetDuckError: A template uses a variable that is not there.
    """
    targeted = targeted_models(templates)
    schemas = {
        name: target.name
        if name in targeted and target
        else SHARED_SCHEMAS.get(template.layer, "main")
        for name, template in templates.items()
    }
    models = []
    for name, template in templates.items():
        if template.layer not in layers or (name in targeted) != (target is not None):
            continue
        materializations: list[str] = []
        parameters: list[str] = []
        functions = {
            "ref": lambda other: f"{identifier(schemas[other])}.{identifier(other)}",
            "literal": literal,
            "target": target,
            "materialized": lambda how, said=materializations: said.append(how) or "",
            "macro": lambda of, said=parameters: said.append(of) or "",
        }
        try:
            text = _compiled(template.text).render(functions | variables)
        except jinja2.UndefinedError as error:
            raise AudiosetDuckError(f"{template.layer}/{name}.sql: {error.message}") from None
        comment, select = split_header(text)
        models.append(
            Model(
                name,
                template.layer,
                schemas[name],
                select,
                materializations == ["table"],
                parameters[0] if parameters else None,
                comment,
            )
        )
    return models


def create(connection: duckdb.DuckDBPyConnection, model: Model, live: bool = False) -> None:
    """Create the relation of a model, with its comment; `live` makes a view of every table."""
    if model.parameters is not None:
        kind, head = model.kind, f"macro {model.relation}({model.parameters}) as table"
    else:
        kind = "view" if live else model.kind
        head = f"{kind} {model.relation} as"
    connection.execute(f"create {head}\n{model.select}")
    connection.execute(f"comment on {kind} {model.relation} is {literal(model.comment)}")


def drop(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Drop the relation of a model, table or view, if it is there."""
    for (kind,) in connection.execute(
        "select 'table' from duckdb_tables()"
        " where (database_name, schema_name, table_name) = (current_database(), $schema, $name)"
        " union all"
        " select 'view' from duckdb_views()"
        " where (database_name, schema_name, view_name) = (current_database(), $schema, $name)",
        {"schema": model.schema, "name": model.name},
    ).fetchall():
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
        comments.append(f"comment on column {path} is {literal(meaning)}")
    # At once: each statement by itself would wait for the disk.
    connection.execute(f"begin; {'; '.join(comments)}; commit")


def targeted_models(templates: Mapping[str, Template]) -> set[str]:
    """Names of the models of a target: those of its layers, and all that refer to one of them."""
    targeted: set[str] = set()
    for name, template in templates.items():
        if template.layer in TARGET_LAYERS or template.refs & targeted:
            targeted.add(name)
    return targeted


def split_header(text: str) -> tuple[str, str]:
    """Part the comment at the head of a model from its SELECT."""
    lines = text.strip().splitlines()
    count = len(list(itertools.takewhile(lambda line: line.startswith("--"), lines)))
    comment = " ".join(line.removeprefix("--").strip() for line in lines[:count])
    return comment, "\n".join(lines[count:]).strip()


@functools.cache
def _columns() -> dict[str, str]:
    return tomllib.loads((sql_folder() / "columns.toml").read_text(encoding="utf-8"))


@functools.cache
def _compiled(text: str) -> jinja2.Template:
    """Each target renders the same templates."""
    return _environment().from_string(text)


@functools.cache
def _environment() -> jinja2.Environment:
    # SQL, not HTML: values go through `literal`.
    return jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701
