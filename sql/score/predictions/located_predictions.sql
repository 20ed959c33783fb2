-- One row of the predictions of clips or frames, with the clip that its name means.
-- `frame` is the number of its frame, which is the one that begins next to its start; a row with a
-- list of scores, or with the score of a whole clip, has none.
{{ config(schema='scoring') }}
with predicted_clips as (select * from {{ ref('predicted_clips') }})

select
    predictions.file_number,
    predictions.line,
    predictions.detector,
    predicted_clips.clip_number,
    coalesce(
        predictions.frame,
        try_cast(round(predictions.start_seconds / {{ hop_seconds }}) as integer)
    ) as frame,
    predictions.start_seconds,
    predictions.score,
    predictions.scores
from scoring.predictions
inner join predicted_clips on predictions.name = predicted_clips.name
where predicted_clips.match_count = 1
