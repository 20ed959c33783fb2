-- One label worth listening to: of a negative that detectors score highest, or of an event of the
-- target that they score lowest. The more detectors agree, the more likely is the label wrong. Both
-- kinds take turns, and a clip has its second turn when all others had their first.
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
        case when detector_suspects.kind = 'event' then -1 else 1 end
        * avg(detector_suspects.score) as disagreement,
        count(distinct detector_suspects.detector) as detector_count
    from detector_suspects
    group by
        detector_suspects.kind,
        detector_suspects.subset,
        detector_suspects.clip_id,
        detector_suspects.start_seconds,
        detector_suspects.end_seconds
),

numbered as (
    select
        suspects.*,
        row_number() over (
            partition by suspects.kind, suspects.clip_id
            order by
                suspects.detector_count desc,
                suspects.disagreement desc,
                suspects.start_seconds asc,
                suspects.end_seconds asc,
                suspects.subset asc
        ) as number_in_clip
    from suspects
),

mask as (
    select list(mask_labels.label_id order by mask_labels.label_index) as label_ids
    from mask_labels
)

select
    numbered.kind,
    numbered.clip_id,
    numbered.start_seconds,
    numbered.end_seconds,
    numbered.score,
    main.span_label_ids(
        weak_clips.label_ids,
        strong_clips.events,
        numbered.start_seconds,
        numbered.end_seconds,
        mask.label_ids
    ) as label_ids,
    numbered.detector_count,
    main.video_url(numbered.clip_id, numbered.start_seconds) as url
from numbered
cross join mask
left join strong_clips
    on numbered.subset = strong_clips.subset and numbered.clip_id = strong_clips.clip_id
left join weak_clips
    on numbered.subset = weak_clips.subset and numbered.clip_id = weak_clips.clip_id
order by
    row_number() over (
        partition by numbered.kind
        order by
            numbered.number_in_clip asc,
            numbered.detector_count desc,
            numbered.disagreement desc,
            numbered.clip_id asc,
            numbered.start_seconds asc,
            numbered.end_seconds asc
    ),
    numbered.kind
