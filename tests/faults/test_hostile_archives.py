"""Tar and parquet archives that mean harm or are damaged: a sentence, or each clip by its name."""

import gzip
import io
import json
import logging
import struct
import tarfile
import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fuzz.examples import MARKS, PREDICTIONS, parquet_predictions
from fuzz.targets import read_archive, read_marks, read_scores
from hypothesis import given, settings
from hypothesis import strategies as st
from support.audio import made_wav
from support.effort import MORE

from audioset_duck.audio import parquet_archives
from audioset_duck.audio.archives import list_members, read_members
from audioset_duck.audio.members import MemberError
from audioset_duck.audio.names import Skipped
from audioset_duck.errors import AudiosetDuckError

WAV = made_wav(np.random.default_rng(0).integers(-9000, 9000, 700).astype(np.int16))
A, B, C = "Yaaaaaaaaaaa.wav", "Ybbbbbbbbbbb.wav", "Yccccccccccc.wav"


def tar(*members: tuple, form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar of members: a name, the bytes, and perhaps attributes of its header."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=form) as archive:
        for name, data, *attributes in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            for attribute, value in attributes[0].items() if attributes else ():
                setattr(info, attribute, value)
            archive.addfile(info, io.BytesIO(data))
    return written.getvalue()


WHOLE = tar((A, WAV), (B, WAV), (C, WAV))
# Where the header of the second member begins.
SECOND = 512 + -(-len(WAV) // 512) * 512


def resized(field: bytes) -> bytes:
    """A tar whose second member has this size, in the form of its header."""
    data = bytearray(WHOLE)
    data[SECOND + 124 : SECOND + 136] = field
    data[SECOND + 148 : SECOND + 156] = b" " * 8
    total = sum(data[SECOND : SECOND + 512])
    data[SECOND + 148 : SECOND + 156] = b"%06o\0 " % total
    return bytes(data)


def header(size: int, kind: bytes) -> bytes:
    """A header alone, of a kind that holds what belongs to the next one."""
    info = tarfile.TarInfo("x")
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)


def replaced(at: int, data: bytes) -> bytes:
    return WHOLE[:at] + data + WHOLE[at + len(data) :]


def pax_size(size: int) -> bytes:
    return tar((A, WAV), (B, WAV, {"pax_headers": {"size": str(size)}}), (C, WAV))


DAMAGED = {
    "garbage instead of a header": replaced(SECOND, b"garbage" * 73),
    "zeros instead of a header": replaced(SECOND, bytes(512)),
    "cut in a header": WHOLE[: SECOND + 100],
    "a size below zero": resized(b"\xff" * 10 + b"\xfe\x00"),
    "a size beyond all": resized(b"\x80" + b"\x7f" * 11),
    "a size that is text": resized(b"zzzzzzzzzzz\0"),
    **{f"a size of {size} beside it": pax_size(size) for size in (-1, -1024, 2**63, 10**30)},
    **{
        f"a long {kind!r}": WHOLE[:SECOND] + header(size, kind) + bytes(5000)
        for kind, size in ((b"L", 8 * 10**9), (b"K", 10**6), (b"x", 10**6), (b"g", 10**6))
    },
    "a name without its member": WHOLE[:SECOND] + header(20, b"L") + bytes(512),
    "a sparse map without an end": WHOLE[:SECOND]
    + replaced(0, b"")[:124]
    + WHOLE[124:156]
    + b"S"
    + WHOLE[157:512],
}


@pytest.mark.parametrize("ending", [".tar", ".tar.gz"])
@pytest.mark.parametrize("name", DAMAGED)
def test_what_is_before_the_damage_is_taken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, ending: str
) -> None:
    path = tmp_path / f"a{ending}"
    path.write_bytes(gzip.compress(DAMAGED[name], 1) if ending == ".tar.gz" else DAMAGED[name])
    tracemalloc.start()
    first, *others = list_members(path, Skipped())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert first.member == A and others == []
    (warning,) = caplog.messages
    assert "a.tar" in warning and "is cut short or damaged (" in warning
    assert next(read_members(path, [(first.header_offset, first.bytes)])) == WAV
    assert peak < 10_000_000


@pytest.mark.parametrize(
    "data",
    [b"", bytes(10240), b"RIFF" * 300, b"PK\3\4" + bytes(600)],
    ids=["empty", "zeros", "wave", "zip"],
)
def test_no_tar_at_all(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.tar").write_bytes(data)
    with pytest.raises(AudiosetDuckError, match=r"a\.tar is not a tar archive, or is cut short"):
        list_members(tmp_path / "a.tar", Skipped())


@pytest.mark.parametrize("size", [2**62, 10**12])
def test_a_gzipped_tar_has_no_more_than_fits(tmp_path: Path, caplog, size: int) -> None:
    """To look for the end of such a member would take for ever."""
    (tmp_path / "a.tgz").write_bytes(gzip.compress(pax_size(size), 1))
    (member,) = list_members(tmp_path / "a.tgz", Skipped())
    assert member.member == A
    assert "is cut short or damaged" in caplog.text


def test_joined_tars_are_read_to_their_end(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(tar((A, WAV)) + tar((B, WAV)))
    members = list_members(tmp_path / "a.tar", Skipped())
    assert [member.member for member in members] == [A, B]
    places = [(member.header_offset, member.bytes) for member in members]
    assert list(read_members(tmp_path / "a.tar", places)) == [WAV, WAV]


def test_members_that_are_not_what_they_seem(tmp_path: Path) -> None:
    """Links, devices and sparse files have no bytes of their own in the archive."""
    sparse = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9"}
    older = {"GNU.sparse.size": "9", "GNU.sparse.map": "0,9"}
    data = tar(
        (A, WAV),
        (B, b"", {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}),
        (B, b"", {"type": tarfile.LNKTYPE, "linkname": A}),
        (B, b"", {"type": tarfile.FIFOTYPE}),
        (B, b"", {"type": tarfile.CHRTYPE}),
        # The map of the first says that it goes on for ever.
        (B, b"1000000000\n1\n", {"pax_headers": sparse}),
        (B, WAV, {"pax_headers": older}),
        ("../../x/" + C, WAV),
    )
    (tmp_path / "a.tar").write_bytes(data)
    skipped = Skipped()
    names = [member.member for member in list_members(tmp_path / "a.tar", skipped)]
    assert names == [A, "../../x/" + C]
    assert sorted(skipped.counts.values()) == [2, 4]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (b"[" * 100_000, None),
        (b'{"a":' * 50_000, None),
        (b'{"ytid":' + b"1" * 10_000 + b"}", None),
        (b'{"ytid": NaN}', None),
        (b'{"ytid": ["aaaaaaaaaaa"]}', None),
        (b'{"ytid": "a\xffa"}', None),
        (b'["ytid"]', None),
        (b'{"ytid": "\\ud800aaaaaaaaaa"}', "?aaaaaaaaaa"),
        (b'{"ytid": 7, "id": "aaaaaaaaaaa"}', "aaaaaaaaaaa"),
        (b'{"ytid": "../../x"}', "../../x"),
        (json.dumps({"ytid": "a" * 100_000}).encode(), "a" * 100_000),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else str(value)[:12],
)
def test_json_of_a_shard(tmp_path: Path, text: bytes, name: str | None) -> None:
    """An id, or nothing; whether it is one of a clip is asked later."""
    (tmp_path / "a.tar").write_bytes(tar(("s.wav", WAV), ("s.json", text)))
    (member,) = list_members(tmp_path / "a.tar", Skipped())
    assert member.name == name


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    data = tar((f"caf\udce9/{A}", WAV), form=tarfile.GNU_FORMAT)
    (tmp_path / "a.tar").write_bytes(data)
    (member,) = list_members(tmp_path / "a.tar", Skipped())
    # As tables take them.
    assert pa.array([member.member]).to_pylist() == [f"caf�/{A}"]


def audio(*values: bytes, names: tuple[str, ...] = (A, B, C)) -> pa.Array:
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    rows = [{"bytes": value, "path": name} for value, name in zip(values, names, strict=False)]
    return pa.array(rows, kind)


def parquet(columns: dict | pa.Table, **options: object) -> bytes:
    written = io.BytesIO()
    table = columns if isinstance(columns, pa.Table) else pa.table(columns)
    pq.write_table(table, written, **options)
    return written.getvalue()


NOT_UTF8 = pa.Array.from_buffers(
    pa.string(), 1, [None, pa.py_buffer(struct.pack("<2i", 0, 11)), pa.py_buffer(b"\xff" * 11)]
)
PLAIN = parquet({"audio": audio(WAV, WAV)}, compression="none", use_dictionary=False)
AT = PLAIN.index(b"Yaaaaaaaaaaa")
NOT_READ = {
    "no rows": (parquet({"audio": audio()}), "has no rows"),
    "a name twice": (
        parquet(pa.Table.from_arrays([audio(WAV), audio(WAV)], ["audio", "audio"])),
        "several columns with the name audio",
    ),
    "an id twice": (
        parquet(pa.Table.from_arrays([pa.array(["a"])] * 2 + [audio(WAV)], ["id", "id", "audio"])),
        "several columns with the name id",
    ),
    "not UTF-8": (parquet({"id": NOT_UTF8, "audio": [WAV]}), "not a whole parquet file"),
    "garbage among names": (
        PLAIN[: AT - 40] + b"\xa5" * 40 + PLAIN[AT:],
        "not a whole parquet file",
    ),
    "rows of nothing": (
        parquet({"id": pa.nulls(10**6, pa.string()), "audio": pa.nulls(10**6, pa.binary())}),
        "1,000,000 rows in",
    ),
    "a name of megabytes": (
        parquet({"id": ["x" * 3_000_000], "audio": [WAV]}),
        "bytes of id in 1 rows",
    ),
    "audio in a list": (parquet({"id": ["a"], "audio": [[WAV]]}), "no column of audio"),
    "audio as text": (parquet({"id": ["a"], "audio": ["x"]}), "no column of audio"),
    "ids as numbers": (parquet({"id": [1], "audio": [WAV]}), "no column that names the clip"),
    "cut": (PLAIN[: len(PLAIN) // 2], "not a whole parquet file"),
}


@pytest.mark.parametrize("name", NOT_READ)
def test_parquet_that_is_not_read(tmp_path: Path, name: str) -> None:
    data, message = NOT_READ[name]
    (tmp_path / "a.parquet").write_bytes(data)
    with pytest.raises(AudiosetDuckError, match=rf"a\.parquet .*{message}") as error:
        list_members(tmp_path / "a.parquet", Skipped())
    assert "\n" not in str(error.value)


def test_a_row_group_of_more_audio_than_clips_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be unpacked as a whole."""
    monkeypatch.setattr(parquet_archives, "MAX_MEMBER_BYTES", 1_000_000)
    (tmp_path / "a.parquet").write_bytes(
        parquet({"audio": audio(bytes(2_000_000))}, compression="zstd", use_dictionary=False)
    )
    (member,) = list_members(tmp_path / "a.parquet", Skipped())
    (found,) = read_members(tmp_path / "a.parquet", [(member.header_offset, 0)])
    assert isinstance(found, MemberError) and found.status == "wrong_format"
    assert "bytes of audio in 1 rows, more than clips have" in found.reason


def changed(data: st.DataObject, whole: bytes) -> bytes:
    """Some bytes changed, and perhaps cut."""
    found = bytearray(whole)
    places = st.integers(0, max(0, len(found) - 8))
    for place, value in data.draw(st.lists(st.tuples(places, st.binary(min_size=1, max_size=8)))):
        found[place : place + len(value)] = value
    return bytes(found[: data.draw(st.just(len(found)) | st.integers(0, len(found)))])


@pytest.mark.slow
@settings(max_examples=100 * MORE, deadline=None, derandomize=MORE == 1, database=None)
@given(data=st.data())
@pytest.mark.parametrize("ending", [".tar", ".tgz", ".parquet"])
def test_any_archive(tmp_path_factory, ending: str, data: st.DataObject) -> None:
    whole = {".tar": WHOLE, ".tgz": gzip.compress(WHOLE, 1, mtime=0), ".parquet": PLAIN}[ending]
    logging.disable()
    try:
        read_archive(tmp_path_factory.getbasetemp(), changed(data, whole), ending)
    finally:
        logging.disable(logging.NOTSET)


@pytest.mark.slow
@settings(max_examples=30 * MORE, deadline=None, derandomize=MORE == 1, database=None)
@given(data=st.data())
@pytest.mark.parametrize("kind", ["predictions", "parquet predictions", "marks"])
def test_any_predictions_and_marks(tmp_path_factory, kind: str, data: st.DataObject) -> None:
    folder = tmp_path_factory.getbasetemp()
    if kind == "marks":
        read_marks(folder, changed(data, data.draw(st.sampled_from(MARKS))))
    elif kind == "predictions":
        read_scores(folder, changed(data, data.draw(st.sampled_from(PREDICTIONS))))
    else:
        whole = data.draw(st.sampled_from(parquet_predictions()))
        read_scores(folder, changed(data, whole), ".parquet")
