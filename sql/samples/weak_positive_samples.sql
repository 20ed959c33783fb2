-- One clip of the weak subsets that has a positive label and no ignored label, with the reason why
-- it is not a sample, or null: 'has_strong_labels', since its events then are windows already, or
-- the status of its audio.
{{ config(materialized='table') }}
with excluded_clips as (select * from {{ ref('excluded_clips') }}),

numbered_weak_clips as (select * from {{ ref('numbered_weak_clips') }}),

weak_samples as (select * from {{ ref('weak_samples') }}),

clip_audio as (select * from {{ ref('clip_audio') }}),

strong_clips as (select * from {{ ref('strong_clips') }}),

framed_events as (select * from {{ ref('framed_events') }}),

positive_clips as (
    select
        numbered_weak_clips.clip_number,
        main.clip_id(numbered_weak_clips.ytid, numbered_weak_clips.video_start_seconds) as clip_id
    from numbered_weak_clips
    semi join excluded_clips
        on
            numbered_weak_clips.clip_number = excluded_clips.clip_number
            and excluded_clips.reason = 'positive_label'
),

-- A frame that is verified to be without a label is a strong label too.
strong_labels as (
    select strong_clips.clip_id
    from strong_clips
    union all
    select framed_events.clip_id
    from framed_events
),

strongly_labelled as (
    select distinct strong_labels.clip_id
    from strong_labels
    semi join positive_clips on strong_labels.clip_id = positive_clips.clip_id
)

select
    positive_clips.clip_number,
    weak_samples.subset,
    weak_samples.seconds,
    case
        when strongly_labelled.clip_id is not null then 'has_strong_labels'
        else clip_audio.reason
    end as reason
from positive_clips
inner join weak_samples on positive_clips.clip_number = weak_samples.clip_number
left join strongly_labelled on positive_clips.clip_id = strongly_labelled.clip_id
left join clip_audio on positive_clips.clip_number = clip_audio.clip_number
order by positive_clips.clip_number
