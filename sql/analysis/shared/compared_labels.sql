-- One label of one clip that has both weak and strong labels, with whether the others contradict
-- it: events of a label that is not among the weak labels, nor any label above it ('strong_only'),
-- or a weak label without an event of it or of a label below it ('weak_only'). A label that the
-- other kind does not use, nor one that would confirm it, is left out.
{{ config(schema='internal') }}
with strong_events as (select * from {{ ref('strong_events') }}),

numbered_weak_clips as (select * from {{ ref('numbered_weak_clips') }}),

strongly_labelled_clips as (select * from {{ ref('strongly_labelled_clips') }}),

implied_labels as (select * from {{ ref('implied_labels') }}),

strong_labels as (
    select
        strong_events.clip_id,
        strong_events.label_id,
        count(*) as event_count
    from strong_events
    group by strong_events.clip_id, strong_events.label_id
),

strong_clips as (
    select distinct strong_labels.clip_id
    from strong_labels
),

weak_labels as (
    select distinct
        strongly_labelled_clips.clip_id,
        unnest(numbered_weak_clips.label_ids) as label_id
    from strongly_labelled_clips
    inner join numbered_weak_clips
        on strongly_labelled_clips.clip_number = numbered_weak_clips.clip_number
    semi join strong_clips on strongly_labelled_clips.clip_id = strong_clips.clip_id
),

weakly_labelled as (
    select distinct weak_labels.clip_id
    from weak_labels
),

-- Labels that some weak label would confirm.
weakly_known as (
    select distinct implied_labels.label_id
    from implied_labels
    semi join weak_labels on implied_labels.implied_id = weak_labels.label_id
),

agreed_strong as (
    select distinct
        strong_labels.clip_id,
        strong_labels.label_id
    from strong_labels
    inner join implied_labels on strong_labels.label_id = implied_labels.label_id
    inner join weak_labels
        on
            strong_labels.clip_id = weak_labels.clip_id
            and implied_labels.implied_id = weak_labels.label_id
),

agreed_weak as (
    select distinct
        strong_labels.clip_id,
        implied_labels.implied_id as label_id
    from strong_labels
    inner join implied_labels on strong_labels.label_id = implied_labels.label_id
)

select
    'strong_only' as kind,
    strong_labels.label_id,
    strong_labels.clip_id,
    strong_labels.event_count,
    agreed_strong.clip_id is null as is_conflict
from strong_labels
semi join weakly_labelled on strong_labels.clip_id = weakly_labelled.clip_id
semi join weakly_known on strong_labels.label_id = weakly_known.label_id
left join agreed_strong
    on
        strong_labels.clip_id = agreed_strong.clip_id
        and strong_labels.label_id = agreed_strong.label_id
union all
select
    'weak_only' as kind,
    weak_labels.label_id,
    weak_labels.clip_id,
    0 as event_count,
    agreed_weak.clip_id is null as is_conflict
from weak_labels
semi join agreed_weak as known on weak_labels.label_id = known.label_id
left join agreed_weak
    on
        weak_labels.clip_id = agreed_weak.clip_id
        and weak_labels.label_id = agreed_weak.label_id
