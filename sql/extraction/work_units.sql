-- One unit of work: files of an archive, in the order of their bytes in it. What is read at once is
-- one unit: a row group of a parquet file, or an archive in which no member is found without
-- reading those before.
with clips as (
    select
        archive,
        archive_fingerprint,
        is_divisible,
        part,
        header_offset,
        {
            'ytid': ytid,
            'member': member,
            'header_offset': header_offset,
            'bytes': bytes,
            'clip_seconds': clip_seconds,
            'places': list(
                { 'path': path, 'subset': subset, 'is_silence': is_silence } order by path
            )
        } as clip
    from pending
    where attempt = {{ attempt }}
    group by
        ytid,
        archive,
        archive_fingerprint,
        is_divisible,
        part,
        member,
        header_offset,
        bytes,
        clip_seconds
),

numbered as (
    select
        *,
        case
            when is_divisible
                then
                    (row_number() over (partition by archive order by header_offset) - 1)
                    // {{ clips_per_unit }}
            else part
        end as unit
    from clips
)

select
    archive,
    any_value(archive_fingerprint) as archive_fingerprint,
    list(clip order by header_offset) as clips
from numbered
group by archive, unit
order by archive, unit
