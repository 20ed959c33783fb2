-- One clip in which the choice of matches matters, at one threshold, with how many spans of the
-- target are matched with a detection of their own, in a largest matching. In such a clip, two
-- pairs of a detection and a span have one of both in common at some threshold.
-- Neither detections nor spans overlap, so the detections that match a span follow one another.
-- Then it is enough to give each detection in order of time the free span whose last match comes
-- first (F. Glover, Maximum matching in a convex bipartite graph, 1967).
-- Parameters:
--   detector: The detector.
--   onset_collar: The largest distance of starts, in seconds.
--   offset_collar: The largest distance of ends, in seconds; null: any.
--   offset_share: The largest distance of ends as a part of the span, 0 to 1, if that is more.
-- Columns:
--   clip_number: The clip.
--   threshold: The threshold.
--   hit_count: How many spans are matched.
{{ config(
    materialized='table_function',
    parameters='detector, onset_collar, offset_collar, offset_share'
) }}
with recursive pairs as materialized (
    select *
    from {{ ref('collar_pairs') }}(detector, onset_collar, offset_collar, offset_share)
),

contested as (
    select distinct pairs.clip_number
    from pairs
    inner join pairs as others
        on
            pairs.clip_number = others.clip_number
            and (pairs.detection_number = others.detection_number)
            <> (pairs.span_number = others.span_number)
            and pairs.score > others.joined_score
            and pairs.joined_score < others.score
),

contested_pairs as materialized (
    select pairs.*
    from pairs
    semi join contested on pairs.clip_number = contested.clip_number
),

thresholds as materialized (
    select distinct
        contested_pairs.clip_number,
        unnest([contested_pairs.score, contested_pairs.joined_score]) as threshold
    from contested_pairs
),

-- The pairs of the detections that exist at a threshold, in order of time.
existing as (
    select
        thresholds.clip_number,
        thresholds.threshold,
        contested_pairs.span_number,
        dense_rank() over (
            partition by thresholds.clip_number, thresholds.threshold
            order by contested_pairs.start_us
        ) as place,
        max(contested_pairs.start_us) over (
            partition by
                thresholds.clip_number, thresholds.threshold, contested_pairs.span_number
        ) as last_start_us
    from thresholds
    inner join contested_pairs
        on
            thresholds.clip_number = contested_pairs.clip_number
            and thresholds.threshold <= contested_pairs.score
            and thresholds.threshold > contested_pairs.joined_score
),

-- The spans that a detection matches, the best choice first.
choices as materialized (
    select
        existing.clip_number,
        existing.threshold,
        existing.place,
        list(existing.span_number order by existing.last_start_us, existing.span_number)
            as span_numbers
    from existing
    group by existing.clip_number, existing.threshold, existing.place
),

walk as (
    select
        thresholds.clip_number,
        thresholds.threshold,
        0 as place,
        cast([] as integer[]) as taken
    from thresholds
    where isfinite(thresholds.threshold)
    union all
    select
        walk.clip_number,
        walk.threshold,
        choices.place,
        walk.taken || list_filter(
            choices.span_numbers,
            lambda span_number: not list_contains(walk.taken, span_number)  -- noqa: RF01,RF02
        )[:1] as taken
    from walk
    inner join choices
        on
            walk.clip_number = choices.clip_number
            and walk.threshold = choices.threshold
            and walk.place + 1 = choices.place
)

select
    walk.clip_number,
    walk.threshold,
    max(len(walk.taken)) as hit_count
from walk
group by walk.clip_number, walk.threshold
