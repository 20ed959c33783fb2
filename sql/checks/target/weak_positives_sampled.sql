-- A weak positive that weak_positive_samples lacks or has otherwise, or another clip that it has.
with weak_positive_samples as (select * from {{ ref('weak_positive_samples') }}),

weak_positives as (select * from {{ ref('weak_positives') }}),

numbered_weak_clips as (select * from {{ ref('numbered_weak_clips') }}),

strong_events as (select * from {{ ref('strong_events') }}),

framed_events as (select * from {{ ref('framed_events') }}),

strongly_labelled as (
    select strong_events.clip_id
    from strong_events
    union
    select framed_events.clip_id
    from framed_events
),

-- A clip that is listed twice has two numbers.
sampled as (
    select
        weak_positive_samples.subset,
        main.clip_id(numbered_weak_clips.ytid, numbered_weak_clips.video_start_seconds) as clip_id,
        weak_positive_samples.reason,
        count(*) over (partition by weak_positive_samples.clip_number) as row_count
    from weak_positive_samples
    left join numbered_weak_clips
        on
            weak_positive_samples.clip_number = numbered_weak_clips.clip_number
            and weak_positive_samples.subset = numbered_weak_clips.subset
)

select
    coalesce(weak_positives.subset, sampled.subset) as subset,
    coalesce(weak_positives.clip_id, sampled.clip_id) as clip_id,
    sampled.reason
from weak_positives
full join sampled
    on weak_positives.subset = sampled.subset and weak_positives.clip_id = sampled.clip_id
left join strongly_labelled on weak_positives.clip_id = strongly_labelled.clip_id
where
    weak_positives.clip_id is null
    or sampled.clip_id is null
    or sampled.row_count > 1
    or (strongly_labelled.clip_id is not null)
    <> coalesce(sampled.reason = 'has_strong_labels', false)
