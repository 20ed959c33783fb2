-- One mark: what is marked, and the verdict. If rows of one file contradict each other, they count
-- as 'unsure'; if marks of several files do, the file that is named first decides.
-- Windows are marked with their event: it is incorrect if any of them is, else unsure if any is.
with windows as (
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
        raw_marks.label_id,
        raw_marks.window_index
),

ordered as (
    select
        windows.*,
        list_position(['incorrect', 'unsure', 'correct'], windows.verdict) as verdict_place
    from windows
),

in_file as (
    select
        ordered.file_number,
        ordered.target,
        ordered.subset,
        ordered.clip_id,
        ordered.event_id,
        ordered.label_id,
        arg_min(ordered.verdict, ordered.verdict_place) as verdict,
        bool_or(ordered.is_contradicted) as is_contradicted,
        min({
            'place': ordered.verdict_place, 'line': ordered.line, 'sample_key': ordered.sample_key
        }) as first_mark,
        string_agg(distinct ordered.note, '; ' order by ordered.note) as note
    from ordered
    group by
        ordered.file_number,
        ordered.target,
        ordered.subset,
        ordered.clip_id,
        ordered.event_id,
        ordered.label_id
),

in_files as (
    select
        in_file.target,
        in_file.subset,
        in_file.clip_id,
        in_file.event_id,
        in_file.label_id,
        bool_or(in_file.is_contradicted) or count(distinct in_file.verdict) > 1 as is_disputed,
        min(in_file.file_number) as file_number
    from in_file
    group by
        in_file.target,
        in_file.subset,
        in_file.clip_id,
        in_file.event_id,
        in_file.label_id
)

select
    in_file.target,
    in_file.first_mark['sample_key'] as sample_key,
    in_file.subset,
    in_file.clip_id,
    cast(in_file.event_id as bigint) as event_id,
    in_file.label_id,
    in_file.verdict,
    in_file.note,
    files.file,
    in_file.first_mark['line'] as line,
    in_files.is_disputed
from in_files
inner join in_file
    on
        in_files.file_number = in_file.file_number
        and in_files.subset = in_file.subset
        and in_files.clip_id = in_file.clip_id
        and in_files.target is not distinct from in_file.target
        and in_files.event_id is not distinct from in_file.event_id
        and in_files.label_id is not distinct from in_file.label_id
inner join files on in_file.file_number = files.file_number
order by in_file.file_number, line
