"""The one rule for names of audio files, against a plain reading of the forms that people have."""

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audioset_duck.audio.names import Skipped, audio_names, ending_of, id_finder, stem_of
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


def test_what_is_no_audio_of_a_clip_is_counted_with_an_example() -> None:
    skipped = Skipped()
    paths = ["a/Y-0049eXE2Zc.wav", "b\\-0049eXE2Zc_30.Opus", "notes.wav", "x.txt", "y.csv"]
    with id_finder() as finder:
        found = list(audio_names(paths, finder, skipped, batch=2))
    assert found == [(paths[0], "Y-0049eXE2Zc"), (paths[1], "-0049eXE2Zc_30")]
    assert str(skipped) == (
        "2 with other endings, such as x.txt; 1 without a YouTube id in the name, such as notes.wav"
    )
    assert (stem_of("a\\b/c.d.WAV"), ending_of("a\\b/c.d.WAV")) == ("c.d", ".wav")
