-- One file that is finished with the same options and, if it is valid, exists among `files`.
-- Of a file that was extracted from an archive several times, the last line of the journal counts.
with lines as (
    select
        *,
        row_number() over () as line
    from {{ journal }}
),

newest as (
    select *
    from lines
    where place is not null
    qualify
        row_number() over (partition by place, archive_fingerprint order by line desc) = 1
)

select
    newest.ytid,
    newest.place,
    newest.status,
    newest.archive_fingerprint
from newest
left join files on newest.audio_path = files.path
where
    newest.options = {{ literal(options) }}
    and (newest.audio_path is null or files.path is not null)
