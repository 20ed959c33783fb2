-- One bin of durations of positive events, a quarter of a second wide, or of their windows, a
-- twentieth of a full window wide.
-- A bin contains its upper end, so that full windows are in the last one.
with positive_durations as (select * from {{ ref('positive_durations') }}),

measured as (
    select
        positive_durations.subset,
        positive_durations.unit,
        cast(positive_durations.duration_seconds * 1000 as bigint) as duration_ms,
        case
            when positive_durations.unit = 'event' then 1000
            else cast(cast({{ target.window_seconds }} as decimal(9, 3)) * 1000 as bigint)
        end as whole_ms,
        case when positive_durations.unit = 'event' then 4 else 20 end as parts
    from positive_durations
),

-- In whole milliseconds, so that what ends with a bin is in it.
binned as (
    select
        measured.*,
        measured.duration_ms * measured.parts + measured.whole_ms - 1 as reached,
        greatest(reached // measured.whole_ms, 1) as bin
    from measured
)

select
    binned.subset,
    binned.unit,
    (binned.bin - 1) * binned.whole_ms / (1000.0 * binned.parts) as seconds_from,
    binned.bin * binned.whole_ms / (1000.0 * binned.parts) as seconds_to,
    count(*) as unit_count
from binned
group by binned.subset, binned.unit, binned.bin, binned.whole_ms, binned.parts
