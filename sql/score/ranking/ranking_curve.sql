-- One distinct score of a detector in one unit as a threshold: how many items have at least that
-- score.
with scores as (select * from {{ ref('scores') }}),

by_score as (
    select
        scores.detector,
        scores.unit,
        scores.score as threshold,
        count(*) filter (where scores.is_positive) as positive_count,
        count(*) filter (where not scores.is_positive) as negative_count
    from scores
    group by scores.detector, scores.unit, scores.score
),

points as (
    select
        by_score.detector,
        by_score.unit,
        by_score.threshold,
        cast(sum(by_score.positive_count) over falling as bigint) as true_positive_count,
        cast(sum(by_score.negative_count) over falling as bigint) as false_positive_count,
        sum(by_score.positive_count) over whole as positive_total,
        sum(by_score.negative_count) over whole as negative_total
    from by_score
    window
        falling as (
            partition by by_score.detector, by_score.unit order by by_score.threshold desc
            rows unbounded preceding
        ),
        whole as (partition by by_score.detector, by_score.unit)
)

select
    points.detector,
    points.unit,
    points.threshold,
    points.true_positive_count,
    points.false_positive_count,
    points.true_positive_count
    / (points.true_positive_count + points.false_positive_count) as precision,
    points.true_positive_count / nullif(points.positive_total, 0) as recall,
    points.false_positive_count / nullif(points.negative_total, 0) as false_positive_rate
from points
