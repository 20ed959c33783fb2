-- One subset, with the names of the files of its clips that are in no archive.
select
    wanted.subset,
    list('Y' || wanted.ytid || '.wav' order by wanted.ytid) filter (
        where chosen.ytid is null
    ) as files
from wanted
left join chosen on wanted.ytid = chosen.ytid and chosen.attempt = 1
group by wanted.subset
