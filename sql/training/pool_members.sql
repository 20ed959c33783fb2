-- One sample of a pool of negatives of the train split, under one label that it is drawn by.
-- A strong negative is drawn by the label of its event, a weak one by each of its clip's labels;
-- labels of few samples share a bucket. The members of a label are shuffled by their keys and
-- numbered in a row, so that those that a rank may draw, or the next in a random order, are found
-- by arithmetic.
{{ materialized('table') }}
with spans as (
    select
        sample_spans.role as pool,
        sample_spans.sample_id,
        sample_spans.shuffle_key,
        case sample_spans.role
            when 'weak_negative'
                then greatest(0, sample_spans.end_seconds - {{ target.clip_length }})
            else 0
        end as crop_seconds,
        case sample_spans.role
            when 'weak_negative' then sample_spans.label_ids
            else [sample_spans.label_id]
        end as label_ids
    from {{ ref('sample_spans') }} as sample_spans
    where sample_spans.split = 'train' and sample_spans.role <> 'positive'
),

carried as (
    select
        spans.* exclude (label_ids),
        unnest(spans.label_ids) as label_id
    from spans
),

rare_labels as (
    select
        carried.pool,
        carried.label_id
    from carried
    group by carried.pool, carried.label_id
    having count(*) < {{ target.training.completion_rare_cutoff }}
),

members as (
    select carried.*
    from carried
    anti join rare_labels
        on carried.pool = rare_labels.pool and carried.label_id = rare_labels.label_id
    union all
    select distinct carried.* replace ('other_rare' as label_id)
    from carried
    semi join rare_labels
        on carried.pool = rare_labels.pool and carried.label_id = rare_labels.label_id
)

select
    row_number() over (
        order by members.pool, members.label_id, members.shuffle_key, members.sample_id
    ) - 1 as member_id,
    members.pool,
    members.label_id,
    members.sample_id,
    members.shuffle_key,
    cast(members.crop_seconds * 1000 as integer) as crop_ms
from members
