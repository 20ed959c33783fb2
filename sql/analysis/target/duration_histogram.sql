-- One bin of durations of positive events, a quarter of a second wide.
-- A bin contains its upper end; the first one, events without duration too.
with positive_events as (select * from {{ ref('positive_events') }}),

-- In whole milliseconds, so that what ends with a bin is in it.
measured as (
    select
        positive_events.subset,
        main.milliseconds(positive_events.end_seconds - positive_events.start_seconds)
            as duration_ms
    from positive_events
),

binned as (
    select
        measured.subset,
        greatest((measured.duration_ms + 249) // 250, 1) as bin
    from measured
)

select
    binned.subset,
    (binned.bin - 1) / 4 as seconds_from,
    binned.bin / 4 as seconds_to,
    count(*) as event_count
from binned
group by binned.subset, binned.bin
