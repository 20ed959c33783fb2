"""The rules, each on the one model that states it: given rows, and the rows that follow."""

import hashlib
import itertools
import math
import random
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from support.models import a_target, lines, run_model

from audioset_duck.catalog.models import (
    CHECK_LAYERS,
    RELATION_LAYERS,
    SCORE_LAYERS,
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
        "select subset, event_id, label_id from internal.present_events order by all",
        strong_eval_framed="""
            event_id clip_id start_seconds end_seconds label_id is_present
            1 a_0 0.000 0.960 /m/gun true
            2 a_0 0.000 0.960 /m/rain false
        """,
        strong_train="event_id clip_id start_seconds end_seconds label_id\n1 b_0 0 1 /m/rain",
    )
    assert found == "strong_eval_framed 1 /m/gun\nstrong_train 1 /m/rain"


def test_events_that_overlap_or_touch_are_one_span() -> None:
    found = run_model(
        "target/active_spans",
        "from t.active_spans order by all",
        positive_events="""
            subset event_id clip_id start_seconds end_seconds
            strong_eval 1 a_0 5.000 6.000
            strong_eval 2 a_0 0.000 4.000
            strong_eval 3 a_0 1.000 2.000
            strong_eval 4 a_0 4.000 4.500
            strong_eval 5 a_0 4.501 5.000
            strong_eval 6 a_0 7.000 7.000
            strong_eval 7 b_0 0.000 1.000
            strong_train 8 b_0 0.500 2.000
        """,
    )
    assert found == lines("""
        strong_eval a_0 0 0.000 4.500
        strong_eval a_0 1 4.501 6.000
        strong_eval b_0 0 0.000 1.000
        strong_train b_0 0 0.500 2.000
    """)


# The models that cut windows: the query, and what they are given of one event.
WINDOW_MODELS = {
    "target/positive_windows": (
        "select start_seconds, end_seconds, window_index from t.positive_windows"
        " order by window_index",
        ("events",),
    ),
    "windows/strong_windows": (
        "select main.seconds(start_ms), main.seconds(end_ms), window_index"
        " from internal_{window_ms}ms.strong_windows order by window_index",
        ("present_events",),
    ),
    "samples/positive_samples": (
        "select main.seconds(start_ms), main.seconds(end_ms), window_index"
        " from t.positive_samples order by window_index",
        ("present_events", "positive_events"),
    ),
}


@pytest.mark.parametrize("model", WINDOW_MODELS)
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
def test_windows(model: str, event: str, length: str, expected: str) -> None:
    query, relations = WINDOW_MODELS[model]
    row = f"strong_train 7 aaaaaaaaaaa_0 {event} /m/gun"
    rows = {
        "events": f"role {EVENTS} is_overlapped\npositive {row} false",
        "present_events": events(row),
        "positive_events": events(f"{row} false", columns=f"{EVENTS} is_overlapped"),
    }
    found = run_model(
        model,
        query.format(window_ms=int(float(length) * 1000)),
        a_target(window_seconds=length),
        **{relation: rows[relation] for relation in relations},
    )
    assert found == expected.replace("|", "\n")


def test_a_window_names_its_event() -> None:
    found = run_model(
        "target/strong_negative_windows",
        "select subset, event_id, clip_id, label_id, window_index"
        " from t.strong_negative_windows order by all",
        events=f"""
            role {EVENTS}
            strong_negative strong_train 3 a_0 0.000 2.000 /m/rain
            positive strong_train 4 b_0 0.000 1.000 /m/gun
        """,
    )
    assert found == "strong_train 3 a_0 /m/rain 0\nstrong_train 3 a_0 /m/rain 1"


WEAK = "clip_number subset ytid video_start_seconds video_end_seconds label_ids"


def test_weak_negatives_carry_neither_a_positive_nor_an_ignored_label() -> None:
    found = run_model(
        "target/weak_negatives",
        "select clip_id from t.weak_negatives order by all",
        target_labels="label_id role\n/m/04zjc positive\n/m/boom ignored",
        numbered_weak_clips=f"""
            {WEAK}
            0 weak_eval a 0 10 /m/rain,/m/04zj
            1 weak_eval b 0 10 /m/rain,/m/04zjc
            2 weak_eval c 0 10 /m/boom
            3 weak_balanced_train d 30 40 /m/04zjc1
        """,
    )
    assert found == "a_0\nd_30000"


def test_weak_positives_carry_a_positive_and_no_ignored_label() -> None:
    found = run_model(
        "target/weak_positives",
        "select subset, clip_id from t.weak_positives order by all",
        present_events=events("strong_train 1 ddddddddddd_0 0.000 1.000 /m/gun"),
        target_labels="label_id role\n/m/gun positive\n/m/boom ignored",
        numbered_weak_clips=f"""
            {WEAK}
            0 weak_eval a 0 10 /m/rain,/m/gun
            1 weak_eval b 0 10 /m/gun,/m/boom
            2 weak_eval c 0 10 /m/gun1
            3 weak_balanced_train ddddddddddd 0 10 /m/rain
            4 weak_balanced_train e 0 10 /m/gun
        """,
    )
    assert found == "weak_balanced_train e_0\nweak_eval a_0"


EXCLUDED = {
    "present_events": events(
        "strong_train 1 ggggggggggg_0 2.000 3.000 /m/gun",
        "strong_train 2 ggggggggggg_0 4.000 5.000 /m/rain",
        "strong_train 3 bbbbbbbbbbb_0 2.000 3.000 /m/gun",
        "strong_train 4 bbbbbbbbbbb_0 2.000 3.000 /m/boom",
        "strong_train 5 rrrrrrrrrrr_0 2.000 3.000 /m/rain",
        "strong_eval 1 ooooooooooo_0 2.000 3.000 /m/boom",
        "strong_eval 2 ggggggggggg_30000 2.000 3.000 /m/rain",
        "strong_eval_framed 1 fffffffffff_0 0.000 0.960 /m/gun",
    ),
    "target_labels": "label_id role\n/m/gun positive\n/m/boom ignored",
    "numbered_weak_clips": f"""
        {WEAK}
        0 weak_unbalanced_train aaaaaaaaaaa 0 10 /m/gun,/m/rain
        1 weak_unbalanced_train bbbbbbbbbbb 0 10 /m/rain
        2 weak_unbalanced_train ooooooooooo 0 10 /m/rain
        3 weak_unbalanced_train ggggggggggg 30 40 /m/rain
        4 weak_unbalanced_train ggggggggggg 0 10 /m/gun
        5 weak_balanced_train ccccccccccc 0 10 /m/boom,/m/gun
        6 weak_balanced_train ggggggggggg 0 10 /m/boom
        7 weak_eval ggggggggggg 0 10 /m/rain
        8 weak_eval fffffffffff 0 10 /m/rain
        9 weak_eval rrrrrrrrrrr 0 10 /m/gu,/m/boomx
    """,
}


def test_a_clip_that_is_not_a_negative_has_one_reason() -> None:
    """Clips are numbered weak ones first, then by subset and clip_id from 10."""
    found = run_model(
        "target/excluded_clips",
        "select clip_number, reason from t.excluded_clips order by all",
        **EXCLUDED,
    )
    assert found == lines("""
        0 positive_label
        1 strong_positive
        4 positive_label
        5 ignored_label
        6 ignored_label
        7 strong_positive
        8 strong_positive
        10 ignored_label
        11 positive_label
        14 ignored_label
        15 positive_label
    """)


def test_a_target_label_that_no_source_mentions_excludes_nothing() -> None:
    found = run_model(
        "target/excluded_clips",
        "select clip_number, reason from t.excluded_clips order by all",
        **EXCLUDED | {"target_labels": "label_id role\n/m/new positive\n/m/nobody ignored"},
    )
    assert found == ""


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
        numbered_weak_clips=f"{WEAK}\n0 weak_eval a 0 10 /m/clip,/m/both",
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


def test_weak_clips_are_numbered_in_the_order_of_the_files() -> None:
    rows = "ytid video_start_seconds video_end_seconds label_ids"
    found = run_model(
        "shared/numbered_weak_clips",
        "select clip_number, subset, ytid from internal.numbered_weak_clips order by all",
        weak_unbalanced_train=f"{rows}\nc 0 10 /m/rain\nb 0 10 /m/rain",
        weak_balanced_train=f"{rows}\na 0 10 /m/rain",
        weak_eval=f"{rows}\nd 0 10 /m/rain\ne 0 10 /m/rain",
    )
    assert found == lines("""
        0 weak_unbalanced_train c
        1 weak_unbalanced_train b
        2 weak_balanced_train a
        3 weak_eval d
        4 weak_eval e
    """)


def test_strong_clips_are_numbered_after_weak_clips() -> None:
    found = run_model(
        "shared/strong_clips",
        "select clip_number, subset, clip_id, list_transform(events, lambda event: event.event_id),"
        " list_transform(events, lambda event: event.start_ms) from internal.strong_clips"
        " order by clip_number",
        numbered_weak_clips=f"{WEAK}\n0 weak_eval a 0 10 /m/rain\n1 weak_eval b 0 10 /m/rain",
        present_events=events(
            "strong_eval_framed 1 a_0 0.000 0.960 /m/rain",
            "strong_eval 1 a_0 0.000 1.000 /m/rain",
            "strong_train 3 b_0 0.001 1.000 /m/rain",
            "strong_train 2 c_0 0.000 1.000 /m/rain",
            "strong_train 1 b_0 9.999 10.000 /m/gun",
        ),
    )
    assert found == lines("""
        2 strong_train b_0 1,3 9999,1
        3 strong_train c_0 2 0
        4 strong_eval a_0 1 0
        5 strong_eval_framed a_0 1 0
    """)


def weak_samples(weak_clips: str, audio_files: str = "ytid", **options: object) -> list[str]:
    """The weak clips, each with the reason why it is a negative of no target, or `-`."""
    found = run_model(
        "pools/weak_samples",
        "select ytid, weak_samples.reason from internal.weak_samples"
        " inner join internal.numbered_weak_clips using (clip_number) order by clip_number",
        sample_options=SampleOptions(**options),
        numbered_weak_clips=weak_clips,
        audio_files=audio_files,
    )
    return found.splitlines()


def kept(weak_clips: str, **options: object) -> list[str]:
    """The weak clips that head trimming keeps."""
    rows = weak_samples(weak_clips, **options)
    assert {row.split()[1] for row in rows} <= {"-", "head_trimming"}
    return [row.split()[0] for row in rows if row.endswith(" -")]


HEAD = f"""
    {WEAK}
    0 weak_unbalanced_train a 0 10 /m/09x0r
    1 weak_unbalanced_train b 0 10 /m/09x0r,/m/rain
    2 weak_unbalanced_train c 0 10 /m/rain
    3 weak_balanced_train d 0 10 /m/09x0r
    4 weak_eval e 0 10 /m/04rlf
"""


@pytest.mark.parametrize(("share", "expected"), [("0", "c d e"), ("1", "a b c d e")])
def test_head_trimming_is_of_unbalanced_clips_with_a_head_label(share: str, expected: str) -> None:
    assert kept(HEAD, head_keep_frac=share, completion_rare_cutoff=0) == expected.split()


def test_a_clip_with_a_rare_label_is_always_kept() -> None:
    """Rain is on two clips of the unbalanced subset, Speech on two."""
    assert kept(HEAD, head_keep_frac="0", completion_rare_cutoff=3) == ["a", "b", "c", "d", "e"]
    assert kept(HEAD, head_keep_frac="0", completion_rare_cutoff=2) == ["c", "d", "e"]


def test_rare_labels_are_counted_in_the_unbalanced_subset_only() -> None:
    others = "\n".join(f"{5 + n} weak_balanced_train x{n} 0 10 /m/hiss" for n in range(9))
    clips = f"{HEAD.rstrip()}\n14 weak_unbalanced_train f 0 10 /m/09x0r,/m/hiss\n{others}"
    assert "f" in kept(clips, head_keep_frac="0", completion_rare_cutoff=2)


def test_other_head_labels_can_be_trimmed() -> None:
    options = {"head_keep_frac": "0", "completion_rare_cutoff": 0}
    assert kept(HEAD, head_labels=("/m/rain",), **options) == ["a", "d", "e"]
    assert kept(HEAD, head_labels=(), **options) == ["a", "b", "c", "d", "e"]


def uniform(seed: int, stream: str, item: str) -> float:
    """The upper 53 bits of an MD5 sum, read with its last byte first, as a number in [0, 1)."""
    digest = hashlib.md5(f"{seed}:{stream}:{item}".encode(), usedforsecurity=False)
    return (int.from_bytes(digest.digest(), "little") >> 75) / 2**53


@pytest.mark.parametrize("seed", [0, 1])
def test_head_trimming_is_by_a_hash_of_clip_and_seed(seed: int) -> None:
    rows = [f"{n} weak_unbalanced_train y{n} {n} {n + 10} /m/09x0r" for n in range(60)]
    found = kept("\n".join([WEAK, *rows]), seed=seed, head_keep_frac="0.3")
    assert found == [f"y{n}" for n in range(60) if uniform(seed, "head", f"y{n}_{n}000") < 0.3]


AUDIO = "ytid audio_path status duration_seconds"


def test_weak_clips_without_audio_say_why() -> None:
    """A clip that is trimmed is trimmed whatever its audio."""
    found = weak_samples(
        HEAD,
        f"{AUDIO}\nd - silent -\ne /e.wav ok 9.500\na - corrupted -",
        head_keep_frac="0",
        completion_rare_cutoff=0,
    )
    assert (
        found
        == lines("""
        a head_trimming
        b head_trimming
        c audio_not_found
        d audio_silent
        e -
    """).splitlines()
    )


def test_a_weak_sample_is_as_long_as_its_audio_or_else_as_its_clip() -> None:
    query = "select clip_number, subset, seconds from internal.weak_samples order by all"
    clips = f"{WEAK}\n0 weak_balanced_train a 30 38 /m/rain\n1 weak_eval b 0 10 /m/rain"
    found = run_model("pools/weak_samples", query, numbered_weak_clips=clips)
    assert found == "0 weak_balanced_train 8.000\n1 weak_eval 10.000"
    audio = f"{AUDIO}\na /a.wav ok 7.250\nb /b.wav ok -"
    found = run_model("pools/weak_samples", query, numbered_weak_clips=clips, audio_files=audio)
    assert found == "0 weak_balanced_train 7.250\n1 weak_eval 10.000"


@pytest.mark.parametrize(
    ("seconds", "kept"),
    [("2.499", "0 1"), ("2.500", "0 1 2"), ("-", "0 1 2 3"), ("3.300", "0 1 2 3")],
)
def test_windows_need_half_of_their_length_within_the_audio(seconds: str, kept: str) -> None:
    """The windows of 3.6 s are of a second each, the last one of 0.6 s."""
    given = {
        "present_events": events("strong_train 1 aaaaaaaaaaa_0 0.000 3.600 /m/rain"),
        "audio_files": f"{AUDIO}\naaaaaaaaaaa /a.wav ok {seconds}",
    }
    windows = run_model(
        "windows/strong_windows",
        "select window_index from internal_1000ms.strong_windows order by all",
        **given,
    )
    assert windows == "\n".join(kept.split())
    counts = run_model(
        "samples/sample_clips",
        "select sample_count, reason from t.sample_clips where role = 'strong_negative'"
        " order by all",
        **given,
    )
    lost = 4 - len(kept.split())
    assert counts == "\n".join([*([f"{lost} beyond_audio"] if lost else []), f"{4 - lost} -"])


def test_a_clip_has_the_audio_of_its_video() -> None:
    found = run_model(
        "pools/clip_audio",
        "select clip_number, audio_path, audio_seconds, reason from internal.clip_audio"
        " order by clip_number",
        numbered_weak_clips=f"""
            {WEAK}
            0 weak_eval aaaaaaaaaaa 0 10 /m/rain
            1 weak_eval bbbbbbbbbbb 0 10 /m/rain
            2 weak_eval ccccccccccc 0 10 /m/rain
            3 weak_eval ddddddddddd 0 10 /m/rain
        """,
        present_events=events(
            "strong_train 1 aaaaaaaaaaa_5000 0.000 1.000 /m/rain",
            "strong_train 2 eeeeeeeeeee_0 0.000 1.000 /m/rain",
        ),
        audio_files=f"""
            {AUDIO}
            aaaaaaaaaaa /2.wav ok 9.900
            aaaaaaaaaaa /1.wav ok 10.200
            aaaaaaaaaaa /3.wav ok 9.900
            aaaaaaaaaaa - silent -
            bbbbbbbbbbb - silent -
            bbbbbbbbbbb - corrupted -
            ddddddddddd /d.wav ok -
        """,
    )
    assert found == lines("""
        0 /2.wav 9.900 -
        1 - - audio_corrupted
        2 - - audio_not_found
        3 /d.wav - -
        4 /2.wav 9.900 -
        5 - - audio_not_found
    """)


def test_without_an_inventory_no_clip_has_a_row_of_audio() -> None:
    found = run_model(
        "pools/clip_audio",
        "from internal.clip_audio",
        numbered_weak_clips=f"{WEAK}\n0 weak_eval aaaaaaaaaaa 0 10 /m/rain",
        present_events=events("strong_train 1 aaaaaaaaaaa_5000 0.000 1.000 /m/rain"),
    )
    assert found == ""


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        ("1", "2 2 3 2,4|3 5 0 5|4 5 2 5,5,6"),
        ("0.4", "2 2 7 2,6|3 9 0 9|4 9 4 9,9,10"),
        ("10", "2 2 2 2,3|3 4 0 4|4 4 2 4,4,5"),
    ],
)
def test_windows_are_numbered_after_weak_clips_clip_by_clip(length: str, expected: str) -> None:
    found = run_model(
        "windows/clip_windows",
        "select clip_number, first_sample_id, window_count, first_sample_ids"
        f" from internal_{int(float(length) * 1000)}ms.clip_windows order by clip_number",
        a_target(window_seconds=length),
        numbered_weak_clips=f"{WEAK}\n0 weak_eval a 0 10 /m/rain\n1 weak_eval b 0 10 /m/rain",
        present_events=events(
            "strong_eval 9 a_0 0.000 0.400 /m/rain",
            "strong_eval 8 a_0 5.000 5.000 /m/gun",
            "strong_eval 10 a_0 5.000 5.900 /m/gun",
            "strong_train 8 z_0 3.000 3.000 /m/rain",
            "strong_train 2 c_0 0.000 1.600 /m/rain",
            "strong_train 5 c_0 0.000 1.000 /m/rain",
        ),
    )
    assert found == expected.replace("|", "\n")


WINDOWED = events(
    "strong_train 1 aaaaaaaaaaa_0 0.000 1.500 /m/gun",
    "strong_train 2 aaaaaaaaaaa_0 1.200 1.300 /m/rain",
    "strong_train 3 bbbbbbbbbbb_0 0.000 3.000 /m/rain",
    "strong_eval 1 ccccccccccc_0 0.000 1.000 /m/rain",
)


def test_windows_have_the_same_numbers_for_all_targets() -> None:
    """Those of clips without audio are left out, and the others keep their numbers."""
    query = (
        "select sample_id, clip_number, event_id, window_index, start_ms, end_ms, audio_path"
        " from internal_1000ms.strong_windows order by all"
    )
    found = run_model("windows/strong_windows", query, present_events=WINDOWED)
    assert found == lines("""
        0 0 1 0 0 1000 -
        1 0 1 1 1000 1500 -
        2 0 2 0 1200 1300 -
        3 1 3 0 0 1000 -
        4 1 3 1 1000 2000 -
        5 1 3 2 2000 3000 -
        6 2 1 0 0 1000 -
    """)
    found = run_model(
        "windows/strong_windows",
        query,
        present_events=WINDOWED,
        audio_files=f"{AUDIO}\naaaaaaaaaaa - silent -\nccccccccccc /c.wav ok 10.000\n"
        "bbbbbbbbbbb /b.wav ok 10.000",
    )
    assert found == lines("""
        3 1 3 0 0 1000 /b.wav
        4 1 3 1 1000 2000 /b.wav
        5 1 3 2 2000 3000 /b.wav
        6 2 1 0 0 1000 /c.wav
    """)


def shuffle_key(sample_key: str) -> int:
    """The upper 32 bits of an MD5 sum, read with its last byte first."""
    digest = hashlib.md5(sample_key.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest, "little") >> 96


def in_pool_order(members: Iterable[tuple[int, str, int]]) -> str:
    """Place, column of the label, slice and sample of members (label_index, key, sample_id)."""
    order = sorted((label, shuffle_key(key), sample) for label, key, sample in members)
    return "\n".join(
        f"{place} {label} {key >> 22} {sample}" for place, (label, key, sample) in enumerate(order)
    )


def test_windows_of_strong_train_are_members_under_the_label_of_their_event() -> None:
    """The labels are /m/gun, /m/rain: columns 0 and 1."""
    found = run_model(
        "windows/strong_members",
        "select place, label_index, slice, sample_id from internal_1000ms.strong_members"
        " order by place",
        present_events=WINDOWED,
    )
    keys = ["aaaaaaaaaaa_0/1.0", "aaaaaaaaaaa_0/1.1", "aaaaaaaaaaa_0/2.0"]
    keys += ["bbbbbbbbbbb_0/3.0", "bbbbbbbbbbb_0/3.1", "bbbbbbbbbbb_0/3.2"]
    assert found == in_pool_order(
        (int(number > 1), f"strong_train/{key}", number) for number, key in enumerate(keys)
    )


def test_weak_train_clips_are_members_under_each_of_their_labels() -> None:
    """The labels are /m/hiss, /m/rain, /m/snow: columns 0, 1 and 2."""
    found = run_model(
        "pools/weak_members",
        "select place, label_index, slice, sample_id from internal.weak_members order by place",
        numbered_weak_clips=f"""
            {WEAK}
            0 weak_unbalanced_train a 0 10 /m/rain,/m/hiss
            1 weak_unbalanced_train b 0 10 /m/snow
            2 weak_unbalanced_train c 30 40 /m/rain
            3 weak_balanced_train a 0 10 /m/snow,/m/rain
            4 weak_eval d 0 10 /m/rain
        """,
        weak_samples="""
            clip_number subset seconds reason
            0 weak_unbalanced_train 10 -
            1 weak_unbalanced_train 10 head_trimming
            2 weak_unbalanced_train 10 -
            3 weak_balanced_train 10 -
            4 weak_eval 10 -
        """,
    )
    assert found == in_pool_order(
        [
            (0, "weak_unbalanced_train/a_0", 0),
            (1, "weak_unbalanced_train/a_0", 0),
            (1, "weak_unbalanced_train/c_30000", 2),
            (1, "weak_balanced_train/a_0", 3),
            (2, "weak_balanced_train/a_0", 3),
        ]
    )


class Pools:
    """Random pools, as a target finds them, and what it leaves of them, in plain Python.

    Samples 0 to 29 are weak clips. The windows of clips 30 to 59 are the samples from 30 on.
    """

    def __init__(self, seed: int, excluded_share: float) -> None:
        draw = random.Random(seed)
        counts = [draw.randrange(5) for _ in range(30)]
        ends = list(itertools.accumulate(counts, initial=30))
        windows = [range(*ends[place : place + 2]) for place in range(30)]
        # Of strong clips: number, first sample, number of samples.
        self.clips = list(zip(range(30, 60), ends[:-1], counts, strict=True))
        self.reasons = {
            clip: draw.choice(["positive_label", "ignored_label", "strong_positive"])
            for clip in range(60)
            if draw.random() < excluded_share
        }
        slices = [draw.choice([0, 1, 511, 512, 1023]) for _ in range(ends[-1])]
        weak = [
            (label, slices[clip], clip)
            for clip in range(30)
            for label in draw.sample(range(6), draw.randint(1, 3))
        ]
        strong = [(draw.randrange(6), slices[sample], sample) for sample in range(30, ends[-1])]
        # Pool: members (place, column of the label, slice, sample) in their order.
        self.members = {
            pool: [(place, *member) for place, member in enumerate(sorted(members))]
            for pool, members in (("strong_negative", strong), ("weak_negative", weak))
        }
        self.excluded_by = {clip: clip for clip in range(30)} | {
            sample: number
            for (number, *_), samples in zip(self.clips, windows, strict=True)
            for sample in samples
        }
        self.left = {
            pool: [row for row in rows if self.excluded_by[row[3]] not in self.reasons]
            for pool, rows in self.members.items()
        }

    def run(self, model: str, query: str, cutoff: int = 10) -> list[str]:
        """Run a model of the folder samples/ over these pools."""
        options = SampleOptions(completion_rare_cutoff=cutoff)
        columns = "place label_index slice sample_id"
        given = {
            "excluded_clips": text("clip_number reason", self.reasons.items()),
            "clip_windows": text("clip_number first_sample_id window_count", self.clips),
            "strong_members": text(columns, self.members["strong_negative"]),
            "weak_members": text(columns, self.members["weak_negative"]),
            "mask_labels": text("label_id label_index", ((f"/m/{n}", n) for n in range(6))),
        }
        if model not in ("pool_members", "label_pools"):
            del given["mask_labels"]
        return run_model(f"samples/{model}", query, sample_options=options, **given).splitlines()

    def rare_labels(self, pool: str, cutoff: int) -> set[int]:
        counts = Counter(label for _, label, _, _ in self.left[pool])
        return {label for label in range(6) if counts[label] < cutoff}


def text(columns: str, rows: Iterable[Iterable[object]]) -> str:
    return "\n".join([columns, *(" ".join(map(str, row)) for row in rows)])


@pytest.fixture(params=[(0, 0.2), (1, 0.5), (2, 0.9), (3, 0.0), (4, 1.0)], ids=str)
def pools(request: pytest.FixtureRequest) -> Pools:
    return Pools(*request.param)


def test_members_from_excluded_clips_are_holes(pools: Pools) -> None:
    found = pools.run(
        "excluded_members",
        "select pool, hole_number, place, label_index, slice, reason from t.excluded_members"
        " order by pool, place",
    )
    expected = []
    for pool, members in pools.members.items():
        holes = [row for row in members if pools.excluded_by[row[3]] in pools.reasons]
        for number, (place, label, slice_, sample) in enumerate(holes):
            reason = pools.reasons[pools.excluded_by[sample]]
            expected.append(f"{pool} {number} {place} {label} {slice_} {reason}")
    assert found == expected


def test_member_k_is_at_place_k_plus_its_shift(pools: Pools) -> None:
    found = pools.run(
        "member_shifts", "select pool, first_member_id, shift from t.member_shifts order by all"
    )
    steps = {pool: [(0, 0)] for pool in pools.members}
    for row in found:
        pool, first, shift = row.split()
        assert (int(first), int(shift)) > steps[pool][-1]
        steps[pool].append((int(first), int(shift)))
    for pool, left in pools.left.items():
        places = [
            member + max(step for step in steps[pool] if step[0] <= member)[1]
            for member in range(len(left))
        ]
        assert places == [place for place, *_ in left]


def test_slices_are_counted_without_the_holes(pools: Pools) -> None:
    found = pools.run(
        "left_members",
        "select pool, label_index, on_rank, member_count from t.left_members(1024) order by all",
    )
    expected = []
    for pool, members in pools.members.items():
        left = Counter(row[1:3] for row in pools.left[pool])
        expected += [
            f"{pool} {label} {slice_} {left[label, slice_]}"
            for label, slice_ in sorted({row[1:3] for row in members})
        ]
    assert found == expected


@pytest.mark.parametrize("cutoff", [0, 5, 9, 1000])
def test_samples_with_a_rare_label_share_one_entry(pools: Pools, cutoff: int) -> None:
    """Each of them is in it once, in the order of the slices."""
    found = pools.run(
        "rare_members",
        "select pool, member_id, slice, sample_id from t.rare_members order by pool, member_id",
        cutoff,
    )
    expected = []
    for pool, left in pools.left.items():
        rare = pools.rare_labels(pool, cutoff)
        rows = sorted({row[2:] for row in left if row[1] in rare})
        expected += [f"{pool} {n} {slice_} {sample}" for n, (slice_, sample) in enumerate(rows)]
    assert found == expected


@pytest.mark.parametrize("cutoff", [0, 5])
def test_a_pool_has_the_members_that_are_left(pools: Pools, cutoff: int) -> None:
    """Member k is the k-th that is left, as in member_shifts; those of rare labels are apart."""
    query = "select pool, label_id, member_id, sample_id from t.pool_members order by all"
    expected = []
    for pool, left in pools.left.items():
        rare = pools.rare_labels(pool, cutoff)
        expected += [
            f"{pool} /m/{label} {number} {sample}"
            for number, (_, label, _, sample) in enumerate(left)
            if label not in rare
        ]
        rows = sorted({row[2:] for row in left if row[1] in rare})
        expected += [f"{pool} other_rare {n} {sample}" for n, (_, sample) in enumerate(rows)]
    assert sorted(pools.run("pool_members", query, cutoff)) == sorted(expected)


@pytest.mark.parametrize("cutoff", [0, 5])
def test_a_label_pool_counts_its_members(pools: Pools, cutoff: int) -> None:
    query = "select pool, label_id, sample_count from t.label_pools order by all"
    expected = []
    for pool, left in pools.left.items():
        counts = Counter(label for _, label, _, _ in left)
        rare = pools.rare_labels(pool, cutoff)
        expected += [f"{pool} /m/{n} {counts[n]}" for n in counts if n not in rare]
        if samples := {row[3] for row in left if row[1] in rare}:
            expected.append(f"{pool} other_rare {len(samples)}")
    assert pools.run("label_pools", query, cutoff) == sorted(expected)


def test_weights_are_square_roots_and_tier_a_covers_four_fifths() -> None:
    """The counts of a label are spread over slices; 9 samples are too few for a label."""
    members = {"/m/a": 64, "/m/b": 16, "/m/d": 11, "other_rare": 9}
    found = run_model(
        "samples/label_pools",
        "select label_id, sample_count, round(weight, 4), tier from t.label_pools"
        " order by sample_count desc",
        mask_labels="label_id label_index\n/m/a 0\n/m/b 1\n/m/c 2\n/m/d 3",
        shared_slices="""
            pool label_index slice member_count
            strong_negative 0 1 60
            strong_negative 0 2 4
            strong_negative 1 0 16
            strong_negative 2 0 5
            strong_negative 2 1 4
            strong_negative 3 0 11
        """,
        rare_members=text(
            "pool member_id slice sample_id", (("strong_negative", n, 0, n) for n in range(9))
        ),
    )
    roots = sum(math.sqrt(count) for count in members.values())
    tiers = ["A", "A", "B", "B"]  # 64 and 16 of 100 are four fifths
    assert found == "\n".join(
        f"{label} {count} {math.sqrt(count) / roots:.4f} {tier}"
        for (label, count), tier in zip(members.items(), tiers, strict=True)
    )


def test_of_labels_that_are_equally_frequent_the_first_mid_is_in_tier_a() -> None:
    found = run_model(
        "samples/label_pools",
        "select pool, label_id, tier from t.label_pools order by all",
        a_target(tier_a_coverage="0.5"),
        mask_labels="label_id label_index\n/m/a 0\n/m/b 1\n/m/c 2",
        shared_slices="""
            pool label_index slice member_count
            strong_negative 1 0 20
            strong_negative 0 0 20
            weak_negative 2 0 20
        """,
        rare_members="pool",
    )
    assert found == lines("""
        strong_negative /m/a A
        strong_negative /m/b B
        weak_negative /m/c A
    """)


def sample_clips(select: str, **given: str) -> str:
    return run_model(
        "samples/sample_clips",
        f"select {select} from t.sample_clips order by clip_number, role",
        sample_options=SampleOptions(head_keep_frac="0", completion_rare_cutoff=0),
        present_events=events(
            "strong_train 1 aaaaaaaaaaa_0 0.000 1.500 /m/gun",
            "strong_train 2 aaaaaaaaaaa_0 5.000 5.000 /m/gun",
            "strong_train 3 aaaaaaaaaaa_0 0.000 9.000 /m/rain",
            "strong_train 4 eeeeeeeeeee_0 5.000 5.000 /m/gun",
            "strong_eval 1 bbbbbbbbbbb_0 0.000 2.600 /m/rain",
            "strong_eval 2 ddddddddddd_0 3.000 3.000 /m/rain",
            "strong_eval 3 fffffffffff_0 3.000 4.000 /m/boom",
        ),
        target_labels="label_id role\n/m/gun positive\n/m/boom ignored",
        numbered_weak_clips=f"""
            {WEAK}
            0 weak_unbalanced_train aaaaaaaaaaa 0 10 /m/09x0r
            1 weak_unbalanced_train ggggggggggg 0 10 /m/09x0r
            2 weak_unbalanced_train hhhhhhhhhhh 0 10 /m/09x0r,/m/gun
            3 weak_balanced_train ccccccccccc 0 8 /m/rain
            4 weak_balanced_train iiiiiiiiiii 0 8 /m/boom
        """,
        **given,
    )


def test_clips_of_samples_are_counted_with_the_reasons_of_exclusions() -> None:
    """Clips 5 to 9 are a, e, b, d, f. One without windows gives no samples, nor does an ignored
    one. A trimmed clip whose strong labels contain the target is excluded for those."""
    assert sample_clips("clip_number, role, subset, sample_count, reason") == lines("""
        0 weak_negative weak_unbalanced_train 1 strong_positive
        1 weak_negative weak_unbalanced_train 1 head_trimming
        2 weak_positive weak_unbalanced_train 1 -
        3 weak_negative weak_balanced_train 1 -
        5 positive strong_train 2 -
        7 strong_negative strong_eval 3 -
    """)


def test_clips_without_audio_give_no_samples_and_say_why() -> None:
    found = sample_clips(
        "clip_number, sample_count, reason",
        audio_files=f"""
            {AUDIO}
            aaaaaaaaaaa /audio/a.wav ok 9.500
            bbbbbbbbbbb - silent -
            ggggggggggg - silent -
        """,
    )
    assert found == lines("""
        0 1 strong_positive
        1 1 head_trimming
        2 1 audio_not_found
        3 1 audio_not_found
        5 2 -
        7 3 audio_silent
    """)


def test_weak_positives_with_strong_labels_are_not_samples() -> None:
    """A row in any of the three strong files is enough, also one that says NOT_PRESENT."""
    given = {
        "present_events": events(
            "strong_train 1 aaaaaaaaaaa_0 0.000 1.000 /m/rain",
            "strong_eval_framed 1 bbbbbbbbbbb_0 0.000 0.960 /m/gun",
            "strong_eval 1 ddddddddddd_1000 0.000 1.000 /m/gun",
        ),
        "framed_events": "event_id clip_id is_present\n1 bbbbbbbbbbb_0 true\n2 ccccccccccc_0 false",
        "target_labels": "label_id role\n/m/gun positive\n/m/boom ignored",
        "numbered_weak_clips": f"""
            {WEAK}
            0 weak_unbalanced_train aaaaaaaaaaa 0 10 /m/gun
            1 weak_balanced_train bbbbbbbbbbb 0 10 /m/gun
            2 weak_balanced_train ccccccccccc 0 10 /m/gun
            3 weak_unbalanced_train ddddddddddd 0 9 /m/gun,/m/09x0r
            4 weak_balanced_train eeeeeeeeeee 0 10 /m/gun,/m/boom
            5 weak_balanced_train fffffffffff 0 10 /m/rain
            6 weak_eval ggggggggggg 0 10 /m/gun
        """,
    }
    query = "select clip_number, subset, seconds, reason from t.weak_positive_samples order by all"
    options = SampleOptions(head_keep_frac="0", completion_rare_cutoff=0)
    model = "samples/weak_positive_samples"
    assert run_model(model, query, sample_options=options, **given) == lines("""
        0 weak_unbalanced_train 10.000 has_strong_labels
        1 weak_balanced_train 10.000 has_strong_labels
        2 weak_balanced_train 10.000 has_strong_labels
        3 weak_unbalanced_train 9.000 -
        6 weak_eval 10.000 -
    """)
    audio = f"{AUDIO}\nggggggggggg /g.wav ok 8.000\naaaaaaaaaaa - silent -"
    assert run_model(model, query, audio_files=audio, **given) == lines("""
        0 weak_unbalanced_train 10.000 has_strong_labels
        1 weak_balanced_train 10.000 has_strong_labels
        2 weak_balanced_train 10.000 has_strong_labels
        3 weak_unbalanced_train 9.000 audio_not_found
        6 weak_eval 8.000 -
    """)


def samples(select: str, **given: str) -> str:
    return run_model(
        "samples/samples",
        f"select {select} from t.samples order by sample_id",
        present_events=WINDOWED,
        target_labels="label_id role\n/m/gun positive\n/m/boom ignored",
        numbered_weak_clips=f"""
            {WEAK}
            0 weak_unbalanced_train aaaaaaaaaaa 0 10 /m/rain
            1 weak_balanced_train ddddddddddd 5 13 /m/snow,/m/hiss
            2 weak_eval eeeeeeeeeee 0 10 /m/boom
            3 weak_eval fffffffffff 0 10 /m/rain,/m/gun
        """,
        **given,
    )


def test_samples_are_windows_and_weak_clips() -> None:
    """Sample 0 is strong_positive, 2 is ignored, 6 is an event within a clip of the target."""
    found = samples("sample_id, role, split, sample_key, start_seconds, end_seconds, label_id")
    assert found == lines("""
        1 weak_negative train weak_balanced_train/ddddddddddd_5000 0.000 8.000 -
        3 weak_positive eval weak_eval/fffffffffff_0 0.000 10.000 -
        4 positive train strong_train/aaaaaaaaaaa_0/1.0 0.000 1.000 /m/gun
        5 positive train strong_train/aaaaaaaaaaa_0/1.1 1.000 1.500 /m/gun
        7 strong_negative train strong_train/bbbbbbbbbbb_0/3.0 0.000 1.000 /m/rain
        8 strong_negative train strong_train/bbbbbbbbbbb_0/3.1 1.000 2.000 /m/rain
        9 strong_negative train strong_train/bbbbbbbbbbb_0/3.2 2.000 3.000 /m/rain
        10 strong_negative eval strong_eval/ccccccccccc_0/1.0 0.000 1.000 /m/rain
    """)


def test_a_sample_has_the_labels_that_are_active_in_it_sorted() -> None:
    """Only positives are overlapped or not."""
    assert samples("sample_id, label_ids, is_overlapped") == lines("""
        1 /m/hiss,/m/snow -
        3 /m/gun,/m/rain -
        4 /m/gun True
        5 /m/gun,/m/rain True
        7 /m/rain -
        8 /m/rain -
        9 /m/rain -
        10 /m/rain -
    """)


def test_samples_without_audio_are_left_out_and_the_others_keep_their_numbers() -> None:
    found = samples(
        "sample_id, ytid, end_seconds, audio_path",
        audio_files=f"""
            {AUDIO}
            aaaaaaaaaaa /a.wav ok 10.000
            bbbbbbbbbbb - silent -
            ddddddddddd /d.wav ok 7.500
        """,
    )
    assert found == lines("""
        1 ddddddddddd 7.500 /d.wav
        4 aaaaaaaaaaa 1.000 /a.wav
        5 aaaaaaaaaaa 1.500 /a.wav
    """)


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ("1.000 2.000", "/m/b,/m/gun"),
        ("2.000 3.000", "/m/gun"),  # touches those that end and begin there
        ("2.999 3.999", "/m/a,/m/gun"),
        ("4.500 5.500", "/m/gun,/m/point"),  # a moment within
        ("5.000 6.000", "/m/gun"),  # a moment at the start
    ],
)
def test_a_label_is_active_if_it_has_a_moment_in_common(span: str, expected: str) -> None:
    found = run_model(
        "samples/samples",
        "select label_ids from t.samples where role = 'positive'",
        present_events=events(
            f"strong_train 1 aaaaaaaaaaa_0 {span} /m/gun",
            "strong_train 2 aaaaaaaaaaa_0 3.000 4.000 /m/a",
            "strong_train 3 aaaaaaaaaaa_0 0.000 2.000 /m/b",
            "strong_train 4 aaaaaaaaaaa_0 1.500 2.000 /m/b",
            "strong_train 5 aaaaaaaaaaa_0 5.000 5.000 /m/point",
            "strong_train 6 aaaaaaaaaaa_1000 0.000 9.000 /m/elsewhere",
            "strong_eval 1 aaaaaaaaaaa_0 0.000 9.000 /m/elsewhere",
        ),
        target_labels="label_id role\n/m/gun positive",
    )
    assert found == expected


BATCHES = [
    (32, {}, {"positive": 8, "tier_a": 3, "completion": 1, "hard": 4, "weak": 16}),
    (16, {}, {"positive": 4, "tier_a": 1, "completion": 1, "hard": 2, "weak": 8}),
    (4, {}, {"positive": 1, "hard": 1, "weak": 2}),
    (3, {}, {"weak": 3}),
    (
        32,
        {"pos_weak_per_batch_frac": "0.1", "weak_neg_per_batch_frac": "0.4"},
        {"positive": 8, "weak_positive": 3, "tier_a": 3, "completion": 1, "hard": 4, "weak": 13},
    ),
    # Without weak negatives, strong ones have the rest.
    (
        10,
        {"strong_neg_per_batch_frac": "0.75", "weak_neg_per_batch_frac": "0"},
        {"positive": 2, "tier_a": 3, "completion": 1, "hard": 4},
    ),
]


def slots(batch_size: int, training: dict[str, str], positive_subset: str) -> dict[str, int]:
    """The number of slots of each draw, which are consecutive."""
    found = run_model(
        "epoch/batch_slots",
        f"select draw, count(*), min(slot), max(slot) from t.batch_slots({batch_size})"
        " group by draw order by min(slot)",
        a_target(**{name: Decimal(value) for name, value in training.items()}),
        positive_samples=f"sample_id subset\n0 {positive_subset}",
    )
    counts, first = {}, 0
    for row in found.splitlines():
        draw, *numbers = row.split()
        count, low, high = map(int, numbers)
        assert (low, high) == (first, first + count - 1)
        counts[draw] = count
        first += count
    assert first == batch_size
    return counts


@pytest.mark.parametrize(("batch_size", "training", "expected"), BATCHES)
def test_a_batch_has_its_shares(
    batch_size: int, training: dict[str, str], expected: dict[str, int]
) -> None:
    assert slots(batch_size, training, "strong_train") == expected


@pytest.mark.parametrize(("batch_size", "training", "expected"), BATCHES)
def test_without_strong_positives_weak_positives_have_their_slots(
    batch_size: int, training: dict[str, str], expected: dict[str, int]
) -> None:
    """Positives of the eval split are not drawn."""
    positives = expected.get("positive", 0) + expected.get("weak_positive", 0)
    others = {draw: count for draw, count in expected.items() if "positive" not in draw}
    assert (
        slots(batch_size, training, "strong_eval")
        == ({"weak_positive": positives} if positives else {}) | others
    )


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
    heights = RELATION_LAYERS + SCORE_LAYERS
    assert len(templates) > 60
    for template in templates:
        for other in template.refs.values():
            if template.layer in CHECK_LAYERS:
                assert other.layer in RELATION_LAYERS, (template.key, other.key)
            else:
                height = heights.index(template.layer)
                assert heights.index(other.layer) <= height, (template.key, other.key)
        # What all targets share must not depend on one of them.
        if template.layer not in TARGET_LAYERS:
            assert not any(other.layer in TARGET_LAYERS for other in template.refs.values())
