-- One clip that is in no archive; or only under a name that says that it is another part of the
-- video.
with wrong_parts as (
    select
        named_members.ytid,
        min(named_members.wrong_part) as reason,
        arg_min(named_members.member, named_members.wrong_part) as member,
        arg_min(named_members.archive, named_members.wrong_part) as archive
    from named_members
    where named_members.wrong_part is not null
    group by named_members.ytid
),

clips as (
    select distinct wanted.ytid
    from wanted
    anti join chosen on wanted.ytid = chosen.ytid
)

select
    clips.ytid,
    null as place,
    case when wrong_parts.ytid is null then 'missing' else 'wrong_part' end as status,
    coalesce(wrong_parts.reason, 'it is in none of the archives') as reason,
    regexp_extract(wrong_parts.archive, '[^/]*$') as archive,
    wrong_parts.member
from clips
left join wrong_parts on clips.ytid = wrong_parts.ytid
order by clips.ytid
