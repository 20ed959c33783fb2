"""The report: its files, its numbers against plain Python, its page in a browser."""

import csv
import json
import re
import xml.etree.ElementTree
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from support import browser, brute_force
from support.inventory import found_files
from support.metadata import write_metadata, write_sounds

from audioset_duck.catalog.build import build
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.config.targets import BUILT_IN, Target
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.report import subset_sections, target_sections
from audioset_duck.report.catalog_report import report

# Made once, on one worker.
pytestmark = pytest.mark.xdist_group("report")
STRONG = ["strong_train", "strong_eval", "strong_eval_framed"]
WEAK = ["weak_unbalanced_train", "weak_balanced_train", "weak_eval"]


def make(catalog: Path, out: Path, **options) -> list[Path]:
    with open_catalog(catalog) as connection:
        return report(connection, out, **options)


def older_name(subset: str) -> str:
    """How the older tool names a subset in its files: without the prefix."""
    return subset.split("_", 1)[1]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def reported(demo_catalog: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report") / "not" / "there"
    files = make(demo_catalog, out, targets=["gun"])
    assert sorted(files) == sorted(out.iterdir())
    return out


@pytest.fixture(scope="module")
def tables(demo_catalog: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report's tables alone, which take no drawing."""
    out = tmp_path_factory.mktemp("tables")
    make(demo_catalog, out, targets=["gun"], formats=["csv"])
    return out


@pytest.mark.slow
def test_names(reported: Path) -> None:
    """Those of the older tool, and of the targets."""
    pictures = [
        f"strong_label_distribution_{older_name(subset)}_{kind}"
        for subset in STRONG
        for kind in ("analysis", "detailed")
    ]
    pictures += [
        f"weak_label_distribution_{kind}_{older_name(subset)}"
        for subset in WEAK
        for kind in ("analysis", "detailed")
    ]
    pictures += ["weak_label_distribution_analysis", "label_agreement"]
    targets = ["overlap", "overlap_matrix", "durations"]
    targets += ["composition", "label_weights", "epoch_coverage"]
    pictures += [f"target_gun_{kind}" for kind in targets]
    tables = [f"strong_label_distribution_{older_name(subset)}_stats" for subset in STRONG]
    tables += [f"weak_label_distribution_stats_{older_name(subset)}" for subset in WEAK]
    tables += ["weak_label_distribution_stats", "label_agreement"]
    targets += ["overlapping_labels", "composition_labels", "counts"]
    tables += [f"target_gun_{kind}" for kind in targets]
    assert sorted(path.name for path in reported.iterdir()) == sorted(
        [f"{name}.png" for name in pictures] + [f"{name}.csv" for name in tables] + ["index.html"]
    )


@pytest.mark.slow
def test_pictures_are_whole(reported: Path) -> None:
    for path in reported.glob("*.png"):
        data = path.read_bytes()
        assert data.startswith(b"\x89PNG") and data.endswith(b"IEND\xaeB`\x82")
        width, height = (int.from_bytes(data[start : start + 4]) for start in (16, 20))
        assert 900 < width < 3000 and 200 < height < 2500, path


def test_tables_equal_counts_in_plain_python(demo_metadata: Path, tmp_path: Path) -> None:
    """Every label: clips of the weak sets, milliseconds of the strong ones."""
    catalog = tmp_path / "catalog.duckdb"
    build(catalog, [], demo_metadata)
    make(catalog, tmp_path, formats=["csv"])
    durations: Counter[tuple[str, str]] = Counter()
    events: Counter[tuple[str, str]] = Counter()
    for event in brute_force.present_events(demo_metadata):
        durations[event.subset, event.label] += event.end - event.start
        events[event.subset, event.label] += 1
    for subset in STRONG:
        rows = table(tmp_path / f"strong_label_distribution_{older_name(subset)}_stats.csv")
        assert {
            row["label_id"]: (int(row["event_count"]), int(1000 * Decimal(row["duration_seconds"])))
            for row in rows
        } == {
            label: (events[of, label], durations[of, label]) for of, label in events if of == subset
        }
        total = sum(durations[of, label] for of, label in durations if of == subset)
        check_order(rows, "duration_seconds")
        for row in rows:
            exact = 100 * durations[subset, row["label_id"]] / total
            assert float(row["percentage"]) == pytest.approx(exact, abs=1e-9)
        assert float(rows[-1]["cumulative_percentage"]) == pytest.approx(100, abs=1e-9)
    clips = Counter(
        (clip.subset, label) for clip in brute_force.clips(demo_metadata) for label in clip.labels
    )
    for subset in WEAK:
        rows = table(tmp_path / f"weak_label_distribution_stats_{older_name(subset)}.csv")
        assert {row["label_id"]: int(row["clip_count"]) for row in rows} == {
            label: count for (of, label), count in clips.items() if of == subset
        }
        check_order(rows, "clip_count")
    rows = table(tmp_path / "weak_label_distribution_stats.csv")
    assert {
        row["label_id"]: tuple(int(row[f"{subset}_clip_count"]) for subset in WEAK) for row in rows
    } == {
        label: tuple(clips[subset, label] for subset in WEAK)
        for label in {label for _, label in clips}
    }
    check_order(rows, "clip_count")


def test_label_agreement_equals_counts_in_plain_python(tables: Path, demo_metadata: Path) -> None:
    """Of the clips that have both kinds of labels; a label confirms those above it."""
    ontology = json.loads((demo_metadata / "ontology.json").read_text())
    children = {row["id"]: row["child_ids"] for row in ontology}
    weak: dict[str, set[str]] = {}
    strong: dict[str, set[str]] = {}
    for clip in brute_force.clips(demo_metadata):
        weak.setdefault(clip.clip_id, set()).update(clip.labels)
    for event in brute_force.present_events(demo_metadata):
        if event.subset != "strong_eval_framed":
            strong.setdefault(event.clip_id, set()).add(event.label)
    both = weak.keys() & strong.keys()
    above: dict[str, set[str]] = {}
    for label in children:
        for lower in brute_force.below(children, {label}):
            above.setdefault(lower, set()).add(label)

    def confirmed(label: str, clip_id: str) -> tuple[bool, bool]:
        """Whether the weak and the strong labels of a clip say that a label is there."""
        return (
            bool(weak[clip_id] & ({label} | above.get(label, set()))),
            bool(strong[clip_id] & ({label} | brute_force.below(children, {label}))),
        )

    counts: dict[str, Counter[str]] = {}
    for clip_id in both:
        for label in strong[clip_id]:
            kind = "both" if confirmed(label, clip_id)[0] else "strong_only"
            counts.setdefault(label, Counter())[kind] += 1
        for label in weak[clip_id] - strong[clip_id]:
            kind = "both" if confirmed(label, clip_id)[1] else "weak_only"
            counts.setdefault(label, Counter())[kind] += 1
    # A label that one kind does not use, nor one that would confirm it, is not compared.
    counts = {
        label: found
        for label, found in counts.items()
        if all(map(any, zip(*(confirmed(label, clip_id) for clip_id in both), strict=True)))
    }
    rows = table(tables / "label_agreement.csv")
    kinds = ("both", "strong_only", "weak_only")
    assert len(rows) > 40
    assert {
        row["label_id"]: [int(row[f"{kind}_clip_count"]) for kind in kinds] for row in rows
    } == {label: [found[kind] for kind in kinds] for label, found in counts.items()}
    assert [int(row["rank"]) for row in rows] == list(range(1, len(rows) + 1))
    disagreeing = {
        row["label_id"]: int(row["strong_only_clip_count"]) + int(row["weak_only_clip_count"])
        for row in rows
    }
    assert rows == sorted(rows, key=lambda row: (-disagreeing[row["label_id"]], row["label_id"]))
    for row in rows:
        clip_count = sum(counts[row["label_id"]].values())
        assert int(row["clip_count"]) == clip_count
        share = 100 * disagreeing[row["label_id"]] / clip_count
        assert float(row["conflict_percentage"]) == pytest.approx(share)


def check_order(rows: list[dict[str, str]], amount: str) -> None:
    """Ranks, largest first, then by MID; percentages that sum to 100."""
    assert [int(row["rank"]) for row in rows] == list(range(1, len(rows) + 1))
    assert rows == sorted(rows, key=lambda row: (-Decimal(row[amount]), row["label_id"]))
    assert sum(float(row["percentage"]) for row in rows) == pytest.approx(100, abs=1e-6)


def test_target_tables_equal_counts_in_plain_python(tables: Path, demo_metadata: Path) -> None:
    labels = set(BUILT_IN["gun"].labels)
    events = brute_force.present_events(demo_metadata)
    expected: dict[tuple[str, str, str], int] = Counter()
    everything: dict[str, int] = Counter()
    for event in events:
        if event.label in labels:
            everything[event.subset] += 1
            others = {
                (event.subset, event.label, other.label)
                for other in events
                if (other.subset, other.clip_id) == (event.subset, event.clip_id)
                and other.label not in labels
                and other.start < event.end
                and other.end > event.start
            }
            expected.update(others)
    rows = table(tables / "target_gun_overlap_matrix.csv")
    assert {
        (row["subset"], row["label_id"], row["other_label_id"]): int(row["event_count"])
        for row in rows
    } == expected
    for row in table(tables / "target_gun_overlapping_labels.csv"):
        count = sum(expected[row["subset"], label, row["label_id"]] for label in labels)
        assert int(row["event_count"]) == count
        assert float(row["percentage"]) == pytest.approx(100 * count / everything[row["subset"]])


def fetch_all(catalog: Path, query: str) -> list[tuple]:
    with open_catalog(catalog) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.slow
def test_composition_equals_counts_in_plain_python(demo_audio: Path, tmp_path: Path) -> None:
    """Of samples whose audio was looked for, so that some are missing."""
    catalog = demo_audio / "catalog.duckdb"
    make(catalog, tmp_path, targets=["gun"], formats=["csv", "html"])
    samples = fetch_all(catalog, "select split, role, subset, label_ids from gun.samples")
    roles = Counter((split, role) for split, role, _, _ in samples)
    heard = Counter((split, role, label) for split, role, _, labels in samples for label in labels)
    rows = table(tmp_path / "target_gun_composition_labels.csv")
    assert {
        (row["split"], row["role"], row["label_id"]): int(row["sample_count"]) for row in rows
    } == heard
    for row in rows:
        share = 100 * int(row["sample_count"]) / roles[row["split"], row["role"]]
        assert float(row["percentage"]) == pytest.approx(share)
    for group in roles:
        ranked = [row for row in rows if (row["split"], row["role"]) == group]
        assert ranked == sorted(
            ranked, key=lambda row: (-int(row["sample_count"]), row["label_id"])
        )
        assert [int(row["rank"]) for row in ranked] == list(range(1, len(ranked) + 1))

    rows = table(tmp_path / "target_gun_composition.csv")
    assert {
        (row["role"], row["subset"]): int(row["sample_count"]) for row in rows if not row["reason"]
    } == Counter((role, subset) for _, role, subset, _ in samples)
    # The audio of an id is there if some file of it is.
    status = dict(
        fetch_all(
            catalog,
            "select ytid, min(status) from audio_files group by ytid having count(audio_path) = 0",
        )
    )
    lengths = dict(
        fetch_all(
            catalog,
            "select ytid, max(duration_seconds) from audio_files where audio_path is not null"
            " group by ytid",
        )
    )

    def reason(clip_id: str, start: Decimal, end: Decimal) -> str:
        if clip_id[:11] in status:
            return f"audio_{status[clip_id[:11]]}"
        is_heard = 2 * (lengths[clip_id[:11]] - start) >= end - start
        return "" if is_heard else "beyond_audio"

    for role in ("positive", "strong_negative"):
        windows = fetch_all(
            catalog, f"select subset, clip_id, start_seconds, end_seconds from gun.{role}_windows"
        )
        reasons = Counter((subset, reason(*window)) for subset, *window in windows)
        assert {
            (row["subset"], row["reason"]): int(row["sample_count"])
            for row in rows
            if row["role"] == role and row["reason"]
        } == {key: count for key, count in reasons.items() if key[1]}
    page = (tmp_path / "index.html").read_text()
    for (split, role), count in roles.items():
        assert f"<dt>{role.replace('_', ' ')}, {split}</dt><dd>{count:,}</dd>" in page
    missing = sum(int(row["sample_count"]) for row in rows if row["reason"].startswith("audio_"))
    assert f"<dt>without audio</dt><dd>{missing:,}</dd>" in page


def test_weights_equal_counts_in_plain_python(tables: Path, demo_catalog: Path) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    for role, label, labels in fetch_all(
        demo_catalog,
        "select role, label_id, label_ids from gun.samples"
        " where split = 'train' and role <> 'positive'",
    ):
        counts.update((role, carried) for carried in ([label] if label else labels))
    rows = table(tables / "target_gun_label_weights.csv")
    for pool in ("strong_negative", "weak_negative"):
        of_pool = [row for row in rows if row["pool"] == pool]
        named = {row["label_id"]: int(row["sample_count"]) for row in of_pool}
        rare = named.pop("other_rare", 0)
        assert named == {
            of: count for (role, of), count in counts.items() if role == pool and count >= 10
        }
        total = sum(named.values()) + rare
        roots = sum(count**0.5 for count in [*named.values(), rare])
        for row in of_pool:
            count = int(row["sample_count"])
            assert float(row["sample_percentage"]) == pytest.approx(100 * count / total)
            assert float(row["draw_percentage"]) == pytest.approx(100 * count**0.5 / roots, 1e-5)
            assert row["title"] and (row["title"] == "all under 10 samples") == (
                row["label_id"] == "other_rare"
            )


def test_coverage_equals_the_plan_in_plain_python(tables: Path, demo_catalog: Path) -> None:
    draws: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], int] = {}
    plan = fetch_all(
        demo_catalog,
        "select step, draw, label_id from gun.epoch_plan(0, 0, 32) order by step, slot",
    )
    for step, draw, label in plan:
        if draw != "positive":
            key = ("weak_negative" if draw == "weak" else "strong_negative", label)
            draws[key] += 1
            first.setdefault(key, step + 1)
    rows = table(tables / "target_gun_epoch_coverage.csv")
    assert {
        (row["pool"], row["label_id"]): int(row["draw_count"])
        for row in rows
        if row["draw_count"] != "0"
    } == draws
    totals = Counter(row["pool"] for row in rows)
    for row in rows:
        batch = first.get((row["pool"], row["label_id"]))
        assert row["first_batch"] == ("" if batch is None else str(batch))
        assert int(row["batch_count"]) == plan[-1][0] + 1
        if batch is not None:
            seen = sum(pool == row["pool"] and of <= batch for (pool, _), of in first.items())
            assert int(row["seen_label_count"]) == seen
            assert float(row["seen_percentage"]) == pytest.approx(100 * seen / totals[row["pool"]])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "drawn"),
    [
        # No positive: there is no epoch.
        ({"positives": 0, "strong": {"/m/a": 12, "/m/b": 2}, "weak": {"/m/a": 3}}, 2),
        # No negative at all, and of one kind only.
        ({"positives": 20}, 1),
        ({"positives": 20, "strong": {"/m/a": 12}}, 3),
        ({"positives": 20, "weak": {"/m/a": 12}}, 3),
        # Nothing to train on, something to evaluate on.
        (
            {"positives": 0, "eval": "aaaaaaaaaaa_0 0.000 1.000 /m/gun", "weak": {"/m/gun": 2}},
            1,
        ),
    ],
    ids=["no positive", "no negative", "no weak negative", "no strong negative", "no training"],
)
def test_samples_that_are_not_there_are_not_drawn(files: dict, drawn: int, tmp_path: Path) -> None:
    metadata = write_sounds(tmp_path / "metadata", **files)
    target = Target("gun", ("/m/gun",))
    build(tmp_path / "c.duckdb", [target], metadata)
    written = make(tmp_path / "c.duckdb", tmp_path / "out", formats=["svg", "csv", "html"])
    kinds = {"composition", "composition_labels", "label_weights", "epoch_coverage"}
    stems = [path for path in written if path.stem.removeprefix("target_gun_") in kinds]
    assert len([path for path in stems if path.suffix == ".svg"]) == drawn
    assert len([path for path in stems if path.suffix == ".csv"]) == 4
    for path in stems:
        assert "NaN" not in path.read_text() and "undefined" not in path.read_text()


def test_one_dataset_and_one_format(
    demo_catalog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For tables alone nothing is drawn."""
    for module, name in (
        (subset_sections, "label_charts"),
        (target_sections, "target_charts"),
    ):
        monkeypatch.delattr(module, name)
    files = make(
        demo_catalog, tmp_path, subsets=["weak_balanced_train"], targets=["snore"], formats=["csv"]
    )
    assert {path.name for path in files} == {
        "weak_label_distribution_stats_balanced_train.csv",
        *(
            f"target_snore_{kind}.csv"
            for kind in (
                "counts",
                "overlap",
                "overlapping_labels",
                "overlap_matrix",
                "durations",
                "composition",
                "composition_labels",
                "label_weights",
                "epoch_coverage",
            )
        ),
    }


def test_two_subsets(demo_catalog: Path, tmp_path: Path) -> None:
    files = make(
        demo_catalog,
        tmp_path,
        subsets=["weak_eval", "strong_eval"],
        targets=["gun"],
        formats=["csv"],
    )
    names = {path.name for path in files if not path.name.startswith("target")}
    assert names == {
        "strong_label_distribution_eval_stats.csv",
        "weak_label_distribution_stats_eval.csv",
    }


@pytest.mark.slow
def test_command(run, demo_catalog: Path) -> None:
    arguments = [
        "report",
        "--out",
        "out",
        "--subset",
        "strong_train",
        "--target",
        "gun",
        "--top",
        3,
    ]
    result = run(*arguments, "--format", "svg, csv", "--catalog", demo_catalog)
    assert result.exit_code == 0, result.stderr
    written = result.stdout.splitlines()
    assert "out/strong_label_distribution_train_detailed.svg" in written
    assert all(Path(line).is_file() for line in written)
    texts = {
        path.stem: [
            element.text or ""
            for element in xml.etree.ElementTree.parse(path).iter()
            if element.tag.endswith("text")
        ]
        for path in Path("out").glob("*.svg")
    }
    assert len(texts) == 8
    for found in texts.values():
        assert len(found) > 5
        assert not [text for text in found if "NaN" in text or "undefined" in text]
    detailed = texts["strong_label_distribution_train_detailed"]
    assert "Labels, up to 3" in detailed and "Speech" in detailed
    assert len([text for text in detailed if text.endswith("%")]) == 3


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (
            {"subsets": ["test"]},
            r"subset 'test'.* strong_train, strong_eval, strong_eval_framed,"
            r" weak_unbalanced_train, weak_balanced_train, weak_eval$",
        ),
        (
            {"targets": ["dog"]},
            r"target 'dog' is not in this catalog, which has gun, .*--target dog",
        ),
        ({"formats": ["pdf"]}, r"unknown format 'pdf'; expected one of png, svg, html, csv$"),
        ({"formats": [""]}, r"unknown format ''; expected one of png"),
    ],
)
def test_bad_options(demo_catalog: Path, tmp_path: Path, options: dict, match: str) -> None:
    with pytest.raises(AudiosetDuckError, match=match):
        make(demo_catalog, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_top_must_be_positive(run, demo_catalog: Path) -> None:
    result = run("report", "--out", "out", "--top", 0, "--catalog", demo_catalog)
    assert result.exit_code == 2
    assert "0 is not in the range x>=1" in result.stderr


def test_folder_that_cannot_be_created(run, demo_catalog: Path) -> None:
    Path("out").write_text("a file")
    result = run("report", "--out", "out/report", "--catalog", demo_catalog)
    assert result.exit_code == 1
    assert "out/report cannot be created: Not a directory; name another folder with --out" in (
        result.stderr
    )
    result = run("report", "--out", "/proc/report", "--catalog", demo_catalog)
    assert result.exit_code == 1
    assert "/proc/report cannot be created" in result.stderr


def test_catalog_without_any_data_set(tmp_path: Path) -> None:
    metadata = write_metadata(tmp_path / "metadata", names="/m/gun Gun")
    build(tmp_path / "c.duckdb", [], metadata)
    with pytest.raises(AudiosetDuckError, match="no subset to report on; put source files"):
        make(tmp_path / "c.duckdb", tmp_path)


@pytest.mark.slow
def test_catalog_of_another_version(demo_catalog: Path, tmp_path: Path) -> None:
    import shutil

    import duckdb

    catalog = tmp_path / "old.duckdb"
    shutil.copy(demo_catalog, catalog)
    with duckdb.connect(str(catalog)) as connection:
        connection.execute("drop view gun.label_overlaps")
    with pytest.raises(AudiosetDuckError, match=r"another version .*build it again \(.*overlaps"):
        make(catalog, tmp_path / "out")


@pytest.mark.slow
def test_what_there_is_nothing_of_is_not_drawn(tmp_path: Path) -> None:
    """One label, once, for no time; a target without events."""
    metadata = write_metadata(
        tmp_path / "metadata",
        names="/m/rain Rain\n/m/gun Gun",
        train="aaaaaaaaaaa_0 2.000 2.000 /m/rain",
    )
    build(tmp_path / "c.duckdb", [Target("gun", ("Gun",))], metadata)
    files = make(tmp_path / "c.duckdb", tmp_path / "out")
    assert {path.name for path in files if path.suffix == ".png"} == {
        "strong_label_distribution_train_analysis.png",
        "strong_label_distribution_train_detailed.png",
    }
    page = (tmp_path / "out" / "index.html").read_text()
    assert "No data to draw." in page
    assert "<dt>imbalance</dt><dd>none</dd>" in page
    assert "total duration of 0 s" in page


@pytest.mark.slow
def test_audio_is_reported_where_there_is_an_inventory(tmp_path: Path) -> None:
    metadata = write_metadata(
        tmp_path / "metadata", names="/m/rain Rain", balanced="aaaaaaaaaaa 0.000 10.000 /m/rain"
    )
    catalog = tmp_path / "c.duckdb"
    rows = [
        {"ytid": ytid, "status": status}
        for ytid, status in (
            ("aaaaaaaaaaa", "ok"),
            ("bbbbbbbbbbb", "missing"),
            ("ccccccccccc", "missing"),
        )
    ]
    build(catalog, [], metadata, inventory=found_files(rows))
    make(catalog, tmp_path, formats=["html"])
    page = (tmp_path / "index.html").read_text()
    assert "<dt>clips missing</dt><dd>2</dd><dt>clips ok</dt><dd>1</dd>" in page


EVIL = """</script><img src=x onerror="document.title='evil'"> "quoted" 'single' & 🔫"""


@pytest.fixture(scope="module")
def evil_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evil")
    metadata = write_metadata(
        folder / "metadata",
        names=f"/m/gun {EVIL}\n/m/rain {{{{ 1 + 1 }}}} <b>rain</b>",
        train="""
            aaaaaaaaaaa_0 0.000 3.000 /m/gun
            aaaaaaaaaaa_0 1.000 2.000 /m/rain
        """,
        balanced="aaaaaaaaaaa 0.000 10.000 /m/gun,/m/rain",
    )
    build(folder / "c.duckdb", [Target("gun", ("/m/gun",))], metadata)
    make(folder / "c.duckdb", folder, formats=["html", "svg"])
    return folder / "index.html"


def test_names_are_escaped(evil_page: Path) -> None:
    text = evil_page.read_text()
    assert "<img src=x" not in text and "<b>rain" not in text and "{{ 1 + 1 }}" in text
    (data,) = re.findall(r'<script type="application/json" id="charts">(.*?)</script>', text)
    assert EVIL in json.dumps(json.loads(data), ensure_ascii=False).replace('\\"', '"')
    for path in evil_page.parent.glob("*.svg"):
        xml.etree.ElementTree.parse(path)


@pytest.mark.slow
def test_page_is_small(reported: Path) -> None:
    assert (reported / "index.html").stat().st_size < 5_000_000


needs_browser = pytest.mark.skipif(not browser.PROGRAM, reason="there is no chromium on PATH")
DRAWN = "document.body && document.body.dataset.drawn"
# A chart is drawn if marks with a size are in it.
EMPTY = """
    [...document.querySelectorAll(".chart")].filter(chart =>
        ![...chart.querySelectorAll("svg .role-mark path, svg .role-mark text")].some(mark => {
            const box = mark.getBoundingClientRect();
            return box.width > 0 && box.height > 0;
        })
    ).map(chart => chart.getAttribute("aria-label"))
"""
NAMES = """
    [...document.querySelectorAll("#chart0 .role-axis-label text[text-anchor=end]")]
        .sort((a, b) => a.getBoundingClientRect().y - b.getBoundingClientRect().y)
        .map(text => text.textContent)
        // The last number of the other axis is aligned like a name.
        .filter(text => isNaN(text))
"""


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_page_in_a_browser(reported: Path, tmp_path: Path, width: int, dark: bool) -> None:
    """Every chart is drawn, nothing is wrong, nothing is fetched, nothing sticks out."""
    page_file = reported / "index.html"
    with browser.Page(tmp_path / "profile", width, dark=dark) as page:
        page.open(page_file)
        charts = int(page.wait_for(DRAWN))
        assert charts == page.run("document.querySelectorAll('.chart').length") > 30
        assert page.run(EMPTY) == []
        assert page.run("document.documentElement.scrollWidth") <= width
        assert not page.run(
            "[...document.querySelectorAll('.chart svg')].filter(svg =>"
            f" svg.getBoundingClientRect().right > {width}).length"
        )
        brightness = page.run(
            "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0]"
        )
        assert (brightness < 128) == dark
        assert page.errors == []
        assert page.requests == [page_file.resolve().as_uri()]


@pytest.mark.slow
@needs_browser
def test_search_order_and_selection(reported: Path, tmp_path: Path) -> None:
    rows = table(reported / "strong_label_distribution_train_stats.csv")
    names = [row["display_name"] for row in rows]
    with browser.Page(tmp_path / "profile", 1280) as page:
        page.open(reported / "index.html")
        page.wait_for(DRAWN)

        def shown(expected: list[str]) -> None:
            page.wait_for(f"({NAMES}).join('|') === {json.dumps('|'.join(expected))}", 10)

        def choose(name: str, value: str, event: str) -> None:
            page.run(
                f"document.getElementById('{name}').value = {json.dumps(value)};"
                f"document.getElementById('{name}').dispatchEvent(new Event('{event}'))"
            )

        shown(names[:50])
        choose("search", "SPEECH", "input")
        shown([name for name in names if "speech" in name.lower()])
        choose("order", "least", "change")
        shown([name for name in reversed(names) if "speech" in name.lower()])
        choose("order", "name", "change")
        shown(sorted(name for name in names if "speech" in name.lower()))
        choose("search", "/m/032s66", "input")
        shown(["Gunshot, gunfire"])
        choose("search", "no such label", "input")
        shown([])
        choose("search", "", "input")
        choose("order", "amount", "change")
        shown(names[:50])
        choose("order", "events", "change")
        most = sorted(rows, key=lambda row: -int(row["event_count"]))
        page.wait_for(f"({NAMES})[0] === {json.dumps(most[0]['display_name'])}", 10)

        # A click on a bar marks its label in every chart that shows labels.
        marked = "[...document.querySelectorAll('.chart path[fill=\"#D55E00\"]')].length"
        before = page.run(marked)
        x, y = page.run("""
            (() => {
                const bar = document.querySelector("#chart0 .mark-rect.role-mark path");
                bar.scrollIntoView({ block: "center" });
                const box = bar.getBoundingClientRect();
                return [box.x + box.width / 2, box.y + box.height / 2];
            })()
        """)
        page.click(x, y)
        page.wait_for(f"{marked} > {before} + 5", 10)
        assert page.run("document.querySelector('#picked b').textContent").startswith(
            most[0]["display_name"]
        )
        page.run("document.querySelector('#picked button').click()")
        page.wait_for(f"{marked} === {before} && document.getElementById('picked').hidden", 10)
        assert page.errors == []


@pytest.mark.slow
@needs_browser
def test_tooltips_show_name_and_mid(reported: Path, tmp_path: Path) -> None:
    with browser.Page(tmp_path / "profile", 1280) as page:
        page.open(reported / "index.html")
        page.wait_for(DRAWN)
        x, y = page.run("""
            (() => {
                const bar = document.querySelector("#chart0 .mark-rect.role-mark path");
                bar.scrollIntoView({ block: "center" });
                const box = bar.getBoundingClientRect();
                return [box.x + box.width / 2, box.y + box.height / 2];
            })()
        """)
        page.move(x, y)
        text = page.wait_for("document.querySelector('#vg-tooltip-element')?.innerText", 10)
        assert "Speech" in text and "/m/09x0r" in text


@pytest.mark.slow
@needs_browser
def test_evil_names_do_nothing_in_a_browser(evil_page: Path, tmp_path: Path) -> None:
    with browser.Page(tmp_path / "profile", 1280) as page:
        page.open(evil_page)
        page.wait_for(DRAWN)
        assert page.run("document.title") == "AudioSet catalog report"
        assert page.run("document.querySelectorAll('img, .chart b').length") == 0
        assert page.run(EMPTY) == []
        titles = page.run(
            "[...document.querySelectorAll('#chart0 .role-mark path')]"
            ".map(mark => mark.getAttribute('aria-label')).join()"
        )
        assert EVIL in titles
        assert page.errors == []


@pytest.mark.slow
@needs_browser
def test_page_follows_a_change_of_the_colour_scheme(reported: Path, tmp_path: Path) -> None:
    ink = "getComputedStyle(document.querySelector('#chart0 .role-axis-label text')).fill"
    with browser.Page(tmp_path / "profile", 1280) as page:
        page.open(reported / "index.html")
        page.wait_for(DRAWN)
        light = page.run(ink)
        page.set_dark(True)
        page.wait_for(f"{DRAWN} && {ink} !== {json.dumps(light)}")
        assert page.run(EMPTY) == []
