"""Names each error and warning of the package that no test of the last measured run reached.

pytest --cov && python tests/unreached.py
"""

import ast
import sys
from pathlib import Path

import coverage

REPORTING = {"AudiosetDuckError", "ClickException", "warning"}


def reports(tree: ast.AST) -> set[int]:
    """The lines on which a failure is told of."""
    return {
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) in REPORTING
    }


def main() -> None:
    measured = coverage.Coverage()
    measured.load()
    unreached = [
        f"{path}:{line}"
        for path in sorted(Path("audioset_duck").glob("*.py"))
        for line in sorted(reports(ast.parse(path.read_text())))
        if line in measured.analysis2(str(path.absolute()))[3]
    ]
    if unreached:
        sys.exit("no test reaches these:\n" + "\n".join(unreached))


if __name__ == "__main__":
    main()
