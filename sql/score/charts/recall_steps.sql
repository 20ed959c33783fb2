-- The highest recall of a detector with at most so many false alarms per hour, by one criterion,
-- and the highest threshold that gives it (null: no threshold has so few). There are 64 rates in a
-- decade, from 0.1 to 100, those of recall_bands among them: few enough to draw.
with event_curve as (select * from {{ ref('event_curve') }}),

criterion_totals as (select * from {{ ref('criterion_totals') }}),

places as (
    select unnest(range(-64, 129)) as place
),

rates as (
    select
        places.place,
        pow(10, places.place / 64.0) as alarms_per_hour
    from places
),

best as (
    select
        event_curve.detector,
        event_curve.criterion,
        rates.place,
        max({
            'recall': event_curve.recall,
            'threshold': event_curve.threshold,
            'precision': event_curve.precision
        }) as point
    from event_curve
    asof inner join rates on event_curve.false_alarms_per_hour <= rates.alarms_per_hour
    -- Few thresholds have so few.
    where event_curve.false_alarms_per_hour <= main.most_alarms_per_hour()
    group by event_curve.detector, event_curve.criterion, rates.place
),

steps as (
    select
        criterion_totals.detector,
        criterion_totals.criterion,
        rates.place,
        rates.alarms_per_hour,
        max(best.point) over (
            partition by criterion_totals.detector, criterion_totals.criterion order by rates.place
        ) as point
    from criterion_totals
    cross join rates
    left join best
        on
            criterion_totals.detector = best.detector
            and criterion_totals.criterion = best.criterion
            and rates.place = best.place
    where criterion_totals.event_count > 0 and criterion_totals.hours > 0
)

select
    steps.detector,
    steps.criterion,
    steps.alarms_per_hour,
    coalesce(steps.point.recall, 0) as recall,
    steps.point.precision,
    steps.point.threshold
from steps
order by steps.detector, steps.criterion, steps.alarms_per_hour
