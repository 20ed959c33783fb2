-- One slot of an epoch for a negative on one rank, with the member of its label that takes it; or
-- with a hard negative, which is named by its id.
-- The members of a label are walked at a random stride that has no factor in common with their
-- number: none is taken twice before all are taken, and each round has a start and a stride of its
-- own. Among 64 numbers in a row one is such a stride, for any number of members below 10^12.
{{ config(materialized='table_function', parameters='seed, epoch, batch_size, rank := 0, world_size := 1, hard := []') }}
with draws as (
    select
        'strong_negative' as pool,
        strong_draws.step,
        strong_draws.slot,
        strong_draws.draw,
        strong_draws.label_id,
        strong_draws.sample_id,
        0 as crop
    from {{ ref('strong_draws') }}(seed, epoch, batch_size, world_size, hard) as strong_draws
    where strong_draws.on_rank = rank
    union all
    select
        'weak_negative' as pool,
        weak_draws.step,
        weak_draws.slot,
        'weak' as draw,
        weak_draws.label_id,
        null as sample_id,
        weak_draws.crop
    from {{ ref('weak_draws') }}(seed, epoch, batch_size, rank, world_size) as weak_draws
),

turns as (
    select
        draws.*,
        rank_labels.first_member_id,
        rank_labels.member_count,
        row_number() over (
            partition by rank_labels.first_member_id order by draws.step * batch_size + draws.slot
        ) - 1 as turn,
        turn // rank_labels.member_count as round
    from draws
    inner join {{ ref('rank_labels') }}(world_size) as rank_labels
        on
            draws.pool = rank_labels.pool
            and draws.label_id = rank_labels.label_id
            and rank_labels.on_rank = rank
    where draws.sample_id is null
),

rounds as (
    select distinct
        turns.pool,
        turns.label_id,
        turns.first_member_id,
        turns.member_count,
        turns.round
    from turns
),

walks as (
    select
        rounds.first_member_id,
        rounds.round,
        concat_ws(':', rank, rounds.pool, rounds.label_id, rounds.round) as name,
        cast(floor(
            main.uniform(concat_ws(':', seed, epoch), 'start', name) * rounds.member_count
        ) as bigint) as start,
        1 + cast(floor(
            main.uniform(concat_ws(':', seed, epoch), 'stride', name) * rounds.member_count
        ) as bigint) as least,
        list_filter(
            range(least, least + 64), lambda number: gcd(number, rounds.member_count) = 1
        )[1] as stride
    from rounds
)

select
    turns.step,
    turns.slot,
    turns.draw,
    turns.label_id,
    null as sample_id,
    turns.first_member_id
    + (walks.start + turns.turn % turns.member_count * walks.stride) % turns.member_count
        as member_id,
    turns.crop
from turns
inner join walks
    on turns.first_member_id = walks.first_member_id and turns.round = walks.round
union all
select
    draws.step,
    draws.slot,
    draws.draw,
    draws.label_id,
    draws.sample_id,
    null as member_id,
    main.uniform(concat_ws(':', seed, epoch), 'crop', draws.sample_id) as crop
from draws
where draws.sample_id is not null
