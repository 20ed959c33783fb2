-- One wrong label of the synthetic strong subsets, as a listener would mark it: events that are not
-- their label, or a clip that contains the target without a label that says so.
with clips as (
    select
        clip_id,
        subset as strong_subset,
        unnest(if(is_framed, [subset, 'strong_eval_framed'], [subset])) as subset
    from demo_strong_clips
)

select
    case when demo_mistaken_sounds.is_missed then demo_mistaken_sounds.target end as target,
    clips.subset,
    clips.clip_id,
    case when not demo_mistaken_sounds.is_missed then demo_mistaken_sounds.written_label_id end
        as label_id,
    'incorrect' as verdict,
    demo_labels.display_name as note
from demo_mistaken_sounds
inner join clips
    on
        demo_mistaken_sounds.subset = clips.strong_subset
        and demo_mistaken_sounds.clip_id = clips.clip_id
inner join demo_labels on demo_mistaken_sounds.label_id = demo_labels.label_id
order by clips.subset, clips.clip_id, demo_mistaken_sounds.label_id
