-- One label worth listening to: of a negative that detectors score highest, or of an event of the
-- target that they score lowest. The more detectors agree, the more likely is the label wrong.
with detector_suspects as (select * from {{ ref('detector_suspects') }}),

strong_clips as (select * from {{ ref('strong_clips') }}),

mask_labels as (select * from {{ ref('mask_labels') }}),

weak_clips as (select * from {{ ref('weak_clips') }}),

suspects as (
    select
        detector_suspects.kind,
        detector_suspects.subset,
        detector_suspects.clip_id,
        detector_suspects.start_seconds,
        detector_suspects.end_seconds,
        avg(detector_suspects.score) as score,
        count(distinct detector_suspects.detector) as detector_count
    from detector_suspects
    group by
        detector_suspects.kind,
        detector_suspects.subset,
        detector_suspects.clip_id,
        detector_suspects.start_seconds,
        detector_suspects.end_seconds
),

mask as (
    select list(mask_labels.label_id order by mask_labels.label_index) as label_ids
    from mask_labels
)

select
    suspects.kind,
    suspects.clip_id,
    suspects.start_seconds,
    suspects.end_seconds,
    suspects.score,
    main.span_label_ids(
        weak_clips.label_ids,
        strong_clips.events,
        suspects.start_seconds,
        suspects.end_seconds,
        mask.label_ids
    ) as label_ids,
    suspects.detector_count,
    main.video_url(suspects.clip_id, suspects.start_seconds) as url
from suspects
cross join mask
left join strong_clips
    on suspects.subset = strong_clips.subset and suspects.clip_id = strong_clips.clip_id
left join weak_clips
    on suspects.subset = weak_clips.subset and suspects.clip_id = weak_clips.clip_id
order by
    suspects.kind asc,
    suspects.detector_count desc,
    case when suspects.kind = 'event' then suspects.score else -suspects.score end asc,
    suspects.clip_id asc,
    suspects.start_seconds asc,
    suspects.end_seconds asc
