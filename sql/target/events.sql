-- One event that is positive or a strong negative for the target.
-- A positive event is overlapped if another event of its clip, whose label is not a label of the
-- target, has a moment in common with it. Touching is not overlapping.
-- A strong negative is an event of a clip that has, in this subset, no event with a positive or
-- ignored label. One such event anywhere in the clip excludes all events of the clip.
with present_events as (select * from {{ ref('present_events') }}),

target_labels as (select * from {{ ref('target_labels') }}),

positive_labels as (
    select target_labels.label_id from target_labels
    where target_labels.role = 'positive'
),

target_clips as (
    select distinct
        present_events.subset,
        present_events.clip_id
    from present_events
    semi join target_labels on present_events.label_id = target_labels.label_id
),

positive_events as (
    select present_events.*
    from present_events
    semi join positive_labels on present_events.label_id = positive_labels.label_id
),

-- Only those of the few clips that matter: times are then compared for thousands, not millions.
other_events as (
    select present_events.*
    from present_events
    semi join target_clips
        on
            present_events.subset = target_clips.subset
            and present_events.clip_id = target_clips.clip_id
    anti join positive_labels on present_events.label_id = positive_labels.label_id
),

overlapped_events as (
    select distinct
        positive_events.subset,
        positive_events.event_id
    from positive_events
    inner join other_events
        on
            positive_events.subset = other_events.subset
            and positive_events.clip_id = other_events.clip_id
            and positive_events.end_seconds > other_events.start_seconds
            and positive_events.start_seconds < other_events.end_seconds
)

select
    'positive' as role,
    positive_events.subset,
    positive_events.event_id,
    positive_events.clip_id,
    positive_events.start_seconds,
    positive_events.end_seconds,
    positive_events.label_id,
    overlapped_events.event_id is not null as is_overlapped
from positive_events
left join overlapped_events
    on
        positive_events.subset = overlapped_events.subset
        and positive_events.event_id = overlapped_events.event_id
union all
select
    'strong_negative' as role,
    present_events.subset,
    present_events.event_id,
    present_events.clip_id,
    present_events.start_seconds,
    present_events.end_seconds,
    present_events.label_id,
    null as is_overlapped
from present_events
anti join target_clips
    on
        present_events.subset = target_clips.subset
        and present_events.clip_id = target_clips.clip_id
