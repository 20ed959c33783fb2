-- One unit of work: clips of an archive, in the order of their bytes in it.
with clips as (
    select
        archive,
        archive_fingerprint,
        header_offset,
        {
            'ytid': ytid,
            'member': member,
            'header_offset': header_offset,
            'places': list(
                { 'path': path, 'subset': subset, 'is_silence': is_silence } order by path
            )
        } as clip
    from pending
    group by ytid, archive, archive_fingerprint, member, header_offset
),

numbered as (
    select
        *,
        (row_number() over (partition by archive order by header_offset) - 1)
        // {{ clips_per_unit }} as unit
    from clips
)

select
    archive,
    any_value(archive_fingerprint) as archive_fingerprint,
    list(clip order by header_offset) as clips
from numbered
group by archive, unit
order by archive, unit
