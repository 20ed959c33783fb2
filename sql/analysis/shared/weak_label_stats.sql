-- One label of one weak subset, ranked by the number of its clips.
-- The percentage is of all labels that the clips of the subset have, so that it adds up to 100.
-- Ties are broken by the MID.
{{ config(materialized='table') }}
with weak_clips as (select * from {{ ref('weak_clips') }}),

labels as (select * from {{ ref('labels') }}),

clip_labels as (
    select
        weak_clips.subset,
        unnest(weak_clips.label_ids) as label_id
    from weak_clips
),

totals as (
    select
        clip_labels.subset,
        clip_labels.label_id,
        count(*) as clip_count
    from clip_labels
    group by clip_labels.subset, clip_labels.label_id
)

select
    totals.subset,
    row_number() over (
        partition by totals.subset
        order by totals.clip_count desc, totals.label_id asc
    ) as rank,
    totals.label_id,
    labels.display_name,
    totals.clip_count,
    100 * totals.clip_count / sum(totals.clip_count) over (partition by totals.subset)
        as percentage
from totals
inner join labels on totals.label_id = labels.label_id
order by totals.subset, rank
