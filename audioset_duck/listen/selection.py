"""What to listen to: samples of a role, the rows of a query, or samples by their keys."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from audioset_duck.catalog.connection import ALIAS
from audioset_duck.catalog.models import render_query
from audioset_duck.catalog.state import require_target
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.sqltext import identifier, literal

SAMPLE_ROLES = ("positive", "strong_negative", "weak_negative", "weak_positive")
# Those that follow from the scores of detectors; each is a query in `sql/listen/`.
SCORE_ROLES = ("suspects", "alarms", "misses")
# Where weak and strong labels of the target disagree.
CONFLICTS = "conflicts"
ROLES = (*SAMPLE_ROLES, *SCORE_ROLES, CONFLICTS)
# These are of one detector; suspects are of all.
_ONE_DETECTOR_ROLES = ("alarms", "misses")
DEFAULT_LIMIT = 20
_LARGEST_LIMIT = 1_000_000
_SPLITS = ("train", "eval")
# The columns of a query that are used, and their types.
_COLUMNS = {
    "sample_key": "varchar",
    "subset": "varchar",
    "clip_id": "varchar",
    "event_id": "bigint",
    "label_id": "varchar",
    "start_seconds": "decimal(12, 6)",
    "end_seconds": "decimal(12, 6)",
    "detector": "varchar",
    "score": "double",
    "reason": "varchar",
}
# How much of a message of DuckDB, which names values, is shown.
_MOST_CHARACTERS = 200
_PART_OF_A_CLIP = ("clip_id", "start_seconds", "end_seconds")


@dataclass(frozen=True)
class Selection:
    """What to listen to: a role, a query or keys.

    Attributes:
        target: Name of a target in the catalog. Only for a query of parts of clips may it be None.
        role: One of `ROLES`: random samples of a role, or what follows from scores.
        sql: A query that gives sample_key; or clip_id, start_seconds and end_seconds, and if need
            be subset. Its columns event_id, label_id, detector, score and reason are used too.
        keys: Keys of samples.
        detector: A detector that was scored. None: all, or the only one.
        split: `train` or `eval`; None: both. Only for random samples.
        limit: The most items. None: 20, or as many as there are keys.
        seed: Of random samples.
    """

    target: str | None = None
    role: str | None = None
    sql: str | None = None
    keys: tuple[str, ...] = ()
    detector: str | None = None
    split: str | None = None
    limit: int | None = None
    seed: int = 0


def choose(connection: duckdb.DuckDBPyConnection, selection: Selection) -> int:
    """Write what is selected to the temporary table `chosen_rows`, in its order.

    Args:
        connection: The catalog.
        selection: What to listen to.

    Returns:
        How many rows there are without the limit.

    Raises:
        AudiosetDuckError: The selection is not one of a role, a query and keys; it names what does
            not exist; or it gives nothing.
        duckdb.Error: DuckDB refuses the query.
    """
    _check(selection)
    if selection.target is not None:
        require_target(connection, selection.target)
    columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
    connection.execute(f"create or replace temp table chosen_rows (place integer, {columns})")
    limit = DEFAULT_LIMIT if selection.limit is None else selection.limit
    if selection.sql is not None:
        return _choose_by_query(connection, selection, limit)
    if selection.keys:
        rows = [(key, "its key was given") for key in dict.fromkeys(selection.keys)]
        limit = len(rows) if selection.limit is None else limit
        _insert(connection, ["sample_key", "reason"], rows[:limit])
        return len(rows)
    return _choose_by_role(connection, selection, limit)


def _check(selection: Selection) -> None:
    given = [
        name
        for name, value in (
            ("--role", selection.role),
            ("--sql", selection.sql),
            ("keys of samples", selection.keys),
        )
        if value
    ]
    if len(given) != 1:
        raise AudiosetDuckError(
            f"{' and '.join(given) or 'nothing'} given to listen to; expected one of --role"
            f" ROLE, with {', '.join(ROLES)}; --sql QUERY; or keys of samples"
        )
    if selection.role is not None and selection.role not in ROLES:
        near = difflib.get_close_matches(selection.role, ROLES, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise AudiosetDuckError(
            f"unknown role {selection.role!r}; expected one of {', '.join(ROLES)}{hint}"
        )
    if selection.target is None and selection.sql is None:
        raise AudiosetDuckError(f"{given[0]} given without a target; add --target NAME")
    if selection.split is not None:
        if selection.split not in _SPLITS:
            raise AudiosetDuckError(
                f"unknown split {selection.split!r}; expected {' or '.join(_SPLITS)}"
            )
        if selection.role not in SAMPLE_ROLES:
            raise AudiosetDuckError(
                f"--split {selection.split} is for random samples; use it with --role"
                f" {', '.join(SAMPLE_ROLES)}"
            )
    if selection.limit is not None and not 1 <= selection.limit <= _LARGEST_LIMIT:
        raise AudiosetDuckError(
            f"the limit is {selection.limit}; expected a number from 1 to {_LARGEST_LIMIT:,}"
        )


def detectors(connection: duckdb.DuckDBPyConnection, target: str | None) -> list[str]:
    """The detectors of a target that were scored, by name."""
    stored = connection.execute(
        "select 1 from duckdb_tables() where database_name = current_database()"
        " and schema_name = $1 and table_name = 'detectors'",
        [target],
    ).fetchall()
    if target is None or not stored:
        return []
    query = f"select detector from {identifier(target)}.detectors order by detector"
    return [name for (name,) in connection.execute(query).fetchall()]


def chosen_detector(connection: duckdb.DuckDBPyConnection, selection: Selection) -> str | None:
    """The detector whose scores are shown; None: those of all.

    Raises:
        AudiosetDuckError: The role needs scores and there are none, or it needs one detector and
            there are several; or the detector was not scored.
    """
    scored = detectors(connection, selection.target)
    needs_scores = selection.detector is not None or selection.role in SCORE_ROLES
    if needs_scores and not scored:
        what = f"--role {selection.role}" if selection.role in SCORE_ROLES else "--detector"
        raise AudiosetDuckError(
            f"{what} needs the scores of a detector, and {selection.target} has none; score one"
            f" with audioset-duck score --target {selection.target} --predictions FILE"
        )
    if selection.detector is not None and selection.detector not in scored:
        raise AudiosetDuckError(
            f"detector {selection.detector!r} was not scored for {selection.target}; expected one"
            f" of {', '.join(scored)}"
        )
    if selection.detector is None and selection.role in _ONE_DETECTOR_ROLES:
        if len(scored) > 1:
            raise AudiosetDuckError(
                f"--role {selection.role} is of one detector, and {selection.target} has"
                f" {len(scored)}; choose one with --detector, of {', '.join(scored)}"
            )
        return scored[0]
    return selection.detector


def _choose_by_role(connection: duckdb.DuckDBPyConnection, selection: Selection, limit: int) -> int:
    role, target = str(selection.role), str(selection.target)
    _, query = render_query(
        f"listen/{'role_samples' if role in SAMPLE_ROLES else role}",
        schema=identifier(target),
        role=role,
        split=selection.split,
        seed=selection.seed,
        detector=chosen_detector(connection, selection),
    )
    ((count,),) = connection.execute(f"select count(*) from (\n{query}\n)").fetchall()
    if not count and role in SAMPLE_ROLES:
        place = f" in the split {selection.split}" if selection.split else ""
        raise AudiosetDuckError(
            f"{target} has no samples with the role {role}{place}; see why they are excluded with"
            f' audioset-duck sql "from {target}.sample_counts"'
        )
    if not count and role == CONFLICTS:
        raise AudiosetDuckError(
            f"the weak and the strong labels of {target} do not disagree in any clip"
        )
    if not count:
        raise AudiosetDuckError(
            f"there are no {role} of {target}; score again with more --alarms-per-hour, or another"
            " --threshold"
        )
    result = connection.execute(f"select * from (\n{query}\n) limit {limit}")
    names = [column[0] for column in result.description or ()]
    _insert(connection, names, result.fetchall())
    return int(count)


def _choose_by_query(
    connection: duckdb.DuckDBPyConnection, selection: Selection, limit: int
) -> int:
    """Run a query of the user, in which the target's relations need no schema."""
    statements = connection.extract_statements(str(selection.sql))
    if len(statements) != 1 or statements[0].type is not duckdb.StatementType.SELECT:
        raise AudiosetDuckError("--sql takes one query, as in --sql 'from gun.suspects'")
    schemas = [selection.target, "main"] if selection.target else ["main"]
    path = ",".join(f"{ALIAS}.{identifier(schema)}" for schema in schemas)
    connection.execute(f"set search_path = {literal(path)}")
    try:
        result = connection.execute(statements[0])
        names = [column[0].lower() for column in result.description or ()]
        if "sample_key" not in names and not {*_PART_OF_A_CLIP} <= {*names}:
            raise AudiosetDuckError(
                f"the query gives the columns {', '.join(names)}; expected sample_key, or"
                f" {', '.join(_PART_OF_A_CLIP[:-1])} and {_PART_OF_A_CLIP[-1]}"
            )
        rows = result.fetchmany(limit)
        count = len(rows)
        while more := result.fetchmany(10_000):
            count += len(more)
    finally:
        connection.execute(f"use {ALIAS}")
    if not rows:
        raise AudiosetDuckError("the query gives no rows; there is nothing to listen to")
    _insert(connection, names, rows)
    _check_rows(connection, selection)
    connection.execute(
        "update chosen_rows set reason = 'row ' || place || ' of the query' where reason is null"
    )
    return count


def _check_rows(connection: duckdb.DuckDBPyConnection, selection: Selection) -> None:
    """Raise for the first row that names neither a sample nor a part of a clip."""
    for place, key, clip, start, end in connection.execute(
        "select place, sample_key, clip_id, start_seconds, end_seconds from chosen_rows"
        " order by place"
    ).fetchall():
        if key is not None and selection.target is None:
            raise AudiosetDuckError(
                f"row {place} of the query has the sample key {key!r}, and samples belong to a"
                " target; add --target NAME"
            )
        if key is None and (None in (clip, start, end) or not 0 <= start < end):
            raise AudiosetDuckError(
                f"row {place} of the query has clip_id {_shown(clip)}, start_seconds"
                f" {_shown(start)} and end_seconds {_shown(end)}; expected a clip, and times from"
                " its start with the end after the start"
            )


def _shown(value: object) -> str:
    return "null" if value is None else str(value)


def _insert(
    connection: duckdb.DuckDBPyConnection, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Write rows to `chosen_rows`: of the columns that it has, the first of each name."""
    places = {name: names.index(name) for name in _COLUMNS if name in names}
    columns = ", ".join(["place", *places])
    parameters = ", ".join("?" for _ in range(len(places) + 1))
    for number, row in enumerate(rows, start=1):
        values = [row[place] for place in places.values()]
        try:
            connection.execute(
                f"insert into chosen_rows ({columns}) values ({parameters})", [number, *values]
            )
        except duckdb.Error as error:
            shown = ", ".join(f"{name} {row[place]!r}" for name, place in places.items())
            raise AudiosetDuckError(
                f"row {number} of the query cannot be used, with {shown}:"
                f" {str(error).splitlines()[0][:_MOST_CHARACTERS]}"
            ) from None
