"""Sample options: options of the catalog, which its targets share and which it keeps."""

import dataclasses
import json
import logging
import re
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from support.audio import write_audio
from support.metadata import write_sounds

from audioset_duck.audio.scan import find_files, scan
from audioset_duck.catalog.build import build
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.catalog.state import read_state
from audioset_duck.config.option_values import TABLES, options_json
from audioset_duck.config.sample_options import (
    SampleOptions,
    describe_changes,
    parse_sample_options,
)
from audioset_duck.config.targets import Target
from audioset_duck.config.toml_file import read_configuration
from audioset_duck.config.training_options import TrainingOptions
from audioset_duck.errors import AudiosetDuckError

NAMES = "head_labels, head_keep_frac, completion_rare_cutoff, seed"
SHARE = "expected a fraction from 0 to 1, with at most 9 decimals"
WHOLE = "expected a whole number, 0 or more"
OF_TRAINING = (
    "'pos_per_batch_frac' is an option of [training]; write it there, or as --training"
    " pos_per_batch_frac=0.3"
)
# Lines of TOML, and the message.
WRONG = [
    ("head_keep_fraction = 0.5", f"unknown option 'head_keep_fraction'; expected one of {NAMES}"),
    ("head_keep_frac = 1.5", f"head_keep_frac is Decimal('1.5'); {SHARE}"),
    ("head_keep_frac = -0.1", f"head_keep_frac is Decimal('-0.1'); {SHARE}"),
    ("head_keep_frac = 2", f"head_keep_frac is 2; {SHARE}"),
    ("head_keep_frac = true", f"head_keep_frac is True; {SHARE}"),
    ("head_keep_frac = nan", f"head_keep_frac is Decimal('NaN'); {SHARE}"),
    ("head_keep_frac = 'half'", f"head_keep_frac is 'half'; {SHARE}"),
    ("completion_rare_cutoff = 1.5", f"completion_rare_cutoff is Decimal('1.5'); {WHOLE}"),
    ("completion_rare_cutoff = -1", f"completion_rare_cutoff is -1; {WHOLE}"),
    ("seed = true", f"seed is True; {WHOLE}"),
    ("seed = 'x'", f"seed is 'x'; {WHOLE}"),
    ("head_labels = 3", "head_labels is 3; expected a list of strings"),
    ("head_labels = [1]", "head_labels is [1]; expected a list of strings"),
    ("pos_per_batch_frac = 0.3", OF_TRAINING),
]


@pytest.mark.parametrize(("lines", "message"), WRONG)
def test_wrong_options_in_a_file(tmp_path: Path, lines: str, message: str) -> None:
    file = tmp_path / "audioset-duck.toml"
    file.write_text(f"[samples]\n{lines}\n")
    with pytest.raises(AudiosetDuckError, match=re.escape(f"{file}: [samples]: {message}")):
        read_configuration(file)


def test_samples_that_are_not_a_table(tmp_path: Path) -> None:
    file = tmp_path / "audioset-duck.toml"
    file.write_text("samples = 5")
    with pytest.raises(AudiosetDuckError, match=r"\[samples\] is 5; expected a table of options"):
        read_configuration(file)


def test_the_configuration_has_what_the_file_writes(tmp_path: Path) -> None:
    assert read_configuration().samples == {}
    file = tmp_path / "audioset-duck.toml"
    file.write_text("[samples]\nhead_keep_frac = 0.50\nhead_labels = ['Speech']")
    samples = read_configuration(file).samples
    assert samples == {"head_keep_frac": Decimal("0.50"), "head_labels": ["Speech"]}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["head_keep_frac"], "--samples 'head_keep_frac' has no value; expected OPTION=VALUE"),
        (["keep=1"], f"--samples: unknown option 'keep'; expected one of {NAMES}"),
        (["seed=-1"], f"--samples: seed is '-1'; {WHOLE}"),
        (["head_keep_frac=50%"], f"--samples: head_keep_frac is '50%'; {SHARE}"),
        (["completion_rare_cutoff="], f"--samples: completion_rare_cutoff is ''; {WHOLE}"),
        (["pos_per_batch_frac=0.3"], f"--samples: {OF_TRAINING}"),
        (
            ["head_labels=Speach"],
            "head_labels of [samples]: unknown label 'Speach'; expected a MID or an exact display",
        ),
    ],
)
def test_wrong_options_of_a_command(
    run, demo_metadata: Path, tmp_path: Path, options: list[str], message: str
) -> None:
    words = [word for option in options for word in ("--samples", option)]
    result = run("build", "--metadata", demo_metadata, *words)
    assert result.exit_code == 1
    assert message in result.stderr
    assert not (tmp_path / "catalog.duckdb").exists()


def test_options_of_a_call(demo_metadata: Path, tmp_path: Path) -> None:
    with pytest.raises(AudiosetDuckError, match=f"samples: seed is -1; {WHOLE}"):
        build(tmp_path / "catalog.duckdb", [], demo_metadata, samples={"seed": -1})


def test_every_option_is_in_one_table() -> None:
    """The tables name the attributes of the classes, and no option is in two."""
    for table, options in {"samples": SampleOptions, "training": TrainingOptions}.items():
        assert list(TABLES[table]) == [field.name for field in dataclasses.fields(options)]
    assert not TABLES["samples"].keys() & TABLES["training"].keys()


@pytest.mark.parametrize(
    "samples",
    [
        SampleOptions(),
        SampleOptions(("Speech",), Decimal(1), 0, 10**18 - 1),
        SampleOptions((), Decimal("0.000000001"), 100),
    ],
)
def test_options_are_written_and_read_back(samples: SampleOptions) -> None:
    written = json.loads(json.dumps(options_json(samples)))
    assert parse_sample_options(written, SampleOptions(), "here") == samples


def test_equal_shares_are_written_the_same() -> None:
    samples = parse_sample_options({"head_keep_frac": "0.20"}, SampleOptions(), "")
    assert options_json(samples) == options_json(SampleOptions())


def test_changes_are_described() -> None:
    before = SampleOptions()
    assert describe_changes(before, before) == ""
    changes = describe_changes(before, SampleOptions((), Decimal("0.5"), 10, 1))
    assert (
        changes == "head_labels /m/09x0r,/m/04rlf -> none, head_keep_frac 0.2 -> 0.5, seed 0 -> 1"
    )


# Catalogs.


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the metadata of 200 clips of speech and a catalog of two targets."""
    folder = tmp_path_factory.mktemp("speech")
    speech = "\n".join(f"h{number:010d} 0.000 10.000 /m/09x0r" for number in range(200))
    metadata = write_sounds(folder / "metadata", 1, {"/m/a": 1}, unbalanced=speech)
    targets = [Target("t", ("/m/gun",)), Target("other", ("/m/a",))]
    build(folder / "catalog.duckdb", targets, metadata)
    return folder


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path, dirs_exist_ok=True))


def recorded(folder: Path) -> SampleOptions:
    with open_catalog(folder / "catalog.duckdb") as connection:
        return read_state(connection).samples


def weak_negatives(folder: Path, target: str = "t") -> int:
    with duckdb.connect(str(folder / "catalog.duckdb"), read_only=True) as connection:
        query = f"select count(*) from {target}.samples where role = 'weak_negative'"
        return connection.execute(query).fetchall()[0][0]


@pytest.mark.slow
def test_a_command_precedes_the_file_and_the_file_the_catalog(run, folder: Path) -> None:
    file = folder / "audioset-duck.toml"
    file.write_text("[samples]\nseed = 5\nhead_keep_frac = 0.50\n")
    options = ["--samples", "seed=7", "--samples", "head_labels=/m/09x0r, /m/x"]
    assert run("build", *options).exit_code == 0
    expected = SampleOptions(("/m/09x0r", "/m/x"), Decimal("0.5"), 10, 7)
    assert recorded(folder) == expected
    # What is not on the command line any more is the file's; what is nowhere, the catalog's.
    assert run("build").exit_code == 0
    assert recorded(folder) == dataclasses.replace(expected, seed=5)
    file.unlink()
    result = run("build", "--target", "t")
    assert result.exit_code == 0
    assert "rebuilding" not in result.stderr
    assert recorded(folder) == dataclasses.replace(expected, seed=5)
    assert run("build", "--samples", "head_keep_frac=0.2").exit_code == 0
    assert recorded(folder) == dataclasses.replace(expected, seed=5, head_keep_frac=Decimal("0.2"))


@pytest.mark.slow
def test_all_targets_are_rebuilt_if_an_option_changes(run, folder: Path) -> None:
    before = weak_negatives(folder)
    assert 10 < before < 100
    assert weak_negatives(folder, "other") == before
    result = run("build", "--samples", "head_keep_frac=1")
    assert result.exit_code == 0
    assert (
        "Warning: the options of [samples] changed (head_keep_frac 0.2 -> 1): rebuilding all"
        " targets\n"
    ) in result.stderr
    assert weak_negatives(folder) == weak_negatives(folder, "other") == 200
    # A target that is built with another one is rebuilt once.
    result = run("build", "--target", "t", "--samples", "head_keep_frac=0")
    assert result.exit_code == 0
    assert "(head_keep_frac 1 -> 0): rebuilding all targets" in result.stderr
    assert weak_negatives(folder) == weak_negatives(folder, "other") == 0


def test_a_value_that_the_catalog_has_changes_nothing(run, folder: Path) -> None:
    with duckdb.connect(str(folder / "catalog.duckdb")) as connection:
        connection.execute("create table t.mine as select 1 as one")
    result = run("build", "--samples", "head_keep_frac=0.20", "--samples", "seed=0")
    assert result.exit_code == 0
    assert "rebuilding" not in result.stderr
    with duckdb.connect(str(folder / "catalog.duckdb"), read_only=True) as connection:
        assert connection.execute("from t.mine").fetchall() == [(1,)]


def test_a_catalog_without_targets_has_nothing_to_rebuild(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    catalog = folder / "new.duckdb"
    with caplog.at_level(logging.WARNING, "audioset_duck"):
        build(catalog, [], folder / "metadata")
        build(catalog, [], folder / "metadata", samples={"seed": 3})
    assert "rebuilding" not in caplog.text
    with open_catalog(catalog) as connection:
        assert read_state(connection).samples == SampleOptions(seed=3)


@pytest.mark.slow
def test_targets_follow_the_inventory_with_the_options_of_the_catalog(folder: Path) -> None:
    """A scan rebuilds targets with the same options. No clip has the head label: all are kept."""
    options = {"head_keep_frac": 0, "head_labels": ["/m/a"]}
    build(folder / "catalog.duckdb", [], folder / "metadata", samples=options)
    assert weak_negatives(folder) == 200
    for number in range(30):
        write_audio(folder / "audio" / f"h{number:010d}.wav", 3)
    scan(folder / "catalog.duckdb", find_files(folder / "audio"))
    assert weak_negatives(folder) == 30
    assert recorded(folder) == SampleOptions(("/m/a",), Decimal(0))


@pytest.mark.slow
def test_head_labels_by_name(run, demo_metadata: Path, tmp_path: Path) -> None:
    """They are recorded as they are written, and are resolved in each build."""
    words = ["build", "--metadata", demo_metadata, "--target", "gun", "--samples"]
    assert run(*words, "head_labels=/m/09x0r,/m/04rlf").exit_code == 0
    expected = weak_negatives(tmp_path, "gun")
    assert run(*words, "head_labels=Speech, Music").exit_code == 0
    assert recorded(tmp_path).head_labels == ("Speech", "Music")
    assert weak_negatives(tmp_path, "gun") == expected
    assert run(*words, "head_labels=").exit_code == 0
    assert weak_negatives(tmp_path, "gun") > expected


def test_options_that_another_program_recorded(folder: Path) -> None:
    with duckdb.connect(str(folder / "catalog.duckdb")) as connection:
        wrong = """json_merge_patch(configuration, '{"samples": {"seed": -1}}')"""
        connection.execute(f"update meta.builds set configuration = {wrong}")
    with pytest.raises(AudiosetDuckError, match=r"the catalog's \[samples\]: seed is -1"):
        recorded(folder)
