-- One clip of the weak subsets that has a positive label and no ignored label, with the reason why
-- it is not a sample, or null: 'has_strong_labels', since its events then are windows already,
-- 'corrected' if a listener marked it as one without the target, or the status of its audio.
{{ config(materialized='table') }}
with excluded_clips as (select * from {{ ref('excluded_clips') }}),

weak_samples as (select * from {{ ref('weak_samples') }}),

clip_audio as (select * from {{ ref('clip_audio') }}),

strongly_labelled_clips as (select * from {{ ref('strongly_labelled_clips') }}),

corrections as (select * from {{ ref('corrections') }}),

incorrect as (
    select distinct corrections.clip_number
    from corrections
    where corrections.role = 'weak_positive' and corrections.verdict = 'incorrect'
)

select
    excluded_clips.clip_number,
    weak_samples.subset,
    weak_samples.seconds,
    case
        when strongly_labelled_clips.clip_number is not null then 'has_strong_labels'
        when incorrect.clip_number is not null then 'corrected'
        else clip_audio.reason
    end as reason
from excluded_clips
-- Strong clips are among them, but are no weak samples.
inner join weak_samples on excluded_clips.clip_number = weak_samples.clip_number
left join strongly_labelled_clips
    on excluded_clips.clip_number = strongly_labelled_clips.clip_number
left join clip_audio on excluded_clips.clip_number = clip_audio.clip_number
left join incorrect on excluded_clips.clip_number = incorrect.clip_number
where excluded_clips.reason = 'positive_label'
order by excluded_clips.clip_number
