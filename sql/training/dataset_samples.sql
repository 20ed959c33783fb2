-- One sample of a target, split and roles, as a Dataset holds it. A weak clip has no event and no
-- window: -1. Weak clips are read without their labels, which a Dataset reads by clip.
with spans as (
    select
        sample_id,
        role,
        subset,
        clip_number,
        event_id,
        window_index,
        start_ms,
        end_ms
    from {{ identifier(target) }}.sample_spans
    where role in ('positive', 'strong_negative')
    union all by name
    select *
    from {{ identifier(target) }}.weak_spans
)

select
    sample_id,
    cast(list_position({{ literal(roles) }}, role) - 1 as tinyint) as role,
    clip_number,
    cast(start_ms as integer) as start_ms,
    cast(end_ms as integer) as end_ms,
    coalesce(event_id, -1) as event_id,
    cast(coalesce(window_index, -1) as smallint) as window_index
from spans
where
    main.split_of(subset) = {{ literal(split) }}
    and list_contains({{ literal(chosen_roles) }}, role)
order by sample_id
