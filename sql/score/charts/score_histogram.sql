-- One of 40 equal bins of the scores of a detector in one unit, with its positives or its
-- negatives. The bins reach from 0 to 1, or else from the lowest score to the highest.
with scores as (select * from {{ ref('scores') }}),

ranges as (
    select
        scores.detector,
        scores.unit,
        case
            when min(scores.score) >= 0 and max(scores.score) <= 1 then 0 else min(scores.score)
        end as lowest,
        case
            when min(scores.score) >= 0 and max(scores.score) <= 1 then 1 else max(scores.score)
        end as highest
    from scores
    group by scores.detector, scores.unit
),

widths as (
    select
        ranges.*,
        case
            when ranges.highest > ranges.lowest then (ranges.highest - ranges.lowest) / 40
            else 1
        end as bin_width
    from ranges
),

binned as (
    select
        scores.detector,
        scores.unit,
        case when scores.is_positive then 'positive' else 'negative' end as kind,
        widths.lowest,
        widths.bin_width,
        least(floor((scores.score - widths.lowest) / widths.bin_width), 39) as place
    from scores
    inner join widths on scores.detector = widths.detector and scores.unit = widths.unit
)

select
    binned.detector,
    binned.unit,
    binned.kind,
    binned.lowest + binned.place * binned.bin_width as score_from,
    binned.lowest + (binned.place + 1) * binned.bin_width as score_to,
    count(*) as item_count
from binned
group by
    binned.detector, binned.unit, binned.kind, binned.lowest, binned.bin_width, binned.place
order by binned.detector, binned.unit, binned.kind, binned.place
