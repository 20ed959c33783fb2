-- A detector that was scored: what its scores are of, and how they were scored.
{{ config(materialized='incremental') }}
with scored_items as (select * from {{ ref('scored_items') }}),

criterion_totals as (select * from {{ ref('criterion_totals') }}),

chosen_threshold as (select * from {{ ref('chosen_threshold') }}),

counts as (
    select
        count(*) as score_count,
        count(distinct scored_items.clip_number) as clip_count
    from scored_items
)

select
    {{ literal(detector) }} as detector,
    cast({{ literal(subset) }} as varchar) as subset,
    {{ literal(split) }} as split,
    {{ literal(unit) }} as unit,
    {{ literal(files) }} as files,
    {{ literal(sha256s) }} as sha256,
    cast({{ hop_seconds }} as decimal(28, 18)) as hop_seconds,
    {{ median_filter }} as median_filter,
    chosen_threshold.threshold,
    counts.score_count,
    counts.clip_count,
    cast({{ missing_count }} as bigint) as missing_clip_count,
    cast({{ missing_positive_count }} as bigint) as missing_positive_count,
    cast({{ left_out_count }} as bigint) as left_out_frame_count,
    cast({{ short_count }} as bigint) as short_clip_count,
    criterion_totals.hours,
    {{ literal(is_logit) }} as is_logit,
    {{ replicates }} as replicate_count,
    cast({{ seed }} as bigint) as seed
from counts
cross join chosen_threshold
inner join criterion_totals
    on criterion_totals.detector = {{ literal(detector) }} and criterion_totals.criterion = 'alarm'
