-- One window of a positive or strong negative event, with the name of its label.
with windows as (select * from {{ ref('windows') }}),

labels as (select * from {{ ref('labels') }})

select
    windows.subset,
    windows.event_id,
    windows.window_index,
    windows.clip_id,
    labels.title,
    windows.label_id,
    windows.role,
    windows.start_seconds,
    windows.end_seconds
from windows
inner join labels on windows.label_id = labels.label_id
