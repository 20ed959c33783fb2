-- One name of a clip in the predictions, with the clip of the subset that it means: by its clip_id,
-- or as the name of an audio file, which has its id and perhaps its start.
{{ config(materialized='table', schema='scoring') }}
with evaluation_clips as (select * from {{ ref('evaluation_clips') }}),

names as (
    select distinct predictions.name
    from scoring.predictions
    where predictions.name is not null
),

same as (
    select
        names.name,
        evaluation_clips.clip_number
    from names
    inner join evaluation_clips on names.name = evaluation_clips.clip_id
),

readings as (
    select
        names.name,
        unnest(main.audio_file_readings(names.name, names.name)) as reading
    from names
    anti join same on names.name = same.name
),

read_as as (
    select distinct
        readings.name,
        evaluation_clips.clip_number
    from readings
    inner join evaluation_clips
        on
            readings.reading.ytid = left(evaluation_clips.clip_id, 11)
            and main.is_start(
                readings.reading.start, cast(substr(evaluation_clips.clip_id, 13) as bigint)
            )
),

found as (
    select * from same
    union all
    select * from read_as
)

select
    names.name,
    min(found.clip_number) as clip_number,
    count(found.clip_number) as match_count
from names
left join found on names.name = found.name
group by names.name
