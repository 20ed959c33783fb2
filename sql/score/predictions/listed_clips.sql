-- One clip of the subset that is scored, or of the samples of the split. It is evaluated if the
-- target is active in it or if it is a negative of the target: what has an ignored label is
-- neither. In the framed subset, frames are evaluated and not clips.
{{ config(schema='scoring') }}
with strong_clips as (select * from {{ ref('strong_clips') }}),

framed_events as (select * from {{ ref('framed_events') }}),

numbered_weak_clips as (select * from {{ ref('numbered_weak_clips') }}),

active_spans as (select * from {{ ref('active_spans') }}),

excluded_clips as (select * from {{ ref('excluded_clips') }}),

active_clips as (
    select distinct
        active_spans.subset,
        active_spans.clip_id
    from active_spans
),

strong as (
    select
        strong_clips.subset,
        strong_clips.clip_id,
        active_clips.clip_id is not null as has_target,
        has_target
        or coalesce(excluded_clips.reason not in ('ignored_label', 'corrected'), true)
            as is_evaluated
    from strong_clips
    left join active_clips
        on
            strong_clips.subset = active_clips.subset
            and strong_clips.clip_id = active_clips.clip_id
    left join excluded_clips on strong_clips.clip_number = excluded_clips.clip_number
    where strong_clips.subset <> 'strong_eval_framed'
),

framed as (
    select
        framed_events.subset,
        framed_events.clip_id,
        bool_or(active_clips.clip_id is not null) as has_target,
        true as is_evaluated
    from framed_events
    left join active_clips
        on
            framed_events.subset = active_clips.subset
            and framed_events.clip_id = active_clips.clip_id
    group by framed_events.subset, framed_events.clip_id
),

weak as (
    select
        numbered_weak_clips.subset,
        main.clip_id(numbered_weak_clips.ytid, numbered_weak_clips.video_start_seconds)
            as clip_id,
        coalesce(excluded_clips.reason = 'positive_label', false) as has_target,
        has_target or excluded_clips.reason is null as is_evaluated
    from numbered_weak_clips
    left join excluded_clips on numbered_weak_clips.clip_number = excluded_clips.clip_number
    where list_contains({{ literal(subsets) }}, numbered_weak_clips.subset)
),

all_clips as (
    select * from strong
    union all by name
    select * from framed
    union all by name
    select * from weak
)

select *
from all_clips
where list_contains({{ literal(subsets) }}, subset)
