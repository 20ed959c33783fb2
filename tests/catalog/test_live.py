"""`build --live`: views over the files, which are read in each query."""

import contextlib
import shutil
from pathlib import Path

import duckdb
import pytest
from support.metadata import youtube_id

from audioset_duck import AudioSetDataset, TwoTierBatchSampler
from audioset_duck.audio.scan import find_files
from audioset_duck.catalog.build import build
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.catalog.models import LAYERS, read_templates
from audioset_duck.config.targets import Target
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.listen.page import make_page
from audioset_duck.listen.selection import Selection
from audioset_duck.sqltext import literal, sql_folder

# Views that refer to views take their time to be created.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("live")]


@pytest.fixture(scope="module")
def live(sounds: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalog `sounds`, live, of files that it was given by a relative path."""
    folder = tmp_path_factory.mktemp("live")
    shutil.copytree(sounds.parent / "metadata", folder / "metadata")
    inventory = find_files(sounds.parent / "audio")
    target = Target("t", ("/m/gun",))
    with contextlib.chdir(folder):
        build(Path("live.duckdb"), [target], Path("metadata"), inventory=inventory, live=True)
    return folder / "live.duckdb"


def test_everything_is_a_view_with_the_rows_of_a_stored_catalog(live: Path, sounds: Path) -> None:
    with duckdb.connect(str(live), read_only=True) as connection:
        # As our connections do: it is slow for the deep views of a live catalog.
        connection.execute("set disabled_optimizers = 'projection_pullup'")
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where not internal"
        ).fetchall()
        assert sorted(tables) == [
            ("internal.marks",),
            ("main.audio_files",),
            ("meta.builds",),
            ("meta.rejected_rows",),
            ("meta.sources",),
        ]
        connection.execute(f"attach {literal(str(sounds))} as stored (read_only)")
        names = connection.execute("""
            select schema_name || '.' || view_name from duckdb_views()
            where
                database_name = current_database()
                and schema_name in ('staging', 'main', 'internal', 'internal_1000ms', 't')
                and not internal
        """).fetchall()
        assert len(names) > 60
        # All others show in those that no model refers to.
        templates = read_templates(sql_folder(), LAYERS)
        inner = {name for template in templates for name in template.refs}
        outer = [name for (name,) in names if name.rpartition(".")[2] not in inner]
        assert len(outer) > 20
        for name in outer:
            found, stored = (
                connection.execute(
                    f"select count(*), sum(hash(one_row)) from {database}{name} as one_row"
                ).fetchall()
                for database in ("", "stored.")
            )
            assert found == stored, name


def test_it_can_be_listened_to(live: Path, sounds: Path) -> None:
    pages = []
    for catalog in (live, sounds):
        with open_catalog(catalog) as connection:
            page = make_page(connection, Selection("t", role="positive"))
        pages.append(page.html.replace(catalog.name, ""))
    assert pages[0] == pages[1]


def test_it_has_no_epochs(live: Path) -> None:
    dataset = AudioSetDataset(live, "t")
    with pytest.raises(AudiosetDuckError, match=r"is live: .* build it without --live to train"):
        TwoTierBatchSampler(dataset, 8)


def test_its_files_are_gone(live: Path, run) -> None:
    metadata = live.parent / "metadata"
    away = metadata.rename(metadata.with_name("away"))
    try:
        for words in ("check", "labels gun", "info", "export --target t --out x"):
            result = run("--catalog", live, *words.split())
            assert result.exit_code == 1
            assert "built with --live and reads " in result.stderr
            assert str(metadata) in result.stderr and "put the file back" in result.stderr
    finally:
        away.rename(metadata)


def test_it_follows_the_files_from_any_folder(live: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The last test, since it changes a file.
    monkeypatch.chdir("/")
    count = "select count(*) from t.positive_events"
    with duckdb.connect(str(live), read_only=True) as connection:
        assert connection.execute(count).fetchall() == [(22,)]
        with (live.parent / "metadata" / "audioset_train_strong.tsv").open("a") as file:
            file.write(f"\n{youtube_id('g', 0)}_0\t1.500\t1.700\t/m/gun\n")
        assert connection.execute(count).fetchall() == [(23,)]
