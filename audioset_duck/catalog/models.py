"""The SQL models: templates in, relations of the catalog out, in the order of their `ref()`s."""

from __future__ import annotations

import functools
import graphlib
import hashlib
import itertools
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import nodes

from audioset_duck.errors import AudiosetDuckError
from audioset_duck.sqltext import identifier, literal, sql_folder

# The folders of `sql/` that a catalog is built from. Each reads only from itself and from those
# before it.
RELATION_LAYERS = (
    "staging",
    "shared",
    "pools",
    "windows",
    "target",
    "samples",
    "epoch",
    "analysis/shared",
    "analysis/target",
)
CHECK_LAYERS = ("checks/shared", "checks/target")
# The folders that `score` runs for a detector, after all relations are built.
SCORE_LAYERS = (
    "score/predictions",
    "score/units",
    "score/ranking",
    "score/events",
    "score/metrics",
    "score/diagnostics",
    "score/charts",
)
LAYERS = RELATION_LAYERS + CHECK_LAYERS + SCORE_LAYERS
# What follows from the source files alone, and what also from the audio and `[samples]`.
SOURCE_LAYERS = ("staging", "shared", "analysis/shared")
POOL_LAYERS = ("pools",)
# The layers that are rendered once for each window length.
WINDOW_LAYERS = ("windows",)
# The layers that are rendered once for each target, into the schema of its name.
TARGET_LAYERS = (
    "target",
    "samples",
    "epoch",
    "analysis/target",
    "checks/target",
    "export",
    *SCORE_LAYERS,
)
# An item of a list in the comment at the head of a model.
_ITEM = re.compile(r"--   \w+: ")
MATERIALIZATIONS = ("view", "table", "table_function", "incremental")
# The schema of relations that are nobody's to query by hand.
INTERNAL = "internal"


@dataclass(frozen=True)
class Template:
    """One file of `sql/`: a SELECT that may `ref()` other models, before it is rendered.

    Attributes:
        name: The stem of the file.
        layer: The folder of the file, below `sql/`.
        text: What is in it.
        refs: The templates that it refers to, by name.
        schema: The schema that its `config()` names; None: the one of its layer.
    """

    name: str
    layer: str
    text: str
    refs: Mapping[str, Template]
    schema: str | None

    @property
    def key(self) -> str:
        """Its folder and name."""
        return f"{self.layer}/{self.name}"


@dataclass(frozen=True)
class Model:
    """One rendered model.

    Attributes:
        name: The stem of the file, and the name of the relation.
        layer: The folder of the file, below `sql/`.
        schema: The schema of the relation: `staging`, `main`, or a target's name.
        select: The SELECT.
        materialized: How the relation is stored: `view`, `table`, `table_function`, which is a
            table macro of DuckDB, or `incremental`, which is a table whose rows of one detector
            are replaced.
        parameters: Of a table function, as SQL; empty: the relation takes none.
        comment: What a row is, from the comment at the head of the file.
        refs: The relations that it refers to, as `relation` gives them.
    """

    name: str
    layer: str
    schema: str
    select: str
    materialized: str
    parameters: str
    comment: str
    refs: frozenset[str]

    @property
    def relation(self) -> str:
        """The quoted name with its schema, as SQL."""
        return f"{identifier(self.schema)}.{identifier(self.name)}"


def fingerprint(more: str) -> str:
    """SHA-256 over the models that a catalog is built from, and over `more` that decides on it."""
    digest = hashlib.sha256(more.encode())
    folder = sql_folder()
    layers = (
        path for layer in RELATION_LAYERS + SCORE_LAYERS for path in (folder / layer).glob("*.sql")
    )
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
    texts: dict[str, str] = {}
    found: dict[str, tuple[frozenset[str], str | None]] = {}
    layers_of: dict[str, list[str]] = {}
    for layer in layers:
        for path in sorted((folder / layer).glob("*.sql")):
            key = f"{layer}/{path.stem}"
            texts[key] = path.read_text(encoding="utf-8")
            found[key] = _find_refs_and_schema(path, texts[key])
            layers_of.setdefault(path.stem, []).append(layer)
    graph = {}
    for key, (names, _) in found.items():
        layer = key.rpartition("/")[0]
        refs = {}
        for name in sorted(names):
            choice = layers_of.get(name, [])
            if layer in choice:
                choice = [layer]
            if len(choice) != 1:
                problem = "does not exist" if not choice else f"is in {' and in '.join(choice)}"
                raise AudiosetDuckError(f"sql/{key}.sql refers to {name!r}, which {problem}")
            refs[name] = f"{choice[0]}/{name}"
        graph[key] = refs
    try:
        order = list(
            graphlib.TopologicalSorter(
                {key: list(refs.values()) for key, refs in graph.items()}
            ).static_order()
        )
    except graphlib.CycleError as error:
        raise AudiosetDuckError(
            f"models refer to each other: {' -> '.join(error.args[1])}"
        ) from None
    templates: dict[str, Template] = {}
    for key in order:
        layer, _, name = key.rpartition("/")
        refs_of = {ref: templates[graph[key][ref]] for ref in graph[key]}
        templates[key] = Template(name, layer, texts[key], refs_of, found[key][1])
    return list(templates.values())


def render_models(
    templates: Iterable[Template],
    layers: Collection[str],
    target: Any = None,
    window_ms: int | None = None,
    **variables: Any,
) -> list[Model]:
    """Render the models of one target, of one window length, or those that all share.

    Args:
        templates: From `read_templates`.
        layers: Which layers to render.
        target: What `{{ target }}` is in the models; its `name` is the schema. With a target, only
            the models of targets are rendered.
        window_ms: The window length in milliseconds; None with a target: the target's. Without a
            target, only the models of a window length are rendered.
        **variables: What else the models may use, such as `source`: a function that gives the
            SQL of a relation that reads the source file of a name.

    Returns:
        The models in building order.

    Raises:
        AudiosetDuckError: A template uses a variable that does not exist, or is stored in a way
            that does not exist.
    """
    if target is not None:
        window_ms = milliseconds(target.window_seconds)
    return [
        _render(template, target, window_ms, variables)
        for template in templates
        if template.layer in layers
        and (template.layer in TARGET_LAYERS) == (target is not None)
        and (template.layer in WINDOW_LAYERS) == (target is None and window_ms is not None)
    ]


def milliseconds(window_seconds: Decimal) -> int:
    """A window length in milliseconds, as the models have it."""
    return int(window_seconds * 1000)


def windows_schema(window_ms: int) -> str:
    """The schema of the relations that all targets of a window length share."""
    return f"internal_{window_ms}ms"


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


def _render(
    template: Template, target: Any, window_ms: int | None, variables: Mapping[str, Any]
) -> Model:
    place = f"sql/{template.key}.sql"
    settings = {"materialized": "view", "parameters": "", "schema": ""}
    refs: set[str] = set()

    def config(**given: str) -> str:
        settings.update(given)
        return ""

    def ref(name: str) -> str:
        schema = _schema(template.refs[name], target, window_ms)
        relation = f"{identifier(schema)}.{identifier(name)}"
        refs.add(relation)
        return relation

    functions = {
        "ref": ref,
        "literal": literal,
        "target": target,
        "config": config,
        "window_ms": window_ms,
    }
    try:
        text = _compiled(template.text).render(functions | dict(variables))
    except jinja2.UndefinedError as error:
        raise AudiosetDuckError(f"{place}: {error.message}") from None
    if settings["materialized"] not in MATERIALIZATIONS or len(settings) != 3:
        raise AudiosetDuckError(
            f"{place}: config({', '.join(settings)}) with materialized="
            f"{settings['materialized']!r}; expected materialized, one of"
            f" {', '.join(MATERIALIZATIONS)}, parameters and schema"
        )
    comment, select = split_header(text)
    settings["schema"] = _schema(template, target, window_ms)
    return Model(
        template.name,
        template.layer,
        select=select,
        comment=comment,
        refs=frozenset(refs),
        **settings,
    )


def _schema(template: Template, target: Any, window_ms: int | None) -> str:
    """The schema of a template's relation, which follows from its folder or its `config()`."""
    if template.schema is not None:
        return template.schema
    if template.layer in TARGET_LAYERS:
        return str(target.name)
    if template.layer in WINDOW_LAYERS:
        return windows_schema(window_ms or 0)
    return {"staging": "staging", "pools": INTERNAL}.get(template.layer, "main")


@functools.cache
def _find_refs_and_schema(path: Path, text: str) -> tuple[frozenset[str], str | None]:
    """The names that a template refers to, and the schema that it names, if it does.

    Parsing all templates takes longer than to score a small file.
    """
    try:
        calls = [
            (call.node.name, call)
            for call in _environment().parse(text).find_all(nodes.Call)
            if isinstance(call.node, nodes.Name)
        ]
    except jinja2.TemplateSyntaxError as error:
        raise AudiosetDuckError(f"{path}, line {error.lineno}: {error.message}") from None
    try:
        names = frozenset(call.args[0].as_const() for name, call in calls if name == "ref")
        settings = {
            option.key: option.value.as_const()
            for name, call in calls
            if name == "config"
            for option in call.kwargs
        }
    except nodes.Impossible:
        raise AudiosetDuckError(
            f"{path}: ref() takes the name of a model in quotes, and config() texts"
        ) from None
    return names, settings.get("schema")


def split_header(text: str) -> tuple[str, str]:
    """Part the comment at the head of a model from its SELECT.

    Lines of the comment are joined, but for the titles and items of the lists that explain the
    parameters and columns of a table function.
    """
    # Not splitlines, which would break the lines of a name at other characters, too.
    lines = text.strip().split("\n")
    head = list(itertools.takewhile(lambda line: line.startswith("--"), lines))
    comment = ""
    for line in head:
        words = line.removeprefix("--").strip()
        starts_line = words in ("Parameters:", "Columns:") or _ITEM.match(line)
        comment += f"\n{'  ' if _ITEM.match(line) else ''}{words}" if starts_line else f" {words}"
    return comment.strip(), "\n".join(lines[len(head) :]).strip()


@functools.cache
def _compiled(text: str) -> jinja2.Template:
    """Each target renders the same templates."""
    return _environment().from_string(text)


@functools.cache
def _environment() -> jinja2.Environment:
    # SQL, not HTML: values go through `literal`.
    return jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701
