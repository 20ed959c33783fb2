-- One scored clip, with how many events of the target a detector could find in it, and the time per
-- hour of which false alarms are counted.
-- For a detector that scores no frames, positives take the place of events. Samples and frames of
-- the framed subset do not cover a clip: the time is that of the negatives, without what positives
-- overlap.
{{ config(materialized='table', schema='scoring') }}
with scored_clips as (select * from {{ ref('scored_clips') }}),

scored_items as (select * from {{ ref('scored_items') }}),

target_spans as (select * from {{ ref('target_spans') }}),

score_pieces as (select * from {{ ref('score_pieces') }}),

positive_counts as (
    select
        target_spans.clip_number,
        count(*) as event_count
    from target_spans
    where {{ literal(unit) }} = 'frame'
    group by target_spans.clip_number
    union all
    select
        scored_items.clip_number,
        count(*) as event_count
    from scored_items
    where {{ literal(unit) }} <> 'frame' and scored_items.is_positive
    group by scored_items.clip_number
),

negative_times as (
    select
        score_pieces.clip_number,
        sum(score_pieces.end_us - score_pieces.start_us) as negative_us
    from score_pieces
    anti join target_spans
        on
            score_pieces.clip_number = target_spans.clip_number
            and score_pieces.start_us < target_spans.end_us
            and score_pieces.end_us > target_spans.start_us
    where {{ literal(unit) }} in ('sample', 'framed')
    group by score_pieces.clip_number
)

select
    scored_clips.clip_number,
    coalesce(positive_counts.event_count, 0) as event_count,
    case
        when {{ literal(unit) }} in ('frame', 'clip') then scored_clips.clip_us
        else coalesce(negative_times.negative_us, 0)
    end as evaluated_us
from scored_clips
left join positive_counts on scored_clips.clip_number = positive_counts.clip_number
left join negative_times on scored_clips.clip_number = negative_times.clip_number
