-- One frame of a clip that is evaluated, with the median of its score and its neighbours'. Beyond
-- the ends of a clip, its frames are mirrored, the outermost one included.
{{ config(schema='scoring') }}
with timed_frames as (select * from {{ ref('timed_frames') }}),

lists as (
    select
        timed_frames.clip_number,
        list(timed_frames.score order by timed_frames.frame) as scores,
        count(*) as frame_count
    from timed_frames
    group by timed_frames.clip_number
),

places as (
    select
        lists.*,
        unnest(range(lists.frame_count)) as frame
    from lists
),

medians as (
    select
        places.clip_number,
        places.frame,
        list_sort(list_transform(
            range(
                places.frame - {{ median_filter // 2 }},
                places.frame + {{ median_filter // 2 + 1 }}
            ),
            lambda place:
            places.scores[main.mirrored(place, places.frame_count) + 1]  -- noqa: RF03
        ))[{{ median_filter // 2 + 1 }}] as score
    from places
)

select timed_frames.* replace (medians.score as score)
from timed_frames
inner join medians
    on
        timed_frames.clip_number = medians.clip_number
        and timed_frames.frame = medians.frame
