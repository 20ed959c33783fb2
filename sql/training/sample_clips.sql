-- One clip that samples are made of, or would be if its audio were there.
-- A weak clip in which the strong labels hear the target is no negative. Of the unbalanced set's
-- clips with a head label, such as Speech, only a part is kept, drawn by their ids; a clip that
-- carries a rare label is always kept. Without any inventory of audio, all audio is taken as there.
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

positive_clips as (
    select distinct positive_events.clip_id
    from {{ ref('positive_events') }} as positive_events
),

wanted_weak_negatives as (
    select weak_negatives.*
    from {{ ref('weak_negatives') }} as weak_negatives
    anti join positive_clips on weak_negatives.clip_id = positive_clips.clip_id
    where
        weak_negatives.dataset <> 'unbalanced_train'
        or not list_has_any(
            weak_negatives.label_ids, {{ literal(target.training.head_labels) }}
        )
        or list_has_any(
            weak_negatives.label_ids,
            (select coalesce(list(rare_labels.label_id), []) from rare_labels)
        )
        or main.uniform({{ target.training.seed }}, 'head', weak_negatives.clip_id)
        < {{ target.training.head_keep_frac }}
),

clips as (
    select
        event_windows.role,
        event_windows.dataset,
        event_windows.clip_id,
        cast(sum(event_windows.segments) as bigint) as samples,
        null as video_seconds,
        null as label_ids
    from {{ ref('event_windows') }} as event_windows
    where event_windows.segments > 0
    group by event_windows.role, event_windows.dataset, event_windows.clip_id
    union all
    select
        'weak_negative' as role,
        wanted.dataset,
        wanted.clip_id,
        1 as samples,
        wanted.video_end_seconds - wanted.video_start_seconds as video_seconds,
        list_sort(wanted.label_ids) as label_ids
    from wanted_weak_negatives as wanted
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
    row_number() over (
        order by
            case when clips.dataset in ('eval', 'eval_framed') then 'eval' else 'train' end desc,
            clips.role asc,
            clips.dataset asc,
            clips.clip_id asc
    ) as clip_number,
    clips.role,
    case when clips.dataset in ('eval', 'eval_framed') then 'eval' else 'train' end as split,
    clips.dataset,
    clips.clip_id,
    clips.samples,
    clips.label_ids,
    case
        when audio.audio_path is null and exists (select 1 from main.audio_files)
            then coalesce(audio.status, 'not found')
    end as missing_audio,
    audio.audio_path,
    cast(coalesce(audio.audio_seconds, clips.video_seconds) as decimal(9, 3)) as seconds
from clips
left join audio on left(clips.clip_id, 11) = audio.ytid
