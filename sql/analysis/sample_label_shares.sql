-- One label of one role and split, by its rank there: what share of the samples it is heard in.
-- A sample with several labels is counted under each of them: shares may add up to more than all.
with sizes as (
    select
        sample_fates.split,
        sample_fates.role,
        sample_fates.samples
    from {{ ref('sample_fates') }} as sample_fates
    where sample_fates.fate = 'kept'
)

select
    composition.split,
    composition.role,
    row_number() over (
        partition by composition.split, composition.role
        order by composition.samples desc, composition.label_id asc
    ) as rank,
    composition.label_id,
    coalesce(label_titles.title, composition.label_id) as title,
    composition.samples,
    100 * composition.samples / sizes.samples as percentage
from {{ ref('sample_composition') }} as composition
inner join sizes on composition.split = sizes.split and composition.role = sizes.role
left join {{ ref('label_titles') }} as label_titles
    on composition.label_id = label_titles.label_id
