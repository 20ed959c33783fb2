"""The page to listen to samples: what it holds, against the catalog, and what is refused."""

import base64
import hashlib
import io
import os
import re
import shutil
import struct
import zlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from support.listening import CLICK_SECONDS, EVIL, clip_id, data_of
from support.metadata import write_metadata, youtube_id

from audioset_duck.audio.scan import find_files
from audioset_duck.catalog.build import build
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.config.targets import Target
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.listen.excerpts import most_characters, read_excerpt
from audioset_duck.listen.page import make_page, write_page
from audioset_duck.listen.selection import SAMPLE_ROLES, SCORE_ROLES, Selection
from audioset_duck.score.options import ScoreOptions
from audioset_duck.score.scoring import score

# Made once, on one worker.
pytestmark = pytest.mark.xdist_group("listen")


def items_of(catalog: Path, **selection: Any) -> list[dict[str, Any]]:
    with open_catalog(catalog) as connection:
        page = make_page(connection, Selection(**{"target": "t"} | selection))
    return data_of(page.html)["items"]


def fetch(catalog: Path, query: str) -> list[tuple]:
    with open_catalog(catalog) as connection:
        return connection.execute(query).fetchall()


def named(items: list[dict[str, Any]]) -> list[str]:
    """The letters of the clips of items."""
    return [item["clip_id"][0] for item in items]


@pytest.mark.parametrize("role", SAMPLE_ROLES)
def test_samples_of_a_role_are_those_of_the_catalog(sounds: Path, role: str) -> None:
    """Keys, times and the names of labels; the sounds have no weak positive."""
    rows = {
        key: row
        for key, *row in fetch(
            sounds,
            "select sample_key, role, subset, clip_id, start_seconds, end_seconds, label_ids"
            f" from t.samples where role = '{role}'",
        )
    }
    if role == "weak_positive":
        assert not rows
        return
    items = items_of(sounds, role=role)
    assert len(items) == min(20, len(rows)) == len({item["sample_key"] for item in items})
    for item in items:
        *row, start, end, label_ids = rows[item["sample_key"]]
        assert [item["role"], item["subset"], item["clip_id"]] == row
        assert (item["start"], item["end"]) == (float(start), float(end))
        names = {f"Name of {label_id[3:]}" for label_id in label_ids}
        assert {label["title"] for label in item["labels"]} == names
        audio_seconds = 4 if role == "weak_negative" else 2.5
        assert item["from"] == max(0, item["start"] - 1)
        assert item["to"] == min(audio_seconds, item["end"] + 1)
        assert item["event_id"] is None and item["label_id"] is None
        assert (item["if_correct"] == "no t") == (role != "positive")
        assert item["url"].startswith(f"https://www.youtube.com/watch?v={item['clip_id'][:11]}&t=")


@pytest.mark.slow
def test_the_seed_decides_which_samples(sounds: Path, tmp_path: Path) -> None:
    def page(seed: int, **selection: Any) -> bytes:
        out = tmp_path / "page.html"
        write_page(sounds, out, Selection("t", "strong_negative", seed=seed, **selection))
        return out.read_bytes()

    assert page(0) == page(0) != page(1)
    keys = [item["sample_key"] for item in items_of(sounds, role="strong_negative", limit=5)]
    more = [item["sample_key"] for item in items_of(sounds, role="strong_negative", limit=15)]
    assert more[:5] == keys
    # By the definition of the order.
    everything = fetch(
        sounds, "select sample_key from t.samples where role = 'strong_negative' order by all"
    )

    def number(key: str) -> int:
        digest = hashlib.md5(f"0:listen:{key}".encode()).digest()
        return int.from_bytes(digest, "little") >> 75

    assert more == sorted((key for (key,) in everything), key=number)[:15]
    splits = {item["subset"] for item in items_of(sounds, role="positive", split="eval")}
    assert splits == {"strong_eval"}


def test_events_labels_and_scores_of_an_item(clicks: Path) -> None:
    (item,) = items_of(clicks, keys=(f"strong_eval/{clip_id('a')}/1.0",))
    assert item["events"] == [
        {"title": "Gunshot, gunfire", "start": 5.0, "end": 6.0, "is_target": True},
        {"title": 'Bell "loud"', "start": 8.0, "end": 9.0, "is_target": False},
        {"title": EVIL, "start": 2.0, "end": 9.5, "is_target": False},
    ]
    assert [label["title"] for label in item["labels"]] == ["Gunshot, gunfire", EVIL]
    assert [label["title"] for label in item["clip_labels"]] == ["Gunshot, gunfire", EVIL]
    assert item["scores"] == [
        {"detector": "mine", "score": 0.9},
        {"detector": "other", "score": 0.3},
    ]
    assert item["claim"] == "Labelled t (Gunshot, gunfire) in the marked part"
    assert item["url"] == f"https://www.youtube.com/watch?v={youtube_id('a', 0)}&t=35s"
    (weak,) = items_of(clicks, keys=(f"weak_eval/{clip_id('d')}",))
    assert [label["title"] for label in weak["labels"]] == [EVIL]
    # Those of the strong subset that has the clip too.
    assert [event["title"] for event in weak["events"]] == ['Bell "loud"', EVIL]
    assert (weak["start"], weak["end"], weak["from"], weak["to"]) == (0, 10, 0, 10)
    assert weak["claim"] == "Labelled without t in the whole clip"
    (framed,) = items_of(clicks, keys=(f"strong_eval_framed/{clip_id('a')}/1.0",))
    assert [event["start"] for event in framed["events"]] == [4.8]


def test_a_click_of_every_form_of_audio_is_where_it_should_be(clicks: Path) -> None:
    """WAV, FLAC, MP3, Ogg, M4A, members of a tar and a zip: the second of the file, not silent."""
    keys = [
        f"strong_eval/{clip_id(letter)}/{key}" for letter, key in zip("abc", "123", strict=True)
    ]
    items = items_of(
        clicks,
        sql=f"""
            select sample_key from samples
            where sample_key in ('{".0', '".join(keys)}.0')
                or (clip_id[1] in ('d', 'e', 'f') and label_id = '/m/bell')
                or clip_id[1] = 'g'
            order by clip_id
        """,
    )
    assert named(items) == list("abcdefg")
    rates = (16_000, 16_000, 32_000, 32_000, 22_050, 16_000, 32_000)
    places = dict(fetch(clicks, "select ytid, audio_path from audio_files"))
    assert places[youtube_id("e", 0)].endswith("e.tar")
    assert places[youtube_id("f", 0)].endswith("f.zip")
    for item, rate in zip(items, rates, strict=True):
        samples, found_rate = soundfile.read(io.BytesIO(base64.b64decode(item["audio"])))
        assert (found_rate, samples.ndim) == (rate, 1)
        assert len(samples) / rate == pytest.approx(item["to"] - item["from"], abs=1e-3)
        click = item["from"] + np.abs(samples).argmax() / rate
        assert click == pytest.approx(CLICK_SECONDS, abs=0.003), item["clip_id"]
        assert np.abs(samples).max() > 0.3
        assert base64.b64decode(item["image"]).startswith(b"\x89PNG")


def test_a_spectrogram_shows_tones_at_their_time_and_frequency(tmp_path: Path) -> None:
    rate = 32_000
    seconds = np.arange(4 * rate) / rate
    tone = np.where(seconds < 2, np.sin(2 * np.pi * 500 * seconds), 0)
    tone += np.where(seconds >= 2, np.sin(2 * np.pi * 4000 * seconds), 0)
    soundfile.write(tmp_path / "tones.wav", 0.5 * tone, rate)
    excerpt = read_excerpt(str(tmp_path / "tones.wav"), 1, 3)
    assert (excerpt.start_seconds, excerpt.end_seconds) == (0, 4)
    levels = decoded_png(excerpt.png)
    height, width = levels.shape
    places = dict(excerpt.frequencies)
    for columns, hz in ((slice(0, width // 2 - 8), 500), (slice(width // 2 + 8, width), 4000)):
        rows = levels[:, columns].argmax(axis=0)
        assert np.abs(1 - (rows + 0.5) / height - places[hz]).max() < 1.5 / height


def decoded_png(png: bytes) -> np.ndarray:
    """The places in the palette of an image's pixels."""
    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    assert (depth, kind) == (8, 3)
    place = png.index(b"IDAT")
    size = int.from_bytes(png[place - 4 : place])
    data = png[place + 4 : place + 4 + size]
    assert zlib.crc32(b"IDAT" + data) == int.from_bytes(png[place + 4 + size : place + 8 + size])
    rows = np.frombuffer(zlib.decompress(data), np.uint8).reshape(height, width + 1)
    assert not rows[:, 0].any()
    return rows[:, 1:]


def test_suspects_are_in_their_order(clicks: Path) -> None:
    items = items_of(clicks, role="suspects")
    rows = fetch(clicks, "select kind, clip_id, start_seconds, end_seconds from t.suspects")
    assert [(item["clip_id"], item["start"], item["end"]) for item in items] == [
        (clip, float(start), float(end)) for _, clip, start, end in rows
    ]
    # Events and negatives in turn.
    assert named(items) == ["b", "d", "c", "f", "a", "e", "e"]
    for item, (kind, *_) in zip(items, rows, strict=True):
        assert item["subset"] == "strong_eval" and item["sample_key"] is None
        if kind == "event":
            place = "abc".index(item["clip_id"][0]) + 1
            assert (item["event_id"], item["label_id"]) == (place, "/m/gun")
            assert item["claim"] == "Labelled Gunshot, gunfire in the marked part"
        else:
            assert (item["event_id"], item["label_id"]) == (None, None)
            assert item["claim"] == "Labelled without t in the marked part"
    assert "by 2 detectors" in items[0]["reason"]
    only = items_of(clicks, role="suspects", detector="mine")
    assert {score["detector"] for item in only for score in item["scores"]} == {"mine"}


def test_alarms_and_misses(clicks: Path) -> None:
    alarms = items_of(clicks, role="alarms", detector="mine")
    assert [(item["clip_id"][0], item["start"], item["end"]) for item in alarms] == [
        ("e", 2, 2.5),
        ("d", 3, 3.5),
    ]
    assert [item["scores"][0]["score"] for item in alarms] == [0.95, 0.92]
    assert all("false alarm of mine" in item["reason"] for item in alarms)
    misses = items_of(clicks, role="misses", detector="mine")
    assert [(item["clip_id"][0], item["event_id"]) for item in misses] == [("b", 2), ("c", 3)]
    assert misses[0]["reason"] == "missed by mine: no score reaches 0.9"


@pytest.mark.parametrize("form", ["samples", "clips", "framed"])
@pytest.mark.slow
def test_roles_by_scores_of_other_units(clicks: Path, tmp_path: Path, form: str) -> None:
    """Samples have their keys; whole clips and frames of the framed subset are parts of clips."""
    catalog = tmp_path / "catalog.duckdb"
    shutil.copyfile(clicks, catalog)
    options: dict[str, Any] = {"replicates": 0, "alarms_per_hour": Decimal(80), "partial": True}
    if form == "samples":
        keys = [key for (key,) in fetch(clicks, "select sample_key from t.samples order by all")]
        keys = [key for key in keys if key.startswith(("strong_eval/", "weak_eval"))]
        high = {f"strong_eval/{clip_id('a')}/1.0", f"strong_eval/{clip_id('d')}/4.0"}
        columns = {"sample_key": keys, "score": [0.9 if key in high else 0.1 for key in keys]}
    elif form == "clips":
        clips = [clip_id(letter) for letter in "abcdef"]
        columns = {"clip_id": clips, "score": [0.7, 0.1, 0.2, 0.8, 0.3, 0.4]}
    else:
        columns = {"clip_id": [clip_id("a")] * 5, "start_seconds": [0, 0.96, 1.92, 2.88, 4.8]}
        columns["score"] = [0.1, 0.1, 0.9, 0.1, 0.2]
        options |= {"subset": "strong_eval_framed", "hop_seconds": Decimal("0.96")}
        options |= {"implicit_negatives": True, "alarms_per_hour": Decimal("0.001")}
    pq.write_table(pa.table(columns), tmp_path / "p.parquet")
    score(catalog, "t", [tmp_path / "p.parquet"], ScoreOptions(detector="p", **options))
    selection = {"detector": "p"}
    misses = items_of(catalog, role="misses", **selection)
    suspects = items_of(catalog, role="suspects", **selection)
    if form == "samples":
        assert [item["sample_key"] for item in misses[:2]] == [
            f"strong_eval/{clip_id('b')}/2.0",
            f"strong_eval/{clip_id('c')}/3.0",
        ]
        (alarm,) = items_of(catalog, role="alarms", **selection)
        assert alarm["sample_key"] == f"strong_eval/{clip_id('d')}/4.0"
        assert {item["subset"] for item in suspects} <= {"strong_eval", "weak_eval"}
    elif form == "clips":
        assert named(misses) == ["b", "c"]
        assert (misses[0]["start"], misses[0]["end"], misses[0]["event_id"]) == (0, 10, None)
        (alarm,) = items_of(catalog, role="alarms", **selection)
        assert named([alarm]) == ["d"] and alarm["subset"] == "strong_eval"
        assert suspects
    else:
        (miss,) = misses
        assert (miss["subset"], miss["start"], miss["event_id"]) == ("strong_eval_framed", 4.8, 1)
        assert miss["reason"] == "missed by p, which finds nothing at so few false alarms"


def test_a_query(clicks: Path) -> None:
    """Its columns, in its order; without a target too."""
    items = items_of(
        clicks,
        sql="select clip_id, start_seconds, end_seconds, event_id, label_id, 0.25 as score,"
        " 'a <b>' as reason from strong_events where label_id = '/m/bell' and clip_id[1] < 'f'"
        " order by clip_id desc -- by name",
    )
    assert named(items) == ["e", "d", "a"]
    assert items[0]["subset"] == "strong_eval"
    assert items[0]["scores"][0] == {"detector": None, "score": 0.25}
    assert items[0]["reason"] == "a <b>"
    assert items[0]["label_id"] == "/m/bell" and items[0]["event_id"] > 3
    assert items[0]["claim"] == 'Labelled Bell "loud" in the marked part'
    query = "select clip_id, 2 as Start_Seconds, 3 as end_seconds from weak_clips order by clip_id"
    (first, *_) = items_of(clicks, target=None, sql=query, limit=3)
    assert (first["clip_id"], first["start"], first["end"]) == (clip_id("a"), 2, 3)
    assert first["claim"] == "The labels listed below, in the marked part"
    assert first["reason"] == "row 1 of the query" and first["scores"] == []
    (first, *_) = items_of(clicks, sql=query, limit=3)
    # A weak label holds for all of the clip.
    assert first["claim"] == "Labelled without t in the marked part"
    query = "from positive_windows order by clip_id"
    assert [item["event_id"] for item in items_of(clicks, sql=query)][:2] == [1, 1]


def test_keys_in_their_order(run, clicks: Path) -> None:
    keys = [f"weak_eval/{clip_id('e')}", f"strong_eval/{clip_id('b')}/2.0"]
    result = run("listen", "--target", "t", *keys, "--catalog", clicks)
    assert (result.exit_code, result.stdout) == (0, "listen.html\n"), result.stderr
    data = data_of(Path("listen.html").read_text())
    assert [item["sample_key"] for item in data["items"]] == keys
    assert re.fullmatch(
        r"Samples to listen to: 2, 11 s; the page will have at most 0.\d MB\n", result.stderr
    )


def test_audio_that_cannot_be_read_is_left_out(
    clicks: Path, caplog: pytest.LogCaptureFixture
) -> None:
    items = items_of(clicks, role="positive")
    assert len(items) == 4 and "z" not in named(items)
    assert "1 of 5 samples are left out, since their audio cannot be read" in caplog.text
    assert "z0000000000.wav" in caplog.text and "scan" in caplog.text


def test_names_are_escaped(clicks: Path) -> None:
    query = (
        "select sample_key, '</script><img src=x>' as reason, 1 as score,"
        f" '</script>\u2028<!--' as detector from samples -- {EVIL[:40]}"
    )
    with open_catalog(clicks) as connection:
        html = make_page(connection, Selection("t", sql=query)).html
    assert "<img" not in html.replace('<img id="spectrogram"', "")
    assert html.count("</script>") == 2
    items = data_of(html)["items"]
    assert EVIL in {event["title"] for item in items for event in item["events"]}
    assert items[0]["reason"] == "</script><img src=x>"
    assert items[0]["scores"][0]["detector"] == "</script>\u2028<!--"
    # Texts become nodes of the page as texts only.
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b", script)
    allowed = re.search(r"script-src 'sha256-(.*?)'; style-src 'sha256-(.*?)';", html)
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    for text, digest in zip((script, style), allowed.groups(), strict=True):
        assert base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() == digest
    assert not re.search(r"(?:src|href)=[\"']?https?:", html)


def test_the_key_of_the_marks_depends_on_the_items(clicks: Path) -> None:
    def digest(**selection: Any) -> str:
        with open_catalog(clicks) as connection:
            return data_of(make_page(connection, Selection("t", **selection)).html)["digest"]

    assert digest(role="positive") == digest(role="positive") != digest(role="suspects")


def test_sizes(clicks: Path, tmp_path: Path) -> None:
    """A page is smaller than it is estimated, which is checked before audio is read."""
    noise = np.random.default_rng(0).uniform(-1, 1, (480_000, 1))
    soundfile.write(tmp_path / "noise.wav", noise, 48_000)
    for start, end in ((0, 10), (4, 5), (4, 4.1)):
        excerpt = read_excerpt(str(tmp_path / "noise.wav"), start, end)
        size = 4 * (len(excerpt.mp3) + len(excerpt.png)) / 3
        assert most_characters(end - start) / 2 < size < most_characters(end - start)
    with open_catalog(clicks) as connection:
        page = make_page(connection, Selection("t", "strong_negative"))
    assert (page.item_count, page.total_count) == (20, 27)
    assert len(page.html) < 1_500_000


ERRORS = {
    "nothing": ([], "nothing given to listen to; expected one of --role"),
    "two": (["--role", "positive", "--sql", "from samples"], "--role and --sql given"),
    "role": (["--role", "positiv"], "unknown role 'positiv'; expected one of positive, "),
    "near role": (["--role", "conflict"], "did you mean conflicts?"),
    "no samples": (["--role", "weak_positive", "--split", "eval"], "in the split eval; see why"),
    "split": (["--role", "positive", "--split", "dev"], "unknown split 'dev'; expected train"),
    "split of alarms": (["--role", "alarms", "--split", "eval"], "--split eval is for random"),
    "limit": (["--role", "positive", "--limit", "0"], "the limit is 0; expected a number from 1"),
    "no limit": (["--role", "positive", "--limit", "9" * 30], "9; expected a number from 1"),
    "key": (["strong_eval/x_0/1.0"], "t has no sample 'strong_eval/x_0/1.0'"),
    "another key": ([f"strong_eval/{clip_id('a')}/1"], "t has no sample"),
    "two detectors": (["--role", "alarms"], "choose one with --detector, of mine, other"),
    "no detector": (["--role", "misses", "--detector", "x"], "'x' was not scored for t; expected"),
    "no alarms": (["--role", "alarms", "--detector", "other"], "there are no alarms of t; score"),
    "columns": (["--sql", "select 1 as a"], "the columns a; expected sample_key, or clip_id, st"),
    "syntax": (["--sql", "selec"], "Parser Error"),
    "relation": (["--sql", "from nowhere"], "nowhere"),
    "statement": (["--sql", "drop table labels"], "--sql takes one query"),
    "statements": (["--sql", "from labels; from labels"], "--sql takes one query"),
    "no rows": (["--sql", "from samples where false"], "the query gives no rows"),
    "null": (["--sql", "select null as sample_key"], "row 1 of the query has clip_id null"),
    "times": (
        ["--sql", f"select '{clip_id('a')}' as clip_id, 3 as start_seconds, 3 as end_seconds"],
        "start_seconds 3.000000 and end_seconds 3.000000; expected",
    ),
    "type": (
        ["--sql", "select clip_id, 'x' as start_seconds, 1 as end_seconds from weak_clips"],
        "row 1 of the query cannot be used, with clip_id",
    ),
    "clip": (
        ["--sql", "select '<b>_0' as clip_id, 0 as start_seconds, 1 as end_seconds"],
        "there is no clip '<b>_0' in the catalog",
    ),
    "subset": (
        [
            "--sql",
            "select *, 'strong_train' as subset from (select clip_id, 0 as start_seconds,"
            " 1 as end_seconds from weak_clips order by all)",
        ],
        "is not in the subset 'strong_train'",
    ),
    "beyond": (
        ["--sql", f"select '{clip_id('a')}' as clip_id, 30 as start_seconds, 31 as end_seconds"],
        "none of the 1 samples has audio that can be read (",
    ),
    "no audio": (
        ["--sql", f"select '{clip_id('n')}' as clip_id, 0 as start_seconds, 1 as end_seconds"],
        f"clip {clip_id('n')} has no audio file); run audioset-duck extract, or",
    ),
    "number": (
        ["--sql", "select clip_id, 0 as start_seconds, 1e300 as end_seconds from weak_clips"],
        "end_seconds 1e+300: Conversion Error",
    ),
    "no size": (["--role", "positive", "--most-mb", "nan"], "expected at most nan MB: show fewer"),
    "empty key": ([""], "t has no sample ''"),
    "size": (
        ["--role", "strong_negative", "--limit", "100000", "--most-mb", "0.5"],
        "samples would have up to 2.3 MB; expected at most 0.5 MB: show fewer with --limit",
    ),
    "folder": (["--role", "positive", "--out", "no/x.html"], "no/x.html is in a folder that does"),
    "a folder": (["--role", "positive", "--out", "."], ". is a folder; name a file with --out"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_name_the_value_and_the_cure(run, clicks: Path, tmp_path: Path, name: str) -> None:
    arguments, message = ERRORS[name]
    result = run("listen", "--target", "t", *arguments, "--catalog", clicks)
    assert (result.exit_code, result.stdout) == (1, "")
    assert message in result.stderr and "Traceback" not in result.stderr
    assert len(result.stderr) < 600
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_thousands_of_samples_are_reported_and_refused(
    run, demo_audio: Path, tmp_path: Path
) -> None:
    """Before any audio is read; --most-mb allows them."""
    chosen = ("--target", "gun", "--role", "strong_negative", "--limit", "5000")
    result = run("listen", *chosen, "--catalog", demo_audio / "catalog.duckdb")
    assert result.exit_code == 1 and list(tmp_path.iterdir()) == []
    assert re.search(r"Samples to listen to: 5,000 of \d\d,\d{3}, [\d,]+ s; .* MB", result.stderr)
    assert "expected at most 50 MB: show fewer with --limit, or allow more with" in result.stderr


def test_a_pipe_is_not_replaced(run, sounds: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "page.html")
    words = ("--target", "t", "--role", "positive", "--limit", "1", "--out", "page.html")
    result = run("listen", *words, "--catalog", sounds)
    assert result.exit_code == 1
    assert "page.html is not a file, and would be replaced; name another one" in result.stderr
    assert (tmp_path / "page.html").is_fifo()


def test_errors_of_the_catalog(run, clicks: Path, demo_catalog: Path, tmp_path: Path) -> None:
    def error(*arguments: object) -> str:
        result = run("listen", *arguments)
        assert (result.exit_code, result.stdout) == (1, "")
        return result.stderr

    gun = ("--target", "gun", "--role", "positive", "--catalog", demo_catalog)
    assert "has no inventory of audio" in error(*gun) and "extract or audioset" in error(*gun)
    assert "did you mean t?" in error("--target", "tt", "--role", "positive", "--catalog", clicks)
    assert "add --target NAME" in error("--role", "positive", "--catalog", clicks)
    keyed = ("--sql", "select sample_key from t.samples", "--catalog", clicks)
    assert "and samples belong to a target; add --target NAME" in error(*keyed)
    assert "there is no catalog" in error("--target", "t", "--role", "positive")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("role", SCORE_ROLES)
def test_without_scores(sounds: Path, run, role: str) -> None:
    result = run("listen", "--target", "t", "--role", role, "--catalog", sounds)
    assert result.exit_code == 1
    assert "score one with audioset-duck score --target t --predictions FILE" in result.stderr


def test_a_page_is_replaced_as_a_whole(
    run, clicks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "listen.html"
    out.write_text("old")
    command = ("listen", "--target", "t", "--role", "positive", "--catalog", clicks)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
        assert run(*command).exit_code == 1
    assert out.read_text() == "old" and list(tmp_path.iterdir()) == [out]
    assert "Samples to listen to" not in run(*command, "--quiet").stderr
    assert out.read_text().startswith("<!DOCTYPE html>")


def test_clips_without_an_event_in_the_framed_subset(tmp_path: Path) -> None:
    """A clip of which only absent labels are known has no windows, but can be listened to."""
    clip = youtube_id("a", 0)
    metadata = write_metadata(
        tmp_path / "metadata",
        names="/m/gun Gun\n/m/a A",
        framed=f"{clip}_0 0.000 0.960 /m/gun NOT_PRESENT",
        weak_eval=f"{clip} 0.000 10.000 /m/a",
    )
    (tmp_path / "audio").mkdir()
    soundfile.write(tmp_path / "audio" / f"{clip}.wav", np.full(20_000, 0.1), 8000)
    catalog = tmp_path / "catalog.duckdb"
    inventory = find_files(tmp_path / "audio")
    build(catalog, [Target("t", ("/m/gun",))], metadata, inventory=inventory)
    (item,) = items_of(catalog, sql="from framed_events")
    assert (item["subset"], item["events"]) == ("strong_eval_framed", [])
    assert item["claim"] == "Labelled Gun in the marked part"


def test_silence_and_short_files_have_pages(tmp_path: Path) -> None:
    for name, samples in (("silent", np.zeros(8000)), ("short", np.full(40, 0.5))):
        soundfile.write(tmp_path / f"{name}.wav", samples, 8000)
        excerpt = read_excerpt(str(tmp_path / f"{name}.wav"), 0, 1)
        assert excerpt.end_seconds == len(samples) / 8000
        assert decoded_png(excerpt.png).shape[1] >= 1


def test_it_does_not_write_to_the_catalog(clicks: Path, tmp_path: Path) -> None:
    before = clicks.read_bytes()
    with pytest.raises(AudiosetDuckError, match="takes one query"):
        items_of(clicks, sql="create table x as from labels")
    assert clicks.read_bytes() == before


@pytest.mark.slow
def test_labels_that_disagree_are_shown_by_rank(demo_audio: Path) -> None:
    catalog = demo_audio / "catalog.duckdb"
    with open_catalog(catalog) as connection:
        page = make_page(connection, Selection("gun", "conflicts", limit=30))
        rows = connection.execute(
            "select clip_id, label_id, kind from label_conflicts"
            " semi join gun.target_labels using (label_id)"
        ).fetchall()
    items = data_of(page.html)["items"]
    assert len(items) > 10
    conflicts = {(clip, label): kind for clip, label, kind in rows}
    for item in items:
        kind = conflicts[item["clip_id"], item["label_id"]]
        assert (item["event_id"] is None) == (kind == "weak_only")
