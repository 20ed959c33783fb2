-- One alarm of a detector at a threshold: a longest run of frames with at least that score (of
-- samples, of those that touch or overlap). It is true if the target is active at any moment of it.
-- Parameters:
--   detector: The detector.
--   threshold: The threshold.
-- Columns:
--   detector: The detector.
--   clip_id: The clip.
--   start_seconds: Start in seconds from the start of the clip, inclusive.
--   end_seconds: End in seconds from the start of the clip, exclusive.
--   score: The highest score in it.
--   is_true: Whether the target is active at any moment of it.
--   label_ids: MIDs of all labels that are active at any moment of it, sorted.
--   url: The moment of the video.
{{ config(materialized='table_function', parameters='detector, threshold') }}
with alarm_runs as (
    select * from {{ ref('alarm_runs') }}(detector, threshold)
),

strong_clips as (select * from {{ ref('strong_clips') }}),

weak_clips as (select * from {{ ref('weak_clips') }}),

mask_labels as (select * from {{ ref('mask_labels') }}),

mask as (
    select list(mask_labels.label_id order by mask_labels.label_index) as label_ids
    from mask_labels
)

select
    detector as detector,  -- noqa: RF02,AL09
    alarm_runs.clip_id,
    alarm_runs.start_seconds,
    alarm_runs.end_seconds,
    alarm_runs.score,
    alarm_runs.is_true,
    main.span_label_ids(
        weak_clips.label_ids,
        strong_clips.events,
        alarm_runs.start_seconds,
        alarm_runs.end_seconds,
        mask.label_ids
    ) as label_ids,
    main.video_url(alarm_runs.clip_id, alarm_runs.start_seconds) as url
from alarm_runs
cross join mask
left join strong_clips
    on alarm_runs.subset = strong_clips.subset and alarm_runs.clip_id = strong_clips.clip_id
left join weak_clips
    on alarm_runs.subset = weak_clips.subset and alarm_runs.clip_id = weak_clips.clip_id
order by alarm_runs.score desc, alarm_runs.clip_id asc, alarm_runs.start_seconds asc
