-- One label below the target in the ontology that negatives have all the same.
-- A detector that is trained on them is taught that a kind of its target is not its target.
{{ config(materialized='table') }}
with target_labels as (select * from {{ ref('target_labels') }}),

label_descendants as (select * from {{ ref('label_descendants') }}),

strong_negative_events as (select * from {{ ref('strong_negative_events') }}),

weak_label_counts as (select * from {{ ref('weak_label_counts') }}),

numbered_weak_clips as (select * from {{ ref('numbered_weak_clips') }}),

excluded_clips as (select * from {{ ref('excluded_clips') }}),

labels as (select * from {{ ref('labels') }}),

descendants as (
    select distinct label_descendants.descendant_id as label_id
    from label_descendants
    semi join target_labels
        on label_descendants.label_id = target_labels.label_id and target_labels.role = 'positive'
    anti join target_labels as targeted
        on label_descendants.descendant_id = targeted.label_id
),

strong_counts as (
    select
        strong_negative_events.label_id,
        count(*) as strong_negative_event_count
    from strong_negative_events
    semi join descendants on strong_negative_events.label_id = descendants.label_id
    group by strong_negative_events.label_id
),

-- Of all clips, less those that are not negatives, which are few.
carried as (
    select
        weak_label_counts.label_id,
        weak_label_counts.clip_count
    from weak_label_counts
    union all
    select
        unnest(numbered_weak_clips.label_ids) as label_id,
        -1 as clip_count
    from numbered_weak_clips
    semi join excluded_clips
        on
            numbered_weak_clips.clip_number = excluded_clips.clip_number
            and excluded_clips.reason <> 'strong_positive'
),

weak_counts as (
    select
        carried.label_id,
        cast(sum(carried.clip_count) as bigint) as weak_negative_count
    from carried
    semi join descendants on carried.label_id = descendants.label_id
    group by carried.label_id
    having sum(carried.clip_count) > 0
)

select
    descendants.label_id,
    labels.display_name,
    coalesce(strong_counts.strong_negative_event_count, 0) as strong_negative_event_count,
    coalesce(weak_counts.weak_negative_count, 0) as weak_negative_count
from descendants
inner join labels on descendants.label_id = labels.label_id
left join strong_counts on descendants.label_id = strong_counts.label_id
left join weak_counts on descendants.label_id = weak_counts.label_id
where strong_counts.label_id is not null or weak_counts.label_id is not null
order by strong_negative_event_count + weak_negative_count desc, descendants.label_id
