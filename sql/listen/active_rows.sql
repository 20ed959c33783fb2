-- One row of placed_rows in which the labels say that the target is active: an event of the target
-- has a moment in common with it, or the weak labels of its clip name the target.
{% if schema %}
    select placed_rows.place
    from placed_rows
    inner join {{ schema }}.active_spans
        on
            placed_rows.subset = active_spans.subset
            and placed_rows.clip_id = active_spans.clip_id
            and placed_rows.start_seconds < active_spans.end_seconds
            and placed_rows.end_seconds > active_spans.start_seconds
    union
{% endif %}
select placed_rows.place
from placed_rows
inner join named_clips
    on placed_rows.subset = named_clips.subset and placed_rows.clip_id = named_clips.clip_id
inner join positive_labels on list_contains(named_clips.label_ids, positive_labels.label_id)
group by placed_rows.place
