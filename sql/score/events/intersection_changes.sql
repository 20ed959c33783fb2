-- What changes in a clip as the threshold falls to a value: how many more spans of the target are
-- found, and how many more detections are correct, by how much of each other they share.
-- A detection is correct if at least a part of it is on spans of the target. A span is found if at
-- least a part of it is on correct detections.
-- Parameters:
--   detector: The detector.
--   dtc: The part of a detection, 0 to 1; at 0, any moment will do.
--   gtc: The part of a span, 0 to 1; at 0, any moment will do.
-- Columns:
--   clip_number: The clip.
--   threshold: The threshold.
--   hit_change: How many more spans are found.
--   correct_change: How many more detections are correct.
{{ config(materialized='table_function', parameters='detector, dtc, gtc') }}
with correct_overlaps as materialized (
    select * from {{ ref('correct_overlaps') }}(detector, dtc)
),

-- A detection begins to count at its score, and ends where it becomes part of a longer one.
overlap_changes as (
    select
        correct_overlaps.*,
        unnest([correct_overlaps.score, correct_overlaps.joined_score]) as threshold,
        unnest([1, -1]) as sign
    from correct_overlaps
),

coverage_changes as (
    select
        overlap_changes.span_number,
        overlap_changes.clip_number,
        overlap_changes.span_us,
        overlap_changes.threshold,
        sum(overlap_changes.sign * overlap_changes.shared_us) as change_us
    from overlap_changes
    where overlap_changes.threshold is not null
    group by
        overlap_changes.span_number,
        overlap_changes.clip_number,
        overlap_changes.span_us,
        overlap_changes.threshold
),

coverage as (
    select
        coverage_changes.*,
        sum(coverage_changes.change_us) over (
            partition by coverage_changes.span_number order by coverage_changes.threshold desc
            rows unbounded preceding
        ) as covered_us
    from coverage_changes
),

found as (
    select
        coverage.*,
        cast(
            coverage.covered_us > 0
            and coverage.covered_us >= round(gtc * coverage.span_us)  -- noqa: RF03
            as integer
        ) as is_found
    from coverage
),

changes as (
    select
        found.clip_number,
        found.threshold,
        found.is_found - coalesce(lag(found.is_found) over (
            partition by found.span_number order by found.threshold desc
        ), 0) as hit_change,
        0 as correct_change
    from found
    union all
    select
        overlap_changes.clip_number,
        overlap_changes.threshold,
        0 as hit_change,
        any_value(overlap_changes.sign) as correct_change
    from overlap_changes
    where overlap_changes.threshold is not null
    group by
        overlap_changes.detection_number, overlap_changes.clip_number, overlap_changes.threshold
)

select
    changes.clip_number,
    changes.threshold,
    sum(changes.hit_change) as hit_change,
    sum(changes.correct_change) as correct_change
from changes
where changes.hit_change <> 0 or changes.correct_change <> 0
group by changes.clip_number, changes.threshold
