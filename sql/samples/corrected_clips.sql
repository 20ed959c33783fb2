-- One clip of the strong subsets in one role, with the number of its windows that are excluded
-- for marks of listeners: windows of events that are not their label, or of a clip that would be a
-- negative otherwise.
with corrections as (select * from {{ ref('corrections') }}),

event_windows as (select * from {{ ref('event_windows') }}),

strong_clips as (select * from {{ ref('strong_clips') }}),

clip_windows as (select * from {{ ref('clip_windows') }}),

excluded_clips as (select * from {{ ref('excluded_clips') }}),

incorrect_events as (
    select distinct
        corrections.subset,
        corrections.clip_id,
        corrections.event_id
    from corrections
    where corrections.role = 'positive' and corrections.verdict = 'incorrect'
)

select
    'positive' as role,
    event_windows.subset,
    event_windows.clip_number,
    sum(event_windows.window_count) as window_count
from event_windows
semi join incorrect_events
    on
        event_windows.subset = incorrect_events.subset
        and event_windows.event_id = incorrect_events.event_id
group by event_windows.subset, event_windows.clip_number
union all
select
    'strong_negative' as role,
    strong_clips.subset,
    strong_clips.clip_number,
    clip_windows.window_count
from strong_clips
inner join clip_windows on strong_clips.clip_number = clip_windows.clip_number
inner join excluded_clips
    on
        strong_clips.clip_number = excluded_clips.clip_number
        and excluded_clips.reason = 'corrected'
-- Marked events of the target were no negatives before.
anti join incorrect_events
    on
        strong_clips.subset = incorrect_events.subset
        and strong_clips.clip_id = incorrect_events.clip_id
