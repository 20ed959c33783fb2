-- One audio file of a split's samples, with all labels of its clip, strong and weak, as AST's lists
-- have it. AST reads whole files, so a clip with many samples is one row.
with samples as (select * from {{ ref('samples') }}),

present_events as (select * from {{ ref('present_events') }}),

weak_clips as (select * from {{ ref('weak_clips') }}),

clips as (
    select distinct
        samples.clip_id,
        samples.ytid,
        samples.audio_path
    from samples
    where samples.split = {{ literal(split) }} and samples.byte_offset is null
),

clip_labels as (
    select
        clips.ytid,
        clips.audio_path,
        present_events.label_id
    from clips
    inner join present_events on clips.clip_id = present_events.clip_id
    union
    select
        clips.ytid,
        clips.audio_path,
        unnest(weak_clips.label_ids) as label_id
    from clips
    inner join weak_clips on clips.clip_id = weak_clips.clip_id
)

select
    clip_labels.ytid as video_id,
    clip_labels.audio_path as wav,
    string_agg(clip_labels.label_id, ',' order by clip_labels.label_id) as labels
from clip_labels
group by clip_labels.ytid, clip_labels.audio_path
order by clip_labels.ytid, clip_labels.audio_path
