"""How fast clips are extracted, against the older way and against unzip alone.

    python tests/benchmarks/extract.py [--clips N] [--old N]

The clips have 10 s of 32 kHz mono 16-bit audio, deflated. The older way unpacks the archive to the
disk, then asks ffmpeg of each file for its length and for its volume, a process each and as many
at once as there are cores; it is measured on some of the clips, since it takes long. What counts
are the ratios within a run.
"""

import argparse
import io
import multiprocessing
import os
import resource
import shutil
import subprocess
import tempfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import soundfile

from audioset_duck.build import build
from audioset_duck.extract import extract
from audioset_duck.ffmpeg import find_ffmpeg
from audioset_duck.unit import Options

RATE = 32_000


def make(folder: Path, clips: int) -> None:
    """An archive of clips, and a catalog that knows them. Packing is what takes long: 20 kinds."""
    noise = np.random.default_rng(0)
    kinds = []
    for _ in range(20):
        written = io.BytesIO()
        samples = (noise.normal(0, 2000, RATE * 10) // 16 * 16).astype(np.int16)
        soundfile.write(written, samples, RATE, format="WAV", subtype="PCM_16")
        kinds.append(written.getvalue())
    (folder / "metadata").mkdir()
    ytids = [f"{number:011d}" for number in range(clips)]
    lines = "".join(f'{ytid}, 0.000, 10.000, "/m/09x0r"\n' for ytid in ytids)
    header = "# made\n# made\n# YTID, start_seconds, end_seconds, positive_labels\n"
    (folder / "metadata" / "eval_segments.csv").write_text(header + lines)
    build(folder / "catalog.duckdb", [], folder / "metadata", quiet=True)
    (folder / "zips").mkdir()
    with zipfile.ZipFile(folder / "zips" / "eval.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number, ytid in enumerate(ytids):
            archive.writestr(f"eval_segments/Y{ytid}.wav", kinds[number % 20], compresslevel=1)


def ours(folder: Path) -> None:
    extract(
        folder / "catalog.duckdb",
        folder / "zips",
        folder / "ours",
        ["weak_eval"],
        Options(),
        quiet=True,
    )


def unpack(folder: Path) -> None:
    with zipfile.ZipFile(folder / "zips" / "eval.zip") as archive:
        if shutil.which("unzip"):
            command = ["unzip", "-q", folder / "zips" / "eval.zip", "-d", folder / "unzipped"]
            subprocess.run(command, check=True)
        else:
            archive.extractall(folder / "unzipped")


def ask_ffmpeg(path: Path) -> None:
    program = find_ffmpeg()
    for options in (["-f", "null", "-"], ["-af", "volumedetect", "-f", "null", "-"]):
        subprocess.run([program, "-i", path, *options], capture_output=True, check=True)


def seconds(work, *arguments) -> float:
    began = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--clips", type=int, default=2000)
    parser.add_argument("--old", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make(folder, options.clips)
        unzip_rate = options.clips / seconds(unpack, folder)
        our_rate = options.clips / seconds(ours, folder)
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        paths = sorted((folder / "unzipped").rglob("*.wav"))[: options.old]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            asking = seconds(lambda: list(pool.map(ask_ffmpeg, paths)))
        old_rate = 1 / (asking / len(paths) + 1 / unzip_rate)
        print(f"extract    {our_rate:8.1f} clips/s, largest worker {memory:.0f} MB")
        for name, rate in (("unzip", unzip_rate), ("older way", old_rate)):
            print(f"{name:9}  {rate:8.1f} clips/s; extract is {our_rate / rate:.2f} times as fast")


if __name__ == "__main__":
    multiprocessing.freeze_support()
    main()
