-- One clip of named_rows in one subset that lists it. A clip of a weak subset has labels and a
-- length.
with strong as (
    select
        strong_clips.subset,
        strong_clips.clip_id,
        strong_clips.clip_number
    from internal.strong_clips
    semi join named_rows on strong_clips.clip_id = named_rows.clip_id
),

weak as (
    select
        weak_clips.subset,
        main.clip_id(weak_clips.ytid, weak_clips.video_start_seconds) as clip_id,
        weak_clips.clip_number,
        weak_clips.label_ids,
        weak_clips.video_end_seconds - weak_clips.video_start_seconds as clip_seconds
    from internal.numbered_weak_clips as weak_clips
    semi join named_rows on weak_clips.ytid = left(named_rows.clip_id, 11)
),

framed as (
    select distinct
        framed_events.subset,
        framed_events.clip_id
    from main.framed_events
    semi join named_rows on framed_events.clip_id = named_rows.clip_id
),

-- Frames in which labels are verified to be absent make up clips without events.
without_events as (
    select framed.*
    from framed
    anti join strong on framed.subset = strong.subset and framed.clip_id = strong.clip_id
),

clips as (
    select * from strong
    union all by name
    select * from weak
    union all by name
    select * from without_events
)

select
    clips.subset,
    clips.clip_id,
    clips.clip_number,
    clips.label_ids,
    clips.clip_seconds
from clips
