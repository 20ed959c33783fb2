"""The page to listen to samples in a browser: it plays, is marked by keyboard, and keeps marks."""

import csv
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import browser
from support.listening import CLICK_SECONDS, EVIL, clip_id, data_of

from audioset_duck.catalog.connection import open_catalog
from audioset_duck.listen.page import write_page
from audioset_duck.listen.selection import Selection

# Made once, on one worker.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not browser.PROGRAM, reason="there is no chromium on PATH"),
    pytest.mark.xdist_group("listen"),
]
READY = "document.getElementById('player')?.duration > 0"
HEADING = "document.getElementById('heading').textContent"
PRESSED = "[...document.querySelectorAll('.mark')].map(b => b.getAttribute('aria-pressed')).join()"
COUNT = "document.getElementById('count').textContent"
# Where the loudest sample of the audio of each item is, in seconds of its clip.
CLICKS = """
    Promise.all(items.map(async item => {
        const bytes = Uint8Array.from(atob(item.audio), character => character.charCodeAt(0));
        const audio = await new OfflineAudioContext(1, 1, 48000).decodeAudioData(bytes.buffer);
        let highest = 0, place = 0;
        audio.getChannelData(0).forEach((value, index) => {
            if (Math.abs(value) > highest) [highest, place] = [Math.abs(value), index];
        });
        return [audio.duration, highest, item.from + place / audio.sampleRate];
    }))
"""


def saved_rows(page: browser.Page, folder: Path) -> list[dict[str, str]]:
    """What the page saves."""
    page.save_downloads(folder)
    (folder / "corrections.csv").unlink(missing_ok=True)
    page.run("document.getElementById('save').click()")
    page.wait_for("document.getElementById('message').textContent.includes('saved as c')", 10)
    for _ in range(100):
        if (folder / "corrections.csv").exists():
            break
        page.run("new Promise(done => setTimeout(done, 50))")
    with (folder / "corrections.csv").open(newline="", encoding="utf-8") as stream:
        text = stream.read()
    assert text.startswith(
        "target,sample_key,subset,clip_id,event_id,label_id,verdict,note\r\n"
    ) and text.endswith("\r\n")
    return list(csv.DictReader(text.splitlines(keepends=True)))


@pytest.fixture(scope="module")
def demo_page(demo_audio: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("page") / "listen.html"
    write_page(demo_audio / "catalog.duckdb", out, Selection("gun", "weak_negative"))
    assert out.stat().st_size < 15_000_000
    return out


@pytest.fixture
def page(tmp_path: Path) -> Iterator[browser.Page]:
    with browser.Page(tmp_path / "profile", 1280) as opened:
        yield opened


def other_requests(page: browser.Page) -> list[str]:
    """What the page asked for, but for itself and what it holds."""
    own = (page.requests[0], "data:", "blob:")
    return [url for url in page.requests if not url.startswith(own)]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits(demo_page: Path, tmp_path: Path, width: int, dark: bool) -> None:
    with browser.Page(tmp_path / "profile", width, dark=dark) as page:
        page.open(demo_page)
        page.wait_for(READY)
        assert page.run("document.documentElement.scrollWidth") <= width
        assert page.run("document.querySelectorAll('#strip button').length") == 20
        assert page.run("document.getElementById('spectrogram').naturalWidth") == 480
        # Everything that can be pressed is large enough for a thumb, and within the page.
        sizes = page.run("""
            [...document.querySelectorAll("#bar button")].map(button => {
                const box = button.getBoundingClientRect();
                return [box.height, box.left, box.right, box.bottom];
            })
        """)
        for height, left, right, bottom in sizes:
            assert height >= 44 and left >= 0 and right <= width and bottom <= 900
        assert not page.run("""
            [...document.querySelectorAll("button, input")].filter(control =>
                !(control.textContent.trim() || control.getAttribute("aria-label")
                    || (control.labels || []).length)
            ).length
        """)
        colour = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0]"
        assert (page.run(colour) < 128) == dark
        assert page.errors == [] and other_requests(page) == []


def test_audio_plays_at_the_right_second(clicks: Path, page: browser.Page, tmp_path: Path) -> None:
    """The click of every form of audio is where it was written."""
    query = """
        select sample_key from samples
        where role = 'positive' and subset = 'strong_eval' or label_id = '/m/bell'
            or role = 'weak_negative'
    """
    write_page(clicks, tmp_path / "listen.html", Selection("t", sql=query))
    items = data_of((tmp_path / "listen.html").read_text())["items"]
    assert {item["clip_id"][0] for item in items} == set("abcdefg")
    page.open(tmp_path / "listen.html")
    page.wait_for(READY)
    length = items[0]["to"] - items[0]["from"]
    assert page.run("player.duration") == pytest.approx(length, abs=0.01)
    for item, (duration, highest, click) in zip(items, page.run(CLICKS), strict=True):
        if not item["from"] < CLICK_SECONDS < item["to"]:
            continue
        assert duration == pytest.approx(item["to"] - item["from"], abs=0.01)
        assert highest > 0.3 and click == pytest.approx(CLICK_SECONDS, abs=0.003)
    page.press(" ")
    page.wait_for("!player.paused && player.currentTime > 0.1", 10)
    assert page.run("document.getElementById('play').textContent") == "Pause"
    page.wait_for("parseFloat(document.getElementById('playhead').style.left) > 5", 10)
    page.press(" ")
    page.wait_for("player.paused", 10)
    # A click on the spectrogram goes to its place.
    x, y = page.run("""
        (() => {
            const box = document.getElementById("plot").getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2];
        })()
    """)
    page.click(x, y)
    page.wait_for(f"Math.abs(player.currentTime - {length / 2}) < 0.02", 10)
    assert page.errors == []


def test_marks_by_keyboard_are_saved_and_kept(
    clicks: Path, page: browser.Page, tmp_path: Path
) -> None:
    out = tmp_path / "listen.html"
    write_page(clicks, out, Selection("t", "positive", split="eval"))
    keys = [item["sample_key"] for item in data_of(out.read_text())["items"]]
    assert len(keys) == 4
    page.open(out)
    page.wait_for(READY)
    assert page.run(COUNT) == "0 of 4 marked"
    page.press("1")
    page.press("ArrowRight")
    page.press("2")
    assert page.run(PRESSED) == "false,true,false"
    page.press("n")
    page.wait_for("document.activeElement.id === 'note'", 10)
    note = 'a "drum" roll ☃, no. 1'
    page.type(note[:-1])
    # In a note, a digit is text.
    page.press(note[-1])
    page.press("Enter")
    page.press("j")
    page.press("3")
    page.press("3")
    page.press("3")
    page.press("ArrowLeft")
    page.press("k")
    assert page.run(HEADING) == "Sample 1 of 4"
    page.press("k")
    assert page.run("document.getElementById('announcement').textContent").startswith("This is")
    assert page.run(COUNT) == "3 of 4 marked"
    empty = {"subset": "", "clip_id": "", "event_id": "", "label_id": ""}
    expected = [
        {"target": "t", "sample_key": key, **empty, "verdict": verdict, "note": note_of}
        for key, verdict, note_of in zip(
            keys, ("correct", "incorrect", "unsure"), ("", note, ""), strict=False
        )
    ]
    assert saved_rows(page, tmp_path) == expected

    page.open(out)
    page.wait_for(f"{READY} && {COUNT} === '3 of 4 marked'")
    page.press("ArrowRight")
    assert page.run(PRESSED) == "false,true,false"
    assert page.run("document.getElementById('note').value") == note
    assert saved_rows(page, tmp_path) == expected
    # Another browser takes the file.
    with browser.Page(tmp_path / "other", 390) as other:
        other.open(out)
        other.wait_for(READY)
        assert other.run(COUNT) == "0 of 4 marked"
        other.choose_file("#load", tmp_path / "corrections.csv")
        other.wait_for(f"{COUNT} === '3 of 4 marked'", 10)
        assert "3 of 3 rows" in other.run("document.getElementById('message').textContent")
        assert saved_rows(other, tmp_path) == expected
        # A file that is something else changes nothing.
        (tmp_path / "x.csv").write_text("a,b\n1,2\n")
        other.choose_file("#load", tmp_path / "x.csv")
        other.wait_for(
            "document.getElementById('message').textContent.includes('not a file of corr')", 10
        )
        assert other.run(COUNT) == "3 of 4 marked"
        assert other.errors == []
    assert page.errors == [] and other_requests(page) == []


# Two samples of each role that are the only ones of their clips.
MARKED = """
    select sample_key from (
        select role, sample_key, count(*) over (partition by clip_id) as key_count
        from samples
    )
    where key_count = 1 and role <> 'weak_positive'
    qualify row_number() over (partition by role order by sample_key) <= 2
    order by role, sample_key
"""


def test_what_is_marked_is_excluded_and_nothing_else(
    demo_audio: Path, page: browser.Page, run, tmp_path: Path
) -> None:
    """From the page, by keyboard, through the file that the browser saves, into a build."""
    catalog = tmp_path / "catalog.duckdb"
    shutil.copyfile(demo_audio / "catalog.duckdb", catalog)
    build = ("build", "--metadata", demo_audio / "metadata", "--target", "gun")

    def read(query: str) -> list[tuple]:
        with open_catalog(catalog) as connection:
            return connection.execute(f"{query} order by all").fetchall()

    def relations() -> list[list[tuple]]:
        """What the targets have, but for the numbers that depend on which samples there are."""
        return [
            read(f"select * exclude sample_id from {target}.samples")
            for target in ("gun", "snore", "baby_cry")
        ] + [read(f"from {target}.sample_counts") for target in ("snore", "baby_cry")]

    before, counts = relations(), read("from gun.sample_counts")
    write_page(catalog, tmp_path / "listen.html", Selection("gun", sql=MARKED))
    items = data_of((tmp_path / "listen.html").read_text())["items"]
    roles = ["positive"] * 2 + ["strong_negative"] * 2 + ["weak_negative"] * 2
    assert [item["role"] for item in items] == roles
    page.open(tmp_path / "listen.html")
    page.wait_for(READY)
    for key in ("2", "j", "1", "j", "2", "j", "3", "j", "2"):
        page.press(key)
    keys = [item["sample_key"] for item in items]
    assert [(row["sample_key"], row["verdict"]) for row in saved_rows(page, tmp_path)] == [
        *zip(keys, ("incorrect", "correct", "incorrect", "unsure", "incorrect"), strict=False)
    ]
    assert page.errors == []

    incorrect = keys[::2]
    result = run(*build, "--corrections", tmp_path / "corrections.csv")
    assert result.exit_code == 0, result.stderr
    assert "Corrections: incorrect 3, correct 1, unsure 1 (rows: 5, files: 1)" in result.stderr
    # Of each row, the key is the first column.
    expected = [row for row in before[0] if row[0] not in incorrect]
    assert len(expected) == len(before[0]) - 3
    assert relations() == [expected, *before[1:]]
    # Each is counted in its role and subset, and no sample is lost. The weak clips of the two
    # strong ones, which were not samples, are counted as corrected too.
    corrected = read("""
        select role, subset, clip_count, sample_count from gun.sample_counts
        where reason = 'corrected'
    """)
    marked = [(role, key.split("/")[0]) for role, key in zip(roles[::2], incorrect, strict=True)]
    assert {row[:2]: row[2:] for row in corrected if row[0] != "weak_negative"} == dict.fromkeys(
        marked[:2], (1, 1)
    )
    assert marked[2] in {row[:2] for row in corrected}
    assert read("""
        select role, subset, sum(sample_count) from gun.sample_counts group by role, subset
    """) == added_up(counts)
    assert read("select sample_key from gun.corrections where verdict = 'incorrect'") == sorted(
        (key,) for key in incorrect
    )
    result = run("check")
    assert result.exit_code == 0, result.stdout

    assert run(*build).exit_code == 0
    assert relations() == before and read("from gun.sample_counts") == counts
    assert read("from gun.corrections") == []


def added_up(counts: list[tuple]) -> list[tuple]:
    """The samples of each role and subset, excluded ones too."""
    sums: Counter[tuple[str, str]] = Counter()
    for _, role, subset, _, _, count in counts:
        sums[role, subset] += count
    return [(*place, count) for place, count in sorted(sums.items())]


def test_events_and_parts_of_clips_are_named_in_the_file(
    clicks: Path, page: browser.Page, tmp_path: Path
) -> None:
    """Several parts of a clip are one row; what is not marked but has a note is unsure."""
    query = f"""
        select subset, clip_id, event_id, label_id, start_seconds, end_seconds from positive_events
        where clip_id = '{clip_id("b")}'
        union all
        select 'strong_eval', '{clip_id("d")}', null, null, start, start + 0.5
        from unnest([1, 2, 3]) as _(start)
        union all
        select 'strong_eval', '{clip_id("e")}', null, null, 3, 4
    """
    out = tmp_path / "listen.html"
    write_page(clicks, out, Selection("t", sql=query))
    page.open(out)
    page.wait_for(READY)
    for key in ("1", "j", "1", "j", "2", "j", "3", "j", "n"):
        page.press(key)
    page.wait_for("document.activeElement.id === 'note'", 10)
    page.type("far away")
    page.press("Escape")
    names = ("subset", "clip_id", "event_id", "label_id", "verdict", "note")
    assert [tuple(row[name] for name in names) for row in saved_rows(page, tmp_path)] == [
        ("strong_eval", clip_id("b"), "2", "/m/gun", "correct", ""),
        ("strong_eval", clip_id("d"), "", "", "incorrect", ""),
        ("strong_eval", clip_id("e"), "", "", "unsure", "far away"),
    ]
    assert page.errors == []


def test_names_do_nothing(clicks: Path, page: browser.Page, tmp_path: Path) -> None:
    write_page(
        clicks,
        tmp_path / "listen.html",
        Selection("t", sql=f"select sample_key, $${EVIL}$$ as reason from samples"),
    )
    page.open(tmp_path / "listen.html")
    page.wait_for(READY)
    for _ in range(4):
        page.press("j")
    assert page.run("document.title").startswith("Listen: t")
    assert page.run("document.querySelectorAll('main img').length") == 1
    assert EVIL in page.run("document.getElementById('reason').textContent")
    names = "[...document.querySelectorAll('#events .name')].map(name => name.textContent)"
    assert EVIL in page.run(names)
    assert page.errors == [] and other_requests(page) == []


def test_the_next_sample_plays_by_itself(clicks: Path, page: browser.Page, tmp_path: Path) -> None:
    """If the box is checked; space on the box checks it, and plays elsewhere."""
    write_page(clicks, tmp_path / "listen.html", Selection("t", "strong_negative"))
    page.open(tmp_path / "listen.html")
    page.wait_for(READY)
    page.press("j")
    assert page.run("player.paused")
    page.run("document.getElementById('autoplay').focus()")
    page.press(" ")
    assert page.run("document.getElementById('autoplay').checked && player.paused")
    page.press("j")
    page.wait_for("!player.paused && player.currentTime > 0.05", 10)
    assert page.run(HEADING) == "Sample 3 of 20"
    # Keyboard alone reaches every control, and shows where it is.
    page.run("document.activeElement.blur()")
    reached = set()
    for _ in range(45):
        page.press("Tab")
        reached.add(page.run("document.activeElement.id || document.activeElement.dataset.verdict"))
    wanted = {"position", "note", "save", "load", "autoplay", "previous", "play", "next"}
    assert wanted | {"correct", "incorrect", "unsure"} <= reached
    assert page.errors == []
