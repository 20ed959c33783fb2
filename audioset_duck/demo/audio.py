"""The audio of the synthetic AudioSet: each label has a sound, and some files are damaged."""

from __future__ import annotations

import functools
import hashlib
import io
import shutil
import wave
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from audioset_duck.audio.extract import extract
from audioset_duck.audio.folders import MARK
from audioset_duck.audio.worker import Options
from audioset_duck.demo.metadata import created_models
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import atomic_write
from audioset_duck.progress import progress
from audioset_duck.sources.definitions import AUDIO_SUBSETS

RATE = 8_000
# All samples are multiples of it: with the lower bits empty, a clip takes a quarter of the disk.
STEP = 128
_TAKE_SECONDS = 10
_FADE_SAMPLES = 24
_PEAK = 3_000 / STEP
_HISS = 0.5
# Seconds between shots, and in which one fades to a third.
_SHOTS = {
    "/m/032s66": (0.6, 0.09),
    "/m/04zjc": (0.11, 0.035),
    "/m/073cg4": (0.35, 0.02),
    # Fireworks are made to be taken for gunshots.
    "/m/0g6b5": (0.5, 0.08),
}
_SNORES = {"/m/01d3sd": 24.0, "/m/07q0yl5": 38.0}
_BABY_CRY = "/t/dd00002"


def make_audio(directory: Path, catalog: Path, *, clips: int = 3000, seed: int = 0) -> None:
    """Create DIRECTORY/archives, and extract all subsets from them to DIRECTORY/audio, as FLAC.

    Both folders are replaced, if the demo created them.

    Args:
        directory: The folder of the demo.
        catalog: A catalog of the metadata of the same `clips` and `seed`; its `audio_files` are
            replaced.
        clips: As for `demo.make_metadata`.
        seed: As for `demo.make_metadata`.

    Raises:
        AudiosetDuckError: One of the folders contains files that the demo did not create.
    """
    folders = directory / "archives", directory / "audio"
    for folder in folders:
        if folder.exists() and not (folder / MARK).exists() and any(folder.iterdir()):
            raise AudiosetDuckError(
                f"{folder} was not created by the demo, and would be replaced; name another folder"
            )
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / MARK).touch()
    archives, audio = folders
    make_archives(archives, clips=clips, seed=seed)
    extract(catalog, archives, audio, AUDIO_SUBSETS, Options(to="flac"))


def make_archives(folder: Path, *, clips: int = 3000, seed: int = 0) -> None:
    """Write archives of the clips of a synthetic AudioSet, named like those of the PANNs project.

    At most 2,400 clips have audio, for any value of `clips`. `sql/demo/demo_audio_clips.sql`
    chooses them, and which of them are invalid. `demo_sounds.sql` says what they sound like.

    Args:
        folder: Folder of the archives. Archives of the same names are replaced.
        clips: As for `demo.make_metadata`.
        seed: As for `demo.make_metadata`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with created_models(folder, clips, seed) as connection:
        archives = connection.execute(
            "select archive, members from demo_archives order by archive"
        ).fetchall()
    total = sum(len(members) for _, members in archives)
    with (
        progress(name="archives", unit="clip", total=total, leave=True) as bar,
        # NumPy and zlib do not block other threads.
        ThreadPoolExecutor() as pool,
    ):
        writing = [
            pool.submit(_write_archive, folder / archive, members, seed, bar.update)
            for archive, members in archives
        ]
        for future in writing:
            future.result()


def clip_samples(
    clip_id: str, seconds: float, sounds: list[dict[str, Any]], seed: int
) -> np.ndarray:
    """Synthesise a clip: its sounds, and a faint hiss.

    Args:
        clip_id: The clip. With `seed` it determines the hiss.
        seconds: Its length.
        sounds: `label_id`, `start_seconds`, `end_seconds`, `take` (0 to 3) and `gain` (0 to 1) of
            each. Without any, all samples are 0.
        seed: The seed.

    Returns:
        int16 of shape (samples,), all of them multiples of `STEP`.
    """
    count = round(seconds * RATE)
    if not sounds:
        return np.zeros(count, np.int16)
    hiss = _random(f"{seed}:{clip_id}").standard_normal(count, np.float32)
    mixed: np.ndarray = hiss * np.float32(_HISS)
    for sound in sounds:
        start, end = round(sound["start_seconds"] * RATE), round(sound["end_seconds"] * RATE)
        take = take_of(sound["label_id"], sound["take"])[: end - start]
        sound_samples = take * np.float32(_PEAK * sound["gain"])
        fade = min(_FADE_SAMPLES, len(sound_samples) // 2)
        sound_samples[len(sound_samples) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
        mixed[start : start + len(sound_samples)] += sound_samples[: count - start]
    limit = 32767 // STEP
    return np.asarray(mixed.round().clip(-limit, limit), np.int16) * np.int16(STEP)


@functools.cache
def take_of(label_id: str, take: int) -> np.ndarray:
    """Ten seconds of the sound of a label, float32 between -1 and 1.

    The timbre follows from the MID alone; the takes of a label differ in pitch and in their noise.
    """
    of_take = _random(f"{label_id}:{take}")
    if label_id in _SHOTS:
        sound = _shots(of_take, *_SHOTS[label_id])
    elif label_id in _SNORES:
        sound = _snore(of_take, _SNORES[label_id])
    elif label_id == _BABY_CRY:
        sound = _harmonics(of_take, 450, 0.8, vibrato=0.04)
    else:
        sound = _any_sound(_random(label_id), of_take)
    return np.asarray(sound / np.abs(sound).max(), np.float32)


def _any_sound(of_label: np.random.Generator, of_take: np.random.Generator) -> np.ndarray:
    """A mixture of a tone and a band of noise, that pulsates."""
    pitch = 110 * 2 ** (4 * of_label.random())
    tone = _harmonics(of_take, pitch, of_label.uniform(0.2, 0.9), of_label.uniform(0, 0.02))
    low = 100 * 2 ** (4.5 * of_label.random())
    noise = _band(of_take, low, low * of_label.uniform(1.3, 2.5))
    share = of_label.random()
    sound = share * tone / tone.std() + (1 - share) * noise / noise.std()
    depth, rate = of_label.uniform(0, 0.7), of_label.uniform(2, 12)
    return np.asarray(sound * (1 - depth * np.sin(np.pi * rate * _seconds()) ** 2))


def _harmonics(
    of_take: np.random.Generator, pitch: float, decay: float, vibrato: float = 0.0
) -> np.ndarray:
    """A tone of `pitch` Hz, each harmonic `decay` times as loud as the one below it."""
    pitch *= of_take.uniform(0.92, 1.08)
    rate = of_take.uniform(4.5, 6.5)
    phase = 2 * np.pi * pitch * _seconds() - vibrato * pitch / rate * np.cos(
        2 * np.pi * rate * _seconds()
    )
    count = min(8, int(RATE / 2 / pitch / (1 + vibrato)))
    numbers = np.arange(count)[:, None]
    return np.asarray((decay**numbers * np.sin((numbers + 1) * phase)).sum(axis=0))


def _shots(of_take: np.random.Generator, interval: float, fading: float) -> np.ndarray:
    """Bursts of noise, the first of them at once."""
    since_shot = _seconds() % (interval * of_take.uniform(0.85, 1.15))
    return np.asarray(of_take.standard_normal(len(since_shot)) * np.exp(-since_shot / fading))


def _snore(of_take: np.random.Generator, rattle: float) -> np.ndarray:
    """Low noise that rattles, now stronger, now weaker."""
    rattling = 0.5 + 0.5 * np.cos(2 * np.pi * rattle * of_take.uniform(0.9, 1.1) * _seconds())
    breathing = 0.6 + 0.4 * np.cos(2 * np.pi * 0.7 * _seconds())
    return _band(of_take, 60, 420) * rattling**2 * breathing


def _band(of_take: np.random.Generator, low: float, high: float) -> np.ndarray:
    """Noise of the frequencies from `low` to `high` Hz, at most up to half the rate."""
    spectrum = np.fft.rfft(of_take.standard_normal(len(_seconds())))
    frequencies = np.fft.rfftfreq(len(_seconds()), 1 / RATE)
    is_in_band = (frequencies >= min(low, RATE / 2 * 0.7)) & (frequencies <= high)
    return np.asarray(np.fft.irfft(spectrum * is_in_band))


@functools.cache
def _seconds() -> np.ndarray:
    return np.arange(_TAKE_SECONDS * RATE) / RATE


def _random(name: str) -> np.random.Generator:
    digest = hashlib.md5(name.encode(), usedforsecurity=False).digest()
    return np.random.default_rng(int.from_bytes(digest))


def _write_archive(
    path: Path, members: list[dict[str, Any]], seed: int, advance: Callable[[int], object]
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            # A name alone would give the member the time of the clock.
            info = zipfile.ZipInfo(member["member"])
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, _file(member, seed), compresslevel=1)
            if member["damage"] == "bad_checksum":
                info.CRC ^= 1
            advance(1)


def _file(member: dict[str, Any], seed: int) -> bytes:
    """The bytes of the file of a clip, damaged as planned."""
    damage = member["damage"]
    if damage == "empty":
        return b""
    if damage == "garbage":
        return _random(f"{seed}:{member['clip_id']}").bytes(20_000)
    seconds = {"short": 0.3, "no_samples": 0.0}.get(damage, member["seconds"])
    sounds = [] if damage == "silent" else member["sounds"]
    samples = clip_samples(member["clip_id"], member["seconds"], sounds, seed)
    samples = samples[: round(seconds * RATE)]
    written = io.BytesIO()
    if damage == "flac":
        soundfile.write(written, samples, RATE, subtype="PCM_16", format="FLAC")
    else:
        with wave.open(written, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(samples.astype("<i2").tobytes())
    data = written.getvalue()
    return data[: len(data) * 2 // 3] if damage == "truncated" else data
