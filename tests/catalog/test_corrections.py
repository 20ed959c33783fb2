"""Marks of listeners: what they exclude, and what is wrong with files of them."""

import gzip
import json
from pathlib import Path

import duckdb
import pytest
from support.metadata import write_metadata

from audioset_duck.catalog.build import build
from audioset_duck.catalog.checks import run_checks
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.catalog.corrections import COLUMNS, load_corrections, read_corrections
from audioset_duck.catalog.relations import create_macros
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
            bbbbbbbbbbb 0.000 10.000 /m/rain
        """,
    )


@pytest.mark.parametrize(
    ("marked", "gone"),
    [
        ("strong_train/aaaaaaaaaaa_0/1.0", {"strong_train/aaaaaaaaaaa_0/1.0"}),
        (
            "strong_train/bbbbbbbbbbb_0/2.0",
            {"strong_train/bbbbbbbbbbb_0/2.0", "weak_balanced_train/bbbbbbbbbbb_0"},
        ),
        ("strong_train/ccccccccccc_0/3.0", {"strong_train/ccccccccccc_0/3.0"}),
        (
            "weak_balanced_train/bbbbbbbbbbb_0",
            {"strong_train/bbbbbbbbbbb_0/2.0", "weak_balanced_train/bbbbbbbbbbb_0"},
        ),
    ],
    ids=["a positive", "a strong negative", "one of two positives", "a weak negative"],
)
@pytest.mark.slow
def test_a_marked_clip_is_a_negative_in_no_subset(
    tmp_path: Path, marked: str, gone: set[str]
) -> None:
    """Neither after a positive turns out to be none, nor if the target is in a strong negative."""
    metadata = write_metadata(
        tmp_path / "metadata",
        names="/m/gun Gun\n/m/drum Drum\n/m/rain Rain",
        train="""
            aaaaaaaaaaa_0 0.000 1.000 /m/gun
            bbbbbbbbbbb_0 0.000 1.000 /m/rain
            ccccccccccc_0 0.000 1.000 /m/gun
            ccccccccccc_0 2.000 3.000 /m/gun
        """,
        balanced="\n".join(f"{letter * 11} 0.000 10.000 /m/rain" for letter in "abcd"),
    )
    catalog = built(tmp_path, metadata, f"t,{marked},,,,,incorrect,")
    before = {
        "strong_train/aaaaaaaaaaa_0/1.0",
        "strong_train/bbbbbbbbbbb_0/2.0",
        "strong_train/ccccccccccc_0/3.0",
        "strong_train/ccccccccccc_0/4.0",
        "weak_balanced_train/bbbbbbbbbbb_0",
        "weak_balanced_train/ddddddddddd_0",
    }
    assert {key for _, key in keys(catalog)} == before - gone
    with open_catalog(catalog) as connection:
        assert [(check.name, check.rows) for check in run_checks(connection) if check.count] == []
        reasons = dict(
            connection.execute(
                "select reason, sum(clip_count) from t.sample_counts where role = 'weak_negative'"
                " group by reason"
            ).fetchall()
        )
    # Those of a and c have positive events, unless the only one of a is marked.
    if marked.startswith("strong_train/a"):
        assert reasons == {None: 2, "corrected": 1, "strong_positive": 1}
    elif "bbb" in marked:
        assert reasons == {None: 1, "corrected": 1, "strong_positive": 2}
    else:
        assert reasons == {None: 2, "strong_positive": 2}


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
        # The weak clip had been excluded for the event.
        {("positive", "strong_train", 1, 1), ("weak_negative", "weak_unbalanced_train", 1, 1)},
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
    "a strong clip that is a weak one too": (
        "t,strong_train/ddddddddddd_0/7.0,,,,,incorrect,",
        {("strong_negative", "strong_train/ddddddddddd_0/7.0")}
        | {("weak_negative", "weak_unbalanced_train/ddddddddddd_0")},
        {
            ("strong_negative", "strong_train", 1, 1),
            ("weak_negative", "weak_unbalanced_train", 1, 1),
        },
    ),
    "a weak clip that is a strong one too": (
        "t,weak_unbalanced_train/ddddddddddd_0,,,,,incorrect,",
        {("strong_negative", "strong_train/ddddddddddd_0/7.0")}
        | {("weak_negative", "weak_unbalanced_train/ddddddddddd_0")},
        {
            ("strong_negative", "strong_train", 1, 1),
            ("weak_negative", "weak_unbalanced_train", 1, 1),
        },
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


# The targets of the marks that are of one: all of them are built at once.
OWN_TARGETS = {
    name: f"t{number}" for number, name in enumerate(MARKS) if MARKS[name][0].startswith("t,")
}


@pytest.fixture(scope="module")
def marked(metadata: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog in which each of `OWN_TARGETS` is t with its mark."""
    folder = tmp_path_factory.mktemp("each")
    rows = [target + MARKS[name][0].removeprefix("t") for name, target in OWN_TARGETS.items()]
    (folder / "corrections.csv").write_text(HEADER + "\n".join(rows))
    build(
        folder / "catalog.duckdb",
        [Target(target, ("/m/gun",)) for target in OWN_TARGETS.values()],
        metadata,
        corrections=[folder / "corrections.csv"],
    )
    return folder / "catalog.duckdb"


@pytest.mark.xdist_group("marks")
@pytest.mark.parametrize("name", MARKS)
def test_what_a_mark_excludes(
    tmp_path: Path, metadata: Path, before: set[tuple[str, str]], marked: Path, name: str
) -> None:
    text, gone, counts = MARKS[name]
    target = OWN_TARGETS.get(name, "t")
    catalog = marked if name in OWN_TARGETS else built(tmp_path, metadata, text)
    assert before - keys(catalog, target) == gone
    assert keys(catalog, target) <= before
    assert corrected(catalog, target) == counts


@pytest.mark.slow
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
        "t,,strong_train,aaaaaaaaaaa_0,,/m/gnu,incorrect,\n"
        "t,weak_unbalanced_train/eeeeeeeeeee_0,,,,/m/rain,incorrect,\n"
        "t,weak_unbalanced_train/ggggggggggg_0,,,,/m/rain,incorrect,\n"
    )
    built(tmp_path, metadata, text)
    assert "does not have: 5" in caplog.text


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("t,strong_train/aaaaaaaaaaa_0/1.0,,,,,wrong,", ["line 2", "wrong", "incorrect"]),
        ("t,strong_train/aaaaaaaaaaa_0/1.0,,,,,,", ["line 2", "empty", "unsure"]),
        ("t,train/aaaaaaaaaaa_0/1.0,,,,,incorrect,", ["line 2", "train", "strong_train"]),
        ("t,,strong_train,aaaaaaaaaaa,,,incorrect,", ["line 2", "aaaaaaaaaaa", "milliseconds"]),
        ("t,strong_train/aaaaaaaaaaa_0/x.0,,,,,incorrect,", ["line 2", "the event is x"]),
        ("t,weak_eval/aaaaaaaaaaa_0/1.0,,,,,incorrect,", ["line 2", "no events"]),
        ("verdict,name\ncorrect,x\n", ["line 1", "verdict,name", "sample_key"]),
        ("t,a,,,,,b,\n" * 5, ["line 2", "line 4", "; and 2 more"]),
        ("t,strong_train_1_0,,,,,incorrect,", ["line 2", "strong_train_1_0", "SUBSET/CLIP_ID"]),
        ("t,strong_train/aaaaaaaaaaa_0/1.0/2,,,,,incorrect,", ["line 2", "SUBSET/CLIP_ID"]),
        ("t,strong_train/aaaaaaaaaaa_0/1,,,,,incorrect,", ["line 2", "WINDOW_INDEX"]),
        ("t,strong_train/aaaaaaaaaaa_0,,,,,incorrect,", ["line 2", "WINDOW_INDEX"]),
        ("t,,strong_train,aaaaaaaaaaa_0,1.5,,incorrect,", ["line 2", "the event is 1.5"]),
        ("t,strong_train/aaaaaaaaaaa_0/1.0,,,2,,incorrect,", ["line 2", "names another thing"]),
        ("t,strong_train/aaaaaaaaaaa_0/1.0,,,,,incorrect,a, b", ["line 2", "9 values", "quotes"]),
        ('t,x,,,,,correct,"two\nlines"\nt,x,,,,,wrong,', ["line 2", "line 4", "wrong"]),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, parts: list[str]) -> None:
    path = tmp_path / "corrections.csv"
    path.write_text(text if "verdict" in text.split("\n")[0] else HEADER + text)
    with duckdb.connect() as connection:
        create_macros(connection)
        connection.execute("create schema internal")
        with pytest.raises(AudiosetDuckError) as error:
            load_corrections(connection, read_corrections([path]), ["t"])
    for part in ["corrections.csv", *parts]:
        assert part in str(error.value)


# Files that are not csv in UTF-8 with a header, and what is said of them.
BAD_FILES = {
    "empty": (b"", ["is empty", "a header with verdict"]),
    "blank": (b"\n\n", ["is empty"]),
    "NULs": (bytes(3000), ["line 1", "NUL"]),
    "a NUL": (HEADER.encode() + b"t,x,,,,,correct,\0\n", ["line 2", "NUL"]),
    "latin-1": (HEADER.encode() + "t,x,,,,,correct,café\n".encode("latin-1"), ["line 2", "0xe9"]),
    "utf-16": (HEADER.encode("utf-16"), ["line 1", "0xff", "UTF-8"]),
    "gzip": (gzip.compress(HEADER.encode()), ["line 1", "0x8b", "not compressed"]),
    "a huge line": (
        HEADER.encode() + b"t,x,,,,,correct," + b"x" * 5_000_000,
        ["line 2", "131,072"],
    ),
    "a huge header": (b"x" * 5_000_000, ["line 1", "131,072"]),
    "no header": (b"t,x,,,,,correct,\n", ["line 1", "no header before 't,x", "sample_key"]),
    "semicolons": (b"sample_key;verdict\nx;correct\n", ["line 1", "separated by commas"]),
    "a column twice": (b"sample_key,verdict,verdict\n", ["line 1", "verdict", "2 times"]),
    "an open quote": (HEADER.encode() + b't,x,,,,,correct,"a\nb\n', ["line 2", "quotes"]),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_files_that_are_not_csv(tmp_path: Path, name: str) -> None:
    data, parts = BAD_FILES[name]
    (tmp_path / "marks.csv").write_bytes(data)
    with pytest.raises(AudiosetDuckError) as error:
        read_corrections([tmp_path / "marks.csv"])
    for part in ["marks.csv", *parts]:
        assert part in str(error.value)
    assert len(str(error.value)) < 500


@pytest.mark.parametrize(
    "data",
    [
        "\ufeff" + HEADER.replace("\n", "\r\n") + "t,k1,,,,,correct,a\r\nt,k2,,,,,unsure,\r\n",
        f"{HEADER}\n\nt,k1,,,,,correct,a\n,,,,,,,\nt,k2,,,,,unsure\n",
        f"{HEADER}t,k1,,,,,correct,a\n\ufeff{HEADER}t,k2,,,,,unsure,\n",
        f"{HEADER}t,k1,,,,,correct,a\nverdict,by,sample_key,target\nunsure,me,k2,t\n",
    ],
    ids=["of a spreadsheet", "with blank lines", "put together", "of two kinds put together"],
)
def test_forms_of_csv(tmp_path: Path, data: str) -> None:
    """A mark of byte order, blank lines, and further headers, as of `cat` of several files."""
    (tmp_path / "marks.csv").write_bytes(data.encode())
    (file,) = read_corrections([tmp_path / "marks.csv"])
    found = [dict(zip(COLUMNS, row[3:], strict=True)) for row in file.rows]
    assert [(row["target"], row["sample_key"], row["verdict"], row["note"]) for row in found] == [
        ("t", "k1", "correct", "a"),
        ("t", "k2", "unsure", ""),
    ]


def test_what_is_wrong_changes_nothing(run, metadata: Path, tmp_path: Path) -> None:
    """The catalog stays as it is, whatever the file; the message is one line of a person."""
    assert run("build", "--metadata", metadata, "--name", "t", "--label", "Gun").exit_code == 0
    before = (tmp_path / "catalog.duckdb").read_bytes()
    (tmp_path / "marks.csv").write_text(HEADER + "t,strong_train/x,,,,,wrong,\n" * 5)
    (tmp_path / "latin.csv").write_bytes(b"\xe9")
    (tmp_path / "folder.csv").mkdir()
    files = {path.name for path in tmp_path.iterdir()}
    for name in ("marks.csv", "latin.csv", "folder.csv", "none.csv"):
        result = run("build", "--metadata", metadata, "--corrections", name)
        assert (result.exit_code, result.stdout) == (1, ""), name
        assert name in result.stderr and "Traceback" not in result.stderr
        assert "rebuilding" not in result.stderr
        assert (tmp_path / "catalog.duckdb").read_bytes() == before
        assert {path.name for path in tmp_path.iterdir()} == files


@pytest.mark.slow
def test_windows_are_marked_with_their_event(
    tmp_path: Path, metadata: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One window that is incorrect decides, in a negative too; others do not contradict it."""
    rows = {
        "strong_train/aaaaaaaaaaa_0/1.0": "correct",
        "strong_train/aaaaaaaaaaa_0/1.2": "incorrect",
        "strong_train/ccccccccccc_0/6.0": "incorrect",
        "strong_train/ccccccccccc_0/6.1": "unsure",
        "strong_train/ccccccccccc_0/6.2": "correct",
        "strong_train/ddddddddddd_0/7.0": "correct",
    }
    text = "".join(f"t,{key},,,,,{verdict},\n" for key, verdict in rows.items())
    catalog = built(tmp_path, metadata, text)
    assert corrected(catalog) == {
        ("positive", "strong_train", 1, 3),
        ("strong_negative", "strong_train", 1, 5),
    }
    assert "contradict" not in caplog.text
    with duckdb.connect(str(catalog), read_only=True) as connection:
        marks = connection.execute(
            "select sample_key, verdict, line from t.corrections order by line"
        ).fetchall()
    assert marks == [
        ("strong_train/aaaaaaaaaaa_0/1.2", "incorrect", 3),
        ("strong_train/ccccccccccc_0/6.0", "incorrect", 4),
        ("strong_train/ddddddddddd_0/7.0", "correct", 7),
    ]


@pytest.mark.slow
def test_targets_that_the_catalog_does_not_have_are_counted(
    tmp_path: Path, metadata: Path, before: set[tuple[str, str]], caplog: pytest.LogCaptureFixture
) -> None:
    text = "tt,strong_train/aaaaaaaaaaa_0/1.0,,,,,incorrect,\n"
    assert keys(built(tmp_path, metadata, text)) == before
    assert "targets that the catalog does not have: 1 (" in caplog.text
    assert "line 2: tt)" in caplog.text


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
    """A label confirms those above it; labels that only weak, or only strong ones know are not."""
    metadata = write_metadata(
        tmp_path / "metadata",
        names="/m/bang Bang\n/m/gun Gun\n/m/rain Rain\n/m/hum Hum",
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
            ccccccccccc_0 0.000 1.000 /m/hum
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
        agreement = connection.execute(
            "select rank, title, clip_count, both_clip_count, strong_only_clip_count,"
            " weak_only_clip_count, round(conflict_percentage, 1) from main.label_agreement"
            " order by rank"
        ).fetchall()
    assert agreement == [
        (1, "Rain", 3, 1, 1, 1, 66.7),
        (2, "Gun", 2, 1, 1, 0, 50),
        (3, "Bang", 1, 1, 0, 0, 0),
    ]
    # Of the two clips with each label, one agrees, for each of the three kinds of disagreement.
    assert rows == [
        ("strong_only", "/m/gun", "bbbbbbbbbbb_0", 1, 1),
        ("strong_only", "/m/rain", "aaaaaaaaaaa_0", 2, 2),
        ("weak_only", "/m/rain", "bbbbbbbbbbb_0", 0, 3),
    ]
