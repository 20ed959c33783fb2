-- One row of `raw_marks` that is invalid, with what is expected.
with errors as (
    select
        raw_marks.file_number,
        raw_marks.line,
        case
            when coalesce(raw_marks.verdict, '') not in ('correct', 'incorrect', 'unsure')
                then
                    'the verdict is ' || coalesce(raw_marks.verdict, 'empty')
                    || '; expected correct, incorrect or unsure'
            when main.subset_place(raw_marks.subset) is null
                then
                    'the subset is ' || coalesce(raw_marks.subset, 'empty') || '; expected one of '
                    || array_to_string(main.subset_names(), ', ')
                    || ', in a column subset or at the start of sample_key'
            when
                not regexp_full_match(
                    coalesce(raw_marks.clip_id, ''), '[0-9A-Za-z_-]{11}_[0-9]{1,9}'
                )
                then
                    'the clip is ' || coalesce(raw_marks.clip_id, 'empty')
                    || '; expected an 11-character YouTube id, _ and milliseconds, as in'
                    || ' YxlGt805lTA_30000'
            -- A cast would round a fraction to the number of another event.
            when not regexp_full_match(coalesce(raw_marks.event_id, '0'), '[0-9]{1,18}')
                then
                    'the event is ' || raw_marks.event_id
                    || '; expected the number of an event, as in event_id'
            when
                not regexp_full_match(
                    coalesce(raw_marks.sample_key, 'x/x'), '[^/]+/[^/]+(/[0-9]+([.][0-9]+)?)?'
                )
                then
                    'the sample_key is ' || raw_marks.sample_key
                    || '; expected SUBSET/CLIP_ID/EVENT_ID.WINDOW_INDEX, or SUBSET/CLIP_ID'
            when raw_marks.event_id is not null and not main.is_strong_subset(raw_marks.subset)
                then 'clips of ' || raw_marks.subset || ' have no events; leave event_id empty'
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
