-- How often each replicate has one clip: a number from the Poisson distribution of mean 1, as in a
-- bootstrap. It is a hash of the seed, the replicate and the name of the clip, so that all
-- detectors are compared on the same clips. A replicate is a column, since that makes the sums over
-- millions of rows ten times as fast.
{{ config(materialized='table', schema='scoring') }}
with evaluation_clips as (select * from {{ ref('evaluation_clips') }}),

numbers as (
    select
        evaluation_clips.clip_number,
        list_transform(
            range({{ replicates }}),
            lambda replicate:
            main.uniform({{ seed }}, replicate, evaluation_clips.clip_id)  -- noqa: RF03
        ) as numbers
    from evaluation_clips
),

weights as (
    select
        numbers.clip_number,
        list_transform(
            numbers.numbers,
            lambda number: cast(main.poisson_count(number) as double)  -- noqa: RF03
        ) as weights
    from numbers
)

select
    weights.clip_number
    {% for replicate in range(1, replicates + 1) %}
        ,
        weights.weights[{{ replicate }}] as replicate_{{ replicate }}
    {% endfor %}
from weights
