-- One sample as it is stored: its part of a clip, and its labels as columns of the label mask.
{{ config(materialized='table') }}
with strong_spans as (select * from {{ ref('strong_spans') }}),

weak_spans as (select * from {{ ref('weak_spans') }})

select * from strong_spans
union all
select * from weak_spans
