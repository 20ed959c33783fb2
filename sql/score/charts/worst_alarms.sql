-- One of the 20 false alarms of a detector with the highest scores, with the names of the labels
-- that are active at any moment of it.
with alarms as (select * from {{ ref('alarms') }}),

labels as (select * from {{ ref('labels') }}),

worst as (
    select
        alarms.*,
        row_number() over (
            partition by alarms.detector
            order by alarms.score desc, alarms.clip_id asc, alarms.start_seconds asc
        ) as rank
    from alarms
    where not alarms.is_true
    qualify rank <= 20
),

carried as (
    select
        worst.detector,
        worst.rank,
        unnest(worst.label_ids) as label_id
    from worst
),

titles as (
    select
        carried.detector,
        carried.rank,
        string_agg(labels.title, ', ' order by labels.title) as title
    from carried
    inner join labels on carried.label_id = labels.label_id
    group by carried.detector, carried.rank
)

select
    worst.detector,
    worst.rank,
    worst.clip_id,
    worst.start_seconds,
    worst.end_seconds,
    worst.score,
    coalesce(titles.title, '(nothing labelled)') as title,
    worst.url
from worst
left join titles on worst.detector = titles.detector and worst.rank = titles.rank
order by worst.detector, worst.rank
