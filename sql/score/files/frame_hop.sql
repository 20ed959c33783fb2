-- The distance of the frames of `scoring.predictions`, or the length of a frame if no clip has two.
-- Starts may be rounded, as to a millisecond or to 32 bits, so that no two of them give it exactly:
-- it is a whole part of the time from the first frame of a clip to its last one.
with starts as (
    select
        predictions.detector,
        predictions.name,
        predictions.start_seconds
    from scoring.predictions
    where predictions.start_seconds is not null
),

steps as (
    select
        starts.start_seconds - lag(starts.start_seconds) over (
            partition by starts.detector, starts.name order by starts.start_seconds
        ) as step
    from starts
),

smallest as (
    select min(steps.step) filter (where steps.step > 0) as step
    from steps
),

longest as (
    select
        starts.detector,
        starts.name,
        count(*) - 1 as step_count,
        cast(max(starts.start_seconds) - min(starts.start_seconds) as double) as span
    from starts
    group by starts.detector, starts.name
    order by span desc, starts.name asc, starts.detector asc
    limit 1
),

-- Frames may be missing, so that there are fewer steps than there should be.
candidates as (
    select
        longest.detector,
        longest.name,
        longest.span,
        unnest([1, 2]) as preference,
        unnest([round(longest.span / smallest.step), longest.step_count]) as step_count
    from longest
    cross join smallest
),

deviations as (
    select
        candidates.preference,
        candidates.step_count,
        candidates.span / candidates.step_count as hop_seconds,
        starts.start_seconds / hop_seconds as place
    from candidates
    inner join starts
        on candidates.detector = starts.detector and candidates.name = starts.name
    where candidates.step_count > 0
),

fitting as (
    select
        deviations.preference,
        deviations.step_count,
        deviations.hop_seconds,
        max(abs(deviations.place - round(deviations.place))) * deviations.hop_seconds as deviation
    from deviations
    group by deviations.preference, deviations.step_count, deviations.hop_seconds
    having deviation <= main.start_tolerance_seconds()
    order by deviations.preference
    limit 1
),

-- Of whole microseconds, if that makes no difference to any start.
fitted as (
    select
        if(
            abs(round(fitting.hop_seconds, 6) - fitting.hop_seconds) <= 1e-6 / fitting.step_count,
            round(fitting.hop_seconds, 6),
            fitting.hop_seconds
        ) as hop_seconds
    from fitting
),

frame_lengths as (
    select min(predictions.end_seconds - predictions.start_seconds) as frame_seconds
    from scoring.predictions
)

select
    coalesce(
        cast(fitted.hop_seconds as decimal(18, 9)), smallest.step, frame_lengths.frame_seconds
    ) as hop_seconds
from smallest
cross join frame_lengths
left join fitted on true
