-- One clip that is not a negative of the target, with the reason: 'ignored_label' or
-- 'positive_label' for the labels that it carries, 'strong_positive' for a weak clip whose strong
-- labels contain the target, or 'corrected' for what a listener marked: a negative that contains
-- the target, a clip whose positive events are all incorrect, or a weak clip whose strong labels
-- are corrected in one of these ways.
{{ config(materialized='table') }}
with carrying_clips as materialized (select * from {{ ref('carrying_clips') }}),

positive_events as (select * from {{ ref('positive_events') }}),

corrections as (select * from {{ ref('corrections') }}),

strongly_labelled_clips as (select * from {{ ref('strongly_labelled_clips') }}),

incorrect as (
    select
        corrections.subset,
        corrections.clip_id,
        corrections.clip_number,
        corrections.role
    from corrections
    where corrections.verdict = 'incorrect'
),

-- A clip with an ignored label keeps that reason, and one with a positive event that is left is
-- still a clip of the target.
corrected_strong as (
    select carrying_clips.clip_number
    from carrying_clips
    semi join incorrect
        on
            carrying_clips.subset = incorrect.subset
            and carrying_clips.clip_id = incorrect.clip_id
    anti join positive_events
        on
            carrying_clips.subset = positive_events.subset
            and carrying_clips.clip_id = positive_events.clip_id
    where not carrying_clips.is_ignored
),

marked_weak as (
    select incorrect.clip_number
    from incorrect
    where incorrect.role = 'weak_negative'
    union
    -- What was, or should have been, a positive of the strong labels is not a negative of the weak.
    select strongly_labelled_clips.clip_number
    from strongly_labelled_clips
    inner join incorrect
        on
            strongly_labelled_clips.clip_id = incorrect.clip_id
            and incorrect.role in ('positive', 'strong_negative')
    anti join positive_events on strongly_labelled_clips.clip_id = positive_events.clip_id
),

corrected_weak as (
    select marked_weak.clip_number
    from marked_weak
    anti join carrying_clips on marked_weak.clip_number = carrying_clips.clip_number
),

strong_positive as (
    select strongly_labelled_clips.clip_number
    from strongly_labelled_clips
    semi join positive_events on strongly_labelled_clips.clip_id = positive_events.clip_id
    anti join carrying_clips
        on strongly_labelled_clips.clip_number = carrying_clips.clip_number
    anti join corrected_weak on strongly_labelled_clips.clip_number = corrected_weak.clip_number
)

select
    carrying_clips.clip_number,
    case when carrying_clips.is_ignored then 'ignored_label' else 'positive_label' end as reason
from carrying_clips
anti join corrected_strong on carrying_clips.clip_number = corrected_strong.clip_number
union all
select
    strong_positive.clip_number,
    'strong_positive' as reason
from strong_positive
union all
select
    corrected_strong.clip_number,
    'corrected' as reason
from corrected_strong
union all
select
    corrected_weak.clip_number,
    'corrected' as reason
from corrected_weak
order by clip_number
