-- The member of an archive that is taken of a clip: of the first archive, by name, that has it.
select members.*
from members
semi join wanted on members.ytid = wanted.ytid
qualify
    row_number() over (partition by members.ytid order by members.archive, members.header_offset)
    = 1
