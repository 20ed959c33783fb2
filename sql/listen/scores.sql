-- The highest score of a detector on an item in chosen_items.
select
    chosen_items.place,
    scores.detector,
    max(scores.score) as score
from chosen_items
inner join {{ schema }}.scores
    on
        chosen_items.clip_id = scores.clip_id
        and chosen_items.start_seconds < scores.end_seconds
        and chosen_items.end_seconds > scores.start_seconds
inner join {{ schema }}.detectors
    on scores.detector = detectors.detector and scores.unit = detectors.unit
where
    chosen_items.subset = coalesce(detectors.subset, split_part(scores.sample_key, '/', 1))
    and ({{ literal(detector) }} is null or scores.detector = {{ literal(detector) }})
group by chosen_items.place, scores.detector
order by
    chosen_items.place,
    scores.detector
