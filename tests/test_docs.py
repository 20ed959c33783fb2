"""The README and the guides say what is so: their commands, code and tables are tried."""

import doctest
import re
import shlex
import shutil
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from support.listening import data_of

import audioset_duck
from audioset_duck import AudioSetClips, AudioSetDataset, TwoTierBatchSampler, predict
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.catalog.labels import resolve
from audioset_duck.catalog.models import RELATION_LAYERS, SCORE_LAYERS, read_templates
from audioset_duck.cli.commands import cli
from audioset_duck.config.option_values import options_json
from audioset_duck.config.sample_options import SampleOptions
from audioset_duck.config.toml_file import read_configuration
from audioset_duck.config.training_options import TrainingOptions
from audioset_duck.sqltext import sql_folder

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
GUIDE = (ROOT / "notebooks" / "README.md").read_text()
SQL_GUIDE = (ROOT / "sql" / "README.md").read_text()
# The commands of the README, in their order.
TYPED = [
    line
    for language, block in re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL)
    if not language
    for line in block.splitlines()
]


def code(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 250


def test_set_up_commands_are_two_single_lines() -> None:
    assert TYPED[:2] == [
        "pip install . && audioset-duck demo",
        "pip install -e '.[dev]' && pytest",
    ]


def write_scores(metadata: Path, out: Path) -> None:
    """What `predict` would write of a detector of frames."""
    rows = (metadata / "audioset_eval_strong.tsv").read_text().splitlines()[1:]
    clips = sorted({row.split("\t")[0] for row in rows})
    random = np.random.default_rng(0)
    scores = {"clip_id": clips, "scores": [random.random(250) for _ in clips]}
    pq.write_table(pa.table(scores), out)


@pytest.mark.slow
def test_listening_runs_as_it_is_written(run, demo_audio: Path, tmp_path: Path) -> None:
    """The commands of both guides, and the ways to write marks: by hand, by SQL, put together."""
    shutil.copyfile(demo_audio / "catalog.duckdb", tmp_path / "catalog.duckdb")
    (tmp_path / "metadata").symlink_to(demo_audio / "metadata")
    write_scores(demo_audio / "metadata", tmp_path / "mine.parquet")
    (by_hand,) = code(GUIDE, "csv")
    (query,) = code(GUIDE, "sql")
    by_sql = run("sql", "--format", "csv", query).stdout
    assert len(by_sql.splitlines()) > 10
    commands = re.compile("^audioset-duck (?:score|listen|build .*--corrections) .*", re.MULTILINE)
    typed = commands.findall(README)
    assert len(typed) == 3
    # The labels that a target is rebuilt with are other ones, so detectors are scored again.
    for line in [*typed, typed[0], *commands.findall(GUIDE)]:
        if "--corrections" in line:
            (tmp_path / "corrections.csv").write_text(by_hand + by_sql)
        result = run(*shlex.split(line)[1:])
        assert result.exit_code == 0, (line, result.stderr)
    assert data_of((tmp_path / "listen.html").read_text())["items"]
    with open_catalog(tmp_path / "catalog.duckdb") as connection:
        ((count,),) = connection.execute("select count(*) from gun.corrections").fetchall()
        assert count >= len(by_sql.splitlines()) - 1
        (changed,) = (block for block in code(SQL_GUIDE, "sql") if "gun.corrections" in block)
        rows = connection.execute(changed).fetchall()
    assert sum(row[3] for row in rows) >= count and sum(row[4] for row in rows) == count


@pytest.mark.slow
def test_the_other_commands_run_in_their_order(run, demo_metadata: Path, tmp_path: Path) -> None:
    """In a folder with the demo's `metadata`; those that need audio are run with it."""
    (tmp_path / "metadata").symlink_to(demo_metadata)
    write_scores(demo_metadata, tmp_path / "mine.parquet")
    assert run("build", "--target", "gun", "--target", "snore").exit_code == 0
    typed = [line for line in TYPED if re.match(r"audioset-duck (?!extract|scan|listen)", line)]
    typed = [line for line in typed if "--corrections" not in line]
    assert len(typed) > 8
    for line in typed:
        result = run(*shlex.split(line)[1:], *(["--format", "csv"] if " report " in line else []))
        assert result.exit_code == 0, (line, result.stderr)


def test_the_table_of_commands_is_complete() -> None:
    table = README.split("| command | what it does |")[1].split("\n\n")[0]
    assert re.findall(r"\n\| (\w+) \|", table) == sorted(cli.commands)


def test_every_option_is_explained() -> None:
    for name, command in cli.commands.items():
        for option in command.params:
            if option.param_type_name == "option" and option.name != "help":
                assert option.help, (name, option.name)


def test_public_names_are_documented() -> None:
    for name in audioset_duck.__all__:
        assert (getattr(audioset_duck, name).__doc__ or "").strip(), name


def test_links_lead_to_files() -> None:
    for path in [*ROOT.glob("*.md"), *ROOT.glob("*/README.md")]:
        for link in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
            assert link.startswith("https://") or (path.parent / link).exists(), (path.name, link)


def test_the_toml_is_a_configuration(tmp_path: Path, demo_catalog: Path) -> None:
    (text,) = code(README, "toml")
    assert tomllib.loads(text)
    file = tmp_path / "audioset-duck.toml"
    file.write_text(text)
    target = read_configuration(file).targets["dog"]
    with open_catalog(demo_catalog) as connection:
        assert resolve(connection, target).ignored_label_ids == ("/m/0bt9lr",)


@pytest.mark.parametrize(
    ("number", "defaults"),
    [(1, options_json(TrainingOptions())), (2, options_json(SampleOptions()))],
    ids=["training", "samples"],
)
def test_options_are_these_with_these_defaults(number: int, defaults: dict[str, Any]) -> None:
    table = GUIDE.split("| option | default | what it is |")[number].split("\n\n")[0]
    listed = dict(re.findall(r"\n\| (\w+) \| ([^|]*) \|", table))
    assert {name: tomllib.loads(f"value = {text}")["value"] for name, text in listed.items()} == {
        name: list(value)
        if isinstance(value, tuple)
        else float(value)
        if isinstance(value, str)
        else value
        for name, value in defaults.items()
    }


def power_of(parts: int) -> torch.nn.Module:
    """A model that returns the power of each part of a waveform: (B, T) to (B, parts)."""

    class Power(torch.nn.Module):
        def forward(self, wav: torch.Tensor) -> torch.Tensor:
            return wav.unflatten(1, (parts, -1)).square().mean(2)

    return Power()


@pytest.mark.slow
@pytest.mark.parametrize("text", [README, GUIDE], ids=["README", "guide"])
def test_training_runs_as_it_is_written(
    demo_audio: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """One epoch beside the demo's catalog; the step only guesses."""
    (tmp_path / "catalog.duckdb").symlink_to(demo_audio / "catalog.duckdb")
    monkeypatch.chdir(tmp_path)
    shapes, frame_shapes = [], []

    def step(wav: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        shapes.append((wav.shape, label.shape))
        return torch.linspace(-1, 1, len(label))

    def frame_step(wav: torch.Tensor, label: torch.Tensor, is_frame: torch.Tensor) -> None:
        assert not (label > is_frame).any()
        frame_shapes.append((wav.shape, label.shape, is_frame.shape))

    names = {
        "step": step,
        "frame_step": frame_step,
        # The power of each waveform, and of each 40 ms of it.
        "model": power_of(1),
        "frame_model": power_of(250),
    }
    for block in code(text, "python"):
        if "Trainer(" in block or "LightningModule" in block:
            # These are run in training/test_lightning.py.
            continue
        # A loader warns of more workers than cores.
        smaller = block.replace("range(10)", "range(1)").replace("num_workers=4", "num_workers=1")
        exec(smaller, names)
    assert shapes == [((32, 8000), (32,))] * len(names["sampler"])
    assert len(names["sampler"].hard_buffer) > 100
    if text is GUIDE:
        assert frame_shapes == [((16, 80_000), (16, 250), (16, 250))] * 10
        assert sorted(path.name for path in tmp_path.glob("*.parquet")) == [
            "frames.parquet",
            "samples.parquet",
            "windows.parquet",
        ]
        assert len(list(names["sampler"])) == len(names["sampler"]) - 17
        assert next(iter(names["eval_loader"])).wav.shape == (256, 8000)
    else:
        assert [path.name for path in tmp_path.glob("*.parquet")] == ["mine.parquet"]


def test_the_models_are_read_in_an_order_that_explains_them() -> None:
    """Every model of the method is named once, after all that it refers to."""
    templates = {
        f"{template.layer}/{template.name}": template
        for template in read_templates(sql_folder(), RELATION_LAYERS + SCORE_LAYERS)
    }
    rows = re.findall(r"^\| `([\w/]+)/` \| .* \| (.*) \|$", SQL_GUIDE, re.MULTILINE)
    named = [f"{layer}/{name}" for layer, names in rows for name in names.split(", ")]
    assert sorted(named) == sorted(key for key in templates if not key.startswith("analysis/"))
    for place, key in enumerate(named):
        assert {other.key for other in templates[key].refs.values()} <= set(named[:place]), key


@pytest.mark.slow
def test_examples_of_the_classes(
    demo_audio: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the docstrings show is what the demo gives."""
    (tmp_path / "catalog.duckdb").symlink_to(demo_audio / "catalog.duckdb")
    monkeypatch.chdir(tmp_path)
    dataset = AudioSetDataset("catalog.duckdb", "gun", sample_rate=16000)
    shown = []
    for documented in (AudioSetDataset, AudioSetClips, TwoTierBatchSampler, predict):
        names = {"dataset": dataset, "torch": torch}
        for test in doctest.DocTestFinder().find(documented, globs=names):
            shown += test.examples
            assert doctest.DocTestRunner().run(test).failed == 0
    assert len(shown) > 14
