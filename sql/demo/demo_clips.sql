-- One clip of the synthetic weak subsets, before it has labels.
{{ config(materialized='table') }}
with numbers as (
    select
        'weak_unbalanced_train' as subset,
        unnest(range({{ clips }})) as number
    union all
    select
        'weak_balanced_train' as subset,
        unnest(range(greatest({{ clips }} // 92, 300))) as number
    union all
    select
        'weak_eval' as subset,
        unnest(range(greatest({{ clips }} // 100, 400))) as number
),

-- An id is 66 bits of a hash, written as YouTube writes them: with _ and - among the 64 digits.
identified as (
    select
        numbers.subset,
        replace(numbers.subset, 'weak_', '') || numbers.number as position,
        translate(
            left(to_base64(from_hex(md5(concat_ws(':', {{ seed }}, position)))), 11), '+/', '-_'
        ) as ytid,
        uniform({{ seed }}, 'start', position) as start_draw,
        uniform({{ seed }}, 'second', position) as second_draw
    from numbers
),

placed as (
    select
        identified.subset,
        identified.ytid,
        cast(
            case
                when identified.start_draw < 0.35 then 0
                when identified.start_draw < 0.97 then 10 * floor(60 * identified.second_draw)
                else 300 * identified.second_draw
            end as decimal(9, 3)
        ) as start_seconds,
        -- One clip in fifty is the short end of its video.
        cast(
            if(identified.start_draw < 0.02, 1 + 9 * identified.second_draw, 10) as decimal(9, 3)
        ) as clip_seconds
    from identified
)

select
    placed.subset,
    main.clip_id(placed.ytid, placed.start_seconds) as clip_id,
    placed.ytid,
    placed.start_seconds,
    cast(placed.start_seconds + placed.clip_seconds as decimal(9, 3)) as end_seconds,
    placed.clip_seconds
from placed
order by placed.subset, placed.ytid
