"""A folder in which commands work: filled, and compared file by file."""

import functools
import hashlib
import re
import shutil
import tarfile
import unittest.mock
import zipfile
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audioset_duck.audio.extract import extract
from audioset_duck.audio.journal import JOURNAL
from audioset_duck.audio.worker import Options
from audioset_duck.catalog.checks import run_checks
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.catalog.state import read_state
from support.metadata import youtube_id

WRITERS = {
    "first build": "build --name a --label /m/a --metadata metadata --catalog new.duckdb",
    "second target": "build --name a --label /m/a --metadata metadata",
    "download": "download fetched --base-url URL",
    "scan": "scan --audio-root few",
    "export": "export --target t --out out",
    "report": "report --out out --subset strong_train --format csv",
    "score": "score --target t --predictions mine.csv --hop 0.5 --replicates 2",
}
# Their steps are like those of others, so that real processes need not be killed in them.
MORE_WRITERS = {
    "listen": "listen --target t --role positive --limit 2",
    "corrections": "build --metadata metadata --corrections marks.csv",
    "archives": "scan --archives few_tars",
}
# Of strong_eval: a positive clip and a negative one.
PREDICTIONS = "clip_id,frame,score\n" + "".join(
    f"{youtube_id(letter, 0)}_0,{frame},{frame % 7 / 7:.3f}\n"
    for letter in "ef"
    for frame in range(20)
)
MARKS = f"subset,clip_id,event_id,verdict\nstrong_train,{youtube_id('g', 0)}_0,1,incorrect\n"
# What a killed command may leave, for the next one to clear.
LEFT = re.compile(
    r"(made/)?\w+\.duckdb\.building(/.*)?|.*\.part(\.rows)?|.*/\.making(/.*)?|.*\.parts(/.*)?"
)


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
    few = sorted((sounds.parent / "audio").glob("g*.wav"))[:3]
    for name in ("few_zips", "few_tars", "few_parquets"):
        (folder / name).mkdir()
    with zipfile.ZipFile(folder / "few_zips" / "train.zip", "w") as archive:
        for path in few:
            archive.write(path, f"Y{path.name}")
    with tarfile.open(folder / "few_tars" / "train.tar", "w") as archive:
        for path in few:
            archive.add(path, f"Y{path.name}")
    rows = [{"video_id": path.stem, "audio": path.read_bytes()} for path in few]
    pq.write_table(pa.Table.from_pylist(rows), folder / "few_parquets" / "train.parquet")
    (folder / "mine.csv").write_text(PREDICTIONS)
    (folder / "marks.csv").write_text(MARKS)


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
        scored = [
            connection.execute(
                # Decimals: a sum of doubles depends on their order.
                "select detector, unit, count(*), sum(cast(score as decimal(18, 9)))"
                f" from {schema}.scores group by all order by all"
            ).fetchall()
            for (schema,) in connection.execute(
                "select schema_name from duckdb_tables() where table_name = 'scores'"
                " and database_name = current_database()"
            ).fetchall()
        ]
        return sorted(state.targets), state.is_live, audio_files, samples, scored


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


def extract_here(place: Path, archives: str = "few_zips") -> None:
    """What `extract` does with a few clips, in this process."""
    extract(
        place / "catalog.duckdb",
        place / archives,
        place / "extracted",
        ["strong_train"],
        Options(),
        executor=InThisProcess(),
    )


def predict_here(place: Path) -> None:
    """Predict the clips of the eval split, in two parts."""
    import torch

    from audioset_duck import AudioSetClips, predict
    from audioset_duck.training import prediction_parts

    class Loudness(torch.nn.Module):
        def forward(self, wav: torch.Tensor) -> torch.Tensor:
            return wav.unflatten(1, (20, -1)).square().mean(2)

    torch.set_num_threads(1)
    clips = AudioSetClips(place / "catalog.duckdb", "t", "eval", sample_rate=8000, hop_seconds=0.5)
    with unittest.mock.patch.object(prediction_parts, "_SECONDS_OF_A_PART", 0):
        predict(Loudness(), clips, place / "predicted.csv", batch_size=1)
