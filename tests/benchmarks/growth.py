"""How the time and memory of a build grow with the size of AudioSet, and what 512 MB do to it.

    python tests/benchmarks/growth.py [--clips N] [--times 1,2,5,10] [--memory-limit SIZE]

The demo's generator makes metadata of `--clips` times each factor: 2,041,789, the default, is the
real size. For each the gun target is built, in a process of its own, as usual and with DuckDB's
memory limited. The exponent tells how the time grew since the smallest size: 1 is linearly.
"""

import argparse
import math
import shutil
import tempfile
from pathlib import Path

import duckdb
from build import floor, made, measure

from audioset_duck.build import build
from audioset_duck.targets import BUILT_IN


def limited(metadata: str, catalog: str, memory_limit: str | None) -> None:
    build(Path(catalog), [BUILT_IN["gun"]], Path(metadata), memory_limit=memory_limit, quiet=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--clips", type=int, default=2_041_789)
    parser.add_argument("--times", default="1,2,5,10")
    parser.add_argument("--memory-limit", default="512MB")
    parser.add_argument("--scratch", type=Path, help="a folder with room for 8 GB a 20,000,000")
    options = parser.parse_args()
    first: dict[str, tuple[int, float]] = {}
    print("clips        rows         what          seconds  of the floor  peak MB  exponent")
    for factor in map(float, options.times.split(",")):
        clips = round(options.clips * factor)
        with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
            metadata, catalog = f"{folder}/metadata", f"{folder}/catalog.duckdb"
            measure(made, metadata, str(clips))
            results = {"floor": measure(floor, metadata, f"{folder}/floor.duckdb")}
            Path(folder, "floor.duckdb").unlink()
            for name, limit in {"build": None, options.memory_limit: options.memory_limit}.items():
                Path(catalog).unlink(missing_ok=True)
                results[name] = measure(limited, metadata, catalog, limit)
            with duckdb.connect(catalog, read_only=True) as connection:
                ((rows,),) = connection.execute("select sum(rows) from meta.sources").fetchall()
            shutil.rmtree(metadata)
        for name, (seconds, memory) in results.items():
            ratio = seconds / results["floor"][0]
            line = f"{clips:<12,} {rows:<12,} {name:12} {seconds:8.1f} {ratio:13.2f} {memory:8.0f}"
            if name in first:
                before_rows, before_seconds = first[name]
                exponent = math.log(seconds / before_seconds) / math.log(rows / before_rows)
                line += f" {exponent:9.2f}"
            else:
                first[name] = rows, seconds
            print(line, flush=True)


if __name__ == "__main__":
    main()
