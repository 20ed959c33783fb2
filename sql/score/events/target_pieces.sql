-- One piece of the time of a clip with the target, numbered in order of time. So many of them are a
-- block, in which lower scores are looked for.
{{ config(materialized='table', schema='scoring') }}
with score_pieces as (select * from {{ ref('score_pieces') }}),

target_spans as (select * from {{ ref('target_spans') }})

select
    cast(row_number() over (
        order by score_pieces.clip_number, score_pieces.stretch, score_pieces.start_us
    ) as integer) as piece,
    piece // main.pieces_in_block() as block,
    score_pieces.*
from score_pieces
semi join target_spans on score_pieces.clip_number = target_spans.clip_number
