-- One event that samples are windows of, or one weak clip that is a sample, whose audio is there.
-- Samples are numbered clip by clip. To add up the windows of each event is cheaper than to sort
-- the windows of all.
with clips as (
    select * from {{ ref('sample_clips') }}
    where missing_audio is null
),

events as (
    select * from {{ ref('event_windows') }}
    where segments > 0
),

sources as (
    select
        clips.clip_number,
        clips.role,
        clips.dataset,
        events.source_row,
        events.segments as samples
    from events
    inner join clips
        on
            events.role = clips.role
            and events.dataset = clips.dataset
            and events.clip_id = clips.clip_id
    union all
    select
        clips.clip_number,
        clips.role,
        clips.dataset,
        null as source_row,
        clips.samples
    from clips
    where clips.role = 'weak_negative'
),

numbered as (
    select
        sources.*,
        cast(sum(sources.samples) over (
            order by sources.clip_number, sources.source_row
            rows between unbounded preceding and current row
        ) as bigint) - sources.samples as first_sample_id
    from sources
)

select
    numbered.first_sample_id,
    numbered.clip_number,
    numbered.role,
    numbered.dataset,
    numbered.source_row,
    numbered.samples
from numbered
