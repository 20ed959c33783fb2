-- A label of events or clips that no label file lists.
with labels as (select * from {{ ref('labels') }}),

strong_events as (select * from {{ ref('strong_events') }}),

framed_events as (select * from {{ ref('framed_events') }}),

weak_clips as (select * from {{ ref('weak_clips') }}),

known_labels as (
    select * from labels
    where is_strong or is_weak
),

used_labels as (
    select
        'strong_events' as relation,
        strong_events.subset,
        strong_events.label_id
    from strong_events
    union all
    select
        'framed_events' as relation,
        framed_events.subset,
        framed_events.label_id
    from framed_events
    union all
    select
        'weak_clips' as relation,
        weak_clips.subset,
        unnest(weak_clips.label_ids) as label_id
    from weak_clips
),

-- Without a label file, nothing is known of any label.
label_files as (select count(*) as label_count from known_labels)

select
    used_labels.relation,
    used_labels.subset,
    used_labels.label_id,
    count(*) as row_count
from used_labels
anti join known_labels on used_labels.label_id = known_labels.label_id
where (select label_files.label_count from label_files) > 0
group by used_labels.relation, used_labels.subset, used_labels.label_id
