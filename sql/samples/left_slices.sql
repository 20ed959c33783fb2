-- One slice of a pool under one label, with the number of members that the target leaves.
select
    left_members.pool,
    left_members.label_index,
    left_members.on_rank as slice,
    left_members.member_count
from {{ ref('left_members') }}(1024) as left_members
