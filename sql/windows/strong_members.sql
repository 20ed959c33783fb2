-- One window of strong_train that may be a sample, under the label of its event.
-- Places are those of weak_members: consecutive, and shuffled within a label.
{{ config(materialized='table') }}
with strong_windows as (select * from {{ ref('strong_windows') }}),

members as (
    select
        strong_windows.label_index,
        main.shuffle_key(main.sample_key(
            strong_windows.subset,
            strong_windows.clip_id,
            strong_windows.event_id,
            strong_windows.window_index
        )) as shuffle_key,
        strong_windows.sample_id
    from strong_windows
    where strong_windows.subset = 'strong_train'
)

select
    cast(row_number() over (
        order by members.label_index, members.shuffle_key, members.sample_id
    ) - 1 as integer) as place,
    members.label_index,
    cast(main.slice_of(members.shuffle_key) as smallint) as slice,
    members.sample_id
from members
