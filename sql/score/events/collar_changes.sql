-- What changes in a clip as the threshold falls to a value: how many more spans of the target are
-- matched with a detection of their own, in a largest matching.
-- Parameters:
--   detector: The detector.
--   onset_collar: The largest distance of starts, in seconds.
--   offset_collar: The largest distance of ends, in seconds; null: any.
--   offset_share: The largest distance of ends as a part of the span, 0 to 1, if that is more.
-- Columns:
--   clip_number: The clip.
--   threshold: The threshold.
--   hit_change: How many more spans are matched.
{{ config(
    materialized='table_function',
    parameters='detector, onset_collar, offset_collar, offset_share'
) }}
with collar_pairs as (
    select *
    from {{ ref('collar_pairs') }}(detector, onset_collar, offset_collar, offset_share)
),

collar_matches as materialized (
    select *
    from {{ ref('collar_matches') }}(detector, onset_collar, offset_collar, offset_share)
),

-- Where no match is in the way of another one, each pair counts as long as its detection exists.
changes as (
    select
        collar_pairs.clip_number,
        unnest([collar_pairs.score, collar_pairs.joined_score]) as threshold,
        unnest([1, -1]) as hit_change
    from collar_pairs
    anti join collar_matches on collar_pairs.clip_number = collar_matches.clip_number
    union all
    select
        collar_matches.clip_number,
        collar_matches.threshold,
        -- Not lag(…, 1, 0), which shells of DuckDB 1 cannot read as DuckDB 2.0.0 stores it.
        collar_matches.hit_count - coalesce(lag(collar_matches.hit_count) over (
            partition by collar_matches.clip_number order by collar_matches.threshold desc
        ), 0) as hit_change
    from collar_matches
)

select
    changes.clip_number,
    changes.threshold,
    cast(sum(changes.hit_change) as bigint) as hit_change
from changes
where changes.threshold > '-infinity'
group by changes.clip_number, changes.threshold
