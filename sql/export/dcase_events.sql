-- One sound of the target in a clip of `dcase_clips`, as DCASE's tools read it: positive events
-- that overlap or touch are one, whatever their labels, since these tools take the events of a
-- class not to overlap. Events without duration are left out.
with positive_events as (select * from {{ ref('positive_events') }}),

clip_events as (
    select
        dcase_clips.filename,
        positive_events.start_seconds,
        least(positive_events.end_seconds, dcase_clips.duration) as end_seconds
    from positive_events
    inner join dcase_clips
        on
            positive_events.subset = dcase_clips.subset
            and positive_events.clip_id = dcase_clips.clip_id
    where
        positive_events.subset = {{ literal(subset) }}
        and dcase_clips.has_audio
        and least(positive_events.end_seconds, dcase_clips.duration) > positive_events.start_seconds
),

earlier as (
    select
        clip_events.*,
        max(clip_events.end_seconds) over (
            partition by clip_events.filename
            order by clip_events.start_seconds, clip_events.end_seconds
            rows between unbounded preceding and 1 preceding
        ) as earlier_end_seconds
    from clip_events
),

numbered as (
    select
        earlier.*,
        count(*) filter (
            where
            earlier.earlier_end_seconds is null
            or earlier.start_seconds > earlier.earlier_end_seconds
        ) over (
            partition by earlier.filename
            order by earlier.start_seconds, earlier.end_seconds
            rows between unbounded preceding and current row
        ) as sound_number
    from earlier
)

select
    numbered.filename,
    min(numbered.start_seconds) as onset,
    max(numbered.end_seconds) as "offset",
    {{ literal(target.name) }} as event_label
from numbered
group by numbered.filename, numbered.sound_number
order by numbered.filename, onset
