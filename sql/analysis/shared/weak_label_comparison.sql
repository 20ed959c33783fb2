-- One label of the weak subsets, ranked by the number of its clips in all of them.
with weak_label_stats as (select * from {{ ref('weak_label_stats') }}),

totals as (
    select
        weak_label_stats.label_id,
        min(weak_label_stats.display_name) as display_name,
        cast(sum(weak_label_stats.clip_count) as bigint) as clip_count,
        coalesce(
            sum(weak_label_stats.clip_count) filter (
                where weak_label_stats.subset = 'weak_unbalanced_train'
            ), 0
        ) as weak_unbalanced_train_clip_count,
        coalesce(
            sum(weak_label_stats.clip_count) filter (
                where weak_label_stats.subset = 'weak_balanced_train'
            ), 0
        ) as weak_balanced_train_clip_count,
        coalesce(
            sum(weak_label_stats.clip_count) filter (where weak_label_stats.subset = 'weak_eval'), 0
        ) as weak_eval_clip_count
    from weak_label_stats
    group by weak_label_stats.label_id
)

select
    row_number() over (order by totals.clip_count desc, totals.label_id asc) as rank,
    totals.label_id,
    totals.display_name,
    totals.clip_count,
    100 * totals.clip_count / sum(totals.clip_count) over () as percentage,
    cast(totals.weak_unbalanced_train_clip_count as bigint) as weak_unbalanced_train_clip_count,
    cast(totals.weak_balanced_train_clip_count as bigint) as weak_balanced_train_clip_count,
    cast(totals.weak_eval_clip_count as bigint) as weak_eval_clip_count
from totals
