"""Inventories of audio from rows of `audio_files`, as a scan would have found them."""

from typing import Any

import pyarrow as pa

from audioset_duck.catalog.audio_files import FOUND_FILES


def found_files(rows: list[dict[str, Any]]) -> pa.Table:
    """What a row lacks is null. Its clip is the one of its ytid."""
    named = [{"name": row.get("ytid"), **row} for row in rows]
    return pa.table({name: [row.get(name) for row in named] for name in FOUND_FILES.names})
