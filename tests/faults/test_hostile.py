"""Input that means harm or is damaged: it works exactly, or fails with a sentence; nothing else.

AUDIOSET_DUCK_EXAMPLES=100 tries a hundred times as many random inputs. tests/fuzz/ goes on for as
long as it is told to.
"""

import ast
import bz2
import gzip
import html.parser
import io
import json
import os
import re
import resource
import struct
import subprocess
import tracemalloc
import zipfile
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
import soundfile
from fuzz.targets import judge_wav, load_source, read_archive, read_toml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import browser
from support.audio import made_wav
from support.effort import MORE
from support.metadata import STRONG_HEADER, WEAK_HEADER, write_metadata

from audioset_duck.audio.archives import list_members, read_members
from audioset_duck.audio.extract import extract
from audioset_duck.audio.ffmpeg import find_ffmpeg, validate_by_ffmpeg
from audioset_duck.audio.names import Skipped
from audioset_duck.audio.scan import find_files
from audioset_duck.audio.validation import ValidationLimits, validate
from audioset_duck.audio.worker import Options
from audioset_duck.catalog.build import build
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.catalog.labels import resolve, resolve_samples
from audioset_duck.catalog.state import read_state
from audioset_duck.config.sample_options import SampleOptions
from audioset_duck.config.targets import Target, check_name
from audioset_duck.config.toml_file import read_configuration
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.report.catalog_report import report

ROOT = Path(__file__).parents[2]
TRAIN = "audioset_train_strong.tsv"
GOOD = "aaaaaaaaaaa_0\t1.000\t2.000\t/m/gun\n"
WAV = made_wav(np.random.default_rng(0).integers(-9000, 9000, 32_000).astype(np.int16))


def examples(count: int):
    """Settings of a property that is tried on so many random inputs."""
    return settings(
        max_examples=count * MORE,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


NAMES = [
    "'",
    '"',
    "''); drop schema main cascade; --",
    '"; drop schema main cascade; --',
    "$$; drop schema main cascade; $$",
    "/* */ or 1 = 1 -- ",
    "’ or ‘1’=‘1",  # noqa: RUF001
    "x'] || (select 1) || ['",
    "$label",
    "?",
    "%s",
    "{{ 7 * 7 }}",
    "{% raw %}{{ target.name }}",
    "{# gone #}",
    "\\",
    "back\\'slash",
    "*",
    "[ab]?",
    "../../x",
    "CON",
    "null",
    "main",
    "meta",
    "staging",
    "information_schema",
    "select",
    " spaces around ",
    "\u202egnihsilbup",
    "🔫",
    "\x1b[31mred",
    "\x00",
    "n" * 10_000,
    "<script>alert(1)</script>",
    "<!--<script>",
    "]]>",
    "__proto__",
    "constructor",
    "\u2028",
    "${7*7}",
    "datum.x",
]
# Those that a target can have too.
GOOD_NAMES = ("__proto__", "constructor")


def short_id(name: str) -> str:
    """The name of a case: long names would fill the test report."""
    return ascii(name)[1:-1][:20]


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog with a label of each name, all of them the labels of the target `t`."""
    folder = tmp_path_factory.mktemp("named")
    labels = [f"/m/n{number:02d}" for number in range(len(NAMES))]
    metadata = write_metadata(
        folder / "metadata",
        train="\n".join(f"aaaaaaaaaaa_0 0.000 1.000 {label}" for label in labels),
        balanced=f"bbbbbbbbbbb 0.000 10.000 {','.join(labels)}\nccccccccccc 0 10 /m/other",
        names="/m/other Other",
        ontology=json.dumps(
            [
                {"id": label, "name": name, "child_ids": [name]}
                for label, name in zip(labels, NAMES, strict=True)
            ]
        ),
    )
    with (metadata / "mid_to_display_name.tsv").open("a") as stream:
        stream.writelines(f"{mid}\t{name}\n" for mid, name in zip(labels, NAMES, strict=True))
    target = Target("t", tuple(NAMES), descendants=True)
    build(folder / "c.duckdb", [target, Target("u", ("Other",), tuple(NAMES))], metadata)
    return folder / "c.duckdb"


def test_names_of_labels_are_only_names(named: Path) -> None:
    with open_catalog(named) as connection:
        for number, name in enumerate(NAMES):
            resolved = resolve(connection, Target("x", (name,)))
            assert resolved.positive_label_ids == (f"/m/n{number:02d}",), name
        for relation in ("t.target_labels", "main.ontology", "main.labels"):
            found = connection.execute(f"select display_name from {relation}").fetchall()
            assert {name for (name,) in found} >= set(NAMES)
        query = "select count(*) from t.positive_events"
        assert connection.execute(query).fetchall() == [(len(NAMES),)]
        query = "select role, count(*) from u.target_labels group by role order by role"
        assert connection.execute(query).fetchall() == [("ignored", len(NAMES)), ("positive", 1)]
        assert connection.execute("select ytid from u.weak_negatives").fetchall() == []


def test_names_of_labels_on_the_command_line(run, named: Path) -> None:
    """Each is found, on one line, and what a terminal would obey is written out."""
    for command in (
        ["labels", "drop schema"],
        ["labels", "[31m"],
        ["info"],
        ["targets"],
        ["check"],
    ):
        result = run(*command, "--catalog", named)
        assert result.exit_code == (command == ["check"]), result.stderr
        assert "\x1b" not in result.stdout and "\x00" not in result.stdout
    assert r"\x1b[31mred" in run("labels", "[31m", "--catalog", named).stdout


@pytest.mark.parametrize("name", [name for name in NAMES if name not in GOOD_NAMES], ids=short_id)
def test_names_of_targets_that_cannot_be(run, named: Path, name: str) -> None:
    before = named.read_bytes()
    Path("mine.toml").write_text(f"[targets.{as_toml(name)}]\nlabels = ['Other']")
    for words in (
        ["build", "--name", name, "--label", "Other"],
        ["build", "--target", name],
        ["targets", "--config", "mine.toml"],
        ["export", "--target", name, "--out", "out"],
        ["report", "--target", name, "--out", "out"],
        ["extract", "--archives", ".", "--audio-root", "audio", "--target", name],
    ):
        result = run(*words, "--catalog", named)
        assert result.exit_code == 1, words
        (line,) = result.stderr.strip("\n").split("\n")
        assert line.startswith("Error: ") and repr(name)[:150] in line, line
        assert "\x1b" not in line
    assert named.read_bytes() == before
    assert {path.name for path in Path().iterdir()} <= {"mine.toml", "audio"}


def test_no_name_of_a_target_is_a_word_of_sql() -> None:
    """What is allowed can be asked for without quotes, as `from NAME.samples`."""
    with duckdb.connect() as connection:
        words = connection.execute("select keyword_name from duckdb_keywords()").fetchall()
        for (word,) in words:
            try:
                check_name(word)
            except AudiosetDuckError:
                continue
            connection.execute(f'create schema "{word}"; create view "{word}".samples as select 1')
            assert connection.execute(f"from {word}.samples").fetchall() == [(1,)], word


@pytest.mark.parametrize("value", NAMES, ids=short_id)
@pytest.mark.slow
def test_labels_and_options_that_are_not_there(named: Path, run, value: str) -> None:
    unknown = f"no {value}"
    with open_catalog(named) as connection:
        for target in (
            Target("x", (unknown,)),
            Target("x", ("Other",), (unknown,)),
            Target("x", (f"/m/{value}'",)),
        ):
            with pytest.raises(AudiosetDuckError, match="unknown label"):
                resolve(connection, target)
    for option in (f"{value.replace('=', '')}=1", f"seed={value}", f"head_keep_frac={value}"):
        result = run("build", "--samples", option, "--catalog", "none.duckdb")
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: --samples")
        shown = repr(value if value in option else value.replace("=", ""))
        assert shown[:150] in result.stderr
    assert not Path("none.duckdb").exists()


@pytest.mark.parametrize("label", ["/m/x'; drop schema main; --", "/m/\0", "/", "//", "/m/x\n"])
def test_head_labels_that_are_no_mids(named: Path, label: str) -> None:
    with (
        open_catalog(named) as connection,
        pytest.raises(AudiosetDuckError, match=r"head_labels of \[samples\]: unknown label"),
    ):
        resolve_samples(connection, SampleOptions(head_labels=(label,)))


def test_ids_of_clips_that_are_sql(tmp_path: Path) -> None:
    ids = [name for name in NAMES if "\n" not in name]
    (tmp_path / TRAIN).write_text(
        STRONG_HEADER + GOOD + "".join(f"{name}\t1\t2\t{name}\n" for name in ids)
    )
    rows, rejected = load_source(tmp_path, TRAIN)
    assert (len(rows), [text for _, _, text in rejected]) == (
        1,
        [f"{name}\t1\t2\t{name}" for name in ids],
    )


@pytest.mark.slow
def test_folders_of_any_name(run, tmp_path: Path) -> None:
    """Metadata, catalog, archives, audio root and output in a folder that is called so."""
    name = '-it\'s "x"; drop table x {{ 7 * 7 }} $$ “y” *[c]{1,2}\n.csv'
    folder = tmp_path / name
    write_metadata(
        folder / "metadata",
        names="/m/gun Gun\n/m/rain Rain",
        train="aaaaaaaaaaa_0 0.000 3.000 /m/gun\nbbbbbbbbbbb_0 0.000 3.000 /m/rain",
        balanced="ccccccccccc 0.000 10.000 /m/rain",
        ontology="[]",
    )
    write_zip(folder / "zips" / f"{name}.zip", {"Yccccccccccc.wav": WAV})
    audio = ("--audio-root", folder / "audio")
    for words in (
        ["build", "--name", "t", "--label", "Gun", "--metadata", folder / "metadata"],
        ["extract", "--archives", folder / "zips", *audio, "--target", "t", "--workers", 1],
        ["scan", *audio],
        ["export", "--target", "t", "--out", folder / "out"],
        ["report", "--format", "csv", "--out", folder / "report"],
    ):
        result = run(*words, "--catalog", folder / "c.duckdb", "--quiet")
        assert result.exit_code == 0, (words, result.stderr)
    query = "select audio_path from t.samples where audio_path is not null"
    with open_catalog(folder / "c.duckdb") as connection:
        ((path,),) = connection.execute(query).fetchall()
    assert Path(path).read_bytes() == WAV
    assert {path.name for path in tmp_path.iterdir()} == {name}


def test_paths_that_are_not_utf8(run, tmp_path: Path) -> None:
    bad = Path(os.fsdecode(b"l\xe9tin"))
    write_metadata(tmp_path / "metadata", train="aaaaaaaaaaa_0 0.000 3.000 /m/gun")
    write_metadata(tmp_path / bad / "metadata", train="aaaaaaaaaaa_0 0.000 3.000 /m/gun")
    for folder in ("audio", "zips"):
        (tmp_path / folder / bad).mkdir(parents=True)
    (tmp_path / "audio" / bad / "Yaaaaaaaaaaa.wav").write_bytes(WAV)
    write_zip(tmp_path / "zips" / bad / "a.zip", {"Yaaaaaaaaaaa.wav": WAV})
    for words in (
        ["build", "--metadata", bad / "metadata"],
        ["build", "--catalog", bad / "c.duckdb"],
        ["--catalog", bad / "c.duckdb", "build"],
        ["scan", "--audio-root", "audio"],
        ["extract", "--archives", "zips", "--audio-root", "out", "--subset", "strong_train"],
    ):
        result = run(*words)
        assert result.exit_code == 1
        assert re.search(
            r"Error: '.*l\\udce9tin.*' is not UTF-8, but a catalog stores only UTF-8", result.stderr
        ), result.stderr


@pytest.mark.parametrize(
    "wrong",
    [
        *("[]", "null", "1", '{"targets": 1}', '{"targets": []}', '{"samples": 1}'),
        "[" * 300 + "]" * 300,
    ],
)
def test_a_catalog_whose_builds_are_invented(tmp_path: Path, wrong: str) -> None:
    with duckdb.connect(str(tmp_path / "c.duckdb")) as connection:
        connection.execute(
            "create schema meta;"
            "  create table meta.builds (time timestamp, versions varchar, configuration varchar,"
            " seconds double);"
            " create table meta.sources (file varchar, sha256 varchar, rejected_count bigint)"
        )
        connection.execute("insert into meta.builds values (now(), '{}', ?, 1)", [wrong])
    with (
        open_catalog(tmp_path / "c.duckdb") as connection,
        pytest.raises(AudiosetDuckError, match=r"meta.builds holds something other than the JSON"),
    ):
        read_state(connection)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = " + "[" * 5000, "is not valid TOML: its values are nested too deeply"),
        ("a = " + "{a=" * 5000, "is not valid TOML: its values are nested too deeply"),
        ("window_seconds = " + "1" * 5000, "is not valid TOML: Exceeds the limit"),
        ("window_seconds = 0x" + "f" * 5000, "is not valid TOML: Exceeds the limit"),
        (
            "window_seconds = 1e99999999999999999999",
            "is not valid TOML: 1e9+ has too large an exponent",
        ),
        ("window_seconds = nan", "window_seconds is .*NaN"),
        ('[targets."a\\nb"]\nlabels = ["x"]', r"mine.toml: invalid name 'a\\nb' for a target"),
        ('"\\u001b[31m" = 1', r"unknown option '\\x1b\[31m'"),
    ],
)
def test_toml_that_means_harm(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(AudiosetDuckError, match=message) as error:
        read_configuration(tmp_path / "mine.toml")
    assert "\n" not in str(error.value)


keys = st.sampled_from(
    ["targets", "window_seconds", "training", "samples", "labels", "ignore", "seed", "t"]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(keys | st.text(), inner, max_size=3)
    ),
)


def as_toml(value: object) -> str:
    """A value as TOML has it; None is no value at all."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{as_toml(key)} = {as_toml(of)}" for key, of in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower()


@examples(300)
@given(st.text() | st.dictionaries(keys, values, max_size=3))
@pytest.mark.slow
def test_any_configuration(tmp_path_factory, content: str | dict) -> None:
    text = content if isinstance(content, str) else ""
    if isinstance(content, dict):
        text = "\n".join(f"{as_toml(key)} = {as_toml(value)}" for key, value in content.items())
    read_toml(tmp_path_factory.getbasetemp(), text.encode())


def compressed(data: bytes, ending: str) -> bytes:
    if ending == ".zst":
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, "zstd") as stream:
            stream.write(data)
        return sink.getvalue().to_pybytes()
    return gzip.compress(data, 1) if ending == ".gz" else data


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("end", ["", "\n", f"\n{GOOD}"], ids=["cut", "ended", "amid"])
def test_an_endless_line(tmp_path: Path, ending: str, end: str) -> None:
    """Of the last one, if longer than its buffer, DuckDB makes no row and no error."""
    data = f"{STRONG_HEADER}{GOOD}{'x' * 40_000_000}{end}".encode()
    (tmp_path / f"{TRAIN}{ending}").write_bytes(compressed(data, ending))
    with pytest.raises(AudiosetDuckError, match=r"line 3: the row has more than 1,000,000 bytes"):
        load_source(tmp_path, TRAIN)


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_compressed_files_of_several_parts_and_with_garbage(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"{TRAIN}{ending}"
    head, tail = (compressed(text.encode(), ending) for text in (STRONG_HEADER + GOOD, GOOD * 2))
    path.write_bytes(head + tail)
    assert len(load_source(tmp_path, TRAIN)[0]) == 3
    for wrong in (head + b"garbage", b"garbage" + head, (STRONG_HEADER + GOOD).encode()):
        path.write_bytes(wrong)
        with pytest.raises(AudiosetDuckError, match=r"is damaged or cut short \(.*; download it"):
            load_source(tmp_path, TRAIN)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('[{"id": "/m/a", "name": "A", "child_ids": ["/m/b", null, "", "x; drop"]}]', 1),
        ('[{"id": "/m/a", "name": %s}]' % ("[" * 100_000 + "]" * 100_000), 1),
        ('[{"id": "/m/a", "name": "\\u0000\\n"}]', 1),
        ("[]", 0),
        ('[{"id": "/m/a", "name": "\\ud800"}]', None),
        ('[{"id": "/m/a", "id": "/m/b", "name": "A"}]', None),
        ("[" * 1_000_000, None),
        ("[1, 2]", None),
        ("[null]", None),
        ('[{"id": "/m/a", "name": "A"}] garbage', None),
    ],
)
def test_ontologies(tmp_path: Path, text: str, rows: int | None) -> None:
    (tmp_path / "ontology.json").write_text(text)
    if rows is not None:
        assert len(load_source(tmp_path, "ontology.json")[0]) == rows
        return
    with pytest.raises(AudiosetDuckError, match=r"ontology.json: .*; download it again$"):
        load_source(tmp_path, "ontology.json")


def test_an_ontology_that_goes_in_circles(tmp_path: Path) -> None:
    classes = [
        {"id": f"/m/{of}", "name": of, "child_ids": [f"/m/{child}"]}
        for of, child in ("ab", "bc", "ca", "dd")
    ]
    write_metadata(tmp_path, ontology=json.dumps(classes))
    build(tmp_path / "c.duckdb", [Target("t", ("a",), descendants=True)], tmp_path)
    with open_catalog(tmp_path / "c.duckdb") as connection:
        found = connection.execute("select label_id from t.target_labels order by 1").fetchall()
    assert found == [("/m/a",), ("/m/b",), ("/m/c",)]


HEADERS = {
    TRAIN: STRONG_HEADER,
    "audioset_eval_strong_framed_posneg.tsv": STRONG_HEADER[:-1] + "\tpresent\n",
    "balanced_train_segments.csv": WEAK_HEADER,
    "mid_to_display_name.tsv": "",
    "class_labels_indices.csv": "index,mid,display_name\n",
    "ontology.json": "",
}
pieces = st.lists(
    st.sampled_from(
        [
            *(b"aaaaaaaaaaa_0", b"1.000", b"2", b"-0", b"/m/gun", b"PRESENT", b"aaaaaaaaaaa", b"0"),
            *(b"\t", b"\t", b"\t", b", ", b",", b"\n", b"\n", b"\r\n", b"\r", b'"', b'""', b"'"),
            *(b"\0", b"\xef\xbb\xbf", b"\xff", b"\xc3\xa9", b"\x1b", b"#", b"\\", b"[", b"]", b"{"),
            GOOD.encode(),
            b'aaaaaaaaaaa, 0.000, 10.000, "/m/gun,/m/b"\n',
            b'0,/m/gun,"A ""b"""\n',
            b'{"id": "/m/gun", "name": "A"}',
            b"x" * 3000,
        ]
    ),
    max_size=30,
).map(b"".join)


@pytest.mark.slow
@examples(25)
@given(file=st.sampled_from(list(HEADERS)), body=pieces | st.binary())
def test_any_source(tmp_path_factory, file: str, body: bytes) -> None:
    """Each line is in the catalog or among the rejected rows, or the file is refused."""
    folder = tmp_path_factory.mktemp("source")
    data = HEADERS[file].encode() + body
    (folder / file).write_bytes(data)
    try:
        rows, rejected = load_source(folder, file)
    except AudiosetDuckError as error:
        assert str(folder / file) in str(error)
        return
    # Between quotes, a name of the weak labels may have an end of line in it.
    if file.endswith(".tsv"):
        lines = [
            line.removesuffix(b"\r") for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
        ]
        wanted = [line for line in lines[HEADERS[file].count("\n") :] if line]
        assert len(rows) + len(rejected) == len(wanted)


def write_zip(path: Path, members: dict, method: int = zipfile.ZIP_STORED) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(
                name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name), data, method
            )
    return path


def changed(path: Path, **fields: tuple[int, str, int]) -> None:
    """Change fields of the entries of a central directory: name = (offset, format, value)."""
    data = bytearray(path.read_bytes())
    for ytid, (offset, kind, value) in fields.items():
        entry = data.rindex(f"Y{ytid}.wav".encode()) - 46
        struct.pack_into(kind, data, entry + offset, value)
    path.write_bytes(data)


def entry(name: str, mode: int) -> zipfile.ZipInfo:
    """A member that says it is a link or a device."""
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, mode << 16
    return info


def bomb(data: bytes) -> bytes:
    """An archive of one clip in a wrapper: what unpacks to an archive is no audio."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Ynested_____.wav", data)
    return packed.getvalue()


def test_bombs_slips_and_lies(tmp_path: Path) -> None:
    """Of each clip what it deserves; nothing outside the audio root, little memory, little disk."""
    zips = tmp_path / "zips"
    expected = {
        "good_______": "ok",
        "bzip2______": "unsupported",
        "lzma_______": "unsupported",
        "huge_______": "wrong_format",
        "size2__64__": "wrong_format",
        "offset_____": "corrupted",
        "offset2_64_": "corrupted",
        "twin_a_____": "corrupted",
        "twin_b_____": "corrupted",
        "around_____": "corrupted",
        "within_____": "ok",
        "nested_____": "corrupted",
        "symlink____": "corrupted",
        "device_____": "corrupted",
        "slip_______": "ok",
        "absolute___": "ok",
        "backslash__": "ok",
        "drive______": "missing",
        "stream_____": "missing",
        "nul________": "missing",
    }
    metadata = write_metadata(
        tmp_path / "metadata",
        weak_eval="\n".join(f"{ytid} 0.000 10.000 /m/09x0r" for ytid in expected),
    )
    build(tmp_path / "c.duckdb", [], metadata)
    # 45 bytes for each 900 kB: 4 kB, of which zipfile would make 80 MB at once.
    write_zip(zips / "a.zip", {"Ybzip2______.wav": bytes(80_000_000)}, zipfile.ZIP_BZIP2)
    write_zip(zips / "b.zip", {"Ylzma_______.wav": bytes(1000)}, zipfile.ZIP_LZMA)
    write_zip(zips / "c.zip", {"Yhuge_______.wav": bytes(70_000_000)}, zipfile.ZIP_DEFLATED)
    lies = write_zip(
        zips / "d.zip",
        {
            f"Y{ytid}.wav": WAV
            for ytid in ("good_______", "offset_____", "twin_a_____", "twin_b_____")
        },
    )
    end_of_good = len(WAV) + 30 + len("Ygood_______.wav")
    changed(
        lies,
        offset_____=(42, "<I", 0xFFFFFF00),
        twin_a_____=(42, "<I", 2 * end_of_good),
        twin_b_____=(42, "<I", 2 * end_of_good),
    )
    # Numbers of 64 bits stand in an extra field.
    for ytid, number in (("size2__64__", 0), ("offset2_64_", 1)):
        info = zipfile.ZipInfo(f"Y{ytid}.wav")
        info.extra = struct.pack("<HHQ", 1, 8, 2**64 - 1)
        path = write_zip(zips / f"e{number}.zip", {info: WAV})
        changed(path, **{ytid: ((24, 42)[number], "<I", 0xFFFFFFFF)})
    inner = write_zip(tmp_path / "inner.zip", {"Ywithin_____.wav": WAV}).read_bytes()
    write_zip(zips / "f.zip", {"Ynested_____.wav": bomb(bytes(50_000_000))})
    outer = write_zip(zips / "g.zip", {"Yaround_____.wav": inner, "Ywithin_____.wav": WAV})
    changed(outer, within_____=(42, "<I", 30 + len("Yaround_____.wav")))
    write_zip(
        zips / "h.zip",
        {
            entry("Ysymlink____.wav", 0o120777): b"/etc/passwd",
            entry("Ydevice_____.wav", 0o020666): b"\1\3",
            "../../../Yslip_______.wav": WAV,
            "/etc/Yabsolute___.wav": WAV,
            "..\\..\\Ybackslash__.wav": WAV,
            "C:Ydrive______.wav": WAV,
            "Ystream_____.wav:x": WAV,
            "Ynul________.wav~.exe": WAV,
        },
    )
    data = (zips / "h.zip").read_bytes().replace(b".wav~.exe", b".wa\0v.exe")
    (zips / "h.zip").write_bytes(data)
    (zips / "folder.zip").mkdir()
    os.mkfifo(zips / "pipe.zip")
    before = {path for path in tmp_path.rglob("*") if path.name != "audio"}

    extract(
        tmp_path / "c.duckdb",
        zips,
        tmp_path / "audio",
        ["weak_eval"],
        Options(),
        workers=1,
    )
    with open_catalog(tmp_path / "c.duckdb") as connection:
        found = dict(connection.execute("select ytid, status from audio_files").fetchall())
        reasons = dict(connection.execute("select ytid, reason from audio_files").fetchall())
    assert found == expected
    for ytid in ("offset_____", "twin_a_____"):
        assert reasons[ytid] == "the archive has other members at its place"
    made = [path for path in (tmp_path / "audio").rglob("*") if path.is_file()]
    assert all(not path.is_symlink() for path in made)
    assert sum(path.stat().st_size for path in made) < 5_000_000
    assert {
        path for path in tmp_path.rglob("*") if tmp_path / "audio" not in (path, *path.parents)
    } == before


def test_a_bomb_takes_no_memory(tmp_path: Path) -> None:
    """Neither one that is honest about its size nor one that lies."""
    path = write_zip(tmp_path / "a.zip", {"Ybomb_______.wav": b""}, zipfile.ZIP_BZIP2)
    packed = bz2.compress(bytes(200_000_000))
    info = zipfile.ZipInfo("Ybomb_______.wav")
    write_zip(path, {info: packed})
    changed(path, bomb_______=(10, "<H", zipfile.ZIP_BZIP2))
    honest = write_zip(tmp_path / "b.zip", {"Ybomb_______.wav": bytes(60_000_000)}, 8)
    changed(honest, bomb_______=(24, "<I", 1000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    short = write_zip(tmp_path / "c.zip", {"Ybomb_______.wav": WAV}, zipfile.ZIP_DEFLATED)
    changed(short, bomb_______=(24, "<I", len(WAV) + 1000))
    for archive, reason in (
        (short, f"it has {len(WAV)} bytes; expected {len(WAV) + 1000}"),
        (path, "it is compressed by method 12; expected stored or deflated"),
        (honest, "it has 1001 bytes; expected 1000"),
    ):
        ((error,),) = [
            list(read_members(archive, [(member.header_offset, member.bytes)]))
            for member in list_members(archive, Skipped())
        ]
        assert str(error).startswith(reason)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def archive_bytes(method: int, force_zip64: bool) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name in ("Yaaaaaaaaaaa.wav", "x/Ybbbbbbbbbbb.wav", "é/Yccccccccccc.wav"):
            with archive.open(name, "w", force_zip64=force_zip64) as stream:
                stream.write(WAV[:300])
    return made.getvalue()


ARCHIVES = [archive_bytes(method, big) for method in (0, 8, 12, 14) for big in (False, True)]


@examples(300)
@given(data=st.data())
def test_any_archive(tmp_path_factory, data: st.DataObject) -> None:
    """Whole ones with some bytes changed, and cut; and what is none at all."""
    archive = bytearray(data.draw(st.sampled_from(ARCHIVES)))
    places = st.integers(0, len(archive) - 8)
    for place, value in data.draw(st.lists(st.tuples(places, st.binary(min_size=1, max_size=8)))):
        archive[place : place + len(value)] = value
    cut = data.draw(st.just(len(archive)) | st.integers(0, len(archive)))
    read_archive(tmp_path_factory.getbasetemp(), bytes(archive[:cut]))


def wav(
    rate: int = 8000,
    channels: int = 1,
    bits: int = 16,
    count: int = 8000,
    size: int | None = None,
    before: bytes = b"",
    tag: bytes = b"RIFF",
) -> bytes:
    """A WAV file that says what it is told to, whatever it holds: `count` frames of noise."""
    noise = np.random.default_rng(0).integers(-9000, 9000, count * channels).astype("<i2").tobytes()
    width = channels * bits // 8
    form = struct.pack("<HHIIHH", 1, channels, rate, (rate * width) % 2**32, width, bits)
    chunks = b"WAVE" + before + b"fmt " + struct.pack("<I", len(form)) + form
    chunks += b"data" + struct.pack("<I", len(noise) if size is None else size) + noise
    return tag + struct.pack("<I", len(chunks)) + chunks


@pytest.mark.parametrize(
    ("data", "status", "reason"),
    [
        (wav(), "ok", ""),
        (wav(channels=3), "ok", ""),
        (wav(channels=7), "ok", ""),
        (wav(size=0xFFFFFFFF), "ok", ""),
        (wav(rate=0), "corrupted", "it cannot be decoded: "),
        (wav(rate=1), "wrong_format", "its sample rate is 1 Hz; expected 1,000 to 384,000 Hz"),
        (wav(rate=2**31 - 1), "wrong_format", "its sample rate is 2,147,483,647 Hz; expected"),
        (wav(rate=2**32 - 1), "corrupted", "it cannot be decoded: "),
        (wav(rate=1000, bits=8, count=1_100_000), "ok", ""),
        (wav(channels=0, count=0), "corrupted", "it cannot be decoded: "),
        (wav(bits=0), "corrupted", "it cannot be decoded: "),
        (wav(size=2**31), "corrupted", "it is cut short: it lacks 2147467648 bytes of what"),
        (wav(before=b"junk\xff\xff\xff\xff"), "corrupted", "it cannot be decoded: "),
        (b"RIFF", "corrupted", "it cannot be decoded: "),
        (b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", "corrupted", "it cannot be decoded: "),
    ],
    # The data itself would be the name of the test.
    ids=lambda value: None if isinstance(value, str) else "data",
)
@pytest.mark.parametrize("validate", [validate, validate_by_ffmpeg], ids=["libsndfile", "ffmpeg"])
def test_headers_that_lie(validate, data: bytes, status: str, reason: str) -> None:
    verdict = validate(data, ValidationLimits())
    assert verdict.status == status, verdict
    assert (verdict.reason or "").startswith(reason)
    assert " at 0x" not in (verdict.reason or "")
    if data in (wav(channels=3), wav(channels=7)):
        assert (verdict.duration_seconds, verdict.channels) == (1.0, data[22])


@examples(300)
@given(
    place=st.integers(0, 60),
    value=st.binary(min_size=1, max_size=8),
    tag=st.sampled_from([b"RIFF", b"RF64", b"RIFX", b"FORM", b"fLaC", b"OggS", b"ID3\x03"]),
    cut=st.integers(0, 4000) | st.none(),
)
def test_any_audio(place: int, value: bytes, tag: bytes, cut: int | None) -> None:
    data = bytearray(wav(tag=tag, count=1500))
    data[place : place + len(value)] = value
    judge_wav(bytes(data[:cut]))


@examples(15)
@given(place=st.integers(0, 60), value=st.binary(min_size=1, max_size=8))
def test_any_audio_by_ffmpeg(place: int, value: bytes) -> None:
    data = bytearray(wav(count=1500))
    data[place : place + len(value)] = value
    judge_wav(bytes(data), validate_by_ffmpeg)


def test_a_title_that_looks_like_ffmpeg_s_words(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(WAV)
    title = "x\n  Stream #0:0: Audio: pcm_s16le, 1 Hz, mono\nmax_volume: -99.0 dB"
    command = [find_ffmpeg(), "-loglevel", "error", "-i", tmp_path / "a.wav"]
    subprocess.run([*command, "-metadata", f"title={title}", tmp_path / "a.m4a"], check=True)
    verdict = validate_by_ffmpeg((tmp_path / "a.m4a").read_bytes(), ValidationLimits(), ".m4a")
    assert (verdict.status, verdict.sample_rate_hz) == ("ok", 32_000)
    assert verdict.duration_seconds == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nsecret.wav\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile secret.wav\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    ],
)
def test_a_playlist_leads_nowhere(tmp_path: Path, text: str) -> None:
    (tmp_path / "secret.wav").write_bytes(WAV)
    playlist = text.replace("secret.wav", str(tmp_path / "secret.wav")).encode()
    assert validate_by_ffmpeg(playlist, ValidationLimits(), ".m4a").status == "corrupted"


def test_a_scan_of_files_that_lie(tmp_path: Path) -> None:
    """What the catalog could not hold is told of, and no row is lost."""
    audio = tmp_path / "audio"
    audio.mkdir()
    (audio / "one_hertz__.wav").write_bytes(wav(rate=1, bits=8, count=600_000))
    soundfile.write(audio / "days_______.flac", np.zeros(9000, np.int16), 8000)
    data = bytearray((audio / "days_______.flac").read_bytes())
    # STREAMINFO: 20 bits of rate, 3 of channels, 5 of bits, 36 of samples.
    data[18:26] = ((1000 << 44) | (15 << 36) | (2**36 - 1)).to_bytes(8, "big")
    (audio / "days_______.flac").write_bytes(data)
    (audio / "good_______.wav").write_bytes(WAV)
    for is_decoded in (False, True):
        inventory = find_files(audio, validate=is_decoded)
        catalog = tmp_path / f"{is_decoded}.duckdb"
        build(catalog, [], write_metadata(tmp_path / "m", names="/m/a A"), inventory=inventory)
        with open_catalog(catalog) as connection:
            found = dict(connection.execute("select ytid, status from audio_files").fetchall())
        assert found["good_______"] == "ok" and len(found) == 3
        assert found["one_hertz__"] == "wrong_format" and found["days_______"] == "corrupted"


def test_a_scan_needs_no_memory_for_what_a_header_claims(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "days_______.flac", np.zeros(9000, np.int16), 8000)
    data = bytearray((tmp_path / "days_______.flac").read_bytes())
    data[18:26] = ((8000 << 44) | (15 << 36) | 7_000_000_000).to_bytes(8, "big")
    (tmp_path / "days_______.flac").write_bytes(data)
    tracemalloc.start()
    (row,) = find_files(tmp_path, validate=True).to_pylist()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert row["status"] == "corrupted"
    assert peak < 50_000_000


def test_a_clip_that_would_be_gigabytes_at_another_rate(tmp_path: Path) -> None:
    metadata = write_metadata(tmp_path / "m", weak_eval="aaaaaaaaaaa 0.000 10.000 /m/09x0r")
    build(tmp_path / "c.duckdb", [], metadata)
    slow = wav(rate=1000, count=500_000)
    write_zip(tmp_path / "zips" / "a.zip", {"Yaaaaaaaaaaa.wav": slow})
    options = Options(sample_rate=192_000)
    paths = [tmp_path / name for name in ("c.duckdb", "zips", "audio")]
    extract(*paths, ["weak_eval"], options, workers=1)
    with open_catalog(tmp_path / "c.duckdb") as connection:
        ((status, reason),) = connection.execute(
            "select status, reason from audio_files"
        ).fetchall()
    assert status == "wrong_format"
    assert reason == "it would have 96,000,000 samples at 192,000 Hz, more than any clip"


class Elements(html.parser.HTMLParser):
    """The elements of a page, with their attributes, and the text of each script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] == "script":
            self.scripts[-1] += data


@pytest.fixture(scope="module")
def hostile_page(named: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("hostile") / "<b>&'\"out"
    with open_catalog(named) as connection:
        report(connection, out, targets=["t"], top=100, formats=["html", "csv"])
    return out / "index.html"


def test_names_in_the_page_are_data(hostile_page: Path) -> None:
    page = Elements(hostile_page.read_text())
    assert len(page.scripts) == 3
    data = json.loads(page.scripts[0])
    shown = json.dumps(data["data"], ensure_ascii=False)
    for name in NAMES:
        assert json.dumps(name, ensure_ascii=False)[1:-1] in shown
    assert not re.search(r"</|<!--|<script", page.scripts[0], re.IGNORECASE)
    known = {"html", "head", "meta", "link", "title", "style", "body", "header", "div", "h1", "p"}
    known |= {"noscript", "section", "h3", "a", "dl", "dt", "dd", "form", "label", "input", "b"}
    known |= {"select", "option", "span", "button", "main", "h2", "figure", "figcaption", "footer"}
    assert {tag for tag, _ in page.elements} == known | {"script"}
    handlers = {key for _, attributes in page.elements for key in attributes if key[:2] == "on"}
    assert handlers == {"onsubmit"}


@pytest.mark.slow
@pytest.mark.skipif(not browser.PROGRAM, reason="there is no chromium on PATH")
def test_names_in_a_browser(hostile_page: Path, tmp_path: Path) -> None:
    with browser.Page(tmp_path / "profile", 1280) as page:
        page.open(hostile_page)
        drawn = page.wait_for("document.body && document.body.dataset.drawn", 120)
        assert int(drawn) == page.run("document.querySelectorAll('.chart').length")
        assert page.run("document.title") == "AudioSet catalog report"
        assert page.run("document.querySelectorAll('.chart script, img, iframe').length") == 0
        assert page.errors == [] and page.requests == [hostile_page.resolve().as_uri()]


def calls(tree: ast.AST) -> list[tuple[str, dict[str, ast.expr]]]:
    """The functions that a program calls, and the arguments that it names."""
    return [
        (ast.unparse(node.func), {word.arg: word.value for word in node.keywords if word.arg})
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    ]


def test_no_program_runs_data() -> None:
    """Nothing that is read is code: no pickle, no eval, no shell; weights are only weights."""
    programs = [*ROOT.glob("audioset_duck/**/*.py"), *ROOT.glob("notebooks/**/*.py")]
    texts = {path: path.read_text() for path in programs}
    for path in ROOT.glob("notebooks/*.ipynb"):
        cells = json.loads(path.read_text())["cells"]
        lines = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        texts[path] = re.sub(
            r"^([ \t]*)[%!](.*\\\n)*.*$", r"\1pass", "\n".join(lines), flags=re.MULTILINE
        )
    assert len(texts) > 30
    modules = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml"}
    for path, text in texts.items():
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
                assert not modules & {name.split(".")[0] for name in names}, path
        for name, words in calls(tree):
            assert name not in ("eval", "exec", "compile", "__import__", "os.system"), (path, name)
            assert not {"shell", "allow_pickle"} & set(words), (path, name)
            if name.endswith("torch.load"):
                assert ast.unparse(words["weights_only"]) == "True", path
            assert not name.endswith(("read_pickle", "load_module", "np.load")), (path, name)


def test_a_scan_of_an_mp3_that_is_cut_short(tmp_path: Path) -> None:
    noise = (np.random.default_rng(0).normal(size=80_000) * 3000).astype(np.int16)
    soundfile.write(tmp_path / "mp3________.mp3", noise, 8000)
    data = (tmp_path / "mp3________.mp3").read_bytes()
    (tmp_path / "mp3________.mp3").write_bytes(data[: len(data) // 2])
    (row,) = find_files(tmp_path, validate=True).to_pylist()
    assert row["status"] == "corrupted"
    assert re.fullmatch(r"only \d+ of its 80000 samples can be decoded", row["reason"])
