-- One sample as it is stored: its part of a clip, and its labels as columns of the label mask.
{{ config(materialized='table') }}
select * from {{ ref('strong_spans') }}
union all
select * from {{ ref('weak_spans') }}
