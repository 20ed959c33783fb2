-- The highest threshold at which a detector reaches one step of recall in one unit, and the
-- precision there. There are 500 steps from 0 to 1: few enough to draw. A unit without positives or
-- without negatives has none.
with ranking_curve as (select * from {{ ref('ranking_curve') }}),

steps as (
    select
        ranking_curve.detector,
        ranking_curve.unit,
        floor(ranking_curve.recall * 500) as step,
        max({
            'threshold': ranking_curve.threshold,
            'recall': ranking_curve.recall,
            'precision': ranking_curve.precision
        }) as point
    from ranking_curve
    where ranking_curve.recall is not null and ranking_curve.false_positive_rate is not null
    group by ranking_curve.detector, ranking_curve.unit, step
)

select
    steps.detector,
    steps.unit,
    steps.point.recall,
    steps.point.precision,
    steps.point.threshold
from steps
order by steps.detector, steps.unit, steps.point.recall
