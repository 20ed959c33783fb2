-- One piece of the time of a clip with the target, with the next pieces of its stretch before and
-- after it that have a lower score.
-- A piece is compared with those of its block, and with the lowest scores of other blocks: to
-- compare it with each piece of the clip would take several times as long.
{{ config(schema='scoring') }}
with target_pieces as (select * from {{ ref('target_pieces') }}),

blocks as (
    select
        target_pieces.clip_number,
        target_pieces.stretch,
        target_pieces.block,
        min(target_pieces.score) as lowest_score
    from target_pieces
    group by target_pieces.clip_number, target_pieces.stretch, target_pieces.block
),

lower_in_block as (
    select
        target_pieces.piece,
        max(others.piece) filter (where others.piece < target_pieces.piece) as piece_before,
        min(others.piece) filter (where others.piece > target_pieces.piece) as piece_after
    from target_pieces
    inner join target_pieces as others
        on
            target_pieces.clip_number = others.clip_number
            and target_pieces.stretch = others.stretch
            and target_pieces.block = others.block
            and target_pieces.score > others.score
    group by target_pieces.piece
),

lower_blocks as (
    select
        target_pieces.piece,
        max(blocks.block) filter (where blocks.block < target_pieces.block) as block_before,
        min(blocks.block) filter (where blocks.block > target_pieces.block) as block_after
    from target_pieces
    inner join blocks
        on
            target_pieces.clip_number = blocks.clip_number
            and target_pieces.stretch = blocks.stretch
            and target_pieces.score > blocks.lowest_score
    group by target_pieces.piece
),

searched as (
    select
        target_pieces.*,
        lower_in_block.piece_before,
        lower_in_block.piece_after,
        unnest([
            case when lower_in_block.piece_before is null then lower_blocks.block_before end,
            case when lower_in_block.piece_after is null then lower_blocks.block_after end
        ]) as other_block
    from target_pieces
    left join lower_in_block on target_pieces.piece = lower_in_block.piece
    left join lower_blocks on target_pieces.piece = lower_blocks.piece
)

select
    searched.piece,
    coalesce(
        any_value(searched.piece_before),
        max(others.piece) filter (where others.piece < searched.piece)
    ) as piece_before,
    coalesce(
        any_value(searched.piece_after),
        min(others.piece) filter (where others.piece > searched.piece)
    ) as piece_after
from searched
left join target_pieces as others
    on
        searched.clip_number = others.clip_number
        and searched.stretch = others.stretch
        and searched.other_block = others.block
        and searched.score > others.score
group by searched.piece
