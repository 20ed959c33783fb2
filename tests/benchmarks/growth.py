"""How the time and memory of a build grow with the size of AudioSet, and what 512 MB do to it.

    python tests/benchmarks/growth.py [--clips N[,N...]] [--scratch DIR] [--memory-limit SIZE]

The demo's generator makes metadata of each size in clips, 2,041,789 being the real one, in
`DIR/N`; what is there from an earlier run is taken. For each the gun target is built, in a process
of its own, as usual and with DuckDB's memory limited. The exponent tells how the time grew since
the smallest size: 1 is linearly.
"""

import argparse
import math
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
from build import floor, made, measure

from audioset_duck.catalog.build import build
from audioset_duck.catalog.state import source_rows
from audioset_duck.config.targets import BUILT_IN


def limited(metadata: str, catalog: str, memory_limit: str | None) -> None:
    build(Path(catalog), [BUILT_IN["gun"]], Path(metadata), memory_limit=memory_limit)


def results(
    metadata: str, folder: str, limit: str
) -> Iterator[tuple[str, int, tuple[float, float] | None]]:
    """Name, rows, and seconds and MB of each build; None if it was too little memory."""
    catalog = Path(folder) / "catalog.duckdb"
    built = measure(limited, metadata, str(catalog), None)
    with duckdb.connect(str(catalog), read_only=True) as connection:
        rows = source_rows(connection)
    catalog.unlink()
    yield "floor", rows, measure(floor, metadata, str(catalog))
    catalog.unlink()
    yield "build", rows, built
    try:
        yield limit, rows, measure(limited, metadata, str(catalog), limit)
        catalog.unlink()
    except duckdb.OutOfMemoryException:
        yield limit, rows, None


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--clips", default="2041789,4083578,10208945,20417890")
    parser.add_argument("--memory-limit", default="512MB")
    parser.add_argument("--scratch", type=Path)
    options = parser.parse_args()
    print("clips        rows         what          seconds  of the floor  peak MB  exponent")
    first: dict[str, tuple[int, float]] = {}
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        for clips in options.clips.split(","):
            metadata = str((options.scratch or Path(folder)) / clips)
            if not Path(metadata).exists():
                measure(made, metadata, clips)
            of_floor = 0.0
            for name, rows, measured in results(metadata, folder, options.memory_limit):
                line = f"{int(clips):<12,} {rows:<12,} {name:12}"
                if measured is None:
                    print(f"{line} is too little", flush=True)
                    continue
                seconds, memory = measured
                of_floor = of_floor or seconds
                line += f" {seconds:8.1f} {seconds / of_floor:13.2f} {memory:8.0f}"
                before_rows, before_seconds = first.setdefault(name, (rows, seconds))
                if rows > before_rows:
                    exponent = math.log(seconds / before_seconds) / math.log(rows / before_rows)
                    line += f" {exponent:9.2f}"
                print(line, flush=True)


if __name__ == "__main__":
    main()
