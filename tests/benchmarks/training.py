"""What training costs: to build, to plan epochs, to open a subset and share it, to load audio.

    python tests/benchmarks/training.py [--metadata DIR] [--clips N] [--files N]

Without --metadata the demo's generator makes metadata of the real size. Loading is measured
against a bare loop that seeks and reads the same slices, and against a subset that reads whole
files by the rows of a list, as a data frame would give them; with threads and workers, against in
process. These ratios count, not the times.
"""

import argparse
import contextlib
import functools
import itertools
import multiprocessing
import os
import resource
import tarfile
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import soundfile
import torch

from audioset_duck import AudioSetDataset, TwoTierBatchSampler, collate
from audioset_duck.audio.scan import find_files
from audioset_duck.audio.slices import read_slice
from audioset_duck.catalog.build import build
from audioset_duck.config.targets import BUILT_IN, Target
from audioset_duck.demo.metadata import make_metadata

RATE = 32_000
STEPS = 100_000


def seconds(work: Callable[[], object], runs: int = 5) -> float:
    """The least time of some runs."""
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def report(what: str, value: float, unit: str, aim: str = "") -> None:
    print(f"  {what:<56}{value:>10.3f} {unit:<6}{aim and f'aim: {aim}'}", flush=True)


def apart(work: Callable[..., Any], *arguments: object) -> Any:
    """Run some work in a process of its own, which may have children."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def built(metadata: Path, catalog: Path, target: Target) -> tuple[float, float]:
    began = time.perf_counter()
    build(catalog, [target], metadata)
    return (
        time.perf_counter() - began,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def common_target(catalog: Path) -> Target:
    """A target of the most frequent sounds, with positives for `STEPS` steps if there are so many.

    No one would train for it: it is there to make the epoch long.
    """
    with duckdb.connect(str(catalog), read_only=True) as connection:
        labels = connection.execute(f"""
            with counted as (
                select label_id, count(*) as windows
                from gun.windows
                where subset = 'strong_train'
                group by label_id
            )

            select label_id
            from counted
            qualify sum(windows) over (order by windows desc, label_id) - windows < {STEPS * 8}
        """).fetchall()
    return Target("common", tuple(label for (label,) in labels))


def planned(catalog: Path, target: str) -> tuple[int, float]:
    with duckdb.connect(str(catalog), read_only=True) as connection:
        ((steps,),) = connection.execute(
            f"select max(step) + 1 from {target}.epoch_slots(32)"
        ).fetchall()
        query = f"select sample_id, crop_start_seconds from {target}.epoch_plan(0, 0, 32)"
        return steps, seconds(lambda: connection.execute(query).fetchnumpy(), 3)


def memory(field: str) -> float:
    """MB of this process, by /proc: Rss, or Private for what no other process shares."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024


def opened(catalog: Path) -> tuple[float, float, float, int]:
    before = memory("Rss")
    began = time.perf_counter()
    subset = AudioSetDataset(catalog, "gun")
    taken = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return taken, peak, memory("Rss") - before, len(subset)


class Weighed(torch.utils.data.Dataset):
    """Walks all samples of a subset, and tells what memory is the worker's own."""

    def __init__(self, subset: AudioSetDataset | None) -> None:
        self.subset = subset

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> float:
        if self.subset is not None:
            rows = np.arange(0, len(self.subset), 7)
            for some in np.array_split(rows, 1000):
                self.subset._columns.keys_of(some)
                self.subset._columns.paths_of(some)
                self.subset._columns.masks_of(some)
        return memory("Private")


def worker_memory(catalog: Path, method: str) -> float:
    """MB that one worker needs for itself, more than one of a subset that holds nothing."""
    subset = AudioSetDataset(catalog, "gun")
    weighed = [
        next(
            iter(
                torch.utils.data.DataLoader(
                    Weighed(held), num_workers=1, multiprocessing_context=method
                )
            )
        ).item()
        for held in (None, subset)
    ]
    return weighed[1] - weighed[0]


def made_audio(folder: Path, catalog: Path, files: int, ending: str) -> list[dict]:
    """Ten seconds of noise for some clips with positives and negatives, as rows of an inventory."""
    with duckdb.connect(str(catalog), read_only=True) as connection:
        clips = connection.execute(f"""
            from (
                select ytid, any_value(role) as role from gun.samples
                where split = 'train' group by ytid
            )
            qualify row_number() over (partition by role order by ytid) <= {files // 3}
        """).fetchall()
    noise = np.random.default_rng(0).integers(-9000, 9000, 10 * RATE, np.int16)
    folder.mkdir()
    rows = []
    for number, (ytid, _) in enumerate(clips):
        path = folder / f"Y{ytid}.{ending}"
        soundfile.write(path, np.roll(noise, number), RATE)
        rows.append(
            {
                "ytid": ytid,
                "audio_path": str(path),
                "status": "ok",
                "duration_seconds": 10.0,
                "sample_rate_hz": RATE,
                "channels": 1,
            }
        )
    return rows


class WholeFiles(torch.utils.data.Dataset):
    """Loads the whole file of a row, then cuts."""

    def __init__(self, rows: list[tuple[str, float, float, list[str]]], labels: list[str]) -> None:
        self.rows = rows
        self.labels = labels

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, str]:
        path, start, end, label_ids = self.rows[index]
        audio, _ = soundfile.read(path, dtype="float32")
        wav = torch.zeros(RATE)
        part = torch.from_numpy(audio[round(start * RATE) : round(end * RATE)])[:RATE]
        wav[: len(part)] = part
        mask = torch.zeros(len(self.labels))
        for label_id in label_ids:
            mask[self.labels.index(label_id)] = 1
        return wav, torch.tensor(1.0), mask, path


def loading(catalog: Path) -> None:
    subset = AudioSetDataset(catalog, "gun", sample_rate=RATE, on_error="raise")
    sampler = TwoTierBatchSampler(subset, 32)
    batches = [batch for _, batch in zip(range(150), sampler, strict=False)]
    count = sum(map(len, batches))
    columns = subset._columns
    slices = []
    for batch in batches:
        for sample in batch:
            (row,) = columns.rows_of(np.array([sample.sample_id]))
            start = int(columns.start_ms[row]) / 1000
            end = int(columns.end_ms[row]) / 1000
            if sample.crop_start_seconds is not None:
                start, end = sample.crop_start_seconds, sample.crop_start_seconds + 1
            labels = [subset.label_ids[i] for i in subset[sample].label_mask.nonzero().flatten()]
            (path,) = columns.paths_of(np.array([row]))
            slices.append((path, start, end, labels))

    def bare() -> None:
        for path, start, end, _ in slices:
            with soundfile.SoundFile(path) as file:
                file.seek(round(start * RATE))
                file.read(round((end - start) * RATE), dtype="float32")

    def ours() -> None:
        for batch in batches:
            collate(subset.__getitems__(batch))

    whole = WholeFiles(slices, subset.label_ids)

    def by_whole_files() -> None:
        for first in range(0, count, 32):
            torch.utils.data.default_collate([whole[i] for i in range(first, first + 32)])

    torch.set_num_threads(1)
    times = {work.__name__: seconds(work, 3) for work in (bare, ours, by_whole_files)}
    for name, taken in times.items():
        report(name.replace("_", " "), count / taken, "/s")
    report("ours against bare", times["bare"] / times["ours"], "times", "at least 0.8")
    report(
        "ours against whole files", times["by_whole_files"] / times["ours"], "times", "at least 4"
    )


def in_place(rows: list[dict], archive: Path) -> None:
    """Slices of members of a tar against slices of the same files."""
    with tarfile.open(archive, "w") as tar:
        for row in rows:
            tar.add(row["audio_path"])
    with tarfile.open(archive) as tar:
        spans = [(member.offset_data, member.size) for member in tar.getmembers()]
    starts = np.random.default_rng(0).uniform(0, 9, len(rows)).tolist()
    wav = np.empty(RATE, np.float32)

    def from_files() -> None:
        for row, start in zip(rows, starts, strict=True):
            read_slice(row["audio_path"], start, start + 1, RATE, wav)

    def from_a_tar() -> None:
        for span, start in zip(spans, starts, strict=True):
            read_slice(str(archive), start, start + 1, RATE, wav, *span)

    # In turns, since other programs may run.
    files, tar = (
        min(times)
        for times in zip(
            *((seconds(from_files, 1), seconds(from_a_tar, 1)) for _ in range(7)), strict=True
        )
    )
    report("slices of a tar against slices of files", files / tar, "times", "at least 0.7")


# Number of worker processes, and of threads in each process that loads.
SETTINGS = {
    "in process": (0, 1),
    "threads=2": (0, 2),
    "1 worker": (1, 1),
    "2 workers": (2, 1),
    "1 worker, threads=2": (1, 2),
}


def settings(name: str, catalog: Path) -> None:
    """Samples a second with each setting of a DataLoader, and how many times those in process.

    What a batch is used for is a copy of it, as when it is moved to a device.
    """
    loaders = {}
    for setting, (workers, threads) in SETTINGS.items():
        subset = AudioSetDataset(
            catalog, "gun", sample_rate=RATE, on_error="raise", threads=threads
        )
        batches = list(itertools.islice(TwoTierBatchSampler(subset, 32), 40))
        loaders[setting] = torch.utils.data.DataLoader(
            subset,
            batch_sampler=batches,
            num_workers=workers,
            collate_fn=collate,
            persistent_workers=workers > 0,
        )
    moved = torch.empty(32, RATE)

    def load(loader: torch.utils.data.DataLoader) -> None:
        for wav, *_ in loader:
            moved.copy_(wav)

    times: dict[str, list[float]] = {setting: [] for setting in SETTINGS}
    for _ in range(16):
        for setting, loader in loaders.items():
            times[setting].append(seconds(functools.partial(load, loader), 1))
    # The first turn starts the workers.
    best = {setting: min(taken[1:]) for setting, taken in times.items()}
    for setting, taken in best.items():
        rate = 32 * len(batches) / taken
        print(f"  {name:<6}{setting:<24}{rate:>8,.0f} /s{best['in process'] / taken:>8.2f} times")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--metadata", type=Path)
    parser.add_argument("--clips", type=int, default=2_041_789)
    parser.add_argument("--files", type=int, default=600)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, contextlib.chdir(scratch):
        os.environ["PYTHONWARNINGS"] = "ignore"
        catalog = Path(scratch, "catalog.duckdb")
        metadata = options.metadata.resolve() if options.metadata else Path(scratch, "metadata")
        if options.metadata is None:
            apart(make_metadata, metadata)
        taken, peak = apart(built, metadata, catalog, BUILT_IN["gun"])
        print("build of gun, its ratio to the floor is what benchmarks/build.py prints")
        report("seconds", taken, "s")
        report("peak memory", peak, "MB", "under 1,500")
        print("subset of gun, train, in a process of its own")
        taken, peak, held, count = apart(opened, catalog)
        report(f"opened, {count:,} samples", taken, "s", "under 3")
        report("what it holds", held, "MB")
        report("peak of the whole process, torch and all", peak, "MB", "under 400")
        for method in ("fork", "spawn"):
            report(
                f"a worker's own memory for it, {method}",
                apart(worker_memory, catalog, method),
                "MB",
                "under 30",
            )
        print("epoch plans, batches of 32")
        steps, taken = planned(catalog, "gun")
        report(f"gun, {steps:,} steps", taken, "s", "1,000 in under 0.2")
        apart(built, metadata, catalog, common_target(catalog))
        steps, taken = planned(catalog, "common")
        report(f"the most frequent sounds, {steps:,} steps", taken, "s", "100,000 in under 3")
        for ending in ("wav", "flac"):
            print(f"loading {ending}, in process, batches of 32 collated")
            audio = Path(scratch, ending)
            rows = made_audio(audio, catalog, options.files, ending)
            build(catalog, [BUILT_IN["gun"]], metadata, inventory=find_files(audio))
            loading(catalog)
            in_place(rows, Path(scratch, f"{ending}.tar"))
            print("loading with a DataLoader, against in process")
            settings(ending, catalog)


if __name__ == "__main__":
    main()
