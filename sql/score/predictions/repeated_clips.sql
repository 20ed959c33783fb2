-- One clip, or one frame of a clip, that a detector's predictions have more than once, with the
-- last of its rows.
{{ config(schema='scoring') }}
with located_predictions as (select * from {{ ref('located_predictions') }}),

evaluation_clips as (select * from {{ ref('evaluation_clips') }}),

repeated as (
    select
        located_predictions.clip_number,
        located_predictions.frame,
        max((located_predictions.file_number, located_predictions.line)) as place,
        count(*) as row_count,
        count(distinct located_predictions.file_number) as file_count
    from located_predictions
    where located_predictions.frame is not null or {{ literal(form) }} in ('lists', 'clips')
    group by
        located_predictions.detector, located_predictions.clip_number, located_predictions.frame
    having count(*) > 1
)

select
    repeated.place[1] as file_number,
    repeated.place[2] as line,
    coalesce('frame ' || repeated.frame || ' of ', '') || evaluation_clips.clip_id
    || ' is given ' || repeated.row_count || ' times'
    || case
        when repeated.file_count > 1
            then ', in ' || repeated.file_count || ' files of one detector'
        else ''
    end as problem
from repeated
inner join evaluation_clips on repeated.clip_number = evaluation_clips.clip_number
