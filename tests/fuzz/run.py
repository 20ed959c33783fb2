"""Fuzz the readers, each for some seconds, by what code each input reaches.

    pip install '.[fuzz]' && python tests/fuzz/run.py --seconds 60

Without atheris it says so and ends well. What an input breaks is left in `--keep DIR`.
"""

import argparse
import gzip
import logging
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

try:
    import atheris
except ImportError:
    print("skipped: atheris is not installed; pip install atheris")
    sys.exit(0)

sys.path.insert(0, str(Path(__file__).parents[1]))
with atheris.instrument_imports(include=["audioset_duck", "zipfile", "tarfile", "tomllib"]):
    from faults.test_hostile import ARCHIVES, HEADERS, WAV, compressed
    from faults.test_hostile_archives import DAMAGED, PLAIN, WHOLE

    from fuzz import targets
    from fuzz.examples import MARKS, PREDICTIONS, parquet_predictions

from audioset_duck.sources.definitions import SOURCES

KINDS = {
    "sources": targets.load_any_source,
    "archives": targets.read_archive,
    "tars": partial(targets.read_archive, ending=".tar"),
    "gzipped tars": partial(targets.read_archive, ending=".tgz"),
    "parquets": partial(targets.read_archive, ending=".parquet"),
    "predictions": targets.read_scores,
    "parquet predictions": partial(targets.read_scores, ending=".parquet"),
    "marks": targets.read_marks,
    "audio": lambda folder, data: targets.judge_wav(data),
    "configuration": targets.read_toml,
}


def seeds(kind: str) -> list[bytes]:
    """Inputs to begin with."""
    if kind == "archives":
        return ARCHIVES
    if kind in ("tars", "gzipped tars"):
        tars = [WHOLE, *DAMAGED.values()]
        return tars if kind == "tars" else [gzip.compress(data, 1) for data in tars]
    if kind == "parquets":
        return [PLAIN]
    if kind == "predictions":
        return PREDICTIONS
    if kind == "parquet predictions":
        return parquet_predictions()
    if kind == "marks":
        return MARKS
    if kind == "audio":
        return [WAV[:2000], b"RF64" + WAV[4:2000], b"fLaC" + bytes(40)]
    if kind == "configuration":
        return [
            b'window_seconds = 0.5\n[targets.dog]\nlabels = ["Bark"]\ndescendants = true\n',
            b"[samples]\nseed = 1\nhead_keep_frac = 0.5\n[training]\ntier_a_fraction = 0.5\n",
        ]
    rows = [b"aaaaaaaaaaa_0\t1.000\t2.000\t/m/gun\tPRESENT\n", b'0,/m/a,"A"\n', b"/m/a\tA\n"]
    rows += [b'aaaaaaaaaaa, 0.000, 10.000, "/m/gun"\n', b'[{"id": "/m/a", "name": "A"}]']
    return [
        bytes([number + part * len(SOURCES)]) + compressed(text, ending)
        for number, source in enumerate(SOURCES)
        for part, ending in enumerate(("", ".gz", ".zst"))
        for row in rows
        for text in [HEADERS.get(source.file, "").encode() + row]
    ]


def fuzz(kind: str, folder: Path, options: list[str]) -> None:
    """Fuzz one reader in this process, which libFuzzer ends."""
    logging.disable()
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, data in enumerate(seeds(kind)):
        (corpus / str(number)).write_bytes(data)
    atheris.Setup([sys.argv[0], *options, str(corpus)], lambda data: KINDS[kind](folder, data))
    atheris.Fuzz()


def main() -> None:
    """Fuzz each reader in a process of its own; exit 1 if one broke."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for each reader")
    parser.add_argument("--only", choices=KINDS, action="append", help="repeats")
    parser.add_argument("--keep", type=Path, default=Path(), help="where breaking inputs go")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    keep = f"-artifact_prefix={arguments.keep.absolute()}{os.sep}"
    limits = [f"-max_total_time={arguments.seconds}", "-timeout=60", "-rss_limit_mb=4096"]
    if arguments.folder:
        fuzz(arguments.only[-1], arguments.folder, [*limits, "-max_len=5000", keep])
        return
    arguments.keep.mkdir(parents=True, exist_ok=True)
    is_broken = False
    for kind in arguments.only or KINDS:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, __file__, *sys.argv[1:], "--only", kind, "--folder", folder]
            done = subprocess.run(command, capture_output=True, text=True, errors="replace")
        lines = done.stderr.splitlines()
        told = next((line for line in reversed(lines) if line.startswith("Done")), None)
        print(f"{kind}: {told if told and not done.returncode else done.stderr[-3000:]}")
        is_broken |= bool(done.returncode)
    sys.exit(is_broken)


if __name__ == "__main__":
    main()
