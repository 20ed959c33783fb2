"""AudioSet's metadata files, fetched from where Google publishes them."""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import urllib3
from tqdm import tqdm

from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import exclusive_folder
from audioset_duck.progress import progress
from audioset_duck.sources.definitions import COMPRESSED_ENDINGS, SOURCES

log = logging.getLogger(__name__)

_CORPUS = "https://storage.googleapis.com/us_audioset/youtube_corpus"
ADDRESSES = {
    "audioset_train_strong.tsv": f"{_CORPUS}/strong",
    "audioset_eval_strong.tsv": f"{_CORPUS}/strong",
    "audioset_eval_strong_framed_posneg.tsv": f"{_CORPUS}/strong",
    "mid_to_display_name.tsv": f"{_CORPUS}/strong",
    "unbalanced_train_segments.csv": f"{_CORPUS}/v1/csv",
    "balanced_train_segments.csv": f"{_CORPUS}/v1/csv",
    "eval_segments.csv": f"{_CORPUS}/v1/csv",
    "class_labels_indices.csv": f"{_CORPUS}/v1/csv",
    "ontology.json": "https://raw.githubusercontent.com/audioset/ontology/master",
}
SHA256S = {
    "unbalanced_train_segments.csv": (
        "bb2dfd5e4f1ced39db9480633c510f813d7899f4b7472aa83a411b4a43a12698"
    ),
    "balanced_train_segments.csv": (
        "3b83e5ff9ed72cfda37d4e36ce08250e107c1ea70f109f6ab6668ac200db5e94"
    ),
    "eval_segments.csv": "f7055f53935f70e74e39494a5c8c4c78f1700fce275028bd36e31186f33d45db",
    "class_labels_indices.csv": "cdd1049833c4b86127c2773ac0d14a2754b6a6d0d1798002ed5c66e699708429",
    "mid_to_display_name.tsv": "6aeaa2144223933eab75566ca478366ad80e59f381611e308cbe536913d7ddf7",
    "audioset_train_strong.tsv": (
        "29e4646c847c0285cde744cf884843de1fbb647fc24762eb2b244628d276c92b"
    ),
    "audioset_eval_strong.tsv": "ffda064647a3e7c7eb473d5fcde944f4800c5ce3a7c1f3dfcf131b95dcd30f60",
    "ontology.json": "9c685f4403eecc3ca9be37fd7285cf212feaaea6ff7229d3e7ca89e0d1f2d15d",
}
ATTEMPTS = 6
_BLOCK = 1 << 18


class _NotThereError(Exception):
    """The server does not have a file."""


class _PassingError(Exception):
    """The server or the line failed in a way that may pass."""


def download(folder: Path, base_url: str | None = None, patience: float = 1.0) -> list[Path]:
    """Fetch the metadata files that are not there and whole yet.

    A file is written to `NAME.part` beside its place, and moved there once its SHA-256, or where
    none is known its size, is right. What was fetched of it is kept if the line breaks or the
    program ends, and the next attempt asks the server only for the rest.

    Args:
        folder: Where to; made if it is not there.
        base_url: Where a mirror has the files under their names; None: Google's addresses.
        patience: Seconds to wait before the second attempt; doubled for each further one.

    Returns:
        The files that were fetched.

    Raises:
        AudiosetDuckError: A file cannot be fetched after some attempts, or is not the file that
            it should be; the server does not have some, which is told after the others; or
            another download to the folder is under way. Files that were fetched stay.
        OSError: A file cannot be written.
    """
    if base_url is not None and not re.fullmatch(r"https?://[^/].*", base_url):
        raise AudiosetDuckError(
            f"{base_url!r} is no address to fetch from; right is one as in https://example.org/files"
        )
    # Waiting and trying again is done below, where what was fetched so far is known.
    pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=20, read=60))
    fetched, not_there = [], []
    with exclusive_folder(folder, "download", "name another folder"):
        for source in SOURCES:
            address = f"{(base_url or ADDRESSES[source.file]).rstrip('/')}/{source.file}"
            path = folder / source.file
            if not _is_whole(pool, folder, source.file, address):
                sha256 = SHA256S.get(source.file)
                try:
                    _fetch(pool, address, path, sha256, patience=patience)
                    fetched.append(path)
                except _NotThereError as error:
                    not_there.append(str(error))
    if not_there:
        raise AudiosetDuckError(
            f"{len(fetched)} files were fetched, {len(not_there)} could not be; name a mirror that"
            " has them with --base-url, or do without:\n" + "\n".join(not_there)
        )
    return fetched


def _is_whole(pool: urllib3.PoolManager, folder: Path, file: str, address: str) -> bool:
    """Whether a file is there, plain or compressed, and as it should be."""
    for path in (folder / f"{file}{ending}" for ending in COMPRESSED_ENDINGS):
        if not path.is_file():
            continue
        if file in SHA256S:
            try:
                with pa.input_stream(str(path)) as stream:
                    if _sha256(iter(lambda: stream.read(_BLOCK), b"")) == SHA256S[file]:
                        return True
            except OSError:
                log.warning("%s is damaged and is fetched anew", path)
                continue
            log.warning("%s is not the official file; the official one is fetched", path)
        elif path.suffix in COMPRESSED_ENDINGS or path.stat().st_size == _size(pool, address):
            return True
    return False


def _sha256(blocks: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()


def _size(pool: urllib3.PoolManager, address: str) -> int | None:
    """The size of a file in bytes, as its server tells it; None if it does not."""
    try:
        response = pool.request("HEAD", address)
    except urllib3.exceptions.HTTPError:
        return None
    length = response.headers.get("Content-Length", "")
    return int(length) if response.status == 200 and length.isdigit() else None


def _fetch(
    pool: urllib3.PoolManager,
    address: str,
    path: Path,
    sha256: str | None,
    *,
    patience: float,
) -> None:
    part = path.with_name(f"{path.name}.part")
    reason = ""
    with progress(name=path.name, unit="B", unit_scale=True, delay=0) as bar:
        for attempt in range(ATTEMPTS):
            if attempt:
                log.warning("%s: %s; trying again", path.name, reason)
                time.sleep(patience * 2 ** (attempt - 1))
            try:
                _fetch_rest(pool, address, part, bar)
            except _PassingError as error:
                reason = str(error)
                continue
            with part.open("rb") as stream:
                found = _sha256(iter(lambda: stream.read(_BLOCK), b""))
            if sha256 in (None, found):
                part.replace(path)
                return
            reason = f"its SHA-256 is {found}, right is {sha256}"
            part.unlink()
    raise AudiosetDuckError(
        f"{address} could not be fetched in {ATTEMPTS} attempts: {reason}; what is there stays in "
        f"{part.parent}, so run download again, or name a mirror with --base-url"
    )


def _fetch_rest(pool: urllib3.PoolManager, address: str, part: Path, bar: tqdm[None]) -> None:
    """Fetch what is still missing of a file, to the end of `part`.

    Raises:
        _PassingError: The server was too busy, or the line broke.
        _NotThereError: The server does not have the file.
    """
    have = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    try:
        response = pool.request("GET", address, headers=headers, preload_content=False)
        try:
            if response.status == 416:
                # Nothing is missing, or the file on the server is now another one.
                if response.headers.get("Content-Range") != f"bytes */{have}":
                    part.unlink()
                    raise _PassingError("the file became shorter")
                return
            if response.status == 429 or response.status >= 500:
                raise _PassingError(f"the server answers {response.status} {response.reason}")
            if response.status not in (200, 206):
                raise _NotThereError(
                    f"{address}: the server answers {response.status} {response.reason}"
                )
            is_rest = response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
            if response.status == 206 and not is_rest:
                part.unlink()
                raise _PassingError("the server sent another part than the missing one")
            start = have if is_rest else 0
            length = response.headers.get("Content-Length", "")
            bar.reset(total=start + int(length) if length.isdigit() else None)
            bar.update(start)
            with part.open("r+b" if start else "wb") as stream:
                stream.seek(start)
                # read1 gives what has arrived, so that a broken line loses nothing of it.
                while block := response.read1(_BLOCK):
                    stream.write(block)
                    bar.update(len(block))
        finally:
            response.release_conn()
    except OSError as error:
        # A write that fails does not say where.
        error.filename = error.filename or str(part)
        raise
    except urllib3.exceptions.HTTPError as error:
        if isinstance(error, urllib3.exceptions.NewConnectionError):
            raise _PassingError("there is no connection") from None
        raise _PassingError(f"the line broke ({type(error).__name__})") from None
