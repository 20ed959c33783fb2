-- One clip of the weak subsets, with its number: from 0, in the order of the source files.
-- The number is the clip's sample_id too, for all targets and window lengths.
{{ config(schema='internal') }}
with weak_unbalanced_train as (
    select
        {{ source_place }} as source_place,
        *
    from {{ ref('weak_unbalanced_train') }}
),

weak_balanced_train as (
    select
        {{ source_place }} as source_place,
        *
    from {{ ref('weak_balanced_train') }}
),

weak_eval as (
    select
        {{ source_place }} as source_place,
        *
    from {{ ref('weak_eval') }}
),

sizes as (
    select
        (select count(*) from weak_unbalanced_train) as unbalanced_count,
        (select count(*) from weak_balanced_train) as balanced_count
)

-- Numbered in each part: outside of the union it would take twice the time to read it.
select
    cast(weak_unbalanced_train.source_place as integer) as clip_number,
    'weak_unbalanced_train' as subset,
    weak_unbalanced_train.ytid,
    weak_unbalanced_train.video_start_seconds,
    weak_unbalanced_train.video_end_seconds,
    weak_unbalanced_train.label_ids
from weak_unbalanced_train
union all
select
    cast(sizes.unbalanced_count + weak_balanced_train.source_place as integer) as clip_number,
    'weak_balanced_train' as subset,
    weak_balanced_train.ytid,
    weak_balanced_train.video_start_seconds,
    weak_balanced_train.video_end_seconds,
    weak_balanced_train.label_ids
from weak_balanced_train
cross join sizes
union all
select
    cast(sizes.unbalanced_count + sizes.balanced_count + weak_eval.source_place as integer)
        as clip_number,
    'weak_eval' as subset,
    weak_eval.ytid,
    weak_eval.video_start_seconds,
    weak_eval.video_end_seconds,
    weak_eval.label_ids
from weak_eval
cross join sizes
