-- One file, with its clip: of several ids that it can mean, the one of a clip with that start, or
-- else of a known clip.
with files as (
    select
        *,
        row_number() over () as file_number
    from {{ relation }}
),

named as (
    select
        file_number,
        main.audio_file_readings(name, {{ path }}) as readings
    from files
),

readings as (
    select
        named.file_number,
        unnest(named.readings) as reading,
        unnest(range(len(named.readings))) as place
    from named
),

clips as (
    select
        readings.file_number,
        readings.reading.ytid,
        readings.reading.start as named_start,
        readings.place,
        video_clips.clip_seconds,
        video_clips.start_ms,
        video_clips.ytid is not null as is_known,
        main.is_start(readings.reading.start, video_clips.start_ms) as is_part
    from readings
    left join internal.video_clips on readings.reading.ytid = video_clips.ytid
    qualify row_number() over (
        partition by readings.file_number
        order by
            is_known and is_part desc,
            is_known desc,
            readings.place asc,
            video_clips.clip_seconds desc,
            video_clips.start_ms asc
    ) = 1
)

select
    files.*,
    clips.ytid,
    clips.clip_seconds,
    case
        when clips.is_known and not clips.is_part
            then
                'it starts at ' || clips.named_start
                || ' in the video, says its name; the clip starts at '
                || main.seconds(clips.start_ms) || ' s'
    end as wrong_part
from files
left join clips on files.file_number = clips.file_number
