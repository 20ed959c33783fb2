-- One label of one clip on which the weak and the strong labels of the clip disagree: events of a
-- label that is not among the clip's weak labels, nor any label above it ('strong_only'), or a weak
-- label without an event of it or of a label below it ('weak_only').
-- The rarer a label's disagreement is, the more likely is one of the two wrong: rank 1 is the label
-- whose disagreements are the smallest share of its clips.
with compared_labels as (select * from {{ ref('compared_labels') }}),

shares as (
    select
        compared_labels.*,
        avg(cast(compared_labels.is_conflict as integer)) over (
            partition by compared_labels.kind, compared_labels.label_id
        ) as conflict_share
    from compared_labels
)

select
    shares.label_id,
    shares.clip_id,
    shares.kind,
    shares.event_count,
    dense_rank() over (order by shares.conflict_share, shares.label_id, shares.kind) as rank
from shares
where shares.is_conflict
