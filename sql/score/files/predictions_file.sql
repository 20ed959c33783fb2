-- One row of a predictions file; a list of scores is one row. `bad_score` is what stands in the
-- place of a score and is not a finite number, or not a list of such numbers. `line` is where the
-- row would stand if there were neither blank lines nor line breaks in quotes.
with file_rows as (
    select
        row_number() over () + {{ lines_above }} as line,
        cast({{ detector }} as varchar) as detector,
        cast({{ named }} as varchar) as name,
        try_cast(cast({{ frame }} as varchar) as double) as frame,
        try_cast({{ start_seconds }} as decimal(18, 9)) as start_seconds,
        try_cast({{ end_seconds }} as decimal(18, 9)) as end_seconds,
        try_cast({{ score }} as double) as score,
        try_cast({{ scores }} as double[]) as scores,
        main.score_excerpt(coalesce(cast({{ given_score }} as varchar), 'null')) as score_text
    from {{ reader }}
)

select
    {{ file_number }} as file_number,
    file_rows.line,
    file_rows.detector,
    file_rows.name,
    -- A cast would round a fraction.
    case
        when file_rows.frame = trunc(file_rows.frame) then try_cast(file_rows.frame as integer)
    end as frame,
    file_rows.start_seconds,
    file_rows.end_seconds,
    file_rows.score,
    file_rows.scores,
    case
        when file_rows.scores is not null and main.has_bad_score(file_rows.scores)
            then coalesce(
                cast(main.first_bad_score(file_rows.scores) as varchar), file_rows.score_text
            )
        when file_rows.scores is null and not coalesce(isfinite(file_rows.score), false)
            then file_rows.score_text
    end as bad_score
from file_rows
