"""Members of archives: the clips in them, and why one cannot be read."""

from __future__ import annotations

from typing import NamedTuple

from audioset_duck.audio.validation import Status

# A 10 s clip of 32 kHz 16-bit mono has 640,044 bytes; 8 channels of 192 kHz float have 61 MB.
MAX_MEMBER_BYTES = 64_000_000
# The largest number that a catalog can store; a damaged archive may contain larger ones.
MAX_NUMBER = 2**63 - 1


class Member(NamedTuple):
    """An audio file in an archive.

    Attributes:
        name: An id that stands beside it; None: only its own name says which clip it is.
        member: Its name in the archive, with the ending.
        part: The part of the archive that is read at once: the row group of a parquet file, or 0.
        header_offset: Where it starts, in bytes; or its number, in a split archive or parquet file.
        packed_bytes: Size in the archive; of a row of a parquet file, the mean of its row group.
        bytes: Size when unpacked.
    """

    name: str | None
    member: str
    part: int
    header_offset: int
    packed_bytes: int
    bytes: int


class MemberError(Exception):
    """A member of an archive that cannot be read, or must not be.

    Attributes:
        status: The status of its clip: `corrupted`, `empty`, `unsupported` or `wrong_format`.
        reason: Why, in a sentence.
    """

    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def too_large(size: int) -> MemberError | None:
    """The error of a member that would be larger than any clip; None if it is not."""
    if size <= MAX_MEMBER_BYTES:
        return None
    return MemberError("wrong_format", f"it would unpack to {size:,} bytes, more than any clip has")
