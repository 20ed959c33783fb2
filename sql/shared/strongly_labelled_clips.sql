-- One clip of the weak subsets that a strong file lists too, by its name. A frame that is verified
-- to be without a label is a strong label too.
{{ config(materialized='table', schema='internal') }}
with numbered_weak_clips as (select * from {{ ref('numbered_weak_clips') }}),

strong_clips as (select * from {{ ref('strong_clips') }}),

framed_events as (select * from {{ ref('framed_events') }}),

listed as (
    select strong_clips.clip_id
    from strong_clips
    union
    select framed_events.clip_id
    from framed_events
),

videos as (
    select distinct left(listed.clip_id, 11) as ytid
    from listed
),

-- The names of all clips would take longer to write than all the rest.
of_the_same_videos as materialized (
    select
        numbered_weak_clips.clip_number,
        numbered_weak_clips.ytid,
        numbered_weak_clips.video_start_seconds
    from numbered_weak_clips
    semi join videos on numbered_weak_clips.ytid = videos.ytid
),

named as (
    select
        of_the_same_videos.clip_number,
        main.clip_id(of_the_same_videos.ytid, of_the_same_videos.video_start_seconds) as clip_id
    from of_the_same_videos
)

select
    named.clip_number,
    named.clip_id
from named
semi join listed on named.clip_id = listed.clip_id
order by named.clip_number
