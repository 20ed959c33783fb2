-- One mark: what is marked, and the verdict. If marks of one file contradict each other, the
-- verdict is 'unsure'; if those of several files do, the file that is named first decides.
with in_file as (
    select
        raw_marks.file_number,
        raw_marks.target,
        raw_marks.subset,
        raw_marks.clip_id,
        raw_marks.event_id,
        raw_marks.label_id,
        case
            when count(distinct raw_marks.verdict) = 1 then any_value(raw_marks.verdict)
            else 'unsure'
        end as verdict,
        count(distinct raw_marks.verdict) > 1 as is_contradicted,
        arg_min(raw_marks.sample_key, raw_marks.line) as sample_key,
        string_agg(distinct raw_marks.note, '; ' order by raw_marks.note) as note,
        min(raw_marks.line) as line
    from raw_marks
    group by
        raw_marks.file_number,
        raw_marks.target,
        raw_marks.subset,
        raw_marks.clip_id,
        raw_marks.event_id,
        raw_marks.label_id
),

ranked as (
    select
        in_file.*,
        row_number() over same_thing as place,
        min(in_file.verdict) over whole <> max(in_file.verdict) over whole as is_contradicted_later
    from in_file
    window
        same_thing as (
            partition by
                in_file.target,
                in_file.subset,
                in_file.clip_id,
                in_file.event_id,
                in_file.label_id
            order by in_file.file_number
        ),
        whole as (
            partition by
                in_file.target,
                in_file.subset,
                in_file.clip_id,
                in_file.event_id,
                in_file.label_id
        )
)

select
    ranked.target,
    ranked.sample_key,
    ranked.subset,
    ranked.clip_id,
    cast(ranked.event_id as bigint) as event_id,
    ranked.label_id,
    ranked.verdict,
    ranked.note,
    files.file,
    ranked.line,
    ranked.is_contradicted or ranked.is_contradicted_later as is_disputed
from ranked
inner join files on ranked.file_number = files.file_number
where ranked.place = 1
order by ranked.file_number, ranked.line
