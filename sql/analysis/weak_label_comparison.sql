-- One label of the weak sets, by how many clips of all of them carry it.
with totals as (
    select
        weak_label_stats.label_id,
        min(weak_label_stats.display_name) as display_name,
        cast(sum(weak_label_stats.clip_count) as bigint) as clip_count,
        coalesce(
            sum(weak_label_stats.clip_count) filter (
                where weak_label_stats.dataset = 'unbalanced_train'
            ), 0
        ) as unbalanced_train_clips,
        coalesce(
            sum(weak_label_stats.clip_count) filter (
                where weak_label_stats.dataset = 'balanced_train'
            ), 0
        ) as balanced_train_clips,
        coalesce(
            sum(weak_label_stats.clip_count) filter (where weak_label_stats.dataset = 'eval'), 0
        ) as eval_clips
    from {{ ref('weak_label_stats') }} as weak_label_stats
    group by weak_label_stats.label_id
)

select
    row_number() over (order by totals.clip_count desc, totals.label_id asc) as rank,
    totals.label_id,
    totals.display_name,
    totals.clip_count,
    100 * totals.clip_count / sum(totals.clip_count) over () as percentage,
    cast(totals.unbalanced_train_clips as bigint) as unbalanced_train_clips,
    cast(totals.balanced_train_clips as bigint) as balanced_train_clips,
    cast(totals.eval_clips as bigint) as eval_clips
from totals
