-- One sound of the target in a clip of `dcase_clips`, as DCASE's tools read it: a span in which the
-- target is active, cut at the end of its clip. In these tools, events of a class do not overlap.
with active_spans as (select * from {{ ref('active_spans') }})

select
    dcase_clips.filename,
    active_spans.start_seconds as onset,
    least(active_spans.end_seconds, dcase_clips.duration) as "offset",
    {{ literal(target.name) }} as event_label
from active_spans
inner join dcase_clips
    on
        active_spans.subset = dcase_clips.subset
        and active_spans.clip_id = dcase_clips.clip_id
where
    active_spans.subset = {{ literal(subset) }}
    and dcase_clips.has_audio
    and active_spans.start_seconds < dcase_clips.duration
order by dcase_clips.filename, onset
