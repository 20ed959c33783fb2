-- One sample of a role, in a random order that the seed decides: the same on every machine.
with keyed as (
    select
        split,
        main.sample_key(subset, clip_id, event_id, window_index) as sample_key
    from {{ schema }}.sample_spans
    where role = {{ literal(role) }}
)

select
    sample_key,
    {{ literal('a random ' + role.replace('_', ' ') + ' of the split ') }} || split as reason
from keyed
where {{ literal(split) }} is null or split = {{ literal(split) }}
order by
    main.uniform({{ literal(seed) }}, 'listen', sample_key),
    sample_key
