"""The rules of scoring, each on the one model that states it: given rows, and what follows."""

from typing import Any

import pytest
from support.models import lines, run_model

TARGET = "label_id role\n/m/gun positive\n/m/rifle positive\n/m/toy ignored"
CLIPS = "clip_number subset clip_id clip_us has_target is_evaluated"
ITEMS = "clip_number start_us end_us score is_positive"
EVENTS = "event_number clip_number label_id start_us end_us is_overlapped score"


def rows(columns: str, text: str) -> str:
    return f"{columns}\n{lines(text)}"


def model(name: str, columns: str, given: dict[str, str], **scoring: Any) -> str:
    """The rows of a model of the scratch database, in any order."""
    relation = name.rpartition("/")[2]
    query = f"select {', '.join(columns.split())} from scoring.{relation} order by all"
    return run_model(f"score/{name}", query, scoring=scoring, **given)


def kept(name: str, query: str, given: dict[str, str], **scoring: Any) -> str:
    """What is asked of a model that stays in the catalog."""
    return run_model(f"score/{name}", query, scoring=scoring, **given)


# Clips: which are evaluated, and how long they are.


def test_clips_of_a_strong_subset() -> None:
    """Without duration an event is no target; an ignored label leaves only the target."""
    given = {
        "present_events": rows(
            "subset event_id clip_id start_seconds end_seconds label_id",
            """
            strong_eval 1 aaaaaaaaaaa_0 1 2 /m/gun
            strong_eval 2 bbbbbbbbbbb_0 1 2 /m/toy
            strong_eval 3 ccccccccccc_0 1 2 /m/toy
            strong_eval 4 ccccccccccc_0 3 4 /m/rifle
            strong_eval 5 ddddddddddd_5000 1 1 /m/gun
            strong_eval 6 eeeeeeeeeee_0 1 2 /m/rain
            strong_train 1 fffffffffff_0 1 2 /m/gun
            """,
        ),
        "target_labels": TARGET,
        "numbered_weak_clips": rows(
            "clip_number subset ytid video_start_seconds video_end_seconds label_ids",
            """
            0 weak_eval eeeeeeeeeee 0.000 7.250 /m/rain
            1 weak_eval ddddddddddd 0.000 3.000 /m/gun
            """,
        ),
    }
    columns = "clip_number clip_id clip_us has_target is_evaluated"
    assert model("predictions/evaluation_clips", columns, given) == lines("""
        1 aaaaaaaaaaa_0 10000000 True True
        2 bbbbbbbbbbb_0 10000000 False False
        3 ccccccccccc_0 10000000 True True
        4 ddddddddddd_5000 10000000 False True
        5 eeeeeeeeeee_0 7250000 False True
    """)


def test_clips_of_a_weak_subset() -> None:
    """A clip whose strong labels have the target, and its weak labels not, is neither."""
    given = {
        "present_events": rows(
            "subset event_id clip_id start_seconds end_seconds label_id",
            "strong_train 1 ddddddddddd_0 1 2 /m/gun",
        ),
        "target_labels": TARGET,
        "numbered_weak_clips": rows(
            "clip_number subset ytid video_start_seconds video_end_seconds label_ids",
            """
            0 weak_balanced_train xxxxxxxxxxx 0.000 10.000 /m/gun
            1 weak_eval aaaaaaaaaaa 0.000 10.000 /m/rain,/m/gun
            2 weak_eval bbbbbbbbbbb 0.000 10.000 /m/toy
            3 weak_eval ccccccccccc 0.000 10.000 /m/gun,/m/toy
            4 weak_eval ddddddddddd 0.000 10.000 /m/rain
            5 weak_eval eeeeeeeeeee 0.000 10.000 /m/rain
            """,
        ),
    }
    found = model(
        "predictions/evaluation_clips",
        "clip_id has_target is_evaluated",
        given,
        subset="weak_eval",
        subsets=["weak_eval"],
    )
    assert found == lines("""
        aaaaaaaaaaa_0 True True
        bbbbbbbbbbb_0 False False
        ccccccccccc_0 False False
        ddddddddddd_0 False False
        eeeeeeeeeee_0 False True
    """)


def test_clips_of_the_framed_subset() -> None:
    given = {
        "strong_eval_framed": rows(
            "event_id clip_id start_seconds end_seconds label_id is_present",
            """
            1 aaaaaaaaaaa_0 0.000 0.960 /m/gun false
            2 bbbbbbbbbbb_0 0.000 0.960 /m/gun true
            3 bbbbbbbbbbb_0 0.960 1.920 /m/toy true
            """,
        ),
        "target_labels": TARGET,
    }
    found = model(
        "predictions/evaluation_clips",
        "clip_id has_target is_evaluated",
        given,
        subsets=["strong_eval_framed"],
    )
    assert found == "aaaaaaaaaaa_0 False True\nbbbbbbbbbbb_0 True True"


@pytest.mark.parametrize("implicit", [False, True])
def test_framed_truth(implicit: bool) -> None:
    given = {
        "evaluation_clips": rows(
            CLIPS,
            """
            1 strong_eval a_0 10000000 true true
            2 strong_eval_framed a_0 10000000 true true
            """,
        ),
        "framed_events": rows(
            "clip_id start_seconds end_seconds label_id is_present",
            """
            a_0 0.000 0.960 /m/gun true
            a_0 0.960 1.920 /m/gun false
            a_0 1.920 2.880 /m/gun false
            a_0 1.920 2.880 /m/rifle true
            a_0 2.880 3.840 /m/rain true
            a_0 3.840 4.800 /m/gun false
            a_0 3.840 4.800 /m/toy true
            a_0 4.800 5.760 /m/gun true
            a_0 4.800 5.760 /m/toy true
            a_0 5.760 6.720 /m/toy false
            """,
        ),
        "target_labels": TARGET,
    }
    unknown = ["2 2880000 3840000 False", "2 5760000 6720000 False"] if implicit else []
    expected = [
        "2 0 960000 True",
        "2 960000 1920000 False",
        "2 1920000 2880000 True",
        "2 4800000 5760000 True",
        *unknown,
    ]
    found = model(
        "units/framed_truth",
        "clip_number start_us end_us is_positive",
        given,
        implicit_negatives=implicit,
    )
    assert sorted(found.splitlines()) == sorted(expected)


@pytest.mark.parametrize(
    ("frame_count", "left_out", "missing_us"),
    [(29, 0, 333333), (30, 0, 0), (31, 1, 0), (40, 10, 0)],
)
def test_frames_are_counted_as_they_are_placed(
    frame_count: int, left_out: int, missing_us: int
) -> None:
    """At a hop of nearly a third, frame 30 begins at 9,999,999.99999 us: rounded, at the end."""
    given = {
        "evaluation_clips": rows(CLIPS, "1 strong_eval a_0 10000000 true true"),
        "predictions": rows("detector name scores", f"d a_0 {','.join(['0.5'] * frame_count)}"),
        "predicted_clips": "name clip_number match_count\na_0 1 1",
    }
    found = model(
        "predictions/frame_coverage",
        "detector clip_id left_out_count missing_us",
        given,
        hop_seconds="0.333333333333",
    )
    assert found == f"d a_0 {left_out} {missing_us}"


# Items that are ranked.


def test_segments() -> None:
    """A frame counts in each second that it reaches into, and touching is not reaching."""
    given = {
        "evaluation_clips": rows(
            CLIPS,
            """
            1 strong_eval a_0 2250000 true true
            2 strong_eval b_0 2250000 false true
            """,
        ),
        "scored_items": rows(
            ITEMS,
            """
            1 0 600000 0.9 false
            1 600000 1200000 0.5 true
            1 1200000 1800000 0.1 true
            1 1800000 2250000 0.7 true
            2 0 400000 0.1 false
            2 400000 2000000 0.3 false
            2 2000000 2250000 0.2 false
            """,
        ),
        "event_spans": "clip_number start_us end_us\n1 1000000 2000000",
    }
    columns = "clip_number start_us end_us score is_positive"
    assert model("units/segments", columns, given) == lines("""
        1 0 1000000 0.9 False
        1 1000000 2000000 0.7 True
        1 2000000 2250000 0.7 False
        2 0 1000000 0.3 False
        2 1000000 2000000 0.3 False
        2 2000000 2250000 0.2 False
    """)


def test_pieces_of_overlapping_samples() -> None:
    """The highest score counts; touching samples are one stretch."""
    given = {
        "scored_items": rows(
            ITEMS,
            """
            1 0 1000000 0.2 false
            1 500000 1500000 0.6 false
            1 1500000 2500000 0.4 false
            1 3000000 4000000 0.1 false
            2 0 1000000 0.3 false
            """,
        )
    }
    columns = "clip_number stretch start_us end_us score"
    assert model("events/score_pieces", columns, given, unit="sample") == lines("""
        1 1 0 500000 0.2
        1 1 500000 1000000 0.6
        1 1 1000000 1500000 0.6
        1 1 1500000 2500000 0.4
        1 2 3000000 4000000 0.1
        2 1 0 1000000 0.3
    """)


def test_positive_samples_that_overlap_or_touch_are_one_span() -> None:
    given = {
        "scored_items": rows(
            ITEMS,
            """
            2 0 1000000 0.5 true
            1 0 3000000 0.5 true
            1 1000000 2000000 0.5 true
            1 2500000 3500000 0.5 true
            1 3500000 4500000 0.5 true
            1 4500001 5000000 0.5 true
            1 4500000 4500001 0.5 false
            """,
        )
    }
    columns = "span_number clip_number start_us end_us"
    assert model("units/target_spans", columns, given, unit="sample") == lines("""
        1 1 0 4500000
        2 1 4500001 5000000
        3 2 0 1000000
    """)


def test_events_of_clips_without_scores_are_not_counted() -> None:
    """With --partial: neither by the curve nor by its replicates."""
    given = {
        "evaluation_clips": rows(
            CLIPS,
            """
            1 strong_eval a_0 10000000 true true
            2 strong_eval b_0 10000000 true true
            """,
        ),
        "scored_items": rows(ITEMS, "2 0 10000000 0.5 true"),
        "event_spans": "clip_number start_us end_us\n1 0 1000000\n2 0 1000000\n2 2000000 3000000",
    }
    columns = "span_number clip_number start_us end_us"
    assert model("units/target_spans", columns, given) == "1 2 0 1000000\n2 2 2000000 3000000"
    totals = "clip_number event_count evaluated_us"
    assert model("events/clip_totals", totals, given) == "2 2 10000000"


def test_the_time_of_samples_is_that_of_their_negatives() -> None:
    """Once where they overlap, and not where a positive overlaps a piece of it."""
    given = {
        "evaluation_clips": rows(CLIPS, "1 strong_eval a_0 10000000 true true"),
        "scored_items": rows(
            ITEMS,
            """
            1 0 1000000 0.5 false
            1 500000 1500000 0.5 false
            1 1400000 2000000 0.5 true
            1 5000000 6000000 0.5 false
            """,
        ),
    }
    totals = "clip_number event_count evaluated_us"
    assert model("events/clip_totals", totals, given, unit="sample") == "1 1 2400000"
    assert model("events/clip_totals", totals, given, unit="clip") == "1 1 10000000"


# Labels of clips without the target.


def test_a_clip_with_the_target_in_one_subset_is_not_without_it_in_another() -> None:
    given = {
        "scored_clips": rows(
            "clip_number subset clip_id clip_us has_target",
            """
            1 strong_eval a_0 10000000 true
            2 strong_eval_framed a_0 10000000 false
            3 strong_eval b_0 10000000 false
            """,
        ),
        "target_spans": "span_number clip_number start_us end_us\n1 1 0 1000000",
    }
    found = model("diagnostics/target_free_clips", "clip_number", given, unit="sample")
    assert found == "3"


def test_labelled_spans() -> None:
    """Events of a label that overlap or touch are joined, and cut at the end of the clip."""
    given = {
        "target_free_clips": rows(
            "clip_number subset clip_id clip_us",
            """
            1 strong_eval a_0 10000000
            2 strong_eval b_0 7250000
            3 strong_eval c_0 10000000
            """,
        ),
        "present_events": rows(
            "subset event_id clip_id start_seconds end_seconds label_id",
            """
            strong_eval 1 a_0 1 3 /m/rain
            strong_eval 2 a_0 2 4 /m/rain
            strong_eval 3 a_0 2.5 3 /m/rain
            strong_eval 4 a_0 4 5 /m/rain
            strong_eval 5 a_0 4.5 4.75 /m/dog
            strong_eval 6 a_0 5.5 5.5 /m/dog
            strong_eval 7 a_0 6 12 /m/dog
            strong_eval 8 c_0 0 10 /m/rain
            strong_train 1 a_0 5 6 /m/rain
            """,
        ),
    }
    columns = "clip_number label_id start_us end_us"
    assert model("diagnostics/labelled_spans", columns, given).splitlines() == [
        "1 (nothing labelled) 0 1000000",
        "1 (nothing labelled) 5000000 6000000",
        "1 /m/dog 4500000 4750000",
        "1 /m/dog 6000000 10000000",
        "1 /m/rain 1000000 5000000",
        "2 (nothing labelled) 0 7250000",
        "3 /m/rain 0 10000000",
    ]


def test_weak_labels_are_active_throughout() -> None:
    given = {
        "target_free_clips": rows(
            "clip_number subset clip_id clip_us",
            "1 weak_eval a_0 10000000\n2 weak_eval b_0 7250000",
        ),
        "weak_clips": rows(
            "subset clip_id label_ids",
            "weak_eval a_0 /m/rain,/m/dog\nweak_unbalanced_train b_0 /m/dog",
        ),
    }
    columns = "clip_number label_id start_us end_us"
    found = model("diagnostics/labelled_spans", columns, given, subsets=["weak_eval"])
    assert found.splitlines() == [
        "1 /m/dog 0 10000000",
        "1 /m/rain 0 10000000",
        "2 (nothing labelled) 0 7250000",
    ]


def test_false_alarm_labels() -> None:
    """Two clips of half an hour without the target, with three false alarms."""
    given = {
        "target_free_clips": rows(
            "clip_number subset clip_id clip_us",
            "1 strong_eval a_0 1800000000\n2 strong_eval b_0 1800000000",
        ),
        "labelled_spans": rows(
            "clip_number label_id start_us end_us",
            """
            1 /m/rain 0 450000000
            2 /m/rain 0 450000000
            1 /m/dog 0 360000000
            2 /m/cat 0 1800000000
            """,
        )
        + "\n1 nothing 450000000 1350000000",
        "alarms": rows(
            "detector clip_id score is_true label_ids",
            """
            d a_0 0.9 false /m/rain
            d b_0 0.8 false /m/dog,/m/rain
            d a_0 0.7 false nothing
            d c_0 0.99 false /m/rain
            d a_0 0.95 true /m/rain
            e a_0 0.97 false /m/rain
            """,
        ),
        "labels": "label_id title\n/m/rain Rain\n/m/dog Dog\n/m/cat Cat",
    }
    found = kept(
        "diagnostics/false_alarm_labels",
        "select detector, label_id, title, false_alarm_count, round(share, 6), hours,"
        " false_alarms_per_hour, round(lift, 6), highest_score"
        " from t.false_alarm_labels order by label_id",
        given,
    )
    assert found == lines("""
        d /m/cat Cat 0 0.0 0.5 0.0 0.0 -
        d /m/dog Dog 1 0.333333 0.1 10.0 3.333333 0.8
        d /m/rain Rain 2 0.666667 0.25 8.0 2.666667 0.9
        d nothing nothing 1 0.333333 0.25 4.0 1.333333 0.7
    """)


def test_false_alarms_during_which_nothing_is_labelled() -> None:
    given = {
        "target_free_clips": "clip_number subset clip_id clip_us\n1 strong_eval a_0 1800000000",
        "present_events": rows(
            "subset event_id clip_id start_seconds end_seconds label_id",
            "strong_eval 1 a_0 0 450 /m/rain",
        ),
        "alarms": rows(
            "detector clip_id score is_true label_ids", "d a_0 0.9 false ,\nd a_0 0.8 false /m/rain"
        ),
        "labels": "label_id title\n/m/rain Rain",
    }
    found = kept(
        "diagnostics/false_alarm_labels",
        "select label_id, false_alarm_count, share, hours, lift from t.false_alarm_labels"
        " order by hours",
        given,
    )
    assert found == "/m/rain 1 0.5 0.125 2.0\n(nothing labelled) 1 0.5 0.375 0.6666666666666666"


# Events of the target, and how many are found.


def test_scored_events() -> None:
    """An event after the last frame has no score; in a clip without scores there is none."""
    given = {
        "positive_events": rows(
            "subset event_id clip_id start_seconds end_seconds label_id is_overlapped",
            """
            strong_eval 1 a_0 0.5 1.0 /m/gun false
            strong_eval 2 a_0 1.5 1.5 /m/gun false
            strong_eval 3 a_0 2 3 /m/rifle true
            strong_eval 4 b_0 0 1 /m/gun false
            strong_train 5 a_0 0 1 /m/gun false
            """,
        ),
        "scored_clips": rows(
            "clip_number subset clip_id clip_us has_target", "1 strong_eval a_0 10000000 true"
        ),
        "scored_items": rows(
            ITEMS,
            """
            1 0 500000 0.9 false
            1 500000 750000 0.3 true
            1 750000 1000000 0.4 true
            1 1000000 2000000 0.8 false
            """,
        ),
    }
    found = model("diagnostics/scored_events", EVENTS, given)
    assert found == lines("""
        1 1 /m/gun 500000 1000000 False 0.4
        2 1 /m/rifle 2000000 3000000 True -
    """)
    found = model("diagnostics/scored_events", EVENTS, given, unit="framed")
    assert found == "1 1 /m/gun 500000 1000000 False 0.4"


def test_events_of_samples_and_of_clips() -> None:
    given = {
        "scored_items": rows(
            f"{ITEMS} sample_key",
            """
            1 0 1000000 0.4 true k1
            1 1000000 2000000 0.6 false k2
            2 0 1000000 0.7 true k3
            """,
        )
    }
    samples = rows(
        "sample_key label_id is_overlapped", "k1 /m/gun true\nk2 /m/rain -\nk3 /m/rifle false"
    )
    found = model(
        "diagnostics/scored_events", EVENTS, given | {"scored_samples": samples}, unit="sample"
    )
    assert found == lines("""
        1 1 /m/gun 0 1000000 True 0.4
        2 2 /m/rifle 0 1000000 False 0.7
    """)
    found = model("diagnostics/scored_events", EVENTS, given, unit="clip")
    assert found == "1 1 - 0 1000000 - 0.4\n2 2 - 0 1000000 - 0.7"


def test_recall_by() -> None:
    given = {
        "scored_events": rows(
            EVENTS,
            """
            1 1 /m/gun 0 200000 false 0.9
            2 1 /m/gun 9500000 10000000 true 0.4
            3 2 /m/rifle 999999 9000001 false -
            """,
        ),
        "evaluation_clips": rows(
            CLIPS,
            """
            1 strong_eval a_0 10000000 true true
            2 strong_eval b_0 10000000 true true
            """,
        ),
        "present_events": rows(
            "subset event_id clip_id start_seconds end_seconds label_id",
            """
            strong_eval 1 a_0 9.6 9.7 /m/rain
            strong_eval 2 a_0 9.8 9.9 /m/rain
            strong_eval 3 a_0 0 0.2 /m/gun
            strong_eval 4 a_0 0.2 1 /m/rain
            strong_eval 5 a_0 9 9.5 /m/dog
            strong_train 1 a_0 0 10 /m/rain
            """,
        ),
        "target_labels": TARGET,
        "labels": "label_id title\n/m/gun Gun\n/m/rifle Rifle\n/m/rain Rain\n/m/dog Dog",
        "chosen_threshold": "threshold\n0.5",
    }
    query = (
        "select grouping, value, event_count, recall, median_score from t.recall_by order by all"
    )
    assert kept("diagnostics/recall_by", query, given) == lines("""
        duration 1: below 0.25 s 1 1.0 0.9
        duration 3: 0.5 to 1 s 1 0.0 0.4
        duration 6: 5 s and more 1 0.0 -
        label Gun 2 0.5 0.65
        label Rifle 1 0.0 -
        overlapped alone 2 0.5 0.9
        overlapped overlapped 1 0.0 0.4
        overlapping label Rain 1 0.0 0.4
        place from the first second 1 1.0 0.9
        place the whole clip 1 0.0 -
        place to the last second 1 0.0 0.4
    """)
    assert kept("diagnostics/recall_by", query, given, unit="clip") == ""


def test_nothing_is_found_without_a_threshold() -> None:
    given = {
        "scored_events": rows(EVENTS, "1 1 /m/gun 0 200000 false 0.9"),
        "evaluation_clips": rows(CLIPS, "1 strong_eval a_0 10000000 true true"),
        "chosen_threshold": "threshold\n-",
    }
    query = "select value, recall from t.recall_by where grouping = 'overlapped'"
    assert kept("diagnostics/recall_by", query, given) == "alone 0.0"


def test_suspects_of_a_detector() -> None:
    """The highest negative of each clip without the target, the first of equals; at most 100."""
    clips = [f"{number} strong_eval c{number}_0 10000000" for number in range(1, 105)]
    negatives = [
        f"segment {number} {place} {place + 1000000} {0.5 + number % 4 / 10 + bonus} false"
        for number in range(2, 105)
        for place, bonus in ((0, 0.0), (1000000, 0.05), (2000000, 0.05))
    ]
    events = [f"{n} 1 /m/gun {n} {n + 10} false {n % 3}" for n in range(1, 100)]
    given = {
        "scored_clips": rows("clip_number subset clip_id clip_us", "\n".join(clips)),
        "target_free_clips": rows("clip_number subset clip_id clip_us", "\n".join(clips[1:])),
        "scored_units": rows(
            "unit clip_number start_us end_us score is_positive",
            "\n".join([*negatives, "segment 1 0 1000000 1.0 false", "frame 2 0 40000 1.0 false"]),
        ),
        "scored_events": rows(EVENTS, "\n".join([*events, "100 1 /m/gun 0 1 false -"])),
    }
    found = kept(
        "diagnostics/detector_suspects",
        "select kind, rank, clip_id, start_seconds, end_seconds, round(score, 2)"
        " from t.detector_suspects order by kind desc, rank",
        given,
    ).splitlines()
    by_score = sorted(range(2, 105), key=lambda number: (-(number % 4), number))[:100]
    assert found[:100] == [
        f"negative {rank} c{number}_0 1.000000 2.000000 {round(0.55 + number % 4 / 10, 2)}"
        for rank, number in enumerate(by_score, start=1)
    ]
    lowest = sorted(range(1, 100), key=lambda n: (n % 3, n))
    assert found[100:] == [
        f"event {rank} c1_0 {n / 1e6:.6f} {(n + 10) / 1e6:.6f} {float(n % 3)}"
        for rank, n in enumerate(lowest, start=1)
    ]


def test_suspects_of_all_detectors() -> None:
    """Kinds in turn; a second event of a clip after the first of all; those that agree first."""
    given = {
        "detector_suspects": rows(
            "detector kind rank subset clip_id start_seconds end_seconds score",
            """
            d event 1 strong_eval a_0 0 1 0.1
            d event 2 strong_eval a_0 2 3 0.2
            d event 3 strong_eval b_0 0 1 0.5
            e event 1 strong_eval b_0 0 1 0.3
            d event 4 strong_eval c_0 0 1 0.6
            d negative 1 strong_eval x_0 0 1 0.9
            d negative 2 strong_eval y_0 0 1 0.7
            e negative 1 strong_eval y_0 0 1 0.5
            d negative 3 strong_eval z_0 0 1 0.95
            """,
        )
    }
    found = kept(
        "diagnostics/suspects",
        "select kind, clip_id, start_seconds::integer, round(score, 2), detector_count"
        " from t.suspects",
        given,
    )
    assert [" ".join(line.split()) for line in found.splitlines()] == [
        "event b_0 0 0.4 2",
        "negative y_0 0 0.6 2",
        "event a_0 0 0.1 1",
        "negative z_0 0 0.95 1",
        "event c_0 0 0.6 1",
        "negative x_0 0 0.9 1",
        "event a_0 2 0.2 1",
    ]


ALARMS = (
    "select clip_id, start_seconds, end_seconds, score, is_true, label_ids, url"
    " from t.alarms_at('d', 0.5) order by all"
)
SCORES = "detector unit clip_id start_seconds end_seconds sample_key score is_positive"


def test_alarms_of_frames() -> None:
    """Labels are active in an alarm if they have a moment in common; touching is none."""
    clip = "aaaaaaaaaaa_30000"
    given = {
        "detectors": "detector subset unit\nd strong_eval frame\ne strong_eval frame",
        "scores": rows(
            SCORES,
            f"""
            d frame {clip} 0 0.5 - 0.9 false
            d frame {clip} 0.5 1 - 0.5 true
            d frame {clip} 1 1.5 - 0.4 true
            d frame {clip} 1.5 2 - 0.7 false
            d segment {clip} 0 2 - 0.9 false
            e frame {clip} 1 1.5 - 0.9 false
            d frame bbbbbbbbbbb_0 2 2.5 - 0.6 false
            """,
        ),
        "present_events": rows(
            "subset event_id clip_id start_seconds end_seconds label_id",
            f"""
            strong_eval 1 {clip} 0.999 1.5 /m/rain
            strong_eval 2 {clip} 0 0.1 /m/dog
            strong_eval 3 {clip} 1.6 1.7 /m/dog
            strong_train 1 {clip} 0 2 /m/cat
            """,
        ),
    }
    url = "https://www.youtube.com/watch?v="
    assert run_model("score/diagnostics/alarms_at", ALARMS, **given) == "\n".join(
        [
            f"{clip} 0.000000 1.000000 0.9 True /m/dog,/m/rain {url}aaaaaaaaaaa&t=30s",
            f"{clip} 1.500000 2.000000 0.7 False /m/dog {url}aaaaaaaaaaa&t=31s",
            f"bbbbbbbbbbb_0 2.000000 2.500000 0.6 False  {url}bbbbbbbbbbb&t=2s",
        ]
    )


def test_alarms_of_samples() -> None:
    """Samples that touch or overlap are one alarm; each subset has its own labels."""
    clip = "aaaaaaaaaaa_0"
    given = {
        "detectors": "detector subset unit\nd - sample",
        "scores": rows(
            SCORES,
            f"""
            d sample {clip} 0 1 strong_eval/{clip}/1.0 0.6 false
            d sample {clip} 1 2 strong_eval/{clip}/1.1 0.7 false
            d sample {clip} 1.4 2.4 strong_eval/{clip}/2.0 0.5 true
            d sample {clip} 2.4 3 strong_eval/{clip}/2.1 0.4 true
            d sample {clip} 3 4 strong_eval/{clip}/3.0 0.8 false
            d sample {clip} 0 10 weak_eval/{clip} 0.9 false
            """,
        ),
        "present_events": rows(
            "subset event_id clip_id start_seconds end_seconds label_id",
            f"strong_eval 1 {clip} 0 2 /m/rain",
        ),
        "weak_clips": f"subset clip_id label_ids\nweak_eval {clip} /m/dog,/m/cat",
    }
    found = run_model("score/diagnostics/alarms_at", ALARMS, **given)
    assert [line.rpartition(" ")[0] for line in found.splitlines()] == [
        f"{clip} 0.000000 2.400000 0.7 True /m/rain",
        f"{clip} 0.000000 10.000000 0.9 False /m/cat,/m/dog",
        f"{clip} 3.000000 4.000000 0.8 False ",
    ]


# Thresholds.

CURVE = {
    "criterion_totals": rows(
        "detector criterion event_count hours",
        "d alarm 4 2\nd psds1 4 2\ne alarm 8 2",
    ),
    "event_curve": rows(
        "detector criterion threshold hit_count false_alarm_count",
        """
        d alarm 0.9 1 0
        d alarm 0.8 1 0
        d alarm 0.75 1 1
        d alarm 0.7 2 1
        d alarm 0.6 2 2
        d alarm 0.5 3 2
        d alarm 0.4 2 1
        d alarm 0.3 3 5
        e alarm 0.2 8 0
        """,
    ),
}


def test_best_points() -> None:
    """Of equally many hits, at the highest threshold."""
    columns = "criterion false_alarm_count hit_count threshold event_count false_alarms_per_hour"
    assert model("events/best_points", columns, CURVE) == lines("""
        alarm 0 1 0.9 4 0.0
        alarm 1 2 0.7 4 0.5
        alarm 2 3 0.5 4 1.0
        alarm 5 3 0.3 4 2.5
    """)


def test_operating_points() -> None:
    given = CURVE | {
        "recall_bands": rows(
            "detector criterion alarms_per_hour low high",
            "d alarm 1 0.25 0.875\nd psds1 1 0.5 0.5\ne alarm 1 0 1",
        )
    }
    query = (
        "select criterion, alarms_per_hour, threshold, recall, recall_low, recall_high, precision"
        " from t.operating_points order by all"
    )
    assert kept("events/operating_points", query, given) == lines("""
        alarm 0.1 0.9 0.25 - - 1.0
        alarm 1.0 0.5 0.75 0.25 0.875 0.6
        alarm 10.0 0.5 0.75 - - 0.6
        alarm 100.0 0.5 0.75 - - 0.6
        psds1 0.1 - 0.0 - - -
        psds1 1.0 - 0.0 0.5 0.5 -
        psds1 10.0 - 0.0 - - -
        psds1 100.0 - 0.0 - - -
    """)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"alarms_per_hour": "1"}, "0.5"),
        ({"alarms_per_hour": "0.9"}, "0.7"),
        ({"alarms_per_hour": "100"}, "0.5"),
        ({"alarms_per_hour": "-1"}, "-"),
        ({"threshold": "0.65"}, "0.65"),
        ({"threshold": "0.65", "alarms_per_hour": "-1"}, "0.65"),
    ],
)
def test_the_chosen_threshold_is_one(options: dict[str, str], expected: str) -> None:
    assert model("diagnostics/chosen_threshold", "threshold", CURVE, **options) == expected


def test_recall_bands() -> None:
    """The highest recall up to a rate, and 95% of four replicates."""
    points = [f"alarm {replicate} 0.{replicate + 1} 0" for replicate in range(4)]
    given = {
        "curve_values": rows(
            "criterion replicate recall false_alarms_per_hour",
            "\n".join(
                [
                    "alarm -1 0.0 0",
                    "alarm -1 0.2 0.1",
                    "alarm -1 0.5 1",
                    "alarm -1 0.4 2",
                    "alarm -1 0.9 100",
                    "alarm -1 1.0 100.5",
                    *points,
                ]
            ),
        )
    }
    found = kept(
        "events/recall_bands",
        "select criterion, alarms_per_hour, recall, round(low, 6), round(high, 6)"
        " from t.recall_bands where alarms_per_hour in (0.1, 1, 10, 100) order by all",
        given,
    )
    assert found == lines("""
        alarm 0.1 0.2 0.1075 0.3925
        alarm 1.0 0.5 0.1075 0.3925
        alarm 10.0 0.5 0.1075 0.3925
        alarm 100.0 0.9 0.1075 0.3925
    """)


# Metrics.


def test_calibration_bins() -> None:
    """A bin includes its lower end, and the last one also 1."""
    given = {
        "scored_units": rows(
            "unit clip_number start_us end_us score is_positive",
            """
            frame 1 0 1 0.0 false
            frame 1 1 2 0.0625 true
            frame 1 2 3 0.25 true
            frame 1 3 4 0.5 false
            frame 1 4 5 1.0 true
            frame 1 5 6 0.9375 false
            clip 1 0 6 1.0 true
            """,
        )
    }
    query = (
        "select unit, bin, score_count, mean_score, positive_share, squared_error"
        " from t.calibration_bins order by all"
    )
    assert kept("metrics/calibration_bins", query, given) == lines("""
        clip 14 1 1.0 1.0 0.0
        frame 0 2 0.03125 0.5 0.87890625
        frame 3 1 0.25 1.0 0.5625
        frame 7 1 0.5 0.0 0.25
        frame 14 2 0.96875 0.5 0.87890625
    """)
    assert kept("metrics/calibration_bins", query, given, is_probability=False) == ""


def test_differences_of_detectors() -> None:
    """Of the same subset; the interval is that of replicates of the same seed."""
    given = {
        "detectors": rows(
            "detector subset split seed",
            "a strong_eval eval 0\nb strong_eval eval 0\nc strong_eval eval 1\nw weak_eval eval 0",
        ),
        "metric_values": rows(
            "detector metric unit value",
            """
            a roc_auc frame 0.9
            b roc_auc frame 0.75
            c roc_auc frame 0.5
            w roc_auc frame 0.6
            a roc_auc clip 0.9
            b d_prime frame 1
            """,
        ),
        "metric_replicates": rows(
            "detector metric unit replicate value",
            """
            a roc_auc frame 0 0.9
            a roc_auc frame 1 0.7
            a roc_auc frame 2 0.8
            b roc_auc frame 0 0.7
            b roc_auc frame 1 0.7
            b roc_auc frame 2 0.9
            b roc_auc clip 0 0.1
            c roc_auc frame 0 0.7
            w roc_auc frame 0 0.7
            """,
        ),
    }
    found = kept(
        "diagnostics/detector_differences",
        "select metric, unit, detector, other_detector, round(difference, 6), round(low, 6),"
        " round(high, 6), better_share from t.detector_differences order by all",
        given,
    )
    assert found == lines("""
        roc_auc frame a b 0.15 -0.095 0.19 0.5
        roc_auc frame a c 0.4 - - -
        roc_auc frame b a -0.15 -0.19 0.095 0.5
        roc_auc frame b c 0.25 - - -
        roc_auc frame c a -0.4 - - -
        roc_auc frame c b -0.25 - - -
    """)
