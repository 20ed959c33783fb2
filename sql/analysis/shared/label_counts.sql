-- One label that a target can be built from, with all its names and how often it occurs.
with strong_label_stats as (select * from {{ ref('strong_label_stats') }}),

weak_label_stats as (select * from {{ ref('weak_label_stats') }}),

labels as (select * from {{ ref('labels') }}),

label_names as (select * from {{ ref('label_names') }}),

strong_counts as (
    select
        strong_label_stats.label_id,
        sum(strong_label_stats.event_count) filter (
            where strong_label_stats.subset <> 'strong_eval_framed'
        ) as strong_event_count,
        sum(strong_label_stats.event_count) filter (
            where strong_label_stats.subset = 'strong_eval_framed'
        ) as framed_event_count
    from strong_label_stats
    group by strong_label_stats.label_id
),

weak_counts as (
    select
        weak_label_stats.label_id,
        sum(weak_label_stats.clip_count) as weak_clip_count
    from weak_label_stats
    group by weak_label_stats.label_id
),

named as (
    select
        labels.label_id,
        labels.display_name,
        list(label_names.name order by label_names.name) filter (
            where label_names.name <> labels.display_name
        ) as other_names
    from labels
    inner join label_names
        on labels.label_id = label_names.label_id
    group by labels.label_id, labels.display_name
)

select
    named.label_id,
    named.display_name,
    coalesce(named.other_names, []) as other_names,
    cast(coalesce(strong_counts.strong_event_count, 0) as bigint) as strong_event_count,
    cast(coalesce(strong_counts.framed_event_count, 0) as bigint) as framed_event_count,
    cast(coalesce(weak_counts.weak_clip_count, 0) as bigint) as weak_clip_count
from named
left join strong_counts on named.label_id = strong_counts.label_id
left join weak_counts on named.label_id = weak_counts.label_id
