-- The distance of the frames of `scoring.predictions`: the smallest one between two frames of a
-- clip, or the length of a frame if no clip has two.
with steps as (
    select
        predictions.start_seconds
        - lag(predictions.start_seconds) over (
            partition by predictions.detector, predictions.name order by predictions.start_seconds
        ) as step,
        predictions.end_seconds - predictions.start_seconds as frame_seconds
    from scoring.predictions
),

smallest as (
    select
        min(steps.step) filter (where steps.step > 0) as step,
        min(steps.frame_seconds) as frame_seconds
    from steps
)

select coalesce(smallest.step, smallest.frame_seconds) as hop_seconds
from smallest
