-- One positive sample with its score: for detectors of samples, an event of the target.
{{ config(schema='scoring') }}
with scored_items as (select * from {{ ref('scored_items') }}),

scored_samples as (select * from {{ ref('scored_samples') }})

select
    scored_items.clip_number,
    scored_samples.label_id,
    scored_items.start_us,
    scored_items.end_us,
    scored_samples.is_overlapped,
    scored_items.score
from scored_items
inner join scored_samples on scored_items.sample_key = scored_samples.sample_key
where scored_items.is_positive
