"""Every message of an error or a warning is one that some test looks at."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.unreached import PACKAGE, reports

# As much of a message as no test has by chance, in characters.
LENGTH = 16


def texts(node: ast.AST) -> Iterator[str]:
    """The literal strings in it, without what is put into them."""
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield from re.split(r"%[sdr]|\{\w*\}", part.value)


def messages() -> Iterator[tuple[str, list[str]]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for call in reports(path):
            told = [text.strip() for argument in call.args for text in texts(argument)]
            # What only passes on what another one told has no words of its own.
            if any(len(text) >= LENGTH for text in told):
                yield f"{path.relative_to(PACKAGE)}:{call.lineno}", told


MESSAGES = dict(messages())
TESTED = "\n".join(
    re.sub(r"\\(.)", r"\1", text)
    for path in Path(__file__).parent.rglob("test_*.py")
    if path != Path(__file__)
    for text in texts(ast.parse(path.read_text()))
)


def test_there_are_messages() -> None:
    assert len(MESSAGES) > 100


@pytest.mark.parametrize("place", MESSAGES)
def test_a_message_is_tested(place: str) -> None:
    pieces = (
        text[start : start + LENGTH]
        for text in MESSAGES[place]
        for start in range(len(text) - LENGTH + 1)
    )
    assert any(piece in TESTED for piece in pieces), " … ".join(MESSAGES[place])
