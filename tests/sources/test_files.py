"""An invalid source file is reported with its place, and nothing is built unless asked for."""

import errno
import gzip
import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.effort import MORE
from support.metadata import STRONG_HEADER, WEAK_HEADER, write_metadata

import audioset_duck.catalog.staging as loading
from audioset_duck.catalog.build import build
from audioset_duck.config.targets import Target
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.sources.definitions import SOURCES

TARGET = Target("t", ("/m/gun",))
GOOD = "aaaaaaaaaaa_0\t1.000\t2.000\t/m/gun\n"
TRAIN = "audioset_train_strong.tsv"
FRAMED = "audioset_eval_strong_framed_posneg.tsv"
FRAMED_HEADER = STRONG_HEADER.strip() + "\tpresent\n"
BALANCED = "balanced_train_segments.csv"

# File, invalid row, message. The row is on line 3 (strong) or 5 (weak).
INVALID_ROWS = [
    (TRAIN, "bbbbbbbbbbb_0\t1.000\t2.000", "the row has 3 columns; expected 4"),
    (TRAIN, "bbbbbbbbbbb_0", "the row has 1 column; expected 4"),
    (TRAIN, "bbbbbbbbbbb_0\t1.000\t2.000\t/m/gun\tPRESENT", "the row has 5 columns; expected 4"),
    (TRAIN, "bbbbbbbbbbb_0\tone\t2.000\t/m/gun", "start_time_seconds is 'one'; expected a number"),
    (TRAIN, "bbbbbbbbbbb_0\t1.000\tnan\t/m/gun", "end_time_seconds is 'nan'; expected a number"),
    (TRAIN, "bbbbbbbbbbb_0\t\t2.000\t/m/gun", "start_time_seconds is empty; expected a number"),
    (TRAIN, "bbbbbbbbbbb_0\t1.000\t1e9\t/m/gun", "end_time_seconds is '1e9'; expected a number"),
    (TRAIN, "bbbbbbbbbbb_0\t2.000\t1.000\t/m/gun", "the end 1.000 is before the start 2.000"),
    (TRAIN, "bbbbbbbbbbb_0\t-1.000\t1.000\t/m/gun", "the start -1.000 is negative"),
    (
        TRAIN,
        "bbbbbbbbbbb\t1.000\t2.000\t/m/gun",
        "segment_id is 'bbbbbbbbbbb'; expected an 11-char",
    ),
    (TRAIN, "b;drop table x_0\t1.000\t2.000\t/m/gun", "segment_id is 'b;drop table x_0'; expected"),
    (TRAIN, "\t1.000\t2.000\t/m/gun", "segment_id is empty; expected"),
    (TRAIN, "bbbbbbbbbbb_0\t1.000\t2.000\tGun", "the label is 'Gun'; expected a MID"),
    (TRAIN, "bbbbbbbbbbb_0\t1.000\t2.000\t", "the label is empty; expected a MID"),
    (
        FRAMED,
        "bbbbbbbbbbb_0\t0.000\t0.960\t/m/gun\tMAYBE",
        "present is 'MAYBE'; expected PRESENT or",
    ),
    (FRAMED, "bbbbbbbbbbb_0\t0.000\t0.960\t/m/gun", "the row has 4 columns; expected 5"),
    (BALANCED, 'bbbbbbbbbb, 0.000, 10.000, "/m/gun"', "YTID is 'bbbbbbbbbb'; expected an 11-char"),
    (BALANCED, 'bbbbbbbbbbb, x, 10.000, "/m/gun"', "start_seconds is 'x'; expected a number"),
    (BALANCED, 'bbbbbbbbbbb, 10.000, 0.000, "/m/gun"', "the end 0.000 is before the start 10.000"),
    (BALANCED, "bbbbbbbbbbb, 0.000, 10.000", "the row has 3 columns; expected 4"),
    (BALANCED, 'bbbbbbbbbbb, 0.000, 10.000, ""', "positive_labels is empty; expected MIDs"),
    (BALANCED, 'bbbbbbbbbbb, 0.000, 10.000, "/m/a,,b"', "positive_labels is '/m/a,,b'; expected"),
    (BALANCED, 'bbbbbbbbbbb, 0.000, 10.000, "/m/gun', "positive_labels is '\"/m/gun'; expected"),
]


def body(file: str) -> tuple[str, str]:
    """The header of a file and a good row."""
    if file == FRAMED:
        return FRAMED_HEADER, GOOD.strip() + "\tPRESENT\n"
    if file == BALANCED:
        return WEAK_HEADER, 'aaaaaaaaaaa, 0.000, 10.000, "/m/gun"\n'
    return STRONG_HEADER, GOOD


@pytest.fixture
def metadata(tmp_path: Path) -> Path:
    return write_metadata(tmp_path / "metadata", names="/m/gun Gun\n/m/rain Rain")


def try_build(metadata: Path, *targets: Target, **options: bool) -> Path:
    catalog = metadata.parent / "catalog.duckdb"
    build(catalog, targets, metadata, **options)
    return catalog


def ask(catalog: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(catalog), read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize(("file", "row", "message"), INVALID_ROWS)
def test_an_invalid_row_is_named_or_skipped(
    metadata: Path, file: str, row: str, message: str
) -> None:
    header, good = body(file)
    (metadata / file).write_text(f"{header}{good}{row}\n{good}")
    line = header.count("\n") + 2
    with pytest.raises(AudiosetDuckError) as error:
        try_build(metadata)
    assert f"{metadata / file}, line {line}: {message}" in str(error.value)
    assert "--skip-bad-rows" in str(error.value)
    assert not (metadata.parent / "catalog.duckdb").exists()

    catalog = try_build(metadata, skip_bad_rows=True)
    ((rejected_file, rejected_line, reason, text),) = ask(catalog, "from meta.rejected_rows")
    assert (rejected_file, rejected_line, text) == (file, line, row)
    assert message in reason
    assert ask(
        catalog, f"select row_count, rejected_count from meta.sources where file = '{file}'"
    ) == [(2, 1)]


def test_all_invalid_rows_are_counted(metadata: Path) -> None:
    (metadata / TRAIN).write_text(f"{STRONG_HEADER}{GOOD}x\n\ny\n{GOOD}z\n")
    with pytest.raises(
        AudiosetDuckError, match=r"(?s)line 3: .*and 2 others are invalid.*--skip-bad-rows"
    ):
        try_build(metadata)
    with pytest.raises(AudiosetDuckError, match="line 3"):
        try_build(metadata, live=True)
    catalog = try_build(metadata, skip_bad_rows=True)
    assert ask(catalog, "select line, text from meta.rejected_rows order by line") == [
        (3, "x"),
        (5, "y"),
        (7, "z"),
    ]


def test_line_ends_that_differ(metadata: Path) -> None:
    """DuckDB refuses them; a live catalog reads the file in each query, and cannot fix it."""
    (metadata / TRAIN).write_bytes(f"{STRONG_HEADER}{GOOD.strip()}\r\n{GOOD}".encode())
    with pytest.raises(
        AudiosetDuckError, match=rf"{TRAIN} cannot be read by a view .*; .* build without --live"
    ):
        try_build(metadata, live=True)
    assert ask(try_build(metadata), "select count(*) from strong_events") == [(2,)]


def test_an_error_that_no_line_explains(metadata: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that DuckDB refuses though its lines are valid: its message is passed on."""
    (metadata / TRAIN).write_text(STRONG_HEADER + GOOD)
    monkeypatch.setattr(loading, "_try_load", lambda *_, **__: "it is bad")
    with pytest.raises(AudiosetDuckError, match=rf"{TRAIN}: it is bad"):
        try_build(metadata)


def test_a_file_that_may_not_be_read(metadata: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (metadata / TRAIN).write_text(STRONG_HEADER + GOOD)

    def refuse(path: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    # As anyone but root is refused.
    monkeypatch.setattr(pa, "input_stream", refuse)
    with pytest.raises(AudiosetDuckError, match=rf"{TRAIN} cannot be read: permission denied"):
        try_build(metadata)


def test_rows_that_are_not_utf8(metadata: Path) -> None:
    (metadata / TRAIN).write_bytes(f"{STRONG_HEADER}{GOOD}bbbbbbbbbbb_0\té".encode("latin-1"))
    with pytest.raises(AudiosetDuckError, match="line 3: the row is not UTF-8"):
        try_build(metadata)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        (
            "mid_to_display_name.tsv",
            "/m/gun\tGun\nGun\n",
            "line 2: the row has 1 column; expected 2",
        ),
        (
            "mid_to_display_name.tsv",
            "/m/gun\tGun\nx\tGun\n",
            "line 2: the label is 'x'; expected a MID",
        ),
        ("mid_to_display_name.tsv", "/m/gun\tGun\n/m/x\t\n", "line 2: the name of /m/x is empty"),
        (
            "class_labels_indices.csv",
            "index,mid,display_name\nx,/m/a,A\n",
            "line 2: the row is invalid",
        ),
        (
            "class_labels_indices.csv",
            "index,mid,display_name\n1,/m/a\n",
            "line 2: the row is invalid",
        ),
        (
            "class_labels_indices.csv",
            "index,mid,display_name\n1,/m/a,A,B\n",
            "line 2: the row is invalid",
        ),
        ("ontology.json", '[{"id": "/m/a"', "Malformed JSON"),
        ("ontology.json", '[{"id": "a", "name": "A"}]', "the label is 'a'; expected a MID"),
        ("ontology.json", '{"id": 1}', "ontology.json"),
    ],
)
def test_invalid_label_files(metadata: Path, file: str, text: str, message: str) -> None:
    (metadata / TRAIN).write_text(STRONG_HEADER + GOOD)
    (metadata / file).write_text(text)
    with pytest.raises(AudiosetDuckError, match=file) as error:
        try_build(metadata)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        (TRAIN, "", "is empty; download it again"),
        (TRAIN, WEAK_HEADER, "line 1: the header is '# created'; expected 'segment_id"),
        (TRAIN, FRAMED_HEADER, f"line 1: the header is .*, that of {FRAMED}; expected 'segment_id"),
        (FRAMED, STRONG_HEADER, f"line 1: the header is .*, that of {TRAIN}; expected 'segment_id"),
        (
            BALANCED,
            "a, b\n",
            "line 1: the header is 'a, b'; expected 'a comment that begins with #'",
        ),
        (
            BALANCED,
            "# a\n# b\n# c\n",
            "line 3: the header is '# c'; expected '# YTID, start_seconds",
        ),
        (BALANCED, "# a\n# b", "line 3: the header is ''; expected '# YTID"),
        (BALANCED, "# a\n", "line 2: the header is ''; expected 'a comment that begins with #'"),
        ("class_labels_indices.csv", "mid,name\n", "line 1: the header is 'mid,name'; expected"),
        (BALANCED, "<!DOCTYPE html>\n<html>Sign in", "is not balanced.*: it is a web page"),
        (
            "mid_to_display_name.tsv",
            "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n",
            "it is a pointer of Git LFS; fetch the file itself",
        ),
    ],
)
def test_header_of_another_file(metadata: Path, file: str, text: str, message: str) -> None:
    (metadata / file).write_text(text)
    with pytest.raises(AudiosetDuckError, match=f"{file}.*{message}"):
        try_build(metadata)


def test_line_ends_of_windows_and_mixed_ones(metadata: Path) -> None:
    windows = (STRONG_HEADER + GOOD).replace("\n", "\r\n")
    (metadata / TRAIN).write_text(windows, newline="")
    (metadata / "audioset_eval_strong.tsv").write_text(windows + GOOD, newline="")
    weak = WEAK_HEADER + 'aaaaaaaaaaa, 0.000, 10.000, "/m/gun"\n'
    (metadata / BALANCED).write_text(weak.replace("\n", "\r\n"), newline="")
    catalog = try_build(metadata)
    assert ask(catalog, "select row_count, rejected_count from meta.sources order by file") == [
        (2, 0),
        (1, 0),
        (1, 0),
        (2, 0),
    ]
    assert ask(catalog, "select distinct label_id from strong_events") == [("/m/gun",)]
    assert ask(catalog, "select label_ids from weak_clips") == [(["/m/gun"],)]


def test_a_byte_order_mark_is_ignored(metadata: Path) -> None:
    for file, text in ((TRAIN, STRONG_HEADER + GOOD), ("mid_to_display_name.tsv", "/m/gun\tGun\n")):
        (metadata / file).write_text("\ufeff" + text)
    catalog = try_build(metadata, TARGET)
    assert ask(catalog, "select label_id, display_name from t.target_labels") == [("/m/gun", "Gun")]


def test_no_folder_and_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(
        AudiosetDuckError, match=r"there is no metadata folder .*/nowhere; .*--metadata"
    ):
        build(tmp_path / "catalog.duckdb", [], tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(AudiosetDuckError, match=r"/empty has none of AudioSet's metadata files"):
        build(tmp_path / "catalog.duckdb", [], tmp_path / "empty")
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_absent_files_are_warned_of(metadata: Path, caplog: pytest.LogCaptureFixture) -> None:
    (metadata / TRAIN).write_text(STRONG_HEADER + GOOD)
    catalog = try_build(metadata)
    absent = {source.file for source in SOURCES} - {TRAIN, "mid_to_display_name.tsv"}
    assert {message.split()[0] for message in caplog.messages} == absent
    assert all("the catalog will have no" in message for message in caplog.messages)
    assert ask(catalog, "select count(*) from weak_clips") == [(0,)]


def test_built_in_labels_need_no_label_file(tmp_path: Path) -> None:
    (tmp_path / TRAIN).write_text(STRONG_HEADER + GOOD)
    catalog = tmp_path / "catalog.duckdb"
    build(catalog, [Target("t", ("/m/gun", "/m/none"))], tmp_path)
    assert ask(catalog, "select clip_id from t.positive_events") == [("aaaaaaaaaaa_0",)]


def compress(path: Path, ending: str) -> None:
    data = path.read_bytes()
    path.unlink()
    if ending == ".gz":
        path.with_name(path.name + ending).write_bytes(gzip.compress(data))
    else:
        with pa.CompressedOutputStream(str(path) + ending, "zstd") as stream:
            stream.write(data)


@pytest.mark.parametrize("ending", [".gz", ".zst"])
@pytest.mark.slow
def test_compressed_files_give_the_same_catalog(
    demo_metadata: Path, demo_catalog: Path, tmp_path: Path, ending: str
) -> None:
    for path in demo_metadata.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
        compress(tmp_path / path.name, ending)
    catalog = tmp_path / "catalog.duckdb"
    build(catalog, [Target("gun", ("/m/032s66", "/m/04zjc", "/m/073cg4"))], tmp_path)
    for relation in ("strong_events", "framed_events", "weak_clips", "labels", "label_descendants"):
        query = f"from {relation} order by all"
        assert ask(catalog, query) == ask(demo_catalog, query)


@pytest.mark.parametrize("ending", [".gz", ".zst"])
@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
def test_half_downloaded_archives(tmp_path: Path, ending: str, share: float) -> None:
    rows = "".join(f"aaaaaaaaaaa_{number}\t1.000\t2.000\t/m/gun\n" for number in range(200_000))
    (tmp_path / TRAIN).write_text(STRONG_HEADER + rows)
    compress(tmp_path / TRAIN, ending)
    packed = tmp_path / f"{TRAIN}{ending}"
    data = packed.read_bytes()
    packed.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(
        AudiosetDuckError,
        match=rf"{TRAIN}{ending} is damaged or cut short \(.*\); download it again",
    ):
        build(tmp_path / "catalog.duckdb", [TARGET], tmp_path)


def test_a_flipped_byte_in_an_archive(tmp_path: Path) -> None:
    """It decompresses, but to other bytes: only the checksum shows that."""
    rows = "".join(f"aaaaaaaaaaa_{number}\t1.000\t2.000\t/m/gun\n" for number in range(100))
    packed = bytearray(gzip.compress((STRONG_HEADER + rows).encode(), compresslevel=0))
    packed[packed.index(b"/m/gun") + 3] ^= 1
    (tmp_path / f"{TRAIN}.gz").write_bytes(packed)
    with pytest.raises(
        AudiosetDuckError, match=r"is damaged or cut short \(.*\); download it again"
    ):
        build(tmp_path / "catalog.duckdb", [TARGET], tmp_path)


@pytest.mark.slow
def test_folders_whose_names_are_patterns(tmp_path: Path) -> None:
    for name, count in (("m5", 1), ("m[5]", 2), ("m*", 3), ("m?", 4)):
        (tmp_path / name).mkdir()
        (tmp_path / name / TRAIN).write_text(STRONG_HEADER + GOOD * count)
        (tmp_path / name / "ontology.json").write_text('[{"id": "/m/a", "name": "A"}]')
        catalog = tmp_path / f"catalog{count}.duckdb"
        build(catalog, [], tmp_path / name)
        rows = ask(catalog, "select count(*) from strong_events")
        assert rows == [(count,)], name


@pytest.mark.parametrize("name", ["present=PRESENT", "label=x", "ytid=1", "id=2"])
def test_folders_named_like_partitions(
    demo_catalog: Path, demo_metadata: Path, tmp_path: Path, name: str
) -> None:
    import shutil

    folder = shutil.copytree(demo_metadata, tmp_path / name)
    catalog = tmp_path / "catalog.duckdb"
    build(catalog, [], folder)
    for relation in ("framed_events", "strong_events", "weak_clips", "ontology"):
        query = f"from {relation} order by all"
        assert ask(catalog, query) == ask(demo_catalog, query)


def test_a_catalog_without_label_files_passes_its_checks(run, tmp_path: Path) -> None:
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata" / TRAIN).write_text(STRONG_HEADER + GOOD.replace("/m/gun", "/m/032s66"))
    built = run("build", "--target", "gun")
    assert built.exit_code == 0, built.stderr
    assert built.stdout.startswith("gun (positive: /m/032s66; /m/04zjc; /m/073cg4;")
    checked = run("check")
    assert checked.exit_code == 0, checked.stdout


def test_a_label_that_is_listed_twice_counts_once(metadata: Path) -> None:
    write_metadata(metadata, names="/m/gun Gun\n/m/gun Gun again")
    (metadata / TRAIN).write_text(STRONG_HEADER + GOOD)
    catalog = try_build(metadata, TARGET)
    assert ask(catalog, "select rank, label_id, cumulative_percentage from strong_label_stats") == [
        (1, "/m/gun", 100.0)
    ]
    assert len(ask(catalog, "from t.target_labels")) == 1


def test_links_to_files_of_other_names(metadata: Path, tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / "0af3").write_bytes(gzip.compress((STRONG_HEADER + GOOD).encode()))
    (metadata / f"{TRAIN}.gz").symlink_to(tmp_path / "blobs" / "0af3")
    catalog = try_build(metadata)
    assert (f"{TRAIN}.gz",) in ask(catalog, "select file from meta.sources")


def test_quotes_around_any_field_are_valid(metadata: Path) -> None:
    quoted = '"aaaaaaaaaaa", "0.000", 10.000, "/m/gun"\n'
    (metadata / BALANCED).write_text(WEAK_HEADER + quoted)
    assert ask(try_build(metadata), "select ytid from weak_clips") == [("aaaaaaaaaaa",)]
    (metadata / BALANCED).write_text(WEAK_HEADER + quoted + "nonsense\n")
    catalog = try_build(metadata, skip_bad_rows=True)
    assert ask(catalog, "select ytid from weak_clips") == [("aaaaaaaaaaa",)]


def test_sources_are_listed_in_the_same_order_always(demo_catalog: Path) -> None:
    files = [file for (file,) in ask(demo_catalog, "select file from meta.sources")]
    assert files == [source.file for source in SOURCES]


def test_the_plain_file_goes_before_the_compressed_one(metadata: Path) -> None:
    (metadata / TRAIN).write_text(STRONG_HEADER + GOOD)
    (metadata / f"{TRAIN}.gz").write_bytes(b"no gzip")
    assert ("audioset_train_strong.tsv",) in ask(
        try_build(metadata), "select file from meta.sources"
    )


@pytest.mark.slow
def test_order_of_rows_is_kept_by_threads(tmp_path: Path) -> None:
    """A file so large that several threads parse it."""
    count = 600_000
    rows = "".join(f"aaaaaaaaaaa_{number}\t1.000\t2.000\t/m/gun\n" for number in range(count))
    (tmp_path / TRAIN).write_text(STRONG_HEADER + rows)
    catalog = tmp_path / "catalog.duckdb"
    build(catalog, [], tmp_path)
    assert ask(
        catalog,
        "select count(*), count(*) filter (where clip_id = 'aaaaaaaaaaa_' || (event_id - 1))"
        " from staging.strong_train",
    ) == [(count, count)]


def test_meta_sources_has_size_checksum_and_rows(demo_catalog: Path, demo_metadata: Path) -> None:
    import hashlib

    for file, size, sha256, rows, rejected in ask(demo_catalog, "from meta.sources"):
        data = (demo_metadata / file).read_bytes()
        assert (size, sha256) == (len(data), hashlib.sha256(data).hexdigest())
        if file == "ontology.json":
            assert rows == len(json.loads(data))
        else:
            header = next(source for source in SOURCES if source.file == file).header
            assert rows == data.count(b"\n") - len(header)
        assert rejected == 0


fields = st.sampled_from(
    [
        "aaaaaaaaaaa_0",
        "-_-_-_-_-_-_7",
        "1.000",
        "2.5",
        " 3",
        "1e1",
        "",
        "x",
        "/m/a",
        "/m/b c",
        '"',
        "é",
    ]
)
lines = st.one_of(
    st.just("aaaaaaaaaaa_0\t1.000\t2.000\t/m/gun"),
    st.lists(fields, min_size=1, max_size=6).map("\t".join),
    st.text(
        st.characters(blacklist_characters="\n\r\x00", blacklist_categories=["Cs"]), max_size=30
    ),
)


@pytest.mark.slow
@settings(
    max_examples=20 * MORE,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=st.lists(lines, max_size=8))
def test_a_row_is_either_read_or_rejected(tmp_path_factory, rows: list[str]) -> None:
    """Each line of any file is in the catalog or among the rejected rows."""
    folder = tmp_path_factory.mktemp("random")
    (folder / TRAIN).write_text(STRONG_HEADER + "".join(f"{row}\n" for row in rows))
    catalog = folder / "catalog.duckdb"
    build(catalog, [], folder, skip_bad_rows=True)
    rejected = ask(catalog, "select line - 2, text from meta.rejected_rows order by line")
    assert all(rows[index] == text for index, text in rejected)
    kept = ask(catalog, "select clip_id from staging.strong_train order by event_id")
    bad = {index for index, _ in rejected}
    valid = [row for index, row in enumerate(rows) if row and index not in bad]
    assert [clip_id for (clip_id,) in kept] == [row.split("\t")[0] for row in valid]
