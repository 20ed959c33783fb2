"""What a user reads is plain English: no word of the dialect that the project once spoke."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from audioset_duck.cli.commands import cli

ROOT = Path(__file__).parents[1]
DIALECT = re.compile(
    r"""
    \bright\ (is|are)\b | \bRepeats\. | \banew\b
    | \b(is|are|not|no)\ sound\b | \bsound\ (row|file)s?\b
    | \btold\b | \btells?\ (of|what|how|that|which)\b | \bhears?\b | \bheard\b
    | \bjudged?s?\b | \bfaults?\b(?!/) | \bfaulty\b | \bmend(s|ed|ing)?\b
    | \bpass(es|ed)?\ over\b | \bunder\ way\b | \bforecasts?\b | \bfates?\b
    | \bdrawn\ of\b | \bby\ the\ root\ of\b | (?<!there\ )\bis\ no\ (?!longer|such)[a-z]+\b
    """,
    re.VERBOSE,
)


def found(text: str) -> list[str]:
    return [match[0] for match in DIALECT.finditer(text)]


def strings(path: Path) -> Iterator[tuple[int, str]]:
    """Messages, help texts and docstrings of a module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


@pytest.mark.parametrize(
    "path", sorted((ROOT / "audioset_duck").rglob("*.py")), ids=lambda path: path.stem
)
def test_modules(path: Path) -> None:
    for line, text in strings(path):
        assert found(text) == [], f"{path.relative_to(ROOT)}:{line}: {text[:80]!r}"


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_help(name: str) -> None:
    command = cli.commands[name]
    assert found(command.get_help(click.Context(command))) == []


@pytest.mark.parametrize(
    "path",
    sorted([*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("sql/**/*.sql")]),
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_guides_and_headers(path: Path) -> None:
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        # A changelog names what was renamed.
        if path.suffix == ".md" and line.startswith("|") and path.stem == "CHANGELOG":
            continue
        if path.suffix == ".md" or line.lstrip().startswith("--"):
            assert found(line) == [], f"{path.relative_to(ROOT)}:{number}: {line}"


def test_columns() -> None:
    for line in (ROOT / "sql" / "columns.toml").read_text().splitlines():
        assert found(line) == [], line


@pytest.mark.parametrize("path", sorted(ROOT.glob("notebooks/*.ipynb")), ids=lambda path: path.stem)
def test_notebooks(path: Path) -> None:
    for cell in json.loads(path.read_text())["cells"]:
        if cell["cell_type"] == "markdown":
            text = "".join(cell["source"])
            assert found(text) == [], text
