-- One sample as it is stored: what part of which clip, and the labels that are heard in it.
{{ config(materialized='table') }}
select * from {{ ref('strong_spans') }}
union all
select * from {{ ref('weak_spans') }}
