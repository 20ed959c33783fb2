-- One label that a rank may draw for a slot, in one of the 1,024 equal parts of [0, 1).
-- Slots of tier_a and weak draw by weight. Slots of tier_b draw with equal chances, or like tier_a
-- on a rank without labels of tier B. A random number draws the label between whose bounds it lies;
-- the parts turn that search into an equality join. Source: guide tables, H.-C. Chen and Y. Asau,
-- "On generating random variates from an empirical distribution", AIIE Transactions 6(2), 1974.
-- Parameters:
--   world_size: Number of ranks.
-- Columns:
--   on_rank: The rank.
--   draw: tier_a, tier_b or weak.
--   part: The part of [0, 1), 0 to 1023.
--   label_id: MID of the label.
--   label_index: Its column of the label mask; -1 of 'other_rare'.
--   lower_bound: Lower end of its numbers, inclusive.
--   upper_bound: Upper end of its numbers, exclusive.
--   first_member_id: The first of the members that the rank may draw under the label.
--   member_count: How many members there are.
{{ config(materialized='table_function', parameters='world_size := 1') }}
with rank_labels as materialized (select * from {{ ref('rank_labels') }}(world_size)),

without_tier_b as (
    select rank_labels.on_rank
    from rank_labels
    where rank_labels.pool = 'strong_negative'
    group by rank_labels.on_rank
    having count(*) filter (where rank_labels.tier = 'B') = 0
),

choices as (
    select
        rank_labels.on_rank,
        rank_labels.label_id,
        rank_labels.label_index,
        rank_labels.first_member_id,
        rank_labels.member_count,
        case rank_labels.pool when 'weak_negative' then 'weak' else 'tier_a' end as draw,
        main.whole_share(rank_labels.weight) as share
    from rank_labels
    where rank_labels.pool = 'weak_negative' or rank_labels.tier = 'A'
    union all
    select
        rank_labels.on_rank,
        rank_labels.label_id,
        rank_labels.label_index,
        rank_labels.first_member_id,
        rank_labels.member_count,
        'tier_b' as draw,
        case rank_labels.tier
            when 'A' then main.whole_share(rank_labels.weight)
            else 1
        end as share
    from rank_labels
    left join without_tier_b on rank_labels.on_rank = without_tier_b.on_rank
    where
        rank_labels.pool = 'strong_negative'
        and (rank_labels.tier = 'B' or without_tier_b.on_rank is not null)
),

added_up as (
    select
        choices.*,
        sum(choices.share) over (
            partition by choices.on_rank, choices.draw
            order by choices.label_id
            rows between unbounded preceding and current row
        ) as shares,
        sum(choices.share) over (partition by choices.on_rank, choices.draw) as total
    from choices
),

bounds as (
    select
        added_up.on_rank,
        added_up.draw,
        added_up.label_id,
        added_up.label_index,
        added_up.first_member_id,
        added_up.member_count,
        cast(added_up.shares - added_up.share as double) / cast(added_up.total as double)
            as lower_bound,
        cast(added_up.shares as double) / cast(added_up.total as double) as upper_bound
    from added_up
)

select
    bounds.on_rank,
    bounds.draw,
    unnest(range(
        main.guide_part(bounds.lower_bound),
        main.guide_end(bounds.upper_bound)
    )) as part,
    bounds.label_id,
    bounds.label_index,
    bounds.lower_bound,
    bounds.upper_bound,
    bounds.first_member_id,
    bounds.member_count
from bounds
