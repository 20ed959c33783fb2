"""Targets: their names and labels, those of audioset-duck.toml, and what is refused."""

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from support.metadata import write_metadata

from audioset_duck.catalog.build import build
from audioset_duck.catalog.labels import resolve
from audioset_duck.config.targets import BUILT_IN, Target, check_name, parse_window_seconds
from audioset_duck.config.toml_file import read_configuration
from audioset_duck.errors import AudiosetDuckError


@pytest.fixture(scope="module")
def connection(demo_catalog: Path):
    with duckdb.connect(str(demo_catalog), read_only=True) as opened:
        yield opened


@pytest.mark.parametrize("name", ["gun", "baby_cry", "_x", "x2", "a" * 63])
def test_good_names(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    "name",
    ["", "2x", "Gun", "baby cry", "baby-cry", "gün", "a" * 64, 'x"; drop schema main', "../x"],
)
def test_names_that_are_not_identifiers(name: str) -> None:
    with pytest.raises(AudiosetDuckError, match=r"invalid name .* lower-case letters"):
        check_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "internal",
        "internal_500ms",
        "main",
        "meta",
        "staging",
        "temp",
        "select",
        "table",
        "audioset",
        "memory",
        "left",
    ],
)
def test_reserved_names(name: str) -> None:
    with pytest.raises(AudiosetDuckError, match=f"'{name}'.*reserved.*such as {name}_sound"):
        check_name(name)


@pytest.mark.parametrize(
    ("value", "seconds"), [("1", "1"), ("0.5", "0.5"), (2.5, "2.5"), (10, "10"), ("0.001", "0.001")]
)
def test_window_lengths(value: object, seconds: str) -> None:
    assert parse_window_seconds(value) == Decimal(seconds)


@pytest.mark.parametrize(
    "value", ["0", "-1", "10.001", "0.0005", "one", "", "1e0", "nan", "1; drop", True, "1,5"]
)
def test_invalid_window_lengths(value: object) -> None:
    with pytest.raises(AudiosetDuckError, match=r"window_seconds is .*above 0, at most 10"):
        parse_window_seconds(value)


@pytest.mark.parametrize(
    ("label", "label_id"),
    [
        ("/m/05tny_", "/m/05tny_"),
        ("Bark", "/m/05tny_"),
        ("Ducks, geese, waterfowl", "/m/09ddx"),  # the strong file's name
        ("Duck", "/m/09ddx"),  # the weak file's
        ("Kettle whistle", "/g/11b630rrvh"),  # only strong
        ("Guitar", "/m/0342h"),  # only weak
        ("Sounds of things", "/t/dd00041"),  # only in the ontology
    ],
)
def test_labels_by_mid_and_by_every_name(connection, label: str, label_id: str) -> None:
    resolved = resolve(connection, Target("t", (label, label_id)))
    assert resolved.positive_label_ids == (label_id,)


@pytest.mark.parametrize(
    ("label", "nearest"),
    [
        ("Gunshoot", "such as 'Gunshot, gunfire'"),
        ("dog", "such as 'Dog'"),
        ("/m/032s67", ""),
        ("'; drop table labels; --", ""),
        ('Bark"', "such as 'Bark'"),
        ("", ""),
        ("zzz", ""),
    ],
)
def test_labels_that_are_not_there(connection, label: str, nearest: str) -> None:
    with pytest.raises(AudiosetDuckError) as error:
        resolve(connection, Target("t", (label,)))
    message = str(error.value)
    assert f"target t: unknown label {label!r}; expected a MID or an exact display" in message
    assert nearest in message if nearest else "such as" not in message


def test_a_name_of_two_labels(tmp_path: Path) -> None:
    metadata = write_metadata(
        tmp_path / "metadata", names="/t/dd000138 Brief tone", indices="0,/t/dd00138,Brief tone"
    )
    with pytest.raises(
        AudiosetDuckError,
        match=r"'Brief tone' is the name of 2 labels: /t/dd000138, /t/dd00138; .*MID",
    ):
        build(tmp_path / "c.duckdb", [Target("t", ("Brief tone",))], metadata)


def test_names_with_quotes_and_semicolons_are_only_names(tmp_path: Path) -> None:
    name = """Rock 'n' "roll"; drop schema main cascade; --"""
    metadata = write_metadata(
        tmp_path / "metadata",
        names=f"/m/rock {name}\n/m/b B",
        train="aaaaaaaaaaa_0 0.000 1.000 /m/rock",
    )
    catalog = tmp_path / 'it\'s; a "catalog".duckdb'
    build(catalog, [Target("t", (name,), ("B",))], metadata)
    build(catalog, [Target("u", ("B",), (name,))], metadata)
    with duckdb.connect(str(catalog), read_only=True) as opened:
        query = "select display_name from t.target_labels where role = 'positive'"
        assert opened.execute(query).fetchall() == [(name,)]
        assert opened.execute("select count(*) from t.positive_events").fetchall() == [(1,)]


def test_a_label_cannot_be_both(connection) -> None:
    with pytest.raises(AudiosetDuckError, match="/m/05tny_ is both"):
        resolve(connection, Target("t", ("Bark",), ("/m/05tny_",)))


def test_descendants_need_the_ontology(tmp_path: Path) -> None:
    metadata = write_metadata(tmp_path / "metadata", names="/m/a A")
    with pytest.raises(AudiosetDuckError, match=r"needs ontology.json.* metadata folder"):
        build(tmp_path / "c.duckdb", [Target("t", ("A",), descendants=True)], metadata)


def test_toml(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("""
        window_seconds = 0.5
        [targets.dog]
        labels = ["Bark", "/m/0ghcn6"]
        ignore = ["Howl"]
        descendants = true
        [targets.gun]
        labels = ["Cap gun"]
        window_seconds = 2
    """)
    configuration = read_configuration(file)
    assert configuration.targets["dog"] == Target(
        "dog", ("Bark", "/m/0ghcn6"), ("Howl",), True, Decimal("0.5")
    )
    assert configuration.targets["gun"].labels == ("Cap gun",)
    assert configuration.targets["gun"].window_seconds == 2
    assert configuration.targets["snore"].window_seconds == Decimal("0.5")
    assert configuration.origins == {
        "gun": str(file),
        "baby_cry": "built in",
        "snore": "built in",
        "dog": str(file),
    }


def test_toml_of_the_folder_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_configuration().targets == BUILT_IN
    (tmp_path / "audioset-duck.toml").write_text("[targets.dog]\nlabels = ['Bark']")
    assert "dog" in read_configuration().targets


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("targets = [", "mine.toml is not valid TOML: Invalid value"),
        ("target = 1", "unknown option 'target'; expected one of window_seconds, .* samples"),
        (
            "[targets.dog]\nlabels = ['B']\n[targets.dog.samples]\nseed = 1",
            r"\[targets.dog\]: samples are options of the catalog, the same for all its targets;"
            r" write them in the table \[samples\]",
        ),
        ("targets = 1", r"targets is 1; expected .*\[targets.NAME\]"),
        ("targets.dog = 1", r"\[targets.dog\] is 1; expected a table with labels"),
        ("[targets.dog]", r"\[targets.dog\] has no label; expected"),
        ("[targets.dog]\nlabels = 'Bark'", "labels is 'Bark'; expected a list of strings"),
        ("[targets.dog]\nlabels = [1]", r"labels is \[1\]; expected a list of strings"),
        (
            "[targets.dog]\nlabel = ['Bark']",
            "unknown option 'label'; expected one of labels, ignore",
        ),
        (
            "[targets.dog]\nlabels = ['B']\ndescendants = 1",
            "descendants is 1; expected true or false",
        ),
        (
            "[targets.dog]\nlabels = ['B']\nwindow_seconds = []",
            r"window_seconds is \[\]; expected a number",
        ),
        ("[targets.main]\nlabels = ['B']", r"mine.toml: .*'main'.*reserved"),
        ("window_seconds = 0", "mine.toml: window_seconds is 0"),
        (
            "[targets.dog]\nlabels = ['B']\nwindow_seconds = 0",
            r"\[targets.dog\]: window_seconds is 0",
        ),
    ],
)
def test_invalid_toml(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(AudiosetDuckError, match=message):
        read_configuration(file)


def test_toml_with_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("\ufeffwindow_seconds = 2")
    assert read_configuration(file).window_seconds == 2


def test_toml_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(AudiosetDuckError, match=r"mine.toml cannot be read: No such file"):
        read_configuration(tmp_path / "mine.toml")
