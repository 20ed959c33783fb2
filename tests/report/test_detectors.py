"""The pages of scored detectors: their files, numbers and names, and the page in a browser."""

import csv
import json
import re
import shutil
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support import browser

from audioset_duck.catalog.build import build
from audioset_duck.catalog.connection import open_catalog
from audioset_duck.config.targets import Target
from audioset_duck.errors import AudiosetDuckError
from audioset_duck.report.catalog_report import report, report_sections, score_report
from audioset_duck.report.detector_sections import scored_detectors
from audioset_duck.score.options import ScoreOptions
from audioset_duck.score.scoring import score

# Created once, on one worker.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("report")]

EVIL = """../a/<b>"quoted"</b> & 'single' </script><img src=x onerror="document.title='evil'">"""
LONG = "long" * 60
HOP = Decimal("0.1")
UNITS = {
    EVIL: "frame",
    LONG: "frame",
    "mine": "frame",
    "of clips": "clip",
    "of frames": "framed",
    "of samples": "sample",
}


def logistic(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))


class Simulated:
    """Scores for the demo: noise, raised where the target is active."""

    def __init__(self, catalog: Path, folder: Path) -> None:
        self.catalog, self.file = catalog, folder / "predictions.parquet"
        self.random = np.random.default_rng(0)

    def rows(self, query: str) -> list[tuple]:
        with duckdb.connect(str(self.catalog), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def score(self, detector: str, table: dict[str, list], **options: Any) -> None:
        pq.write_table(pa.table(table), self.file)
        score(self.catalog, "gun", [self.file], ScoreOptions(detector, replicates=20, **options))

    def frames(self, detector: str, lift: float, left_out: int = 0, **options: Any) -> None:
        """A score every tenth of a second of the clips of strong_eval, but for the first clips."""
        clips = [
            clip
            for (clip,) in self.rows(
                "select clip_id from subset_clips where subset = 'strong_eval' order by all"
            )
        ]
        logits = self.random.normal(size=(len(clips), 100)) - 4
        places = {clip: place for place, clip in enumerate(clips)}
        for clip, start, end in self.rows(
            "select clip_id, start_seconds, end_seconds from gun.active_spans"
            " where subset = 'strong_eval' order by all"
        ):
            logits[places[clip], int(start / HOP) : int(end / HOP) + 1] += lift
        table = {"clip_id": clips[left_out:], "scores": list(logistic(logits)[left_out:])}
        self.score(detector, table, hop_seconds=HOP, partial=left_out > 0, **options)

    def items(self, detector: str, name: str, query: str, **options: Any) -> None:
        """A score of each row of a query, whose last column says whether it is positive."""
        rows = self.rows(query)
        scores = logistic(self.random.normal([2.0 * row[-1] - 1 for row in rows]))
        table = {name: [row[0] for row in rows], "score": list(scores)}
        if len(rows[0]) > 2:
            table["start_seconds"] = [float(row[1]) for row in rows]
        self.score(detector, table, **options)


@pytest.fixture(scope="module")
def scored(demo_catalog: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo with three detectors of frames, and one of each other unit."""
    folder = tmp_path_factory.mktemp("scored")
    catalog = folder / "catalog.duckdb"
    shutil.copyfile(demo_catalog, catalog)
    simulated = Simulated(catalog, folder)
    simulated.frames("mine", 4, left_out=5, alarms_per_hour=Decimal(10))
    simulated.frames(EVIL, 5)
    simulated.frames(LONG, 3)
    targets = "(select label_id from gun.target_labels where role = 'positive')"
    simulated.items(
        "of samples",
        "sample_key",
        "select sample_key, role like '%positive' from gun.samples where split = 'eval'"
        " order by all",
    )
    simulated.items(
        "of clips",
        "clip_id",
        f"select clip_id, len(list_intersect(label_ids, array{targets})) > 0 from weak_clips"
        " where subset = 'weak_eval' order by all",
        subset="weak_eval",
    )
    simulated.items(
        "of frames",
        "clip_id",
        f"select clip_id, start_seconds, bool_or(is_present and label_id in {targets})"
        " from framed_events group by all order by all",
        hop_seconds=Decimal("0.96"),
        subset="strong_eval_framed",
    )
    return catalog


def fetch(catalog: Path, query: str, *parameters: Any) -> list[dict[str, Any]]:
    with open_catalog(catalog) as connection:
        result = connection.execute(query, list(parameters))
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def make(catalog: Path, out: Path, *detectors: str, **options: Any) -> list[Path]:
    with open_catalog(catalog) as connection:
        names = detectors or scored_detectors(connection, "gun")
        return score_report(connection, out, "gun", names, **options)


@pytest.fixture(scope="module")
def page(scored: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("page")
    (path,) = make(scored, out, formats=["html"])
    return path


def charts(page: Path) -> dict[str, list[list[dict[str, Any]]]]:
    """The rows of each chart of a page, data set by data set, by section and title."""
    text = page.read_text()
    (data,) = re.findall(r'<script type="application/json" id="charts">(.*?)</script>', text)
    parsed = json.loads(data)
    titles = re.findall(r'<div class="chart" id="chart\d+" role="img" aria-label="(.*?)">', text)
    return {
        title: [parsed["data"][name] for name in re.findall(r'"(data-\w+)"', json.dumps(chart))]
        for title, chart in zip(titles, parsed["specifications"], strict=True)
    }


def of(page: Path, detector: str, title: str) -> list[list[dict[str, Any]]]:
    return charts(page)[f"Target gun: detector {detector}: {title}"]


def test_each_unit_has_the_charts_that_it_has_data_for(page: Path) -> None:
    titles = defaultdict(set)
    for title in charts(page):
        for name in UNITS:
            if title.startswith(f"Target gun: detector {name}: "):
                titles[UNITS[name]].add(title.rpartition(": ")[2])
    of_all = {"Recall over false alarms", "Precision over recall", "Reliability"}
    of_events = {
        f"Recall by {what}" for what in ("duration", "overlap", "place in the clip", "label")
    }
    of_events |= {"Recall by overlapping label"}
    assert titles["frame"] >= of_all | of_events | {"Scores of each frame"}
    for unit in ("sample", "clip", "framed"):
        found = {title for title in titles[unit] if not title.startswith("Labels with")}
        assert found == of_all | {f"Scores of each {unit}"} | (
            set() if unit == "clip" else found & of_events
        )


def test_no_chart_has_too_many_points(page: Path) -> None:
    for title, data in charts(page).items():
        assert all(len(rows) <= 2000 for rows in data), title


def test_recall_over_false_alarms(scored: Path, page: Path) -> None:
    """The best threshold for each rate, and the recall of the bands."""
    data = of(page, "mine", "Recall over false alarms")
    steps = next(
        rows for rows in data if rows and "alarms_per_hour" in rows[0] and "threshold" in rows[0]
    )
    curve = fetch(scored, "from gun.event_curve where detector = 'mine'")
    bands = {
        (row["criterion"], row["alarms_per_hour"]): row
        for row in fetch(scored, "from gun.recall_bands where detector = 'mine'")
    }
    assert len({row["criterion"] for row in steps}) == 6
    drawn = {(row["criterion"], row["alarms_per_hour"]): row["recall"] for row in steps}
    assert len(drawn) == len(steps) == 6 * 193
    for (criterion, rate), recall in list(drawn.items())[::16]:
        allowed = [
            row["recall"]
            for row in curve
            if row["criterion"] == criterion and row["false_alarms_per_hour"] <= rate
        ]
        assert recall == max(allowed, default=0)
    shared = [key for key in bands if key in drawn]
    assert len(shared) == 25 * 6
    assert all(bands[key]["recall"] == drawn[key] for key in shared)
    band = next(rows for rows in data if rows and "low" in rows[0])
    assert [(row["low"], row["high"]) for row in band] == [
        (row["low"], row["high"]) for row in bands.values() if row["criterion"] == "alarm"
    ]


def test_the_chosen_threshold_is_marked(scored: Path, page: Path) -> None:
    """With what all thresholds down to it, but no lower one, give."""
    data = of(page, "mine", "Recall over false alarms")
    (point,) = next(rows for rows in data if rows and "false_alarms_per_hour" in rows[0])
    ((detector),) = fetch(scored, "from gun.detectors where detector = 'mine'")
    assert point["threshold"] == detector["threshold"]
    alarms = fetch(scored, "from gun.alarms where detector = 'mine'")
    false_count = sum(not alarm["is_true"] for alarm in alarms)
    assert point["false_alarms_per_hour"] == pytest.approx(false_count / detector["hours"])
    assert point["false_alarms_per_hour"] <= 10
    (best,) = fetch(
        scored,
        "from gun.operating_points"
        " where detector = 'mine' and criterion = 'alarm' and alarms_per_hour = 10",
    )
    assert (point["recall"], point["precision"]) == (best["recall"], best["precision"])


def test_precision_over_recall(scored: Path, page: Path) -> None:
    """Of each step of recall, the point of the curve with the highest threshold."""
    for name, unit in UNITS.items():
        if name == EVIL:
            continue
        (rows,) = {
            json.dumps(rows): rows for rows in of(page, name, "Precision over recall")
        }.values()
        units = ["frame", "segment", "clip"] if unit == "frame" else [unit]
        assert list(dict.fromkeys(row["unit"] for row in rows)) == units
        for one in units:
            steps: dict[int, tuple] = {}
            for point in fetch(
                scored,
                "from gun.ranking_curve where detector = $1 and unit = $2 order by threshold desc",
                name,
                one,
            ):
                values = (point["threshold"], point["recall"], point["precision"])
                steps.setdefault(int(point["recall"] * 500), values)
            assert [
                (row["threshold"], row["recall"], row["precision"])
                for row in rows
                if row["unit"] == one
            ] == list(steps.values())
            assert list(steps)[-1] == 500


def test_histograms_count_all_scores(scored: Path, page: Path) -> None:
    for name, unit in (("mine", "frame"), ("of clips", "clip"), ("of samples", "sample")):
        rows = of(page, name, f"Scores of each {unit}")[0]
        scores = fetch(scored, "from gun.scores where detector = $1 and unit = $2", name, unit)
        for kind in ("positive", "negative"):
            values = [row["score"] for row in scores if row["is_positive"] == (kind == "positive")]
            counts, edges = np.histogram(values, bins=40, range=(0, 1))
            expected = {
                round(edge, 6): count for edge, count in zip(edges, counts, strict=False) if count
            }
            assert {
                round(row["score_from"], 6): row["item_count"]
                for row in rows
                if row["kind"] == kind
            } == expected


def test_histogram_of_scores_that_are_not_probabilities(scored: Path, tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.duckdb"
    shutil.copyfile(scored, catalog)
    simulated = Simulated(catalog, tmp_path)
    clips = simulated.rows("select clip_id from weak_clips where subset = 'weak_eval' order by all")
    values = [place - 100.0 for place in range(len(clips))]
    table = {"clip_id": [clip for (clip,) in clips], "score": values}
    simulated.score("logits", table, subset="weak_eval")
    rows = fetch(catalog, "from gun.score_histogram where detector = 'logits'")
    assert min(row["score_from"] for row in rows) == -100
    assert max(row["score_to"] for row in rows) == pytest.approx(max(values))
    totals = Counter[float]()
    for row in rows:
        totals[row["score_from"]] += row["item_count"]
    scores = [row["score"] for row in fetch(catalog, "from gun.scores where detector = 'logits'")]
    counts, _ = np.histogram(scores, bins=40)
    assert [totals[edge] for edge in sorted(totals)] == list(counts)
    (file,) = make(catalog, tmp_path / "out", "logits", formats=["html"])
    assert "Target gun: detector logits: Reliability" not in charts(file)


def test_reliability_and_recall_are_those_of_the_relations(scored: Path, page: Path) -> None:
    drawn = of(page, "mine", "Reliability")[-1]
    bins = fetch(scored, "from gun.calibration_bins where detector = 'mine'")
    key = ("unit", "bin", "score_count", "mean_score", "positive_share")
    assert sorted(tuple(row[name] for name in key) for row in drawn) == sorted(
        tuple(row[name] for name in key) for row in bins
    )
    groups = fetch(scored, "from gun.recall_by where detector = 'mine'")
    for grouping, title in (
        ("duration", "Recall by duration"),
        ("overlapped", "Recall by overlap"),
        ("place", "Recall by place in the clip"),
        ("label", "Recall by label"),
        ("overlapping label", "Recall by overlapping label"),
    ):
        drawn = of(page, "mine", title)[0]
        assert {
            row["title"]: (row["event_count"], row["recall"], row["median_score"]) for row in drawn
        } == {
            re.sub(r"^\d: ", "", row["value"]): (
                row["event_count"],
                row["recall"],
                row["median_score"],
            )
            for row in groups
            if row["grouping"] == grouping
        }
        assert [row["rank"] for row in drawn] == list(range(1, len(drawn) + 1))
        if "label" in grouping:
            assert all(row["label_id"] for row in drawn)
            counts = [row["event_count"] for row in drawn]
            assert counts == sorted(counts, reverse=True)


def test_labels_with_most_false_alarms(scored: Path, page: Path) -> None:
    rows = next(
        rows for rows in of(page, "of samples", "Labels with most false alarms") if len(rows) > 1
    )
    labels = fetch(scored, "from gun.false_alarm_labels where detector = 'of samples'")
    expected = sorted(
        (row for row in labels if row["false_alarm_count"]),
        key=lambda row: (-row["false_alarm_count"], row["label_id"]),
    )
    assert [(row["label_id"], row["false_alarm_count"], row["lift"]) for row in rows] == [
        (row["label_id"], row["false_alarm_count"], row["lift"]) for row in expected
    ]


def test_the_worst_false_alarms_are_linked(scored: Path, page: Path) -> None:
    text = page.read_text()
    count = 0
    for name in UNITS:
        false = fetch(
            scored,
            "from gun.alarms where detector = $1 and not is_true"
            " order by score desc, clip_id, start_seconds",
            name,
        )
        for alarm in false[:20]:
            count += 1
            url = alarm["url"].replace("&", "&amp;")
            place = f"{alarm['start_seconds']:.2f} to {alarm['end_seconds']:.2f} s"
            assert f'<a href="{url}" target="_blank" rel="noreferrer">' in text
            assert f"{alarm['clip_id']}, {place}</a>" in text
    assert count == text.count("<li><b>") > 4


def test_differences_of_detectors_of_the_same_subset(scored: Path, page: Path) -> None:
    drawn = {
        (row["detector"], row["other_detector"], row["metric"], row["unit"]): row
        for title, data in charts(page).items()
        if title.startswith("Target gun: detectors compared")
        for rows in data
        for row in rows
        if "difference" in row and "metric" in row
    }
    frames = sorted(name for name in UNITS if UNITS[name] == "frame")
    pairs = {(one, other) for one in frames for other in frames if one < other}
    assert {key[:2] for key in drawn} == pairs
    assert {key[2] for key in drawn} == {
        "average_precision",
        "balanced_average_precision",
        "roc_auc",
        "partial_roc_auc",
        "psds1",
        "psds2",
        "intersection",
    }
    rows = fetch(scored, "from gun.detector_differences")
    # A perfect ranking has an infinite d-prime.
    assert any(np.isinf(row["difference"]) for row in rows)
    for row in rows:
        key = (row["detector"], row["other_detector"], row["metric"], row["unit"])
        if key[:2] in pairs and row["metric"] != "d_prime":
            of_pair = drawn.pop(key)
            for name in ("difference", "low", "high", "better_share"):
                assert of_pair[name] == row[name]
    assert not drawn


def test_a_detector_is_compared_with_all_others(scored: Path, tmp_path: Path) -> None:
    """With those of its subset, also if the page is of it alone."""
    (file,) = make(scored, tmp_path, "mine", formats=["html"])
    compared = {title for title in charts(file) if "compared" in title}
    assert (
        "Target gun: detectors compared: strong_eval, frame: Recall over false alarms" in compared
    )
    assert len([title for title in compared if " minus " in title]) == 2
    assert not [title for title in charts(file) if "detector of" in title]
    (file,) = make(scored, tmp_path, "of clips", formats=["html"])
    assert not [title for title in charts(file) if "compared" in title]


def test_figures_and_notes(scored: Path, page: Path) -> None:
    text = page.read_text()
    (metrics,) = fetch(
        scored, "from gun.ranking_metrics where detector = 'mine' and unit = 'frame'"
    )
    (events,) = fetch(
        scored, "from gun.event_metrics where detector = 'mine' and criterion = 'psds1'"
    )
    for name, value in (
        ("AP", metrics["average_precision"]),
        ("AUC", metrics["roc_auc"]),
        ("PSDS1", events["psds"]),
    ):
        assert f"<dt>{name}</dt><dd>{value:.3f} (" in text
    low, high = (metrics[f"average_precision_{end}"] for end in ("low", "high"))
    assert f"{metrics['average_precision']:.3f} ({low:.3f}, {high:.3f})" in text
    assert "<dd>strong_eval_framed, framed</dd>" in text
    (missing,) = fetch(scored, "from gun.detectors where detector = 'mine'")
    assert missing["missing_clip_count"] == 5
    expected = f"no scores of 5 clips, {missing['missing_positive_count']} of them with the target"
    assert text.count("no scores of") == 1 and expected in text


def test_tables(scored: Path, tmp_path: Path) -> None:
    files = make(scored, tmp_path, formats=["csv"])
    assert sorted(files) == sorted(tmp_path.iterdir())
    kinds = {"ranking_metrics", "operating_points", "false_alarm_labels", "recall_by", "alarms"}
    kinds |= {"suspects"}
    names = {path.stem for path in files}
    assert {name for name in names if name.startswith("score_gun_mine_")} == {
        f"score_gun_mine_{kind}" for kind in {*kinds, "event_metrics"}
    }
    samples = [name for name in names if "of_samples" in name]
    assert len(samples) == len(kinds)
    assert "score_gun_differences" in names
    with (tmp_path / "score_gun_mine_alarms.csv").open(newline="") as stream:
        alarms = list(csv.DictReader(stream))
    order = [(row["is_true"], -float(row["score"])) for row in alarms]
    assert order == sorted(order) and alarms[0]["url"].startswith("https://www.youtube.com/")
    stored = fetch(scored, "from gun.alarms where detector = 'mine'")
    assert len(alarms) == len(stored)
    with (tmp_path / "score_gun_mine_suspects.csv").open(newline="") as stream:
        suspects = [
            (row["kind"], row["clip_id"], row["start_seconds"]) for row in csv.DictReader(stream)
        ]
    assert sorted(suspects) == sorted(
        (row["kind"], row["clip_id"], str(row["start_seconds"]))
        for row in fetch(scored, "from gun.detector_suspects where detector = 'mine'")
    )


def test_file_names_are_safe_and_unique(demo_catalog: Path, tmp_path: Path) -> None:
    """Also where upper case and lower case are the same, and for names that look like others."""
    catalog = tmp_path / "catalog.duckdb"
    shutil.copyfile(demo_catalog, catalog)
    simulated = Simulated(catalog, tmp_path)
    clips = simulated.rows("select clip_id from weak_clips where subset = 'weak_eval' order by all")
    names = ["a_b", "a/b", "a b", "A_b", "a_b_c", "", "..", "音", LONG, LONG + "s", EVIL, "x" * 39]
    table = {
        "clip_id": [clip for (clip,) in clips] * len(names),
        "score": list(simulated.random.uniform(size=len(clips) * len(names))),
        "detector": [name or " " for name in names for _ in clips],
    }
    pq.write_table(pa.table(table), simulated.file)
    options = ScoreOptions(subset="weak_eval", replicates=0)
    scored = score(catalog, "gun", [simulated.file], options)
    assert len(scored) == len(names)
    files = make(catalog, tmp_path / "out", formats=["csv"])
    assert len({path.name.lower() for path in files}) == len(files) == 6 * len(names) + 1
    for path in files:
        assert path.parent == tmp_path / "out" and path.is_file()
        assert re.fullmatch(r"[\w.-]{1,150}", path.name, re.ASCII)
    stems = {
        path.stem.removesuffix("_recall_by") for path in files if path.stem.endswith("recall_by")
    }
    assert "score_gun_a_b_c" in stems and "score_gun_" + "x" * 39 in stems
    # The names do not depend on what is asked for.
    assert set(make(catalog, tmp_path / "out", "a_b", formats=["csv"])) <= set(files)


def test_the_report_has_the_detectors_after_their_target(scored: Path, tmp_path: Path) -> None:
    with open_catalog(scored) as connection:
        sections = report_sections(connection, ["weak_eval"], ["snore", "gun"], top=3)
        report(connection, tmp_path, subsets=["weak_eval"], targets=["gun"], formats=["csv"])
    titles = [section.title for section in sections]
    assert [title.partition(" (")[0] for title in titles[1:3]] == ["Target snore", "Target gun"]
    assert titles[3:] == [
        *(f"Target gun: detector {name}" for name in sorted(UNITS)),
        "Target gun: detectors compared",
    ]
    assert (tmp_path / "score_gun_mine_alarms.csv").exists()


def test_names_are_escaped(page: Path, scored: Path, tmp_path: Path) -> None:
    text = page.read_text()
    assert "<img src=x" not in text and "<b>&#34;quoted" not in text and '<b>"quoted' not in text
    for path in make(scored, tmp_path, EVIL, formats=["svg"]):
        drawn = path.read_text()
        assert "<img" not in drawn and "NaN" not in drawn and "undefined" not in drawn


@pytest.mark.parametrize(
    ("target", "detectors", "formats", "match"),
    [
        (
            "gun",
            ["yours"],
            ["csv"],
            r"unknown detector 'yours'; expected .* for gun: \.\./a.* mine,",
        ),
        ("snore", ["mine"], ["csv"], r"unknown detector 'mine'; .* for snore: there is none"),
        ("dog", ["mine"], ["csv"], r"target 'dog' is not in this catalog"),
        ("gun", ["mine"], ["pdf"], r"unknown format 'pdf'"),
    ],
)
def test_what_is_not_there(
    scored: Path, tmp_path: Path, target: str, detectors: list[str], formats: list[str], match: str
) -> None:
    with (
        open_catalog(scored) as connection,
        pytest.raises(AudiosetDuckError, match=match),
    ):
        score_report(connection, tmp_path / "out", target, detectors, formats)
    assert not (tmp_path / "out").exists()


def test_a_target_without_positives(demo_metadata: Path, tmp_path: Path) -> None:
    """Only the scores are drawn; nothing is chosen."""
    catalog = tmp_path / "catalog.duckdb"
    build(catalog, [Target("gun", ("/m/026t6",))], demo_metadata)
    simulated = Simulated(catalog, tmp_path)
    clips = simulated.rows(
        "select clip_id from subset_clips where subset = 'strong_eval' order by all"
    )
    assert simulated.rows("from gun.positive_events") == []
    table = {"clip_id": [clip for (clip,) in clips], "scores": [[0.5] * 100 for _ in clips]}
    simulated.score("flat", table, hop_seconds=HOP)
    files = make(catalog, tmp_path / "out", formats=["html", "svg"])
    assert {path.name for path in files} == {"index.html", "score_gun_flat_scores.svg"}
    text = (tmp_path / "out" / "index.html").read_text()
    assert "<dt>AP</dt><dd>none</dd>" in text and "<dt>threshold</dt><dd>none</dd>" in text
    assert "No threshold has so few false alarms" in text


needs_browser = pytest.mark.skipif(not browser.PROGRAM, reason="there is no chromium on PATH")
DRAWN = "document.body && document.body.dataset.drawn"
EMPTY = """
    [...document.querySelectorAll(".chart")].filter(chart =>
        ![...chart.querySelectorAll("svg .role-mark path, svg .role-mark text")].some(mark => {
            const box = mark.getBoundingClientRect();
            return box.width > 0 && box.height > 0;
        })
    ).map(chart => chart.getAttribute("aria-label"))
"""


@needs_browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_page_in_a_browser(page: Path, tmp_path: Path, width: int, dark: bool) -> None:
    """Every chart is drawn, nothing is wrong, nothing is fetched, nothing sticks out."""
    with browser.Page(tmp_path / "profile", width, dark=dark) as tab:
        tab.open(page)
        drawn = int(tab.wait_for(DRAWN))
        assert drawn == tab.run("document.querySelectorAll('.chart').length") > 30
        assert tab.run(EMPTY) == []
        assert tab.run("document.documentElement.scrollWidth") <= width
        assert not tab.run(
            "[...document.querySelectorAll('.chart svg, .alarms li, h2, h3, dd')].filter(part =>"
            f" part.getBoundingClientRect().right > {width}).length"
        )
        assert tab.run("document.title") == "Detectors of gun"
        assert tab.run("document.querySelectorAll('img, .chart b, h2 b').length") == 0
        assert tab.errors == []
        assert tab.requests == [page.resolve().as_uri()]


def test_pictures_are_whole(scored: Path, tmp_path: Path) -> None:
    files = make(scored, tmp_path, "mine", "of samples", formats=["png"])
    kinds = {"curves", "recall_by", "scores"}
    assert {f"score_gun_mine_{kind}.png" for kind in kinds} <= {path.name for path in files}
    for path in files:
        data = path.read_bytes()
        assert data.startswith(b"\x89PNG") and data.endswith(b"IEND\xaeB`\x82")
        width, height = (int.from_bytes(data[start : start + 4]) for start in (16, 20))
        assert 700 < width < 3000 and 200 < height < 2500, path
