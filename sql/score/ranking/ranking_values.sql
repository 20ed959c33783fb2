-- What the ranking of one unit is worth, of all clips (replicate -1) or of a replicate. Between two
-- levels come first the negatives above the level, then the positives and negatives at it, which
-- are one operating point. A ranking without positives or without negatives is worth nothing: null.
{{ config(materialized='table', schema='scoring') }}
with ranking_steps as (select * from {{ ref('ranking_steps') }}),

points as (
    select
        ranking_steps.*,
        ranking_steps.higher_positive_count + ranking_steps.positive_count as true_positives,
        ranking_steps.higher_negative_count
        + ranking_steps.above_count
        + ranking_steps.tied_count as false_positives,
        true_positives / nullif(ranking_steps.positive_total, 0) as true_positive_rate,
        false_positives / nullif(ranking_steps.negative_total, 0) as false_positive_rate,
        -- How many of the negatives above the level, and of those tied with it, belong to the part
        -- of the curve that the partial AUC takes.
        least(
            greatest(
                main.partial_auc_end() * ranking_steps.negative_total
                - ranking_steps.higher_negative_count,
                0
            ),
            ranking_steps.above_count
        ) as partial_above,
        least(
            greatest(
                main.partial_auc_end() * ranking_steps.negative_total
                - ranking_steps.higher_negative_count
                - ranking_steps.above_count,
                0
            ),
            ranking_steps.tied_count
        ) as partial_tied
    from ranking_steps
),

sums as (
    select
        points.unit,
        points.replicate,
        any_value(points.positive_total) as positive_total,
        any_value(points.negative_total) as negative_total,
        cast(sum(main.exact(
            points.positive_count
            * (points.true_positives / nullif(points.true_positives + points.false_positives, 0))
        )) as double) as precision_sum,
        cast(sum(main.exact(
            points.positive_count
            * (
                points.true_positive_rate
                / nullif(points.true_positive_rate + points.false_positive_rate, 0)
            )
        )) as double) as balanced_precision_sum,
        cast(sum(main.exact(
            points.above_count * points.higher_positive_count
            + points.tied_count * (points.higher_positive_count + points.positive_count / 2)
        )) as double) as area,
        cast(sum(main.exact(
            points.partial_above * points.higher_positive_count
            + points.partial_tied * (
                points.higher_positive_count
                + coalesce(
                    points.positive_count * points.partial_tied / nullif(points.tied_count, 0) / 2,
                    0
                )
            )
        )) as double) as partial_area,
        max(2 * points.true_positives / nullif(
            points.true_positives + points.false_positives + points.positive_total, 0
        )) as best_f1,
        max(struct_pack(
            f1 := 2 * points.true_positives / nullif(
                points.true_positives + points.false_positives + points.positive_total, 0
            ),
            level := points.level
        )).level as best_f1_level
    from points
    where points.level > 0 or points.above_count > 0
    group by points.unit, points.replicate
)

select
    sums.unit,
    sums.replicate,
    sums.positive_total,
    sums.negative_total,
    case when sums.negative_total > 0 then sums.precision_sum / nullif(sums.positive_total, 0) end
        as average_precision,
    case
        when sums.negative_total > 0
            then sums.balanced_precision_sum / nullif(sums.positive_total, 0)
    end as balanced_average_precision,
    sums.area / nullif(sums.positive_total * sums.negative_total, 0) as roc_auc,
    sums.partial_area
    / nullif(main.partial_auc_end() * sums.positive_total * sums.negative_total, 0)
        as partial_roc_auc,
    main.d_prime(sums.area / nullif(sums.positive_total * sums.negative_total, 0)) as d_prime,
    case when sums.positive_total > 0 and sums.negative_total > 0 then sums.best_f1 end as best_f1,
    sums.best_f1_level
from sums
