-- One event of the clip of an item in chosen_items. A weak clip has the events of the first strong
-- subset that lists it.
with events as (
    select event_titles.*
    from main.event_titles
    semi join chosen_items on event_titles.clip_id = chosen_items.clip_id
),

first_subsets as (
    select
        clip_id,
        arg_min(subset, main.subset_place(subset)) as subset
    from events
    group by clip_id
)

select
    chosen_items.place,
    events.event_id,
    events.title,
    events.start_seconds,
    events.end_seconds,
    positive_labels.label_id is not null as is_target
from chosen_items
inner join first_subsets on chosen_items.clip_id = first_subsets.clip_id
inner join events
    on
        chosen_items.clip_id = events.clip_id
        and events.subset = case
            when main.is_strong_subset(chosen_items.subset) then chosen_items.subset
            else first_subsets.subset
        end
left join positive_labels on events.label_id = positive_labels.label_id
order by
    chosen_items.place asc,
    is_target desc,
    events.title asc,
    events.start_seconds asc,
    events.event_id asc
