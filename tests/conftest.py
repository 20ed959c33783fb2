import contextlib
import fcntl
import io
import logging
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner, Result

from audioset_duck.build import build
from audioset_duck.cli import cli
from audioset_duck.demo import make_metadata
from audioset_duck.scan import find_files
from audioset_duck.targets import BUILT_IN, Target

# The DuckDB shell of this environment, and any that the variable lists.
SHELLS = [
    shell
    for shell in (
        Path(sys.executable).parent / "duckdb",
        *map(Path, os.environ.get("AUDIOSET_DUCK_SHELLS", "").split()),
    )
    if shell.exists()
]
COMMAND = [sys.executable, "-c", "from audioset_duck.cli import main; main()"]
# How many times as many random inputs are tried, and all targets of the real files if more than 1.
MORE = int(os.environ.get("AUDIOSET_DUCK_EXAMPLES", "1"))
# How often a test kills what it tests.
KILLS = int(os.environ.get("AUDIOSET_DUCK_KILLS", "4"))


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A disk of its own for a folder, where that is permitted."""
    folder.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root can mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def remount(folder: Path, options: str) -> None:
    """Make a disk larger (`size=200m`), or one that cannot be written to (`ro`)."""
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


@pytest.fixture(scope="session")
def demo_metadata(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "metadata"
    make_metadata(folder, quiet=True)
    return folder


@pytest.fixture(scope="session")
def demo_catalog(demo_metadata: Path) -> Path:
    """The catalog of the demo with the three built-in targets; not to be written to."""
    catalog = demo_metadata.parent / "catalog.duckdb"
    build(catalog, list(BUILT_IN.values()), demo_metadata, quiet=True)
    return catalog


@pytest.fixture(scope="session")
def demo_audio(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of the whole demo, with archives and audio; not to be written to.

    It is made once for all workers of pytest, by the first that asks for it.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "demo_audio"
    mark = folder.with_suffix(".done")
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not mark.exists():
            subprocess.run([*COMMAND, "demo", folder, "--quiet"], check=True, capture_output=True)
            mark.touch()
    return folder


@pytest.fixture(scope="session")
def real_metadata() -> Path:
    """AudioSet's own metadata, named by AUDIOSET_DUCK_METADATA."""
    folder = os.environ.get("AUDIOSET_DUCK_METADATA")
    if not folder:
        pytest.skip("AUDIOSET_DUCK_METADATA names no folder of AudioSet's metadata")
    return Path(folder)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run a command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logging.getLogger("audioset_duck"), "handlers", [])
    monkeypatch.setattr(logging.getLogger("audioset_duck"), "propagate", True)

    def invoke(*arguments: object) -> Result:
        result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


STRONG_HEADER = "segment_id\tstart_time_seconds\tend_time_seconds\tlabel\n"
WEAK_HEADER = "# created\n# counts\n# YTID, start_seconds, end_seconds, positive_labels\n"


def write_metadata(folder: Path, **files: str) -> Path:
    """Write rows below the official headers.

    `train` and `eval`: events as `clip start end label`; `framed`: the same and present;
    `unbalanced`, `balanced`, `weak_eval`: `ytid start end label,label`; `names`: MID and name;
    `indices`: lines of class_labels_indices.csv; `ontology`: JSON.
    """
    folder.mkdir(parents=True, exist_ok=True)
    strong = {
        "train": "audioset_train_strong.tsv",
        "eval": "audioset_eval_strong.tsv",
        "framed": "audioset_eval_strong_framed_posneg.tsv",
    }
    weak = {
        "unbalanced": "unbalanced_train_segments.csv",
        "balanced": "balanced_train_segments.csv",
        "weak_eval": "eval_segments.csv",
    }
    for key, text in files.items():
        rows = [line.split() for line in text.strip().splitlines()]
        if key in strong:
            header = STRONG_HEADER if key != "framed" else STRONG_HEADER[:-1] + "\tpresent\n"
            body = header + "".join("\t".join(row) + "\n" for row in rows)
            (folder / strong[key]).write_text(body)
        elif key in weak:
            lines = (f'{ytid}, {start}, {end}, "{labels}"\n' for ytid, start, end, labels in rows)
            (folder / weak[key]).write_text(WEAK_HEADER + "".join(lines))
        elif key == "names":
            lines = (line.split(maxsplit=1) for line in text.strip().splitlines())
            (folder / "mid_to_display_name.tsv").write_text(
                "".join(f"{mid}\t{name}\n" for mid, name in lines)
            )
        elif key == "indices":
            (folder / "class_labels_indices.csv").write_text(
                "index,mid,display_name\n" + text.strip() + "\n"
            )
        else:
            assert key == "ontology"
            (folder / "ontology.json").write_text(text)
    return folder


@pytest.fixture(scope="session")
def made_many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """600 clips of three seconds in two archives; not to be written to."""
    folder = tmp_path_factory.mktemp("many")
    ytids = [f"{number:011d}" for number in range(600)]
    metadata = write_metadata(
        folder / "metadata",
        names="/m/09x0r Speech",
        weak_eval="\n".join(f"{ytid} 0.000 10.000 /m/09x0r" for ytid in ytids),
    )
    build(folder / "catalog.duckdb", [], metadata, quiet=True)
    (folder / "zips").mkdir()
    noise = np.random.default_rng(0)
    for part in range(2):
        path = folder / "zips" / f"eval_{part}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for ytid in ytids[part::2]:
                samples = noise.integers(-9000, 9000, 96_000).astype(np.int16)
                archive.writestr(f"Y{ytid}.wav", made_wav(samples))
    return folder


@pytest.fixture
def many(made_many: Path, tmp_path: Path) -> Path:
    """A folder with a copy of its catalog, and its archives."""
    shutil.copyfile(made_many / "catalog.duckdb", tmp_path / "catalog.duckdb")
    (tmp_path / "zips").symlink_to(made_many / "zips")
    return tmp_path


def made_wav(samples: np.ndarray) -> bytes:
    """A WAV file of 32 kHz."""
    written = io.BytesIO()
    soundfile.write(written, samples, 32_000, subtype="PCM_16", format="WAV")
    return written.getvalue()


def youtube_id(letter: str, number: int) -> str:
    """Made ids, as in `g0000000012`."""
    return f"{letter}{number:010d}"


def write_sounds(
    folder: Path,
    positives: int,
    strong: dict[str, int] | None = None,
    weak: dict[str, int] | None = None,
    **files: str,
) -> Path:
    """Write metadata of clips that each hold one sound, from its first to its second second.

    Args:
        folder: Where to.
        positives: Clips of the strong train set with /m/gun, `g0000000000_0` and so on.
        strong: Clips of it with other labels, `s0000000000_0` and so on: how many of each label.
        weak: Clips of the balanced set, `w0000000000_0` and so on: how many of each label.
        files: More rows, as for `write_metadata`; of `train` and `balanced`, before these.
    """
    other = [label for label, count in (strong or {}).items() for _ in range(count)]
    tagged = [label for label, count in (weak or {}).items() for _ in range(count)]
    events = [
        *(f"{youtube_id('g', number)}_0 1.000 2.000 /m/gun" for number in range(positives)),
        *(f"{youtube_id('s', number)}_0 1.000 2.000 {label}" for number, label in enumerate(other)),
    ]
    clips = [
        f"{youtube_id('w', number)} 0.000 10.000 {label}" for number, label in enumerate(tagged)
    ]
    files["train"] = "\n".join([files.get("train", ""), *events])
    files["balanced"] = "\n".join([files.get("balanced", ""), *clips])
    labels = sorted({"/m/gun", *other, *",".join(tagged).split(",")} - {""})
    files.setdefault("names", "\n".join(f"{label} Name of {label[3:]}" for label in labels))
    return write_metadata(folder, **files)


def write_audio(
    path: Path, seconds: float, rate: int = 8000, subtype: str = "PCM_16", channels: int = 1
) -> Path:
    """Write noise, each file its own, as the name ends: .wav, .flac."""
    noise = np.random.default_rng(list(path.stem.encode()))
    samples = noise.uniform(-0.5, 0.5, (round(seconds * rate), channels))
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, subtype=subtype)
    return path


def make_sounds(folder: Path) -> Path:
    """A catalog of the target `t` with audio of 8 kHz: 21 positives, 40 + 24 negatives, and eval.

    Positives are `g0000000000` and so on, strong negatives `s…`, weak ones `w…`, and `e0000000000`
    is a positive, `f0000000000` a strong negative of the eval split.
    """
    strong, weak = {"/m/a": 20, "/m/b": 12, "/m/c": 8}, {"/m/a,/m/b": 14, "/m/c": 10}
    metadata = write_sounds(
        folder / "metadata",
        21,
        strong,
        weak,
        eval=f"{youtube_id('e', 0)}_0 1.000 2.000 /m/gun\n{youtube_id('f', 0)}_0 0.500 1.000 /m/a",
    )
    counts = {"g": 21, "s": 40, "w": 24, "e": 1, "f": 1}
    for letter, count in counts.items():
        for number in range(count):
            write_audio(
                folder / "audio" / f"{youtube_id(letter, number)}.wav", 4 if letter == "w" else 2.5
            )
    catalog = folder / "catalog.duckdb"
    inventory = find_files(folder / "audio", quiet=True)
    target = Target("t", ("/m/gun",))
    build(catalog, [target], metadata, inventory=inventory, quiet=True)
    return catalog


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalog of `make_sounds`; neither it nor its audio is to be written to."""
    return make_sounds(tmp_path_factory.mktemp("sounds"))
