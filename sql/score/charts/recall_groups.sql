-- One group of recall_by in the order in which it is drawn: durations and places from the first to
-- the last, labels with most events first. label_id is null for what is not a label.
with recall_by as (select * from {{ ref('recall_by') }}),

labels as (select * from {{ ref('labels') }}),

placed as (
    select
        recall_by.*,
        labels.label_id,
        case recall_by.grouping
            when 'duration' then cast(left(recall_by.value, 1) as integer)
            when 'overlapped' then list_position(['alone', 'overlapped'], recall_by.value)
            when 'place'
                then list_position(
                    [
                        'from the first second',
                        'in between',
                        'to the last second',
                        'the whole clip'
                    ],
                    recall_by.value
                )
            else -recall_by.event_count
        end as place
    from recall_by
    left join labels
        on
            recall_by.grouping in ('label', 'overlapping label')
            and recall_by.value = labels.title
)

select
    placed.detector,
    placed.grouping,
    row_number() over (
        partition by placed.detector, placed.grouping order by placed.place, placed.value
    ) as rank,
    placed.label_id,
    case placed.grouping
        when 'duration' then substr(placed.value, 4)
        else placed.value
    end as title,
    placed.event_count,
    placed.recall,
    placed.median_score
from placed
