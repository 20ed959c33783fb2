-- One clip in one role, with the number of samples that come from it, or would come from it but for
-- the reason: 'corrected' by a listener, 'head_trimming', 'strong_positive', 'has_strong_labels',
-- 'beyond_audio' of windows of which less than half lies within the audio, or the status of the
-- audio.
with positive_windows as (select * from {{ ref('positive_windows') }}),

strong_clips as (select * from {{ ref('strong_clips') }}),

clip_windows as (select * from {{ ref('clip_windows') }}),

clip_audio as (select * from {{ ref('clip_audio') }}),

weak_samples as (select * from {{ ref('weak_samples') }}),

weak_positive_samples as (select * from {{ ref('weak_positive_samples') }}),

excluded_clips as (select * from {{ ref('excluded_clips') }}),

cut_off_clips as (select * from {{ ref('cut_off_clips') }}),

corrected_clips as (select * from {{ ref('corrected_clips') }}),

positive_clips as (
    select
        positive_windows.subset,
        positive_windows.clip_id,
        count(*) as window_count
    from positive_windows
    group by positive_windows.subset, positive_windows.clip_id
),

clips as (
    select
        'positive' as role,
        positive_clips.subset,
        strong_clips.clip_number,
        positive_clips.window_count,
        coalesce(cut_off_clips.positive_window_count, 0) as cut_off_count
    from positive_clips
    inner join strong_clips
        on
            positive_clips.subset = strong_clips.subset
            and positive_clips.clip_id = strong_clips.clip_id
    left join cut_off_clips on strong_clips.clip_number = cut_off_clips.clip_number
    union all
    select
        'strong_negative' as role,
        strong_clips.subset,
        strong_clips.clip_number,
        clip_windows.window_count,
        coalesce(cut_off_clips.window_count, 0) as cut_off_count
    from strong_clips
    inner join clip_windows on strong_clips.clip_number = clip_windows.clip_number
    left join cut_off_clips on strong_clips.clip_number = cut_off_clips.clip_number
    anti join excluded_clips on strong_clips.clip_number = excluded_clips.clip_number
)

select
    clips.role,
    clips.subset,
    clips.clip_number,
    clips.window_count - clips.cut_off_count as sample_count,
    clip_audio.reason
from clips
left join clip_audio on clips.clip_number = clip_audio.clip_number
where clips.window_count > clips.cut_off_count
union all
select
    clips.role,
    clips.subset,
    clips.clip_number,
    clips.cut_off_count as sample_count,
    'beyond_audio' as reason
from clips
where clips.cut_off_count > 0
union all
select
    'weak_negative' as role,
    weak_samples.subset,
    weak_samples.clip_number,
    1 as sample_count,
    coalesce(excluded_clips.reason, weak_samples.reason) as reason
from weak_samples
left join excluded_clips on weak_samples.clip_number = excluded_clips.clip_number
where
    excluded_clips.reason is null or excluded_clips.reason in ('strong_positive', 'corrected')
union all
select
    'weak_positive' as role,
    weak_positive_samples.subset,
    weak_positive_samples.clip_number,
    1 as sample_count,
    weak_positive_samples.reason
from weak_positive_samples
union all
select
    corrected_clips.role,
    corrected_clips.subset,
    corrected_clips.clip_number,
    corrected_clips.window_count as sample_count,
    'corrected' as reason
from corrected_clips
