-- One split and role of the target's samples, with how many samples there are, their first and last
-- number, and of how many the audio is part of an archive. The train split is first.
with samples as (select * from {{ ref('samples') }})

select
    samples.split,
    samples.role,
    count(*) as sample_count,
    count(samples.byte_offset) as part_count,
    min(samples.sample_id) as first_sample_id,
    max(samples.sample_id) as last_sample_id
from samples
group by samples.split, samples.role
order by samples.split desc, samples.role asc
