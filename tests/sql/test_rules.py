"""Rows worked out by hand: what is given in the files, what is expected in the catalog."""

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from support.metadata import write_metadata

from audioset_duck.catalog.build import build
from audioset_duck.config.targets import Target

NAMES = "/m/gun Gun\n/m/rifle Rifle\n/m/rain Rain\n/m/boom Boom\n/m/volley Volley"
ONTOLOGY = """[
    {"id": "/m/gun", "name": "Gun", "child_ids": ["/m/volley", "/m/rifle"]},
    {"id": "/m/volley", "name": "Volley", "child_ids": ["/m/salvo"]},
    {"id": "/m/salvo", "name": "Salvo", "child_ids": []},
    {"id": "/m/boom", "name": "Boom", "child_ids": ["/m/volley"]}
]"""


@pytest.fixture
def ask(tmp_path: Path):
    """Build a target from given rows and ask for a relation, a row a line."""

    def build_and_ask(query: str, target: Target | None = None, **files: str) -> str:
        metadata = write_metadata(tmp_path / "metadata", **{"names": NAMES} | files)
        catalog = tmp_path / "catalog.duckdb"
        build(catalog, [target or Target("t", ("Gun", "Rifle"))], metadata)
        with duckdb.connect(str(catalog), read_only=True) as connection:
            rows = connection.execute(query).fetchall()
        return "\n".join(" ".join(str(value) for value in row) for row in rows)

    return build_and_ask


def rows(text: str) -> str:
    return "\n".join(" ".join(line.split()) for line in text.strip().splitlines())


OVERLAP = "select clip_id, start_seconds, is_overlapped from t.positive_events order by all"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("other", "overlaps"),
    [
        ("0.000 2.000", False),  # touches the start
        ("0.000 2.001", True),
        ("3.000 4.000", False),  # touches the end
        ("2.999 4.000", True),
        ("2.400 2.500", True),  # within
        ("0.000 9.000", True),  # around
        ("2.500 2.500", True),  # a moment within
        ("2.000 2.000", False),  # a moment at the start
    ],
)
def test_overlap(ask, other: str, overlaps: bool) -> None:
    given = f"""
        aaaaaaaaaaa_0 2.000 3.000 /m/gun
        aaaaaaaaaaa_0 {other} /m/rain
    """
    assert ask(OVERLAP, train=given) == f"aaaaaaaaaaa_0 2.000 {overlaps}"


def test_labels_of_the_target_do_not_overlap_each_other(ask) -> None:
    given = """
        aaaaaaaaaaa_0 2.000 3.000 /m/gun
        aaaaaaaaaaa_0 2.500 3.500 /m/rifle
    """
    assert ask(OVERLAP, train=given) == rows("""
        aaaaaaaaaaa_0 2.000 False
        aaaaaaaaaaa_0 2.500 False
    """)


def test_overlap_is_within_a_clip_and_a_dataset(ask) -> None:
    given = """
        aaaaaaaaaaa_0 2.000 3.000 /m/gun
        aaaaaaaaaaa_1000 2.000 3.000 /m/rain
    """
    in_other_set = "aaaaaaaaaaa_0 2.000 3.000 /m/rain"
    assert ask(OVERLAP, train=given, eval=in_other_set) == "aaaaaaaaaaa_0 2.000 False"


def test_what_is_not_present_neither_is_nor_overlaps(ask) -> None:
    given = """
        aaaaaaaaaaa_0 0.000 0.960 /m/gun PRESENT
        aaaaaaaaaaa_0 0.000 0.960 /m/rain NOT_PRESENT
        aaaaaaaaaaa_0 0.960 1.920 /m/gun NOT_PRESENT
        aaaaaaaaaaa_0 0.960 1.920 /m/rain PRESENT
        bbbbbbbbbbb_0 0.000 0.960 /m/gun NOT_PRESENT
        bbbbbbbbbbb_0 0.000 0.960 /m/rain PRESENT
        bbbbbbbbbbb_0 0.000 0.960 /m/boom NOT_PRESENT
    """
    assert ask(OVERLAP, framed=given) == "aaaaaaaaaaa_0 0.000 False"
    assert (
        ask("select subset, clip_id, label_id from t.strong_negative_events", framed=given)
        == "strong_eval_framed bbbbbbbbbbb_0 /m/rain"
    )


def test_strong_negatives(ask) -> None:
    """A clip that holds the target or an ignored sound gives none; another set is another clip."""
    given = """
        aaaaaaaaaaa_0 2.000 3.000 /m/gun
        aaaaaaaaaaa_0 8.000 9.000 /m/rain
        bbbbbbbbbbb_0 2.000 3.000 /m/boom
        bbbbbbbbbbb_0 2.000 3.000 /m/rain
        ccccccccccc_0 2.000 3.000 /m/rain
    """
    target = Target("t", ("Gun",), ("Boom",))
    query = "select subset, clip_id, label_id from t.strong_negative_events order by all"
    assert ask(query, target, train=given, eval="bbbbbbbbbbb_0 1.000 2.000 /m/rain") == rows("""
        strong_eval bbbbbbbbbbb_0 /m/rain
        strong_train ccccccccccc_0 /m/rain
    """)


def test_weak_negatives_compare_whole_mids(ask) -> None:
    given = """
        aaaaaaaaaaa 30.000 40.000 /m/gun2,/m/rain
        bbbbbbbbbbb 30.000 40.000 /m/rain,/m/gun
        ccccccccccc 30.500 40.000 /m/gu
        ddddddddddd 30.000 40.000 /m/boom
    """
    target = Target("t", ("Gun",), ("Boom",))
    query = "select clip_id, label_ids from t.weak_negatives"
    assert ask(query, target, balanced=given) == rows("""
        aaaaaaaaaaa_30000 ['/m/gun2', '/m/rain']
        ccccccccccc_30500 ['/m/gu']
    """)


WINDOWS = """
    select start_seconds, end_seconds, window_index from t.positive_windows order by window_index
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("event", "length", "expected"),
    [
        (
            "2.627 7.237",
            "1",
            "2.627 3.627 0|3.627 4.627 1|4.627 5.627 2|5.627 6.627 3|6.627 7.237 4",
        ),
        ("0.000 1.300", "1", "0.000 1.000 0|0.300 1.300 1"),
        ("0.000 0.400", "1", "0.000 0.400 0"),
        ("0.000 2.000", "1", "0.000 1.000 0|1.000 2.000 1"),
        ("0.000 1.500", "1", "0.000 1.000 0|1.000 1.500 1"),
        ("0.000 1.499", "1", "0.000 1.000 0|0.499 1.499 1"),
        ("4.000 4.000", "1", ""),
        ("9.999 10.000", "1", "9.999 10.000 0"),
        ("1.000 4.000", "2.5", "1.000 3.500 0|1.500 4.000 1"),
        ("1.000 1.600", "0.5", "1.000 1.500 0|1.100 1.600 1"),
        ("0.000 0.010", "0.003", "0.000 0.003 0|0.003 0.006 1|0.006 0.009 2|0.007 0.010 3"),
    ],
)
def test_windows(ask, event: str, length: str, expected: str) -> None:
    target = Target("t", ("Gun",), window_seconds=Decimal(length))
    given = f"aaaaaaaaaaa_0 {event} /m/gun"
    assert ask(WINDOWS, target, train=given).split("\n") == expected.split("|")


def test_ids_with_underscores_and_dashes_are_whole(ask) -> None:
    given = "-_a_b-c_d_e_10000 0.000 1.000 /m/gun"
    query = "select clip_id from t.positive_events"
    assert ask(query, train=given) == "-_a_b-c_d_e_10000"


def test_descendants_of_the_target_become_positive_but_for_the_ignored(ask) -> None:
    target = Target("t", ("Gun",), ("Rifle",), descendants=True)
    query = "select label_id, display_name, role from t.target_labels order by role, label_id"
    assert ask(query, target, ontology=ONTOLOGY, train="") == rows("""
        /m/rifle Rifle ignored
        /m/gun Gun positive
        /m/salvo Salvo positive
        /m/volley Volley positive
    """)


def test_descendants_of_a_circle_end(ask) -> None:
    circle = '[{"id": "/m/gun", "name": "Gun", "child_ids": ["/m/rifle"]},'
    circle += '{"id": "/m/rifle", "name": "Rifle", "child_ids": ["/m/gun"]}]'
    query = "select label_id, descendant_id from label_descendants order by all"
    assert ask(query, ontology=circle, train="") == rows("""
        /m/gun /m/gun
        /m/gun /m/rifle
        /m/rifle /m/gun
        /m/rifle /m/rifle
    """)


def test_untargeted_descendants(ask) -> None:
    query = "select * from t.untargeted_descendants"
    given = {
        "train": """
            aaaaaaaaaaa_0 0.000 1.000 /m/volley
            aaaaaaaaaaa_0 2.000 3.000 /m/volley
            bbbbbbbbbbb_0 0.000 1.000 /m/volley
            bbbbbbbbbbb_0 0.000 1.000 /m/gun
        """,
        "balanced": """
            ccccccccccc 0.000 10.000 /m/rain,/m/volley
            ddddddddddd 0.000 10.000 /m/salvo
            eeeeeeeeeee 0.000 10.000 /m/salvo,/m/gun
        """,
        "ontology": ONTOLOGY,
    }
    assert ask(query, **given) == rows("""
        /m/volley Volley 2 1
        /m/salvo Salvo 0 1
    """)
    assert ask(query, Target("t", ("Gun",), descendants=True), **given) == ""


def test_descendants_that_no_file_names(ask) -> None:
    ontology = '[{"id": "/m/gun", "name": "Gun", "child_ids": ["/m/zzz"]}]'
    given = {"train": "aaaaaaaaaaa_0 0.000 1.000 /m/zzz", "ontology": ontology}
    assert ask("select * from t.untargeted_descendants", **given) == "/m/zzz /m/zzz 1 0"


def test_labels_are_joined_on_the_mid(ask) -> None:
    query = "select * from labels order by label_id"
    given = {
        "names": "/m/a Ducks, geese\n/m/b Strong only",
        "indices": '0,/m/c,"Weak, only"\n1,/m/a,Duck',
        "train": "",
        "balanced": "",
    }
    assert ask(query, Target("t", ("Duck",)), **given) == rows("""
        /m/a Ducks, geese Ducks, geese 1 Duck True True False None
        /m/b Strong only Strong only None None True False False None
        /m/c Weak, only Weak, only 0 Weak, only False True False None
    """)


def test_strong_label_stats(ask) -> None:
    query = """
        select
            subset, rank, label_id, display_name, event_count, duration_seconds, percentage,
            cumulative_percentage, mean_event_seconds
        from strong_label_stats
    """
    given = """
        aaaaaaaaaaa_0 0.000 3.000 /m/gun
        aaaaaaaaaaa_0 4.000 5.000 /m/gun
        aaaaaaaaaaa_0 0.000 2.000 /m/rain
        bbbbbbbbbbb_0 0.000 2.000 /m/unnamed
        bbbbbbbbbbb_0 5.000 5.000 /m/boom
    """
    framed = """
        ccccccccccc_0 0.000 0.960 /m/rain PRESENT
        ccccccccccc_0 0.960 1.920 /m/rain NOT_PRESENT
    """
    assert ask(query, train=given, framed=framed) == rows("""
        strong_eval_framed 1 /m/rain Rain 1 0.960 100.0 100.0 0.960
        strong_train 1 /m/gun Gun 2 4.000 50.0 50.0 2.000
        strong_train 2 /m/rain Rain 1 2.000 25.0 75.0 2.000
        strong_train 3 /m/unnamed /m/unnamed 1 2.000 25.0 100.0 2.000
        strong_train 4 /m/boom Boom 1 0.000 0.0 100.0 0.000
    """)


def test_weak_label_stats(ask) -> None:
    given = """
        aaaaaaaaaaa 0.000 10.000 /m/gun,/m/rain
        bbbbbbbbbbb 0.000 10.000 /m/boom
        ccccccccccc 0.000 10.000 /m/rain
    """
    assert ask("select * from weak_label_stats", balanced=given) == rows("""
        weak_balanced_train 1 /m/rain Rain 2 50.0
        weak_balanced_train 2 /m/boom Boom 1 25.0
        weak_balanced_train 3 /m/gun Gun 1 25.0
    """)


def test_dataset_counts(ask) -> None:
    query = "select * from t.subset_counts"
    given = {
        "train": """
            aaaaaaaaaaa_0 0.000 1.500 /m/gun
            aaaaaaaaaaa_0 1.000 2.000 /m/rain
            aaaaaaaaaaa_0 3.000 3.000 /m/gun
            bbbbbbbbbbb_0 0.000 2.200 /m/rain
        """,
        "weak_eval": "ccccccccccc 0.000 10.000 /m/rain",
    }
    assert ask(query, **given) == rows("""
        strong_train 2 1 1 2 1 3 0
        strong_eval 0 0 0 0 0 0 0
        strong_eval_framed 0 0 0 0 0 0 0
        weak_unbalanced_train 0 0 0 0 0 0 0
        weak_balanced_train 0 0 0 0 0 0 0
        weak_eval 0 0 0 0 0 0 1
    """)
