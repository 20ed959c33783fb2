-- One weak negative of the target, as a row of the official .csv files, in the order of the source
-- file.
-- weak_clips keeps the order of the file but has no number of the row, so rows are numbered here. A
-- clip that is listed twice stands where it is listed first.
with weak_clips as (select * from {{ ref('weak_clips') }}),

weak_negatives as (select * from {{ ref('weak_negatives') }}),

numbered as (
    select
        weak_clips.clip_id,
        row_number() over () as row_index
    from weak_clips
    where weak_clips.subset = {{ literal(subset) }}
),

placed as (
    select
        numbered.clip_id,
        min(numbered.row_index) as row_index
    from numbered
    group by numbered.clip_id
)

select
    weak_negatives.ytid,
    weak_negatives.video_start_seconds as start_seconds,
    weak_negatives.video_end_seconds as end_seconds,
    weak_negatives.label_ids
from weak_negatives
inner join placed on weak_negatives.clip_id = placed.clip_id
where weak_negatives.subset = {{ literal(subset) }}
order by placed.row_index, weak_negatives.label_ids
