-- One name of a label that resembles a text. Names that contain the text come first.
-- No name resembles a MID, an empty text, or a single % or _.
-- Parameters:
--   search: The text, which may be misspelled.
-- Columns:
--   name: The name, which may belong to several labels.
--   similarity: Jaro-Winkler similarity of the name and the text, 0 to 1, ignoring case.
--   rank: 1 for the nearest name.
{{ config(materialized='table_function', parameters='search') }}
with label_names as (select * from {{ ref('label_names') }}),

names as (
    select distinct
        name,
        contains(lower(name), lower(search)) as contains_search,
        jaro_winkler_similarity(lower(name), lower(search)) as similarity,
        damerau_levenshtein(lower(name), lower(search)) as edit_count
    from label_names
    where search not in ('', '%', '_') and not starts_with(search, '/')
),

near as (
    select *
    from names
    where contains_search or similarity > 0.75 or edit_count = 1
)

select
    name,
    similarity,
    row_number() over (order by contains_search desc, similarity desc, name asc) as rank
from near
order by rank
