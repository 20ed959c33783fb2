-- One label of one weak subset, with the number of its clips.
{{ config(materialized='table', schema='internal') }}
with numbered_weak_clips as (select * from {{ ref('numbered_weak_clips') }}),

carried as (
    select
        numbered_weak_clips.subset,
        unnest(numbered_weak_clips.label_ids) as label_id
    from numbered_weak_clips
)

select
    carried.subset,
    carried.label_id,
    count(*) as clip_count
from carried
group by carried.subset, carried.label_id
order by carried.subset, carried.label_id
