-- One label of one subset, with the amount that ranks it: seconds in a strong subset, clips in a
-- weak one.
-- The charts of all subsets are drawn from this.
with strong_label_stats as (select * from {{ ref('strong_label_stats') }}),

weak_label_stats as (select * from {{ ref('weak_label_stats') }}),

labels as (select * from {{ ref('labels') }}),

amounts as (
    select
        strong_label_stats.subset,
        strong_label_stats.rank,
        strong_label_stats.label_id,
        strong_label_stats.display_name,
        strong_label_stats.event_count,
        strong_label_stats.duration_seconds as amount,
        strong_label_stats.percentage,
        strong_label_stats.cumulative_percentage
    from strong_label_stats
    union all
    select
        weak_label_stats.subset,
        weak_label_stats.rank,
        weak_label_stats.label_id,
        weak_label_stats.display_name,
        weak_label_stats.clip_count as event_count,
        cast(weak_label_stats.clip_count as decimal(18, 3)) as amount,
        weak_label_stats.percentage,
        100 * sum(weak_label_stats.clip_count) over (
            partition by weak_label_stats.subset order by weak_label_stats.rank
        ) / sum(weak_label_stats.clip_count) over (partition by weak_label_stats.subset)
            as cumulative_percentage
    from weak_label_stats
)

select
    amounts.subset,
    amounts.rank,
    amounts.label_id,
    amounts.display_name,
    labels.title,
    amounts.event_count,
    amounts.amount,
    amounts.percentage,
    amounts.cumulative_percentage
from amounts
inner join labels on amounts.label_id = labels.label_id
