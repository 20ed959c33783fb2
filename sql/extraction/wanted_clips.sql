-- One clip of a subset whose audio is asked for; without names of subsets, of all of them. A target
-- counts as a subset, with the clips of its samples.
with named_clips as (
    select
        subset,
        ytid,
        is_silence
    from main.subset_clips
    {% for target in targets %}
        union all
        select
            {{ literal(target) }} as subset,
            left(sample_clips.clip_id, 11) as ytid,
            subset_clips.is_silence
        from {{ identifier(target) }}.sample_clips
        left join main.subset_clips on sample_clips.clip_id = subset_clips.clip_id
    {% endfor %}
)

select
    subset,
    ytid,
    coalesce(bool_or(is_silence), false) as is_silence
from named_clips
where list_contains({{ literal(subsets) }}, subset) or len({{ literal(subsets) }}) = 0
group by subset, ytid
