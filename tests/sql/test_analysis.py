"""What the report shows, worked out by hand: what is given in the files, what a SELECT gives."""

from pathlib import Path

import duckdb
import pytest
from support.metadata import write_metadata

from audioset_duck.catalog.build import build
from audioset_duck.config.targets import Target

NAMES = "/m/gun Gun\n/m/rifle Rifle\n/m/rain Rain\n/m/boom Boom\n/m/rain2 Rain"


@pytest.fixture
def ask(tmp_path: Path):
    """Build the target Gun or Rifle from given rows and ask for rows, a line each."""

    def build_and_ask(query: str, **files: str) -> str:
        metadata = write_metadata(tmp_path / "metadata", **{"names": NAMES} | files)
        catalog = tmp_path / "catalog.duckdb"
        build(catalog, [Target("t", ("Gun", "Rifle"))], metadata)
        with duckdb.connect(str(catalog), read_only=True) as connection:
            rows = connection.execute(query).fetchall()
        return "\n".join(" ".join(str(value) for value in row) for row in rows)

    return build_and_ask


def rows(text: str) -> str:
    return "\n".join(" ".join(line.split()) for line in text.strip().splitlines())


STRONG = """
    aaaaaaaaaaa_0 0.000 5.000 /m/gun
    aaaaaaaaaaa_0 4.000 7.000 /m/rain
    bbbbbbbbbbb_0 0.000 1.500 /m/boom
    bbbbbbbbbbb_0 2.000 2.500 /m/rifle
    bbbbbbbbbbb_0 5.000 5.000 /m/rain2
"""


def test_label_amounts_of_strong_and_weak_subsets(ask) -> None:
    query = """
        select subset, rank, title, event_count, amount, percentage, cumulative_percentage
        from label_amounts order by main.subset_place(subset), rank
    """
    weak = """
        aaaaaaaaaaa 0.000 10.000 /m/gun,/m/rain
        bbbbbbbbbbb 0.000 10.000 /m/rain
        ccccccccccc 0.000 10.000 /m/other
    """
    assert ask(query, train=STRONG, weak_eval=weak) == rows("""
        strong_train 1 Gun 1 5.000 50.0 50.0
        strong_train 2 Rain /m/rain 1 3.000 30.0 80.0
        strong_train 3 Boom 1 1.500 15.0 95.0
        strong_train 4 Rifle 1 0.500 5.0 100.0
        strong_train 5 Rain /m/rain2 1 0.000 0.0 100.0
        weak_eval 1 Rain /m/rain 2 2.000 50.0 50.0
        weak_eval 2 Gun 1 1.000 25.0 75.0
        weak_eval 3 /m/other 1 1.000 25.0 100.0
    """)


def test_label_coverage_counts_the_label_that_reaches_a_share_exactly(ask) -> None:
    query = "select coverage_percentage, label_count from label_coverage order by 1"
    assert ask(query, train=STRONG) == "50 1\n80 2\n95 3"


def test_label_histogram_has_quarters_of_a_power_of_ten_and_no_zero(ask) -> None:
    query = """
        select round(amount_from, 3), round(amount_to, 3), label_count
        from label_histogram order by 1
    """
    assert ask(query, train=STRONG) == rows("""
        0.316 0.562 1
        1.0 1.778 1
        1.778 3.162 1
        3.162 5.623 1
    """)


def test_key_figures(ask) -> None:
    weak = """
        aaaaaaaaaaa 0.000 10.000 /m/gun,/m/rain
        bbbbbbbbbbb 20.000 28.000 /m/rain
    """
    assert ask("from subset_key_figures", train=STRONG, unbalanced=weak) == rows(f"""
        strong_train 2 5 5 {10 / 3600} 5.000 0.500 10.0
        weak_unbalanced_train 2 3 2 {18 / 3600} 2.000 1.000 2.0
    """)


def test_key_figures_of_events_without_duration(ask) -> None:
    given = "aaaaaaaaaaa_0 5.000 5.000 /m/rain"
    assert ask("from subset_key_figures", train=given) == "strong_train 1 1 1 0.0 0.000 None None"


def test_weak_label_comparison(ask) -> None:
    given = {
        "unbalanced": "aaaaaaaaaaa 0.000 10.000 /m/gun,/m/rain",
        "balanced": "bbbbbbbbbbb 0.000 10.000 /m/rain",
        "weak_eval": "ccccccccccc 0.000 10.000 /m/boom",
    }
    assert ask("from weak_label_comparison order by rank", **given) == rows("""
        1 /m/rain Rain 2 50.0 1 1 0
        2 /m/boom Boom 1 25.0 0 0 1
        3 /m/gun Gun 1 25.0 1 0 0
    """)


OVERLAPS = """
    aaaaaaaaaaa_0 0.000 4.000 /m/gun
    aaaaaaaaaaa_0 1.000 2.000 /m/rain
    aaaaaaaaaaa_0 3.000 6.000 /m/rain
    aaaaaaaaaaa_0 3.500 3.500 /m/boom
    aaaaaaaaaaa_0 4.000 5.000 /m/boom
    aaaaaaaaaaa_0 0.000 9.000 /m/rifle
    bbbbbbbbbbb_0 0.000 1.000 /m/gun
    bbbbbbbbbbb_0 1.000 2.000 /m/rain
"""


def test_label_overlaps_count_events_once_and_not_the_targets_own_labels(ask) -> None:
    query = "from t.label_overlaps"
    assert ask(query, train=OVERLAPS) == rows("""
        strong_train /m/gun Gun 1 /m/boom Boom 1 0.000
        strong_train /m/rifle Rifle 1 /m/boom Boom 1 1.000
        strong_train /m/gun Gun 2 /m/rain Rain /m/rain 1 2.000
        strong_train /m/rifle Rifle 2 /m/rain Rain /m/rain 1 4.000
    """)


def test_overlapping_labels(ask) -> None:
    query = "from t.overlapping_labels order by rank"
    assert ask(query, train=OVERLAPS) == rows(f"""
        strong_train 1 /m/boom Boom 2 1.000 {100 * 2 / 3}
        strong_train 2 /m/rain Rain /m/rain 2 6.000 {100 * 2 / 3}
    """)


def test_positive_overlaps(ask) -> None:
    query = "from t.positive_overlaps order by label_id nulls first, overlap"
    assert ask(query, train=OVERLAPS) == rows(f"""
        strong_train None all labels alone 1 1.000 {100 / 3}
        strong_train None all labels overlapped 2 13.000 {100 * 2 / 3}
        strong_train /m/gun Gun alone 1 1.000 50.0
        strong_train /m/gun Gun overlapped 1 4.000 50.0
        strong_train /m/rifle Rifle overlapped 1 9.000 100.0
    """)


def test_durations(ask) -> None:
    """An event of 0 s has no window; what ends with a bin is in it."""
    given = """
        aaaaaaaaaaa_0 0.000 0.250 /m/gun
        aaaaaaaaaaa_0 1.000 1.251 /m/gun
        aaaaaaaaaaa_0 2.000 2.000 /m/gun
        aaaaaaaaaaa_0 3.000 4.000 /m/gun
    """
    query = "from t.duration_histogram order by all"
    assert ask(query, train=given) == rows("""
        strong_train 0.0 0.25 2
        strong_train 0.25 0.5 1
        strong_train 0.75 1.0 1
    """)
    query = """
        select
            unit,
            unit_count,
            duration_seconds,
            shortest_seconds,
            round(percentile_5_seconds, 6),
            round(median_seconds, 6),
            round(percentile_95_seconds, 6),
            longest_seconds
        from t.duration_stats order by unit
    """
    assert ask(query, train=given) == rows("""
        event 4 1.501 0.000 0.0375 0.2505 0.88765 1.000
        window 3 1.501 0.250 0.2501 0.251 0.9251 1.000
    """)
