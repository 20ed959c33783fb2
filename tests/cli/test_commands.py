"""The commands, as they are typed."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import duckdb
import pytest
from support.commands import COMMAND
from support.metadata import write_metadata

from audioset_duck.catalog.build import build
from audioset_duck.config.targets import Target


def test_help_lists_every_command_with_an_example(run) -> None:
    assert run("--version").stdout == f"audioset-duck, version {version('audioset-duck')}\n"
    commands = [
        line.split()[0] for line in run("--help").stdout.split("Commands:")[1].splitlines() if line
    ]
    names = "build check demo download export extract info labels listen report scan score sql"
    assert commands == [*names.split(), "targets"]
    for command in commands:
        example = run(command, "--help").stdout.split("Usage:")[1].splitlines()[1:]
        assert any(line.startswith(f"    audioset-duck {command}") for line in example), command


def test_help_imports_nothing_heavy() -> None:
    code = """
import sys
from audioset_duck.cli.commands import cli
cli(["--help"], standalone_mode=False)
heavy = {"duckdb", "pyarrow", "numpy", "torch", "altair", "tqdm", "jinja2"}
print(sorted(sys.modules.keys() & heavy))
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines()[-1] == "[]"


@pytest.mark.slow
def test_demo_runs_everything(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run("demo", "here", "--clips", 500, "--no-audio", "--target", "gun")
    assert result.exit_code == 0, result.stderr
    assert " checks passed, 0 failed" in result.stdout
    assert "gun (positive: Cap gun; Gunshot, gunfire; Machine gun; windows of 1 s)" in result.stdout
    assert "Artillery fire (" in result.stderr and "with --descendants" in result.stderr
    tried = [line.strip() for line in result.stderr.split("Try next\n")[1].splitlines()]
    move, *tried = tried
    assert move == "cd here" and len(tried) == 6
    monkeypatch.chdir(tmp_path / "here")
    for line in tried:
        import shlex

        program, *arguments = shlex.split(line)
        assert program == "audioset-duck"
        # Pictures take long.
        more = ("--format", "csv,html") if arguments[0] == "report" else ()
        again = run(*arguments, *more)
        assert again.exit_code == 0, (line, again.stderr)


@pytest.mark.slow
def test_demo_may_be_created_again_and_elsewhere(run, tmp_path: Path) -> None:
    words = ["demo", "here", "--no-audio", "--clips"]
    assert run(*words, 10).exit_code == 0
    assert run("--catalog", "mine.duckdb", *words, 20).exit_code == 0
    assert (tmp_path / "mine.duckdb").is_file()
    assert sorted(path.name for path in (tmp_path / "here").iterdir()) == [
        "catalog.duckdb",
        "metadata",
    ]


@pytest.mark.parametrize("before", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_build(run, demo_metadata: Path, tmp_path: Path, before: bool) -> None:
    shared = ["--catalog", "mine.duckdb", "--quiet"]
    own = ["build", "--target", "gun", "--metadata", demo_metadata, "--window-seconds", "0.5"]
    own += ["--name", "dog", "--label", "Bark", "--label", "/m/0ghcn6", "--ignore", "Dog"]
    result = run(*(shared + own if before else own + shared))
    assert result.exit_code == 0, result.stderr
    assert "dog (positive: Bark; Growling, ignored: Dog; windows of 0.5 s)" in result.stdout
    header, rule, train, *_ = result.stdout.splitlines()[1:]
    assert header.split() == (
        "subset events alone overlapped windows negatives neg. windows weak neg.".split()
    )
    assert set(rule) == {"-", " "}
    assert train.split()[0] == "strong_train"
    assert "built" not in result.stderr
    with duckdb.connect("mine.duckdb", read_only=True) as connection:
        assert connection.execute(
            "select max(end_seconds - start_seconds) from gun.positive_windows"
        ).fetchall()[0][0] == pytest.approx(0.5)


@pytest.mark.slow
def test_a_built_target_can_be_built_again_by_name(run, demo_metadata: Path) -> None:
    own = ["--name", "dog", "--label", "Bark", "--ignore", "Dog"]
    first = run("build", "--metadata", demo_metadata, *own)
    again = run("build", "--metadata", demo_metadata, "--target", "dog")
    assert again.exit_code == 0, again.stderr
    assert again.stdout == first.stdout
    listed = run("targets").stdout
    assert [line.split()[-1] for line in listed.splitlines()[2:]] == ["no", "no", "no", "yes"]


@pytest.mark.slow
def test_targets_lists_what_was_built(run, demo_metadata: Path) -> None:
    own = ["--descendants", "--ignore", "Fireworks", "--window-seconds", "0.25"]
    assert run("build", "--metadata", demo_metadata, "--target", "gun", *own).exit_code == 0
    gun = run("targets").stdout.splitlines()[2]
    for part in ("and descendants", "Fireworks", "0.25", "catalog.duckdb", "yes"):
        assert part in gun


def test_demo_replaces_no_catalog_of_others(run, demo_catalog: Path, tmp_path: Path) -> None:
    real = tmp_path / "catalog.duckdb"
    real.write_bytes(demo_catalog.read_bytes())
    for words in (["demo", "."], ["demo", "here", "--catalog", real]):
        result = run(*words)
        assert result.exit_code == 1
        assert "catalog.duckdb was not created by the demo in " in result.stderr
        assert [path.name for path in tmp_path.iterdir()] == ["catalog.duckdb"]


def test_demo_replaces_only_what_it_created(run, tmp_path: Path) -> None:
    (tmp_path / "metadata").mkdir()
    real = tmp_path / "metadata" / "eval_segments.csv.gz"
    real.write_bytes(b"mine")
    result = run("demo", ".")
    assert result.exit_code == 1
    assert (
        "eval_segments.csv.gz was not created by the demo, and would be replaced" in result.stderr
    )
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [real.name]


def test_build_without_a_target(run, demo_metadata: Path) -> None:
    result = run("build", "--metadata", demo_metadata)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "catalog.duckdb: " in result.stderr
    assert "audioset-duck build --target" in result.stderr


def test_rejected_rows_are_reported(run, tmp_path: Path) -> None:
    write_metadata(tmp_path / "metadata", names="/m/a A", train="nonsense\nmore")
    failed = run("build")
    assert failed.exit_code == 1
    assert "audioset_train_strong.tsv, line 2: the row has 1 column; expected 4" in failed.stderr
    assert "This row and 1 others are invalid. Fix the file, or skip" in failed.stderr
    assert not (tmp_path / "catalog.duckdb").exists()
    kept = run("build", "--skip-bad-rows")
    assert kept.exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["build"], "there is no metadata folder metadata"),
        (["build", "--metadata", "nowhere"], "there is no metadata folder nowhere"),
        (
            ["build", "--target", "gnu"],
            "unknown target 'gnu'; expected one of gun, baby_cry, snore",
        ),
        (["build", "--label", "Bark"], "--label 'Bark' needs the name of a new target; add --name"),
        (["build", "--window-seconds", "0"], "window_seconds is '0'; expected seconds"),
        (["build", "--window-seconds", ""], "window_seconds is ''; expected seconds"),
        (["build", "--config", "no.toml"], "no.toml cannot be read: No such file"),
        (["check"], "there is no catalog catalog.duckdb; create it with audioset-duck build"),
        (["info"], "there is no catalog catalog.duckdb"),
        (["labels", "x"], "there is no catalog catalog.duckdb"),
        (["sql", "select 1"], "there is no catalog catalog.duckdb"),
        (["sql"], "there is no catalog catalog.duckdb"),
        (["export", "--target", "gun", "--out", "x"], "there is no catalog catalog.duckdb"),
    ],
)
def test_failures_are_one_message_and_exit_1(
    run, tmp_path: Path, arguments: list, message: str
) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: ") and message in result.stderr
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["gun", "GUNSHOT", "/m/032s66"])
def test_labels(run, demo_catalog: Path, text: str) -> None:
    result = run("labels", text, "--catalog", demo_catalog)
    assert result.exit_code == 0
    assert "/m/032s66  Gunshot, gunfire" in result.stdout


def test_labels_by_the_other_file_s_name_with_true_counts(
    run, demo_catalog: Path, demo_metadata: Path
) -> None:
    from support import brute_force

    lines = run("labels", "Shatter", "--catalog", demo_catalog).stdout.splitlines()
    assert lines[0].split() == (
        "label_id display_name other_names strong_event_count framed_event_count"
        " weak_clip_count".split()
    )
    (row,) = (line.split("  ") for line in lines[2:])
    cells = [cell.strip() for cell in row if cell.strip()]
    events = brute_force.present_events(demo_metadata)
    clips = brute_force.clips(demo_metadata)
    assert cells == [
        "/m/07rn7sz",
        "Glass shatter",
        "Shatter",
        str(sum(e.label == cells[0] and e.subset != "strong_eval_framed" for e in events)),
        str(sum(e.label == cells[0] and e.subset == "strong_eval_framed" for e in events)),
        str(sum(cells[0] in clip.labels for clip in clips)),
    ]


@pytest.mark.parametrize("text", ["gunshoot", "'; drop table labels; --", "%", "é"])
def test_labels_that_do_not_match(run, demo_catalog: Path, text: str) -> None:
    result = run("labels", text, "--catalog", demo_catalog)
    assert result.exit_code == 1
    assert f"no label matches {text!r}" in result.stderr
    assert ("; the nearest are 'Gunshot, gunfire'" in result.stderr) == (text == "gunshoot")


def test_labels_of_a_slip(run, demo_catalog: Path) -> None:
    result = run("labels", "Dgo", "--catalog", demo_catalog)
    assert "no label matches 'Dgo'; the nearest are 'Dog'" in result.stderr


@pytest.mark.slow
def test_a_target_without_positives_is_warned_of(run, tmp_path: Path) -> None:
    metadata = write_metadata(
        tmp_path / "metadata",
        names="/m/bang Bang\n/m/bell Bell",
        train="AAAAAAAAAAA_0 0 1 /m/bang",
        balanced="AAAAAAAAAAA 0 10 /m/bell,/m/bang\nBBBBBBBBBBB 0 10 /m/bell",
    )
    result = run("build", "--name", "b", "--label", "Bell", "--metadata", str(metadata))
    assert result.exit_code == 0, result.stderr
    assert "b: no strong event carries its labels, so there are no positives" in result.stderr
    assert "weak clips that carry them: 2" in result.stderr
    result = run("build", "--name", "a", "--label", "Bang", "--metadata", str(metadata))
    assert "no strong event" not in result.stderr
    # The first build reported what is missing.
    assert "is not in" not in result.stderr


def test_the_shell_has_no_format(run, demo_catalog: Path) -> None:
    result = run("sql", "--format", "csv", "--catalog", demo_catalog)
    assert result.exit_code == 1
    assert (
        "--format csv needs a query, and there is none; in the shell, type .mode" in result.stderr
    )


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("gum", "which has gun, baby_cry, snore; did you mean gun?"),
        ("dog", "build it with audioset-duck build --name dog --label LABEL, or with --target dog"),
    ],
)
def test_a_target_that_is_not_built(run, demo_catalog: Path, name: str, cure: str) -> None:
    result = run("export", "--target", name, "--out", "out", "--catalog", demo_catalog)
    assert result.exit_code == 1
    assert cure in result.stderr


def test_info(run, demo_catalog: Path) -> None:
    result = run("info", "--catalog", demo_catalog)
    assert result.exit_code == 0
    assert (
        f"by audioset-duck {version('audioset-duck')}, DuckDB {duckdb.__version__}" in result.stdout
    )
    for part in (
        "audioset_train_strong.tsv",
        "snore (positive: Snoring; Snort",
        "TARGET.weak_negatives",
    ):
        assert part in result.stdout


def test_info_lists_what_is_to_be_queried(run, demo_catalog: Path) -> None:
    rows = run("info", "--catalog", demo_catalog).stdout.split("a row is\n")[1].splitlines()[1:]
    assert not [row for row in rows if row.startswith(("internal", "staging"))]
    assert not [row for row in rows if row.rstrip().endswith(("table function", "view", "table"))]


@pytest.mark.parametrize("name", ["gun.samples", "TARGET.samples"])
def test_info_on_a_relation(run, demo_catalog: Path, name: str) -> None:
    result = run("info", name, "--catalog", demo_catalog)
    assert result.exit_code == 0
    assert result.stdout.startswith("One sample that training or evaluation may read: ")
    header, _, *rows = result.stdout.splitlines()[2:]
    assert header.split() == ["column", "type", "meaning"]
    with duckdb.connect(str(demo_catalog), read_only=True) as connection:
        described = connection.execute("describe gun.samples").fetchall()
    assert [row.split()[0] for row in rows] == [column for column, *_ in described]
    assert all(len(row.split()) > 2 for row in rows)


def test_info_on_a_table_function_and_on_nothing(run, demo_catalog: Path) -> None:
    result = run("info", "gun.epoch_plan", "--catalog", demo_catalog)
    assert "  batch_size: Samples in a batch, on one rank." in result.stdout
    assert "  draw: What it is drawn as" in result.stdout
    result = run("info", "gun.sample", "--catalog", demo_catalog)
    assert result.exit_code == 1
    assert "no relation 'gun.sample' in this catalog; the nearest are gun.samples" in result.stderr


def test_a_table_function_read_as_a_table(run, demo_catalog: Path) -> None:
    for form in ("table", "csv"):
        result = run("sql", "from snore.epoch_plan", "--format", form, "--catalog", demo_catalog)
        assert result.exit_code == 1
        assert (
            "epoch_plan is a table function, which takes arguments: snore.epoch_plan(seed, epoch,"
        ) in result.stderr


def test_short_help_is_whole(run) -> None:
    assert "..." not in run("--help").stdout.split("Commands:")[1]


@pytest.mark.parametrize(
    ("arguments", "option"), [(["build", "gun"], "--target"), (["scan", "audio"], "--audio-root")]
)
def test_an_option_that_is_missing(run, arguments: list, option: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert f"is an option missing before it, such as {option}?" in result.stderr


def test_subsets_of_examples_are_subsets(run) -> None:
    """An example that is copied from a help text works."""
    from audioset_duck.sources.definitions import AUDIO_SUBSETS

    for command in ("extract", "report", "score"):
        named = re.findall(r"--subset (\w+)", run(command, "--help").stdout.split("Options:")[0])
        assert set(named) <= {*AUDIO_SUBSETS, "strong_eval_framed", "all"}


def test_a_title_names_some_of_many_labels(run, demo_catalog: Path, tmp_path: Path) -> None:
    copy = shutil.copyfile(demo_catalog, tmp_path / "copy.duckdb")
    with duckdb.connect(str(copy)) as connection:
        connection.execute(
            "insert into gun.target_labels select 'x' || i, 'Sound ' || i, 'positive'"
            " from range(10, 50) as numbers(i)"
        )
    titles = run("info", "--catalog", copy).stdout.splitlines()
    (title,) = (line for line in titles if line.startswith("gun (positive: "))
    assert "; Sound 12; and 37 more; windows of 1 s)" in title


QUERY = "select subset, label_ids, video_start_seconds from weak_clips order by clip_id limit 2"


def test_sql_formats(run, demo_catalog: Path) -> None:
    def query(*options: str) -> str:
        result = run("sql", QUERY, "--catalog", demo_catalog, *options)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    with duckdb.connect(str(demo_catalog), read_only=True) as connection:
        rows = connection.execute(QUERY).fetchall()
    header, *texts = csv.reader(io.StringIO(query("--format", "csv")))
    assert header == ["subset", "label_ids", "video_start_seconds"]
    assert texts == [[a, "[" + ", ".join(b) + "]", f"{c:.3f}"] for a, b, c in rows]
    assert json.loads(query("--format", "json")) == [
        {"subset": a, "label_ids": b, "video_start_seconds": float(c)} for a, b, c in rows
    ]
    assert all(str(row[0]) in query() for row in rows)


def test_sql_of_columns_named_like_anything(run, demo_catalog: Path) -> None:
    query = 'select 1 as "row", 2 as "q", \'a,"b"\' as "relation" -- the end'
    options = ["--catalog", demo_catalog, "--format"]
    assert json.loads(run("sql", query, *options, "json").stdout) == [
        {"row": 1, "q": 2, "relation": 'a,"b"'}
    ]
    assert run("sql", query, *options, "csv").stdout == 'row,q,relation\n1,2,"a,""b"""\n'


def test_sql_that_ends_in_a_comment_or_explains(run, demo_catalog: Path) -> None:
    options = ["--catalog", demo_catalog, "--format"]
    for output_format in ("table", "csv", "json"):
        result = run("sql", "select 42 as n; -- the end", *options, output_format)
        assert result.exit_code == 0 and "42" in result.stdout, result.stderr
    assert run("sql", "explain select 1", *options, "table").exit_code == 0
    assert "expected --format table" in run("sql", "explain select 1", *options, "csv").stderr


@pytest.mark.parametrize("query", ["show tables", "describe labels", "pivot labels on is_weak"])
def test_sql_of_other_queries(run, demo_catalog: Path, query: str) -> None:
    for output_format in ("table", "csv", "json"):
        result = run("sql", query, "--catalog", demo_catalog, "--format", output_format)
        assert result.exit_code == 0, result.stderr


def test_sql_of_no_rows_and_of_many(run, demo_catalog: Path) -> None:
    none = "select 1 as n where false"
    assert run("sql", none, "--format", "json", "--catalog", demo_catalog).stdout == "[]\n"
    assert run("sql", none, "--format", "csv", "--catalog", demo_catalog).stdout == "n\n"
    many = run("sql", "from range(25000);", "--format", "csv", "--catalog", demo_catalog).stdout
    assert many.split() == ["range", *map(str, range(25_000))]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("drop table labels", "this is a DROP statement; expected a query"),
        ("create table x as select 1", "this is a CREATE statement; expected a query"),
        ("copy labels to 'labels.csv'", "this is a COPY statement; expected a query"),
        ("select 1; select 2", "there are 2 statements; expected one query"),
        ("", "the query is empty"),
        ("from statements", "does not exist"),
        ("selec 1", "syntax error"),
        ("from nothing", "does not exist"),
    ],
)
def test_sql_that_cannot_be(run, demo_catalog: Path, query: str, message: str) -> None:
    before = demo_catalog.read_bytes()
    result = run("sql", query, "--catalog", demo_catalog)
    assert result.exit_code == 1
    assert message in result.stderr
    assert demo_catalog.read_bytes() == before


def test_sql_without_a_query_is_the_shell(demo_catalog: Path) -> None:
    shell = Path(sys.executable).parent
    if not (shell / "duckdb").exists():
        pytest.skip("no duckdb-cli in this environment")
    command = [sys.executable, "-c", "from audioset_duck.cli.commands import main; main()", "sql"]
    result = subprocess.run(
        [*command, "--catalog", demo_catalog],
        input=".mode csv\nselect count(*) from gun.positive_events;\ndrop table labels;\n",
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": str(shell)},
    )
    with duckdb.connect(str(demo_catalog), read_only=True) as connection:
        ((count,),) = connection.execute("select count(*) from gun.positive_events").fetchall()
    assert f"\n{count}\n" in result.stdout
    assert "read-only" in result.stderr


def test_safe_sql_reads_no_other_file(run, demo_catalog: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("secret\nx\n")
    query = "select count(*) as n from read_csv('secret.csv')"
    assert run("sql", query, "--catalog", demo_catalog).exit_code == 0
    result = run("sql", "--safe", query, "--catalog", demo_catalog)
    assert result.exit_code == 1
    assert "disabled by configuration" in result.stderr
    result = run("sql", "--safe", "select count(*) as n from labels", "--catalog", demo_catalog)
    assert result.exit_code == 0 and "n" in result.stdout


def test_the_safe_shell_reads_no_other_file(demo_catalog: Path, tmp_path: Path) -> None:
    shell = Path(sys.executable).parent
    if not (shell / "duckdb").exists():
        pytest.skip("no duckdb-cli in this environment")
    command = [sys.executable, "-c", "from audioset_duck.cli.commands import main; main()", "sql"]
    (tmp_path / "secret.csv").write_text("secret\nx\n")
    for option, is_read in ([], True), (["--safe"], False):
        result = subprocess.run(
            [*command, *option, "--catalog", demo_catalog],
            input=f"from '{tmp_path / 'secret.csv'}';\nselect count(*) as n from labels;\n",
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": str(shell)},
        )
        assert ("x" in result.stdout) == is_read, result.stderr
        assert ("disabled by configuration" in result.stderr) != is_read
        assert " n " in result.stdout, result.stderr


def test_sql_without_a_shell_names_the_package(run, demo_catalog: Path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    result = run("sql", "--catalog", demo_catalog)
    assert result.exit_code == 1
    assert (
        "there is no DuckDB shell on PATH; install it with pip install duckdb-cli" in result.stderr
    )


def test_export(run, demo_catalog: Path, tmp_path: Path) -> None:
    result = run(
        "export", "--target", "gun", "--target", "snore", "--out", "meta", "--catalog", demo_catalog
    )
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 48
    assert all((tmp_path / line).is_file() for line in result.stdout.splitlines())
    (tmp_path / "file").write_text("")
    blocked = run("export", "--target", "gun", "--out", "file", "--catalog", demo_catalog)
    assert blocked.exit_code == 1
    assert (
        "cannot be created: " in blocked.stderr
        and "name another folder with --out" in blocked.stderr
    )


@pytest.fixture(scope="module")
def foreign_catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog whose path, label and target's label are in no encoding but UTF-8."""
    folder = tmp_path_factory.mktemp("日") / "Bär"
    metadata = write_metadata(
        folder / "metadata",
        names="/m/a Bär日\n/m/b Other",
        train="g0000000000_0 1.000 2.000 /m/a\ng0000000001_0 1.000 2.000 /m/b",
        balanced="w0000000000 0.000 10.000 /m/b",
    )
    build(folder / "catalog.duckdb", [Target("bear", ("/m/a",))], metadata)
    return folder / "catalog.duckdb"


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii:strict", "latin-1", "utf-8"])
@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (["labels", "b"], 0),
        (["labels", "見"], 1),
        (["info"], 0),
        (["targets"], 0),
        (["check"], 0),
        (["build", "--target", "見"], 1),
        (["sql", "from labels"], 0),
        (["sql", "select 見"], 1),
        (["export", "--target", "bear", "--out", "見"], 0),
        (["scan", "--audio-root", "見"], 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_terminal_that_is_not_utf_8(
    foreign_catalog: Path, tmp_path: Path, encoding: str, arguments: list[str], exit_code: int
) -> None:
    result = subprocess.run(
        [*COMMAND, "--catalog", foreign_catalog, *arguments],
        cwd=tmp_path,
        env=os.environ | {"PYTHONIOENCODING": encoding},
        capture_output=True,
    )
    assert result.returncode == exit_code, result.stderr
    assert b"Traceback" not in result.stderr
    assert result.stdout or result.stderr.startswith(b"Error: ")


@pytest.mark.parametrize("encoding", [pytest.param("ascii", marks=pytest.mark.slow), "latin-1"])
def test_what_sql_prints_without_utf_8(foreign_catalog: Path, encoding: str) -> None:
    """Files are UTF-8 all the same; a table has a frame of ASCII."""

    query = "select display_name from labels where label_id = '/m/a'"

    def printed(output_format: str) -> bytes:
        return subprocess.run(
            [*COMMAND, "--catalog", foreign_catalog, "sql", query, "--format", output_format],
            env=os.environ | {"PYTHONIOENCODING": encoding},
            capture_output=True,
            check=True,
        ).stdout

    assert printed("csv").decode() == "display_name\nBär日\n"
    assert json.loads(printed("json")) == [{"display_name": "Bär日"}]
    lines = printed("table").decode(encoding).splitlines()
    assert re.fullmatch(r"\+-+\+", lines[0])
    assert any("r\\u65e5" in line for line in lines)
