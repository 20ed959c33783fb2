-- One frame of any clip, in microseconds from the start of the clip: frame k begins at k hops,
-- rounded to a microsecond, halves to even.
{{ config(materialized='table', schema='scoring') }}
with evaluation_clips as (select * from {{ ref('evaluation_clips') }}),

frame_counts as (
    select
        cast(ceil(max(evaluation_clips.clip_us) / ({{ hop_seconds }} * 1000000)) as bigint) + 2
            as frame_count
    from evaluation_clips
),

frames as (
    select cast(unnest(range(frame_counts.frame_count)) as decimal(9, 0)) as frame
    from frame_counts
),

exact as (
    select
        frames.frame,
        frames.frame * cast({{ hop_seconds }} as decimal(28, 18)) * 1000000 as start_us
    from frames
),

rounded as (
    select
        cast(exact.frame as integer) as frame,
        cast(case
            when exact.start_us - floor(exact.start_us) = 0.5
                then 2 * round(floor(exact.start_us) / 2.0)
            else round(exact.start_us)
        end as bigint) as start_us
    from exact
)

select
    rounded.frame,
    rounded.start_us,
    lead(rounded.start_us) over (order by rounded.frame) as end_us
from rounded
order by rounded.frame
