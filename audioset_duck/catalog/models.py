"""The SQL models: templates in, relations of the catalog out, in the order of their `ref()`s."""

from __future__ import annotations

import functools
import graphlib
import hashlib
import itertools
import re
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

# The folders of `sql/` that a catalog is built from. Each reads only from itself and from those
# before it.
RELATION_LAYERS = (
    "staging",
    "shared",
    "target",
    "windows",
    "samples",
    "epoch",
    "analysis/shared",
    "analysis/target",
)
CHECK_LAYERS = ("checks/shared", "checks/target")
LAYERS = RELATION_LAYERS + CHECK_LAYERS
# The layers that are rendered once for each target, into the schema of its name.
TARGET_LAYERS = (
    "target",
    "windows",
    "samples",
    "epoch",
    "analysis/target",
    "checks/target",
    "export",
)
# A macro, from the comment above it to the end of the statement.
_MACRO = re.compile(r"(?:^--.*\n)+^create or replace macro (?P<name>[\w.]+)\([^;]*;", re.MULTILINE)
# An item of such a list in the comment at the head of a model.
_ITEM = re.compile(r"--   \w+: ")
MATERIALIZATIONS = ("view", "table", "table_function")


@dataclass(frozen=True)
class Template:
    """One file of `sql/`: a SELECT that may `ref()` other models, before it is rendered.

    Attributes:
        name: The stem of the file.
        layer: The folder of the file, below `sql/`.
        text: What is in it.
        refs: The templates that it refers to, by name: each as `LAYER/NAME`.
    """

    name: str
    layer: str
    text: str
    refs: Mapping[str, str]

    @property
    def is_of_target(self) -> bool:
        """Whether it is rendered for each target."""
        return self.layer in TARGET_LAYERS


@dataclass(frozen=True)
class Model:
    """One rendered model.

    Attributes:
        name: The stem of the file, and the name of the relation.
        layer: The folder of the file, below `sql/`.
        schema: The schema of the relation: `staging`, `main`, or a target's name.
        select: The SELECT.
        materialized: How the relation is stored: `view`, `table` or `table_function`, which is a
            table macro of DuckDB.
        parameters: Of a table function, as SQL; empty: the relation takes none.
        comment: What a row is, from the comment at the head of the file.
    """

    name: str
    layer: str
    schema: str
    select: str
    materialized: str
    parameters: str
    comment: str

    @property
    def relation(self) -> str:
        """The quoted name with its schema, as SQL."""
        return f"{identifier(self.schema)}.{identifier(self.name)}"


def fingerprint(more: str) -> str:
    """SHA-256 over the models that a catalog is built from, and over `more` that decides on it."""
    digest = hashlib.sha256(more.encode())
    folder = sql_folder()
    layers = (path for layer in RELATION_LAYERS for path in (folder / layer).glob("*.sql"))
    for path in sorted([*folder.glob("*.sql"), *layers, folder / "columns.toml"]):
        digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def read_templates(folder: Path, layers: Iterable[str] = LAYERS) -> list[Template]:
    """Read the models of some layers, each after the models that it refers to.

    A name is unique in its layer. `ref()` takes the model of that name in the layer of the model
    that refers to it, or else the only one among the others.

    Raises:
        AudiosetDuckError: A syntax error, a `ref()` to a model that does not exist or to one of
            several, or models that refer to each other in a circle; all by name.
    """
    texts: dict[str, tuple[str, str, frozenset[str]]] = {}
    layers_of: dict[str, list[str]] = {}
    for layer in layers:
        for path in sorted((folder / layer).glob("*.sql")):
            text = path.read_text(encoding="utf-8")
            texts[f"{layer}/{path.stem}"] = (layer, text, _find_refs(path, text))
            layers_of.setdefault(path.stem, []).append(layer)
    templates = {}
    for key, (layer, text, names) in texts.items():
        refs = {}
        for name in sorted(names):
            found = layers_of.get(name, [])
            if layer in found:
                found = [layer]
            if len(found) != 1:
                problem = "does not exist" if not found else f"is in {' and in '.join(found)}"
                raise AudiosetDuckError(f"sql/{key}.sql refers to {name!r}, which {problem}")
            refs[name] = f"{found[0]}/{name}"
        templates[key] = Template(key.rpartition("/")[2], layer, text, refs)
    graph = {key: sorted(template.refs.values()) for key, template in templates.items()}
    try:
        order = list(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        raise AudiosetDuckError(
            f"models refer to each other: {' -> '.join(error.args[1])}"
        ) from None
    return [templates[key] for key in order]


def render_models(
    templates: Iterable[Template],
    layers: Collection[str],
    target: Any = None,
    **variables: Any,
) -> list[Model]:
    """Render the models of one target, or with no target the shared ones, in building order.

    Args:
        templates: From `read_templates`.
        layers: Which layers to render.
        target: What `{{ target }}` is in the models; its `name` is the schema.
        **variables: What else the models may use, such as `source`: a function that gives the
            SQL of a relation that reads the source file of a name.

    Raises:
        AudiosetDuckError: A template uses a variable that does not exist, or is stored in a way
            that does not exist.
    """
    return [
        _render(template, target, variables)
        for template in templates
        if template.layer in layers and template.is_of_target == (target is not None)
    ]


def render_query(name: str, **variables: Any) -> tuple[str, str]:
    """Render a query of `sql/` that does not become a relation of the catalog.

    Args:
        name: Its path below `sql/`, without the ending.
        **variables: What the template uses; it has `literal` and `identifier` besides.

    Returns:
        What a row is, from the comment at the head of the file, and the SELECT.
    """
    text = (sql_folder() / f"{name}.sql").read_text(encoding="utf-8")
    functions = {"literal": literal, "identifier": identifier}
    return split_header(_compiled(text).render(functions | variables))


def _render(template: Template, target: Any, variables: Mapping[str, Any]) -> Model:
    place = f"sql/{template.layer}/{template.name}.sql"
    settings = {"materialized": "view", "parameters": ""}

    def config(**given: str) -> str:
        settings.update(given)
        return ""

    def ref(name: str) -> str:
        return f"{identifier(_schema(template.refs[name], target))}.{identifier(name)}"

    functions = {"ref": ref, "literal": literal, "target": target, "config": config}
    try:
        text = _compiled(template.text).render(functions | dict(variables))
    except jinja2.UndefinedError as error:
        raise AudiosetDuckError(f"{place}: {error.message}") from None
    if settings["materialized"] not in MATERIALIZATIONS or len(settings) != 2:
        raise AudiosetDuckError(
            f"{place}: config({', '.join(settings)}) with materialized="
            f"{settings['materialized']!r}; expected materialized, one of"
            f" {', '.join(MATERIALIZATIONS)}, and parameters"
        )
    comment, select = split_header(text)
    schema = _schema(f"{template.layer}/{template.name}", target)
    return Model(template.name, template.layer, schema, select, comment=comment, **settings)


def _schema(key: str, target: Any) -> str:
    """The schema of a template's relation, which follows from its folder."""
    layer = key.rpartition("/")[0]
    if layer in TARGET_LAYERS:
        return str(target.name)
    return "staging" if layer == "staging" else "main"


def _find_refs(path: Path, text: str) -> frozenset[str]:
    """The names that a template refers to."""
    try:
        calls = _environment().parse(text).find_all(nodes.Call)
    except jinja2.TemplateSyntaxError as error:
        raise AudiosetDuckError(f"{path}, line {error.lineno}: {error.message}") from None
    try:
        return frozenset(
            call.args[0].as_const()
            for call in calls
            if isinstance(call.node, nodes.Name) and call.node.name == "ref"
        )
    except nodes.Impossible:
        raise AudiosetDuckError(f"{path}: ref() takes the name of a model in quotes") from None


def create_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the scalar macros of `sql/macros.sql`, each with the comment above it."""
    text = (sql_folder() / "macros.sql").read_text(encoding="utf-8")
    for statement in _MACRO.finditer(text):
        comment, definition = split_header(statement[0])
        connection.execute(definition)
        connection.execute(f"comment on macro {statement['name']} is {literal(comment)}")


def create(connection: duckdb.DuckDBPyConnection, model: Model, live: bool = False) -> None:
    """Create the relation of a model, with its comment; `live` makes a view of every table."""
    if model.materialized == "table_function":
        kind, head = "macro table", f"macro {model.relation}({model.parameters}) as table"
    else:
        kind = "view" if live else model.materialized
        head = f"{kind} {model.relation} as"
    connection.execute(f"create {head}\n{model.select}")
    connection.execute(f"comment on {kind} {model.relation} is {literal(model.comment)}")


def drop(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Drop the relation of a model, table, view or table function, if it is there."""
    if model.materialized == "table_function":
        connection.execute(f"drop macro table if exists {model.relation}")
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


def split_header(text: str) -> tuple[str, str]:
    """Part the comment at the head of a model from its SELECT.

    Lines of the comment are joined, but for the titles and items of the lists that explain the
    parameters and columns of a table function.
    """
    lines = text.strip().splitlines()
    head = list(itertools.takewhile(lambda line: line.startswith("--"), lines))
    comment = ""
    for line in head:
        words = line.removeprefix("--").strip()
        starts_line = words in ("Parameters:", "Columns:") or _ITEM.match(line)
        comment += f"\n{'  ' if _ITEM.match(line) else ''}{words}" if starts_line else f" {words}"
    return comment.strip(), "\n".join(lines[len(head) :]).strip()


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
