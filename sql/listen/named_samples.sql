-- One sample that a row of named_rows names by its key; without a target there are none.
{% if schema %}
    select
        named_rows.place,
        sample_spans.role,
        sample_spans.role in ('positive', 'weak_positive') as is_positive,
        main.seconds(sample_spans.start_ms) as start_seconds,
        main.seconds(sample_spans.end_ms) as end_seconds,
        mask_labels.label_id
    from named_rows
    inner join {{ schema }}.sample_spans
        on
            named_rows.subset = sample_spans.subset
            and named_rows.clip_id = sample_spans.clip_id
            and named_rows.key_event_id is not distinct from sample_spans.event_id
            and named_rows.window_index is not distinct from sample_spans.window_index
    left join internal.mask_labels on sample_spans.label_index = mask_labels.label_index
    -- A key is written in one way only.
    where
        named_rows.sample_key = main.sample_key(
            sample_spans.subset,
            sample_spans.clip_id,
            sample_spans.event_id,
            sample_spans.window_index
        )
{% else %}
    select
        place,
        cast(null as varchar) as role,
        cast(null as boolean) as is_positive,
        start_seconds,
        end_seconds,
        label_id
    from named_rows
    where false
{% endif %}
