-- One audio file of a valid or invalid clip; or a clip that no archive has, without a file.
-- The journal has a line for each time that a clip was dealt with: the last one counts. What was
-- missing once, and was found later, is no longer missing.
with lines as (
    select
        *,
        row_number() over () as line
    from {{ journal }}
),

newest as (
    select lines.*
    from lines
    where lines.ytid is not null
    qualify row_number() over (partition by lines.ytid, lines.place order by lines.line desc) = 1
),

found as (
    select distinct newest.ytid
    from newest
    where newest.place is not null
)

select
    newest.ytid,
    {{ literal(audio_root) }} || '/' || newest.audio_path as audio_path,
    newest.byte_offset,
    newest.byte_count,
    newest.status,
    newest.reason,
    newest.duration_seconds,
    newest.sample_rate_hz,
    newest.channels,
    newest.peak_dbfs,
    newest.bytes,
    newest.archive,
    newest.member
from newest
left join found on newest.ytid = found.ytid
where newest.place is not null or found.ytid is null
order by newest.ytid, newest.place
