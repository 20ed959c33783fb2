"""The page to listen to samples and to mark their labels: one file that needs no network."""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import jinja2

from audioset_duck.catalog.connection import open_catalog
from audioset_duck.catalog.state import has_inventory
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.filesystem import atomic_write
from audioset_duck.listen.excerpts import Excerpt, check_mp3, most_characters, read_excerpt
from audioset_duck.listen.items import Item, read_items
from audioset_duck.listen.selection import SAMPLE_ROLES, Selection, choose
from audioset_duck.progress import progress, report

log = logging.getLogger(__name__)

MOST_MB = 50.0
_MB = 1_000_000
# The texts of an item: its labels, events and key.
_TEXT_CHARACTERS = 4000
_AGAIN = "run audioset-duck extract, or audioset-duck scan --validate"


@dataclass(frozen=True)
class Page:
    """A page to listen to.

    Attributes:
        html: The page.
        item_count: The number of items on it.
        left_out_count: How many others were chosen, but have no audio that can be read.
        total_count: How many there are without the limit.
    """

    html: str
    item_count: int
    left_out_count: int
    total_count: int


def write_page(catalog: Path, out: Path, selection: Selection, most_mb: float = MOST_MB) -> Page:
    """Write a page to listen to samples with: see `make_page`.

    Args:
        catalog: The catalog file.
        out: The file to write, in a folder that exists.
        selection: What to listen to.
        most_mb: The largest size of the page, in MB.

    Raises:
        AudiosetDuckError: As `make_page`; or the folder does not exist. Nothing is written.
    """
    if out.is_dir():
        raise AudiosetDuckError(f"{out} is a folder; name a file with --out, as in listen.html")
    if not out.parent.is_dir():
        raise AudiosetDuckError(
            f"{out} is in a folder that does not exist; create it, or name another file with --out"
        )
    with open_catalog(catalog) as connection:
        page = make_page(connection, selection, most_mb)
    try:
        with atomic_write(out) as part:
            part.write_text(page.html, encoding="utf-8")
    except OSError as error:
        if error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise
        raise AudiosetDuckError(
            f"{out} cannot be written to: {error.strerror}; name another file with --out"
        ) from None
    return page


def make_page(
    connection: duckdb.DuckDBPyConnection, selection: Selection, most_mb: float = MOST_MB
) -> Page:
    """Create a page that plays samples, draws their spectrograms, and takes marks.

    Items whose audio cannot be read are left out, with a warning that counts them.

    Args:
        connection: The catalog.
        selection: What to listen to.
        most_mb: The largest size of the page, in MB.

    Raises:
        AudiosetDuckError: The selection is invalid or gives nothing, no item has audio that can be
            read, or the page would be larger than `most_mb`.
        duckdb.Error: DuckDB refuses the query of the selection.
    """
    check_mp3()
    if not has_inventory(connection):
        raise AudiosetDuckError(
            "the catalog has no inventory of audio, so there is nothing to listen to; create one"
            " with audioset-duck extract or audioset-duck scan"
        )
    total_count = choose(connection, selection)
    items = read_items(connection, selection)
    _report_size(items, total_count, most_mb)
    excerpts, errors = _read_excerpts(items)
    if not excerpts:
        raise AudiosetDuckError(
            f"none of the {len(items):,} samples has audio that can be read ({errors[0]});"
            f" {_AGAIN} again"
        )
    if errors:
        log.warning(
            "%s of %s samples are left out, since their audio cannot be read (the first: %s); %s"
            " again",
            f"{len(errors):,}",
            f"{len(items):,}",
            errors[0],
            _AGAIN,
        )
    html = _render(selection, excerpts, len(errors), total_count)
    if not len(html.encode()) <= most_mb * _MB:
        raise _too_large(len(html.encode()), len(excerpts), most_mb)
    return Page(html, len(excerpts), len(errors), total_count)


def _report_size(items: Sequence[Item], total_count: int, most_mb: float) -> None:
    """Print how large the page will be, and raise if that is too large."""
    # Audio is at most a second longer than its clip.
    seconds = [
        max(0.0, float(min(item.end_seconds, item.clip_seconds + 1) - item.start_seconds))
        for item in items
    ]
    size = sum(map(most_characters, seconds)) + len(items) * _TEXT_CHARACTERS
    others = f" of {total_count:,}" if total_count > len(items) else ""
    report(
        f"Samples to listen to: {len(items):,}{others}, {sum(seconds):,.0f} s; the page will have"
        f" at most {max(size / _MB, 0.1):,.1f} MB" + ("; --limit shows more" if others else "")
    )
    # Also if it is not a number.
    if not size <= most_mb * _MB:
        raise _too_large(size, len(items), most_mb)


def _too_large(size: int, count: int, most_mb: float) -> AudiosetDuckError:
    return AudiosetDuckError(
        f"a page with {count:,} samples would have up to {size / _MB:,.1f} MB; expected at most"
        f" {most_mb:g} MB: show fewer with --limit, or allow more with --most-mb"
    )


def _read_excerpts(items: Sequence[Item]) -> tuple[list[tuple[Item, Excerpt]], list[str]]:
    """Read the audio of items, and explain what cannot be read."""
    excerpts, errors = [], []
    for item in progress(items, name="listen", unit="sample"):
        try:
            if item.audio_path is None:
                raise AudiosetDuckError(f"clip {item.clip_id} has no audio file")
            excerpt = read_excerpt(
                item.audio_path,
                float(item.start_seconds),
                float(item.end_seconds),
                item.byte_offset,
                item.byte_count,
            )
        except AudiosetDuckError as error:
            errors.append(str(error))
        else:
            excerpts.append((item, excerpt))
    return excerpts, errors


def _render(
    selection: Selection,
    excerpts: Sequence[tuple[Item, Excerpt]],
    left_out_count: int,
    total_count: int,
) -> str:
    target = selection.target or ""
    described = [_describe(item, excerpt, selection.target) for item, excerpt in excerpts]
    # Marks are kept for the same items, whatever encodes their audio.
    digest = hashlib.sha256(json.dumps([target, described]).encode()).hexdigest()
    for item, (_, excerpt) in zip(described, excerpts, strict=True):
        item["audio"] = base64.b64encode(excerpt.mp3).decode()
        item["image"] = base64.b64encode(excerpt.png).decode()
    folder = resources.files("audioset_duck.listen")
    style, script = (
        (folder / name).read_text(encoding="utf-8") for name in ("page.css", "page.js")
    )
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("audioset_duck", "listen"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    return environment.get_template("page.html").render(
        title="Listen: " + ", ".join(filter(None, [target, _chosen_by(selection)])),
        about=_about(selection, len(excerpts), left_out_count, total_count),
        count=len(excerpts),
        data={"digest": digest, "target": target, "items": described},
        style=style,
        script=script,
        style_digest=_digest(style),
        script_digest=_digest(script),
    )


def _digest(text: str) -> str:
    """The digest by which the page's content security policy allows a script or a style."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _chosen_by(selection: Selection) -> str:
    if selection.role is not None:
        return selection.role.replace("_", " ")
    return "a query" if selection.sql is not None else "samples"


def _about(selection: Selection, count: int, left_out_count: int, total_count: int) -> str:
    """How the items were chosen, in a sentence or two."""
    what, how = "samples", ""
    if selection.role in SAMPLE_ROLES:
        how = f", drawn at random with seed {selection.seed}"
    elif selection.sql is not None:
        what, how = "rows", f" of the query {selection.sql.strip()}"
    elif selection.role is not None:
        what = selection.role
        how = f", by the scores of {selection.detector}" if selection.detector else ""
    left_out = f" Left out, without audio: {left_out_count:,}." if left_out_count else ""
    return f"{count:,} of {total_count:,} {what}{how}.{left_out}"


def _describe(item: Item, excerpt: Excerpt, target: str | None) -> dict[str, Any]:
    """An item as the page has it, but for its audio. Times are from the start of the clip."""
    claim, if_correct, if_incorrect = _claim(item, target)
    return {
        "sample_key": item.sample_key,
        "subset": item.subset,
        "clip_id": item.clip_id,
        "event_id": item.event_id,
        "label_id": item.label_id,
        "role": item.role,
        "start": float(item.start_seconds),
        "end": float(item.end_seconds),
        "from": round(excerpt.start_seconds, 6),
        "to": round(excerpt.end_seconds, 6),
        "claim": claim,
        "if_correct": if_correct,
        "if_incorrect": if_incorrect,
        "reason": item.reason,
        "url": item.url,
        "scores": [
            {"detector": score.detector, "score": score.score}
            for score in item.scores
            if math.isfinite(score.score)
        ],
        "labels": [vars(label) for label in item.labels],
        "clip_labels": [vars(label) for label in item.clip_labels],
        "events": [
            {
                "title": event.title,
                "start": float(event.start_seconds),
                "end": float(event.end_seconds),
                "is_target": event.is_target,
            }
            for event in item.events
        ],
        "frequencies": [{"hz": hz, "place": round(place, 4)} for hz, place in excerpt.frequencies],
    }


def _claim(item: Item, target: str | None) -> tuple[str, str, str]:
    """What the labels say, and what it means that they are correct and incorrect."""
    is_whole = item.start_seconds == 0 and item.end_seconds >= item.clip_seconds
    where = "in the whole clip" if is_whole else "in the marked part"
    if item.sample_key is None and item.title is not None:
        return f"Labelled {item.title} {where}", "it is there", "it is not"
    if target is None:
        return f"The labels listed below, {where}", "all are there", "one is not"
    if not item.is_positive:
        return f"Labelled without {target} {where}", f"no {target}", f"{target} is there"
    title = f" ({item.title})" if item.title else ""
    somewhere = "somewhere in the clip" if is_whole else where
    return f"Labelled {target}{title} {somewhere}", f"{target} is there", f"no {target}"
