"""Download of AudioSet's metadata files: resumed, and verified by SHA-256."""

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
from audioset_duck.wording import counted

log = logging.getLogger(__name__)

# Checksums of the published files, by name.
SHA256S = {source.file: source.sha256 for source in SOURCES if source.sha256}
ATTEMPTS = 6
_BLOCK = 1 << 18


class _NotFoundError(Exception):
    """The server does not have a file."""


class _TransientError(Exception):
    """The server or the connection failed in a way that a retry may solve."""


def download(folder: Path, base_url: str | None = None, patience: float = 1.0) -> list[Path]:
    """Download the metadata files that a folder does not hold yet, or holds damaged.

    A file is written to `NAME.part`, and renamed once its SHA-256 (or its size, if no checksum is
    known) is correct. A partial file is kept when the connection breaks or the program ends; the
    next attempt requests only the missing bytes.

    Args:
        folder: Where to download to; created if it does not exist.
        base_url: Address of a mirror that has the files under their official names; None: Google's
            addresses.
        patience: Seconds to wait before the second attempt; doubled for each further one.

    Returns:
        The paths of the files that were downloaded, not of those that were there.

    Raises:
        AudiosetDuckError: A file cannot be downloaded after several attempts or has a wrong
            checksum; the server does not have a file (raised after the others are downloaded); or
            another download to the folder is in progress. Downloaded files are kept.
        OSError: A file cannot be written.
    """
    if base_url is not None and not re.fullmatch(r"https?://[^/].*", base_url):
        raise AudiosetDuckError(
            f"invalid address {base_url!r}; expected an http or https address, as in"
            " https://example.org/files"
        )
    # `_fetch` retries itself: it resumes after the bytes that it has.
    pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=20, read=60))
    fetched, not_found = [], []
    with exclusive_folder(folder, "download", "name another folder"):
        for source in SOURCES:
            address = f"{base_url.rstrip('/')}/{source.file}" if base_url else source.address
            path = folder / source.file
            if not _is_complete(pool, folder, source.file, address):
                sha256 = SHA256S.get(source.file)
                try:
                    _fetch(pool, address, path, sha256, patience=patience)
                    fetched.append(path)
                except _NotFoundError as error:
                    not_found.append(str(error))
    if not_found:
        raise AudiosetDuckError(
            f"downloaded {counted(len(fetched), 'file')}; the server does not have"
            f" {counted(len(not_found), 'file')}; name a mirror with --base-url, or build without"
            " them:\n" + "\n".join(not_found)
        )
    return fetched


def _is_complete(pool: urllib3.PoolManager, folder: Path, file: str, address: str) -> bool:
    """Whether a file is there, plain or compressed, with the correct checksum or size."""
    for path in (folder / f"{file}{ending}" for ending in COMPRESSED_ENDINGS):
        if not path.is_file():
            continue
        if file in SHA256S:
            try:
                with pa.input_stream(str(path)) as stream:
                    if _sha256(iter(lambda: stream.read(_BLOCK), b"")) == SHA256S[file]:
                        return True
            except OSError:
                log.warning("%s is damaged; downloading it again", path)
                continue
            log.warning("%s is not the official file; downloading the official one", path)
        # Only of a plain file is the size that of the server's.
        elif path.suffix in COMPRESSED_ENDINGS or path.stat().st_size == _size(pool, address):
            return True
    return False


def _sha256(blocks: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()


def _size(pool: urllib3.PoolManager, address: str) -> int | None:
    """The size of a file in bytes, from the server; None if the server does not report it."""
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
        for attempt in range(1, ATTEMPTS + 1):
            if attempt > 1:
                log.warning("%s: %s; attempt %d of %d", path.name, reason, attempt, ATTEMPTS)
                time.sleep(patience * 2 ** (attempt - 2))
            try:
                _fetch_rest(pool, address, part, bar)
            except _TransientError as error:
                reason = str(error)
                continue
            with part.open("rb") as stream:
                found = _sha256(iter(lambda: stream.read(_BLOCK), b""))
            if sha256 in (None, found):
                part.replace(path)
                return
            reason = f"its SHA-256 is {found}, expected {sha256}"
            part.unlink()
    raise AudiosetDuckError(
        f"cannot download {address} after {ATTEMPTS} attempts: {reason}; run download again to"
        f" resume it in {part.parent}, or name a mirror with --base-url"
    )


def _fetch_rest(pool: urllib3.PoolManager, address: str, part: Path, bar: tqdm[None]) -> None:
    """Download the missing bytes of a file to the end of `part`.

    Raises:
        _TransientError: The server was too busy, or the connection broke.
        _NotFoundError: The server does not have the file.
    """
    have = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    try:
        response = pool.request("GET", address, headers=headers, preload_content=False)
        try:
            if response.status == 416:
                # Nothing is missing, unless the file on the server has changed.
                if response.headers.get("Content-Range") != f"bytes */{have}":
                    part.unlink()
                    raise _TransientError("the file on the server became shorter")
                return
            if response.status == 429 or response.status >= 500:
                raise _TransientError(f"the server answers {response.status} {response.reason}")
            if response.status not in (200, 206):
                raise _NotFoundError(
                    f"{address}: the server answers {response.status} {response.reason}"
                )
            is_rest = response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
            if response.status == 206 and not is_rest:
                part.unlink()
                raise _TransientError("the server sent another range of bytes")
            start = have if is_rest else 0
            length = response.headers.get("Content-Length", "")
            bar.reset(total=start + int(length) if length.isdigit() else None)
            bar.update(start)
            with part.open("r+b" if start else "wb") as stream:
                stream.seek(start)
                # read1 returns what has arrived, so that a broken connection loses nothing.
                while block := response.read1(_BLOCK):
                    stream.write(block)
                    bar.update(len(block))
        finally:
            response.release_conn()
    except OSError as error:
        # The error of a failed write has no file name.
        error.filename = error.filename or str(part)
        raise
    except urllib3.exceptions.HTTPError as error:
        if isinstance(error, urllib3.exceptions.NewConnectionError):
            raise _TransientError("there is no connection") from None
        raise _TransientError(f"the connection broke ({type(error).__name__})") from None
