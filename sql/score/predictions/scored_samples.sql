-- One sample of the split that a detector of samples has to score, with its place in its clip.
-- Weak positives are asked for only if the predictions have any.
{{ config(materialized='table', schema='scoring') }}
with sample_spans as (select * from {{ ref('sample_spans') }}),

evaluation_clips as (select * from {{ ref('evaluation_clips') }}),

mask_labels as (select * from {{ ref('mask_labels') }}),

keyed as (
    select
        sample_spans.*,
        main.sample_key(
            sample_spans.subset,
            sample_spans.clip_id,
            sample_spans.event_id,
            sample_spans.window_index
        ) as sample_key
    from sample_spans
    where list_contains({{ literal(subsets) }}, sample_spans.subset)
)

select
    evaluation_clips.clip_number,
    keyed.sample_key,
    keyed.role,
    keyed.role in ('positive', 'weak_positive') as is_positive,
    cast(keyed.start_ms as bigint) * 1000 as start_us,
    cast(keyed.end_ms as bigint) * 1000 as end_us,
    mask_labels.label_id,
    keyed.is_overlapped
from keyed
inner join evaluation_clips
    on
        keyed.subset = evaluation_clips.subset
        and keyed.clip_id = evaluation_clips.clip_id
left join mask_labels on keyed.label_index = mask_labels.label_index
