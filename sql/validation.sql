-- Validation of source files: each macro returns what is wrong, or null if nothing is.
-- NAME_error validates the typed columns of a staging model. NAME_line_error validates a line of a
-- file: its form, which can make typed reading fail, and then its columns by NAME_error.

create or replace temp macro quoted(field) as coalesce('''' || field || '''', 'empty');

create or replace temp macro seconds_error(name, field) as
if(
    try_cast(field as decimal(9, 3)) is null,
    name || ' is ' || quoted(nullif(field, '')) || '; expected a number of seconds, as in 30.000',
    null
);

create or replace temp macro columns_error(fields, wanted) as
if(
    len(fields) <> wanted,
    'the row has ' || len(fields) || if(len(fields) = 1, ' column', ' columns')
    || '; expected ' || wanted,
    null
);

create or replace temp macro times_error(start_time, end_time) as case
    when start_time is null then 'the start is empty; expected a number of seconds, as in 30.000'
    when end_time is null then 'the end is empty; expected a number of seconds, as in 40.000'
    when start_time < 0 then 'the start ' || start_time || ' is negative; expected 0 or more'
    when end_time < start_time
        then
            'the end ' || end_time || ' is before the start ' || start_time
            || '; expected an end at the start or later'
end;

create or replace temp macro mid_error(mid) as
if(
    regexp_full_match(coalesce(mid, ''), '/[a-z]/[0-9A-Za-z_]+'),
    null,
    'the label is ' || quoted(nullif(mid, '')) || '; expected a MID, as in /m/032s66'
);

create or replace temp macro strong_error(clip_id, start_seconds, end_seconds, label_id) as
coalesce(
    if(
        regexp_full_match(coalesce(clip_id, ''), '[0-9A-Za-z_-]{11}_[0-9]{1,9}'),
        null,
        'segment_id is ' || quoted(nullif(clip_id, ''))
        || '; expected an 11-character YouTube id, _ and milliseconds, as in YxlGt805lTA_30000'
    ),
    times_error(start_seconds, end_seconds),
    mid_error(label_id)
);

create or replace temp macro framed_error(
    clip_id, start_seconds, end_seconds, label_id, is_present
) as
coalesce(
    strong_error(clip_id, start_seconds, end_seconds, label_id),
    if(is_present is null, 'present is invalid; expected PRESENT or NOT_PRESENT', null)
);

create or replace temp macro weak_error(
    ytid, video_start_seconds, video_end_seconds, label_ids
) as
coalesce(
    if(
        regexp_full_match(coalesce(ytid, ''), '[0-9A-Za-z_-]{11}'),
        null,
        'YTID is ' || quoted(nullif(ytid, '')) || '; expected an 11-character YouTube id'
    ),
    times_error(video_start_seconds, video_end_seconds),
    if(
        regexp_full_match(
            coalesce(array_to_string(label_ids, ','), ''),
            '/[a-z]/[0-9A-Za-z_]+(,/[a-z]/[0-9A-Za-z_]+)*'
        ),
        null,
        'positive_labels is ' || quoted(nullif(array_to_string(label_ids, ','), ''))
        || '; expected MIDs separated by commas, as in "/m/09x0r,/m/032s66"'
    )
);

create or replace temp macro strong_label_error(label_id, display_name) as
coalesce(
    mid_error(label_id),
    if(
        coalesce(display_name, '') = '',
        'the name of ' || label_id || ' is empty; expected a display name',
        null
    )
);

create or replace temp macro weak_label_error(weak_index, label_id, weak_display_name) as
coalesce(
    if(weak_index is null, 'the index is empty; expected a whole number', null),
    strong_label_error(label_id, weak_display_name)
);

create or replace temp macro ontology_error(label_id, display_name) as
strong_label_error(label_id, display_name);

create or replace temp macro strong_fields_error(fields) as
coalesce(
    seconds_error('start_time_seconds', fields[2]),
    seconds_error('end_time_seconds', fields[3]),
    strong_error(
        fields[1],
        try_cast(fields[2] as decimal(9, 3)),
        try_cast(fields[3] as decimal(9, 3)),
        fields[4]
    )
);

create or replace temp macro strong_line_error(line) as
coalesce(
    columns_error(string_split(line, chr(9)), 4),
    strong_fields_error(string_split(line, chr(9)))
);

create or replace temp macro framed_line_error(line) as
coalesce(
    columns_error(string_split(line, chr(9)), 5),
    strong_fields_error(string_split(line, chr(9))),
    if(
        string_split(line, chr(9))[5] in ('PRESENT', 'NOT_PRESENT'),
        null,
        'present is ' || quoted(string_split(line, chr(9))[5])
        || '; expected PRESENT or NOT_PRESENT'
    )
);

create or replace temp macro weak_fields_error(fields) as
coalesce(
    seconds_error('start_seconds', fields[2]),
    seconds_error('end_seconds', fields[3]),
    weak_error(
        fields[1],
        try_cast(fields[2] as decimal(9, 3)),
        try_cast(fields[3] as decimal(9, 3)),
        string_split(fields[4], ',')
    )
);

create or replace temp macro weak_line_error(line) as
coalesce(
    columns_error(string_split(line, ', '), 4),
    weak_fields_error(
        list_transform(
            string_split(line, ', '), lambda field: regexp_replace(field, '^"(.*)"$', '\1')
        )
    )
);

create or replace temp macro strong_label_line_error(line) as
coalesce(
    columns_error(string_split(line, chr(9)), 2),
    strong_label_error(string_split(line, chr(9))[1], string_split(line, chr(9))[2])
);

create or replace temp macro weak_label_line_error(line) as
if(
    regexp_full_match(line, '[0-9]{1,6},/[a-z]/[0-9A-Za-z_]+,("([^"]|"")+"|[^",]+)'),
    null,
    'the row is invalid; expected index,mid,display_name, as in 0,/m/09x0r,"Speech"'
);
