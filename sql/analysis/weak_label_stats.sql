-- One label of one weak data set, by how many clips carry it.
-- The percentage is of all labels given in that set, so that it sums to 100; ties are broken by
-- the MID.
{{ materialized('table') }}
with clip_labels as (
    select
        weak_clips.dataset,
        unnest(weak_clips.label_ids) as label_id
    from {{ ref('weak_clips') }} as weak_clips
),

totals as (
    select
        clip_labels.dataset,
        clip_labels.label_id,
        count(*) as clip_count
    from clip_labels
    group by clip_labels.dataset, clip_labels.label_id
)

select
    totals.dataset,
    row_number() over (
        partition by totals.dataset
        order by totals.clip_count desc, totals.label_id asc
    ) as rank,
    totals.label_id,
    coalesce(label_titles.display_name, totals.label_id) as display_name,
    totals.clip_count,
    100 * totals.clip_count / sum(totals.clip_count) over (partition by totals.dataset)
        as percentage
from totals
left join {{ ref('label_titles') }} as label_titles
    on totals.label_id = label_titles.label_id
order by totals.dataset, rank
