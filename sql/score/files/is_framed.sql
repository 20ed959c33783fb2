-- Whether all predicted clips are clips of the framed subset, and not all of strong_eval is there.
with predicted as (
    select distinct predictions.name as clip_id
    from scoring.predictions
),

framed as (
    select distinct framed_events.clip_id
    from main.framed_events
),

strong as (
    select distinct strong_events.clip_id
    from main.strong_events
    where strong_events.subset = 'strong_eval'
),

foreign_clips as (
    select predicted.clip_id
    from predicted
    anti join framed on predicted.clip_id = framed.clip_id
),

left_clips as (
    select strong.clip_id
    from strong
    anti join predicted on strong.clip_id = predicted.clip_id
)

select
    not exists (select 1 from foreign_clips)
    and exists (select 1 from left_clips) as is_framed
