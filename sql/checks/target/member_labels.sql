-- A member of a pool that all targets share whose sample does not have the label that it stands
-- under.
with strong_members as (select * from {{ ref('strong_members') }}),

weak_members as (select * from {{ ref('weak_members') }}),

strong_windows as (select * from {{ ref('strong_windows') }}),

numbered_weak_clips as (select * from {{ ref('numbered_weak_clips') }}),

labels as (select * from {{ ref('labels') }}),

strong_errors as (
    select strong_members.*
    from strong_members
    anti join strong_windows
        on
            strong_members.sample_id = strong_windows.sample_id
            and strong_members.label_index = strong_windows.label_index
            and strong_windows.subset = 'strong_train'
),

weak_errors as (
    select weak_members.*
    from weak_members
    left join labels on weak_members.label_index = labels.label_index
    left join numbered_weak_clips on weak_members.sample_id = numbered_weak_clips.clip_number
    where not coalesce(list_contains(numbered_weak_clips.label_ids, labels.label_id), false)
)

select
    'strong_negative' as pool,
    strong_errors.*
from strong_errors
union all
select
    'weak_negative' as pool,
    weak_errors.*
from weak_errors
