-- One label of the target on which the weak and the strong labels of a clip disagree, the rarest
-- disagreements first: an event that the weak labels do not confirm, or a whole clip with a weak
-- label without events.
with conflicts as (
    select label_conflicts.*
    from main.label_conflicts
    semi join {{ schema }}.target_labels
        on
            label_conflicts.label_id = target_labels.label_id
            and target_labels.role = 'positive'
),

events as (
    select
        strong_events.subset,
        strong_events.clip_id,
        strong_events.event_id,
        strong_events.label_id,
        strong_events.start_seconds,
        strong_events.end_seconds,
        'an event that the weak labels of the clip do not confirm' as reason,
        conflicts.rank
    from conflicts
    inner join main.strong_events
        on
            conflicts.kind = 'strong_only'
            and conflicts.clip_id = strong_events.clip_id
            and conflicts.label_id = strong_events.label_id
    where strong_events.end_seconds > strong_events.start_seconds
),

clips as (
    select
        weak_clips.subset,
        weak_clips.clip_id,
        cast(null as bigint) as event_id,
        conflicts.label_id,
        0 as start_seconds,
        weak_clips.video_end_seconds - weak_clips.video_start_seconds as end_seconds,
        'a weak label without an event in the clip' as reason,
        conflicts.rank
    from conflicts
    inner join main.weak_clips
        on
            conflicts.kind = 'weak_only'
            and conflicts.clip_id = weak_clips.clip_id
            and list_contains(weak_clips.label_ids, conflicts.label_id)
),

found as (
    select * from events
    union all
    select * from clips
)

select
    cast(null as varchar) as sample_key,
    found.subset,
    found.clip_id,
    found.event_id,
    found.label_id,
    found.start_seconds,
    found.end_seconds,
    found.reason
from found
order by found.rank, found.clip_id, found.start_seconds, found.event_id
