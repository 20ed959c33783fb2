-- How the number of detections in a clip changes as the threshold falls to a score: there is one
-- more at a peak of the scores, and one less in a valley, where two detections become one.
{{ config(materialized='table', schema='scoring') }}
with score_pieces as (select * from {{ ref('score_pieces') }}),

neighbours as (
    select
        score_pieces.clip_number,
        score_pieces.score,
        lag(score_pieces.score, 1, '-infinity') over in_time as score_before,
        lead(score_pieces.score, 1, '-infinity') over in_time as score_after
    from score_pieces
    window in_time as (
        partition by score_pieces.clip_number, score_pieces.stretch order by score_pieces.start_us
    )
),

-- A detection begins at a piece at the thresholds above the score before it, and goes on to the
-- next piece at those up to the score after it.
changes as (
    select
        neighbours.clip_number,
        neighbours.score as threshold,
        cast(
            cast(neighbours.score > neighbours.score_before as integer)
            - cast(neighbours.score_after > neighbours.score as integer) as tinyint
        ) as detection_change
    from neighbours
)

select * from changes
where detection_change <> 0
