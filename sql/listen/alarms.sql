-- One false alarm of a detector at its chosen threshold, the highest score first. A run of several
-- samples is a part of a clip, and belongs to no sample.
with alarms as (
    select *
    from {{ schema }}.alarms
    where detector = {{ literal(detector) }} and not is_true
),

sample_scores as (
    select *
    from {{ schema }}.scores
    where detector = {{ literal(detector) }} and sample_key is not null
),

subsets as (
    select
        clip_id,
        min(split_part(sample_key, '/', 1)) as subset
    from sample_scores
    group by clip_id
),

samples as (
    select
        clip_id,
        start_seconds,
        end_seconds,
        min({ 'agreement': -score, 'sample_key': sample_key }) as sample
    from sample_scores
    group by clip_id, start_seconds, end_seconds
)

select
    samples.sample['sample_key'] as sample_key,
    coalesce(detectors.subset, subsets.subset) as subset,
    alarms.clip_id,
    alarms.start_seconds,
    alarms.end_seconds,
    'a false alarm of ' || alarms.detector || ': a score of at least '
    || printf('%.3g', detectors.threshold) || ' where the target is not labelled' as reason
from alarms
inner join {{ schema }}.detectors on alarms.detector = detectors.detector
left join subsets on alarms.clip_id = subsets.clip_id
left join samples
    on
        alarms.clip_id = samples.clip_id
        and alarms.start_seconds = samples.start_seconds
        and alarms.end_seconds = samples.end_seconds
order by
    alarms.score desc,
    alarms.clip_id asc,
    alarms.start_seconds asc
