"""How long a build takes, against the time that DuckDB takes just to load the source files.

    python tests/benchmarks/build.py [--metadata DIR] [--clips N] [--runs N] [--targets N]

Without --metadata the demo's generator makes metadata of the real size. Each run measures, one
after the other in fresh processes: the floor (each source file into a table, as it is, with
DuckDB's own settings), the first target, a further target in the same catalog, and the three
built-in targets in one command. With --targets, that many further ones are then added in one
command. What counts is the ratio within a run, and the size of the catalog.
"""

import argparse
import multiprocessing
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import duckdb

from audioset_duck.catalog.build import build
from audioset_duck.config.targets import BUILT_IN, Target
from audioset_duck.demo.metadata import make_metadata
from audioset_duck.sources.definitions import SOURCES
from audioset_duck.sources.files import find_sources, read_sql

LIMITS = {"first target": 3.5, "further target": 0.7, "three targets": 4.3}


def floor(metadata: str, catalog: str) -> None:
    """Load the files as anybody would: with DuckDB's own settings."""
    with duckdb.connect(catalog) as connection:
        for source in SOURCES:
            paths = sorted(Path(metadata).glob(f"{source.file}*"))
            if paths:
                connection.execute(
                    f"create table {source.staging} as from {read_sql(source, paths[0])}"
                )


def made(metadata: str, clips: str) -> None:
    make_metadata(Path(metadata), clips=int(clips))


def target(metadata: str, catalog: str, *names: str) -> None:
    build(Path(catalog), [BUILT_IN[name] for name in names], Path(metadata))


def many(metadata: str, catalog: str, count: str) -> None:
    """Add a target for each of some labels, the most frequent first."""
    with duckdb.connect(catalog, read_only=True) as connection:
        labels = connection.execute(
            "select label_id from label_counts order by strong_event_count desc, label_id limit $1",
            [int(count)],
        ).fetchall()
    targets = [Target(f"target_{place}", (label,)) for place, (label,) in enumerate(labels)]
    build(Path(catalog), targets, Path(metadata))


def megabytes(catalog: str) -> float:
    return Path(catalog).stat().st_size / 1e6


def measured(work: Callable[..., None], *arguments: object) -> tuple[float, float]:
    began = time.perf_counter()
    work(*arguments)
    seconds = time.perf_counter() - began
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(work: Callable[..., None], *arguments: object) -> tuple[float, float]:
    """Seconds and peak memory in MB of some work in a process of its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measured, work, *arguments).result()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--metadata", type=Path)
    parser.add_argument("--clips", type=int, default=2_041_789)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--targets", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        metadata = options.metadata
        if metadata is None:
            metadata = Path(scratch) / "metadata"
            began = time.perf_counter()
            measure(made, str(metadata), str(options.clips))
            print(
                f"made metadata of {options.clips:,} clips in {time.perf_counter() - began:.1f} s"
            )
        ratios: dict[str, list[float]] = {name: [] for name in LIMITS}
        for run in range(options.runs):
            folder = Path(scratch) / "run"
            folder.mkdir()
            catalog = str(folder / "catalog.duckdb")
            floor_seconds, floor_memory = measure(
                floor, str(metadata), str(folder / "floor.duckdb")
            )
            results = {"floor": (floor_seconds, floor_memory)}
            sizes = {}
            for name, place, built in (
                ("first target", catalog, ["gun"]),
                ("further target", catalog, ["snore"]),
                ("three targets", str(folder / "three.duckdb"), list(BUILT_IN)),
            ):
                results[name] = measure(target, str(metadata), place, *built)
                sizes[name] = megabytes(place)
            if options.targets:
                name = f"{options.targets} more targets"
                results[name] = measure(many, str(metadata), catalog, str(options.targets))
                sizes[name] = megabytes(catalog)
            with duckdb.connect(catalog, read_only=True) as connection:
                ((rows,),) = connection.execute(
                    "select sum(row_count) from meta.sources"
                ).fetchall()
            print(f"run {run + 1}: {rows:,} rows, {len(find_sources(metadata))} files")
            for name, (seconds, memory) in results.items():
                ratio = seconds / floor_seconds
                line = f"  {name:15}  {seconds:6.2f} s  {rows / seconds:12,.0f} rows/s"
                line += f"  {memory:6.0f} MB of memory"
                if name in sizes:
                    line += f"  {ratio:5.2f} times the floor  {sizes[name]:6.1f} MB of disk"
                if name in LIMITS:
                    ratios[name].append(ratio)
                print(line)
            shutil.rmtree(folder)
        for name, limit in LIMITS.items():
            median = statistics.median(ratios[name])
            print(f"{name}: {median:.2f} times the floor (aim at the real size: at most {limit})")


if __name__ == "__main__":
    main()
