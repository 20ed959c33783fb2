"""A build is all or nothing, does not disturb readers, and does no work twice."""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pytest
import soundfile
from support.commands import SHELLS
from support.inventory import found_files
from support.metadata import write_metadata

import audioset_duck.catalog.build as building
import audioset_duck.catalog.staging as loading
from audioset_duck.catalog import build_steps
from audioset_duck.catalog.build import build
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.catalog.models import Model
from audioset_duck.catalog.state import read_state
from audioset_duck.catalog.swap import replace_catalog
from audioset_duck.config.targets import BUILT_IN, Target
from audioset_duck.demo.metadata import make_metadata
from audioset_duck.errors import AudiosetDuckError

EXAMPLE = Path(__file__).parents[2] / "catalog.duckdb.example"
GUN, SNORE = BUILT_IN["gun"], BUILT_IN["snore"]
COMMAND = [sys.executable, "-c", "from audioset_duck.cli.commands import main; main()"]


def ask(catalog: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(catalog), read_only=True) as connection:
        return connection.execute(query).fetchall()


def content(catalog: Path) -> dict[str, tuple[int, int]]:
    """Of each relation how many rows, and the sum of their hashes."""
    with duckdb.connect(str(catalog), read_only=True) as connection:
        names = connection.execute("""
            select schema_name || '.' || table_name from duckdb_tables() where not internal
            union all
            select schema_name || '.' || view_name from duckdb_views() where not internal
        """).fetchall()
        return {
            name: connection.execute(
                f"select count(*), sum(hash(one_row)) from {name} as one_row"
            ).fetchall()[0]
            for (name,) in names
        }


@pytest.fixture
def catalog(demo_catalog: Path, tmp_path: Path) -> Path:
    """A catalog of the demo that may be written to."""
    return Path(shutil.copyfile(demo_catalog, tmp_path / "catalog.duckdb"))


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources that are read, as they are."""
    read: list[str] = []

    def load_sources(*arguments, **options):
        read.extend(file.path.name for file in arguments[2])
        return original(*arguments, **options)

    original = building.load_sources
    monkeypatch.setattr(building, "load_sources", load_sources)
    return read


@pytest.mark.slow
def test_a_second_target_reads_no_source_again(
    demo_metadata: Path, tmp_path: Path, loads: list[str]
) -> None:
    once, twice = tmp_path / "once.duckdb", tmp_path / "twice.duckdb"
    build(once, [GUN, SNORE], demo_metadata)
    assert len(loads) == 9
    build(twice, [GUN], demo_metadata)
    assert len(loads) == 18
    build(twice, [SNORE], demo_metadata)
    assert len(loads) == 18
    expected, found = content(once), content(twice)
    assert (expected.pop("meta.builds")[0], found.pop("meta.builds")[0]) == (1, 2)
    assert found == expected
    assert read_state(open_catalog(twice)).targets.keys() == {"gun", "snore"}


def test_a_target_is_replaced(demo_metadata: Path, catalog: Path) -> None:
    before = ask(catalog, "select count(*) from gun.positive_events")
    build(catalog, [Target("gun", GUN.labels, descendants=True)], demo_metadata)
    assert ask(catalog, "select count(*) from gun.positive_events") > before
    assert ask(catalog, "from gun.untargeted_descendants") == []
    build(catalog, [GUN], demo_metadata)
    assert ask(catalog, "select count(*) from gun.positive_events") == before


@pytest.mark.slow
def test_changed_sources_are_read_and_all_targets_rebuilt(tmp_path: Path) -> None:
    names = "/m/a A\n/m/b B"
    row = "aaaaaaaaaaa_0 0.000 1.000 /m/a\n"
    metadata = write_metadata(tmp_path / "metadata", names=names, train=row)
    catalog = tmp_path / "catalog.duckdb"
    target = Target("a", ("A",), ("B",))
    build(catalog, [target], metadata)
    write_metadata(metadata, train=row + row.replace("0.000", "0.500"))
    build(catalog, [Target("b", ("B",))], metadata)
    assert ask(catalog, "select count(*) from a.positive_events") == [(2,)]
    assert ask(catalog, "select role from a.target_labels") == [("positive",), ("ignored",)]


def test_a_catalog_is_enough_for_a_further_target(
    catalog: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    build(catalog, [Target("dog", ("Bark",))])
    assert ask(catalog, "select count(*) > 0 from dog.positive_events") == [(True,)]
    with pytest.raises(AudiosetDuckError, match=r"a live catalog reads its files; .*--metada"):
        build(catalog, [GUN], live=True)
    monkeypatch.setattr(building, "fingerprint", lambda _: "of other models")
    with pytest.raises(AudiosetDuckError, match=r"built by another version .* with --metadata DIR"):
        build(catalog, [GUN])


@pytest.mark.parametrize(
    "options",
    ['{"samples": {"newer": 1}}', '{"targets": {"gun": {"training": {"newer": 1}}}}'],
    ids=["samples", "target"],
)
def test_options_that_another_version_recorded(catalog: Path, options: str) -> None:
    """The user cannot fix them in a file of options."""
    with duckdb.connect(str(catalog)) as connection:
        connection.execute(f"""
            update meta.builds set configuration = json_merge_patch(configuration, '{options}'),
                versions = json_merge_patch(versions, '{{"models": "newer"}}')
        """)
    with pytest.raises(AudiosetDuckError, match=r"another version .*'newer'.*; move the file away"):
        build(catalog, [GUN])


@pytest.mark.slow
def test_new_models_rebuild_everything(
    demo_metadata: Path, catalog: Path, loads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "fingerprint", lambda _: "of other models")
    build(catalog, [GUN], demo_metadata)
    assert len(loads) == 9


@pytest.mark.slow
def test_tables_of_the_user_are_kept(tmp_path: Path) -> None:
    metadata = write_metadata(tmp_path / "metadata", names="/m/a A")
    catalog = tmp_path / "catalog.duckdb"
    build(catalog, [Target("a", ("A",))], metadata)
    with duckdb.connect(str(catalog)) as connection:
        connection.execute("create schema mine; create table mine.notes as select 'hello' as note")
    write_metadata(metadata, names="/m/a A\n/m/b B")
    build(catalog, [], metadata)
    assert ask(catalog, "from mine.notes") == [("hello",)]
    with pytest.raises(AudiosetDuckError, match="schema mine that is not a target; rename"):
        build(catalog, [Target("mine", ("A",))], metadata)


def test_skipped_rows_stay_skipped_until_the_file_changes(tmp_path: Path) -> None:
    metadata = write_metadata(tmp_path / "metadata", names="/m/a A", train="nonsense")
    catalog = tmp_path / "catalog.duckdb"
    build(catalog, [], metadata, skip_bad_rows=True)
    build(catalog, [Target("a", ("A",))], metadata)
    assert ask(catalog, "select line, text from meta.rejected_rows") == [(2, "nonsense")]
    write_metadata(metadata, names="/m/a A", train="other\tnonsense")
    before = catalog.read_bytes()
    with pytest.raises(AudiosetDuckError, match="line 2"):
        build(catalog, [Target("a", ("A",))], metadata)
    assert catalog.read_bytes() == before
    with pytest.raises(AudiosetDuckError, match="--live cannot be combined with --skip-bad-rows"):
        build(catalog, [], metadata, live=True, skip_bad_rows=True)


def test_nothing_is_left_of_a_failed_build(catalog: Path, demo_metadata: Path) -> None:
    before = catalog.read_bytes()
    with pytest.raises(AudiosetDuckError, match="unknown label 'Barkk'"):
        build(catalog, [Target("dog", ("Barkk",))], demo_metadata)
    assert catalog.read_bytes() == before
    assert [path.name for path in catalog.parent.iterdir()] == [catalog.name]


def test_sources_changed_during_a_build(
    demo_metadata: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = Path(shutil.copytree(demo_metadata, tmp_path / "metadata"))
    changed = metadata / "eval_segments.csv"

    def find_sources(folder: Path):
        files = original(folder)
        changed.write_text(changed.read_text() + 'zzzzzzzzzzz, 0.000, 10.000, "/m/04rlf"\n')
        return files

    original = building.find_sources
    monkeypatch.setattr(building, "find_sources", find_sources)
    with pytest.raises(AudiosetDuckError, match=r"eval_segments.csv was changed while it was read"):
        build(tmp_path / "c.duckdb", [], metadata)


def test_a_source_removed_during_a_build(
    demo_metadata: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After it was read: the operating system does not report that."""
    metadata = Path(shutil.copytree(demo_metadata, tmp_path / "metadata"))

    def create_and_remove(connection, model, live) -> None:
        create(connection, model, live)
        if "eval_segments.csv" in model.select:
            (metadata / "eval_segments.csv").unlink()

    create = loading.create
    monkeypatch.setattr(loading, "create", create_and_remove)
    with pytest.raises(AudiosetDuckError, match=r"eval_segments.csv was removed while it was read"):
        build(tmp_path / "c.duckdb", [], metadata)
    assert not (tmp_path / "c.duckdb").exists()


@pytest.mark.slow
def test_an_inventory_for_a_catalog_of_another_version(
    run, demo_catalog: Path, demo_metadata: Path, tmp_path: Path
) -> None:
    """The inventory is updated; the samples, which need the models of this version, are not."""
    shutil.copyfile(demo_catalog, tmp_path / "catalog.duckdb")
    with duckdb.connect(str(tmp_path / "catalog.duckdb")) as connection:
        older = """json_merge_patch(versions, '{"models": "older"}')"""
        connection.execute(f"update meta.builds set versions = {older}")
        connection.execute("drop macro main.audio_file_readings")
    ((ytid,),) = ask(demo_catalog, "select ytid from gun.samples limit 1")
    (tmp_path / "audio").mkdir()
    soundfile.write(tmp_path / "audio" / f"{ytid}.wav", np.zeros(8000), 8000)
    result = run("scan", "--audio-root", "audio")
    assert result.exit_code == 0, result.stderr
    assert (
        "Warning: the catalog was built by another version of audioset-duck, so its samples were"
        " not updated; update them with audioset-duck build\n"
    ) in result.stderr
    assert "Samples now have this audio" not in result.stderr
    assert ask(tmp_path / "catalog.duckdb", "select ytid, status from audio_files") == [
        (ytid, "ok")
    ]
    paths = "select count(audio_path) from gun.samples"
    assert ask(tmp_path / "catalog.duckdb", paths) == [(0,)]
    assert run("build", "--metadata", demo_metadata).exit_code == 0
    assert ask(tmp_path / "catalog.duckdb", paths) != [(0,)]


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda path: path.write_bytes(b"no database" * 1000), "cannot be opened as a DuckDB file"),
        (lambda path: path.write_bytes(b""), "cannot be opened as a DuckDB file"),
        (lambda path: duckdb.connect(str(path)).close(), "but not a catalog of audioset-duck"),
        (lambda path: path.mkdir(), "is a folder; expected a file"),
    ],
)
def test_a_file_of_another_program_is_left_alone(
    demo_metadata: Path, tmp_path: Path, prepare, message: str
) -> None:
    catalog = tmp_path / "catalog.duckdb"
    prepare(catalog)
    before = catalog.is_file() and catalog.read_bytes()
    with pytest.raises(AudiosetDuckError, match=message):
        build(catalog, [GUN], demo_metadata)
    assert (catalog.is_file() and catalog.read_bytes()) == before


@pytest.mark.parametrize(
    ("builds", "message"),
    [
        (
            """insert into meta.builds values (now()::timestamp, '{"audioset_duck": "0.1.0"}',
                '{"targets": {"gun": {"clip_length": "1.000"}, "dog": {}}}', 1)""",
            "by audioset-duck 0.1.0, .*; move .* away .* audioset-duck build --target gun"
            " --target dog. Tables of your own stay in the old file",
        ),
        ("", "by audioset-duck 0.1, .*; move .* away .* audioset-duck build --target NAME"),
        (
            "insert into meta.builds values (now()::timestamp, '[]', '3', 1)",
            "by audioset-duck 0.1,",
        ),
    ],
)
def test_a_catalog_of_version_0_1_is_refused(
    demo_metadata: Path, tmp_path: Path, builds: str, message: str
) -> None:
    catalog = tmp_path / "catalog.duckdb"
    with duckdb.connect(str(catalog)) as connection:
        connection.execute(f"""
            create schema meta;
            create table meta.sources (
                file varchar, bytes bigint, sha256 varchar, rows bigint, rejected_rows bigint
            );
            create table meta.rejected_rows (
                file varchar, line bigint, reason varchar, text varchar
            );
            create table meta.builds (
                time timestamp, versions json, configuration json, seconds double
            );
            {builds}
        """)
    before = catalog.read_bytes()
    with pytest.raises(AudiosetDuckError, match=f"{catalog} was built {message}"):
        open_catalog(catalog)
    with pytest.raises(AudiosetDuckError, match=f"{catalog} was built {message}"):
        build(catalog, [GUN], demo_metadata)
    assert catalog.read_bytes() == before


def test_info_lists_relations_with_what_a_row_is(run, demo_catalog: Path) -> None:
    result = run("info", "--catalog", demo_catalog)
    assert result.exit_code == 0, result.stderr
    lines = [re.split(r"  +", line) for line in result.stdout.splitlines()]
    assert ["main.matching_labels(search)", "table function"] in [line[:2] for line in lines]
    plan = "TARGET.epoch_plan(seed, epoch, batch_size, rank, world_size, hard)"
    assert [plan, "table function"] in [line[:2] for line in lines]
    assert ["meta.builds", "table", "One build of this catalog, the newest last"] in lines
    listed = [line for line in lines if len(line) > 1 and line[1] in ("table", "view")]
    assert all(len(line) == 3 for line in listed)
    names = ask(demo_catalog, "select schema_name || '.' || name from relations")
    assert len({name.replace("snore.", "gun.") for (name,) in names}) < len(names)


def test_a_catalog_open_for_writing_elsewhere(catalog: Path, demo_metadata: Path) -> None:
    code = f"import duckdb; c = duckdb.connect({str(catalog)!r}); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout.readline() == "1\n"
        with pytest.raises(
            AudiosetDuckError,
            match=r"is open for writing in another program \(process \d+\); close",
        ):
            build(catalog, [GUN], demo_metadata)
        writer.communicate("\n")
    build(catalog, [GUN], demo_metadata)


def test_the_log_of_a_killed_writer_is_kept(catalog: Path, demo_metadata: Path) -> None:
    code = f"""
import duckdb, os
connection = duckdb.connect({str(catalog)!r})
connection.execute("set wal_autocheckpoint = '1TB'")
connection.execute("create schema mine; create table mine.notes as select 1 as note")
os._exit(9)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    assert catalog.with_name("catalog.duckdb.wal").exists()
    build(catalog, [GUN], demo_metadata)
    assert ask(catalog, "from mine.notes") == [(1,)]
    assert sorted(path.name for path in catalog.parent.iterdir()) == ["catalog.duckdb"]


def test_a_reader_keeps_the_catalog_that_it_opened(catalog: Path, demo_metadata: Path) -> None:
    """A reader in another process, with a query half fetched, neither blocks nor notices."""
    code = f"""
import duckdb
connection = duckdb.connect({str(catalog)!r}, read_only=True)
connection.execute("set enable_progress_bar = false")
rows = connection.execute("select clip_id from weak_clips order by clip_id")
first = rows.fetchmany(10)
print(1, flush=True); input()
rest = rows.fetchall()
schemas = connection.execute("from duckdb_schemas() where schema_name = 'dog'").fetchall()
print(len(first) + len(rest), schemas)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdout.readline() == "1\n"
        build(catalog, [Target("dog", ("Bark",))], demo_metadata)
        out, _ = reader.communicate("\n")
    assert out == "3700 []\n"
    assert ask(catalog, "select count(*) > 0 from dog.positive_events") == [(True,)]


@pytest.mark.slow
def test_a_writer_meanwhile_keeps_what_it_wrote(catalog: Path, demo_metadata: Path) -> None:
    """Whether it still has the catalog open, has closed it, or was killed with a log."""
    for end in ("input()", "connection.close()", "os._exit(9)"):
        code = f"""
import duckdb, os
connection = duckdb.connect({str(catalog)!r})
connection.execute("set wal_autocheckpoint = '1TB'")
connection.execute("create or replace table notes as select 1 as note")
print(1, flush=True)
{end}
"""
        with (
            pytest.raises(AudiosetDuckError, match=r"open for writing in|was changed by another"),
            replace_catalog(catalog),
        ):
            writer = subprocess.Popen(
                [sys.executable, "-c", code],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert writer.stdout.readline() == "1\n"
            if end != "input()":
                writer.wait()
        writer.communicate("\n")
        build(catalog, [GUN], demo_metadata)
        assert ask(catalog, "from notes") == [(1,)]


def test_files_of_a_killed_build_of_another_user(
    catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = catalog.with_name("catalog.duckdb.building")
    folder.mkdir()
    (folder / "new.duckdb").touch()

    def refuse(path: Path, **_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "unlink", refuse)
    with (
        pytest.raises(
            AudiosetDuckError, match=rf"Permission denied; remove {re.escape(str(folder))}"
        ),
        replace_catalog(catalog),
    ):
        pass


@pytest.mark.slow
def test_builds_beside_a_reader_in_the_same_process(catalog: Path, demo_metadata: Path) -> None:
    with open_catalog(catalog) as reader, duckdb.connect(str(catalog), read_only=True) as other:
        build(catalog, [Target("dog", ("Bark",))], demo_metadata)
        build(catalog, [Target("cat", ("Cat",))], demo_metadata)
        assert {"dog", "cat"} <= read_state(open_catalog(catalog)).targets.keys()
        assert "dog" not in read_state(reader).targets
        assert other.execute("from duckdb_schemas() where schema_name = 'dog'").fetchall() == []


@pytest.mark.parametrize(
    "name", ["gun.duckdb", "meta.duckdb", "staging.db", "main", "gun.v2.duckdb", "Gun.duckdb"]
)
def test_a_catalog_is_not_named_as_a_schema(demo_metadata: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(AudiosetDuckError, match=r"has the name of a schema .*_catalog.duckdb"):
        build(tmp_path / name, [GUN], demo_metadata)


def test_a_catalog_is_not_named_as_a_kept_target(catalog: Path, demo_metadata: Path) -> None:
    renamed = catalog.rename(catalog.with_name("gun.duckdb"))
    with pytest.raises(AudiosetDuckError, match="has the name of a schema"):
        build(renamed, [SNORE], demo_metadata)


@pytest.mark.parametrize("name", ["x?y.duckdb", "x\\y.duckdb"])
def test_paths_that_duckdb_cannot_write(demo_metadata: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(AudiosetDuckError, match=r"contains a .; name another path"):
        build(tmp_path / name, [], demo_metadata)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["md:x", "s3:z.duckdb", "a b'c\"d#é.duckdb"])
def test_odd_names_are_only_names(run, demo_metadata: Path, tmp_path: Path, name: str) -> None:
    result = run("build", "--target", "gun", "--metadata", demo_metadata, "--catalog", name)
    assert result.exit_code == 0, result.stderr
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_catalog_renamed_to_its_target_can_still_be_read(run, catalog: Path) -> None:
    catalog.rename(catalog.with_name("gun.duckdb"))
    result = run("sql", "from gun.subset_counts", "--catalog", "gun.duckdb", "--format", "csv")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 7


@pytest.mark.slow
def test_a_wrong_clock(catalog: Path, demo_metadata: Path) -> None:
    with duckdb.connect(str(catalog)) as connection:
        connection.execute("update meta.builds set time = '2030-01-01'")
    build(catalog, [Target("dog", ("Bark",))], demo_metadata)
    build(catalog, [Target("dog", ("Cat",))], demo_metadata)
    assert read_state(open_catalog(catalog)).targets["dog"]["labels"] == ["Cat"]


@pytest.mark.slow
def test_a_target_that_the_user_dropped(run, catalog: Path, demo_metadata: Path) -> None:
    with duckdb.connect(str(catalog)) as connection:
        connection.execute("drop schema gun cascade")
    assert run("info", "--catalog", catalog).exit_code == 0
    assert run("check", "--catalog", catalog).exit_code == 0
    build(catalog, [GUN], demo_metadata)
    assert ask(catalog, "select count(*) > 0 from gun.positive_events") == [(True,)]


def test_a_catalog_without_its_builds(catalog: Path) -> None:
    with duckdb.connect(str(catalog)) as connection:
        connection.execute("delete from meta.builds")
    with pytest.raises(AudiosetDuckError, match=r"meta.builds is empty; build the catalog again"):
        read_state(open_catalog(catalog))


@pytest.mark.slow
def test_a_link_and_the_rights_of_the_file_are_kept(demo_metadata: Path, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    link = tmp_path / "catalog.duckdb"
    link.symlink_to(tmp_path / "store" / "real.duckdb")
    build(link, [GUN], demo_metadata)
    link.chmod(0o600)
    build(link, [SNORE], demo_metadata)
    assert link.is_symlink()
    assert link.stat().st_mode & 0o777 == 0o600
    assert ask(link, "select count(*) > 0 from snore.positive_events") == [(True,)]


def test_a_kept_target_whose_label_is_gone(tmp_path: Path) -> None:
    metadata = write_metadata(tmp_path / "metadata", names="/m/a A\n/m/b B")
    catalog = tmp_path / "catalog.duckdb"
    build(catalog, [Target("a", ("A",))], metadata)
    write_metadata(metadata, names="/m/b B")
    with pytest.raises(
        AudiosetDuckError,
        match=r"target a: unknown label 'A'.*earlier build.*drop schema a cascade",
    ):
        build(catalog, [Target("b", ("B",))], metadata)


def test_labels_that_no_file_lists_are_warned_of(tmp_path: Path, caplog) -> None:
    metadata = write_metadata(
        tmp_path / "metadata", names="/m/a A", train="aaaaaaaaaaa_0 0.000 1.000 /m/nobody"
    )
    build(tmp_path / "catalog.duckdb", [], metadata)
    assert (
        "labels of the data that no label file lists: 1; list them with audioset-duck check"
        in caplog.text
    )


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("output_format", ["table", "csv"])
def test_a_long_query_can_be_stopped(catalog: Path, number: int, output_format: str) -> None:
    query = "select count(*) as n from range(100000000000) as t (a) where a % 7 = 3"
    process = subprocess.Popen(
        [*COMMAND, "sql", query, "--format", output_format, "--catalog", catalog],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(2)
    process.send_signal(number)
    assert process.wait(20) != 0


def test_terminated_cleanly(demo_metadata: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [
            *COMMAND,
            "build",
            "--metadata",
            str(demo_metadata),
            "--catalog",
            str(tmp_path / "c.duckdb"),
        ],
        stderr=subprocess.PIPE,
    )
    while not (tmp_path / "c.duckdb.building" / "new.duckdb").exists():
        time.sleep(0.01)
    process.terminate()
    process.communicate()
    assert process.returncode == 143
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(demo_metadata: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(AudiosetDuckError, match=f"{tmp_path} cannot be written to: Permission"):
        build(tmp_path / "catalog.duckdb", [], demo_metadata)


def test_a_folder_that_cannot_be_created(demo_metadata: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AudiosetDuckError, match="file cannot be written to: "):
        build(tmp_path / "file" / "catalog.duckdb", [], demo_metadata)


@pytest.mark.parametrize("room", [-200_000, 0, 70_000, 150_000, 300_000, 500_000])
def test_a_full_disk(catalog: Path, demo_metadata: Path, room: int) -> None:
    """A limit on the size of files stands for the disk that is full, sooner or later."""
    before = catalog.read_bytes()
    code = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before) + room},) * 2);"
        "from audioset_duck.cli.commands import main; main()"
    )
    labels = ("Speech", "Music", "Vehicle", "Bird", "Dog", "Car", "Engine", "Animal", "Wind")
    arguments = [word for label in labels for word in ("--label", label)]
    options = ["--name", "most", "--metadata", demo_metadata, "--catalog", catalog]
    result = subprocess.run(
        [sys.executable, "-c", code, "build", *options, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in result.stderr
    assert [path.name for path in catalog.parent.iterdir()] == ["catalog.duckdb"]
    if result.returncode:
        assert "Error: " in result.stderr
        assert catalog.read_bytes() == before
    else:
        with open_catalog(catalog) as connection:
            assert "most" in read_state(connection).targets
    assert room > 300_000 or result.returncode == 1


@pytest.mark.slow
def test_little_memory_makes_the_same_catalog(tmp_path: Path) -> None:
    metadata = tmp_path / "metadata"
    make_metadata(metadata, clips=30_000)
    catalogs = [tmp_path / f"{limit}.duckdb" for limit in ("1GB", "100MB")]
    for catalog in catalogs:
        build(catalog, [GUN], metadata, memory_limit=catalog.stem)
    usual, little = (
        ask(
            catalog,
            "select sum(hash(samples)), count(*), count(distinct sample_id) from gun.samples"
            " union all select sum(hash(pool_members)), count(*), max(member_id)"
            " from gun.pool_members",
        )
        for catalog in catalogs
    )
    assert usual == little


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ("512", r"the memory limit is '512'; expected a size, as in 512MB or 2GB"),
        ("a'; drop", r"the memory limit is \"a'; drop\"; expected a size"),
        ("8MB", r"Out of Memory Error.*; give the build more with --memory-limit"),
    ],
)
def test_an_invalid_memory_limit(
    run, demo_metadata: Path, tmp_path: Path, limit: str, message: str
) -> None:
    command = ["build", "--target", "gun", "--metadata", str(demo_metadata)]
    result = run(*command, "--memory-limit", limit)
    assert result.exit_code == 1
    assert re.search(message, result.stderr), result.stderr
    assert not list(tmp_path.iterdir())


def test_views_do_not_depend_on_the_folder_or_the_name_of_the_database(
    catalog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    moved = catalog.rename(tmp_path / "elsewhere" / "renamed.duckdb")
    monkeypatch.chdir("/")
    expected = ask(moved, "select count(*) from gun.strong_negative_windows")
    with duckdb.connect() as connection:
        connection.execute(f"attach '{moved}' as other (read_only)")
        query = "select count(*) from other.gun.strong_negative_windows"
        assert connection.execute(query).fetchall() == expected


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
def test_any_shell_since_1_4_opens_it(demo_metadata: Path, tmp_path: Path, shell: Path) -> None:
    """Every relation of the example can be queried in it, before and after a second build."""
    catalog = Path(shutil.copyfile(EXAMPLE, tmp_path / "catalog.duckdb"))
    for _ in range(2):
        relations = content(catalog)
        queries = "".join(f"select count(*) as n from {name};\n" for name in relations)
        result = subprocess.run(
            [shell, "-readonly", "-csv", "-noheader", str(catalog)],
            input=queries,
            capture_output=True,
            text=True,
            check=True,
            cwd="/",
        )
        assert result.stderr == ""
        assert [int(line) for line in result.stdout.split()] == [
            count for count, _ in relations.values()
        ]
        build(catalog, [Target("dog", ("Bark",))], demo_metadata)


def test_meta_builds(demo_catalog: Path) -> None:
    ((versions, configuration, seconds),) = ask(
        demo_catalog, "select versions, configuration, seconds from meta.builds"
    )
    assert json.loads(versions)["duckdb"] == duckdb.__version__
    assert json.loads(configuration) == {
        "live": False,
        "skip_bad_rows": False,
        "samples": {
            "head_labels": ["/m/09x0r", "/m/04rlf"],
            "head_keep_frac": "0.2",
            "completion_rare_cutoff": 10,
            "seed": 0,
        },
        "corrections": [],
        "targets": {
            name: {
                "labels": list(target.labels),
                "ignore": [],
                "descendants": False,
                "window_seconds": "1.000",
                "training": {
                    "pos_per_batch_frac": "0.25",
                    "pos_weak_per_batch_frac": "0",
                    "strong_neg_per_batch_frac": "0.25",
                    "weak_neg_per_batch_frac": "0.5",
                    "tier_a_fraction": "0.6",
                    "primary_fraction": "0.9",
                    "tier_a_coverage": "0.8",
                },
            }
            for name, target in BUILT_IN.items()
        },
    }
    assert 0 < seconds < 600


def window_schemas(catalog: Path) -> list[str]:
    rows = ask(
        catalog,
        "select schema_name from duckdb_schemas()"
        " where starts_with(schema_name, 'internal_') order by schema_name",
    )
    return [schema for (schema,) in rows]


@pytest.fixture
def created(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """Schema and name of each relation that builds create."""
    relations = set()
    create = build_steps.create

    def note(connection: duckdb.DuckDBPyConnection, model: Model, *options: bool) -> None:
        relations.add((model.schema, model.name))
        create(connection, model, *options)

    monkeypatch.setattr(build_steps, "create", note)
    return relations


@pytest.mark.slow
def test_windows_are_shared_by_length_and_dropped_with_the_last_target(
    demo_metadata: Path, tmp_path: Path, created: set[tuple[str, str]]
) -> None:
    catalog = tmp_path / "catalog.duckdb"
    half = Decimal("0.5")
    build(catalog, [Target("a", ("Bark",)), Target("b", ("Speech",))], demo_metadata)
    assert window_schemas(catalog) == ["internal_1000ms"]
    created.clear()
    build(catalog, [Target("c", ("Bark",), window_seconds=half)], demo_metadata)
    assert window_schemas(catalog) == ["internal_1000ms", "internal_500ms"]
    # Neither pools nor windows of another length are created again.
    assert {schema for schema, _ in created} == {"internal_500ms", "c"}
    created.clear()
    build(catalog, [Target("c", ("Bark",))], demo_metadata)
    assert {schema for schema, _ in created} == {"c"}
    assert window_schemas(catalog) == ["internal_1000ms"]
    assert ask(catalog, "from a.samples except from c.samples") == []


@pytest.mark.slow
def test_new_audio_rebuilds_pools_windows_and_targets_alone(
    demo_metadata: Path, tmp_path: Path, created: set[tuple[str, str]]
) -> None:
    catalog = tmp_path / "catalog.duckdb"
    build(catalog, [Target("a", ("Bark",))], demo_metadata)
    samples = dict(ask(catalog, "select sample_key, sample_id from a.samples"))
    ytids = ask(catalog, "select distinct ytid from a.samples order by ytid limit 40")
    inventory = [
        {"ytid": ytid, "status": "ok", "audio_path": f"/audio/{ytid}.wav"} for (ytid,) in ytids
    ]
    created.clear()
    build(catalog, [], demo_metadata, inventory=found_files(inventory))
    assert {schema for schema, _ in created} == {"internal", "internal_1000ms", "a"}
    assert ("internal", "strong_clips") not in created
    rows = ask(catalog, "select sample_key, sample_id, ytid, audio_path from a.samples")
    assert {ytid for _, _, ytid, _ in rows} == {ytid for (ytid,) in ytids}
    assert {path for *_, path in rows} == {f"/audio/{ytid}.wav" for (ytid,) in ytids}
    # Whatever audio there is, a sample keeps its number.
    assert all(samples[key] == sample_id for key, sample_id, *_ in rows)
    (pools,) = ask(catalog, "select count(distinct sample_id) from a.pool_members")
    (negatives,) = ask(
        catalog,
        "select count(*) from a.samples where split = 'train' and role like '%_negative'",
    )
    assert pools == negatives


def test_windows_too_short_to_be_numbered(tmp_path: Path) -> None:
    """Four events of 999,999 seconds have 4 billion windows of a millisecond."""
    events = "\n".join(f"aaaaaaaaaaa_{n}000 0.000 999999.000 /m/gun" for n in range(4))
    metadata = write_metadata(tmp_path / "metadata", names="/m/gun Gun", train=events)
    catalog = tmp_path / "catalog.duckdb"
    build(catalog, [], metadata)
    before = catalog.read_bytes()
    target = Target("t", ("Gun",), window_seconds=Decimal("0.001"))
    with pytest.raises(
        AudiosetDuckError,
        match=r"window_seconds is 0\.001, which cuts the events into more windows than the"
        r" 2 billion that a catalog can number; use longer windows",
    ):
        build(catalog, [target], metadata)
    assert catalog.read_bytes() == before


@pytest.mark.slow
def test_a_dozen_targets(demo_metadata: Path, tmp_path: Path) -> None:
    """In one catalog, as in catalogs of their own."""
    catalog = tmp_path / "catalog.duckdb"
    build(catalog, [], demo_metadata)
    labels = ask(
        catalog,
        "select label_id from label_counts order by strong_event_count desc, label_id limit 12",
    )
    targets = [Target(f"t{number}", (label,)) for number, (label,) in enumerate(labels)]
    build(catalog, targets[:1], demo_metadata)
    with_one = catalog.stat().st_size
    build(catalog, targets[1:], demo_metadata)
    assert len(targets) == 12
    assert catalog.stat().st_size - with_one < 11 * 1_500_000
    for target in (targets[0], targets[11]):
        alone = tmp_path / f"alone_{target.name}.duckdb"
        build(alone, [target], demo_metadata)
        for query in (
            f"from {target.name}.label_pools",
            f"from {target.name}.sample_counts",
            f"select * from {target.name}.epoch_plan(0, 0, 32) order by step, slot limit 3000",
        ):
            assert ask(catalog, query) == ask(alone, query)
