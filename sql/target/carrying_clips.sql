-- One clip that carries a label of the target, positive or ignored, or a label that a listener
-- marked as incorrect. Labels are compared as whole MIDs: /m/04zj is not /m/04zjc.
with target_labels as (select * from {{ ref('target_labels') }}),

target_clips as (select * from {{ ref('target_clips') }}),

mask_labels as (select * from {{ ref('mask_labels') }}),

strong_clips as (select * from {{ ref('strong_clips') }}),

numbered_weak_clips as (select * from {{ ref('numbered_weak_clips') }}),

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
)

select
    strong_clips.clip_number,
    strong_clips.subset,
    -- Only strong clips are looked up by name.
    strong_clips.clip_id,
    len(list_filter(
        strong_clips.events,
        lambda event: list_contains(targeted.ignored_indices, event.label_index)  -- noqa: RF01
    )) > 0 as is_ignored
from strong_clips
cross join targeted
semi join target_clips
    on strong_clips.subset = target_clips.subset and strong_clips.clip_id = target_clips.clip_id
union all
select
    numbered_weak_clips.clip_number,
    numbered_weak_clips.subset,
    null as clip_id,
    main.carries_any(numbered_weak_clips.label_ids, targeted.ignored_ids) as is_ignored
from numbered_weak_clips
cross join targeted
where main.carries_any(numbered_weak_clips.label_ids, targeted.label_ids)
