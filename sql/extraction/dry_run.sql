-- What an extraction will do: its clips, how many of them are in no archive, are finished, and are
-- to be extracted; then the archives to read, and the bytes of these clips, packed and unpacked.
with clips as (select distinct ytid from wanted),

pending_clips as (
    select distinct ytid
    from pending
    where attempt = 1
)

select
    count(*) as clip_count,
    count(*) filter (where chosen.ytid is null) as missing_count,
    count(*) filter (
        where chosen.ytid is not null and pending_clips.ytid is null
    ) as finished_count,
    count(pending_clips.ytid) as pending_count,
    count(distinct chosen.archive) filter (where pending_clips.ytid is not null) as archive_count,
    coalesce(
        sum(chosen.packed_bytes) filter (where pending_clips.ytid is not null), 0
    ) as packed_bytes,
    coalesce(sum(chosen.bytes) filter (where pending_clips.ytid is not null), 0) as bytes
from clips
left join chosen on clips.ytid = chosen.ytid and chosen.attempt = 1
left join pending_clips on clips.ytid = pending_clips.ytid
