"""`build --live`: views over the files, which are read in each query."""

import contextlib
from pathlib import Path

import duckdb
import pytest
from support.metadata import write_sounds, youtube_id

from audioset_duck import AudioSetDataset, TwoTierBatchSampler
from audioset_duck.catalog.build import build
from audioset_duck.config.targets import Target
from audioset_duck.errors import AudiosetDuckError

# Views that refer to views take their time to be created.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("live")]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A live catalog with a target `gun`, of files that it was given by a relative path."""
    folder = tmp_path_factory.mktemp("live")
    write_sounds(folder / "metadata", 2, {"/m/a": 10}, {"/m/x": 10})
    with contextlib.chdir(folder):
        build(Path("catalog.duckdb"), [Target("gun", ("/m/gun",))], Path("metadata"), live=True)
    return folder / "catalog.duckdb"


def test_it_follows_the_files_from_any_folder(live: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    count = "select count(*) from gun.positive_events"
    with duckdb.connect(str(live), read_only=True) as connection:
        assert connection.execute(count).fetchall() == [(2,)]
        with (live.parent / "metadata" / "audioset_train_strong.tsv").open("a") as file:
            file.write(f"\n{youtube_id('g', 0)}_0\t3.000\t4.000\t/m/gun\n")
        assert connection.execute(count).fetchall() == [(3,)]


def test_it_has_no_epochs(live: Path) -> None:
    dataset = AudioSetDataset(live, "gun")
    with pytest.raises(AudiosetDuckError, match=r"is live: .* build it without --live to train"):
        TwoTierBatchSampler(dataset, 8)


def test_its_files_are_gone(live: Path, run) -> None:
    metadata = live.parent / "metadata"
    away = metadata.rename(metadata.with_name("away"))
    for words in (
        ["check"],
        ["labels", "gun"],
        ["info"],
        ["export", "--target", "gun", "--out", "x"],
    ):
        result = run("--catalog", live, *words)
        assert result.exit_code == 1
        assert "built with --live and reads " in result.stderr
        assert str(metadata) in result.stderr and "put the file back" in result.stderr
    away.rename(metadata)
