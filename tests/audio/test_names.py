"""The one rule for names of audio files, against a plain reading of the forms that people have."""

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audioset_duck.audio.names import Skipped, ending_of, id_finder
from audioset_duck.catalog.relations import create_macros

IDS = st.text("0123456789abcXYZ_-", min_size=11, max_size=11)
# How the start and the end of a clip stand in names.
TIMES = [
    "",
    "_{s}",
    "_{s:.3f}",
    "_{s:.1f}",
    "_{ms}",
    "_{s:.3f}_{e:.3f}",
    "_{s:.1f}-{e:.1f}",
    "_{ms}_{ems}",
    "_ {s}_ {e}",
]


@pytest.fixture(scope="module")
def macros() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    create_macros(connection)
    return connection


@pytest.fixture(scope="module")
def readings(macros):
    return lambda stem: [
        (reading["ytid"], reading["start"])
        for reading in macros.execute("select main.audio_name_readings($1)", [stem]).fetchone()[0]
    ]


@given(
    ytid=IDS,
    start=st.integers(0, 40_000),
    times=st.sampled_from(TIMES),
    prefix=st.sampled_from(["", "Y", "id_"]),
)
def test_the_id_and_the_start_are_among_the_readings(
    macros, readings, ytid: str, start: int, times: str, prefix: str
) -> None:
    seconds = start + 10
    text = times.format(s=start, e=seconds, ms=start * 1000, ems=seconds * 1000)
    found = readings(f"{prefix}{ytid}{text}")
    starts = [number for other, number in found if other == ytid]
    assert starts
    if text:
        query = "select main.is_start($number, $ms)"
        matches = [
            macros.execute(query, {"number": number, "ms": start * 1000}).fetchone()[0]
            for number in starts
        ]
        assert any(matches)


@pytest.mark.parametrize(
    ("stem", "ytid"),
    [
        ("A title (live) [-0049eXE2Zc]", "-0049eXE2Zc"),
        ("[x] y [Y0049eXE2Zc]", "Y0049eXE2Zc"),
        ("Yabcdefghij_", "abcdefghij_"),
    ],
)
def test_other_names(readings, stem: str, ytid: str) -> None:
    assert readings(stem) == [(ytid, "")]


@pytest.mark.parametrize("stem", ["", "notes", "-0049eXE2Zc_x", "-0049eXE2Zc_1_2_3", "sample 1"])
def test_names_without_an_id(readings, stem: str) -> None:
    assert readings(stem) == []


@pytest.mark.parametrize(
    ("number", "start_ms", "expected"),
    [
        ("30", 30_000, True),
        ("30.000", 30_000, True),
        ("30000", 30_000, True),
        ("30.5", 30_500, True),
        ("0", 0, True),
        ("", 30_000, True),
        ("31", 30_000, False),
        ("3000", 30_000, False),
        ("30.001", 30_000, False),
        ("9" * 30, 30_000, False),
    ],
)
def test_the_number_in_a_name_is_the_start(macros, number, start_ms, expected) -> None:
    found = macros.execute("select main.is_start($1, $2)", [number, start_ms]).fetchone()[0]
    assert found is expected


@pytest.mark.parametrize(
    ("name", "path", "ytids"),
    [
        (None, "a/b\\Y-0049eXE2Zc.wav", ["-0049eXE2Zc"]),
        (None, "a.b/-0049eXE2Zc_30.5_40.5", ["-0049eXE2Zc"]),
        ("Y-0049eXE2Zc", "sample-0001.flac", ["-0049eXE2Zc", "-0049eXE2Zc", "sample-0001"]),
        ("audio/-0049eXE2Zc.flac", "x", ["-0049eXE2Zc"]),
        ("17", "-0049eXE2Zc.opus", ["-0049eXE2Zc"]),
        ("17", "x.flac", []),
        # As downloaders name what they have converted, and what they have not finished.
        (None, "-0049eXE2Zc.mp4.wav", ["-0049eXE2Zc"]),
        (None, "a.wav/Y-0049eXE2Zc_30.000_40.000.WAV.wav", ["-0049eXE2Zc"]),
        (None, "A title.wav [-0049eXE2Zc].webm.opus", ["-0049eXE2Zc"]),
        (None, "-0049eXE2Zc.temp.wav", []),
        (None, "-0049eXE2Zc.f251.webm", []),
    ],
)
def test_a_clip_is_named_by_an_id_beside_it_or_by_its_file(
    macros, name: str | None, path: str, ytids: list[str]
) -> None:
    query = "select main.audio_file_readings($name, $path)"
    found = macros.execute(query, {"name": name, "path": path}).fetchone()[0]
    assert [reading["ytid"] for reading in found] == ytids
    with id_finder() as have_ids:
        assert have_ids([(name, path), (None, "notes.wav")]) == [bool(ytids), False]


def test_a_time_is_no_ending(macros) -> None:
    """Of two starts, only the one that is written counts."""
    query = "select main.audio_file_readings($name, 'x.flac')"
    found = macros.execute(query, {"name": "-0049eXE2Zc_30.500"}).fetchone()[0]
    assert {reading["start"] for reading in found} == {"30.500"}


def test_what_is_skipped_is_counted_with_an_example() -> None:
    skipped = Skipped()
    for reason, path in (("of a", "x"), ("of b", "y"), ("of b", "z")):
        skipped.add(reason, path)
    assert str(skipped) == "2 of b, such as y; 1 of a, such as x"
    assert ending_of("a\\b.wav/c.d.Opus") == ".opus"
