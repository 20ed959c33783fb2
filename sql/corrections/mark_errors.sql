-- One row of raw_marks that is invalid, with what is expected.
with errors as (
    select
        raw_marks.file_number,
        raw_marks.line,
        case
            when raw_marks.value_count > raw_marks.column_count
                then
                    'there are ' || raw_marks.value_count || ' values, and the header has '
                    || raw_marks.column_count || '; put a note with commas in quotes'
            when coalesce(raw_marks.verdict, '') not in ('correct', 'incorrect', 'unsure')
                then
                    'the verdict is ' || coalesce(left(raw_marks.verdict, 100), 'empty')
                    || '; expected correct, incorrect or unsure'
            when raw_marks.key_part_count not in (2, 3)
                then
                    'the sample_key is ' || left(raw_marks.sample_key, 100)
                    || '; expected SUBSET/CLIP_ID/EVENT_ID.WINDOW_INDEX or SUBSET/CLIP_ID'
            when main.subset_place(raw_marks.subset) is null
                then
                    'the subset is ' || coalesce(left(raw_marks.subset, 100), 'empty')
                    || '; expected one of ' || array_to_string(main.subset_names(), ', ')
                    || ', in a column subset or at the start of sample_key'
            when
                not regexp_full_match(
                    coalesce(raw_marks.clip_id, ''), '[0-9A-Za-z_-]{11}_[0-9]{1,9}'
                )
                then
                    'the clip is ' || coalesce(left(raw_marks.clip_id, 100), 'empty')
                    || '; expected an 11-character YouTube id, _ and milliseconds, as in'
                    || ' YxlGt805lTA_30000'
            when raw_marks.event_id is not null and not main.is_strong_subset(raw_marks.subset)
                then 'clips of ' || raw_marks.subset || ' have no events; leave event_id empty'
            when not regexp_full_match(raw_marks.event_id, '[0-9]{1,18}')
                then
                    'the event is ' || left(raw_marks.event_id, 100)
                    || '; expected the number of an event, as in event_id'
            when
                raw_marks.sample_key is not null
                and main.is_strong_subset(raw_marks.subset)
                and not regexp_full_match(coalesce(raw_marks.window_index, ''), '[0-9]{1,18}')
                then
                    'the sample_key is ' || left(raw_marks.sample_key, 100)
                    || '; expected SUBSET/CLIP_ID/EVENT_ID.WINDOW_INDEX, or a clip or an event in'
                    || ' the columns subset, clip_id and event_id'
            when raw_marks.is_key_contradicted
                then
                    'sample_key names another thing than subset, clip_id and event_id; leave'
                    || ' those empty'
        end as problem
    from raw_marks
)

select
    errors.file_number,
    errors.line,
    errors.problem
from errors
where errors.problem is not null
order by errors.file_number, errors.line
