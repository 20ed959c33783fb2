"""What the README says is so."""

import doctest
import re
import shlex
import tomllib
from pathlib import Path

import duckdb
import pytest
import torch
from support.readme import README, with_commands

from audioset_duck import AudioSetDataset, TwoTierBatchSampler
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.catalog.labels import resolve
from audioset_duck.catalog.models import RELATION_LAYERS, read_templates
from audioset_duck.config.toml_file import read_configuration
from audioset_duck.config.training_options import TrainingOptions, training_options_json
from audioset_duck.sqltext import sql_folder

TEXT = README.read_text()
# The cookbook; the query of the audio section runs where there is an inventory.
SQL = re.findall(r"```sql\n(.*?)```", TEXT.split("## Questions in SQL")[1], re.DOTALL)
TYPED = [
    line
    for block in re.findall(r"```\n(.*?)```", TEXT.split("## Commands")[0], re.DOTALL)
    for line in block.splitlines()
]


def test_help_is_that_of_the_commands() -> None:
    assert with_commands(TEXT) == TEXT


@pytest.mark.parametrize("query", SQL, ids=range(len(SQL)))
def test_queries_run_and_find_something(demo_catalog: Path, query: str) -> None:
    with duckdb.connect(str(demo_catalog), read_only=True) as connection:
        assert connection.execute(query).fetchall()


def test_there_are_eleven_questions() -> None:
    assert len(SQL) == 11


def test_set_up_commands_are_two_single_lines() -> None:
    assert TYPED[1:3] == [
        "pip install . && audioset-duck demo",
        "pip install -e '.[dev]' && pytest",
    ]


def test_the_other_commands_run_in_their_order(run, demo_metadata: Path, tmp_path: Path) -> None:
    """In the demo's folder, where there is a folder `metadata`."""
    (tmp_path / "metadata").symlink_to(demo_metadata)
    assert run("build", "--target", "gun", "--target", "snore").exit_code == 0
    typed = [
        line
        for line in TYPED
        if re.match(r"audioset-duck (?!extract|scan)", line) and line != "audioset-duck sql"
    ]
    assert len(typed) > 8
    for line in typed:
        result = run(*shlex.split(line)[1:])
        assert result.exit_code == 0, (line, result.stderr)


def test_the_toml_is_a_configuration(tmp_path: Path, demo_catalog: Path) -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert tomllib.loads(text)
    file = tmp_path / "audioset-duck.toml"
    file.write_text(text)
    target = read_configuration(file).targets["dog"]
    with open_catalog(demo_catalog) as connection:
        assert resolve(connection, target).ignored_label_ids == ("/m/0bt9lr",)


def test_training_options_are_these_with_these_defaults() -> None:
    table = TEXT.split("| option | default | what it is |")[1].split("\n\n")[0]
    told = dict(re.findall(r"\n\| (\w+) \| ([^|]*) \|", table))
    defaults = training_options_json(TrainingOptions())
    assert {name: tomllib.loads(f"value = {text}")["value"] for name, text in told.items()} == {
        name: list(value)
        if isinstance(value, tuple)
        else float(value)
        if isinstance(value, str)
        else value
        for name, value in defaults.items()
    }


def test_training_runs_as_it_is_written(demo_audio: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One epoch in the demo's folder; the step only guesses."""
    monkeypatch.chdir(demo_audio)
    section = TEXT.split("\n## TrainingOptions\n")[1].split("\n## ")[0]
    *blocks, of_lightning = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    compile(of_lightning, "README.md", "exec")
    shapes = []

    def step(wav: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        shapes.append((wav.shape, label.shape))
        return torch.linspace(-1, 1, len(label))

    names = {"step": step}
    for block in blocks:
        # More workers than cores are warned of.
        smaller = block.replace("range(10)", "range(1)").replace("num_workers=4", "num_workers=1")
        exec(smaller, names)
    assert shapes == [((32, 8000), (32,))] * len(names["sampler"])
    assert len(names["sampler"].hard_buffer) > 100
    assert len(list(names["sampler"])) == len(names["sampler"]) - 17
    assert next(iter(names["eval_loader"])).wav.shape == (256, 8000)


def test_relations_that_are_named_exist(demo_catalog: Path) -> None:
    table = TEXT.split("| relation | a row is |")[1].split("\n\n")[0]
    cells = re.findall(r"\n\| ([^|]*) \|", table)[1:]
    # A macro stands there with its parameters.
    called = [re.sub(r"\(seed, .*\)", "(0, 0, 32, 0, 1, [])", cell) for cell in cells]
    names = [name for cell in called for name in re.split(r", (?![^(]*\))", cell)]
    assert len(names) > 15
    with open_catalog(demo_catalog) as connection:
        for name in set(names):
            connection.execute(f"from {name} limit 0")


def test_the_models_are_read_in_an_order_that_explains_them() -> None:
    """Every model of the method is named once, after all that it refers to."""
    templates = read_templates(sql_folder(), RELATION_LAYERS)
    text = (sql_folder() / "README.md").read_text()
    rows = re.findall(r"^\| `(\w+)/` \| .* \| (.*) \|$", text, re.MULTILINE)
    named = [(layer, name) for layer, names in rows for name in names.split(", ")]
    assert sorted(named) == sorted(
        (template.layer, name)
        for name, template in templates.items()
        if template.layer != "analysis"
    )
    order = [name for _, name in named]
    for place, name in enumerate(order):
        assert templates[name].refs <= set(order[:place]), name


def test_examples_of_the_classes(demo_audio: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the docstrings show is what the demo gives."""
    monkeypatch.chdir(demo_audio)
    dataset = AudioSetDataset("catalog.duckdb", "gun", sample_rate=16000)
    shown = []
    for documented in (AudioSetDataset, TwoTierBatchSampler):
        for test in doctest.DocTestFinder().find(documented, globs={"dataset": dataset}):
            shown += test.examples
            assert doctest.DocTestRunner().run(test).failed == 0
    assert len(shown) > 6
