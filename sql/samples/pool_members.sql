-- One sample of a pool of negatives of the train split, under one label that it is drawn by.
-- A strong negative is drawn by the label of its event, a weak negative by each label of its clip.
-- Labels with few samples share one entry. The members of a label are shuffled by their keys and
-- have consecutive numbers, so that the members of a rank, or the next one in a random order, are
-- found by arithmetic.
{{ config(materialized='table') }}
with labels as (select * from {{ ref('labels') }}),

sample_spans as (select * from {{ ref('sample_spans') }}),

spans as (
    select * from sample_spans
    where split = 'train'
),

carried as (
    select
        spans.role = 'weak_negative' as is_weak,
        spans.sample_id,
        spans.shuffle_key,
        0 as crop_ms,
        labels.label_index
    from spans
    inner join labels on spans.label_id = labels.label_id
    where spans.role = 'strong_negative'
    union all
    select
        spans.role = 'weak_negative' as is_weak,
        spans.sample_id,
        spans.shuffle_key,
        cast(
            greatest(0, spans.end_seconds - {{ target.window_seconds }}) * 1000 as integer
        ) as crop_ms,
        unnest(spans.label_indices) as label_index
    from spans
    where spans.role = 'weak_negative'
),

rare_labels as (
    select
        carried.is_weak,
        carried.label_index
    from carried
    group by carried.is_weak, carried.label_index
    having count(*) < {{ samples.completion_rare_cutoff }}
),

-- The rare ones are under no column.
members as (
    select carried.*
    from carried
    anti join rare_labels
        on carried.is_weak = rare_labels.is_weak and carried.label_index = rare_labels.label_index
    union all
    select distinct carried.* replace (null as label_index)
    from carried
    semi join rare_labels
        on carried.is_weak = rare_labels.is_weak and carried.label_index = rare_labels.label_index
),

-- Texts would take twice the time to sort.
numbered as (
    select
        row_number() over (
            order by
                members.is_weak, members.label_index, members.shuffle_key, members.sample_id
        ) - 1 as member_id,
        members.*
    from members
)

select
    numbered.member_id,
    case when numbered.is_weak then 'weak_negative' else 'strong_negative' end as pool,
    coalesce(labels.label_id, 'other_rare') as label_id,
    numbered.sample_id,
    numbered.shuffle_key,
    numbered.crop_ms
from numbered
left join labels on numbered.label_index = labels.label_index
