"""Arguments that the datasets share: their checks, and how a catalog is queried for them."""

from __future__ import annotations

from pathlib import Path

import duckdb

from audioset_duck.catalog.connection import ALIAS, open_catalog
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.sqltext import literal

NO_AUDIO = "has no inventory of audio; create one with audioset-duck extract or scan"


def check_arguments(split: str, sample_rate: int, on_error: str, threads: int) -> None:
    """Check the arguments that all datasets have.

    Raises:
        AudiosetDuckError: One of them is not what it may be.
    """
    if split not in ("train", "eval"):
        raise AudiosetDuckError(f"split is {split!r}; expected 'train' or 'eval'")
    if on_error not in ("replace", "raise"):
        raise AudiosetDuckError(f"on_error is {on_error!r}; expected 'replace' or 'raise'")
    if type(sample_rate) is not int or not 1000 <= sample_rate <= 384_000:
        raise AudiosetDuckError(
            f"sample_rate is {sample_rate!r}; expected an integer in Hz, 1,000 to 384,000"
        )
    if type(threads) is not int or threads < 1:
        raise AudiosetDuckError(f"threads is {threads!r}; expected an integer from 1 on")


def query_target(catalog: Path, target: str, query: str) -> duckdb.DuckDBPyRelation:
    """Run a query on a catalog, in which the relations of a target need no schema."""
    connection = open_catalog(catalog)
    connection.execute(f"set search_path = {literal(f'{ALIAS}.{target},{ALIAS}.main')}")
    return connection.sql(query)
