-- One archive with audio files of which none has a YouTube id in its name.
select
    archive,
    count(*) as member_count,
    min(member) as member
from named_members
group by archive
having count(ytid) = 0
order by archive
