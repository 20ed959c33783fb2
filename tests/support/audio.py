"""Audio files from noise."""

import io
import tarfile
from pathlib import Path

import numpy as np
import soundfile

from audioset_duck.audio.scan import find_files
from audioset_duck.catalog.build import build
from audioset_duck.config.targets import Target
from support.metadata import write_sounds, youtube_id


def made_wav(samples: np.ndarray) -> bytes:
    """A WAV file of 32 kHz."""
    written = io.BytesIO()
    soundfile.write(written, samples, 32_000, subtype="PCM_16", format="WAV")
    return written.getvalue()


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
    inventory = find_files(folder / "audio")
    target = Target("t", ("/m/gun",))
    build(catalog, [target], metadata, inventory=inventory)
    return catalog


def packed(rows: list[dict], archive: Path) -> list[dict]:
    """Move the files of an inventory into a tar, and return its rows of an inventory."""
    with tarfile.open(archive, "w") as tar:
        for row in rows:
            tar.add(row["audio_path"], Path(row["audio_path"]).name)
            Path(row["audio_path"]).unlink()
    with tarfile.open(archive) as tar:
        members = {Path(member.name).stem: member for member in tar.getmembers()}
    return [
        row
        | {
            "audio_path": str(archive),
            "member": Path(row["audio_path"]).name,
            "byte_offset": members[Path(row["audio_path"]).stem].offset_data,
            "byte_count": members[Path(row["audio_path"]).stem].size,
        }
        for row in rows
    ]
