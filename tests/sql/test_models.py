"""The rules, each on the one model that states it: given rows, and the rows that follow."""

import itertools
import math
from pathlib import Path

import duckdb
import pytest
from support.models import a_target, lines, run_model

from audioset_duck.catalog.models import (
    CHECK_LAYERS,
    RELATION_LAYERS,
    TARGET_LAYERS,
    read_templates,
)
from audioset_duck.config.sample_options import SampleOptions
from audioset_duck.sqltext import sql_folder

EVENTS = "subset event_id clip_id start_seconds end_seconds label_id"


def events(*rows: str, columns: str = EVENTS) -> str:
    return "\n".join([columns, *rows])


@pytest.mark.parametrize(
    ("other", "is_overlapped"),
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
def test_overlap(other: str, is_overlapped: bool) -> None:
    given = events("strong_train 1 a_0 2.000 3.000 /m/gun", f"strong_train 2 a_0 {other} /m/rain")
    found = run_model(
        "target/events",
        "select event_id, is_overlapped from t.events where role = 'positive'",
        present_events=given,
        target_labels="label_id role\n/m/gun positive",
    )
    assert found == f"1 {is_overlapped}"


def roles(present_events: str, target_labels: str = "/m/gun positive") -> str:
    """What each event is to the target."""
    return run_model(
        "target/events",
        "select subset, event_id, role from t.events order by all",
        present_events=present_events,
        target_labels=f"label_id role\n{target_labels}",
    )


def test_labels_of_the_target_do_not_overlap_each_other() -> None:
    found = run_model(
        "target/events",
        "select event_id, is_overlapped from t.events order by all",
        present_events=events(
            "strong_train 1 a_0 2.000 3.000 /m/gun", "strong_train 2 a_0 2.500 3.500 /m/rifle"
        ),
        target_labels="label_id role\n/m/gun positive\n/m/rifle positive",
    )
    assert found == "1 False\n2 False"


def test_overlap_is_within_a_clip_and_a_subset() -> None:
    found = run_model(
        "target/events",
        "select event_id, is_overlapped from t.events where role = 'positive'",
        present_events=events(
            "strong_train 1 a_0 2.000 3.000 /m/gun",
            "strong_train 2 a_1000 2.000 3.000 /m/rain",
            "strong_eval 1 a_0 2.000 3.000 /m/rain",
        ),
        target_labels="label_id role\n/m/gun positive",
    )
    assert found == "1 False"


def test_an_ignored_label_overlaps_too() -> None:
    found = run_model(
        "target/events",
        "select event_id, is_overlapped from t.events",
        present_events=events(
            "strong_train 1 a_0 2.000 3.000 /m/gun", "strong_train 2 a_0 2.000 3.000 /m/boom"
        ),
        target_labels="label_id role\n/m/gun positive\n/m/boom ignored",
    )
    assert found == "1 True"


def test_strong_negatives_are_the_events_of_clips_without_target_and_ignored_labels() -> None:
    given = events(
        "strong_train 1 a_0 2.000 3.000 /m/gun",
        "strong_train 2 a_0 8.000 9.000 /m/rain",
        "strong_train 3 b_0 2.000 3.000 /m/boom",
        "strong_train 4 b_0 2.000 3.000 /m/rain",
        "strong_train 5 c_0 2.000 3.000 /m/rain",
        "strong_eval 1 b_0 2.000 3.000 /m/rain",
    )
    assert roles(given, "/m/gun positive\n/m/boom ignored") == lines("""
        strong_eval 1 strong_negative
        strong_train 1 positive
        strong_train 5 strong_negative
    """)


def test_whole_mids_are_compared() -> None:
    given = events("strong_train 1 a_0 0.000 1.000 /m/gun1", "strong_train 2 b_0 0.000 1.000 /m/gu")
    assert roles(given) == lines("""
        strong_train 1 strong_negative
        strong_train 2 strong_negative
    """)


def test_of_the_framed_subset_only_what_is_present_counts() -> None:
    found = run_model(
        "shared/present_events",
        "select subset, event_id, label_id from main.present_events order by all",
        strong_eval_framed="""
            event_id clip_id start_seconds end_seconds label_id is_present
            1 a_0 0.000 0.960 /m/gun true
            2 a_0 0.000 0.960 /m/rain false
        """,
        strong_train="event_id clip_id start_seconds end_seconds label_id\n1 b_0 0 1 /m/rain",
    )
    assert found == "strong_eval_framed 1 /m/gun\nstrong_train 1 /m/rain"


@pytest.mark.parametrize(
    ("event", "length", "expected"),
    [
        ("0.000 1.000", "1", "0.000 1.000 0"),
        (
            "2.627 7.237",
            "1",
            "2.627 3.627 0|3.627 4.627 1|4.627 5.627 2|5.627 6.627 3|6.627 7.237 4",
        ),
        ("0.000 1.300", "1", "0.000 1.000 0|0.300 1.300 1"),
        ("0.000 1.499", "1", "0.000 1.000 0|0.499 1.499 1"),
        ("0.000 1.500", "1", "0.000 1.000 0|1.000 1.500 1"),
        ("0.000 0.400", "1", "0.000 0.400 0"),
        ("5.000 5.001", "1", "5.000 5.001 0"),
        ("5.000 5.000", "1", ""),
        ("5.000 4.000", "1", ""),
        ("0.000 2.000", "1", "0.000 1.000 0|1.000 2.000 1"),
        ("1.000 1.600", "0.5", "1.000 1.500 0|1.100 1.600 1"),
        ("0.000 0.010", "0.003", "0.000 0.003 0|0.003 0.006 1|0.006 0.009 2|0.007 0.010 3"),
        ("0.000 10.000", "10", "0.000 10.000 0"),
    ],
)
def test_windows(event: str, length: str, expected: str) -> None:
    found = run_model(
        "windows/positive_windows",
        "select start_seconds, end_seconds, window_index from t.positive_windows"
        " order by window_index",
        a_target(window_seconds=length),
        events=f"role {EVENTS} is_overlapped\npositive strong_train 7 a_0 {event} /m/gun false",
    )
    assert found == expected.replace("|", "\n")


def test_a_window_names_its_event() -> None:
    found = run_model(
        "windows/strong_negative_windows",
        "select subset, event_id, clip_id, label_id, window_index"
        " from t.strong_negative_windows order by all",
        events=f"""
            role {EVENTS}
            strong_negative strong_train 3 a_0 0.000 2.000 /m/rain
            positive strong_train 4 b_0 0.000 1.000 /m/gun
        """,
    )
    assert found == "strong_train 3 a_0 /m/rain 0\nstrong_train 3 a_0 /m/rain 1"


WEAK = "subset clip_id ytid video_start_seconds video_end_seconds label_ids"


def test_weak_negatives_carry_neither_a_positive_nor_an_ignored_label() -> None:
    found = run_model(
        "target/weak_negatives",
        "select clip_id from t.weak_negatives order by all",
        target_labels="label_id role\n/m/04zjc positive\n/m/boom ignored",
        weak_clips=f"""
            {WEAK}
            weak_eval a_0 a 0 10 /m/rain,/m/04zj
            weak_eval b_0 b 0 10 /m/rain,/m/04zjc
            weak_eval c_0 c 0 10 /m/boom
            weak_balanced_train d_0 d 0 10 /m/04zjc1
        """,
    )
    assert found == "a_0\nd_0"


def test_descendants_are_positive_but_for_labels_that_are_named() -> None:
    found = run_model(
        "target/target_labels",
        "select label_id, role from t.target_labels order by all",
        a_target(("/m/gun",), ("/m/rifle",), descendants=True),
        label_descendants="""
            label_id descendant_id
            /m/gun /m/rifle
            /m/gun /m/volley
            /m/gun /m/salvo
            /m/boom /m/bang
        """,
        labels="label_id display_name\n/m/gun Gun",
    )
    assert found == lines("""
        /m/gun positive
        /m/rifle ignored
        /m/salvo positive
        /m/volley positive
    """)


def test_descendants_of_a_circle_end() -> None:
    found = run_model(
        "shared/label_descendants",
        "select label_id, descendant_id from main.label_descendants order by all",
        ontology="label_id display_name child_ids\n/m/a A /m/b\n/m/b B /m/a,/m/c",
    )
    assert found == lines("""
        /m/a /m/a
        /m/a /m/b
        /m/a /m/c
        /m/b /m/a
        /m/b /m/b
        /m/b /m/c
    """)


def labels(select: str, **given: str) -> str:
    return run_model(
        "shared/labels", f"select {select} from main.labels order by label_id", **given
    )


def test_labels_are_every_mid_that_a_source_mentions() -> None:
    found = labels(
        "label_id, display_name, is_strong, is_weak, is_in_ontology, label_index",
        strong_labels="label_id display_name\n/m/a Strong\n/m/both Name",
        weak_labels="weak_index label_id weak_display_name\n0 /m/both Other\n1 /m/weak Weak",
        ontology="label_id display_name child_ids\n/m/class Class /m/child",
        present_events=events("strong_train 1 a_0 0 1 /m/event", "strong_train 2 a_0 0 1 /m/a"),
        framed_events="label_id is_present\n/m/absent false",
        weak_clips=f"{WEAK}\nweak_eval a_0 a 0 10 /m/clip,/m/both",
    )
    assert found == lines("""
        /m/a Strong True False False 0
        /m/absent /m/absent False False False -
        /m/both Name True True False 1
        /m/child /m/child False False False -
        /m/class Class False False True -
        /m/clip /m/clip False False False 2
        /m/event /m/event False False False 3
        /m/weak Weak False True False -
    """)


def test_a_title_is_unique_whatever_the_names() -> None:
    found = labels(
        "label_id, title",
        strong_labels="""
            label_id display_name
            /m/1 Siren
            /m/2 Siren
            /m/3 Rain
            /m/4 /m/3
            /m/5 /m/5
        """,
    )
    assert found == lines("""
        /m/1 Siren /m/1
        /m/2 Siren /m/2
        /m/3 Rain
        /m/4 /m/3 /m/4
        /m/5 /m/5
    """)


def test_a_label_that_a_file_lists_twice_is_one_label() -> None:
    found = labels(
        "label_id, display_name, weak_index, weak_display_name",
        strong_labels="label_id display_name\n/m/1 B\n/m/1 A",
        weak_labels="weak_index label_id weak_display_name\n7 /m/1 Seven\n3 /m/1 Three",
    )
    assert found == "/m/1 A 3 Three"


def kept(weak_clips: str, positive_events: str = "clip_id\n-", **options: object) -> str:
    """The clips that head trimming keeps of weak negatives."""
    return run_model(
        "samples/kept_weak_negatives",
        "select clip_id from t.kept_weak_negatives order by all",
        sample_options=SampleOptions(**options),
        weak_negatives=weak_clips,
        weak_clips=weak_clips,
        positive_events=positive_events,
    )


HEAD = f"""
    {WEAK}
    weak_unbalanced_train a_0 a 0 10 /m/09x0r
    weak_unbalanced_train b_0 b 0 10 /m/09x0r,/m/rain
    weak_unbalanced_train c_0 c 0 10 /m/rain
    weak_balanced_train d_0 d 0 10 /m/09x0r
    weak_eval e_0 e 0 10 /m/04rlf
"""


@pytest.mark.parametrize(
    ("share", "expected"), [("0", "c_0 d_0 e_0"), ("1", "a_0 b_0 c_0 d_0 e_0")]
)
def test_head_trimming_is_of_unbalanced_clips_with_a_head_label(share: str, expected: str) -> None:
    found = kept(HEAD, head_keep_frac=share, completion_rare_cutoff=0)
    assert found.split() == expected.split()


def test_a_clip_with_a_rare_label_is_always_kept() -> None:
    """Rain is on two clips of the unbalanced subset, Speech on two."""
    assert kept(HEAD, head_keep_frac="0", completion_rare_cutoff=3).split() == [
        "a_0",
        "b_0",
        "c_0",
        "d_0",
        "e_0",
    ]
    assert kept(HEAD, head_keep_frac="0", completion_rare_cutoff=2).split() == ["c_0", "d_0", "e_0"]


def test_a_weak_clip_whose_strong_labels_contain_the_target_is_no_negative() -> None:
    found = kept(HEAD, "clip_id\nc_0\ne_0", head_keep_frac="1")
    assert found.split() == ["a_0", "b_0", "d_0"]


def sample_clips(select: str, **given: str) -> str:
    return run_model(
        "samples/sample_clips",
        f"select {select} from t.sample_clips order by clip_number",
        event_window_counts="""
            role subset event_id clip_id window_count
            positive strong_train 1 aaaaaaaaaaa_0 2
            positive strong_train 2 aaaaaaaaaaa_0 0
            strong_negative strong_eval 1 bbbbbbbbbbb_0 3
        """,
        kept_weak_negatives=f"{WEAK}\nweak_balanced_train ccccccccccc_0 ccccccccccc 0 8 /m/rain",
        **given,
    )


def test_without_an_inventory_all_clips_are_kept() -> None:
    found = sample_clips("role, split, clip_id, sample_count, first_sample_id, audio_path, seconds")
    assert found == lines("""
        positive train aaaaaaaaaaa_0 2 0 - -
        weak_negative train ccccccccccc_0 1 2 - 8.000
        strong_negative eval bbbbbbbbbbb_0 3 3 - -
    """)


def test_clips_without_audio_give_no_samples_and_say_why() -> None:
    found = sample_clips(
        "clip_id, first_sample_id, missing_audio, audio_path, seconds",
        audio_files="""
            ytid audio_path status duration_seconds
            aaaaaaaaaaa /audio/a.wav ok 9.500
            bbbbbbbbbbb - silent -
        """,
    )
    assert found == lines("""
        aaaaaaaaaaa_0 0 - /audio/a.wav 9.500
        ccccccccccc_0 1 not_found - 8.000
        bbbbbbbbbbb_0 -1 silent - -
    """)


def test_weights_are_square_roots_and_tier_a_covers_four_fifths() -> None:
    members = {"/m/a": 64, "/m/b": 16, "/m/d": 11, "/m/c": 9}
    rows = [f"strong_negative {label}" for label, count in members.items() for _ in range(count)]
    found = run_model(
        "samples/label_pools",
        "select label_id, sample_count, round(weight, 4), tier from t.label_pools"
        " order by sample_count desc",
        pool_members="\n".join(["pool label_id", *rows]),
    )
    roots = sum(math.sqrt(count) for count in members.values())
    tiers = ["A", "A", "B", "B"]  # 64 and 16 of 100 are four fifths
    assert found == "\n".join(
        f"{label} {count} {math.sqrt(count) / roots:.4f} {tier}"
        for (label, count), tier in zip(members.items(), tiers, strict=True)
    )


@pytest.mark.parametrize(
    ("batch_size", "expected"),
    [
        (32, {"positive": 8, "tier_a": 3, "completion": 1, "hard": 4, "weak": 16}),
        (16, {"positive": 4, "tier_a": 1, "completion": 1, "hard": 2, "weak": 8}),
        (4, {"positive": 1, "hard": 1, "weak": 2}),
        (3, {"weak": 3}),
    ],
)
def test_a_batch_has_its_shares(batch_size: int, expected: dict[str, int]) -> None:
    found = run_model(
        "epoch/batch_slots",
        f"select draw, count(*), min(slot), max(slot) from t.batch_slots({batch_size})"
        " group by draw order by min(slot)",
    )
    first, rows = 0, []
    for draw, count in expected.items():
        rows.append(f"{draw} {count} {first} {first + count - 1}")
        first += count
    assert found == "\n".join(rows)


def listed(comment: str, title: str) -> list[str]:
    """The names of a list in a comment."""
    _, _, rest = comment.partition(f"\n{title}:\n")
    items = itertools.takewhile(lambda line: line.startswith("  "), rest.splitlines())
    return [item.split(":")[0].strip() for item in items]


def test_table_functions_explain_their_parameters_and_columns(demo_catalog: Path) -> None:
    with duckdb.connect(str(demo_catalog), read_only=True) as connection:
        functions = connection.execute("""
            select schema_name, function_name, parameters, comment
            from duckdb_functions()
            where schema_name in ('main', 'gun') and function_type = 'table_macro' and not internal
        """).fetchall()
        assert len(functions) > 10
        for schema, name, parameters, comment in functions:
            values = {"batch_size": "32", "seed": "0", "epoch": "0", "search": "'dog'"}
            call = ", ".join(
                f"{parameter} := {values[parameter]}"
                for parameter in parameters
                if parameter in values
            )
            columns = connection.execute(
                f"select column_name from (describe from {schema}.{name}({call}))"
            ).fetchall()
            assert listed(comment, "Parameters") == parameters, name
            assert listed(comment, "Columns") == [column for (column,) in columns], name


def test_everything_is_explained(demo_catalog: Path) -> None:
    with duckdb.connect(str(demo_catalog), read_only=True) as connection:
        unexplained = connection.execute("""
            with things as (
                select schema_name, table_name as name, comment from duckdb_tables()
                where database_name = current_database()
                union all
                select schema_name, view_name, comment from duckdb_views()
                where database_name = current_database() and not internal
                union all
                select schema_name, function_name, comment from duckdb_functions()
                where database_name = current_database() and not internal
                union all
                select schema_name, table_name || '.' || column_name, comment
                from duckdb_columns()
                where
                    database_name = current_database()
                    and not internal
                    and schema_name <> 'staging'
            )

            select schema_name, name from things where coalesce(comment, '') = ''
        """).fetchall()
    assert unexplained == []


def test_a_layer_reads_only_from_itself_and_from_layers_before_it() -> None:
    templates = read_templates(sql_folder())
    assert len(templates) > 60
    for template in templates:
        for key in template.refs.values():
            read = key.rpartition("/")[0]
            if template.layer in CHECK_LAYERS:
                assert read in RELATION_LAYERS, (template.name, key)
            else:
                assert RELATION_LAYERS.index(read) <= RELATION_LAYERS.index(template.layer)
        # What all targets share must not depend on one of them.
        if not template.is_of_target:
            assert not any(
                key.rpartition("/")[0] in TARGET_LAYERS for key in template.refs.values()
            )
