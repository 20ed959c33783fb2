-- One error in the predictions: the file and the line where it stands, and what is wrong.
{{ config(materialized='table', schema='scoring') }}
with bad_scores as (select * from {{ ref('bad_scores') }}),

nameless_predictions as (select * from {{ ref('nameless_predictions') }}),

{% if form == 'samples' %}
    unknown_samples as (select * from {{ ref('unknown_samples') }}),

    repeated_samples as (select * from {{ ref('repeated_samples') }}),

    misplaced as (
        select * from unknown_samples
        union all
        select * from repeated_samples
    )
{% else %}
    unknown_clips as (select * from {{ ref('unknown_clips') }}),

    repeated_clips as (select * from {{ ref('repeated_clips') }}),

    misplaced_frames as (select * from {{ ref('misplaced_frames') }}),

    missing_frames as (select * from {{ ref('missing_frames') }}),

    misplaced as (
        select * from unknown_clips
        union all
        select * from repeated_clips
        union all
        select * from misplaced_frames
        union all
        select * from missing_frames
    )
{% endif %}

select * from bad_scores
union all
select * from nameless_predictions
union all
select * from misplaced
