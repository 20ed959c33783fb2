-- One row of placed_rows as an item to listen to: its times, what its labels say of the target, and
-- its audio.
select
    placed_rows.place,
    placed_rows.sample_key,
    placed_rows.subset,
    placed_rows.clip_id,
    placed_rows.named_clip_id,
    named_clips.clip_id is not null as is_in_subset,
    placed_rows.event_id,
    placed_rows.label_id,
    placed_rows.role,
    coalesce(placed_rows.is_positive, active_rows.place is not null) as is_positive,
    labels.title as item_title,
    placed_rows.start_seconds,
    placed_rows.end_seconds,
    placed_rows.clip_seconds,
    placed_rows.audio_path,
    placed_rows.byte_offset,
    placed_rows.byte_count,
    main.video_url(placed_rows.clip_id, placed_rows.start_seconds) as url,
    placed_rows.detector,
    placed_rows.score,
    placed_rows.reason
from placed_rows
left join named_clips
    on placed_rows.subset = named_clips.subset and placed_rows.clip_id = named_clips.clip_id
left join active_rows on placed_rows.place = active_rows.place
left join main.labels on placed_rows.item_label_id = labels.label_id
order by placed_rows.place
