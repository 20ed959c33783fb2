-- A clip whose samples have no audio file in the inventory, although there is an inventory.
with sample_spans as (select * from {{ ref('sample_spans') }}),

inventory as (select count(*) as file_count from main.audio_files)

select distinct
    sample_spans.subset,
    sample_spans.clip_id,
    sample_spans.audio_path
from sample_spans
cross join inventory
anti join main.audio_files on sample_spans.audio_path = audio_files.audio_path
where inventory.file_count > 0
