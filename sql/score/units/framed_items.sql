-- One frame of the framed subset that is evaluated, with its label and the highest score of the
-- detector's frames that reach into it.
{{ config(schema='scoring') }}
with framed_truth as (select * from {{ ref('framed_truth') }}),

frames as (select * from {{ ref('frames') }})

select
    framed_truth.clip_number,
    framed_truth.start_us,
    framed_truth.end_us,
    cast(null as varchar) as sample_key,
    max(frames.score) as score,
    framed_truth.is_positive
from framed_truth
inner join frames
    on
        framed_truth.clip_number = frames.clip_number
        and framed_truth.start_us < frames.end_us
        and framed_truth.end_us > frames.start_us
group by
    framed_truth.clip_number,
    framed_truth.start_us,
    framed_truth.end_us,
    framed_truth.is_positive
