"""Downloads from a local server that fails in the ways that servers do."""

import hashlib
import re
import threading
from pathlib import Path

import pytest
from support.server import FILES, Server

from audioset_duck.errors import AudiosetDuckError
from audioset_duck.sources import download as downloading
from audioset_duck.sources.definitions import AUDIO_SUBSETS, SOURCES, SUBSETS
from audioset_duck.sources.download import ATTEMPTS, SHA256S, download

FRAMED = "audioset_eval_strong_framed_posneg.tsv"
TRAIN = "audioset_train_strong.tsv"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        downloading,
        "SHA256S",
        {name: hashlib.sha256(FILES[name]).hexdigest() for name in SHA256S},
    )
    with Server() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def fetch(server: Server, folder: Path) -> list[str]:
    return [path.name for path in download(folder, server.url, patience=0.001)]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_all_files_are_fetched_once(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "metadata"
    assert set(fetch(server, folder)) == FILES.keys()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES
    assert fetch(server, folder) == []
    assert set(server.gets.values()) == {1}


@pytest.mark.parametrize(
    "faults",
    [
        ["drops"],
        ["drops"] * (ATTEMPTS - 1),
        ["503", "429", "503"],
        ["drops", "ignores ranges"],
        ["drops", "wrong range"],
        ["wrong length"],
        ["drops", "503", "drops", "ignores ranges"],
        ["no length"],
        ["garbage"],
        ["drops", "garbage"],
    ],
    ids=" ".join,
)
def test_transient_errors(server: Server, tmp_path: Path, faults: list[str], caplog) -> None:
    server.faults = {TRAIN: list(faults)}
    fetch(server, tmp_path)
    assert (tmp_path / TRAIN).read_bytes() == FILES[TRAIN]
    assert names(tmp_path) == FILES.keys()
    if "503" in faults:
        reason = f"{TRAIN}: the server answers 503 Service Unavailable"
        place = faults.index("503") + 2
        assert f"{reason}; attempt {place} of {ATTEMPTS}" in caplog.messages


def test_only_missing_bytes_are_requested(server: Server, tmp_path: Path) -> None:
    server.faults = {TRAIN: ["drops", "drops"]}
    fetch(server, tmp_path)
    assert server.sent[TRAIN] == len(FILES[TRAIN])


def test_a_later_run_resumes(server: Server, tmp_path: Path) -> None:
    server.faults = {TRAIN: ["drops"] + ["503"] * (ATTEMPTS - 1)}
    with pytest.raises(AudiosetDuckError, match=rf"{TRAIN} after {ATTEMPTS} attempts: .*again"):
        fetch(server, tmp_path)
    assert names(tmp_path) == {f"{TRAIN}.part"}
    fetch(server, tmp_path)
    assert names(tmp_path) == FILES.keys()
    assert server.sent[TRAIN] == len(FILES[TRAIN])


def test_a_part_that_is_the_whole_file(server: Server, tmp_path: Path) -> None:
    (tmp_path / f"{TRAIN}.part").write_bytes(FILES[TRAIN])
    fetch(server, tmp_path)
    assert (tmp_path / TRAIN).read_bytes() == FILES[TRAIN]
    assert server.sent[TRAIN] == 0


@pytest.mark.parametrize("part", [b"x" * 1000, b"x" * 10_000_000], ids=["shorter", "longer"])
def test_a_part_of_another_file(server: Server, tmp_path: Path, part: bytes) -> None:
    (tmp_path / f"{TRAIN}.part").write_bytes(part)
    fetch(server, tmp_path)
    assert (tmp_path / TRAIN).read_bytes() == FILES[TRAIN]


@pytest.mark.parametrize("name", [TRAIN, FRAMED], ids=["by checksum", "by size"])
def test_half_a_file_is_downloaded_again(server: Server, tmp_path: Path, name: str, caplog) -> None:
    fetch(server, tmp_path)
    (tmp_path / name).write_bytes(FILES[name][:1000])
    assert fetch(server, tmp_path) == [name]
    assert (tmp_path / name).read_bytes() == FILES[name]
    # A file that is not the official one may be the user's own.
    warning = f"{tmp_path / name} is not the official file; downloading the official one"
    assert caplog.messages == ([warning] if name == TRAIN else [])


def test_compressed_files_count(server: Server, tmp_path: Path, caplog) -> None:
    import gzip

    (tmp_path / f"{TRAIN}.gz").write_bytes(gzip.compress(FILES[TRAIN]))
    (tmp_path / f"{FRAMED}.gz").write_bytes(gzip.compress(FILES[FRAMED]))
    assert set(fetch(server, tmp_path)) == FILES.keys() - {TRAIN, FRAMED}
    (tmp_path / f"{TRAIN}.gz").write_bytes(gzip.compress(FILES[TRAIN])[:1000])
    assert fetch(server, tmp_path) == [TRAIN]
    assert caplog.messages == [f"{tmp_path / TRAIN}.gz is damaged; downloading it again"]


def test_a_file_that_is_not_there(server: Server, tmp_path: Path) -> None:
    """The others are fetched all the same."""
    server.faults = {TRAIN: ["404"], "ontology.json": ["404"]}
    with pytest.raises(
        AudiosetDuckError,
        match=r"^downloaded 7 files; the server does not have 2 files; .* --base-url.*\n"
        rf".*/{TRAIN}: the server answers 404 .*\n.*/ontology.json: the server answers 404",
    ):
        fetch(server, tmp_path)
    assert server.gets["ontology.json"] == 1
    assert names(tmp_path) == FILES.keys() - {TRAIN, "ontology.json"}


def test_another_file_under_the_name(server: Server, tmp_path: Path) -> None:
    server.files[TRAIN] = b"something else"
    with pytest.raises(AudiosetDuckError, match=r"its SHA-256 is \w+, expected \w+"):
        fetch(server, tmp_path)
    assert names(tmp_path) == set()


def test_no_server(tmp_path: Path) -> None:
    with pytest.raises(
        AudiosetDuckError, match=r"after 6 attempts: there is no connection; .*--base-url"
    ):
        download(tmp_path, "http://127.0.0.1:9", patience=0.001)


def test_every_source_has_an_address() -> None:
    for source in SOURCES:
        assert source.address.startswith("https://") and source.address.endswith(f"/{source.file}")
    assert {source.file for source in SOURCES if not source.sha256} == {FRAMED}


def test_the_files_of_subsets_are_read_by_models_of_their_names() -> None:
    assert [source.staging for source in SOURCES if source.subset] == list(SUBSETS)
    assert set(SUBSETS) - set(AUDIO_SUBSETS) == {"strong_eval_framed"}


@pytest.mark.slow
def test_checksums_are_those_of_the_real_files(real_metadata: Path) -> None:
    """Those that are at hand as they were published."""
    for name in ("balanced_train_segments.csv", "eval_segments.csv", "class_labels_indices.csv"):
        data = (real_metadata / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == SHA256S[name]


def test_command(run, server: Server, tmp_path: Path) -> None:
    result = run("download", "metadata", "--base-url", server.url + "/")
    assert result.exit_code == 0, result.stderr
    assert names(tmp_path / "metadata") == FILES.keys()
    assert len(result.stdout.splitlines()) == 9
    again = run("download", "metadata", "--base-url", server.url)
    assert (again.exit_code, again.stdout) == (0, "")
    assert "metadata has all 9 files" in again.stderr


@pytest.mark.parametrize("url", ["nonsense", "ftp://x", "http://"])
def test_invalid_addresses(run, url: str) -> None:
    result = run("download", "--base-url", url)
    assert result.exit_code == 1
    assert re.search(
        f"Error: invalid address '{url}'; expected an http|{url}/.*: there is no connection",
        result.stderr,
    )
