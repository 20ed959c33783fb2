"""Archives with every kind of damage, and what is extracted from them."""

import io
from pathlib import Path

import duckdb
import numpy as np
import soundfile

from audioset_duck.audio.extract import extract
from audioset_duck.audio.extraction_plan import DryRun
from audioset_duck.audio.worker import Options

RATE = 32_000


def tone(seconds: float = 10.0, level: float = 0.5, channels: int = 1) -> np.ndarray:
    time_axis = np.arange(round(seconds * RATE)) / RATE
    wave = (level * 32767 * np.sin(2 * np.pi * 440 * time_axis)).astype(np.int16)
    return np.repeat(wave[:, None], channels, axis=1)


def wav(samples: np.ndarray, subtype: str = "PCM_16", form: str = "WAV") -> bytes:
    written = io.BytesIO()
    soundfile.write(written, samples, RATE, subtype=subtype, format=form)
    return written.getvalue()


GOOD = wav(tone(1.0))


SILENT = wav(np.zeros(RATE, np.int16))


CASES = {
    "good_______": (GOOD, "ok"),
    "-good_-good": (GOOD, "ok"),
    "silent_____": (SILENT, "silent"),
    "silenceok__": (SILENT, "ok"),
    "short______": (wav(tone(0.3)), "too_short"),
    "cut________": (GOOD[:-1000], "corrupted"),
    "garbage____": (b"no audio at all" * 100, "corrupted"),
    "empty______": (b"", "empty"),
    "nosamples__": (wav(tone(0.0)), "empty"),
    "float______": (wav(tone(1.0).astype(np.float32) / 32768, "FLOAT"), "ok"),
    "ulaw_______": (wav(tone(1.0), "ULAW"), "ok"),
    "flac_______": (wav(tone(1.0), form="FLAC"), "wrong_format"),
    "missing____": (None, "missing"),
}


def run_extract(place: Path, *subsets: str, **options: object) -> dict[str, tuple]:
    """Extract, and give status and path below the audio root of each row of the inventory."""
    extract(
        place / "catalog.duckdb",
        place / "zips",
        place / "audio",
        subsets or ("weak_eval",),
        Options(**options),
        workers=2,
    )
    return inventory(place)


def foretell(place: Path) -> DryRun:
    """What an extraction would do."""
    return extract(
        place / "catalog.duckdb",
        place / "zips",
        place / "audio",
        ["weak_eval"],
        Options(),
        dry_run=True,
    )


def inventory(place: Path) -> dict[str, tuple]:
    with duckdb.connect(str(place / "catalog.duckdb"), read_only=True) as connection:
        rows = connection.execute("select ytid, status, audio_path from audio_files").fetchall()
    root = place.resolve() / "audio"
    return {
        ytid: (status, path and str(Path(path).relative_to(root))) for ytid, status, path in rows
    }
