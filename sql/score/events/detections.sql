-- One detection that some threshold gives in a clip with the target: the longest run of frames with
-- at least a score. It exists at the thresholds up to its score and above the score at which it
-- becomes part of a longer one, which is null for the longest of all.
{{ config(materialized='incremental') }}
with target_pieces as (select * from {{ ref('target_pieces') }}),

lower_pieces as (select * from {{ ref('lower_pieces') }}),

-- Frames of equal scores with no lower one between them belong to the same run.
runs as (
    select
        target_pieces.clip_number,
        target_pieces.stretch,
        target_pieces.score,
        lower_pieces.piece_before,
        lower_pieces.piece_after,
        min(target_pieces.piece) as first_lowest_piece
    from target_pieces
    inner join lower_pieces on target_pieces.piece = lower_pieces.piece
    group by
        target_pieces.clip_number,
        target_pieces.stretch,
        target_pieces.score,
        lower_pieces.piece_before,
        lower_pieces.piece_after
),

stretches as (
    select
        target_pieces.clip_number,
        target_pieces.stretch,
        min(target_pieces.piece) as first_piece,
        max(target_pieces.piece) as last_piece
    from target_pieces
    group by target_pieces.clip_number, target_pieces.stretch
)

select
    {{ literal(detector) }} as detector,
    runs.first_lowest_piece as detection_number,
    runs.clip_number,
    first_pieces.start_us,
    last_pieces.end_us,
    runs.score,
    -- greatest() leaves nulls out.
    greatest(pieces_before.score, pieces_after.score) as joined_score
from runs
inner join stretches
    on runs.clip_number = stretches.clip_number and runs.stretch = stretches.stretch
inner join target_pieces as first_pieces
    on coalesce(runs.piece_before + 1, stretches.first_piece) = first_pieces.piece
inner join target_pieces as last_pieces
    on coalesce(runs.piece_after - 1, stretches.last_piece) = last_pieces.piece
left join target_pieces as pieces_before on runs.piece_before = pieces_before.piece
left join target_pieces as pieces_after on runs.piece_after = pieces_after.piece
