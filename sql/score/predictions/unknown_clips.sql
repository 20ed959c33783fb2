-- One row of the predictions whose name is not that of one clip of the subset: of none, or of
-- several. A clip_id that another subset has is found there.
{{ config(schema='scoring') }}
with predicted_clips as (select * from {{ ref('predicted_clips') }}),

strong_clips as (select * from {{ ref('strong_clips') }}),

weak_clips as (select * from {{ ref('weak_clips') }}),

unknown as (
    select
        predicted_clips.name,
        predicted_clips.match_count
    from predicted_clips
    where predicted_clips.match_count <> 1
),

clip_subsets as (
    select
        strong_clips.clip_id,
        strong_clips.subset
    from strong_clips
    union all
    select
        weak_clips.clip_id,
        weak_clips.subset
    from weak_clips
),

other_subsets as (
    select
        unknown.name,
        min(clip_subsets.subset) as subset
    from unknown
    inner join clip_subsets on unknown.name = clip_subsets.clip_id
    group by unknown.name
)

select
    predictions.file_number,
    predictions.line,
    predictions.name || case
        when unknown.match_count > 1
            then
                ' can mean ' || unknown.match_count || ' clips of ' || {{ literal(subset) }}
                || '; name it by its clip_id'
        else
            ' is not a clip of ' || {{ literal(subset) }}
            || coalesce(', but of ' || other_subsets.subset || ', which --subset chooses', '')
    end as problem
from scoring.predictions
inner join unknown on predictions.name = unknown.name
left join other_subsets on predictions.name = other_subsets.name
