"""A folder in which commands work: filled, and compared file by file."""

import functools
import hashlib
import re
import shutil
import zipfile
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path

from audioset_duck.audio.extract import extract
from audioset_duck.audio.journal import JOURNAL
from audioset_duck.audio.worker import Options
from audioset_duck.catalog.checks import run_checks
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.catalog.state import read_state

WRITERS = {
    "first build": "build --name a --label /m/a --metadata metadata --catalog new.duckdb",
    "second target": "build --name a --label /m/a --metadata metadata",
    "download": "download fetched --base-url URL",
    "scan": "scan --audio-root few",
    "export": "export --target t --out out",
    "report": "report --out out --subset strong_train --format csv",
}
# What a killed command may leave, for the next one to clear.
LEFT = re.compile(r"(made/)?\w+\.duckdb\.building(/.*)?|.*\.part(\.rows)?|.*/\.making(/.*)?")


def empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def fill(folder: Path, sounds: Path) -> None:
    """Empty a folder, and put into it a catalog, and what commands work on."""
    empty(folder)
    shutil.copyfile(sounds, folder / "catalog.duckdb")
    shutil.copytree(sounds.parent / "metadata", folder / "metadata")
    (folder / "zips").mkdir()
    (folder / "few").mkdir()
    with zipfile.ZipFile(folder / "zips" / "train.zip", "w") as archive:
        for path in (sounds.parent / "audio").glob("[gs]*.wav"):
            archive.write(path, f"Y{path.name}")
            if path.name.startswith("g"):
                (folder / "few" / path.name).symlink_to(path)
    (folder / "few_zips").mkdir()
    with zipfile.ZipFile(folder / "few_zips" / "train.zip", "w") as archive:
        for path in sorted((sounds.parent / "audio").glob("g*.wav"))[:3]:
            archive.write(path, f"Y{path.name}")


@functools.lru_cache
def summary(catalog: Path, sha256: str, is_checked: bool) -> tuple:
    """What a catalog holds, in short; all its checks pass."""
    with open_catalog(catalog) as connection:
        if is_checked:
            assert [found.name for found in run_checks(connection) if found.count] == []
        ((audio_files,),) = connection.execute("select count(*) from audio_files").fetchall()
        state = read_state(connection)
        samples = [
            connection.execute(
                f"select count(*), sum(sample_id), sum(end_seconds) from {target}.samples"
            ).fetchall()
            for target in sorted(state.targets)
        ]
        return sorted(state.targets), state.is_live, audio_files, samples


def files(place: Path, *, is_checked: bool = True) -> dict[str, object]:
    """What each file holds, without what is being written."""
    found: dict[str, object] = {}
    for path in place.rglob("*"):
        name = str(path.relative_to(place))
        if path.is_file() and not LEFT.fullmatch(name) and path.name != JOURNAL:
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
            is_catalog = path.suffix == ".duckdb"
            found[name] = summary(path, sha256, is_checked) if is_catalog else sha256
    return found


def left(place: Path) -> list[str]:
    """What a killed command has left."""
    names = (str(path.relative_to(place)) for path in place.rglob("*"))
    return [name for name in names if LEFT.fullmatch(name)]


def check_each(found: dict, old: dict, new: dict) -> None:
    """Each file is the old or the new one, and none is lost."""
    assert old.keys() <= found.keys() <= new.keys()
    assert {
        name: what for name, what in found.items() if what not in (old.get(name), new[name])
    } == {}


class InThisProcess(Executor):
    """Runs what it is given at once, where failures can be counted."""

    def submit(self, call: Callable, /, *arguments: object, **options: object) -> Future:
        future: Future = Future()
        future.set_result(call(*arguments, **options))
        return future


def extract_here(place: Path) -> None:
    """What `extract` does with a few clips, in this process."""
    extract(
        place / "catalog.duckdb",
        place / "few_zips",
        place / "extracted",
        ["strong_train"],
        Options(),
        executor=InThisProcess(),
    )
