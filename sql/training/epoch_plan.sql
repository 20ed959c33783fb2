-- One slot of a batch of an epoch, on one rank: which sample it takes, and why.
-- The plan is a function of the catalog and the parameters alone; `hard` lists the ids of hard
-- negatives, the newest first. Positives are shuffled and dealt to the ranks. The members of a
-- label are walked at a random stride that has no factor in common with their number: none is
-- taken twice before all are taken, and each round has a start and a stride of its own.
{{ macro('seed, epoch, batch_size, rank := 0, world_size := 1, hard := []') }}
with shuffled_positives as (
    select
        sample_spans.sample_id,
        sample_spans.label_id,
        row_number() over (
            order by
                main.uniform(concat_ws(':', seed, epoch), 'positive', sample_spans.sample_id),
                sample_spans.sample_id
        ) - 1 as place
    from {{ ref('sample_spans') }} as sample_spans
    where sample_spans.role = 'positive' and sample_spans.split = 'train'
),

own_positives as (
    select
        shuffled_positives.sample_id,
        shuffled_positives.label_id,
        shuffled_positives.place // world_size as turn
    from shuffled_positives
    where shuffled_positives.place % world_size = rank
),

positive_slots as (
    select
        epoch_slots.step,
        epoch_slots.slot,
        epoch_slots.turn % (select count(*) from own_positives) as own_turn
    from {{ ref('epoch_slots') }}(batch_size, world_size) as epoch_slots
    where epoch_slots.kind = 'positive' and epoch_slots.on_rank = rank
),

strong_draws as materialized (
    select *
    from {{ ref('strong_draws') }}(seed, epoch, batch_size, world_size, hard) as strong_draws
    where strong_draws.on_rank = rank
),

draws as (
    select
        'strong_negative' as pool,
        strong_draws.step,
        strong_draws.slot,
        strong_draws.role,
        strong_draws.label_id,
        0 as crop
    from strong_draws
    where strong_draws.role <> 'hard'
    union all
    select
        'weak_negative' as pool,
        weak_draws.step,
        weak_draws.slot,
        'weak' as role,
        weak_draws.label_id,
        weak_draws.crop
    from {{ ref('weak_draws') }}(seed, epoch, batch_size, rank, world_size) as weak_draws
),

rounds as (
    select
        draws.*,
        rank_labels.first_member_id,
        rank_labels.member_count,
        row_number() over (
            partition by draws.pool, draws.label_id order by draws.step, draws.slot
        ) - 1 as turn
    from draws
    inner join {{ ref('rank_labels') }}(world_size) as rank_labels
        on
            draws.pool = rank_labels.pool
            and draws.label_id = rank_labels.label_id
            and rank_labels.on_rank = rank
),

walks as (
    select
        starts.*,
        list_filter(
            range(starts.first_stride, starts.first_stride + 64),
            lambda stride: gcd(stride, starts.member_count) = 1
        )[1] as stride
    from (
        select distinct
            rounds.pool,
            rounds.label_id,
            rounds.turn // rounds.member_count as round,
            rounds.member_count,
            cast(floor(main.uniform(
                concat_ws(':', seed, epoch), 'start',
                concat_ws(':', rank, rounds.pool, rounds.label_id, round)
            ) * rounds.member_count) as bigint) as start,
            1 + cast(floor(main.uniform(
                concat_ws(':', seed, epoch), 'stride',
                concat_ws(':', rank, rounds.pool, rounds.label_id, round)
            ) * rounds.member_count) as bigint) as first_stride
        from rounds
    ) as starts
),

members as (
    select
        rounds.step,
        rounds.slot,
        rounds.role,
        rounds.label_id,
        rounds.crop,
        rounds.first_member_id
        + (walks.start + rounds.turn % rounds.member_count * walks.stride) % rounds.member_count
            as member_id
    from rounds
    inner join walks
        on
            rounds.pool = walks.pool
            and rounds.label_id = walks.label_id
            and rounds.turn // rounds.member_count = walks.round
)

select
    positive_slots.step,
    positive_slots.slot,
    own_positives.sample_id,
    'positive' as role,
    own_positives.label_id,
    cast(null as decimal(9, 3)) as crop_start_seconds
from positive_slots
inner join own_positives on positive_slots.own_turn = own_positives.turn
union all
select
    members.step,
    members.slot,
    pool_members.sample_id,
    members.role,
    members.label_id,
    case
        when members.role = 'weak'
            then cast(floor(members.crop * (pool_members.crop_ms + 1)) / 1000 as decimal(9, 3))
    end as crop_start_seconds
from members
inner join {{ ref('pool_members') }} as pool_members on members.member_id = pool_members.member_id
union all
select
    strong_draws.step,
    strong_draws.slot,
    strong_draws.sample_id,
    strong_draws.role,
    strong_draws.label_id,
    case
        when sample_spans.role = 'weak_negative'
            then cast(floor(
                main.uniform(concat_ws(':', seed, epoch), 'crop', sample_spans.sample_id)
                * (greatest(0, sample_spans.end_seconds - {{ target.clip_length }}) * 1000 + 1)
            ) / 1000 as decimal(9, 3))
    end as crop_start_seconds
from strong_draws
inner join {{ ref('sample_spans') }} as sample_spans on strong_draws.sample_id = sample_spans.sample_id
where strong_draws.role = 'hard'
