-- One label: a MID that any of the source files mentions.
-- The two label files share 382 MIDs, 12 of them under different names, so they are joined on the
-- MID. display_name is the name in the strong label file, else in the weak one, else in the
-- ontology. A label that no file names has its MID as its name.
-- title is unique: a display_name that belongs to several labels, or that ends like a MID, is
-- followed by the MID of its label.
{{ config(materialized='table') }}
with strong_labels as (select * from {{ ref('strong_labels') }}),

weak_labels as (select * from {{ ref('weak_labels') }}),

ontology as (select * from {{ ref('ontology') }}),

mentioned_labels as (select * from {{ ref('mentioned_labels') }}),

mentioned as (select * from mentioned_labels),

-- A file that lists a MID twice is reported by `check`; here it counts once.
strong_names as (
    select
        strong_labels.label_id,
        min(strong_labels.display_name) as display_name
    from strong_labels
    group by strong_labels.label_id
),

weak_names as (
    select
        weak_labels.label_id,
        min(weak_labels.weak_index) as weak_index,
        arg_min(weak_labels.weak_display_name, weak_labels.weak_index) as weak_display_name
    from weak_labels
    group by weak_labels.label_id
),

ontology_names as (
    select
        ontology.label_id,
        min(ontology.display_name) as display_name
    from ontology
    group by ontology.label_id
),

named as (
    select
        mentioned.label_id,
        coalesce(
            strong_names.display_name,
            weak_names.weak_display_name,
            ontology_names.display_name,
            mentioned.label_id
        ) as display_name,
        weak_names.weak_index,
        weak_names.weak_display_name,
        strong_names.label_id is not null as is_strong,
        weak_names.label_id is not null as is_weak,
        ontology_names.label_id is not null as is_in_ontology,
        mentioned.label_index
    from mentioned
    left join strong_names on mentioned.label_id = strong_names.label_id
    left join weak_names on mentioned.label_id = weak_names.label_id
    left join ontology_names on mentioned.label_id = ontology_names.label_id
),

counted as (
    select
        named.*,
        count(*) over (partition by named.display_name) as label_count
    from named
)

select
    counted.label_id,
    counted.display_name,
    case
        when counted.display_name = counted.label_id then counted.label_id
        when counted.label_count = 1 and not main.ends_with_mid(counted.display_name)
            then counted.display_name
        else counted.display_name || ' ' || counted.label_id
    end as title,
    counted.weak_index,
    counted.weak_display_name,
    counted.is_strong,
    counted.is_weak,
    counted.is_in_ontology,
    counted.label_index
from counted
order by counted.label_id
