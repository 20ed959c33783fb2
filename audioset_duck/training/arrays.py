"""Columns of Arrow tables as torch tensors, which worker processes get in shared memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import torch


@dataclass(frozen=True)
class StringColumn:
    """Strings in one buffer: string i is at [offsets[i], offsets[i + 1]), in UTF-8.

    Attributes:
        offsets: int64, (n + 1,).
        data: uint8.
    """

    offsets: torch.Tensor
    data: torch.Tensor

    def take(self, rows: npt.NDArray[np.int64]) -> list[str]:
        """The strings of the given rows."""
        offsets, data = self.offsets.numpy(), self.data.numpy()
        starts, ends = offsets[rows].tolist(), offsets[rows + 1].tolist()
        return [data[start:end].tobytes().decode() for start, end in zip(starts, ends, strict=True)]

    def __len__(self) -> int:
        return len(self.offsets) - 1


def string_column(column: pa.ChunkedArray) -> StringColumn:
    """The strings of a column in one buffer."""
    offsets = np.zeros(len(column) + 1, np.int64)
    np.cumsum(pc.binary_length(column), out=offsets[1:])
    data = np.empty(offsets[-1], np.uint8)
    begin = 0
    for chunk in column.chunks:
        end = begin + len(chunk)
        data[offsets[begin] : offsets[end]] = _bytes_of(chunk)
        begin = end
    return StringColumn(torch.from_numpy(offsets), torch.from_numpy(data))


def _bytes_of(strings: pa.Array) -> npt.NDArray[np.uint8]:
    """The bytes of strings, one after the other, as they are in Arrow's memory."""
    _, offset_buffer, data = strings.cast(pa.large_string()).buffers()
    offsets = np.frombuffer(offset_buffer, np.int64)[strings.offset :]
    return np.frombuffer(data or b"", np.uint8)[offsets[0] : offsets[len(strings)]]


def tensor(column: pa.ChunkedArray) -> torch.Tensor:
    """The numbers of a column, in memory of their own."""
    numbers = np.asarray(column)
    # Chunks are put together in new memory; a single one is Arrow's, and cannot be written to.
    return torch.from_numpy(numbers if numbers.flags.writeable else numbers.copy())


def file_parts(clips: pa.Table) -> torch.Tensor | None:
    """Which parts of files clips are: int64, (n, 2), offset and number of bytes.

    A clip that is a whole file has -1; if all are, there is no tensor.
    """
    if clips["byte_offset"].null_count == len(clips):
        return None
    columns = [clips[name].fill_null(-1) for name in ("byte_offset", "byte_count")]
    return torch.from_numpy(np.stack(columns, axis=1))


def parts_of(
    parts: torch.Tensor | None, rows: npt.NDArray[np.int64]
) -> list[tuple[int | None, int | None]]:
    """Offset and number of bytes of the given rows; None and None for a whole file."""
    if parts is None:
        return [(None, None)] * len(rows)
    return [
        (None, None) if offset < 0 else (offset, count)
        for offset, count in parts.numpy()[rows].tolist()
    ]


def digest(arrays: Iterable[torch.Tensor]) -> str:
    """A hash of the numbers of arrays."""
    found = hashlib.md5(usedforsecurity=False)
    for array in arrays:
        found.update(f"{array.dtype} {tuple(array.shape)}".encode())
        found.update(array.numpy().tobytes())
    return found.hexdigest()
