-- One sample that `wanted` names, by its key or its number.
with named as (
    select
        name,
        try_cast(name as bigint) as sample_id,
        split_part(name, '/', 1) as subset,
        split_part(name, '/', 2) as clip_id,
        try_cast(split_part(split_part(name, '/', 3), '.', 1) as integer) as event_id,
        try_cast(split_part(split_part(name, '/', 3), '.', 2) as bigint) as window_index
    from wanted
),

spans as (
    select
        sample_id,
        role,
        split,
        subset,
        clip_id,
        event_id,
        window_index
    from {{ identifier(target) }}.sample_spans
)

select
    named.name,
    spans.sample_id,
    spans.role,
    spans.split
from named
inner join spans
    on
        named.subset = spans.subset
        and named.clip_id = spans.clip_id
        and named.event_id is not distinct from spans.event_id
        and named.window_index is not distinct from spans.window_index
-- A key is written in one way only.
where
    main.sample_key(spans.subset, spans.clip_id, spans.event_id, spans.window_index) = named.name
union all
select
    named.name,
    spans.sample_id,
    spans.role,
    spans.split
from named
inner join spans on named.sample_id = spans.sample_id
