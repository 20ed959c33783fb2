"""Fixtures that several folders share."""

import fcntl
import logging
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from support.audio import made_wav, make_sounds
from support.clips import make_clips
from support.commands import COMMAND
from support.listening import make_clicks
from support.metadata import write_metadata

from audioset_duck.catalog.build import build
from audioset_duck.cli.commands import cli
from audioset_duck.config.targets import BUILT_IN
from audioset_duck.demo.metadata import make_metadata


@pytest.fixture(scope="session")
def demo_metadata(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "metadata"
    make_metadata(folder)
    return folder


@pytest.fixture(scope="session")
def demo_catalog(demo_metadata: Path) -> Path:
    """The catalog of the demo with the three built-in targets; not to be written to."""
    catalog = demo_metadata.parent / "catalog.duckdb"
    build(catalog, list(BUILT_IN.values()), demo_metadata)
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
    build(folder / "catalog.duckdb", [], metadata)
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


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalog of `make_sounds`; neither it nor its audio is to be written to."""
    return make_sounds(tmp_path_factory.mktemp("sounds"))


@pytest.fixture(scope="session")
def whole_clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalog of `make_clips`; neither it nor its audio is to be written to."""
    return make_clips(tmp_path_factory.mktemp("clips"))


@pytest.fixture(scope="session")
def clicks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalog of `make_clicks`; neither it nor its audio is to be written to."""
    return make_clicks(tmp_path_factory.mktemp("clicks"))
