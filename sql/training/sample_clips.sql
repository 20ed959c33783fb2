-- One clip that samples are made of, or would be, had not a filter removed it.
-- A weak clip in which the strong labels hear the target is no negative. Of the unbalanced set's
-- clips with a head label, such as Speech, only a part is kept, drawn by their ids; a clip that
-- carries a rare label is always kept. A clip whose audio is not there is no sample, unless there
-- is no inventory of audio at all.
{{ materialized('table') }}
with rare_labels as (
    select labels.label_id
    from (
        select unnest(weak_clips.label_ids) as label_id
        from {{ ref('weak_clips') }} as weak_clips
        where weak_clips.dataset = 'unbalanced_train'
    ) as labels
    group by labels.label_id
    having count(*) < {{ target.training.completion_rare_cutoff }}
),

strong_clips as (
    select
        segments.role,
        segments.dataset,
        segments.clip_id,
        regexp_replace(segments.clip_id, '_[0-9]+$', '') as ytid,
        count(*) as samples
    from {{ ref('segments') }} as segments
    group by segments.role, segments.dataset, segments.clip_id
),

weak_clips as (
    select
        weak_negatives.*,
        case
            when weak_negatives.dataset <> 'unbalanced_train'
                or not list_has_any(
                    weak_negatives.label_ids, {{ literal(target.training.head_labels) }}
                )
                or list_has_any(
                    weak_negatives.label_ids,
                    (select coalesce(list(rare_labels.label_id), []) from rare_labels)
                )
                then false
            else
                main.uniform({{ target.training.seed }}, 'head', weak_negatives.clip_id)
                >= {{ target.training.head_keep_frac }}
        end as is_trimmed
    from {{ ref('weak_negatives') }} as weak_negatives
),

strong_positives as (
    select distinct positive_events.clip_id
    from {{ ref('positive_events') }} as positive_events
),

clips as (
    select
        strong_clips.*,
        null as unwanted,
        null as video_seconds,
        null as label_ids
    from strong_clips
    union all
    select
        'weak_negative' as role,
        weak_clips.dataset,
        weak_clips.clip_id,
        weak_clips.ytid,
        1 as samples,
        case
            when strong_positives.clip_id is not null then 'strong_positive'
            when weak_clips.is_trimmed then 'head_trimming'
        end as unwanted,
        weak_clips.video_end_seconds - weak_clips.video_start_seconds as video_seconds,
        weak_clips.label_ids
    from weak_clips
    left join strong_positives on weak_clips.clip_id = strong_positives.clip_id
),

audio as (
    select
        audio_files.ytid,
        min(audio_files.audio_path) as audio_path,
        arg_min(audio_files.duration_seconds, audio_files.audio_path) as audio_seconds,
        min(audio_files.status) filter (where audio_files.audio_path is null) as status
    from main.audio_files
    group by audio_files.ytid
)

select
    clips.role,
    clips.dataset,
    clips.clip_id,
    clips.ytid,
    clips.samples,
    case
        when clips.unwanted is not null then clips.unwanted
        when audio.audio_path is null and exists (select 1 from main.audio_files)
            then 'audio_' || coalesce(audio.status, 'not_found')
    end as removed_by,
    audio.audio_path,
    cast(coalesce(audio.audio_seconds, clips.video_seconds) as decimal(9, 3)) as seconds,
    clips.label_ids
from clips
left join audio on clips.ytid = audio.ytid
