-- One clip of the weak subsets, with its number: from 0, in the order of the source files.
-- The number is the clip's sample_id too, for all targets and window lengths.
{{ config(schema='internal') }}
with weak_unbalanced_train as (
    select
        {{ source_row }} as source_row,
        *
    from {{ ref('weak_unbalanced_train') }}
),

weak_balanced_train as (
    select
        {{ source_row }} as source_row,
        *
    from {{ ref('weak_balanced_train') }}
),

weak_eval as (
    select
        {{ source_row }} as source_row,
        *
    from {{ ref('weak_eval') }}
),

sizes as (
    select
        (select count(*) from weak_unbalanced_train) as unbalanced_count,
        (select count(*) from weak_balanced_train) as balanced_count
),

clips as (
    select
        'weak_unbalanced_train' as subset,
        0 as first_number,
        weak_unbalanced_train.*
    from weak_unbalanced_train
    union all
    select
        'weak_balanced_train' as subset,
        sizes.unbalanced_count as first_number,
        weak_balanced_train.*
    from weak_balanced_train
    cross join sizes
    union all
    select
        'weak_eval' as subset,
        sizes.unbalanced_count + sizes.balanced_count as first_number,
        weak_eval.*
    from weak_eval
    cross join sizes
)

select
    cast(clips.first_number + clips.source_row - 1 as integer) as clip_number,
    clips.subset,
    clips.ytid,
    clips.video_start_seconds,
    clips.video_end_seconds,
    clips.label_ids
from clips
