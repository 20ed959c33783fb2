-- One clip of a subset whose audio is asked for; without names of subsets, of all of them. A target
-- counts as a subset, with the clips of its samples.
with clips as (
    select
        clip_number,
        clip_id
    from internal.strong_clips
    union all
    select
        clip_number,
        main.clip_id(ytid, video_start_seconds) as clip_id
    from internal.numbered_weak_clips
),

named_clips as (
    select
        subset,
        ytid,
        is_silence
    from main.subset_clips
    {% for target in targets %}
        union all
        select
            {{ literal(target) }} as subset,
            left(clips.clip_id, 11) as ytid,
            subset_clips.is_silence
        from {{ identifier(target) }}.sample_clips
        inner join clips on sample_clips.clip_number = clips.clip_number
        left join main.subset_clips on clips.clip_id = subset_clips.clip_id
        where sample_clips.reason is null or starts_with(sample_clips.reason, 'audio_')
    {% endfor %}
)

select
    subset,
    ytid,
    coalesce(bool_or(is_silence), false) as is_silence
from named_clips
where list_contains({{ literal(subsets) }}, subset) or len({{ literal(subsets) }}) = 0
group by subset, ytid
