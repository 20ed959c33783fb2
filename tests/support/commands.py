"""The command line as a subprocess, and DuckDB shells."""

import os
import sys
from pathlib import Path

# The DuckDB shell of this environment, and those that the variable lists.
SHELLS = [
    shell
    for shell in (
        Path(sys.executable).parent / "duckdb",
        *map(Path, os.environ.get("AUDIOSET_DUCK_SHELLS", "").split()),
    )
    if shell.exists()
]


COMMAND = [sys.executable, "-c", "from audioset_duck.cli.commands import main; main()"]
