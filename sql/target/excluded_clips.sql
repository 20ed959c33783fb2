-- One clip that is not a negative of the target, with the reason: 'ignored_label' or
-- 'positive_label' for the labels that it carries, or 'strong_positive' for a weak clip whose
-- strong labels contain the target.
-- Labels are compared as whole MIDs: /m/04zj is not /m/04zjc.
{{ config(materialized='table') }}
with target_labels as (select * from {{ ref('target_labels') }}),

target_clips as (select * from {{ ref('target_clips') }}),

positive_events as (select * from {{ ref('positive_events') }}),

mask_labels as (select * from {{ ref('mask_labels') }}),

strong_clips as (select * from {{ ref('strong_clips') }}),

numbered_weak_clips as (select * from {{ ref('numbered_weak_clips') }}),

strongly_labelled_clips as (select * from {{ ref('strongly_labelled_clips') }}),

targeted as (
    select
        list(target_labels.label_id) as label_ids,
        coalesce(
            list(target_labels.label_id) filter (where target_labels.role = 'ignored'), []
        ) as ignored_ids,
        coalesce(
            list(mask_labels.label_index) filter (where target_labels.role = 'ignored'), []
        ) as ignored_indices
    from target_labels
    left join mask_labels on target_labels.label_id = mask_labels.label_id
),

strong as (
    select
        strong_clips.clip_number,
        len(list_filter(
            strong_clips.events,
            lambda event: list_contains(targeted.ignored_indices, event.label_index)  -- noqa: RF01
        )) > 0 as is_ignored
    from strong_clips
    cross join targeted
    semi join target_clips
        on
            strong_clips.subset = target_clips.subset
            and strong_clips.clip_id = target_clips.clip_id
),

weak as materialized (
    select
        numbered_weak_clips.clip_number,
        main.carries_any(numbered_weak_clips.label_ids, targeted.ignored_ids) as is_ignored
    from numbered_weak_clips
    cross join targeted
    where main.carries_any(numbered_weak_clips.label_ids, targeted.label_ids)
),

strong_positive as (
    select strongly_labelled_clips.clip_number
    from strongly_labelled_clips
    semi join positive_events on strongly_labelled_clips.clip_id = positive_events.clip_id
    anti join weak on strongly_labelled_clips.clip_number = weak.clip_number
),

carrying as (
    select * from strong
    union all
    select * from weak
)

select
    carrying.clip_number,
    case when carrying.is_ignored then 'ignored_label' else 'positive_label' end as reason
from carrying
union all
select
    strong_positive.clip_number,
    'strong_positive' as reason
from strong_positive
order by clip_number
