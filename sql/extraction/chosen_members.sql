-- One member of an archive that may be taken of a clip, in the order in which they are tried: of
-- the first archive, by name, that has the clip; of the next one, if that is invalid.
select
    named_members.*,
    row_number() over (
        partition by named_members.ytid
        order by named_members.archive, named_members.header_offset
    ) as attempt
from named_members
semi join wanted on named_members.ytid = wanted.ytid
where named_members.wrong_part is null
