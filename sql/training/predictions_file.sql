-- One sample or clip of `parts`, with what a detector predicts for it, in the order of the dataset.
select
    parts.item_key as {{ identifier(key_column) }},
    parts.prediction as {{ identifier(score_column) }}{% if detector %},  -- noqa: LT02
    {{ literal(detector) }} as detector{% endif %}  -- noqa: LT02
from parts
order by parts.place
