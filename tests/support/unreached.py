"""Names each error and warning of the package that no test of the last measured run reached.

pytest --cov && python tests/unreached.py
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "audioset_duck"
REPORTING = {
    "AudiosetDuckError",
    "AttributeError",
    "ClickException",
    "ImportError",
    "IndexError",
    "MemberError",
    "OSError",
    "ValueError",
    "warning",
}


def reports(path: Path) -> Iterator[ast.Call]:
    """The calls in a file that tell of a failure."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and node.args and _name(node.func) in REPORTING:
            yield node


def _name(called: ast.expr) -> str:
    return getattr(called, "id", getattr(called, "attr", ""))


def main() -> None:
    import coverage

    measured = coverage.Coverage()
    measured.load()
    unreached = [
        f"{path}:{call.lineno}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for call in reports(path)
        if call.lineno in measured.analysis2(str(path))[3]
    ]
    if unreached:
        sys.exit("no test reaches these:\n" + "\n".join(unreached))


if __name__ == "__main__":
    main()
