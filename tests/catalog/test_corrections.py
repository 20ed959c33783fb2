"""Marks of listeners: what they exclude, and what is wrong with files of them."""

import json
from pathlib import Path

import duckdb
import pytest
from support.metadata import write_metadata

from audioset_duck.catalog.build import build
from audioset_duck.catalog.checks import run_checks
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.config.targets import Target
from audioset_duck.config.toml_file import read_configuration
from audioset_duck.errors import AudiosetDuckError

TARGETS = [Target("t", ("/m/gun",)), Target("u", ("/m/drum",))]
HEADER = "target,sample_key,subset,clip_id,event_id,label_id,verdict,note\n"


@pytest.fixture(scope="module")
def metadata(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_metadata(
        tmp_path_factory.mktemp("marked") / "metadata",
        names="/m/gun Gun\n/m/drum Drum\n/m/rain Rain",
        train="""
            aaaaaaaaaaa_0 0.000 2.500 /m/gun
            aaaaaaaaaaa_0 5.000 6.000 /m/gun
            bbbbbbbbbbb_0 0.000 1.000 /m/gun
            bbbbbbbbbbb_0 2.000 3.000 /m/rain
            ccccccccccc_0 0.000 1.000 /m/drum
            ccccccccccc_0 0.000 4.000 /m/rain
            ddddddddddd_0 0.000 1.000 /m/rain
        """,
        unbalanced="""
            eeeeeeeeeee 0.000 10.000 /m/gun
            fffffffffff 0.000 10.000 /m/rain
            ggggggggggg 0.000 10.000 /m/gun,/m/rain
            ddddddddddd 0.000 10.000 /m/rain
        """,
    )


@pytest.fixture(scope="module")
def before(metadata: Path, tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """The samples of t without corrections."""
    return keys(built(tmp_path_factory.mktemp("before"), metadata))


def built(tmp_path: Path, metadata: Path, *files: str) -> Path:
    """The catalog with the corrections of some texts; the header may be left out."""
    paths = []
    for number, text in enumerate(files):
        path = tmp_path / f"corrections{number}.csv"
        path.write_text(text if "verdict" in text.split("\n")[0] else HEADER + text)
        paths.append(path)
    catalog = tmp_path / "catalog.duckdb"
    build(catalog, TARGETS, metadata, corrections=paths)
    return catalog


def keys(catalog: Path, target: str = "t") -> set[tuple[str, str]]:
    with duckdb.connect(str(catalog), read_only=True) as connection:
        return set(connection.execute(f"select role, sample_key from {target}.samples").fetchall())


def corrected(catalog: Path, target: str = "t") -> set[tuple]:
    with duckdb.connect(str(catalog), read_only=True) as connection:
        return set(
            connection.execute(
                f"select role, subset, clip_count, sample_count from {target}.sample_counts"
                " where reason = 'corrected'"
            ).fetchall()
        )


# What is marked, which samples of t it takes away, and how they are counted.
MARKS = {
    "a window of an event": (
        "t,strong_train/aaaaaaaaaaa_0/1.0,,,,,incorrect,",
        {("positive", f"strong_train/aaaaaaaaaaa_0/1.{number}") for number in range(3)},
        {("positive", "strong_train", 1, 3)},
    ),
    "an event, for all targets": (
        ",,strong_train,aaaaaaaaaaa_0,1,,incorrect,",
        {("positive", f"strong_train/aaaaaaaaaaa_0/1.{number}") for number in range(3)},
        {("positive", "strong_train", 1, 3)},
    ),
    "the only event of a clip": (
        "t,strong_train/bbbbbbbbbbb_0/3.0,,,,,incorrect,",
        {("positive", "strong_train/bbbbbbbbbbb_0/3.0")},
        {("positive", "strong_train", 1, 1)},
    ),
    "a label of a clip": (
        "t,,strong_train,aaaaaaaaaaa_0,,/m/gun,incorrect,",
        {("positive", f"strong_train/aaaaaaaaaaa_0/1.{number}") for number in range(3)}
        | {("positive", "strong_train/aaaaaaaaaaa_0/2.0")},
        {("positive", "strong_train", 1, 4)},
    ),
    "a strong negative": (
        "t,strong_train/ccccccccccc_0/5.0,,,,,incorrect,",
        {("strong_negative", "strong_train/ccccccccccc_0/5.0")}
        | {("strong_negative", f"strong_train/ccccccccccc_0/6.{number}") for number in range(4)},
        {("strong_negative", "strong_train", 1, 5)},
    ),
    "a clip of negatives": (
        "t,,strong_train,ccccccccccc_0,,,incorrect,",
        {("strong_negative", "strong_train/ccccccccccc_0/5.0")}
        | {("strong_negative", f"strong_train/ccccccccccc_0/6.{number}") for number in range(4)},
        {("strong_negative", "strong_train", 1, 5)},
    ),
    "a weak negative": (
        "t,weak_unbalanced_train/fffffffffff_0,,,,,incorrect,",
        {("weak_negative", "weak_unbalanced_train/fffffffffff_0")},
        {("weak_negative", "weak_unbalanced_train", 1, 1)},
    ),
    "a weak positive": (
        "t,weak_unbalanced_train/ggggggggggg_0,,,,,incorrect,",
        {("weak_positive", "weak_unbalanced_train/ggggggggggg_0")},
        {("weak_positive", "weak_unbalanced_train", 1, 1)},
    ),
    "what is right": ("t,strong_train/aaaaaaaaaaa_0/1.0,,,,,correct,", set(), set()),
    "what is not sure": ("t,strong_train/aaaaaaaaaaa_0/1.0,,,,,unsure,", set(), set()),
    "a negative of no target": (",strong_train/ccccccccccc_0/6.0,,,,,incorrect,", set(), set()),
    "another target": ("u,strong_train/aaaaaaaaaaa_0/1.0,,,,,correct,", set(), set()),
}


@pytest.mark.parametrize("name", MARKS)
def test_what_a_mark_excludes(
    tmp_path: Path, metadata: Path, before: set[tuple[str, str]], name: str
) -> None:
    text, gone, counts = MARKS[name]
    catalog = built(tmp_path, metadata, text)
    assert before - keys(catalog) == gone
    assert keys(catalog) <= before
    assert corrected(catalog) == counts


def test_without_the_file_everything_is_as_it_was(
    tmp_path: Path, metadata: Path, before: set[tuple[str, str]]
) -> None:
    text = "\n".join(text for text, _, _ in MARKS.values())
    catalog = built(tmp_path, metadata, text)
    assert len(keys(catalog)) < len(before)
    with open_catalog(catalog) as connection:
        assert [(check.name, check.rows) for check in run_checks(connection) if check.count] == []
    assert keys(built(tmp_path, metadata)) == before


def test_a_clip_whose_events_are_incorrect_is_not_a_negative(
    tmp_path: Path, metadata: Path
) -> None:
    """Neither its other events nor, as a weak clip, itself."""
    catalog = built(tmp_path, metadata, "t,strong_train/bbbbbbbbbbb_0/3.0,,,,,incorrect,")
    assert not {key for role, key in keys(catalog) if "bbbbbbbbbbb" in key}
    with duckdb.connect(str(catalog), read_only=True) as connection:
        rows = connection.execute("select event_id from t.positive_events order by 1").fetchall()
    assert rows == [(1,), (2,)]
    # For another target the drum is still a drum.
    assert ("positive", "strong_train/ccccccccccc_0/5.0") in keys(catalog, "u")


def test_the_relation_says_what_is_marked(tmp_path: Path, metadata: Path) -> None:
    text = (
        't,strong_train/aaaaaaaaaaa_0/1.0,,,,,incorrect,"a door, I ""think"""\n'
        "t,weak_unbalanced_train/fffffffffff_0,,,,,correct,\n"
    )
    with duckdb.connect(str(built(tmp_path, metadata, text)), read_only=True) as connection:
        rows = connection.execute(
            "select subset, clip_id, event_id, label_id, role, verdict, note, line"
            " from t.corrections order by line"
        ).fetchall()
        ((configuration,),) = connection.execute(
            "select configuration from meta.builds order by rowid desc limit 1"
        ).fetchall()
    assert rows == [
        (
            "strong_train",
            "aaaaaaaaaaa_0",
            1,
            "/m/gun",
            "positive",
            "incorrect",
            'a door, I "think"',
            2,
        ),
        (
            "weak_unbalanced_train",
            "fffffffffff_0",
            None,
            None,
            "weak_negative",
            "correct",
            None,
            3,
        ),
    ]
    (file,) = json.loads(configuration)["corrections"]
    assert file["file"].endswith("corrections0.csv")


@pytest.mark.slow
def test_listeners_who_disagree(
    tmp_path: Path, metadata: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Within one file nobody is right; of two files, the one that is named first."""
    incorrect, right = (
        f"t,strong_train/bbbbbbbbbbb_0/3.0,,,,,{verdict},\n" for verdict in ("incorrect", "correct")
    )
    assert corrected(built(tmp_path, metadata, incorrect + right)) == set()
    assert "contradict each other: 1" in caplog.text and "unsure" in caplog.text
    assert corrected(built(tmp_path, metadata, incorrect, right)) != set()
    assert corrected(built(tmp_path, metadata, right, incorrect)) == set()
    caplog.clear()
    assert corrected(built(tmp_path, metadata, incorrect + incorrect, incorrect)) != set()
    assert "contradict" not in caplog.text


def test_what_the_catalog_does_not_have_is_counted(
    tmp_path: Path, metadata: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = (
        "t,strong_train/zzzzzzzzzzz_0/1.0,,,,,incorrect,\n"
        "t,strong_train/aaaaaaaaaaa_0/99.0,,,,,incorrect,\n"
        "t,weak_eval/eeeeeeeeeee_0,,,,,incorrect,\n"
    )
    built(tmp_path, metadata, text)
    assert "does not have: 3" in caplog.text


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("t,strong_train/aaaaaaaaaaa_0/1.0,,,,,wrong,", ["line 2", "wrong", "incorrect"]),
        ("t,strong_train/aaaaaaaaaaa_0/1.0,,,,,,", ["line 2", "empty", "unsure"]),
        ("t,train/aaaaaaaaaaa_0/1.0,,,,,incorrect,", ["line 2", "train", "strong_train"]),
        ("t,,strong_train,aaaaaaaaaaa,,,incorrect,", ["line 2", "aaaaaaaaaaa", "milliseconds"]),
        ("t,strong_train/aaaaaaaaaaa_0/x.0,,,,,incorrect,", ["line 2", "the event is x"]),
        ("t,weak_eval/aaaaaaaaaaa_0/1.0,,,,,incorrect,", ["line 2", "no events"]),
        ("verdict,name\ncorrect,x\n", ["verdict, name", "sample_key"]),
        ("t,strong_train/aaaaaaaaaaa_0/1.5.0,,,,,correct,", ["line 2", "sample_key", "1.5.0"]),
        ("t,,strong_train,aaaaaaaaaaa_0,1.5,,correct,", ["line 2", "the event is 1.5"]),
        ("t,,strong_train,aaaaaaaaaaa_0,1e9,,correct,", ["line 2", "the event is 1e9"]),
        ("t,,strong_train,aaaaaaaaaaa_0,1,,correct,a, b", ["9 columns", "header of 8", "quotes"]),
        ("verdict,subset,clip_id,verdict\ncorrect,x,y,incorrect\n", ["several columns verdict"]),
        (
            't,strong_train/aaaaaaaaaaa_0/1.0,,,,,correct,"a\nb\n"\nt,,,,,,wrong,',
            ["line 5", "wrong"],
        ),
        ("t,a,,,,,b,\n" * 5, ["line 2", "line 4", "2 more errors"]),
    ],
)
def test_what_is_wrong_is_named(
    tmp_path: Path, metadata: Path, text: str, parts: list[str]
) -> None:
    with pytest.raises(AudiosetDuckError) as error:
        built(tmp_path, metadata, text)
    for part in ["corrections0.csv", *parts]:
        assert part in str(error.value)
    assert not (tmp_path / "catalog.duckdb").exists()


def test_a_file_that_is_not_there(tmp_path: Path, metadata: Path) -> None:
    with pytest.raises(AudiosetDuckError, match=r"none\.csv cannot be read"):
        build(tmp_path / "c.duckdb", [], metadata, corrections=[tmp_path / "none.csv"])


def test_files_of_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "audioset-duck.toml"
    file.write_text('corrections = ["a.csv", "b/c.csv"]')
    assert read_configuration(file).corrections == (tmp_path / "a.csv", tmp_path / "b" / "c.csv")
    file.write_text('corrections = "a.csv"')
    with pytest.raises(AudiosetDuckError, match="expected a list of files"):
        read_configuration(file)


def test_labels_that_disagree(tmp_path: Path) -> None:
    """A label confirms those above it; labels without events anywhere are not compared."""
    metadata = write_metadata(
        tmp_path / "metadata",
        names="/m/bang Bang\n/m/gun Gun\n/m/rain Rain",
        ontology=json.dumps(
            [
                {"id": "/m/bang", "name": "Bang", "child_ids": ["/m/gun"]},
                {"id": "/m/gun", "name": "Gun", "child_ids": []},
            ]
        ),
        train="""
            aaaaaaaaaaa_0 0.000 1.000 /m/gun
            aaaaaaaaaaa_0 2.000 3.000 /m/rain
            aaaaaaaaaaa_0 4.000 5.000 /m/rain
            bbbbbbbbbbb_0 0.000 1.000 /m/gun
            ccccccccccc_0 0.000 1.000 /m/rain
            ddddddddddd_0 0.000 1.000 /m/rain
        """,
        unbalanced="""
            aaaaaaaaaaa 0.000 10.000 /m/bang
            bbbbbbbbbbb 0.000 10.000 /m/rain
            ccccccccccc 0.000 10.000 /m/rain,/m/piano
            eeeeeeeeeee 0.000 10.000 /m/gun
        """,
    )
    build(tmp_path / "catalog.duckdb", [], metadata)
    with duckdb.connect(str(tmp_path / "catalog.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select kind, label_id, clip_id, event_count, rank from main.label_conflicts"
            " order by all"
        ).fetchall()
    # Of the two clips with each label, one agrees, for each of the three kinds of disagreement.
    assert rows == [
        ("strong_only", "/m/gun", "bbbbbbbbbbb_0", 1, 1),
        ("strong_only", "/m/rain", "aaaaaaaaaaa_0", 2, 2),
        ("weak_only", "/m/rain", "bbbbbbbbbbb_0", 0, 3),
    ]
