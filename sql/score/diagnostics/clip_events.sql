-- One positive clip with its score: for detectors of clips, an event of the target.
{{ config(schema='scoring') }}
with scored_items as (select * from {{ ref('scored_items') }})

select
    scored_items.clip_number,
    cast(null as varchar) as label_id,
    scored_items.start_us,
    scored_items.end_us,
    cast(null as boolean) as is_overlapped,
    scored_items.score
from scored_items
where scored_items.is_positive
