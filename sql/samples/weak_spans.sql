-- One sample that is a clip of the weak subsets, without its labels.
with weak_samples as (select * from {{ ref('weak_samples') }}),

weak_positive_samples as (select * from {{ ref('weak_positive_samples') }}),

excluded_clips as (select * from {{ ref('excluded_clips') }}),

clips as (
    select
        'weak_negative' as role,
        weak_samples.*
    from weak_samples
    anti join excluded_clips on weak_samples.clip_number = excluded_clips.clip_number
    union all by name
    select
        'weak_positive' as role,
        weak_positive_samples.*
    from weak_positive_samples
)

select
    clips.clip_number as sample_id,
    clips.role,
    clips.subset,
    clips.clip_number,
    0 as start_ms,
    main.milliseconds(clips.seconds) as end_ms
from clips
where clips.reason is null
