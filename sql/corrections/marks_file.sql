-- One row of a file of corrections, with the subset, clip and event that its sample_key names.
with file_rows as (
    select
        row_number() over () + 1 as number,
        nullif(trim({{ target }}), '') as target,
        nullif(trim({{ sample_key }}), '') as sample_key,
        nullif(trim({{ subset }}), '') as subset,
        nullif(trim({{ clip_id }}), '') as clip_id,
        nullif(trim({{ event_id }}), '') as event_id,
        nullif(trim({{ label_id }}), '') as label_id,
        nullif(trim({{ verdict }}), '') as verdict,
        nullif(trim({{ note }}), '') as note,
        len({{ note }}) - len(replace({{ note }}, chr(10), '')) as further_line_count
    from {{ rows }}
),

keyed as (
    select
        file_rows.*,
        -- Notes may have several lines.
        file_rows.number + coalesce(
            sum(file_rows.further_line_count) over (
                order by file_rows.number rows between unbounded preceding and 1 preceding
            ),
            0
        ) as line,
        string_split(file_rows.sample_key, '/') as key_parts
    from file_rows
)

select
    {{ file_number }} as file_number,
    keyed.line,
    keyed.target,
    keyed.sample_key,
    coalesce(keyed.key_parts[1], keyed.subset) as subset,
    coalesce(keyed.key_parts[2], keyed.clip_id) as clip_id,
    coalesce(split_part(keyed.key_parts[3], '.', 1), keyed.event_id) as event_id,
    keyed.label_id,
    keyed.verdict,
    keyed.note
from keyed
