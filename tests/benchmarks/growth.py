"""How the time and memory of what is done with a catalog grow with the size of AudioSet.

    python tests/benchmarks/growth.py [--clips N[,N...]] [--scratch DIR] [--memory-limit SIZE]

The demo's generator makes metadata of each size in clips, 2,041,789 being the real one, in
`DIR/N`; what is there from an earlier run is taken. For each the gun target is built, as usual and
with DuckDB's memory limited, the catalog is checked, an epoch planned, and simulated scores of all
clips of strong_eval, 0.1 s apart, are scored: each in a process of its own. The exponent tells how
the time grew since the smallest size: 1 is linearly.
"""

import argparse
import math
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
from build import floor, made, measure
from score import run, simulate

from audioset_duck.catalog.build import build
from audioset_duck.catalog.checks import run_checks
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.catalog.state import source_rows
from audioset_duck.config.targets import BUILT_IN
from audioset_duck.score.options import ScoreOptions

HOP = "0.1"


def limited(metadata: str, catalog: str, memory_limit: str | None) -> None:
    build(Path(catalog), [BUILT_IN["gun"]], Path(metadata), memory_limit=memory_limit)


def checked(catalog: str) -> None:
    with open_catalog(Path(catalog)) as connection:
        assert not any(check.count for check in run_checks(connection))


def planned(catalog: str) -> None:
    with open_catalog(Path(catalog)) as connection:
        connection.execute("from gun.epoch_plan(0, 0, 32, 0, 1)").fetchall()


def simulated(catalog: str) -> None:
    simulate(Path(catalog), "gun", HOP, 0)


def scored(catalog: str) -> None:
    run(Path(catalog), "gun", ScoreOptions(hop_seconds=Decimal(HOP), replicates=0))


def results(
    metadata: str, folder: str, limit: str
) -> Iterator[tuple[str, int, tuple[float, float] | None]]:
    """Name, rows, and seconds and MB of each build; None if it was too little memory."""
    catalog = Path(folder) / "catalog.duckdb"
    built = measure(limited, metadata, str(catalog), None)
    with duckdb.connect(str(catalog), read_only=True) as connection:
        rows = source_rows(connection)
    measure(simulated, str(catalog))
    later = [
        (work.__name__, rows, measure(work, str(catalog))) for work in (checked, planned, scored)
    ]
    catalog.unlink()
    yield "floor", rows, measure(floor, metadata, str(catalog))
    catalog.unlink()
    yield "built", rows, built
    yield from later
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
