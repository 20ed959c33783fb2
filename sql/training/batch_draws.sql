-- One draw of a batch, with its slots, and with how many samples of a target there are for it: on
-- all ranks (of the positives), and on how many ranks (of the negatives).
with slots as (
    select
        draw,
        count(*) as slot_count
    from {{ identifier(target) }}.batch_slots({{ batch_size }})
    group by draw
),

positives as (
    select
        'positive' as draw,
        count(*) as sample_count
    from {{ identifier(target) }}.positive_samples
    where main.split_of(subset) = 'train'
    union all
    select
        'weak_positive' as draw,
        count(*) as sample_count
    from {{ identifier(target) }}.weak_positive_samples
    where main.split_of(subset) = 'train' and reason is null
),

-- Completion slots and hard ones draw strong negatives too.
choices as (
    select
        on_rank,
        unnest(case draw
            when 'tier_a' then ['tier_a', 'completion']
            when 'tier_b' then ['hard']
            else [draw]
        end) as draw
    from {{ identifier(target) }}.label_choices({{ world_size }})
),

negatives as (
    select
        draw,
        count(distinct on_rank) as rank_count
    from choices
    group by draw
)

select
    coalesce(slots.draw, positives.draw, negatives.draw) as draw,
    coalesce(slots.slot_count, 0) as slot_count,
    coalesce(positives.sample_count, 0) as sample_count,
    coalesce(negatives.rank_count, 0) as rank_count
from slots
full join positives on slots.draw = positives.draw
full join negatives on slots.draw = negatives.draw
