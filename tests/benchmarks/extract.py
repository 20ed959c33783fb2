"""How fast clips are extracted, against the older tool's way and against unzip alone.

    python tests/benchmarks/extract.py [--clips N] [--old N]

The clips have 10 s of 32 kHz mono 16-bit audio, deflated. The older way unpacks the archive to the
disk by 7z, then starts an ffprobe and an ffmpeg with volumedetect for each file, as many at once as
there are cores; that is measured on some of the clips, since it takes long. All are run as
commands, from their start to their end; what counts are the ratios within a run. Memory is the
largest that any worker had at any time. At the end an archive of 50,000 members is listed.

FLAC files of a tar and of a parquet file, 48 kHz stereo of 24 bits, are then extracted as they are,
validated, against a process that only reads the bytes of the members and writes them to files.
"""

import argparse
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile

from audioset_duck.audio.archives import list_members
from audioset_duck.audio.ffmpeg import find_ffmpeg
from audioset_duck.audio.names import Skipped
from audioset_duck.catalog.build import build

RATE = 32_000
COMMAND = [sys.executable, "-c", "from audioset_duck.cli.commands import main; main()"]


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
    build(folder / "catalog.duckdb", [], folder / "metadata")
    (folder / "zips").mkdir()
    with zipfile.ZipFile(folder / "zips" / "eval.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number, ytid in enumerate(ytids):
            archive.writestr(f"eval_segments/Y{ytid}.wav", kinds[number % 20], compresslevel=1)


def ours(folder: Path, archives: str = "zips") -> int:
    """Extract by the command; gives the largest memory of a worker, in bytes."""
    words = ["extract", "--quiet", "--archives", archives, "--audio-root", f"ours_{archives}"]
    process = subprocess.Popen(
        [*COMMAND, *words, "--subset", "weak_eval"], cwd=folder, stdout=subprocess.DEVNULL
    )
    largest = 0

    def watch() -> None:
        nonlocal largest
        while process.poll() is None:
            largest = max(largest, *map(peak_memory, children(process.pid)), 0)
            time.sleep(0.05)

    watching = threading.Thread(target=watch)
    watching.start()
    assert process.wait() == 0
    watching.join()
    return largest


def children(pid: int) -> list[int]:
    try:
        return [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def peak_memory(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def make_flacs(folder: Path, clips: int) -> None:
    """The same FLAC files as a tar and as a parquet file of row groups of 500, and their bytes."""
    noise = np.random.default_rng(1)
    kinds = []
    for _ in range(10):
        written = io.BytesIO()
        samples = noise.normal(0, 0.0004, (480_000, 2))
        soundfile.write(written, samples, 48_000, format="FLAC", subtype="PCM_24")
        kinds.append(written.getvalue())
    (folder / "tar").mkdir()
    (folder / "parquet").mkdir()
    schema = pa.schema(
        [
            ("video_id", pa.string()),
            ("audio", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        ]
    )
    with (
        tarfile.open(folder / "tar" / "eval00.tar", "w") as archive,
        pq.ParquetWriter(folder / "parquet" / "00.parquet", schema, compression="none") as writer,
    ):
        for first in range(0, clips, 500):
            rows = []
            for number in range(first, min(first + 500, clips)):
                data, name = kinds[number % 10], f"{number:011d}"
                info = tarfile.TarInfo(f"audio/eval/{name}.flac")
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
                rows.append({"video_id": name, "audio": {"bytes": data, "path": f"{name}.flac"}})
            writer.write_table(pa.Table.from_pylist(rows, schema))


COPY = """
import pathlib, sys, tarfile
out = pathlib.Path(sys.argv[2])
out.mkdir()
with tarfile.open(sys.argv[1]) as archive:
    for info in archive:
        (out / pathlib.Path(info.name).name).write_bytes(archive.extractfile(info).read())
"""


def copy_bytes(folder: Path) -> None:
    """Read the members of the tar and write them to files, and nothing else."""
    archive = folder / "tar" / "eval00.tar"
    subprocess.run([sys.executable, "-c", COPY, archive, folder / "copied"], check=True)


def unzip(folder: Path) -> None:
    archive = folder / "zips" / "eval.zip"
    if shutil.which("unzip"):
        subprocess.run(["unzip", "-q", archive, "-d", folder / "unzipped"], check=True)
    else:
        print("unzip is not installed: zipfile.extractall instead")
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(folder / "unzipped")


def unpack_by_7z(folder: Path) -> None:
    command = ["7z", "x", "-y", "-bd", f"-o{folder / 'old'}", folder / "zips" / "eval.zip"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def ask_by_process(path: Path) -> None:
    """What the older tool asks of a file: can it be read, how long, how loud is it."""
    ffmpeg = find_ffmpeg()
    if shutil.which("ffprobe"):
        probe = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv", path]
    else:
        probe = [ffmpeg, "-i", path, "-f", "null", "-"]
    for command in (probe, [ffmpeg, "-i", path, "-af", "volumedetect", "-f", "null", "-"]):
        subprocess.run(command, capture_output=True, check=True)


def seconds(work: Callable, *arguments: object) -> float:
    began = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--clips", type=int, default=2000)
    parser.add_argument("--old", type=int, default=200)
    options = parser.parse_args()
    for program in ("7z", "ffprobe"):
        if not shutil.which(program):
            print(f"{program} is not installed: the older way is measured with what is there")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make(folder, options.clips)
        rates = {}
        began = time.perf_counter()
        memory = ours(folder)
        our_rate = options.clips / (time.perf_counter() - began)
        rates["unzip"] = options.clips / seconds(unzip, folder)
        unpacked, unpacking = folder / "unzipped", 1 / rates["unzip"]
        if shutil.which("7z"):
            unpacked, unpacking = folder / "old", seconds(unpack_by_7z, folder) / options.clips
        paths = sorted(unpacked.rglob("*.wav"))[: options.old]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            asking = seconds(lambda: list(pool.map(ask_by_process, paths))) / len(paths)
        rates["older way"] = 1 / (unpacking + asking)
        print(f"extract    {our_rate:8.1f} clips/s, largest worker {memory / 1e6:.0f} MB")
        for name, rate in rates.items():
            print(f"{name:9}  {rate:8.1f} clips/s; extract is {our_rate / rate:.2f} times as fast")
        many = folder / "many.zip"
        with zipfile.ZipFile(many, "w") as archive:
            for number in range(50_000):
                archive.writestr(f"eval_segments/Y{number:011d}.wav", b"")
        print(f"50,000 members are listed in {seconds(list_members, many, Skipped()):.2f} s")
        make_flacs(folder, options.clips // 2)
        copied = options.clips // 2 / seconds(copy_bytes, folder)
        for archives in ("tar", "parquet"):
            began = time.perf_counter()
            memory = ours(folder, archives)
            rate = options.clips // 2 / (time.perf_counter() - began)
            print(
                f"{archives:9}  {rate:8.1f} FLAC/s, {rate / copied:.2f} of reading and writing,"
                f" largest worker {memory / 1e6:.0f} MB"
            )


if __name__ == "__main__":
    main()
