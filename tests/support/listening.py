"""A small catalog to listen to: each clip has a click at a known time, in another form of audio."""

import json
import re
import subprocess
import tarfile
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile

from audioset_duck.audio.ffmpeg import find_ffmpeg
from audioset_duck.audio.scan import find_files, find_members
from audioset_duck.catalog.build import build
from audioset_duck.config.targets import Target
from audioset_duck.score.options import ScoreOptions
from audioset_duck.score.scoring import score
from support.metadata import write_metadata, youtube_id

EVIL = """Rap </script><img src=x onerror="document.title='evil'"> "quoted" 'single' & 🔫"""
CLICK_SECONDS = 5.25
# The form of the audio of each clip: its ending, sample rate and channels. The one of `e` is then
# moved into a tar, that of `f` into a stored zip. `z` has a file that is removed after the build,
# `n` never has one.
FORMS = {
    "a": ("wav", 16_000, 2),
    "b": ("flac", 8000, 1),
    "c": ("mp3", 44_100, 1),
    "d": ("ogg", 32_000, 2),
    "e": ("wav", 22_050, 1),
    "f": ("wav", 8000, 1),
    "g": ("m4a", 48_000, 1),
    "z": ("wav", 8000, 1),
}


def clip_id(letter: str) -> str:
    return f"{youtube_id(letter, 0)}_30000"


def _write_clicks(folder: Path) -> None:
    """Ten seconds of faint noise with a click, in each form."""
    folder.mkdir()
    for letter, (ending, rate, channels) in FORMS.items():
        samples = np.random.default_rng(ord(letter)).normal(0, 0.003, (10 * rate, channels))
        click = round(CLICK_SECONDS * rate)
        samples[click : click + max(8, rate // 2000)] = 0.8
        path = folder / f"{youtube_id(letter, 0)}.{ending}"
        if ending != "m4a":
            soundfile.write(path, samples, rate)
            continue
        source = folder / "source.wav"
        soundfile.write(source, samples, rate)
        command = [find_ffmpeg(), "-v", "error", "-i", source, "-c:a", "aac", "-b:a", "128k", path]
        subprocess.run(command, check=True)
        source.unlink()


def _pack(folder: Path) -> None:
    """Move the audio of e into a tar, and that of f into a zip that does not compress it."""
    (folder / "archives").mkdir()
    in_tar, in_zip = (folder / "audio" / f"{youtube_id(letter, 0)}.wav" for letter in "ef")
    with tarfile.open(folder / "archives" / "e.tar", "w") as tar:
        tar.add(in_tar, in_tar.name)
    with zipfile.ZipFile(folder / "archives" / "f.zip", "w", zipfile.ZIP_STORED) as archive:
        archive.write(in_zip, in_zip.name)
    in_tar.unlink()
    in_zip.unlink()


def make_clicks(folder: Path) -> Path:
    """A catalog of the target `t` (/m/gun), scored by the detectors `mine` and `other`.

    a to c are positive clips of strong_eval with the target from 5 to 6 s, d to f negative ones. z
    is a positive clip of strong_train, g a weak negative, n a weak positive without audio.
    """
    events = [f"{clip_id(letter)} 5.000 6.000 /m/gun" for letter in "abc"]
    events += [f"{clip_id(letter)} 5.000 6.000 /m/bell" for letter in "def"]
    events += [f"{clip_id(letter)} 2.000 9.500 /m/rap" for letter in "abcdef"]
    events += [f"{clip_id('a')} 8.000 9.000 /m/bell"]
    weak = [f"{youtube_id(letter, 0)} 30.000 40.000 /m/rap" for letter in "bcdef"]
    weak += [f"{youtube_id('a', 0)} 30.000 40.000 /m/gun,/m/rap"]
    metadata = write_metadata(
        folder / "metadata",
        names=f'/m/gun Gunshot, gunfire\n/m/rap {EVIL}\n/m/bell Bell "loud"',
        eval="\n".join(events),
        train=f"{clip_id('z')} 5.000 6.000 /m/gun",
        framed=f"{clip_id('a')} 4.800 5.760 /m/gun PRESENT",
        weak_eval="\n".join(weak),
        balanced=f"{youtube_id('g', 0)} 30.000 40.000 /m/bell,/m/rap\n"
        f"{youtube_id('n', 0)} 30.000 40.000 /m/gun",
    )
    _write_clicks(folder / "audio")
    _pack(folder)
    catalog = folder / "catalog.duckdb"
    inventory = pa.concat_tables([find_files(folder / "audio"), find_members(folder / "archives")])
    build(catalog, [Target("t", ("/m/gun",))], metadata, inventory=inventory)
    (folder / "audio" / f"{youtube_id('z', 0)}.wav").unlink()
    _score(catalog, folder)
    return catalog


def _score(catalog: Path, folder: Path) -> None:
    """Frames of 0.5 s. At 0.9, `mine` finds a, not c and b, and is wrong about d and e."""
    peaks = {
        "mine": {"a": {10: 0.9}, "b": {10: 0.2}, "c": {11: 0.4}, "d": {6: 0.92}},
        "other": {"a": {10: 0.3}, "d": {6: 0.1}},
    }
    # The second one keeps lower thresholds from being chosen.
    peaks["mine"]["e"] = {4: 0.95, 15: 0.5}
    rows = [
        {
            "detector": detector,
            "clip_id": clip_id(letter),
            "scores": [found.get(letter, {}).get(place, 0.05) for place in range(20)],
        }
        for detector, found in peaks.items()
        for letter in "abcdef"
    ]
    pq.write_table(pa.Table.from_pylist(rows), folder / "scores.parquet")
    options = ScoreOptions(hop_seconds=Decimal("0.5"), alarms_per_hour=Decimal(150), replicates=0)
    score(catalog, "t", [folder / "scores.parquet"], options)


def data_of(html: str) -> dict[str, Any]:
    """What a page holds."""
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html)
    return json.loads(text)
